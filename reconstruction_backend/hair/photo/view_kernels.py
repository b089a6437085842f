"""The skin's depth and place in a small picture, with a z-buffer."""

from math import ceil, floor

import numpy as np
from jaxtyping import Float32, Int32
from numba import njit

_EDGE = -1e-5
"""Smallest barycentric coordinate of a pixel in a triangle, rounding allowed for."""


@njit(cache=True, nogil=True)
def projected(
    points_m: Float32[np.ndarray, "V 3"],
    rotation: Float32[np.ndarray, "3 3"],
    translation_m: Float32[np.ndarray, "3"],
    focal_px: float,
    principal_px: Float32[np.ndarray, "2"],
) -> Float32[np.ndarray, "V 3"]:
    """x and y in pixels, and depth: `PerspectiveCamera.project` of many points in single floats."""
    out = np.empty_like(points_m)
    for v in range(len(points_m)):
        x, y, z = points_m[v, 0], points_m[v, 1], points_m[v, 2]
        depth = rotation[2, 0] * x + rotation[2, 1] * y + rotation[2, 2] * z + translation_m[2]
        for k in range(2):
            side = rotation[k, 0] * x + rotation[k, 1] * y + rotation[k, 2] * z + translation_m[k]
            out[v, k] = side / depth * focal_px + principal_px[k]
        out[v, 2] = depth
    return out


@njit(cache=True, nogil=True)
def draw_mesh(
    projected: Float32[np.ndarray, "V 3"],
    vertices_m: Float32[np.ndarray, "V 3"],
    triangles: Int32[np.ndarray, "F 3"],
    side_px: int,
) -> tuple[Float32[np.ndarray, "3 S S"], Float32[np.ndarray, "S S"]]:
    """Nearest surface at each pixel's centre: its place in the head frame and its depth.

    `projected`: x and y in pixels, and depth. Depth is interpolated in perspective, and infinite
    where there is no surface.
    """
    depth = np.full((side_px, side_px), np.inf, np.float32)
    place = np.zeros((3, side_px, side_px), np.float32)
    for f in range(len(triangles)):
        a, b, c = triangles[f, 0], triangles[f, 1], triangles[f, 2]
        ax, ay, az = projected[a, 0], projected[a, 1], projected[a, 2]
        bx, by, bz = projected[b, 0], projected[b, 1], projected[b, 2]
        cx, cy, cz = projected[c, 0], projected[c, 1], projected[c, 2]
        if az <= 0 or bz <= 0 or cz <= 0:
            continue
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area == 0:
            continue
        left, right = max(0, ceil(min(ax, bx, cx))), min(side_px - 1, floor(max(ax, bx, cx)))
        top, bottom = max(0, ceil(min(ay, by, cy))), min(side_px - 1, floor(max(ay, by, cy)))
        for y in range(top, bottom + 1):
            for x in range(left, right + 1):
                wb = ((x - ax) * (cy - ay) - (y - ay) * (cx - ax)) / area
                wc = ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / area
                wa = 1 - wb - wc
                if wa < _EDGE or wb < _EDGE or wc < _EDGE:
                    continue
                pa, pb, pc = wa / az, wb / bz, wc / cz
                near = 1 / (pa + pb + pc)
                if near < depth[y, x]:
                    depth[y, x] = near
                    for k in range(3):
                        place[k, y, x] = near * (
                            pa * vertices_m[a, k] + pb * vertices_m[b, k] + pc * vertices_m[c, k]
                        )
    return place, depth
