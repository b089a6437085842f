"""Landmarks to a head: pose, then everything.

landmarks -> pose from the average head (PnP) -> Levenberg-Marquardt -> outline bound anew
          -> Levenberg-Marquardt -> HeadFit
"""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float

from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.errors import NoFaceFound
from reconstruction_backend.head_fit.landmark_model import Moment
from reconstruction_backend.head_fit.measurement import FACE_OVAL, IRIS_START, DetectorModel
from reconstruction_backend.head_fit.options import FitOptions
from reconstruction_backend.head_fit.result import HeadFit
from reconstruction_backend.head_fit.silhouette import SlidingLandmarks
from reconstruction_backend.head_fit.solver import (
    FitPrior,
    FitProblem,
    HeadState,
    solve,
    with_points,
)
from reconstruction_backend.head_fit.view import View
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.landmarks import FaceLandmarks
from reconstruction_backend.portrait import Portrait

OUTER_EYE_CORNERS = (33, 263)
NOT_FITTED = ("mouthClose", "tongueOut")
"""mouthClose only makes sense against an open jaw, tongueOut shows on no landmark."""
SHARE_OF_ITERATIONS_BEFORE_SLIDING = 2


@dataclass(frozen=True)
class HeadFitter:
    """A head model made ready for fitting; keep it warm."""

    model: HeadModel
    sliding: SlidingLandmarks
    detector: DetectorModel
    options: FitOptions

    @classmethod
    def uncalibrated(cls, model: HeadModel, options: FitOptions | None = None) -> "HeadFitter":
        """For any head model: no bias, independent noise, the population prior."""
        detector = DetectorModel.uncalibrated(model.shape_count, model.expression_count)
        return cls(model, SlidingLandmarks.of(model), detector, options or FitOptions())

    def fit(self, portrait: Portrait, landmarks: FaceLandmarks) -> HeadFit:
        """Fit the model to one photo. Raises NoFaceFound where the points are no face."""
        state = self.solve(
            landmarks, portrait.width_px, portrait.height_px, portrait.focal_length_px
        )
        return self.result(state, landmarks, portrait.width_px, portrait.height_px)

    def solve(
        self,
        landmarks: FaceLandmarks,
        width_px: int,
        height_px: int,
        focal_length_px: float | None,
    ) -> HeadState:
        """The fit in its own parameters."""
        prior = self._prior(max(width_px, height_px), focal_length_px)
        view = self._starting_view(landmarks, width_px, height_px, prior, focal_length_px)
        moment = Moment(np.zeros(self.model.expression_count), np.zeros(3), np.zeros((2, 3)))
        state = HeadState(view, prior.shape_mean.copy(), moment)
        problem = FitProblem(self.sliding.bound(view), self.detector, landmarks, prior)
        options = self.options
        early = min(SHARE_OF_ITERATIONS_BEFORE_SLIDING, options.iterations)
        state = solve(problem, state, early, options.tolerance)
        problem = with_points(problem, self.sliding.bound(state.view))
        return solve(problem, state, options.iterations - early, options.tolerance)

    def result(
        self, state: HeadState, landmarks: FaceLandmarks, width_px: int, height_px: int
    ) -> HeadFit:
        """The contract's form of a fitted state."""
        points = self.sliding.bound(state.view)
        predicted = state.view.project(points.points(state.shape, state.moment))
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

    def _prior(self, side_px: int, focal_length_px: float | None) -> FitPrior:
        model, options = self.model, self.options
        is_arkit = "jawOpen" in model.expression_index
        looks = {look.expression for look in self.sliding.pool.looks}
        skipped = looks | {model.expression_index.get(name, -1) for name in NOT_FITTED}
        count = model.expression_count
        log_focal = None
        if focal_length_px is None:
            log_focal = (np.log(options.focal_over_side * side_px), options.log_focal_precision)
        return FitPrior(
            shape_mean=np.zeros(model.shape_count),
            shape_precision=options.shape_precision * np.eye(model.shape_count),
            expression_mean=np.zeros(count),
            expression_precision=np.full(count, options.expression_precision),
            expression_cost=options.expression_cost if is_arkit else 0.0,
            expression_low=np.full(count, 0.0 if is_arkit else -np.inf),
            expression_high=np.full(count, 1.0 if is_arkit else np.inf),
            free_expressions=np.array([i for i in range(count) if i not in skipped], np.intp),
            jaw_is_free=not model.expression_pose_rad[:, 2].any(),
            jaw_precision=options.jaw_precision,
            gaze_precision=options.gaze_precision,
            log_depth=(float(np.log(options.depth_m)), options.log_depth_precision),
            log_focal=log_focal,
        )

    def _starting_view(
        self,
        landmarks: FaceLandmarks,
        width_px: int,
        height_px: int,
        prior: FitPrior,
        focal_length_px: float | None,
    ) -> View:
        """The average head's pose by PnP from the points that neither slide nor turn.

        An unknown focal length starts where the head stands at the typical distance.
        """
        rigid = np.setdiff1d(np.arange(IRIS_START), FACE_OVAL)
        points = self.sliding.pool.template_m[rigid].astype(np.float64)
        pixels = landmarks.points_px[rigid].astype(np.float64)
        principal = np.array([width_px - 1, height_px - 1]) / 2
        focal = focal_length_px or self._focal_at_typical_distance(points, pixels)
        rotation, translation = _pnp(points, pixels, focal, principal)
        return View(rotation, translation, focal, principal)

    def _focal_at_typical_distance(
        self, points: Float[np.ndarray, "N 3"], pixels: Float[np.ndarray, "N 2"]
    ) -> float:
        height_m = np.ptp(points[:, 1])
        extent_px = np.linalg.norm(pixels.max(axis=0) - pixels.min(axis=0))
        extent_m = np.hypot(height_m, np.ptp(points[:, 0]))
        return float(extent_px / extent_m * self.options.depth_m)


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
