"""The texture stage's inner loops, compiled by numba.

Images are indexed [row, column]; a texel that no chart covers has triangle -1. `no_type_check`
keeps the run-time shape checker (tests only) out of what numba compiles.
"""
# pyright: reportUntypedFunctionDecorator=false, reportMissingParameterType=false
# pyright: reportPrivateUsage=false

from math import log, sqrt
from typing import no_type_check

import numpy as np
from numba import njit

DARKEST = np.float32(2e-3)
"""Linear light below this is noise."""
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


@njit(cache=True, nogil=True, inline="always")
@no_type_check
def _coarse_lookup(y, x, size, coarse):
    """Bilinear position of texel (x, y) of the fine atlas in the coarse one."""
    scale = coarse / size
    v = min(max((y + 0.5) * scale - 0.5, 0.0), coarse - 1.001)
    u = min(max((x + 0.5) * scale - 0.5, 0.0), coarse - 1.001)
    y0, x0 = int(v), int(u)
    return y0, x0, np.float32(v - y0), np.float32(u - x0)


@njit(cache=True, nogil=True, inline="always")
@no_type_check
def _bilinear(image, y0, x0, fy, fx, channel):
    above = image[y0, x0, channel] * (1 - fx) + image[y0, x0 + 1, channel] * fx
    below = image[y0 + 1, x0, channel] * (1 - fx) + image[y0 + 1, x0 + 1, channel] * fx
    return above * (1 - fy) + below * fy


@njit(cache=True, nogil=True, inline="always")
@no_type_check
def _periodic(tile, v, u, channel):
    """Bilinear sample of a tile that repeats; coordinates in its pixels."""
    size = tile.shape[0]
    y, x = np.floor(v), np.floor(u)
    fy, fx = np.float32(v - y), np.float32(u - x)
    y0, x0 = int(y) % size, int(x) % size
    y1, x1 = (y0 + 1) % size, (x0 + 1) % size
    above = tile[y0, x0, channel] * (1 - fx) + tile[y0, x1, channel] * fx
    below = tile[y1, x0, channel] * (1 - fx) + tile[y1, x1, channel] * fx
    return above * (1 - fy) + below * fy


@njit(cache=True, nogil=True)
@no_type_check
def seen_detail(photo, weight, tone):
    """What the photo shows beyond the smooth tone: log(linear photo) - tone, where weight > 0.

    `photo` (T, T, 3) linear light; `weight` (A, A, 1); `tone` (A, A, 3) is log(albedo x light), both
    of a coarser atlas and looked up bilinearly. Returns (T, T, 3) float32.
    """
    out = np.zeros(photo.shape, np.float32)
    size, coarse = photo.shape[0], weight.shape[0]
    for y in range(size):
        for x in range(size):
            y0, x0, fy, fx = _coarse_lookup(y, x, size, coarse)
            if _bilinear(weight, y0, x0, fy, fx, 0) <= 0:
                continue
            for k in range(3):
                tone_here = _bilinear(tone, y0, x0, fy, fx, k)
                out[y, x, k] = log(max(photo[y, x, k], DARKEST)) - tone_here
    return out


@njit(cache=True, nogil=True)
@no_type_check
def triplanar(triangle, weights, corners, selected, rest_m, rest_normals, tile, pixel_m):
    """A repeating tile laid on the resting surface along its three axes, without UV seams.

    The three layers are blended so that the variance stays (Heitz and Neyret 2018). `selected`
    (T, T) bool says where; returns (T, T, C) float32, zero elsewhere.
    """
    size, channels = triangle.shape[0], tile.shape[2]
    out = np.zeros((size, size, channels), np.float32)
    for y in range(size):
        for x in range(size):
            t = triangle[y, x]
            if t < 0 or not selected[y, x]:
                continue
            a, b, c = corners[t, 0], corners[t, 1], corners[t, 2]
            wa, wb = weights[y, x, 0], weights[y, x, 1]
            wc = np.float32(1) - wa - wb
            px = (wa * rest_m[a, 0] + wb * rest_m[b, 0] + wc * rest_m[c, 0]) / pixel_m
            py = (wa * rest_m[a, 1] + wb * rest_m[b, 1] + wc * rest_m[c, 1]) / pixel_m
            pz = (wa * rest_m[a, 2] + wb * rest_m[b, 2] + wc * rest_m[c, 2]) / pixel_m
            nx = wa * rest_normals[a, 0] + wb * rest_normals[b, 0] + wc * rest_normals[c, 0]
            ny = wa * rest_normals[a, 1] + wb * rest_normals[b, 1] + wc * rest_normals[c, 1]
            nz = wa * rest_normals[a, 2] + wb * rest_normals[b, 2] + wc * rest_normals[c, 2]
            lx, ly, lz = nx * nx * nx * nx, ny * ny * ny * ny, nz * nz * nz * nz
            norm = sqrt(lx * lx + ly * ly + lz * lz) + 1e-12
            lx, ly, lz = lx / norm, ly / norm, lz / norm
            for k in range(channels):
                value = np.float32(0)
                if lx > 0.02:
                    value += lx * _periodic(tile, py, pz, k)
                if ly > 0.02:
                    value += ly * _periodic(tile, pz, px, k)
                if lz > 0.02:
                    value += lz * _periodic(tile, py, px, k)
                out[y, x, k] = value
    return out


