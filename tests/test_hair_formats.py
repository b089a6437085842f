"""Files of strands: what is written is read back; what is damaged is refused in one sentence."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconstruction_backend.color import linear_from_srgb
from reconstruction_backend.errors import InputNotFound
from reconstruction_backend.hair.formats.conversion import Placement, polylines_of, strands_of
from reconstruction_backend.hair.formats.files import GROOM_FORMATS, encode_strands, read_strands
from reconstruction_backend.hair.formats.hair import decode_hair, encode_hair
from reconstruction_backend.hair.formats.obj import decode_obj, encode_obj
from reconstruction_backend.hair.formats.ply import decode_ply, encode_ply
from reconstruction_backend.hair.formats.polylines import InvalidGroom, Polylines, starts_of
from reconstruction_backend.hair.formats.tressfx import (
    decode_tressfx,
    encode_tressfx,
    encode_tressfx_text,
)
from reconstruction_backend.hair.formats.usc_data import decode_usc_data, encode_usc_data
from reconstruction_backend.hair.strands import HairStrands

Coder = tuple[Callable[[Polylines], bytes], Callable[[bytes], Polylines]]
CODERS: dict[str, Coder] = {
    "hair": (encode_hair, decode_hair),
    "tfx": (encode_tressfx, decode_tressfx),
    "tfx-text": (encode_tressfx_text, decode_tressfx),
    "data": (encode_usc_data, decode_usc_data),
    "obj": (encode_obj, decode_obj),
    "ply": (encode_ply, decode_ply),
}
KEEPS = {
    "hair": {"thickness", "transparency", "color_srgb"},
    "tfx": {"thickness", "transparency", "color_srgb"},
    "tfx-text": set[str](),
    "data": set[str](),
    "obj": {"color_srgb"},
    "ply": {"thickness", "color_srgb"},
}


@st.composite
def polylines(draw: st.DrawFn, same_length: bool = False, per_strand: bool = False) -> Polylines:
    """Random lines; colours are multiples of 1/255, so that bytes hold them."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    strands = draw(st.integers(1, 12))
    lengths = np.full(strands, draw(st.integers(2, 9)))
    if not same_length:
        lengths = rng.integers(2, 10, strands)
    count = int(lengths.sum())
    scale = 10.0 ** draw(st.integers(-4, 6))
    thickness = rng.uniform(0.1, 2, strands).repeat(lengths)
    if not per_strand:
        thickness = rng.uniform(0.1, 2, count)
    return Polylines(
        (rng.standard_normal((count, 3)) * scale).astype(np.float32),
        starts_of(lengths),
        thickness.astype(np.float32) if draw(st.booleans()) else None,
        None,
        (rng.integers(0, 256, (count, 3)) / 255).astype(np.float32)
        if draw(st.booleans())
        else None,
    )


def assert_same(read: Polylines, written: Polylines, kept: set[str]) -> None:
    assert np.array_equal(read.starts, written.starts)
    assert np.array_equal(read.points, written.points)
    for name in ("thickness", "transparency", "color_srgb"):
        was = getattr(written, name) if name in kept else None
        got = getattr(read, name)
        assert (was is None) == (got is None), name
        assert was is None or np.array_equal(was, got), name


@pytest.mark.parametrize("kind", CODERS)
@given(data=st.data())
def test_what_is_written_is_read_back_bit_for_bit(kind: str, data: st.DataObject) -> None:
    binary_tressfx = kind == "tfx"
    lines = data.draw(polylines(same_length=binary_tressfx, per_strand=binary_tressfx))
    encode, decode = CODERS[kind]
    assert_same(decode(encode(lines)), lines, KEEPS[kind])


@given(lines=polylines(), seed=st.integers(0, 2**32 - 1))
def test_hair_files_keep_transparency(lines: Polylines, seed: int) -> None:
    share = np.random.default_rng(seed).random(len(lines.points)).astype(np.float32)
    lines = replace(lines, transparency=share)
    assert_same(decode_hair(encode_hair(lines)), lines, KEEPS["hair"])


