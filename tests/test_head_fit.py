"""Laws of the head fit: known truth is recovered, and what must not matter does not."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from reconstruction_backend.errors import InvalidModel, NoFaceFound
from reconstruction_backend.head_fit.calibration import FitCalibration
from reconstruction_backend.head_fit.fit import HeadFitter
from reconstruction_backend.head_fit.landmark_model import LandmarkModel, Moment
from reconstruction_backend.head_fit.measurement import DetectorModel
from reconstruction_backend.head_fit.mirror import MirrorMaps
from reconstruction_backend.head_fit.rotations import (
    rotation_derivatives,
    rotation_from_axis_angle,
)
from reconstruction_backend.head_fit.solver import FitProblem, HeadState
from reconstruction_backend.head_fit.view import View
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.landmarks import FaceBox, FaceLandmarks
from reconstruction_backend.model_store import MODELS_FOLDER
from reconstruction_backend.portrait import Portrait

SIZE_PX = 1024
FOCAL_PX = 1500.0
RECOVERED_MEDIAN_M = 0.0015
FINITE_STEP = 1e-5


@pytest.fixture(scope="module")
def model(cameo_head: HeadModel) -> HeadModel:
    return cameo_head


@pytest.fixture(scope="module")
def uncalibrated(model: HeadModel) -> HeadFitter:
    return HeadFitter.uncalibrated(model)


@pytest.fixture(scope="module")
def calibrated(model: HeadModel) -> HeadFitter:
    calibration = FitCalibration.load(MODELS_FOLDER / "head_fit.npz", model)
    return HeadFitter.calibrated(model, calibration)


def random_state(model: HeadModel, seed: int) -> HeadState:
    rng = np.random.default_rng(seed)
    turn = Rotation.from_euler("yxz", rng.normal(0, [15, 6, 6]), degrees=True).as_matrix()
    view = View(
        np.diag([1.0, -1.0, -1.0]) @ turn,
        np.array([*rng.normal(0, 0.02, 2), rng.uniform(0.6, 1.2)]),
        FOCAL_PX,
        np.full(2, (SIZE_PX - 1) / 2),
    )
    expression = model.expression_weights(mouthSmileLeft=0.4, mouthSmileRight=0.5, jawOpen=0.2)
    gaze = np.array([[0.1, 0.15, 0.0], [0.1, 0.12, 0.0]])
    return HeadState(
        view,
        rng.normal(size=model.shape_count),
        Moment(expression.astype(np.float64), np.zeros(3), gaze),
    )


def seen(model: HeadModel, state: HeadState) -> FaceLandmarks:
    """Noise-free landmarks, through the full model's skinning and the camera."""
    points = LandmarkModel.gather(model, model.landmarks_mediapipe)
    vertices = model.evaluate(
        state.shape, points.full_expression(state.moment), points.pose_rad(state.moment)
    )
    surface = model.surface_points(model.landmarks_mediapipe, vertices)
    camera = state.view.camera_points(surface)
    return face_landmarks(
        state.view.project(surface),
        (camera[:, 2] - camera[:, 2].mean()) / state.view.metres_per_pixel,
    )


def face_landmarks(points_px: np.ndarray, depth_px: np.ndarray) -> FaceLandmarks:
    return FaceLandmarks(
        points_px.astype(np.float32),
        depth_px.astype(np.float32),
        FaceBox(0.0, 0.0, float(SIZE_PX), float(SIZE_PX)),
        (),
    )


def portrait(size_px: int = SIZE_PX, focal_px: float | None = None) -> Portrait:
    return Portrait(np.zeros((size_px, size_px, 3), np.uint8), focal_px)


