"""Learned metrics: weights are read from files of the published layout, or plainly missing."""

import hashlib
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from command_line import run_here

from evaluation.perceptual import weights as weights_module
from evaluation.perceptual.backbones import alexnet_features, load_features, vgg16_features
from evaluation.perceptual.weights import (
    ALEXNET_FILE,
    FACENET_FILE,
    PACKAGES_MISSING,
    VGG16_FILE,
    WEIGHTS_MISSING,
    read_state,
    reason_not_computed,
    weights_path,
)
from reconstruction_backend.cli import models as models_command
from reconstruction_backend.errors import InvalidModel, ModelNotAvailable
from reconstruction_backend.model_catalogue import (
    ModelCatalogue,
    PublishedWeights,
    load_catalogue,
)

pytestmark = pytest.mark.skipif(
    find_spec("lpips") is None or find_spec("facenet_pytorch") is None,
    reason="the extra `eval` is not installed",
)


@pytest.fixture(autouse=True)
def data_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data"


def noise(seed: int, size: int = 64) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (size, size, 3)).astype(np.uint8)


def save_backbone(net: str) -> None:
    """A whole network's file as torchvision publishes it: features and a classifier."""
    torch.manual_seed(3)
    features = {"alex": alexnet_features, "vgg": vgg16_features}[net]()
    state = {f"features.{name}": each for name, each in features.state_dict().items()}
    state["classifier.1.weight"] = torch.zeros(2, 2)
    path = weights_path({"alex": ALEXNET_FILE, "vgg": VGG16_FILE}[net])
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(state, path)


def test_without_weights_it_says_how_to_get_them(data_home: Path) -> None:
    assert reason_not_computed("lpips", ALEXNET_FILE) == WEIGHTS_MISSING
    assert "cameo models pull lpips facenet" in WEIGHTS_MISSING
    assert reason_not_computed("no_such_package", ALEXNET_FILE) == PACKAGES_MISSING
    save_backbone("alex")
    assert reason_not_computed("lpips", ALEXNET_FILE) is None


def test_lpips_is_the_packages_own_arithmetic(data_home: Path) -> None:
    """The same by hand: unit features, squared differences, the package's heads, means."""
    from evaluation.perceptual.lpips_distance import LpipsDistance

    save_backbone("alex")
    distance = LpipsDistance("alex")
    a, b = noise(0), noise(1)
    assert distance(a, a) == 0
    assert distance(a, b) == pytest.approx(distance(b, a), rel=1e-6)
    assert distance(a, b) > 0
    assert distance(a, b) == pytest.approx(_lpips_by_hand(a, b), rel=1e-4)
    assert "torchvision" not in sys.modules or hasattr(sys.modules["torchvision"], "__file__")


def _lpips_by_hand(a: np.ndarray, b: np.ndarray) -> float:
    spec = find_spec("lpips")
    assert spec is not None
    assert spec.origin is not None
    path = Path(spec.origin).parent / "weights/v0.1/alex.pth"
    heads = torch.load(path, map_location="cpu", weights_only=True)
    features = alexnet_features()
    load_features(features, read_state(weights_path(ALEXNET_FILE)))
    shift = torch.tensor([-0.030, -0.088, -0.188])[None, :, None, None]
    scale = torch.tensor([0.458, 0.448, 0.450])[None, :, None, None]
    x = [torch.from_numpy(each.astype(np.float32).transpose(2, 0, 1)[None]) for each in (a, b)]
    x = [(each / 127.5 - 1 - shift) / scale for each in x]
    total, layer = 0.0, 0
    with torch.inference_mode():
        for i, module in enumerate(features):
            x = [module(each) for each in x]
            if i in (1, 4, 7, 9, 11):
                unit = [each / (each.pow(2).sum(1, keepdim=True).sqrt() + 1e-10) for each in x]
                weight = heads[f"lin{layer}.model.1.weight"]
                total += float(((unit[0] - unit[1]) ** 2 * weight[0][None]).sum(1).mean())
                layer += 1
    return total


