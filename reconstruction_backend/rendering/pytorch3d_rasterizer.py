"""The second rasterizer: pytorch3d, where the user has installed it (docs/rendering.md).

pytorch3d's normalised device coordinates run +X left and +Y up, span [-1, 1] along the image's
shorter side, and put the centre of pixel i at an odd multiple of half a pixel from the border.
"""

import numpy as np
from jaxtyping import Float, Float32, Integer

from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.errors import ModelNotAvailable
from reconstruction_backend.rendering.rasterizer import MISS, Fragments


def ndc_from_pixels(
    pixels_px: Float[np.ndarray, "N 2"], width_px: int, height_px: int
) -> Float[np.ndarray, "N 2"]:
    """Our pixel coordinates to pytorch3d's normalised device coordinates (x left, y up)."""
    extent = np.array([width_px - 1, height_px - 1])
    return (extent - 2 * pixels_px) / min(width_px, height_px)


def screen_vertices(
    camera: PerspectiveCamera, vertices_m: Float[np.ndarray, "V 3"]
) -> Float32[np.ndarray, "V 3"]:
    """What `rasterize_meshes` takes: NDC x and y, and the depth in metres."""
    ndc = ndc_from_pixels(camera.project(vertices_m), camera.width_px, camera.height_px)
    depth = camera.camera_points(vertices_m)[:, 2:]
    return np.concatenate([ndc, depth], axis=1).astype(np.float32)


def rows_of_samples(
    width_px: int, pixels: Integer[np.ndarray, "P"], per_axis: int
) -> Integer[np.ndarray, "N"]:
    """Indices into the image rendered `per_axis` times as large, in `Rasterizer`'s order."""
    step_y, step_x = np.divmod(np.arange(per_axis**2), per_axis)
    y = (pixels // width_px)[:, None] * per_axis + step_y
    x = (pixels % width_px)[:, None] * per_axis + step_x
    return (y * (width_px * per_axis) + x).ravel()


class Pytorch3dRasterizer:
    """A `Rasterizer`; rasterizes the whole image whatever pixels are asked for."""

    def __init__(
        self, vertices_m: Float[np.ndarray, "V 3"], triangles: Integer[np.ndarray, "F 3"]
    ) -> None:
        try:
            import pytorch3d.renderer.mesh  # pyright: ignore[reportMissingImports] # noqa: F401
        except ImportError as error:
            raise ModelNotAvailable(
                "pytorch3d is not installed on this machine; docs/rendering.md tells how to "
                "build it, and the Embree rasterizer needs nothing more."
            ) from error
        self._vertices_m = np.asarray(vertices_m, np.float64)
        self._triangles = np.asarray(triangles, np.int64)

    def rasterize(
        self, camera: PerspectiveCamera, pixels: Integer[np.ndarray, "P"], per_axis: int = 1
    ) -> Fragments:
        """See `Rasterizer.rasterize`."""
        import torch
        from pytorch3d.renderer.mesh import (  # pyright: ignore[reportMissingImports]
            rasterize_meshes,
        )
        from pytorch3d.structures import Meshes  # pyright: ignore[reportMissingImports]

        fine = camera.resized(camera.width_px * per_axis, camera.height_px * per_axis)
        meshes = Meshes(
            verts=[torch.from_numpy(screen_vertices(fine, self._vertices_m))],
            faces=[torch.from_numpy(self._triangles)],
        )
        triangle, depth, barycentric, _ = rasterize_meshes(
            meshes,
            image_size=(fine.height_px, fine.width_px),
            blur_radius=0.0,
            faces_per_pixel=1,
            perspective_correct=True,
            clip_barycentric_coords=False,
            cull_backfaces=False,
        )
        rows = rows_of_samples(camera.width_px, pixels, per_axis)
        found = triangle.reshape(-1).numpy()[rows].astype(np.int32)
        missed = found == MISS
        weights = barycentric.reshape(-1, 3).numpy()[rows].astype(np.float32)
        weights[missed] = 0
        depths = depth.reshape(-1).numpy()[rows].astype(np.float32)
        depths[missed] = np.inf
        return Fragments(found, weights, depths)
