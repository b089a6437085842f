"""Landmarks and the face's pixels to a head: a guess, its pose, then everything.

landmarks ---> network ---+
    |                     +-> guess (or the average head) -> pose (PnP) -> Levenberg-Marquardt
    +-> crop -> network --+      -> outline bound anew -> Levenberg-Marquardt -> HeadFit
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from jaxtyping import Float

from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.errors import InvalidModel, NoFaceFound
from reconstruction_backend.head_fit.calibration import FitCalibration
from reconstruction_backend.head_fit.guess import Guess, ImageGuess, Trust, joined
from reconstruction_backend.head_fit.image_evidence import face_crop
from reconstruction_backend.head_fit.image_network import ImageNetwork
from reconstruction_backend.head_fit.landmark_model import LandmarkModel, Moment
from reconstruction_backend.head_fit.measurement import FACE_OVAL, DetectorModel
from reconstruction_backend.head_fit.options import FitOptions
from reconstruction_backend.head_fit.result import HeadFit
from reconstruction_backend.head_fit.silhouette import SlidingLandmarks
from reconstruction_backend.head_fit.solver import (
    FitPrior,
    FitProblem,
    HeadState,
    settle_on_photo,
    solve,
    with_points,
)
from reconstruction_backend.head_fit.view import View
from reconstruction_backend.head_model import JOINT_NAMES, HeadModel
from reconstruction_backend.landmarks import IRIS_START, OUTER_EYE_CORNERS, FaceLandmarks
from reconstruction_backend.portrait import Portrait

LEAST_EYE_DISTANCE_PX = 1.0
JAW = JOINT_NAMES.index("jaw")
NOT_FITTED = ("mouthClose", "tongueOut")
"""mouthClose only makes sense against an open jaw, tongueOut shows on no landmark."""


@dataclass(frozen=True)
class HeadFitter:
    """A head model made ready for fitting; keep it warm."""

    model: HeadModel
    sliding: SlidingLandmarks
    detector: DetectorModel
    calibration: FitCalibration | None
    """What was learned about this model; without it, the population prior alone holds."""
    image_network: ImageNetwork | None
    """Reads the face's pixels; without it, the landmarks alone are believed."""
    options: FitOptions

    @classmethod
    def uncalibrated(cls, model: HeadModel, options: FitOptions | None = None) -> "HeadFitter":
        """For any head model: no bias, independent noise, the population prior."""
        detector = DetectorModel.uncalibrated(model.shape_count, model.expression_count)
        sliding = SlidingLandmarks.of(model, model.landmarks_mediapipe)
        return cls(model, sliding, detector, None, None, options or FitOptions())

    @classmethod
    def calibrated(
        cls,
        model: HeadModel,
        calibration: FitCalibration,
        image_network: ImageNetwork | None = None,
        options: FitOptions | None = None,
    ) -> "HeadFitter":
        """For the model that the calibration was made for.

        Raises InvalidModel where the calibration was not made with this network.
        """
        if image_network is not None:
            known = calibration.image
            if known is None or known.network_sha256 != image_network.sha256:
                raise InvalidModel("The fit's calibration belongs to another network.")
        sliding = SlidingLandmarks.of(model, calibration.landmarks)
        detector = calibration.detector
        return cls(model, sliding, detector, calibration, image_network, options or FitOptions())

    def fit(self, portrait: Portrait, landmarks: FaceLandmarks) -> HeadFit:
        """Fit the model to one photo. Raises NoFaceFound where the points are no face."""
        _check_extent(landmarks)
        seen = None
        if self.image_network is not None:
            seen = self.image_network.look(face_crop(portrait.image, landmarks.points_px))
        state = self.solve(
            landmarks, portrait.width_px, portrait.height_px, portrait.focal_length_px, seen
        )
        return self.result(state, landmarks, portrait.width_px, portrait.height_px)

    def guess(
        self, landmarks: FaceLandmarks, seen: ImageGuess | None
    ) -> tuple[Guess, Trust] | None:
        """The networks' joint guess; None for a head model without a calibration."""
        calibration = self.calibration
        if calibration is None:
            return None
        guess = calibration.regressor.guess(landmarks)
        if seen is None or calibration.image is None:
            return guess, calibration.alone
        return joined(guess, calibration.alone, seen, calibration.image.trust)

    def solve(
        self,
        landmarks: FaceLandmarks,
        width_px: int,
        height_px: int,
        focal_length_px: float | None,
        seen: ImageGuess | None = None,
    ) -> HeadState:
        """The fit in its own parameters; `seen` is what the image's network says."""
        _check_extent(landmarks)
        guess = self.guess(landmarks, seen)
        prior = self.prior(max(width_px, height_px), focal_length_px, guess)
        moment = Moment(prior.expression_mean.copy(), np.zeros(3), np.zeros((2, 3)))
        detector = self.detector
        if guess is not None:
            moment.gaze_rad[:, :2] = guess[0].gaze_rad
            detector = detector.weighted(guess[1].data_weight)
        view = self._starting_view(landmarks, width_px, height_px, focal_length_px, prior, moment)
        state = HeadState(view, prior.shape_mean.copy(), moment)
        problem = FitProblem(self.sliding.bound(view), detector, landmarks, prior)
        options = self.options
        jacobian, iterations = None, options.iterations
        if guess is not None:  # near enough for one Jacobian to serve throughout
            jacobian = problem.linearize(state).jacobian
            iterations = options.iterations_from_guess
        state = solve(problem, state, iterations, options.tolerance, jacobian)
        problem = with_points(problem, self.sliding.bound(state.view))
        state = solve(problem, state, iterations, options.tolerance, jacobian)
        return settle_on_photo(problem, state, options.settling_iterations)

    def result(
        self, state: HeadState, landmarks: FaceLandmarks, width_px: int, height_px: int
    ) -> HeadFit:
        """The contract's form of a fitted state."""
        points = self.sliding.bound(state.view)
        predicted = self._predicted_px(points, state)
        corners = landmarks.points_px[list(OUTER_EYE_CORNERS)]
        distance = np.linalg.norm(landmarks.points_px - predicted, axis=1).mean()
        return HeadFit(
            camera=PerspectiveCamera.centred(
                width_px,
                height_px,
                state.view.focal_length_px,
                state.view.rotation,
                state.view.translation_m,
            ),
            shape=state.shape.astype(np.float32),
            expression=points.full_expression(state.moment).astype(np.float32),
            pose_rad=points.pose_rad(state.moment).astype(np.float32),
            landmark_residual_iod=float(distance / np.linalg.norm(corners[1] - corners[0])),
        )

    def _predicted_px(self, points: LandmarkModel, state: HeadState) -> Float[np.ndarray, "478 2"]:
        """Where the detector is expected to put the landmarks, its known bias included."""
        projected = state.view.project(points.points(state.shape, state.moment))
        bias = self.detector.bias_m(state.view, state.shape, state.moment.expression)
        return projected + bias[:, :2] @ state.view.upright / state.view.metres_per_pixel

    def prior(
        self, side_px: int, focal_length_px: float | None, guessed: tuple[Guess, Trust] | None
    ) -> FitPrior:
        """Around the networks' guess where there is one, else around the population's mean."""
        model, options = self.model, self.options
        is_arkit = "jawOpen" in model.expression_index
        looks = {look.expression for look in self.sliding.pool.looks}
        skipped = looks | {model.expression_index.get(name, -1) for name in NOT_FITTED}
        count = model.expression_count
        free = np.array([i for i in range(count) if i not in skipped], np.intp)
        log_focal = None
        if focal_length_px is None:
            log_focal = (np.log(options.focal_over_side * side_px), options.log_focal_precision)
        prior = FitPrior(
            shape_mean=np.zeros(model.shape_count),
            shape_precision=options.shape_precision * np.eye(model.shape_count),
            expression_mean=np.zeros(count),
            expression_precision=np.full(count, options.expression_precision),
            expression_cost=options.expression_cost if is_arkit else 0.0,
            expression_low=np.full(count, 0.0 if is_arkit else -np.inf),
            expression_high=np.full(count, 1.0 if is_arkit else np.inf),
            free_expressions=free,
            jaw_is_free=not model.expression_pose_rad[:, JAW].any(),
            jaw_precision=options.jaw_precision,
            gaze_precision=options.gaze_precision,
            log_depth=(float(np.log(options.depth_m)), options.log_depth_precision),
            log_focal=log_focal,
        )
        if guessed is None:
            return prior
        guess, trust = guessed
        expression = np.zeros(count)
        expression[free] = np.clip(
            guess.expression[free], prior.expression_low[free], prior.expression_high[free]
        )
        return replace(
            prior,
            shape_mean=guess.shape.astype(np.float64),
            shape_precision=trust.shape_precision.astype(np.float64),
            expression_mean=expression,
            expression_precision=trust.expression_precision.astype(np.float64),
            log_depth=(guess.log_depth, trust.log_depth_precision),
        )

    def _starting_view(
        self,
        landmarks: FaceLandmarks,
        width_px: int,
        height_px: int,
        focal_length_px: float | None,
        prior: FitPrior,
        moment: Moment,
    ) -> View:
        """The guessed head's pose by PnP from the points that neither slide nor turn.

        An unknown focal length starts where the head stands at the expected distance.
        """
        rigid = np.setdiff1d(np.arange(IRIS_START), FACE_OVAL)
        points = self.sliding.pool.points(prior.shape_mean, moment)[rigid]
        pixels = landmarks.points_px[rigid].astype(np.float64)
        principal = np.array([width_px - 1, height_px - 1]) / 2
        focal = focal_length_px
        if focal is None:
            focal = _focal_at_distance(points, pixels, float(np.exp(prior.log_depth[0])))
        rotation, translation = _pnp(points, pixels, focal, principal)
        return View(rotation, translation, focal, principal)


