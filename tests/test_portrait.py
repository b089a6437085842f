from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from photo_files import (
    astronaut,
    encode,
    exif_of_orientation,
    icc_profile_with_red_and_green_swapped,
    jpeg_of_size,
    png,
    stored_as,
)
from PIL import Image
from pillow_heif import register_heif_opener

from reconstruction_backend.errors import CameoError, ImageTooLarge, InputNotFound, InvalidImage
from reconstruction_backend.portrait import decode_portrait, load_portrait

register_heif_opener()
BYTES = st.integers(0, 255)


@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3))))
def test_png_pixels_come_back_exactly(image: np.ndarray) -> None:
    assert np.array_equal(decode_portrait(encode(Image.fromarray(image), "PNG")).image, image)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "HEIF"])
def test_lossy_formats_come_back_nearly(kind: str) -> None:
    image = astronaut()
    decoded = decode_portrait(encode(Image.fromarray(image), kind, quality=95)).image
    assert decoded.shape == image.shape
    assert np.abs(decoded.astype(int) - image).mean() < 3


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_every_orientation_gives_the_same_picture(kind: str, orientation: int) -> None:
    upright = astronaut()[:200, 100:400]
    stored = Image.fromarray(stored_as(upright, orientation))
    exact = {"lossless": True} if kind == "WEBP" else {}
    data = encode(stored, kind, exif=exif_of_orientation(orientation), **exact)
    assert np.array_equal(decode_portrait(data).image, upright)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_heic_is_turned_once(orientation: int) -> None:
    upright = astronaut()[:200, 100:400]
    stored = Image.fromarray(stored_as(upright, orientation))
    data = encode(stored, "HEIF", exif=exif_of_orientation(orientation), quality=95)
    decoded = decode_portrait(data).image
    assert decoded.shape == upright.shape
    assert np.abs(decoded.astype(int) - upright).mean() < 3


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_means_nothing_is_ignored(orientation: int) -> None:
    image = astronaut()[:20, :30]
    data = encode(Image.fromarray(image), "PNG", exif=exif_of_orientation(orientation))
    assert np.array_equal(decode_portrait(data).image, image)


@pytest.mark.parametrize("mode", ["L", "1", "LA"])
def test_grey_pictures_become_equal_channels(mode: str) -> None:
    image = Image.fromarray(astronaut()[:64, :64]).convert("L").convert(mode)
    decoded = decode_portrait(encode(image, "PNG")).image
    assert np.array_equal(decoded, np.asarray(image.convert("L"))[:, :, None].repeat(3, axis=2))


def test_sixteen_bits_are_scaled_not_clipped() -> None:
    values = np.arange(256, dtype=np.uint16) * 257
    rows = b"\0" + values.astype(">u2").tobytes()
    decoded = decode_portrait(png(256, 1, bit_depth=16, colour_type=0, rows=rows)).image
    assert np.array_equal(decoded[0, :, 1], np.arange(256))


def test_sixteen_bit_colour_is_scaled_not_clipped() -> None:
    pixel = np.array([65535, 32896, 257], ">u2")
    decoded = decode_portrait(png(1, 1, bit_depth=16, rows=b"\0" + pixel.tobytes())).image
    assert np.abs(decoded[0, 0].astype(int) - [255, 128, 1]).max() <= 1


def test_palette_and_palette_transparency() -> None:
    image = Image.fromarray(astronaut()[:64, :64]).quantize(16)
    assert np.array_equal(
        decode_portrait(encode(image, "PNG")).image, np.asarray(image.convert("RGB"))
    )
    clear = encode(image, "PNG", transparency=bytes(16))
    assert (decode_portrait(clear).image == 255).all()


@given(BYTES, BYTES, BYTES, BYTES)
def test_transparency_is_laid_on_white(red: int, green: int, blue: int, alpha: int) -> None:
    image = Image.new("RGBA", (2, 2), (red, green, blue, alpha))
    expected = np.array([red, green, blue]) * (alpha / 255) + 255 * (1 - alpha / 255)
    assert np.abs(decode_portrait(encode(image, "PNG")).image - expected).max() <= 1


def test_cmyk_comes_back_as_it_looks() -> None:
    image = Image.fromarray(astronaut()).convert("CMYK")
    decoded = decode_portrait(encode(image, "JPEG", quality=95)).image
    assert np.abs(decoded.astype(int) - np.asarray(image.convert("RGB"))).mean() < 4


