"""The pinhole camera that every stage shares. Frames and pixel centres: docs/conventions.md."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class PerspectiveCamera:
    """A pinhole camera with square pixels and no distortion, posed relative to the head."""

    width_px: int
    height_px: int
    focal_length_px: float
    principal_point_px: tuple[float, float]
    """(x, y), in the convention that the top-left pixel's centre is (0, 0)."""
    rotation_camera_from_head: Float[np.ndarray, "3 3"]
    """Proper rotation; camera axes are x right, y down, z forward."""
    translation_m: Float[np.ndarray, "3"]
    """The head origin in camera coordinates, metres."""

    @classmethod
    def centred(
        cls,
        width_px: int,
        height_px: int,
        focal_length_px: float,
        rotation_camera_from_head: Float[np.ndarray, "3 3"],
        translation_m: Float[np.ndarray, "3"],
    ) -> "PerspectiveCamera":
        """A camera whose principal point is the middle of the image."""
        return cls(
            width_px,
            height_px,
            focal_length_px,
            ((width_px - 1) / 2, (height_px - 1) / 2),
            rotation_camera_from_head,
            translation_m,
        )

    def camera_points(self, points_m: Float[np.ndarray, "N 3"]) -> Float[np.ndarray, "N 3"]:
        """Head coordinates to camera coordinates, both in metres."""
        return points_m @ self.rotation_camera_from_head.T + self.translation_m

    def project(self, points_m: Float[np.ndarray, "N 3"]) -> Float[np.ndarray, "N 2"]:
        """Head-frame points (metres) to pixels; points must lie in front of the camera."""
        camera = self.camera_points(points_m)
        return camera[:, :2] / camera[:, 2:] * self.focal_length_px + np.asarray(
            self.principal_point_px, dtype=camera.dtype
        )

    def position_m(self) -> Float[np.ndarray, "3"]:
        """The camera's centre in the head frame, metres."""
        return -self.rotation_camera_from_head.T @ self.translation_m

    def ray_directions(self, pixels_px: Float[np.ndarray, "N 2"]) -> Float[np.ndarray, "N 3"]:
        """Unit directions in the head frame of the rays through the given pixels."""
        offset = (pixels_px - np.asarray(self.principal_point_px)) / self.focal_length_px
        camera = np.concatenate([offset, np.ones((len(offset), 1))], axis=1)
        head = camera @ self.rotation_camera_from_head
        return head / np.linalg.norm(head, axis=1, keepdims=True)

    def resized(self, width_px: int, height_px: int) -> "PerspectiveCamera":
        """The same view on an image of another size (and the same aspect ratio)."""
        scale_x, scale_y = width_px / self.width_px, height_px / self.height_px
        x, y = self.principal_point_px
        return replace(
            self,
            width_px=width_px,
            height_px=height_px,
            focal_length_px=self.focal_length_px * scale_x,
            principal_point_px=((x + 0.5) * scale_x - 0.5, (y + 0.5) * scale_y - 0.5),
        )
