"""`cameo models`: what is here, what can be fetched, and the user's own."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from reconstruction_backend.errors import OutputNotWritable, reason_of
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.model_catalogue import (
    ModelState,
    PublishedFile,
    PublishedModel,
    PublishedWeights,
    load_catalogue,
    sha256_of,
)
from reconstruction_backend.model_import.arkit_map import fit_coefficient_map
from reconstruction_backend.model_import.download import download
from reconstruction_backend.model_import.flame import FLAME_LICENCE, read_flame
from reconstruction_backend.model_import.gnm import read_gnm
from reconstruction_backend.model_import.npz_writer import save_head_model
from reconstruction_backend.model_store import (
    CAMEO_HEAD_NAME,
    expression_map_path,
    head_model_path,
    user_model_path,
    user_models_folder,
)

MEGABYTE = 1_000_000
FLAME = "flame"


def list_models(as_json: bool) -> None:
    """Shipped, published and added models, one line each."""
    catalogue = load_catalogue()
    rows = [
        (model.name, model.state, model.size_bytes, model.licence, model.trained_on)
        for model in (*catalogue.shipped, *catalogue.published)
    ]
    rows += [_weights_row(catalogue.weights_of(name)) for name in _names(catalogue.weights)]
    added = user_model_path(FLAME)
    if added.is_file():
        rows.append((FLAME, "added", added.stat().st_size, FLAME_LICENCE, "see its authors"))
    for name, state, size_bytes, licence, trained_on in rows:
        if as_json:
            record = {
                "name": name,
                "state": state,
                "size_bytes": size_bytes,
                "licence": licence,
                "trained_on": trained_on,
            }
            print(json.dumps(record, ensure_ascii=False))
        else:
            print(f"{name:<12} {state:<14} {size_bytes / MEGABYTE:6.1f} MB  {licence}")


def _names(weights: Sequence[PublishedWeights]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.name for each in weights))


def _weights_row(files: Sequence[PublishedWeights]) -> tuple[str, ModelState, int, str, str]:
    """All files of one name: as good as the worst of them."""
    worse: list[ModelState] = [each.state for each in files if each.state != "downloaded"]
    state = worse[0] if worse else "downloaded"
    size_bytes = sum(each.size_bytes for each in files)
    return files[0].name, state, size_bytes, files[0].licence, files[0].trained_on


def pull_models(names: Sequence[str]) -> None:
    """Fetch and check each; head models are converted too. Raises a CameoError."""
    catalogue = load_catalogue()
    wanted = [catalogue.weights_of(name) or catalogue.published_model(name) for name in names]
    for each in wanted:  # all names are known before the first byte is fetched
        if isinstance(each, PublishedModel):
            _pull_head_model(each)
        else:
            for weights in each:
                _pull_weights(weights)


def _pull_head_model(model: PublishedModel) -> None:
    fetched = download(model, _downloads(), _Progress(model.name, model))
    path = user_model_path(model.name)
    save_head_model(read_gnm(fetched, _reference()), path)
    _tell(model, path)


def _pull_weights(weights: PublishedWeights) -> None:
    """What is here and whole is not fetched again, nor what the user put there by hand."""
    path = weights.path
    if not path.is_file() or sha256_of(path) != weights.sha256:
        fetched = download(weights, _downloads(), _Progress(weights.file, weights))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            fetched.replace(path)
        except OSError as error:
            raise OutputNotWritable(f"Cannot write {path}: {reason_of(error)}.") from error
    _tell(weights, path)


def _tell(what: PublishedFile, path: Path) -> None:
    print(path)
    print(f"{what.name}: {what.licence}.", file=sys.stderr)


def _downloads() -> Path:
    return user_models_folder() / "downloads"


def add_flame(pickle_path: Path) -> None:
    """Convert the user's own FLAME, and teach it ARKit's expressions. Raises a CameoError."""
    path, reference = user_model_path(FLAME), _reference()
    save_head_model(read_flame(pickle_path, reference), path)
    flame = HeadModel.load(path)
    fit_coefficient_map(reference, flame).save(expression_map_path(FLAME), flame)
    print(path)
    print(FLAME_LICENCE, file=sys.stderr)


def _reference() -> HeadModel:
    return HeadModel.load(head_model_path(CAMEO_HEAD_NAME))


class _Progress:
    """Prints every tenth of a download on standard error."""

    def __init__(self, label: str, what: PublishedFile) -> None:
        self._label = label
        self._size_bytes = what.size_bytes
        self._tenths = 0

    def __call__(self, have_bytes: int) -> None:
        tenths = 10 * have_bytes // self._size_bytes
        if tenths > self._tenths:
            self._tenths = tenths
            print(f"{self._label}: {tenths}0 %", file=sys.stderr)