def aligned_error_m(points: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Distances after the best similarity."""
    a, b = points - points.mean(axis=0), target - target.mean(axis=0)
    U, S, Vt = np.linalg.svd(a.T @ b)
    return np.linalg.norm(a @ (U @ Vt) * (S.sum() / (a**2).sum()) - b, axis=1)


def test_points_of_the_submodel_are_those_of_the_mesh(model: HeadModel) -> None:
    state = random_state(model, 0)
    points = LandmarkModel.gather(model, model.landmarks_mediapipe)
    vertices = model.evaluate(
        state.shape, points.full_expression(state.moment), points.pose_rad(state.moment)
    )
    on_mesh = model.surface_points(model.landmarks_mediapipe, vertices)
    np.testing.assert_allclose(points.points(state.shape, state.moment), on_mesh, atol=2e-4)


@given(st.lists(st.floats(-2.0, 2.0), min_size=3, max_size=3))
@settings(max_examples=30)
def test_rotation_derivatives_match_finite_differences(components: list[float]) -> None:
    vector = np.array(components)
    derivatives = rotation_derivatives(vector)
    for axis in range(3):
        step = np.eye(3)[axis] * FINITE_STEP
        numeric = rotation_from_axis_angle(vector + step) - rotation_from_axis_angle(vector - step)
        np.testing.assert_allclose(derivatives[axis], numeric / (2 * FINITE_STEP), atol=1e-5)


def test_jacobian_matches_finite_differences(model: HeadModel, uncalibrated: HeadFitter) -> None:
    state = random_state(model, 1)
    looks = uncalibrated.sliding.pool.look_weights(state.moment.gaze_rad) > 0
    inside = np.where(looks, 0.0, 0.2)  # at the box's edge a difference would be clipped
    state = replace(state, moment=replace(state.moment, expression=inside))
    prior = uncalibrated.prior(SIZE_PX, None, None)
    detector = DetectorModel.uncalibrated(model.shape_count, model.expression_count)
    problem = FitProblem(
        uncalibrated.sliding.bound(state.view), detector, seen(model, random_state(model, 2)), prior
    )
    linear = problem.linearize(state)
    scale = state.view.metres_per_pixel
    rng = np.random.default_rng(0)
    checked = [0, 1, 2, 3, 4, 6, *rng.integers(7, linear.jacobian.shape[1], 12), -1, -2, -3, -4]
    for column in checked:
        step = np.zeros(linear.jacobian.shape[1])
        step[column] = 2e-3
        plus, minus = problem.moved(state, step), problem.moved(state, -step)
        # The residual's own scale and turn are held while the prediction is differentiated.
        pixels = [s.view.project(problem.points.points(s.shape, s.moment)) for s in (plus, minus)]
        moved = (pixels[0] - pixels[1]) @ state.view.upright.T * scale / (2 * step[column])
        white = detector.whitening @ np.c_[moved, np.zeros(len(moved))].ravel()
        np.testing.assert_allclose(linear.jacobian[:, column], -white, atol=0.03, rtol=0.02)


def test_noise_free_landmarks_give_the_surface_back(
    model: HeadModel, uncalibrated: HeadFitter
) -> None:
    face = model.region("face") > 0.5
    errors = []
    for seed in range(6):
        truth = random_state(model, seed)
        fit = uncalibrated.fit(portrait(), seen(model, truth))
        found, true = model.neutral(fit.shape)[face], model.neutral(truth.shape)[face]
        errors.append(np.median(aligned_error_m(found, true)))
    assert np.median(errors) < RECOVERED_MEDIAN_M


def test_scale_of_the_photo_does_not_matter(model: HeadModel, calibrated: HeadFitter) -> None:
    landmarks = seen(model, random_state(model, 3))
    doubled = replace(
        landmarks,
        points_px=(landmarks.points_px + 0.5) * 2 - 0.5,
        depth_px=landmarks.depth_px * 2,
    )
    small = calibrated.fit(portrait(), landmarks)
    large = calibrated.fit(portrait(2 * SIZE_PX), doubled)
    np.testing.assert_allclose(large.shape, small.shape, atol=0.02)
    np.testing.assert_allclose(large.expression, small.expression, atol=0.02)
    assert large.camera.focal_length_px == pytest.approx(2 * small.camera.focal_length_px, rel=0.01)


def test_mirrored_landmarks_give_the_mirrored_head(
    model: HeadModel, calibrated: HeadFitter
) -> None:
    mirror = MirrorMaps.of(model)
    landmarks = seen(model, random_state(model, 4))
    turned_points = landmarks.points_px[mirror.landmark].copy()
    turned_points[:, 0] = SIZE_PX - 1 - turned_points[:, 0]
    turned = face_landmarks(turned_points, landmarks.depth_px[mirror.landmark])
    plain_fit = calibrated.fit(portrait(), landmarks)
    turned_fit = calibrated.fit(portrait(), turned)
    vertices = model.neutral(plain_fit.shape)[model.mirror_vertex] * np.array([-1, 1, 1])
    difference = np.linalg.norm(model.neutral(turned_fit.shape) - vertices, axis=1)
    assert difference.mean() < 0.0004
    np.testing.assert_allclose(
        turned_fit.expression[mirror.expression], plain_fit.expression, atol=0.1
    )


@given(seed=st.integers(0, 1000))
@settings(max_examples=6)
def test_expressions_stay_in_their_box(model: HeadModel, calibrated: HeadFitter, seed: int) -> None:
    landmarks = seen(model, random_state(model, seed))
    noise = np.random.default_rng(seed).normal(0, 3, landmarks.points_px.shape)
    noisy = face_landmarks(landmarks.points_px + noise, landmarks.depth_px)
    fit = calibrated.fit(portrait(), noisy)
    assert fit.expression.min() >= 0
    assert fit.expression.max() <= 1
    assert np.isfinite(fit.shape).all()
    np.testing.assert_array_equal(fit.pose_rad[:3], 0)  # the jaw's motion is jawOpen's


def test_a_given_focal_length_is_kept(model: HeadModel, calibrated: HeadFitter) -> None:
    landmarks = seen(model, random_state(model, 5))
    for focal in (FOCAL_PX, 0.7 * FOCAL_PX):
        fit = calibrated.fit(portrait(focal_px=focal), landmarks)
        assert fit.camera.focal_length_px == focal


def test_predicted_landmarks_lie_near_the_detected(
    model: HeadModel, uncalibrated: HeadFitter
) -> None:
    fit = uncalibrated.fit(portrait(), seen(model, random_state(model, 6)))
    assert fit.landmark_residual_iod < 0.01


def test_points_that_are_no_face_are_refused(calibrated: HeadFitter) -> None:
    collapsed = face_landmarks(np.full((478, 2), 500.0), np.zeros(478))
    with pytest.raises(NoFaceFound):
        calibrated.fit(portrait(), collapsed)


def test_a_calibration_for_another_model_is_refused(model: HeadModel) -> None:
    with pytest.raises(InvalidModel):
        FitCalibration.load(MODELS_FOLDER / "head_fit.npz", replace(model, name="other"))
