"""The seam between geometry and shading: which triangle a sample of the image sees, and where.

Implementations: `EmbreeRasterizer` (default) and `Pytorch3dRasterizer` (where it is installed).
Both pass the contract in tests/test_rendering_rasterizer.py.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, Float32, Int32, Integer

from reconstruction_backend.camera import PerspectiveCamera

MISS = -1


@dataclass(frozen=True)
class Fragments:
    """What N samples of an image see first."""

    triangle: Int32[np.ndarray, "N"]
    """Index into the rasterizer's triangles, MISS where nothing is hit."""
    barycentric: Float32[np.ndarray, "N 3"]
    """Weights of the triangle's corners on the surface (perspective-correct); 0 at a miss."""
    depth_m: Float32[np.ndarray, "N"]
    """Along the optical axis; infinite at a miss."""

    @property
    def hit(self) -> Bool[np.ndarray, "N"]:
        """Where something is seen."""
        return self.triangle != MISS


@runtime_checkable
class Rasterizer(Protocol):
    """Built once per mesh, asked for any number of views."""

    def rasterize(
        self, camera: PerspectiveCamera, pixels: Integer[np.ndarray, "P"], per_axis: int = 1
    ) -> Fragments:
        """The fragments of the given pixels, `per_axis`² samples each.

        `pixels` index the image row-major (y * width + x). A pixel's samples are consecutive,
        row-major, at the centres of an even `per_axis` x `per_axis` division of the pixel; with
        `per_axis` 1 that is the pixel's centre. Both sides of a triangle are seen.
        """
        ...


def sample_positions_px(
    width_px: int, pixels: Integer[np.ndarray, "P"], per_axis: int
) -> Float[np.ndarray, "N 2"]:
    """Where in the image the samples of `Rasterizer.rasterize` lie; N = P * per_axis²."""
    offset = (np.arange(per_axis) + 0.5) / per_axis - 0.5
    offset_y, offset_x = np.meshgrid(offset, offset, indexing="ij")
    x = (pixels % width_px)[:, None] + offset_x.ravel()
    y = (pixels // width_px)[:, None] + offset_y.ravel()
    return np.stack([x.ravel(), y.ravel()], axis=1)
