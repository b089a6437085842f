"""How much light gets through hair, compiled by numba: a coarse grid for light from all round, and
a fine map of layers for a lamp (Yuksel and Keyser 2008, "Deep opacity maps")."""
# pyright: reportUntypedFunctionDecorator=false, reportMissingParameterType=false

from math import exp, floor, sqrt
from typing import no_type_check

import numpy as np
from numba import njit

_MEAN_SINE = np.float32(0.7854)
"""Of the angle between a strand and light from anywhere: the mean width that it shows."""


@njit(cache=True, nogil=True, fastmath=True)
@no_type_check
def splat_strands(points, widths, origin, voxel, grid):
    """Add strands' area per volume (1/m) to a grid (X, Y, Z) whose voxel 0 is centred at origin."""
    strands, count = points.shape[0], points.shape[1]
    scale = _MEAN_SINE / (voxel * voxel * voxel)
    for n in range(strands):
        for k in range(count - 1):
            dx = points[n, k + 1, 0] - points[n, k, 0]
            dy = points[n, k + 1, 1] - points[n, k, 1]
            dz = points[n, k + 1, 2] - points[n, k, 2]
            length = sqrt(dx * dx + dy * dy + dz * dz)
            pieces = max(int(length / voxel) + 1, 1)
            area = np.float32(0.5) * (widths[n, k] + widths[n, k + 1]) * length / pieces * scale
            for piece in range(pieces):
                s = (piece + np.float32(0.5)) / pieces
                gx = (points[n, k, 0] + dx * s - origin[0]) / voxel
                gy = (points[n, k, 1] + dy * s - origin[1]) / voxel
                gz = (points[n, k, 2] + dz * s - origin[2]) / voxel
                ix, iy, iz = floor(gx), floor(gy), floor(gz)
                fx, fy, fz = gx - ix, gy - iy, gz - iz
                grid[ix, iy, iz] += area * (1 - fx) * (1 - fy) * (1 - fz)
                grid[ix + 1, iy, iz] += area * fx * (1 - fy) * (1 - fz)
                grid[ix, iy + 1, iz] += area * (1 - fx) * fy * (1 - fz)
                grid[ix + 1, iy + 1, iz] += area * fx * fy * (1 - fz)
                grid[ix, iy, iz + 1] += area * (1 - fx) * (1 - fy) * fz
                grid[ix + 1, iy, iz + 1] += area * fx * (1 - fy) * fz
                grid[ix, iy + 1, iz + 1] += area * (1 - fx) * fy * fz
                grid[ix + 1, iy + 1, iz + 1] += area * fx * fy * fz


@njit(cache=True, nogil=True)
@no_type_check
def mark_solid(vertices, triangles, origin, voxel, solid):
    """Set the voxels of a grid that a mesh runs through."""
    nx, ny, nz = solid.shape
    for f in range(triangles.shape[0]):
        a, b, c = vertices[triangles[f, 0]], vertices[triangles[f, 1]], vertices[triangles[f, 2]]
        longest = np.float32(0)
        for d in range(3):
            longest = max(longest, abs(b[d] - a[d]), abs(c[d] - a[d]), abs(c[d] - b[d]))
        cuts = int(2 * longest / voxel) + 1
        for i in range(cuts + 1):
            for j in range(cuts + 1 - i):
                u, v = i / cuts, j / cuts
                w = 1 - u - v
                x = floor((a[0] * w + b[0] * u + c[0] * v - origin[0]) / voxel + 0.5)
                y = floor((a[1] * w + b[1] * u + c[1] * v - origin[1]) / voxel + 0.5)
                z = floor((a[2] * w + b[2] * u + c[2] * v - origin[2]) / voxel + 0.5)
                if 0 <= x < nx and 0 <= y < ny and 0 <= z < nz:
                    solid[x, y, z] = True


