"""The texture stage's inner loops, compiled by numba.

Images are indexed [row, column]; a texel that no chart covers has triangle -1. `no_type_check`
keeps the run-time shape checker (tests only) out of what numba compiles.
"""
# pyright: reportUntypedFunctionDecorator=false, reportMissingParameterType=false
# pyright: reportPrivateUsage=false

from math import exp, log, sqrt
from typing import no_type_check

import numpy as np
from numba import njit

EDGE_TOLERANCE = 1e-5
"""Barycentric slack, so that no crack opens between two triangles of a chart."""


@njit(cache=True, nogil=True)
@no_type_check
def rasterise(corners_px, triangle_ids, size):
    """Which triangle covers each texel centre, and where in it.

    `corners_px` (N, 3, 2) in texels; `triangle_ids` (N,) names them. Returns (size, size) int32
    and (size, size, 2) float32, the weights of the first two corners.
    """
    triangle = np.full((size, size), -1, np.int32)
    weights = np.zeros((size, size, 2), np.float32)
    for n in range(len(corners_px)):
        ax, ay = corners_px[n, 0, 0], corners_px[n, 0, 1]
        bx, by = corners_px[n, 1, 0], corners_px[n, 1, 1]
        cx, cy = corners_px[n, 2, 0], corners_px[n, 2, 1]
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if abs(area) < 1e-12:
            continue
        left = max(int(np.ceil(min(ax, bx, cx))), 0)
        right = min(int(np.floor(max(ax, bx, cx))), size - 1)
        top = max(int(np.ceil(min(ay, by, cy))), 0)
        bottom = min(int(np.floor(max(ay, by, cy))), size - 1)
        for y in range(top, bottom + 1):
            for x in range(left, right + 1):
                wa = ((bx - x) * (cy - y) - (cx - x) * (by - y)) / area
                wb = ((cx - x) * (ay - y) - (ax - x) * (cy - y)) / area
                if min(wa, wb, 1 - wa - wb) >= -EDGE_TOLERANCE:
                    triangle[y, x] = triangle_ids[n]
                    weights[y, x, 0] = wa
                    weights[y, x, 1] = wb
    return triangle, weights


@njit(cache=True, nogil=True)
@no_type_check
def interpolate(triangle, weights, corners, values):
    """Vertex values (V, C) over the atlas: (size, size, C) float32, zero outside the charts."""
    size, channels = triangle.shape[0], values.shape[1]
    out = np.zeros((size, size, channels), np.float32)
    for y in range(size):
        for x in range(size):
            t = triangle[y, x]
            if t < 0:
                continue
            a, b, c = corners[t, 0], corners[t, 1], corners[t, 2]
            wa, wb = weights[y, x, 0], weights[y, x, 1]
            wc = np.float32(1) - wa - wb
            for k in range(channels):
                out[y, x, k] = wa * values[a, k] + wb * values[b, k] + wc * values[c, k]
    return out


@njit(cache=True, nogil=True)
@no_type_check
def project(triangle, weights, corners, camera_points, focal, centre_x, centre_y, outside):
    """Pixel of each texel, (size, size, 2) float32; `outside` where there is none."""
    size = triangle.shape[0]
    out = np.full((size, size, 2), np.float32(outside), np.float32)
    for y in range(size):
        for x in range(size):
            t = triangle[y, x]
            if t < 0:
                continue
            a, b, c = corners[t, 0], corners[t, 1], corners[t, 2]
            wa, wb = weights[y, x, 0], weights[y, x, 1]
            wc = np.float32(1) - wa - wb
            px = wa * camera_points[a, 0] + wb * camera_points[b, 0] + wc * camera_points[c, 0]
            py = wa * camera_points[a, 1] + wb * camera_points[b, 1] + wc * camera_points[c, 1]
            pz = wa * camera_points[a, 2] + wb * camera_points[b, 2] + wc * camera_points[c, 2]
            out[y, x, 0] = px / pz * focal + centre_x
            out[y, x, 1] = py / pz * focal + centre_y
    return out


@njit(cache=True, nogil=True)
@no_type_check
def seen_detail(photo, weight, tone, out):
    """What the photo shows beyond the smooth tone: log(linear photo) - tone, where weight > 0.

    `photo` (T, T, 3) linear light; `weight` (A, A); `tone` (A, A, 3) is log(albedo x light), both
    of a coarser atlas and looked up bilinearly. Writes `out` (T, T, 3).
    """
    size, coarse = photo.shape[0], weight.shape[0]
    scale = coarse / size
    for y in range(size):
        v = min(max((y + 0.5) * scale - 0.5, 0.0), coarse - 1.001)
        y0 = int(v)
        fy = np.float32(v - y0)
        for x in range(size):
            u = min(max((x + 0.5) * scale - 0.5, 0.0), coarse - 1.001)
            x0 = int(u)
            fx = np.float32(u - x0)
            if weight[y0, x0] + weight[y0 + 1, x0 + 1] + weight[y0, x0 + 1] + weight[y0 + 1, x0] <= 0:
                out[y, x, 0] = 0
                out[y, x, 1] = 0
                out[y, x, 2] = 0
                continue
            for k in range(3):
                above = tone[y0, x0, k] * (1 - fx) + tone[y0, x0 + 1, k] * fx
                below = tone[y0 + 1, x0, k] * (1 - fx) + tone[y0 + 1, x0 + 1, k] * fx
                out[y, x, k] = log(photo[y, x, k]) - (above * (1 - fy) + below * fy)