@pytest.mark.parametrize("kind", CODERS)
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused_in_one_sentence(kind: str, data: st.DataObject) -> None:
    encode, decode = CODERS[kind]
    whole = bytearray(encode(data.draw(polylines(same_length=True))))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    damaged = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    said = ""
    try:
        decode(damaged)
    except InvalidGroom as error:
        said = str(error)
    assert not said or (said.endswith(".") and "\n" not in said)


@pytest.mark.parametrize("kind", ["hair", "tfx", "data", "ply"])
def test_a_file_that_ends_too_early_is_refused(kind: str) -> None:
    encode, decode = CODERS[kind]
    whole = encode(Polylines(np.zeros((6, 3), np.float32), starts_of(np.array([3, 3]))))
    for end in range(len(whole)):
        with pytest.raises(InvalidGroom):
            decode(whole[:end])


def test_a_file_that_announces_more_than_it_holds_asks_for_no_memory() -> None:
    header = bytearray(encode_hair(Polylines(np.zeros((2, 3), np.float32), starts_of([2]))))
    header[4:12] = np.array([1_900_000, 39_000_000], "<u4").tobytes()
    with pytest.raises(InvalidGroom, match="too early"):
        decode_hair(bytes(header))
    header[4:12] = np.array([2**32 - 1, 2**32 - 1], "<u4").tobytes()
    with pytest.raises(InvalidGroom, match="no groom has so many"):
        decode_hair(bytes(header))


@pytest.mark.parametrize("number", [b"9" * 20, b"9" * 5000])
def test_numbers_beyond_all_bounds_are_refused(number: bytes) -> None:
    text = b"strand 0 numVerts %b texcoord 0 0\n0 0 0\n" % number
    ply = b"ply\nformat ascii 1.0\nelement vertex %b\nend_header\n" % number
    with pytest.raises(InvalidGroom):
        decode_tressfx(b"version 2.0\n" + text)
    with pytest.raises(InvalidGroom):
        decode_obj(b"v 0 0 0\nl 1 %b\n" % number)
    with pytest.raises(InvalidGroom):
        decode_ply(ply)


def test_defaults_of_a_hair_header_hold_for_all_points() -> None:
    data = bytearray(encode_hair(Polylines(np.zeros((2, 3), np.float32), starts_of([2]))))
    data[20:40] = np.array([0.5, 0.25, 0.1, 0.2, 0.3], "<f4").tobytes()
    read = decode_hair(bytes(data))
    assert read.thickness is not None
    assert read.transparency is not None
    assert read.color_srgb is not None
    assert read.thickness.tolist() == [0.5, 0.5]
    assert read.transparency.tolist() == [0.25, 0.25]
    assert np.allclose(read.color_srgb, [0.1, 0.2, 0.3])


def test_edges_of_a_ply_are_chained_from_the_lower_end() -> None:
    text = (
        "ply\nformat ascii 1.0\nelement vertex 5\nproperty float x\nproperty float y\n"
        "property float z\nelement edge 3\nproperty int vertex1\nproperty int vertex2\n"
        "end_header\n0 0 0\n1 0 0\n2 0 0\n3 0 0\n4 0 0\n4 1\n3 4\n0 2\n"
    )
    read = decode_ply(text.encode())
    assert read.points[:, 0].tolist() == [0, 2, 1, 4, 3]
    assert read.starts.tolist() == [0, 2, 5]
    for edge, sentence in (("3 1", "fork|ring"), ("0 9", "edge to a point"), ("1 x", "no number")):
        with pytest.raises(InvalidGroom, match=sentence):
            decode_ply(text.replace("0 2\n", edge + "\n").encode())


def test_big_endian_ply_is_read() -> None:
    header = (
        "ply\nformat binary_big_endian 1.0\nelement vertex 2\nproperty double x\n"
        "property double y\nproperty double z\nproperty int strand\nend_header\n"
    )
    rows = np.zeros(2, [("x", ">f8"), ("y", ">f8"), ("z", ">f8"), ("strand", ">i4")])
    rows["x"] = [0.5, 1.5]
    assert decode_ply(header.encode() + rows.tobytes()).points[:, 0].tolist() == [0.5, 1.5]


