"""Importing two packages without torchvision, which they ask for and LPIPS and DIFD never use.

torchvision's compiled operators must match torch exactly and are published for few builds. Of
`lpips` only the pure Python arithmetic is needed, over backbones that this package builds itself;
of `facenet-pytorch` (2.5.3 leaves torch free to be any version) only InceptionResnetV1, and not the
face detector that its `__init__` pulls in. This is the only place that knows of it.
"""

import importlib
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from evaluation.perceptual.backbones import alexnet_features, vgg16_features
from reconstruction_backend.errors import ModelNotAvailable

_FACENET_PARENT = "_cameo_facenet_models"


def import_lpips() -> Any:
    """The package `lpips`, whose networks are ours, without weights. Raises ModelNotAvailable."""
    if find_spec("lpips") is None:
        raise ModelNotAvailable("The package lpips is not installed.")
    if "lpips" not in sys.modules:
        with _stand_in_for_torchvision():
            importlib.import_module("lpips")
    return sys.modules["lpips"]


def import_inception_resnet() -> Any:
    """The class InceptionResnetV1 of `facenet-pytorch`. Raises ModelNotAvailable."""
    package = find_spec("facenet_pytorch")
    if package is None or package.origin is None:
        raise ModelNotAvailable("The package facenet-pytorch is not installed.")
    models = Path(package.origin).parent / "models"
    if _FACENET_PARENT not in sys.modules:
        parent = ModuleType(_FACENET_PARENT)  # so that the module's relative imports resolve
        parent.__path__ = [str(models)]
        sys.modules[_FACENET_PARENT] = parent
    name = f"{_FACENET_PARENT}.inception_resnet_v1"
    if name not in sys.modules:
        sys.modules[name] = _module_at(name, models / "inception_resnet_v1.py")
    return sys.modules[name].InceptionResnetV1


def _module_at(name: str, path: Path) -> ModuleType:
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ModelNotAvailable("This facenet-pytorch has no InceptionResnetV1.")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def _stand_in_for_torchvision() -> Generator[None]:
    """For the block, `from torchvision import models` gives the two backbones, and no more."""
    names = ("torchvision", "torchvision.models")
    before = {name: sys.modules.get(name) for name in names}
    package, models = (ModuleType(name) for name in names)
    for module in (package, models):
        module.__spec__ = ModuleSpec(module.__name__, None)
    vars(models).update(alexnet=_untrained(alexnet_features), vgg16=_untrained(vgg16_features))
    vars(package).update(models=models, __path__=[])
    sys.modules.update(zip(names, (package, models), strict=True))
    try:
        yield
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


def _untrained(features: Callable[[], Any]) -> Callable[[bool], Any]:
    """As torchvision's constructors: an object with `features`."""

    def construct(pretrained: bool = False) -> Any:
        if pretrained:
            raise ModelNotAvailable("Weights are loaded from files, never fetched on the way.")
        return SimpleNamespace(features=features())

    return construct