def test_vgg_has_the_layers_of_its_published_file() -> None:
    numbers = {int(name.split(".")[0]) for name in vgg16_features().state_dict()}
    assert numbers == {0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28}
    assert sum(p.numel() for p in vgg16_features().parameters()) == 14_714_688
    assert sum(p.numel() for p in alexnet_features().parameters()) == 2_469_696


def test_weights_of_another_network_are_refused(data_home: Path) -> None:
    save_backbone("alex")
    state = read_state(weights_path(ALEXNET_FILE))
    with pytest.raises(InvalidModel):
        load_features(vgg16_features(), state)
    weights_path(ALEXNET_FILE).write_bytes(b"nothing")
    with pytest.raises(InvalidModel):
        read_state(weights_path(ALEXNET_FILE))


def test_a_pickle_that_would_run_something_is_not_run(data_home: Path) -> None:
    trace = data_home / "trace"
    path = weights_path(FACENET_FILE)
    path.parent.mkdir(parents=True)
    path.write_bytes(f"cos\nsystem\n(S'touch {trace}'\ntR.".encode())
    with pytest.raises(InvalidModel):
        read_state(path)
    assert not trace.exists()


def test_facenet_without_torchvision_from_a_file_of_its_layout(data_home: Path) -> None:
    from evaluation.perceptual.face_embedding import FaceEmbedder, embedding_distance
    from evaluation.perceptual.isolated_import import import_inception_resnet

    torch.manual_seed(0)
    network = import_inception_resnet()(pretrained=None)
    state = network.state_dict() | {"logits.weight": torch.zeros(8, 512)}
    path = weights_path(FACENET_FILE)
    path.parent.mkdir(parents=True)
    torch.save(state, path)
    embedder = FaceEmbedder()
    a, b = embedder.embed(noise(0, 256)), embedder.embed(noise(1, 256))
    assert np.linalg.norm(a) == pytest.approx(1, abs=1e-5)
    assert embedding_distance(a, a) == 0
    assert embedding_distance(a, b) == pytest.approx(np.sqrt(2 - 2 * float(a @ b)), abs=1e-3)
    assert "facenet_pytorch" not in sys.modules  # whose __init__ asks for torchvision


def test_pulling_weights(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, data_home: Path
) -> None:
    content = bytes(1000)
    sha = hashlib.sha256(content).hexdigest()
    unreachable = "http://127.0.0.1:9/w.pth"
    entry = PublishedWeights("lpips", unreachable, sha, len(content), "BSD", "ImageNet")
    catalogue = ModelCatalogue((), (), (entry,))
    monkeypatch.setattr(models_command, "load_catalogue", lambda: catalogue)
    failed = run_here(capfd, "models", "pull", "lpips")
    assert failed.exit_code == 69
    assert "there is no connection" in failed.err
    assert entry.state == "not downloaded"
    entry.path.parent.mkdir(parents=True)  # brought by hand to a machine without a network
    entry.path.write_bytes(content)
    pulled = run_here(capfd, "models", "pull", "lpips")
    assert pulled.exit_code == 0
    assert pulled.out == f"{entry.path}\n"
    assert entry.state == "downloaded"
    entry.path.write_bytes(content[:10])
    assert entry.state == "damaged"
    assert run_here(capfd, "models", "pull", "lpips", "none-such").exit_code == 69


def test_every_file_that_a_metric_asks_for_is_in_the_list() -> None:
    catalogue = load_catalogue()
    assert {each.file for each in catalogue.weights_of("lpips")} == {ALEXNET_FILE, VGG16_FILE}
    assert {each.file for each in catalogue.weights_of("facenet")} == {FACENET_FILE}
    # torchvision's file names end in the first digits of their hashes
    for each in catalogue.weights_of("lpips"):
        assert each.sha256.startswith(each.file.rpartition("-")[2].removesuffix(".pth"))
    with pytest.raises(ModelNotAvailable):
        weights_module.weights_path("none.pth")
