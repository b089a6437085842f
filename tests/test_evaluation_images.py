"""The image metrics obey their laws, and crops lie where the protocol says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from evaluation.face_alignment import (
    CROP_PX,
    LEFT_EYE,
    MOUTH_CORNERS,
    RIGHT_EYE,
    crop_camera,
    crop_points,
    cut_face,
    cut_map,
    ffhq_square,
)
from evaluation.image_metrics import only_inside, psnr_db, ssim
from evaluation.portraits.pictures import over_grey
from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.face_crop import turn

WHOLE = np.ones((64, 64), bool)


def picture(seed: int, size: int = 64) -> np.ndarray:
    """Smooth and random."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (8, 8, 3)).astype(np.uint8)
    return np.kron(coarse, np.ones((size // 8, size // 8, 1), np.uint8))


seeds = st.integers(0, 1000)


@settings(max_examples=15)
@given(seeds)
def test_a_picture_and_itself(seed: int) -> None:
    a = picture(seed)
    assert psnr_db(a, a, WHOLE) == float("inf")
    assert ssim(a, a, WHOLE) == pytest.approx(1, abs=1e-12)


@settings(max_examples=15)
@given(seeds, seeds)
def test_both_are_symmetric(first: int, second: int) -> None:
    a, b = picture(first), picture(second)
    assert psnr_db(a, b, WHOLE) == psnr_db(b, a, WHOLE)
    assert ssim(a, b, WHOLE) == pytest.approx(ssim(b, a, WHOLE), abs=1e-12)


@given(st.integers(1, 120))
def test_a_known_shift_gives_a_known_psnr(shift: int) -> None:
    a = np.full((64, 64, 3), 100, np.uint8)
    assert psnr_db(a, a + np.uint8(shift), WHOLE) == pytest.approx(20 * np.log10(255 / shift))


@settings(max_examples=15)
@given(seeds, seeds)
def test_over_the_whole_picture_they_are_the_librarys(first: int, second: int) -> None:
    a, b = picture(first), picture(second + 2000)
    assert psnr_db(a, b, WHOLE) == pytest.approx(peak_signal_noise_ratio(a, b, data_range=255))
    full = structural_similarity(
        a, b, channel_axis=2, gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
        data_range=255, full=True,
    )[1]  # fmt: skip
    assert ssim(a, b, WHOLE) == pytest.approx(float(full.mean()))


@settings(max_examples=15)
@given(seeds)
def test_what_lies_outside_the_mask_does_not_count(seed: int) -> None:
    a, b = picture(seed), picture(seed + 1)
    mask = np.zeros((64, 64), bool)
    mask[10:50, 20:60] = True
    changed = b.copy()
    changed[~mask] = 255 - changed[~mask]
    assert psnr_db(a, b, mask) == psnr_db(a, changed, mask)
    inside = [only_inside(each, mask, 128) for each in (a, b, changed)]
    assert ssim(inside[0], inside[1], mask) == ssim(inside[0], inside[2], mask)


def test_too_small_a_mask_tells_nothing() -> None:
    nothing = np.zeros((64, 64), bool)
    assert psnr_db(picture(0), picture(1), nothing) is None
    assert ssim(picture(0), picture(1), nothing) is None


def face_points(centre: np.ndarray, eye_distance: float, angle: float) -> np.ndarray:
    """Only eyes and mouth are where they should be."""
    rotation = turn(angle)
    points = np.tile(centre, (478, 1)).astype(float)
    for ids, (x, y) in ((RIGHT_EYE, (-0.5, 0)), (LEFT_EYE, (0.5, 0)), (MOUTH_CORNERS, (0, 1))):
        points[list(ids)] = centre + eye_distance * rotation @ np.array([x, y])
    return points


@settings(max_examples=30)
@given(st.floats(-0.6, 0.6), st.floats(20, 90))
def test_eyes_and_mouth_lie_at_the_same_place_of_every_crop(angle: float, distance: float) -> None:
    points = face_points(np.array([310.0, 290.0]), distance, angle)
    square = ffhq_square(points)
    assert square.side_px == pytest.approx(4 * distance)
    in_crop = crop_points(points, square)
    unit = CROP_PX / 4
    middle = (CROP_PX - 1) / 2
    right, left = in_crop[RIGHT_EYE[0]], in_crop[LEFT_EYE[0]]
    np.testing.assert_allclose(right, [middle - unit / 2, middle - 0.1 * unit], atol=1e-6)
    np.testing.assert_allclose(left, [middle + unit / 2, middle - 0.1 * unit], atol=1e-6)
    np.testing.assert_allclose(in_crop[MOUTH_CORNERS[0]], [middle, middle + 0.9 * unit], atol=1e-6)


def test_a_crop_shows_what_it_should_and_grey_beyond_the_picture() -> None:
    image = np.full((300, 400, 3), 10, np.uint8)
    points = face_points(np.array([60.0, 150.0]), 50, 0.2)
    y, x = np.rint(points[RIGHT_EYE[0]][::-1]).astype(int)
    image[y - 2 : y + 3, x - 2 : x + 3] = 250
    square = ffhq_square(points)
    crop = cut_face(image, square, 128)
    cx, cy = np.rint(crop_points(points, square)[RIGHT_EYE[0]]).astype(int)
    assert crop[cy, cx].min() > 200
    assert (crop[:, 0] == 128).all()  # the square reaches beyond the left edge
    assert cut_map(np.full((300, 400), 255, np.uint8), square)[:, 0].max() == 0


def test_the_crops_camera_sees_what_the_crop_shows() -> None:
    rng = np.random.default_rng(0)
    camera = PerspectiveCamera(
        640, 480, 900.0, (322.0, 236.0), np.diag([1.0, -1, -1]), np.array([0.01, 0.02, 0.7])
    )
    points = rng.normal(0, 0.05, (50, 3))
    square = ffhq_square(face_points(np.array([300.0, 200.0]), 60, -0.3))
    np.testing.assert_allclose(
        crop_camera(camera, square).project(points),
        crop_points(camera.project(points), square),
        atol=1e-9,
    )


def test_over_grey_keeps_what_is_opaque_and_hides_what_is_not() -> None:
    image = picture(3)
    alpha = np.zeros((64, 64), np.float32)
    alpha[:, 32:] = 1
    result = over_grey(image, alpha)
    assert (result[:, :32] == 128).all()
    assert np.abs(result[:, 32:].astype(int) - image[:, 32:]).max() <= 1
