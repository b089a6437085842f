"""The default rasterizer: primary rays through Embree on the CPU."""

import numpy as np
from jaxtyping import Integer

from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.rendering.rasterizer import MISS, Fragments, sample_positions_px
from reconstruction_backend.rendering.ray_scene import RayScene


class EmbreeRasterizer:
    """A `Rasterizer`; any set of pixels costs only its own rays."""

    def __init__(self, scene: RayScene) -> None:
        self._scene = scene

    def rasterize(
        self, camera: PerspectiveCamera, pixels: Integer[np.ndarray, "P"], per_axis: int = 1
    ) -> Fragments:
        """See `Rasterizer.rasterize`."""
        position = sample_positions_px(camera.width_px, pixels, per_axis)
        # unit z in the camera's frame, so that the hit's ray parameter is the depth
        in_camera = np.ones((len(position), 3), np.float32)
        in_camera[:, :2] = (position - camera.principal_point_px) / camera.focal_length_px
        directions = in_camera @ camera.rotation_camera_from_head.astype(np.float32)
        origins = np.broadcast_to(camera.position_m().astype(np.float32), directions.shape)
        hits = self._scene.first_hits(origins, directions)
        missed = hits.triangle == MISS
        barycentric = np.concatenate([1 - hits.uv.sum(axis=1, keepdims=True), hits.uv], axis=1)
        barycentric[missed] = 0
        return Fragments(
            hits.triangle, barycentric, np.where(missed, np.float32(np.inf), hits.distance)
        )
