"""Laws of what the fit reads in the face's pixels: mirror, scale, belief, and refusals."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconstruction_backend.backends import CAMEO_HEAD_FIT, CAMEO_HEAD_IMAGE
from reconstruction_backend.errors import InputNotFound, InvalidModel
from reconstruction_backend.head_fit.calibration import FitCalibration
from reconstruction_backend.head_fit.fit import HeadFitter
from reconstruction_backend.head_fit.guess import Guess, ImageGuess, joined
from reconstruction_backend.head_fit.image_evidence import (
    CROP_PX,
    CROP_SIDE,
    SUPERSAMPLING,
    face_crop,
    face_square,
)
from reconstruction_backend.head_fit.image_network import ImageNetwork
from reconstruction_backend.head_fit.mirror import MirrorMaps
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.landmarks import OUTER_EYE_CORNERS
from training.image_shape import layout

SIDE_PX = 300
MIRROR_TOLERANCE = 0.02
"""The weak components' mirror map is a least-squares one."""


@pytest.fixture(scope="module")
def model(cameo_head: HeadModel) -> HeadModel:
    return cameo_head


@pytest.fixture(scope="module")
def calibration(model: HeadModel) -> FitCalibration:
    return FitCalibration.load(CAMEO_HEAD_FIT, model)


@pytest.fixture(scope="module")
def network(model: HeadModel) -> ImageNetwork:
    return ImageNetwork.load(CAMEO_HEAD_IMAGE, MirrorMaps.of(model))


def smooth_picture(seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 256, (12, 12, 3), np.uint8)
    return cv2.resize(noise, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_CUBIC)


def ring_of_points(centre: tuple[float, float], radius: float) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, 468, endpoint=False)
    points = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    points[list(OUTER_EYE_CORNERS)] = [[-0.6, -0.3], [0.6, -0.3]]
    return (radius * points + centre).astype(np.float32)


def test_the_training_crop_is_the_products() -> None:
    ours = (CROP_PX, CROP_SIDE, SUPERSAMPLING, OUTER_EYE_CORNERS)
    assert ours == (layout.CROP_PX, layout.CROP_SIDE, layout.SUPERSAMPLING, layout.EYE_CORNERS)


@given(turn=st.floats(-1, 1), scale=st.floats(0.5, 2))
@settings(max_examples=20)
def test_the_square_turns_and_grows_with_the_face(turn: float, scale: float) -> None:
    points = ring_of_points((0, 0), 50).astype(np.float64)
    square = face_square(points)
    c, s = np.cos(turn), np.sin(turn)
    moved = face_square(scale * points @ np.array([[c, s], [-s, c]]) + [7, 9])
    assert moved.angle_rad - square.angle_rad == pytest.approx(turn, abs=1e-6)
    assert moved.side_px == pytest.approx(scale * square.side_px)
    np.testing.assert_allclose(
        moved.centre_px, scale * square.centre_px @ np.array([[c, s], [-s, c]]) + [7, 9], atol=1e-6
    )