def test_colours_are_converted_by_the_profile() -> None:
    image = np.zeros((4, 4, 3), np.uint8) + np.array([200, 40, 90], np.uint8)
    profile = icc_profile_with_red_and_green_swapped()
    decoded = decode_portrait(encode(Image.fromarray(image), "PNG", icc_profile=profile)).image
    assert np.abs(decoded[0, 0].astype(int) - [40, 200, 90]).max() <= 2


@pytest.mark.parametrize("profile", [b"not a profile", bytes(200)])
def test_a_broken_profile_is_ignored(profile: bytes) -> None:
    image = astronaut()[:16, :16]
    data = encode(Image.fromarray(image), "PNG", icc_profile=profile)
    assert np.array_equal(decode_portrait(data).image, image)


def test_a_profile_for_another_kind_of_picture_is_ignored() -> None:
    image = np.full((4, 4), 77, np.uint8)
    profile = icc_profile_with_red_and_green_swapped()
    data = encode(Image.fromarray(image), "PNG", icc_profile=profile)
    assert (decode_portrait(data).image == 77).all()


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_an_animation_gives_its_first_frame(kind: str) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    data = encode(frames[0], kind, save_all=True, append_images=frames[1:], lossless=True)
    assert np.array_equal(decode_portrait(data).image[0, 0], [255, 0, 0])


@pytest.mark.parametrize(
    "bomb",
    [
        pytest.param(png(50_000, 50_000), id="png"),
        pytest.param(png(8001, 5000), id="just above the limit"),
        pytest.param(png(2**31 - 1, 2**31 - 1), id="largest png"),
        pytest.param(jpeg_of_size(65_500, 65_500), id="jpeg"),
    ],
)
def test_a_header_beyond_the_limit_is_refused(bomb: bytes) -> None:
    with pytest.raises(ImageTooLarge, match="megapixels"):
        decode_portrait(bomb)


def test_the_largest_size_is_still_decoded() -> None:
    rows = (b"\0" + bytes(5000)) * 8000
    assert decode_portrait(png(5000, 8000, colour_type=0, rows=rows)).image.shape == (8000, 5000, 3)


def test_compressed_text_that_explodes_is_refused() -> None:
    import zlib

    text = b"Comment\0\0" + zlib.compress(bytes(80_000_000))
    with pytest.raises(InvalidImage):
        decode_portrait(png(4, 4, before_data=((b"zTXt", text),)))


@pytest.mark.parametrize("size", [(0, 0), (0, 5), (5, 0)])
def test_no_pixels(size: tuple[int, int]) -> None:
    for data in (png(*size), jpeg_of_size(*size)):
        with pytest.raises(InvalidImage):
            decode_portrait(data)


def test_nothing() -> None:
    with pytest.raises(InvalidImage, match="empty"):
        decode_portrait(b"")


@pytest.mark.parametrize(
    "data", [b"hello", b"GIF89a" + bytes(50), b"%PDF-1.7", b"BM" + bytes(60), bytes(1000)]
)
def test_other_files(data: bytes) -> None:
    with pytest.raises(InvalidImage, match="not a JPEG, PNG, WebP or HEIC"):
        decode_portrait(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
@pytest.mark.parametrize("part", [0.01, 0.3, 0.7])
def test_a_file_that_ends_too_soon(kind: str, part: float) -> None:
    whole = encode(Image.fromarray(astronaut()), kind)
    with pytest.raises(InvalidImage, match="damaged or cut short"):
        decode_portrait(whole[: int(len(whole) * part)])


@given(
    st.sampled_from(["JPEG", "PNG", "WEBP", "HEIF"]),
    st.lists(st.tuples(st.floats(0, 0.999), BYTES), max_size=12),
)
def test_damaged_bytes_give_a_picture_or_one_sentence(
    kind: str, changes: list[tuple[float, int]]
) -> None:
    data = bytearray(_small(kind))
    for place, value in changes:
        data[int(place * len(data))] = value
    try:
        outcome = decode_portrait(bytes(data)).image
    except CameoError as error:
        outcome = error
    if isinstance(outcome, CameoError):
        assert str(outcome).endswith(".")
        assert "\n" not in str(outcome)
    else:
        assert outcome.ndim == 3


def test_a_path_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(InputNotFound, match="no such file"):
        load_portrait(tmp_path / "me.jpg")


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(InputNotFound, match="folder"):
        load_portrait(tmp_path)


_SMALL: dict[str, bytes] = {}


def _small(kind: str) -> bytes:
    if kind not in _SMALL:
        _SMALL[kind] = encode(Image.fromarray(astronaut()[60:124, 180:260]), kind)
    return _SMALL[kind]
