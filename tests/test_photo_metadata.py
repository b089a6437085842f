import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from photo_files import encode
from PIL import Image

from reconstruction_backend.photo_metadata import FULL_FRAME_DIAGONAL_MM
from reconstruction_backend.portrait import decode_portrait

ORIENTATION, EXIF_IFD = 0x0112, 0x8769
FOCAL_LENGTH, FOCAL_LENGTH_35MM = 0x920A, 0xA405
WIDTH, HEIGHT = 0xA002, 0xA003
PLANE_RESOLUTION, PLANE_UNIT = 0xA20E, 0xA210


def focal_length_px(
    size: tuple[int, int], details: dict[int, Any], orientation: int = 1
) -> float | None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif.get_ifd(EXIF_IFD).update(details)
    photo = Image.fromarray(np.zeros((size[1], size[0], 3), np.uint8))
    return decode_portrait(encode(photo, "JPEG", exif=exif.tobytes())).focal_length_px


@given(st.integers(14, 400), st.sampled_from([(40, 30), (30, 40), (60, 40), (64, 36)]))
def test_the_equivalent_scales_with_the_diagonal(mm: int, size: tuple[int, int]) -> None:
    focal = focal_length_px(size, {FOCAL_LENGTH_35MM: mm})
    assert focal == pytest.approx(mm * math.hypot(*size) / FULL_FRAME_DIAGONAL_MM)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turning_the_photo_keeps_it(orientation: int) -> None:
    upright = focal_length_px((40, 30), {FOCAL_LENGTH_35MM: 50})
    assert focal_length_px((40, 30), {FOCAL_LENGTH_35MM: 50}, orientation) == upright


@pytest.mark.parametrize(("unit", "per_mm"), [(2, 25.4), (3, 10.0), (4, 1.0)])
def test_the_sensor_says_it(unit: int, per_mm: float) -> None:
    sensor_width_mm, focal_mm, taken = 24.0, 50.0, (6000, 4000)
    details = {
        FOCAL_LENGTH: focal_mm,
        PLANE_RESOLUTION: taken[0] / sensor_width_mm * per_mm,
        PLANE_UNIT: unit,
        WIDTH: taken[0],
        HEIGHT: taken[1],
    }
    assert focal_length_px((60, 40), details) == pytest.approx(60 * focal_mm / sensor_width_mm)


def test_a_scaled_photo_scales_it() -> None:
    details = {FOCAL_LENGTH_35MM: 50, WIDTH: 4000, HEIGHT: 3000}
    small, large = (focal_length_px(size, details) for size in ((40, 30), (80, 60)))
    assert small is not None
    assert large == pytest.approx(2 * small)


@pytest.mark.parametrize("size", [(40, 40), (100, 30), (31, 40)])
def test_a_cropped_photo_does_not_say_it(size: tuple[int, int]) -> None:
    assert focal_length_px(size, {FOCAL_LENGTH_35MM: 50}) is None


def test_a_crop_to_another_camera_shape_is_noticed() -> None:
    details = {FOCAL_LENGTH_35MM: 50, WIDTH: 6000, HEIGHT: 4000}
    assert focal_length_px((40, 30), details) is None


@pytest.mark.parametrize("mm", [0, 1, 5, 900, 65535])
def test_what_no_portrait_lens_has_is_ignored(mm: int) -> None:
    assert focal_length_px((40, 30), {FOCAL_LENGTH_35MM: mm}) is None


@pytest.mark.parametrize("value", ["wide", b"\0\0", (1, 2)])
def test_nonsense_is_ignored(value: object) -> None:
    details: dict[int, Any] = {WIDTH: value, FOCAL_LENGTH: (1, 0) if value == (1, 2) else 0}
    assert focal_length_px((40, 30), details) is None


def test_no_metadata() -> None:
    photo = Image.fromarray(np.zeros((30, 40, 3), np.uint8))
    assert decode_portrait(encode(photo, "JPEG")).focal_length_px is None


def test_damaged_metadata_does_not_spoil_the_photo() -> None:
    photo = Image.fromarray(np.zeros((30, 40, 3), np.uint8))
    for block in (b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*" + bytes(20)):
        portrait = decode_portrait(encode(photo, "JPEG", exif=block))
        assert portrait.focal_length_px is None
        assert portrait.image.shape == (30, 40, 3)
