"""The texture stage's inner loops, compiled by numba.

Images are indexed [row, column]; a texel that no chart covers has triangle -1. `no_type_check`
keeps the run-time shape checker (tests only) out of what numba compiles. The large loops
run on bands of rows in two threads.
"""
# pyright: reportUntypedFunctionDecorator=false, reportMissingParameterType=false
# pyright: reportPrivateUsage=false

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from math import sqrt
from typing import no_type_check

import numpy as np
from numba import njit

from reconstruction_backend.color import linear_from_srgb

DARKEST = np.float32(2e-3)
"""Linear light below this is noise."""
THREADS, BANDS = 2, 8
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
def _interpolate_rows(start, stop, out, triangle, weights, corners, values):
    channels = values.shape[1]
    for y in range(start, stop):
        for x in range(triangle.shape[1]):
            t = triangle[y, x]
            if t < 0:
                continue
            a, b, c = corners[t, 0], corners[t, 1], corners[t, 2]
            wa, wb = weights[y, x, 0], weights[y, x, 1]
            wc = np.float32(1) - wa - wb
            for k in range(channels):
                out[y, x, k] = wa * values[a, k] + wb * values[b, k] + wc * values[c, k]


def interpolate(triangle, weights, corners, values):
    """Vertex values (V, C) over the atlas: (size, size, C) float32, zero outside the charts."""
    out = np.zeros((*triangle.shape, values.shape[1]), np.float32)
    by_bands(_interpolate_rows, out, len(triangle), (triangle, weights, corners, values))
    return out


@njit(cache=True, nogil=True)
@no_type_check
def _pose_rows(start, stop, out, triangle, weights, corners, vertices, normals, camera_m):
    positions, unit_normals, facing = out
    for y in range(start, stop):
        for x in range(triangle.shape[1]):
            t = triangle[y, x]
            if t < 0:
                continue
            a, b, c = corners[t, 0], corners[t, 1], corners[t, 2]
            wa, wb = weights[y, x, 0], weights[y, x, 1]
            wc = np.float32(1) - wa - wb
            square = away = along = np.float32(0)
            for k in range(3):
                p = wa * vertices[a, k] + wb * vertices[b, k] + wc * vertices[c, k]
                n = wa * normals[a, k] + wb * normals[b, k] + wc * normals[c, k]
                positions[y, x, k] = p
                unit_normals[y, x, k] = n
                square += n * n
                away += (camera_m[k] - p) * (camera_m[k] - p)
                along += n * (camera_m[k] - p)
            gain = np.float32(1) / max(np.float32(sqrt(square)), np.float32(1e-12))
            for k in range(3):
                unit_normals[y, x, k] *= gain
            facing[y, x] = along * gain / max(np.float32(sqrt(away)), np.float32(1e-12))


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
def coarse_lookup(y, x, size, coarse):
    """Bilinear position of texel (x, y) of the fine atlas in the coarse one."""
    scale = coarse / size
    v = min(max((y + 0.5) * scale - 0.5, 0.0), coarse - 1.001)
    u = min(max((x + 0.5) * scale - 0.5, 0.0), coarse - 1.001)
    y0, x0 = int(v), int(u)
    return y0, x0, np.float32(v - y0), np.float32(u - x0)


@njit(cache=True, nogil=True, inline="always")
@no_type_check
def bilinear(image, y0, x0, fy, fx, channel):
    """Sample of one channel between four pixels."""
    above = image[y0, x0, channel] * (1 - fx) + image[y0, x0 + 1, channel] * fx
    below = image[y0 + 1, x0, channel] * (1 - fx) + image[y0 + 1, x0 + 1, channel] * fx
    return above * (1 - fy) + below * fy


@njit(cache=True, nogil=True, inline="always")
@no_type_check
def periodic(tile, v, u, channel):
    """Bilinear sample of a tile that repeats; coordinates in its pixels."""
    size = tile.shape[0]
    y, x = np.floor(v), np.floor(u)
    fy, fx = np.float32(v - y), np.float32(u - x)
    y0, x0 = int(y) % size, int(x) % size
    y1 = y0 + 1 if y0 + 1 < size else 0
    x1 = x0 + 1 if x0 + 1 < size else 0
    above = tile[y0, x0, channel] * (1 - fx) + tile[y0, x1, channel] * fx
    below = tile[y1, x0, channel] * (1 - fx) + tile[y1, x1, channel] * fx
    return above * (1 - fy) + below * fy


@njit(cache=True, nogil=True, inline="always")
@no_type_check
def _catmull_rom(t):
    """Weights of the four samples around a point a fraction t past the second."""
    a = t * (-0.5 + t * (1 - 0.5 * t))
    b = 1 + t * t * (-2.5 + 1.5 * t)
    c = t * (0.5 + t * (2 - 1.5 * t))
    d = t * t * (-0.5 + 0.5 * t)
    return a, b, c, d


