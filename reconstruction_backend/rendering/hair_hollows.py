"""Gaps between wisps are dark: hair that lies behind the surface of the hair around it.

The grid of light from all round has voxels as wide as a wisp, so it knows nothing of the gaps
between them. They are found as Luft et al. 2006, "Image enhancement by unsharp masking the depth
buffer", do: where hair is farther away than its surface, smoothed over a centimetre, less light
gets. The surface is taken on a grid of millimetres, so that pictures of any size agree.
"""

import cv2
import numpy as np
from jaxtyping import Float32

from reconstruction_backend.bounds import bounds
from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.rendering import hair_hollow_kernels as kernels

_CELL_M = 0.003
_MOST_CELLS = 256
"""Along an edge; longer hair gets coarser cells."""
_MEDIAN_CELLS = 5
"""Stray hairs in front of the others are no surface."""
_SMOOTH_M = 0.006
_EMPTY = np.float32(1e6)
_SLACK_M, _DEEP_M = 0.0015, 0.007
"""How far behind the surface darkness begins, and over what depth it grows to 1 - 1/e."""
_DARKEST = 0.38


class HairHollows:
    """The surface of one head of hair as one camera sees it."""

    def __init__(self, points_m: Float32[np.ndarray, "K 3"], camera: PerspectiveCamera) -> None:
        """`points_m` are all points of strands."""
        self._rotation = camera.rotation_camera_from_head.T.astype(np.float32)
        self._translation = camera.translation_m.astype(np.float32)
        turned = self._turned(points_m)
        self._low, high = bounds(turned)
        extent = (high - self._low)[:2]
        self._cell_m = np.float32(max(_CELL_M, float(extent.max()) / _MOST_CELLS))
        columns, rows = (np.ceil(extent / self._cell_m).astype(int) + 2).tolist()
        nearest = np.full((rows, columns), _EMPTY, np.float32)
        kernels.nearest_depths(turned, self._low, self._cell_m, nearest)
        self._surface_m = _surface(nearest, float(self._cell_m))

    def light(self, points_m: Float32[np.ndarray, "K 3"]) -> Float32[np.ndarray, "K"]:
        """Share of the light that gets to points between those nearer to the camera."""
        light = np.empty(len(points_m), np.float32)
        kernels.light_behind(
            self._turned(points_m),
            self._low,
            self._cell_m,
            self._surface_m,
            np.float32(_SLACK_M),
            np.float32(_DEEP_M),
            np.float32(_DARKEST),
            light,
        )
        return light

    def _turned(self, points_m: Float32[np.ndarray, "K 3"]) -> Float32[np.ndarray, "K 3"]:
        return points_m @ self._rotation + self._translation


def _surface(nearest: Float32[np.ndarray, "H W"], cell_m: float) -> Float32[np.ndarray, "H W"]:
    """Depth of the hair's surface; far away where there is no hair."""
    seen = (nearest < _EMPTY).astype(np.float32)
    sigma = _SMOOTH_M / cell_m
    around = np.asarray(cv2.GaussianBlur(seen, (0, 0), sigma))
    filled = np.asarray(cv2.GaussianBlur(nearest * seen, (0, 0), sigma)) / np.maximum(around, 1e-3)
    steady = np.where(seen > 0, nearest, filled).astype(np.float32)
    steady = np.asarray(cv2.medianBlur(steady, _MEDIAN_CELLS)) * seen
    smooth = np.asarray(cv2.GaussianBlur(steady, (0, 0), sigma)) / np.maximum(around, 1e-3)
    return np.where(seen > 0, smooth, _EMPTY).astype(np.float32)
