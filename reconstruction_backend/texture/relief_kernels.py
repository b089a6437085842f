"""The relief's inner loops, compiled by numba as those of `kernels` are."""
# pyright: reportUntypedFunctionDecorator=false, reportMissingParameterType=false

from math import sqrt
from typing import no_type_check

import numpy as np
from numba import njit

from reconstruction_backend.texture.kernels import (
    axis_shares,
    bilinear,
    blended,
    by_bands,
    coarse_lookup,
    periodic,
)

CREASE_STRETCH = np.float32(0.22)
"""Lips' creases are this much longer than they are wide, inverted; they run up and down."""


@njit(cache=True, nogil=True)
@no_type_check
def texel_gradients(vertices_m, triangles, texel, triangles_uv):
    """Surface gradients of the texel's column and row, (F, 2, 3) float32 in 1/m.

    `texel` (R, 2) are the chart's corners in texels. Zero for triangles without area, in space or
    in the chart.
    """
    out = np.zeros((len(triangles), 2, 3), np.float32)
    first, second = np.empty(3), np.empty(3)
    for f in range(len(triangles)):
        aa = bb = ab = 0.0
        for k in range(3):
            first[k] = vertices_m[triangles[f, 1], k] - vertices_m[triangles[f, 0], k]
            second[k] = vertices_m[triangles[f, 2], k] - vertices_m[triangles[f, 0], k]
            aa += first[k] * first[k]
            bb += second[k] * second[k]
            ab += first[k] * second[k]
        o, p, q = triangles_uv[f, 0], triangles_uv[f, 1], triangles_uv[f, 2]
        area = (texel[p, 0] - texel[o, 0]) * (texel[q, 1] - texel[o, 1])
        area -= (texel[q, 0] - texel[o, 0]) * (texel[p, 1] - texel[o, 1])
        determinant = aa * bb - ab * ab
        if determinant < 1e-24 or abs(area) < 1e-9:
            continue
        for axis in range(2):
            rise_1, rise_2 = texel[p, axis] - texel[o, axis], texel[q, axis] - texel[o, axis]
            # through the dual basis: each vector's product with its own edge is one, else zero
            along_1 = (rise_1 * bb - rise_2 * ab) / determinant
            along_2 = (rise_2 * aa - rise_1 * ab) / determinant
            for k in range(3):
                out[f, axis, k] = along_1 * first[k] + along_2 * second[k]
    return out


@njit(cache=True, nogil=True)
@no_type_check
def slope_frames(gradients, triangles, normals, tangents):
    """Per corner (F, 3, 4): products of tangent and bitangent with the two gradients.

    `triangles` (F, 3) index the split vertices of `normals` (R, 3) and `tangents` (R, 4).
    """
    out = np.empty((len(triangles), 3, 4), np.float32)
    for f in range(len(triangles)):
        for corner in range(3):
            v = triangles[f, corner]
            nx, ny, nz = normals[v, 0], normals[v, 1], normals[v, 2]
            tx, ty, tz, w = tangents[v, 0], tangents[v, 1], tangents[v, 2], tangents[v, 3]
            bx, by, bz = w * (ny * tz - nz * ty), w * (nz * tx - nx * tz), w * (nx * ty - ny * tx)
            for axis in range(2):
                g = gradients[f, axis]
                out[f, corner, axis] = g[0] * tx + g[1] * ty + g[2] * tz
                out[f, corner, 2 + axis] = g[0] * bx + g[1] * by + g[2] * bz
    return out


@njit(cache=True, nogil=True)
@no_type_check
def _height_rows(start, stop, out, wrinkles, fine, broad, gain, deepest, micro, share):
    size, coarse = out.shape[0], share.shape[0]
    for y in range(start, stop):
        for x in range(size):
            band = (fine[y, x] - broad[y, x]) * gain
            # a cheap odd function that levels off like tanh
            pore = band / sqrt(1 + (band / deepest) * (band / deepest))
            y0, x0, fy, fx = coarse_lookup(y, x, size, coarse)
            trusted = bilinear(share, y0, x0, fy, fx, 0)
            generic = bilinear(share, y0, x0, fy, fx, 1)
            out[y, x] = wrinkles[y, x] + trusted * pore + generic * micro[y, x]