@njit(cache=True, nogil=True)
@no_type_check
def _seen_detail_rows(
    start, stop, out, triangle, weights, corners, camera_points, intrinsics, log_photo, seen, tone
):
    size, coarse = triangle.shape[0], seen.shape[0]
    height, width = log_photo.shape[:2]
    focal, centre_x, centre_y = intrinsics
    for y in range(start, stop):
        for x in range(size):
            t = triangle[y, x]
            if t < 0:
                continue
            y0, x0, fy, fx = coarse_lookup(y, x, size, coarse)
            if seen[y0, x0] + seen[y0, x0 + 1] + seen[y0 + 1, x0] + seen[y0 + 1, x0 + 1] <= 0:
                continue
            a, b, c = corners[t, 0], corners[t, 1], corners[t, 2]
            wa, wb = weights[y, x, 0], weights[y, x, 1]
            wc = np.float32(1) - wa - wb
            px = wa * camera_points[a, 0] + wb * camera_points[b, 0] + wc * camera_points[c, 0]
            py = wa * camera_points[a, 1] + wb * camera_points[b, 1] + wc * camera_points[c, 1]
            pz = wa * camera_points[a, 2] + wb * camera_points[b, 2] + wc * camera_points[c, 2]
            u, v = px / pz * focal + centre_x, py / pz * focal + centre_y
            column, row = int(np.floor(u)), int(np.floor(v))
            across = _catmull_rom(np.float32(u - column))
            down = _catmull_rom(np.float32(v - row))
            red = green = blue = np.float32(0)
            for i in range(4):
                r = min(max(row - 1 + i, 0), height - 1)
                for j in range(4):
                    q = min(max(column - 1 + j, 0), width - 1)
                    share = np.float32(down[i] * across[j])
                    red += share * log_photo[r, q, 0]
                    green += share * log_photo[r, q, 1]
                    blue += share * log_photo[r, q, 2]
            out[y, x, 0] = red - bilinear(tone, y0, x0, fy, fx, 0)
            out[y, x, 1] = green - bilinear(tone, y0, x0, fy, fx, 1)
            out[y, x, 2] = blue - bilinear(tone, y0, x0, fy, fx, 2)


@njit(cache=True, nogil=True, inline="always")
@no_type_check
def blended(values, a, b, c, wa, wb, wc):
    """A corner-wise (V, 3) quantity inside a triangle."""
    return (
        wa * values[a, 0] + wb * values[b, 0] + wc * values[c, 0],
        wa * values[a, 1] + wb * values[b, 1] + wc * values[c, 1],
        wa * values[a, 2] + wb * values[b, 2] + wc * values[c, 2],
    )


@njit(cache=True, nogil=True, inline="always")
@no_type_check
def axis_shares(nx, ny, nz):
    """Triplanar weights of a normal; their squares sum to one, so that the variance stays."""
    lx, ly, lz = nx * nx * nx * nx, ny * ny * ny * ny, nz * nz * nz * nz
    norm = sqrt(lx * lx + ly * ly + lz * lz) + 1e-12
    return lx / norm, ly / norm, lz / norm


@njit(cache=True, nogil=True)
@no_type_check
def _triplanar_rows(
    start, stop, out, triangle, weights, corners, selected, rest_m, rest_normals, tile, pixel_m
):
    size, channels = triangle.shape[0], tile.shape[2]
    for y in range(start, stop):
        for x in range(size):
            t = triangle[y, x]
            if t < 0 or not selected[y, x]:
                continue
            a, b, c = corners[t, 0], corners[t, 1], corners[t, 2]
            wa, wb = weights[y, x, 0], weights[y, x, 1]
            wc = np.float32(1) - wa - wb
            px, py, pz = blended(rest_m, a, b, c, wa, wb, wc)
            px, py, pz = px / pixel_m, py / pixel_m, pz / pixel_m
            nx, ny, nz = blended(rest_normals, a, b, c, wa, wb, wc)
            lx, ly, lz = axis_shares(nx, ny, nz)
            for k in range(channels):
                value = np.float32(0)
                if lx > 0.2:
                    value += lx * periodic(tile, py, pz, k)
                if ly > 0.2:
                    value += ly * periodic(tile, pz, px, k)
                if lz > 0.2:
                    value += lz * periodic(tile, py, px, k)
                out[y, x, k] = value


@njit(cache=True, nogil=True, inline="always")
@no_type_check
def _scalar(image, y0, x0, fy, fx):
    above = image[y0, x0] * (1 - fx) + image[y0, x0 + 1] * fx
    below = image[y0 + 1, x0] * (1 - fx) + image[y0 + 1, x0 + 1] * fx
    return above * (1 - fy) + below * fy