def test_obj_counts_points_from_either_end_and_leaves_all_else() -> None:
    text = "o hair\nv 0 0 0\nv 1 0 0\nvn 0 0 1\nl 1 2\nv 5 0 0\nl -1 -2/4\nf 1 2 3\n"
    read = decode_obj(text.encode())
    assert read.points[:, 0].tolist() == [0, 1, 5, 1]
    with pytest.raises(InvalidGroom, match="does not have"):
        decode_obj(b"v 0 0 0\nl 1 2\n")
    with pytest.raises(InvalidGroom, match="no strands"):
        decode_obj(b"v 0 0 0\n")


def test_text_tressfx_is_scaled_and_moved_as_it_says_but_not_turned() -> None:
    text = encode_tressfx_text(Polylines(np.ones((2, 3), np.float32), starts_of([2]))).decode()
    moved = text.replace("scale 1.0", "scale 2").replace("translation 0", "translation 3")
    assert decode_tressfx(moved.encode()).points[0].tolist() == [5, 2, 2]
    with pytest.raises(InvalidGroom, match="rotation"):
        decode_tressfx(text.replace("rotation 0", "rotation 90").encode())


def test_strands_of_different_lengths_do_not_go_into_binary_tressfx() -> None:
    with pytest.raises(InvalidGroom, match="same number"):
        encode_tressfx(Polylines(np.zeros((5, 3), np.float32), starts_of([2, 3])))


def test_files_are_known_by_their_suffix(tmp_path: Path) -> None:
    lines = Polylines(np.arange(12, dtype=np.float32).reshape(4, 3), starts_of([2, 2]))
    for suffix in GROOM_FORMATS:
        path = tmp_path / f"groom{suffix}"
        path.write_bytes(encode_strands(lines, path))
        assert np.array_equal(read_strands(path).points, lines.points)
    with pytest.raises(InvalidGroom, match="none of the known kinds"):
        read_strands(tmp_path / "groom.abc")
    with pytest.raises(InputNotFound):
        read_strands(tmp_path / "absent.hair")
    (tmp_path / "empty.hair").write_bytes(b"")
    with pytest.raises(InvalidGroom, match=r"empty\.hair"):
        read_strands(tmp_path / "empty.hair")


@given(lines=polylines(same_length=True), points=st.integers(2, 30))
def test_strands_keep_their_ends_and_walk_at_even_steps(lines: Polylines, points: int) -> None:
    strands = strands_of(lines, Placement.in_metres(), points)
    scale = float(np.abs(lines.points).max())
    assert np.allclose(strands.points_m[:, 0], lines.roots, atol=1e-6 * scale)
    tips = lines.points[lines.starts[1:] - 1]
    assert np.allclose(strands.points_m[:, -1], tips, atol=1e-4 * scale)
    assert strands.points_m.shape == (lines.count, points, 3)


@given(seed=st.integers(0, 2**32 - 1))
def test_our_own_strands_come_back_from_a_hair_file(seed: int) -> None:
    rng = np.random.default_rng(seed)
    step = rng.standard_normal((5, 1, 3)) * np.linspace(0, 0.1, 6)[:, None]
    strands = HairStrands(
        np.full((5, 2), np.nan, np.float32),
        (step + rng.standard_normal((5, 1, 3))).astype(np.float32),
        rng.uniform(1e-5, 1e-4, (5, 6)).astype(np.float32),
        linear_from_srgb(rng.integers(0, 256, (5, 6, 3), np.uint8)),
    )
    lines = decode_hair(encode_hair(polylines_of(strands)))
    back = strands_of(lines, Placement.in_metres(), 6)
    assert np.allclose(back.points_m, strands.points_m, atol=1e-5)
    assert np.allclose(back.width_m, strands.width_m, rtol=1e-4)
    assert np.allclose(back.color_linear, strands.color_linear, atol=1e-3)


def test_a_placement_scales_turns_and_moves() -> None:
    turn = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], np.float32)  # Z up to Y up
    lines = Polylines(np.array([[0, 0, 100], [0, -10, 100]], np.float32), starts_of([2]))
    placed = strands_of(lines, Placement(0.01, turn, np.array([0, -1, 0], np.float32)), 2)
    assert np.allclose(placed.points_m[0], [[0, 0, 0], [0, 0, 0.1]], atol=1e-6)
