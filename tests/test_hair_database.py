"""The database of hairstyles: found by name, checked, and refused in one sentence."""

import contextlib
import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconstruction_backend.hair.database import (
    StyleAttributes,
    StyleDatabase,
    StyleEntry,
    StyleIndex,
    UnknownStyle,
)
from reconstruction_backend.hair.guide_file import InvalidStyle, decode_guides, encode_guides
from reconstruction_backend.hair.hairstyle import HairGuides, StrandTexture
from reconstruction_backend.hair.texture_record import TextureRecord

TEXTURE = StrandTexture(strands=900, curl_radius_m=0.004, bundle="braid", bundle_radius_m=0.003)


def random_guides(seed: int) -> HairGuides:
    rng = np.random.default_rng(seed)
    count, points = rng.integers(1, 9), rng.integers(2, 9)
    return HairGuides(
        rng.random((count, 2)).astype(np.float32),
        rng.uniform(-0.4, 0.4, (count, points, 3)).astype(np.float32),
        rng.integers(0, 5, count).astype(np.int32),
    )


def written_database(folder: Path, guides: HairGuides) -> Path:
    data = encode_guides(guides)
    entry = StyleEntry(
        name="box-braids",
        title="Box braids",
        attributes=StyleAttributes(length="long", texture="coily"),
        strand_texture=TextureRecord.of(TEXTURE),
        guides_sha256=hashlib.sha256(data).hexdigest(),
    )
    folder.joinpath("index.json").write_text(StyleIndex(styles=(entry,)).model_dump_json())
    folder.joinpath("box-braids.npz").write_bytes(data)
    folder.joinpath("box-braids.webp").write_bytes(b"RIFF")
    return folder


@given(seed=st.integers(0, 2**32 - 1))
def test_guides_come_back_within_half_a_step(seed: int) -> None:
    guides = random_guides(seed)
    read = decode_guides(encode_guides(guides))
    assert np.abs(read.points_m - guides.points_m).max() < 0.51 * 0.4 / 32767 + 1e-7
    assert np.abs(read.root_uv - guides.root_uv).max() < 1e-5
    assert np.array_equal(read.wisp, guides.wisp)


def test_a_style_is_found_by_its_name(tmp_path: Path) -> None:
    database = StyleDatabase.open(written_database(tmp_path, random_guides(1)))
    (entry,) = database.entries
    style = database.load(entry.name)
    assert (style.name, style.texture) == ("box-braids", TEXTURE)
    assert style.guides.count == random_guides(1).count
    assert database.thumbnail(entry.name) == b"RIFF"
    with pytest.raises(UnknownStyle, match="'bob'"):
        database.load("bob")


def test_a_folder_without_an_index_has_no_styles(tmp_path: Path) -> None:
    assert StyleDatabase.open(tmp_path).entries == ()


def test_what_is_damaged_is_refused(tmp_path: Path) -> None:
    written_database(tmp_path, random_guides(2))
    database = StyleDatabase.open(tmp_path)
    tmp_path.joinpath("box-braids.npz").write_bytes(encode_guides(random_guides(3)))
    with pytest.raises(InvalidStyle, match="not those of the index"):
        database.load("box-braids")
    tmp_path.joinpath("box-braids.npz").unlink()
    with pytest.raises(InvalidStyle, match="no such file"):
        database.load("box-braids")
    text = tmp_path.joinpath("index.json").read_text()
    for bad in (text[:-2], text.replace('"box-braids"', '"../up"'), text.replace("900", "-1")):
        tmp_path.joinpath("index.json").write_text(bad)
        with pytest.raises(InvalidStyle, match=r"index\.json has a wrong"):
            StyleDatabase.open(tmp_path)
    for data in (b"", b"PK", encode_guides(random_guides(2))[:-30]):
        with pytest.raises(InvalidStyle, match="damaged"):
            decode_guides(data)


@given(place=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255))
def test_whatever_a_damaged_file_holds_nothing_but_invalid_style_is_raised(
    place: float, byte: int
) -> None:
    data = bytearray(encode_guides(random_guides(3)))
    data[int(place * len(data))] = byte
    with contextlib.suppress(InvalidStyle):
        decode_guides(bytes(data))


def test_a_member_that_is_no_array_is_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        file.writestr("points.npy", b"no array")
    with pytest.raises(InvalidStyle, match="damaged"):
        decode_guides(stream.getvalue())
    stream = io.BytesIO()
    np.savez(stream, points=np.int16(1), root_uv=0, wisp=0, step_m=0)
    with pytest.raises(InvalidStyle, match="not those of a style"):
        decode_guides(stream.getvalue())