@njit(cache=True, nogil=True)
@no_type_check
def _compose_rows(
    start, stop, out, covered, tone, seen, mirrored, detail, mirror_texel, grain, pores,
    pore_gain, srgb_of_log, log_range,
):  # fmt: skip
    albedo, relief, source = out
    size, coarse, entries = covered.shape[0], tone.shape[0], len(srgb_of_log)
    low, high = log_range
    step = (entries - 1) / (high - low)
    for y in range(start, stop):
        for x in range(size):
            if not covered[y, x]:
                continue
            y0, x0, fy, fx = coarse_lookup(y, x, size, coarse)
            own = _scalar(seen, y0, x0, fy, fx)
            other = _scalar(mirrored, y0, x0, fy, fx)
            source[y, x] = 1 if own > 0.5 else (2 if other > 0.5 else 3)
            other = (1 - own) * other
            rest = 1 - own - other
            mx, my = x, y
            if other > 0:
                mx, my = int(mirror_texel[y, x, 0] + 0.5), int(mirror_texel[y, x, 1] + 0.5)
            invented = rest * grain[y, x, 0] + pore_gain * pores[y, x]
            total = np.float32(0)
            for k in range(3):
                value = own * detail[y, x, k] + other * detail[my, mx, k] + invented
                total += value
                value += bilinear(tone, y0, x0, fy, fx, k)
                entry = int((value - low) * step + 0.5)
                albedo[y, x, k] = srgb_of_log[min(max(entry, 0), entries - 1)]
            relief[y, x] = total / 3


def triplanar(triangle, weights, corners, selected, rest_m, rest_normals, tile, pixel_m):
    """A repeating tile laid on the resting surface along its three axes, without UV seams.

    The three layers are blended so that the variance stays (Heitz and Neyret 2018). `selected`
    (T, T) bool says where; returns (T, T, C) float32, zero elsewhere.
    """
    out = np.zeros((*triangle.shape, tile.shape[2]), np.float32)
    arguments = (triangle, weights, corners, selected, rest_m, rest_normals, tile, pixel_m)
    by_bands(_triplanar_rows, out, len(triangle), arguments)
    return out


def pose(triangle, weights, corners, vertices_m, vertex_normals, camera_m):
    """Positions (T, T, 3), unit normals (T, T, 3) and the cosine to the camera (T, T); else zero.

    `camera_m` (3,) float32 is where the camera stands.
    """
    shape = triangle.shape
    out = (
        np.zeros((*shape, 3), np.float32),
        np.zeros((*shape, 3), np.float32),
        np.zeros(shape, np.float32),
    )
    arguments = (triangle, weights, corners, vertices_m, vertex_normals, camera_m)
    by_bands(_pose_rows, out, len(triangle), arguments)
    return out


def seen_detail(triangle, weights, corners, camera_points, intrinsics, photo, seen, tone):
    """What the photo shows beyond the smooth tone: log(linear photo) - tone, where seen > 0.

    `photo` (H, W, 3) sRGB bytes, sampled bicubically at each texel's projection; `intrinsics` is
    (focal length, centre x, centre y). `seen` (A, A) and `tone` (A, A, 3), which is
    log(albedo x light), are of a coarser atlas. Returns (T, T, 3) float32, zero where unseen.
    """
    out = np.zeros((*triangle.shape, 3), np.float32)
    log_of_byte = np.log(np.maximum(linear_from_srgb(np.arange(256, dtype=np.uint8)), DARKEST))
    geometry = (triangle, weights, corners, camera_points, intrinsics)
    arguments = (*geometry, log_of_byte[photo], seen, tone)
    by_bands(_seen_detail_rows, out, len(triangle), arguments)
    return out


def compose(
    covered, tone, seen, mirrored, detail, mirror_texel, grain, pores, pore_gain, srgb_of_log,
    log_range,
):  # fmt: skip
    """Tone plus detail to sRGB bytes, with where each texel's detail came from.

    `tone` (A, A, 3) is the albedo's logarithm, `seen` and `mirrored` (A, A) are weights. `detail`
    (T, T, 3) is read at the texel and at its mirror texel; `grain` (T, T, 1) stands in where
    neither shows anything, and `pore_gain` times `pores` (T, T) int8 goes on top of everything.
    `srgb_of_log` tabulates bytes over `log_range`. Returns albedo (T, T, 3) uint8, the detail's log
    luminance (T, T) float32, and 1, 2, 3 for seen, mirrored, invented (T, T) uint8.
    """
    shape = covered.shape
    albedo = np.zeros((*shape, 3), np.uint8)
    relief, source = np.zeros(shape, np.float32), np.zeros(shape, np.uint8)
    layers = (covered, tone, seen, mirrored, detail, mirror_texel, grain, pores)
    arguments = (*layers, np.float32(pore_gain), srgb_of_log, log_range)
    by_bands(_compose_rows, (albedo, relief, source), len(covered), arguments)
    return albedo, relief, source


def by_bands(rows, out, size, arguments):
    """Fill `out` by bands of rows on two threads; the compiled loops hold no interpreter lock."""
    edges = np.linspace(0, size, BANDS + 1).astype(int)
    with ThreadPoolExecutor(THREADS) as pool:
        done = [
            pool.submit(rows, int(start), int(stop), out, *arguments)
            for start, stop in pairwise(edges)
        ]
    for future in done:
        future.result()