@njit(cache=True, nogil=True)
@no_type_check
def _tile_rows(
    start, stop, out, triangle, weights, corners, selected, rest_m, rest_normals, depths, tiles,
    level, pixel_m,
):  # fmt: skip
    size = triangle.shape[0]
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
            tile = tiles[int(level[t] + 0.5)]
            value = np.float32(0)
            for k in range(2):
                depth = wa * depths[a, k] + wb * depths[b, k] + wc * depths[c, k]
                if lx > 0.2:
                    value += depth * lx * periodic(tile, py, pz, k)
                if ly > 0.2:
                    value += depth * ly * periodic(tile, pz, px, k)
                if lz > 0.2:
                    value += depth * lz * periodic(tile, py, px, k)
            crease = wa * depths[a, 2] + wb * depths[b, 2] + wc * depths[c, 2]
            if crease > 0:
                value += crease * periodic(tile, (py + pz) * CREASE_STRETCH, px, 2)
            out[y, x] = np.int8(min(max(value, np.float32(-127)), np.float32(127)))


@njit(cache=True, nogil=True, inline="always")
@no_type_check
def _difference(before, here, after, has_before, has_after):
    """Change per texel, from one side at a border."""
    if has_before and has_after:
        return (after - before) * np.float32(0.5)
    if has_after:
        return after - here
    if has_before:
        return here - before
    return np.float32(0)


@njit(cache=True, nogil=True)
@no_type_check
def _normal_rows(start, stop, out, height, triangle, weights, frames, covered, steepest):
    last = height.shape[0] - 1
    for y in range(start, stop):
        for x in range(last + 1):
            if not covered[y, x]:
                out[y, x, 0] = 128
                out[y, x, 1] = 128
                out[y, x, 2] = 255
                continue
            left, right, up, down = max(x - 1, 0), min(x + 1, last), max(y - 1, 0), min(y + 1, last)
            here = height[y, x]
            across = _difference(
                height[y, left], here, height[y, right], covered[y, left], covered[y, right]
            )
            along = _difference(
                height[up, x], here, height[down, x], covered[up, x], covered[down, x]
            )
            t = triangle[y, x]
            wa, wb = weights[y, x, 0], weights[y, x, 1]
            wc = np.float32(1) - wa - wb
            f = frames[t]
            slope_t = across * (wa * f[0, 0] + wb * f[1, 0] + wc * f[2, 0])
            slope_t += along * (wa * f[0, 1] + wb * f[1, 1] + wc * f[2, 1])
            slope_b = across * (wa * f[0, 2] + wb * f[1, 2] + wc * f[2, 2])
            slope_b += along * (wa * f[0, 3] + wb * f[1, 3] + wc * f[2, 3])
            square = slope_t * slope_t + slope_b * slope_b
            # softly limited to `steepest`, then the vector (-slope_t, -slope_b, 1) at length one
            gain = 1 / sqrt(1 + square / (steepest * steepest))
            length = sqrt(1 + square * gain * gain)
            out[y, x, 0] = np.uint8(127.5 * (1 - slope_t * gain / length) + 0.5)
            out[y, x, 1] = np.uint8(127.5 * (1 - slope_b * gain / length) + 0.5)
            out[y, x, 2] = np.uint8(127.5 * (1 + 1 / length) + 0.5)


def lay_tiles(
    triangle, weights, corners, selected, rest_m, rest_normals, depths, tiles, level, pixel_m
):
    """Repeating patterns laid on the resting surface, as `triplanar`, each with its own depth.

    `tiles` (L, N, N, 3) are copies for coarser and coarser texels, `level` (F,) chooses among
    them; `depths` (V, 3) scale the patterns, the third of which is stretched. Returns (T, T) int8.
    """
    out = np.zeros(triangle.shape, np.int8)
    geometry = (triangle, weights, corners, selected, rest_m, rest_normals)
    by_bands(_tile_rows, out, len(triangle), (*geometry, depths, tiles, level, pixel_m))
    return out


def height_of_layers(wrinkles, fine, broad, gain, deepest, micro, share):
    """Wrinkles, the band between two blurs (softly limited) and micro-relief added up.

    All (T, T), metres but for `fine` and `broad`, which `gain` turns into metres, and `micro`
    int8; `share` (A, A, 2) scales the band and the micro-relief (which makes them metres).
    Returns (T, T) float32.
    """
    out = np.empty(wrinkles.shape, np.float32)
    layers = (wrinkles, fine, broad, np.float32(gain), np.float32(deepest), micro, share)
    by_bands(_height_rows, out, len(wrinkles), layers)
    return out


def normals_of_height(height_m, triangle, weights, frames, covered, steepest):
    """Tangent-space normal bytes of a height over the surface (glTF: +X u, +Y against v).

    `frames` (F, 3, 4) turn differences between texels into slopes (`normal_map.slope_frames`);
    flat where not `covered` (T, T) bool.
    """
    out = np.empty((*height_m.shape, 3), np.uint8)
    arguments = (height_m, triangle, weights, frames, covered, np.float32(steepest))
    by_bands(_normal_rows, out, len(height_m), arguments)
    return out