def test_the_crop_of_an_enlarged_photo_is_the_same() -> None:
    picture = smooth_picture(0)
    points = ring_of_points((150, 140), 55)
    twice = cv2.resize(picture, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    small = face_crop(picture, points).astype(int)
    large = face_crop(np.asarray(twice, np.uint8), points * 2 + 0.5).astype(int)
    assert np.abs(small - large).mean() < 1.5


@pytest.mark.parametrize("seed", range(3))
def test_the_mirrored_crop_gives_the_mirrored_answer(network: ImageNetwork, seed: int) -> None:
    crop = face_crop(smooth_picture(seed), ring_of_points((150, 140), 55))
    plain = network.look(crop)
    turned = network.look(np.ascontiguousarray(crop[:, ::-1]))
    mirror = network.mirror
    np.testing.assert_allclose(mirror.shape @ turned.shape, plain.shape, atol=MIRROR_TOLERANCE)
    np.testing.assert_allclose(
        turned.expression[mirror.expression], plain.expression, atol=MIRROR_TOLERANCE
    )
    assert turned.log_depth == pytest.approx(plain.log_depth, abs=MIRROR_TOLERANCE)
    assert turned.strangeness == pytest.approx(plain.strangeness, rel=1e-3)


def test_pictures_without_a_face_are_hardly_believed(
    network: ImageNetwork, calibration: FitCalibration
) -> None:
    assert calibration.image is not None
    rng = np.random.default_rng(7)
    beliefs: list[float] = []
    for cells in (1, 6, 24, 128) * 5:
        noise = rng.integers(0, 256, (cells, cells, 3), np.uint8)
        picture = np.asarray(cv2.resize(noise, (CROP_PX, CROP_PX)), np.uint8)
        beliefs.append(calibration.image.trust.belief(network.look(picture).strangeness))
    assert np.mean(beliefs) < 0.5


@given(strangeness=st.floats(0, 10), share=st.floats(0, 1), seed=st.integers(0, 99))
@settings(max_examples=30)
def test_the_joint_guess_lies_between_the_two(
    calibration: FitCalibration, strangeness: float, share: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    S, E = len(calibration.alone.shape_precision), len(calibration.alone.expression_precision)
    numbers = rng.normal(size=(2, S + E)).astype(np.float32)
    landmarks = Guess(numbers[0, :S], numbers[0, S:], np.zeros((2, 2), np.float32), 0.1)
    image = ImageGuess(numbers[1, :S], numbers[1, S:], -0.2, strangeness)
    assert calibration.image is not None
    trust = replace(calibration.image.trust, share=share)
    guess, believed = joined(landmarks, calibration.alone, image, trust)
    low, high = numbers[:, :S].min(axis=0), numbers[:, :S].max(axis=0)
    assert (guess.shape >= low - 1e-5).all()
    assert (guess.shape <= high + 1e-5).all()
    np.testing.assert_array_equal(guess.expression, landmarks.expression)
    assert -0.2 - 1e-6 <= guess.log_depth <= 0.1 + 1e-6
    if strangeness >= trust.strange:
        np.testing.assert_array_equal(guess.shape, landmarks.shape)
        np.testing.assert_array_equal(believed.shape_precision, calibration.alone.shape_precision)


def test_belief_falls_from_one_to_zero(calibration: FitCalibration) -> None:
    assert calibration.image is not None
    trust = replace(calibration.image.trust, familiar=2.0, strange=3.0)
    beliefs = [trust.belief(strangeness) for strangeness in (0.0, 2.0, 2.5, 3.0, 9.0)]
    assert beliefs == pytest.approx([1, 1, 0.5, 0, 0])


def test_what_is_saved_is_read(
    tmp_path: Path, model: HeadModel, calibration: FitCalibration
) -> None:
    path = tmp_path / "fit.npz"
    calibration.save(path, model)
    again = FitCalibration.load(path, model).image
    assert again is not None
    assert calibration.image is not None
    assert again.network_sha256 == calibration.image.network_sha256
    assert again.trust.share == pytest.approx(calibration.image.trust.share)


def test_another_network_is_refused(
    model: HeadModel, calibration: FitCalibration, network: ImageNetwork
) -> None:
    other = replace(network, sha256="0" * 64)
    with pytest.raises(InvalidModel, match="another network"):
        HeadFitter.calibrated(model, calibration, other)


def test_a_file_that_is_no_network_is_refused(tmp_path: Path, network: ImageNetwork) -> None:
    path = tmp_path / "network.onnx"
    with pytest.raises(InputNotFound):
        ImageNetwork.load(path, network.mirror)
    path.write_bytes(b"no network")
    with pytest.raises(InvalidModel, match="no ONNX"):
        ImageNetwork.load(path, network.mirror)
    path.write_bytes(CAMEO_HEAD_IMAGE.read_bytes())
    smaller = replace(network.mirror, shape=network.mirror.shape[:9, :9])
    with pytest.raises(InvalidModel, match="another head model"):
        ImageNetwork.load(path, smaller)
