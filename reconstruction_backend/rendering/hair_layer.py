"""Hair in a picture: drawn into the head's own depth, and laid over the head's samples."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float32, Int32, Int64

from reconstruction_backend.bounds import bounds
from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.hair.strands import HairStrands
from reconstruction_backend.rendering import hair_raster_kernels as kernels
from reconstruction_backend.rendering.hair_shading import HairShader, strand_random

FAR_M = np.float32(1e6)
"""Depth where there is no head; compiled code assumes finite numbers."""

_NEAREST_M = np.float32(1e-3)
"""What is nearer to the camera, or behind it, has no place in the picture."""
_STRIP_SAMPLES = 96
_SOFT_EDGE_PX = 0.5
"""How far a pixel looks into its neighbours: strands are thinner than pixels and would flicker."""


class HairLayer:
    """The strands of one picture."""

    def __init__(
        self,
        strands: HairStrands,
        shader: HairShader | None,
        camera: PerspectiveCamera,
        per_axis: int,
    ) -> None:
        """Without a shader hair hides what lies behind it and shows nothing."""
        self._strands = strands
        self._shader = shader
        self._per_axis = per_axis
        self._screen = _screen(strands, camera, per_axis)
        rows = self._screen[:, :, 1]
        self._spans = np.stack([rows.min(axis=1), rows.max(axis=1)], axis=1)
        self._order = _drawing_order(self._screen)
        self._random = strand_random(strands.count)

    @cached_property
    def extent(self) -> tuple[Float32[np.ndarray, "2"], Float32[np.ndarray, "2"]] | None:
        """First and last column and row of all strands, pixels; None if some lies behind the
        camera."""
        low, high = bounds(self._screen.reshape(-1, 4))
        if low[2] <= _NEAREST_M:
            return None
        first, last = ((edge[:2] + 0.5) / self._per_axis - 0.5 for edge in (low, high))
        return first.astype(np.float32), last.astype(np.float32)

    def drawn(self, corner_px: tuple[int, int], depth_m: Float32[np.ndarray, "R C"]) -> "DrawnHair":
        """Hair before a head, over a window of the picture.

        `corner_px` is the window's first row and column. `depth_m` (R and C are its height and
        width times per_axis) holds the head's depth per sample, FAR_M beside it, and is drawn into.
        """
        first_row, first_column = (edge * self._per_axis for edge in corner_px)
        segment = np.full(depth_m.shape, kernels.NOTHING, np.int32)
        place = np.zeros(depth_m.shape, np.float32)
        kernels.draw_strands(
            self._screen,
            self._random,
            self._spans,
            self._order,
            np.float32(first_row),
            np.float32(first_column),
            depth_m.copy(),
            depth_m,
            segment,
            place,
        )
        return DrawnHair(self._strands, self._shader, self._per_axis, segment, place)


@dataclass(frozen=True)
class DrawnHair:
    """Which strand each sample of a window shows."""

    strands: HairStrands
    shader: HairShader | None
    per_axis: int
    segment: Int32[np.ndarray, "R C"]
    """Number of the segment, or NOTHING."""
    place: Float32[np.ndarray, "R C"]
    """Along the segment, 0 to 1."""

    def hides(self) -> Bool[np.ndarray, "H W"]:
        """The pixels through which nothing behind is seen."""
        return kernels.hidden(self.segment, self.per_axis, _reach(self.per_axis))

    def lay(
        self,
        picture: Float32[np.ndarray, "H W 4"],
        fine_row: Int32[np.ndarray, "H W"],
        fine: Float32[np.ndarray, "F S 4"],
    ) -> None:
        """Lay hair over the window of the picture (premultiplied), in place.

        `fine_row` names each pixel's row in `fine`, the head's own samples, or is -1 where the
        picture's value holds over the pixel.
        """
        used = np.zeros(self.strands.points_m.shape[:2], np.bool_)
        kernels.mark_used(self.segment, used.shape[1], used)
        colours = np.zeros((*used.shape, 3), np.float32)
        if self.shader is not None:
            colours = self.shader(self.strands, used)
        kernels.resolve(
            self.segment,
            self.place,
            colours,
            self.shader is not None,
            self.per_axis,
            _taps(self.per_axis),
            fine_row,
            fine,
            picture.copy(),
            picture,
        )


def _screen(
    strands: HairStrands, camera: PerspectiveCamera, per_axis: int
) -> Float32[np.ndarray, "N P 4"]:
    """Column, row and width in samples, and depth in metres (order: column, row, depth, width)."""
    in_camera = strands.points_m @ camera.rotation_camera_from_head.T.astype(np.float32)
    in_camera = in_camera + camera.translation_m.astype(np.float32)
    scale = np.float32(camera.focal_length_px) / np.maximum(in_camera[..., 2], _NEAREST_M)
    screen = np.empty((*strands.points_m.shape[:2], 4), np.float32)
    for axis in (0, 1):
        pixels = in_camera[..., axis] * scale + np.float32(camera.principal_point_px[axis])
        # the centre of the first sample of the picture is its place 0
        screen[..., axis] = (pixels + np.float32(0.5)) * per_axis - np.float32(0.5)
    screen[..., 2] = in_camera[..., 2]
    screen[..., 3] = strands.width_m * scale * per_axis
    return screen


def _drawing_order(screen: Float32[np.ndarray, "N P 4"]) -> Int64[np.ndarray, "N"]:
    """By strips of the picture, nearest first: memory is then read where it was just written."""
    middle = screen[:, screen.shape[1] // 2]
    return np.lexsort((middle[:, 2], np.floor(middle[:, 0] / _STRIP_SAMPLES)))


def _taps(per_axis: int) -> Float32[np.ndarray, "K"]:
    """Weights of samples across a pixel and a little beyond: a box with sloping sides."""
    reach = _reach(per_axis)
    from_middle_px = np.abs(np.arange(-reach, per_axis + reach) + 0.5 - per_axis / 2) / per_axis
    slope = (0.5 + _SOFT_EDGE_PX - from_middle_px) / (2 * _SOFT_EDGE_PX)
    return np.clip(slope, 0, 1).astype(np.float32)


def _reach(per_axis: int) -> int:
    """Samples that a pixel looks beyond its edges."""
    return int(_SOFT_EDGE_PX * per_axis)