@njit(cache=True, nogil=True, fastmath=True)
@no_type_check
def transmittance(grid, solid, start, direction, free_steps):
    """Share of light along a unit direction (in voxels) that reaches a place (grid coordinates)."""
    nx, ny, nz = grid.shape
    depth = np.float32(0)
    step = 0
    while True:
        x = floor(start[0] + direction[0] * (step + 0.5) + 0.5)
        y = floor(start[1] + direction[1] * (step + 0.5) + 0.5)
        z = floor(start[2] + direction[2] * (step + 0.5) + 0.5)
        if x < 0 or y < 0 or z < 0 or x >= nx or y >= ny or z >= nz:
            break
        if step >= free_steps and solid[x, y, z]:
            return np.float32(0)
        depth += grid[x, y, z]
        if depth > 8:
            return np.float32(0)
        step += 1
    return np.float32(exp(-depth))


@njit(cache=True, nogil=True, fastmath=True)
@no_type_check
def dome_transfer(places, grid, solid, directions, basis, free_steps):
    """Nine harmonics of the light that reaches each place, over that of half an open sphere.

    `places` (K, 3) in grid coordinates; `grid` holds optical depth per voxel; `basis` (D, 9) the
    harmonics of the directions (D, 3).
    """
    count = len(directions)
    out = np.zeros((len(places), 9), np.float32)
    for k in range(len(places)):
        total = np.float32(0)
        for d in range(count):
            through = transmittance(grid, solid, places[k], directions[d], free_steps)
            total += through
            for m in range(9):
                out[k, m] += through * basis[d, m]
        scale = 1 / max(np.float32(0.5) * count, total)
        for m in range(9):
            out[k, m] *= scale
    return out


@njit(cache=True, nogil=True, fastmath=True)
@no_type_check
def skin_share(places, normals, grid, solid, directions):
    """Share of an even dome's irradiance that hair lets through to skin (K,)."""
    out = np.ones(len(places), np.float32)
    nx, ny, nz = grid.shape
    for k in range(len(places)):
        p = places[k]
        if p[0] < 0 or p[1] < 0 or p[2] < 0 or p[0] > nx - 1 or p[1] > ny - 1 or p[2] > nz - 1:
            continue
        arriving, open_share = np.float32(0), np.float32(0)
        for d in range(len(directions)):
            cosine = (
                normals[k, 0] * directions[d, 0]
                + normals[k, 1] * directions[d, 1]
                + normals[k, 2] * directions[d, 2]
            )
            if cosine > 0:
                open_share += cosine
                arriving += cosine * transmittance(grid, solid, p, directions[d], 0)
        out[k] = arriving / max(open_share, np.float32(1e-6))
    return out


@njit(cache=True, nogil=True, fastmath=True)
@no_type_check
def gather(points, origin, voxel, index, values, out):
    """Trilinear values (M, C) of voxels named by `index` (X, Y, Z; -1: none) at points (N, 3)."""
    nx, ny, nz = index.shape
    channels = values.shape[1]
    for n in range(len(points)):
        gx = (points[n, 0] - origin[0]) / voxel
        gy = (points[n, 1] - origin[1]) / voxel
        gz = (points[n, 2] - origin[2]) / voxel
        ix = min(max(floor(gx), 0), nx - 2)
        iy = min(max(floor(gy), 0), ny - 2)
        iz = min(max(floor(gz), 0), nz - 2)
        fx, fy, fz = gx - ix, gy - iy, gz - iz
        total = np.float32(0)
        for corner in range(8):
            cx, cy, cz = corner & 1, (corner >> 1) & 1, corner >> 2
            row = index[ix + cx, iy + cy, iz + cz]
            if row < 0:
                continue
            weight = (fx if cx else 1 - fx) * (fy if cy else 1 - fy) * (fz if cz else 1 - fz)
            weight = max(weight, np.float32(1e-6))
            total += weight
            for c in range(channels):
                out[n, c] += weight * values[row, c]
        if total > 0:
            for c in range(channels):
                out[n, c] /= total


