"""PNG and JPEG against independent decoders."""

import io
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from reconstruction_backend.export.images import Chroma, decode_png, encode_jpeg, encode_png

SHAPES = st.tuples(st.integers(1, 20), st.integers(1, 20))


@given(SHAPES.flatmap(lambda size: arrays.arrays(np.uint8, (*size, 3))))
def test_png_is_lossless_for_other_readers(image: np.ndarray) -> None:
    with Image.open(io.BytesIO(encode_png(image))) as opened:
        assert opened.mode == "RGB"
        np.testing.assert_array_equal(np.asarray(opened), image)


@pytest.mark.parametrize(("channels", "mode"), [((), "L"), ((3,), "RGB"), ((4,), "RGBA")])
def test_png_round_trip(channels: tuple[int, ...], mode: Literal["L", "RGB", "RGBA"]) -> None:
    image = np.random.default_rng(0).integers(0, 256, (33, 21, *channels), np.uint8)
    np.testing.assert_array_equal(decode_png(encode_png(image), mode, 64), image)


def test_a_slice_of_a_larger_image_can_be_written() -> None:
    image = np.random.default_rng(0).integers(0, 256, (32, 32, 4), np.uint8)
    part = image[4:20, 3:9, :3]
    np.testing.assert_array_equal(decode_png(encode_png(part), "RGB", 64), part)


@given(st.integers(0, 100))
def test_truncated_png_is_refused(length: int) -> None:
    data = encode_png(np.full((8, 8, 3), 77, np.uint8))
    with pytest.raises(ValueError, match="damaged"):
        decode_png(data[: min(length, len(data) - 1)], "RGB", 64)


def test_flipped_bits_are_noticed() -> None:
    data = bytearray(encode_png(np.full((8, 8, 3), 77, np.uint8)))
    data[len(data) // 2] ^= 1
    with pytest.raises(ValueError, match="damaged"):
        decode_png(bytes(data), "RGB", 64)


def test_large_header_is_refused_before_decoding() -> None:
    data = bytearray(encode_png(np.zeros((1, 1, 3), np.uint8)))
    data[16:24] = (50_000).to_bytes(4, "big") * 2
    with pytest.raises(ValueError, match=r"damaged|50000"):
        decode_png(bytes(data), "RGB", 8192)


def test_other_pixels_than_expected_are_refused() -> None:
    with pytest.raises(ValueError, match="kind L"):
        decode_png(encode_png(np.zeros((4, 4), np.uint8)), "RGB", 64)


@pytest.mark.parametrize("chroma", ["4:4:4", "4:2:0"])
def test_jpeg_keeps_smooth_colour(chroma: Chroma) -> None:
    ramp = np.linspace(0, 255, 64).astype(np.uint8)
    image = np.stack(np.broadcast_arrays(ramp[:, None], ramp[None], np.uint8(90)), axis=2)
    with Image.open(io.BytesIO(encode_jpeg(image, 92, chroma))) as opened:
        assert opened.mode == "RGB"
        assert np.abs(np.asarray(opened).astype(int) - image).mean() < 3
