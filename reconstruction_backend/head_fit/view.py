"""How a head is seen: camera rotation, position and focal length, and the frame of residuals.

Residuals are measured at the head's depth, in metres, in an image turned so that the head stands
upright. There one noise model holds for every photo, whatever its size, distance and tilt.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from reconstruction_backend.head_fit.rotations import cross_matrix, rotation_from_axis_angle

REFERENCE_M = np.array([0.0, 0.02, 0.07])
"""Between the eyes and the nose, inside the head: the point whose depth scales residuals."""


@dataclass(frozen=True)
class View:
    """A camera in the fit's own parameters."""

    rotation: Float[np.ndarray, "3 3"]
    """Camera from head."""
    translation_m: Float[np.ndarray, "3"]
    focal_length_px: float
    principal_point_px: Float[np.ndarray, "2"]

    def moved(self, step: Float[np.ndarray, "7"]) -> "View":
        """After a step: rotation vector on the camera side, (x/z, y/z), log z, log focal length."""
        depth = self.translation_m[2]
        slope = self.translation_m[:2] / depth + step[3:5]
        new_depth = depth * np.exp(step[5])
        return View(
            rotation_from_axis_angle(step[:3]) @ self.rotation,
            np.array([slope[0], slope[1], 1.0]) * new_depth,
            float(self.focal_length_px * np.exp(step[6])),
            self.principal_point_px,
        )

    def camera_points(self, points_m: Float[np.ndarray, "N 3"]) -> Float[np.ndarray, "N 3"]:
        """Head frame to camera frame."""
        return points_m @ self.rotation.T + self.translation_m

    def project(self, points_m: Float[np.ndarray, "N 3"]) -> Float[np.ndarray, "N 2"]:
        """Head frame to pixels."""
        camera = self.camera_points(points_m)
        return camera[:, :2] / camera[:, 2:] * self.focal_length_px + self.principal_point_px

    @property
    def reference_depth_m(self) -> float:
        """Depth of REFERENCE_M."""
        return float(self.rotation[2] @ REFERENCE_M + self.translation_m[2])

    @property
    def metres_per_pixel(self) -> float:
        """At the depth of REFERENCE_M."""
        return self.reference_depth_m / self.focal_length_px

    @property
    def upright(self) -> Float[np.ndarray, "2 2"]:
        """The image rotation after which the head's up axis points up (to -y)."""
        up = self.rotation[:2, 1]
        up = up / max(float(np.linalg.norm(up)), 1e-9)
        return np.array([[-up[1], up[0]], [-up[0], -up[1]]])

    @property
    def direction(self) -> Float[np.ndarray, "3"]:
        """From REFERENCE_M to the camera, head frame, unit."""
        towards = -self.rotation.T @ self.translation_m - REFERENCE_M
        return towards / np.linalg.norm(towards)

    def jacobian(
        self, camera: Float[np.ndarray, "N 3"], relative: Float[np.ndarray, "N 3"]
    ) -> Float[np.ndarray, "7 N 3"]:
        """Derivative of (x px, y px, camera depth m) by the step of `moved`.

        `camera` are the points in the camera frame, `relative` the same without the translation.
        """
        steps = np.empty((7, len(camera), 3))
        for axis in range(3):
            steps[axis] = relative @ cross_matrix(np.eye(3)[axis]).T
        depth = self.translation_m[2]
        steps[3], steps[4] = [depth, 0, 0], [0, depth, 0]
        steps[5] = self.translation_m
        steps[6] = 0
        jacobian = self.pixel_jacobian(camera, steps)
        jacobian[6, :, :2] = camera[:, :2] / camera[:, 2:] * self.focal_length_px
        return jacobian

    def pixel_jacobian(
        self, camera: Float[np.ndarray, "N 3"], moves: Float[np.ndarray, "K N 3"]
    ) -> Float[np.ndarray, "K N 3"]:
        """Moves in the camera frame to moves of (x px, y px, camera depth m)."""
        inverse = (1 / camera[:, 2]).astype(moves.dtype)
        slope = (camera[:, :2] * inverse[:, None]).astype(moves.dtype)
        moved = np.empty_like(moves)
        depth = moves[..., 2]
        scale = moves.dtype.type(self.focal_length_px) * inverse
        moved[..., 0] = (moves[..., 0] - slope[:, 0] * depth) * scale
        moved[..., 1] = (moves[..., 1] - slope[:, 1] * depth) * scale
        moved[..., 2] = depth
        return moved
