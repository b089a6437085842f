"""Whatever reads a weights file: a damaged one is InvalidModel, a missing one is said to be."""

from collections.abc import Callable
from pathlib import Path

import pytest

from reconstruction_backend.errors import CameoError, InvalidModel
from reconstruction_backend.expression.emotion_mlp import EmotionMlp
from reconstruction_backend.head_fit.calibration import FitCalibration
from reconstruction_backend.head_fit.image_network import ImageNetwork
from reconstruction_backend.head_fit.mirror import MirrorMaps
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.parsing.network import ParsingNetwork
from reconstruction_backend.texture.albedo_prior import load_albedo_prior

Reader = Callable[[Path, HeadModel], object]
READERS: dict[str, Reader] = {
    "head model": lambda path, _: HeadModel.load(path),
    "head fit": FitCalibration.load,
    "image network": lambda path, head: ImageNetwork.load(path, MirrorMaps.of(head)),
    "albedo prior": lambda path, _: load_albedo_prior(path),
    "parsing network": lambda path, _: ParsingNetwork(path),
    "emotions": lambda path, _: EmotionMlp.load(path),
}


@pytest.fixture(scope="module")
def head(cameo_head: HeadModel) -> HeadModel:
    return cameo_head


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut off"])
@pytest.mark.parametrize("reader", READERS)
def test_a_damaged_file_is_one_sentence(
    reader: str, content: bytes, head: HeadModel, tmp_path: Path
) -> None:
    path = tmp_path / "weights"
    path.write_bytes(content)
    with pytest.raises(InvalidModel, match="weights"):
        READERS[reader](path, head)


@pytest.mark.parametrize("reader", READERS)
def test_a_missing_file_is_named(reader: str, head: HeadModel, tmp_path: Path) -> None:
    with pytest.raises(CameoError, match="absent"):
        READERS[reader](tmp_path / "absent", head)
