"""Whatever reads a weights file: a damaged one is InvalidModel, a missing one is said to be."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from reconstruction_backend.errors import CameoError, InvalidModel
from reconstruction_backend.expression.emotion_mlp import EmotionMlp
from reconstruction_backend.head_fit.calibration import FitCalibration
from reconstruction_backend.head_fit.image_network import ImageNetwork
from reconstruction_backend.head_fit.mirror import MirrorMaps
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.parsing.network import ParsingNetwork
from reconstruction_backend.texture.albedo_prior import load_albedo_prior

_LOCAL_HEADER_BYTES, _ZIP64_BYTES = 30, 20
"""Before a member's content, beside its name; numpy writes an extra field."""
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


def badly_packed() -> bytes:
    """A whole zip of arrays, whose deflate streams are no such."""
    stream = io.BytesIO()
    names = ("format_version", "albedo_quantum", "landmarks_triangle")
    np.savez_compressed(stream, **{name: np.arange(99.0) for name in names})
    data = bytearray(stream.getvalue())
    with zipfile.ZipFile(stream) as archive:
        for entry in archive.infolist():
            body = entry.header_offset + _LOCAL_HEADER_BYTES + len(entry.filename) + _ZIP64_BYTES
            data[body : body + 8] = b"\xff" * 8
    return bytes(data)


@pytest.mark.parametrize(
    "content", [b"", b"no archive", b"PK\x03\x04 cut off", badly_packed()], ids=len
)
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