@njit(cache=True, nogil=True)
@no_type_check
def compose(covered, layers, detail, mirrored, grain, fine, srgb_of_log, log_range):
    """Tone plus detail to sRGB bytes.

    `layers` (A, A, 5): log tone of the albedo, weight of the seen, weight of the mirrored.
    `detail`, `mirrored` and `grain` (T, T, 3) are log factors of the three sources, `fine`
    (T, T, 1) goes on top of all. `srgb_of_log` tabulates the bytes over `log_range`. Returns the
    albedo (T, T, 3) uint8 and the detail's log luminance (T, T) float32.
    """
    size, coarse, entries = covered.shape[0], layers.shape[0], len(srgb_of_log)
    albedo = np.zeros((size, size, 3), np.uint8)
    relief = np.zeros((size, size), np.float32)
    low, high = log_range
    step = (entries - 1) / (high - low)
    for y in range(size):
        for x in range(size):
            if not covered[y, x]:
                continue
            y0, x0, fy, fx = _coarse_lookup(y, x, size, coarse)
            seen = _bilinear(layers, y0, x0, fy, fx, 3)
            other = (1 - seen) * _bilinear(layers, y0, x0, fy, fx, 4)
            rest = 1 - seen - other
            total = np.float32(0)
            for k in range(3):
                value = seen * detail[y, x, k] + other * mirrored[y, x, k] + rest * grain[y, x, k]
                value += fine[y, x, 0]
                total += value
                value += _bilinear(layers, y0, x0, fy, fx, k)
                entry = int((value - low) * step + 0.5)
                albedo[y, x, k] = srgb_of_log[min(max(entry, 0), entries - 1)]
            relief[y, x] = total / 3
    return albedo, relief


@njit(cache=True, nogil=True)
@no_type_check
def normals_of_relief(relief, texel_m, height_m, steepest):
    """Tangent-space normal bytes of a height map `height_m * relief` (glTF: +X u, +Y against v)."""
    size = relief.shape[0]
    out = np.empty((size, size, 3), np.uint8)
    for y in range(size):
        for x in range(size):
            edge = texel_m[y, x]
            du = np.float32(0)
            dv = np.float32(0)
            if edge > 0 and 0 < x < size - 1 and 0 < y < size - 1:
                if texel_m[y, x - 1] > 0 and texel_m[y, x + 1] > 0:
                    du = (relief[y, x + 1] - relief[y, x - 1]) * height_m / (2 * edge)
                if texel_m[y - 1, x] > 0 and texel_m[y + 1, x] > 0:
                    dv = (relief[y + 1, x] - relief[y - 1, x]) * height_m / (2 * edge)
            slope = sqrt(du * du + dv * dv)
            if slope > 1e-6:
                gain = steepest * np.tanh(slope / steepest) / slope
                du *= gain
                dv *= gain
            length = sqrt(du * du + dv * dv + 1)
            out[y, x, 0] = np.uint8(127.5 * (1 - du / length) + 0.5)
            out[y, x, 1] = np.uint8(127.5 * (1 + dv / length) + 0.5)
            out[y, x, 2] = np.uint8(127.5 * (1 + 1 / length) + 0.5)
    return out
