"""A z-buffer rasteriser for training images: triangle index and barycentrics per pixel."""

import numba
import numpy as np
from jaxtyping import Float32, Int32

EDGE = -1e-5
"""Barycentrics this little outside still count, so that shared edges leave no cracks."""


@numba.njit(cache=True)
def rasterize(
    pixels: Float32[np.ndarray, "V 2"],
    depth: Float32[np.ndarray, "V"],
    triangles: Int32[np.ndarray, "F 3"],
    height: int,
    width: int,
    cull: bool,
) -> tuple[Int32[np.ndarray, "H W"], Float32[np.ndarray, "H W 3"], Float32[np.ndarray, "H W"]]:
    """Nearest triangle per pixel (-1: none), its perspective-correct barycentrics, inverse depth.

    Vertices behind the camera are not clipped: triangles that have one are skipped. `cull` leaves
    out triangles that are clockwise in pixels with y down, that is, seen from behind.
    """
    index = np.full((height, width), -1, np.int32)
    weights = np.zeros((height, width, 3), np.float32)
    nearest = np.zeros((height, width), np.float32)
    for f in range(len(triangles)):
        a, b, c = triangles[f]
        if depth[a] <= 0 or depth[b] <= 0 or depth[c] <= 0:
            continue
        ax, ay = pixels[a]
        bx, by = pixels[b]
        cx, cy = pixels[c]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area == 0 or (cull and area > 0):
            continue
        scale = 1 / area
        left = max(0, int(np.ceil(min(ax, bx, cx))))
        right = min(width - 1, int(np.floor(max(ax, bx, cx))))
        top = max(0, int(np.ceil(min(ay, by, cy))))
        bottom = min(height - 1, int(np.floor(max(ay, by, cy))))
        ia, ib, ic = 1 / depth[a], 1 / depth[b], 1 / depth[c]
        for y in range(top, bottom + 1):
            for x in range(left, right + 1):
                wb = ((x - ax) * (cy - ay) - (y - ay) * (cx - ax)) * scale
                wc = ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / area
                wa = 1 - wb - wc
                if wa < EDGE or wb < EDGE or wc < EDGE:
                    continue
                inverse = wa * ia + wb * ib + wc * ic
                if inverse > nearest[y, x]:
                    nearest[y, x] = inverse
                    index[y, x] = f
                    weights[y, x, 0] = wa * ia / inverse
                    weights[y, x, 1] = wb * ib / inverse
                    weights[y, x, 2] = wc * ic / inverse
    return index, weights, nearest


@numba.njit(cache=True)
def interpolate(
    per_vertex: Float32[np.ndarray, "V C"],
    corners: Int32[np.ndarray, "N 3"],
    weights: Float32[np.ndarray, "N 3"],
) -> Float32[np.ndarray, "N C"]:
    """Barycentric mixes of per-vertex values."""
    values = np.empty((len(corners), per_vertex.shape[1]), np.float32)
    for n in range(len(corners)):
        a, b, c = corners[n]
        wa, wb, wc = weights[n]
        for channel in range(per_vertex.shape[1]):
            values[n, channel] = (
                wa * per_vertex[a, channel]
                + wb * per_vertex[b, channel]
                + wc * per_vertex[c, channel]
            )
    return values
