"""What the landmark detector says about a head: its bias and its noise.

    detected - predicted = bias(view, shape, expression) + noise,   noise ~ N(0, Σ)

in the frame of `view.py` (metres at the head's depth, upright), x and y from the points and z from
the detector's relative depth. Bias and Σ are learned from renders of heads whose truth is known
(training/head_fit); for head models without such a calibration, `uncalibrated` stands in.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Float32

from reconstruction_backend.face_networks import LANDMARK_COUNT
from reconstruction_backend.head_fit.view import View
from reconstruction_backend.landmarks import IRIS_START, FaceLandmarks

VIEW_FEATURES = 7

FACE_SIGMA_M = 0.0012
OUTLINE_SIGMA_M = 0.004
IRIS_SIGMA_M = 0.0006
FACE_OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
"""MediaPipe's outline of the face."""


@dataclass(frozen=True)
class DetectorModel:
    """Bias and whitening. M = 3 x 478 measurements (point by point: x, y, z), K kept directions."""

    bias_by_view_m: Float32[np.ndarray, "7 M"]
    bias_by_shape_m: Float32[np.ndarray, "S M"]
    bias_by_expression_m: Float32[np.ndarray, "E M"]
    whitening: Float32[np.ndarray, "K M"]
    """Rows take a residual (metres) to independent values of unit variance."""

    @classmethod
    def uncalibrated(cls, shape_count: int, expression_count: int) -> "DetectorModel":
        """No bias; independent noise, larger on the outline; depth unused."""
        sigma = np.full(LANDMARK_COUNT, FACE_SIGMA_M)
        sigma[list(FACE_OVAL)] = OUTLINE_SIGMA_M
        sigma[IRIS_START:] = IRIS_SIGMA_M
        size = 3 * LANDMARK_COUNT
        used = np.flatnonzero(np.arange(size) % 3 < 2)
        whitening = np.zeros((len(used), size), np.float32)
        whitening[np.arange(len(used)), used] = 1 / np.repeat(sigma, 2)
        return cls(
            np.zeros((VIEW_FEATURES, size), np.float32),
            np.zeros((shape_count, size), np.float32),
            np.zeros((expression_count, size), np.float32),
            whitening,
        )

    def weighted(self, weight: float) -> "DetectorModel":
        """The same with its noise's variance divided by `weight`."""
        return replace(self, whitening=self.whitening * np.float32(np.sqrt(weight)))

    def bias_m(
        self,
        view: View,
        shape: Float[np.ndarray, "S"],
        expression: Float[np.ndarray, "E"],
    ) -> Float[np.ndarray, "478 3"]:
        """Expected detected minus predicted."""
        bias = (
            view_features(view) @ self.bias_by_view_m
            + shape.astype(np.float32) @ self.bias_by_shape_m
            + expression.astype(np.float32) @ self.bias_by_expression_m
        )
        return bias.reshape(LANDMARK_COUNT, 3)


def view_features(view: View) -> Float32[np.ndarray, "7"]:
    """What the bias depends on: a quadratic in where the camera stands around the head."""
    x, y, _ = view.direction
    nearness = 1 / view.reference_depth_m
    return np.array([1, x, y, x * x, x * y, y * y, nearness - 1], np.float32)


def observed_m(
    view: View, landmarks: FaceLandmarks, camera: Float[np.ndarray, "478 3"]
) -> Float[np.ndarray, "478 3"]:
    """Detected minus predicted, in the residual frame; `camera` are predicted camera points."""
    pixels = camera[:, :2] / camera[:, 2:] * view.focal_length_px + view.principal_point_px
    scale = view.metres_per_pixel
    flat = (landmarks.points_px - pixels) @ (view.upright.T * scale)
    depth = landmarks.depth_px * scale - camera[:, 2]
    return np.concatenate([flat, (depth - depth.mean())[:, None]], axis=1)


def to_residual_frame(
    view: View, jacobian: Float[np.ndarray, "K N 3"]
) -> Float[np.ndarray, "K N 3"]:
    """Moves of (x px, y px, camera depth m) to moves of the prediction in the residual frame."""
    scale = view.metres_per_pixel
    flat = jacobian[..., :2] @ (view.upright.T * scale).astype(jacobian.dtype)
    depth = jacobian[..., 2:] - jacobian[..., 2:].mean(axis=1, keepdims=True)
    return np.concatenate([flat, depth], axis=-1)
