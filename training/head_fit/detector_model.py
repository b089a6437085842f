"""Learn the detector's bias and noise from renders whose truth is known.

The residual at the truth, in the frame of `head_fit/view.py`, is regressed on the view, the shape
and the expression (ridge): the detector pulls unusual faces towards its own idea of a face, and
that shows as a bias that is linear in the coefficients. What remains is noise; its covariance,
shrunk, is inverted into a whitening, of which the directions that any parameter can move are kept.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32

from reconstruction_backend.face_networks import LANDMARK_COUNT
from reconstruction_backend.head_fit.fit import HeadFitter
from reconstruction_backend.head_fit.measurement import (
    VIEW_FEATURES,
    DetectorModel,
    observed_m,
    view_features,
)
from reconstruction_backend.head_fit.mirror import MirrorMaps
from reconstruction_backend.head_fit.solver import FitProblem
from training.head_fit.calibration_data import CalibrationSet

VIEW_MIRROR = np.array([1, -1, 1, 1, -1, 1, 1])
"""Signs of `view_features` in the mirror."""


@dataclass(frozen=True)
class DetectorTraining:
    """How strongly to regularise."""

    shape_ridge: float = 30.0
    """In samples: a coefficient's evidence is shrunk as if so many null samples were added."""
    expression_ridge: float = 8.0
    largest_residual_m: float = 0.006
    """Root mean square per render above which the detector saw something else."""
    floor_m: float = 0.00025
    """Independent noise added to every measurement: real photos hold what renders do not."""
    kept_directions: int = 280
    linearized_samples: int = 48


@dataclass(frozen=True)
class Residuals:
    """Residuals at the truth and what they are regressed on, mirror images included."""

    residual_m: Float32[np.ndarray, "N M"]
    features: Float32[np.ndarray, "N X"]
    """View, shape, expression."""

    def plausible(self, limit_m: float) -> Bool[np.ndarray, "N"]:
        """Where the detector saw the face at all: the rest are faces found in the background."""
        centred = self.residual_m - np.median(self.residual_m, axis=0)
        flat = centred.reshape(len(centred), LANDMARK_COUNT, 3)[..., :2]
        return np.sqrt((flat**2).mean(axis=(1, 2))) < limit_m


def measure_residuals(fitter: HeadFitter, samples: CalibrationSet, mirror: MirrorMaps) -> Residuals:
    """Detected minus predicted at the truth for every sample and its mirror image."""
    rows: list[np.ndarray] = []
    features: list[np.ndarray] = []
    for i in range(len(samples)):
        truth = samples.truth(i)
        pool = fitter.sliding.pool.points(truth.shape, truth.moment)
        points = pool[fitter.sliding.index(truth.view)]
        camera = truth.view.camera_points(points)
        residual = observed_m(truth.view, samples.landmarks(i), camera).astype(np.float32)
        view = view_features(truth.view)
        shape, expression = samples.shape[i], samples.expression[i]
        rows += [residual.ravel(), mirror.points(residual).astype(np.float32).ravel()]
        features += [
            np.concatenate([view, shape, expression]),
            np.concatenate(
                [view * VIEW_MIRROR, mirror.shape @ shape, expression[mirror.expression]]
            ),
        ]
    return Residuals(np.stack(rows), np.stack(features).astype(np.float32))


def train_detector_model(
    fitter: HeadFitter,
    samples: CalibrationSet,
    measured: Residuals,
    mirror: MirrorMaps,
    training: DetectorTraining,
) -> DetectorModel:
    """Bias by ridge regression, whitening from the covariance of what remains."""
    model = fitter.model
    shapes, expressions = model.shape_count, model.expression_count
    X = measured.features.astype(np.float64)
    ridge = np.concatenate(
        [
            np.full(VIEW_FEATURES, 1e-6),
            np.full(shapes, training.shape_ridge),
            np.full(expressions, training.expression_ridge),
        ]
    )
    system = X.T @ X + np.diag(ridge)
    bias = np.linalg.solve(system, X.T @ measured.residual_m)
    noise = measured.residual_m - (measured.features @ bias.astype(np.float32))
    after = VIEW_FEATURES + shapes
    unwhitened = DetectorModel(
        bias[:VIEW_FEATURES].astype(np.float32),
        bias[VIEW_FEATURES:after].astype(np.float32),
        bias[after:].astype(np.float32),
        np.eye(3 * LANDMARK_COUNT, dtype=np.float32),
    )
    whitening = _whitening(noise, training.floor_m)
    kept = _sensitive_directions(fitter, samples, mirror, unwhitened, whitening, training)
    return DetectorModel(
        unwhitened.bias_by_view_m,
        unwhitened.bias_by_shape_m,
        unwhitened.bias_by_expression_m,
        (kept.T @ whitening).astype(np.float32),
    )


def _whitening(noise: Float32[np.ndarray, "N M"], floor_m: float) -> Float[np.ndarray, "M M"]:
    """Inverse square root of the covariance plus a floor."""
    covariance = (noise.T @ noise).astype(np.float64) / len(noise)
    values, vectors = np.linalg.eigh(covariance)
    return (vectors / np.sqrt(np.maximum(values, 0) + floor_m**2)) @ vectors.T


def _sensitive_directions(
    fitter: HeadFitter,
    samples: CalibrationSet,
    mirror: MirrorMaps,
    detector: DetectorModel,
    whitening: Float[np.ndarray, "M M"],
    training: DetectorTraining,
) -> Float[np.ndarray, "M K"]:
    """An orthonormal basis of what shape, expression, gaze and camera can do to the whitened
    residual, over several views."""
    rng = np.random.default_rng(0)
    chosen = rng.choice(len(samples), training.linearized_samples, replace=False)
    gram = np.zeros_like(whitening)
    for i in chosen:
        truth = samples.truth(int(i))
        prior = fitter.prior(int(2 * truth.view.principal_point_px.max()), None, None)
        problem = FitProblem(
            fitter.sliding.bound(truth.view), detector, samples.landmarks(int(i)), prior
        )
        jacobian = problem.linearize(truth).jacobian
        fields = jacobian.reshape(LANDMARK_COUNT, 3, -1).transpose(2, 0, 1)
        turned = np.stack([mirror.points(field).ravel() for field in fields], axis=1)
        for columns in (jacobian, turned):
            moved = whitening @ columns
            moved = moved / (np.linalg.norm(moved, axis=0) + 1.0)
            gram += moved @ moved.T
    vectors = np.linalg.eigh(gram)[1]
    return vectors[:, ::-1][:, : training.kept_directions]
