"""Strands drawn into a small picture: orientation, coverage, and which strands are seen.

What a photo's orientation map would show of them if it were perfect. Lines are drawn at twice the
view's size with a z-buffer, then averaged as `hair_view` averages a photo.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32

from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.hair.photo import view_kernels
from reconstruction_backend.hair.photo.head_view import projected

FINER = 2
"""Pixels drawn along an edge of a pixel of the view."""
SEEN_WITHIN_M = 0.012
"""How far under the nearest hair a point may lie and still tell of what is seen."""


@dataclass(frozen=True)
class DrawnHair:
    """Hair in a square of S x S pixels; see `HairView`."""

    doubled: Float32[np.ndarray, "2 S S"]
    mask: Float32[np.ndarray, "S S"]
    depth_m: Float32[np.ndarray, "T T"]
    """Of the nearest hair or skin, at the finer size; infinite where there is neither."""


def draw_strands(
    points_m: Float32[np.ndarray, "N P 3"],
    fine: PerspectiveCamera,
    skin_depth_m: Float32[np.ndarray, "T T"],
    radius_px: float = 1.0,
    shrunk_px: int = 0,
) -> DrawnHair:
    """Draw the strands before the skin; `fine` is the view's camera at the finer size.

    `radius_px`: half the lines' width, pixels of the finer size. Where few strands stand for many,
    wide lines close the gaps between them; `shrunk_px` takes from the outline what that adds.
    """
    doubled, covered, depth = view_kernels.draw_lines(
        _projected(points_m, fine), np.ascontiguousarray(skin_depth_m), radius_px
    )
    if shrunk_px:
        width = 2 * shrunk_px + 1
        disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
        covered = cv2.erode(covered, disk)
        doubled = doubled * covered
    size = fine.width_px // FINER
    planes = np.concatenate([doubled, covered[None]])
    mean = planes.reshape(3, size, FINER, size, FINER).mean(axis=(2, 4))
    return DrawnHair(mean[:2], mean[2], depth)


def visibility(
    points_m: Float32[np.ndarray, "N P 3"],
    fine: PerspectiveCamera,
    depth_m: Float32[np.ndarray, "T T"],
) -> Float32[np.ndarray, "N P"]:
    """1 where a point lies at the visible surface of the drawn hair, or within reach of it."""
    found = _projected(points_m, fine)
    column, row = np.rint(found[..., 0]).astype(np.int64), np.rint(found[..., 1]).astype(np.int64)
    inside = (column >= 0) & (row >= 0) & (column < len(depth_m)) & (row < len(depth_m))
    nearest = depth_m[row.clip(0, len(depth_m) - 1), column.clip(0, len(depth_m) - 1)]
    return (inside & (found[..., 2] < nearest + SEEN_WITHIN_M)).astype(np.float32)


def _projected(
    points_m: Float32[np.ndarray, "N P 3"], camera: PerspectiveCamera
) -> Float32[np.ndarray, "N P 3"]:
    flat = np.ascontiguousarray(points_m, np.float32).reshape(-1, 3)
    return projected(camera, flat).reshape(points_m.shape)