def _focal_at_distance(
    points: Float[np.ndarray, "N 3"], pixels: Float[np.ndarray, "N 2"], distance_m: float
) -> float:
    """From the extents of the face in the head and in the photo."""
    extent_px = np.linalg.norm(np.ptp(pixels, axis=0))
    extent_m = np.linalg.norm(np.ptp(points[:, :2], axis=0))
    return float(extent_px / extent_m * distance_m)


def _check_extent(landmarks: FaceLandmarks) -> None:
    """Raise NoFaceFound where the points are not finite or coincide."""
    right, left = landmarks.points_px[list(OUTER_EYE_CORNERS)]
    finite = np.isfinite(landmarks.points_px).all() and np.isfinite(landmarks.depth_px).all()
    if not finite or np.linalg.norm(left - right) < LEAST_EYE_DISTANCE_PX:
        raise NoFaceFound("The points found in the photo do not form a face.")


def _pnp(
    points: Float[np.ndarray, "N 3"],
    pixels: Float[np.ndarray, "N 2"],
    focal: float,
    principal: Float[np.ndarray, "2"],
) -> tuple[Float[np.ndarray, "3 3"], Float[np.ndarray, "3"]]:
    K = np.array([[focal, 0, principal[0]], [0, focal, principal[1]], [0, 0, 1]])
    found, rotation, translation = cv2.solvePnP(
        points, pixels, K, np.zeros(4), flags=cv2.SOLVEPNP_SQPNP
    )
    if not found or translation[2, 0] <= 0:
        raise NoFaceFound("The points found in the photo do not form a face.")
    return cv2.Rodrigues(rotation)[0], translation.ravel()