@njit(cache=True, nogil=True, fastmath=True)
@no_type_check
def first_depths(light, size, nearest):
    """Least depth of strand points per texel of a map (size, size), in place.

    `light` (N, P, 3): column, row in texels, depth in metres along the light.
    """
    for n in range(light.shape[0]):
        for k in range(light.shape[1] - 1):
            dx, dy = light[n, k + 1, 0] - light[n, k, 0], light[n, k + 1, 1] - light[n, k, 1]
            dz = light[n, k + 1, 2] - light[n, k, 2]
            pieces = int(sqrt(dx * dx + dy * dy)) + 1
            for piece in range(pieces):
                s = (piece + np.float32(0.5)) / pieces
                x, y = int(light[n, k, 0] + dx * s), int(light[n, k, 1] + dy * s)
                z = light[n, k, 2] + dz * s
                if 0 <= x < size and 0 <= y < size and z < nearest[y, x]:
                    nearest[y, x] = z


@njit(cache=True, nogil=True, fastmath=True)
@no_type_check
def splat_layers(light, widths, texel, nearest, edges, layers):
    """Add strands' optical depth to the layers (S, S, L) behind the first hair, in place."""
    size = nearest.shape[0]
    for n in range(light.shape[0]):
        for k in range(light.shape[1] - 1):
            dx, dy = light[n, k + 1, 0] - light[n, k, 0], light[n, k + 1, 1] - light[n, k, 1]
            dz = light[n, k + 1, 2] - light[n, k, 2]
            length = sqrt(dx * dx + dy * dy)
            pieces = int(length) + 1
            area = np.float32(0.5) * (widths[n, k] + widths[n, k + 1]) * length / (pieces * texel)
            for piece in range(pieces):
                s = (piece + np.float32(0.5)) / pieces
                gx = light[n, k, 0] + dx * s - np.float32(0.5)
                gy = light[n, k, 1] + dy * s - np.float32(0.5)
                ix, iy = floor(gx), floor(gy)
                if ix < 0 or iy < 0 or ix >= size - 1 or iy >= size - 1:
                    continue
                fx, fy = gx - ix, gy - iy
                z = light[n, k, 2] + dz * s
                for corner in range(4):
                    cx, cy = corner & 1, corner >> 1
                    weight = (fx if cx else 1 - fx) * (fy if cy else 1 - fy)
                    behind = z - nearest[iy + cy, ix + cx]
                    layer = 0
                    while layer < len(edges) - 1 and behind > edges[layer]:
                        layer += 1
                    layers[iy + cy, ix + cx, layer] += area * weight


@njit(cache=True, nogil=True, fastmath=True)
@no_type_check
def look_up_layers(light, nearest, edges, cumulative, out):
    """Optical depth in front of points (N, 3: column, row in texels, depth), into `out` (N,).

    `cumulative` (S, S, L): all layers up to and with each.
    """
    size = nearest.shape[0]
    for n in range(len(light)):
        gx, gy = light[n, 0] - np.float32(0.5), light[n, 1] - np.float32(0.5)
        ix, iy = floor(gx), floor(gy)
        if ix < 0 or iy < 0 or ix >= size - 1 or iy >= size - 1:
            out[n] = 0
            continue
        fx, fy = gx - ix, gy - iy
        total = np.float32(0)
        for corner in range(4):
            cx, cy = corner & 1, corner >> 1
            weight = (fx if cx else 1 - fx) * (fy if cy else 1 - fy)
            behind = light[n, 2] - nearest[iy + cy, ix + cx]
            if behind <= 0:
                continue
            layer, below = 0, np.float32(0)
            while layer < len(edges) - 1 and behind > edges[layer]:
                below = edges[layer]
                layer += 1
            before = cumulative[iy + cy, ix + cx, layer - 1] if layer > 0 else np.float32(0)
            within = (behind - below) / (edges[layer] - below)
            within = min(within, np.float32(1))
            total += weight * (before + within * (cumulative[iy + cy, ix + cx, layer] - before))
        out[n] = total
