"""Inner loops of the chart and of the fields on it, compiled by numba.

Grids are indexed [layer, row, column]; columns wrap around, and beyond the first row lies the same
row on the other side. `no_type_check` keeps the run-time shape checker (tests only) out of what
numba compiles.
"""
# pyright: reportUntypedFunctionDecorator=false, reportMissingParameterType=false
# pyright: reportUnknownParameterType=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from math import acos, atan2, pi, sqrt
from typing import no_type_check

import numpy as np
from numba import njit

_SMALL = 1e-9


@njit(cache=True, nogil=True)
@no_type_check
def place(x, y, z, centre, row_m, dome_m, columns):
    """(row, column, radius) of one point."""
    qx, qy, qz = x - centre[0], y - centre[1], z - centre[2]
    flat = sqrt(qx * qx + qz * qz)
    if qy >= 0:
        radius = sqrt(flat * flat + qy * qy)
        way = acos(min(max(qy / max(radius, _SMALL), -1.0), 1.0)) * dome_m
    else:
        radius = flat
        way = dome_m * pi / 2 - qy
    column = (atan2(qx, qz) + pi) / (2 * pi) * columns - 0.5
    return way / row_m - 0.5, column, radius


@njit(cache=True, nogil=True)
@no_type_check
def coordinates(points, centre, row_m, dome_m, columns):
    """`place` of every point (N, 3)."""
    out = np.empty((len(points), 3), np.float32)
    for n in range(len(points)):
        row, column, radius = place(
            points[n, 0], points[n, 1], points[n, 2], centre, row_m, dome_m, columns
        )
        out[n, 0], out[n, 1], out[n, 2] = row, column, radius
    return out


@njit(cache=True, nogil=True)
@no_type_check
def corner(row, column, rows, columns):
    """Row and column of a grid cell that may lie beyond the edges."""
    if row < 0:
        row = -1 - row
        column += columns // 2
    if row >= rows:
        row = rows - 1
    column %= columns
    return row, column


@njit(cache=True, nogil=True)
@no_type_check
def sample(grid, row, column):
    """One value of a grid (R, C), bilinear."""
    rows, columns = grid.shape
    r0, c0 = int(np.floor(row)), int(np.floor(column))
    fr, fc = row - r0, column - c0
    total = 0.0
    for dr in range(2):
        for dc in range(2):
            r, c = corner(r0 + dr, c0 + dc, rows, columns)
            total += (fr if dr else 1 - fr) * (fc if dc else 1 - fc) * grid[r, c]
    return total


@njit(cache=True, nogil=True)
@no_type_check
def sample_many(grid, places):
    """`sample` at (row, column, ...) of every place."""
    out = np.empty(len(places), np.float32)
    for n in range(len(places)):
        out[n] = sample(grid, places[n, 0], places[n, 1])
    return out


@njit(cache=True, nogil=True)
@no_type_check
def last_inside(inside, step):
    """Radius at which the outermost inside of (K, R, C) ends; without any, as in the row above."""
    count, rows, columns = inside.shape
    out = np.zeros((rows, columns), np.float32)
    for r in range(rows):
        for c in range(columns):
            radius = -1.0
            for k in range(count - 1, -1, -1):
                if inside[k, r, c]:
                    radius = (k + 0.5) * step
                    break
            if radius < 0:
                radius = out[r - 1, c] if r > 0 else step
            out[r, c] = radius
    return out


@njit(cache=True, nogil=True)
@no_type_check
def relax(values, data, weight, free, stiffness, layer_stiffness, sweeps, over):
    """Smooth `values` (L, R, C, K) towards `data` where `weight` (L, R, C) says so.

    Successive over-relaxation of the Euler equation of weight (v - d)^2 + stiffness |grad v|^2;
    cells that are not `free` (L, R, C) take no part.
    """
    _, rows, columns, kinds = values.shape
    flat = values.reshape(-1, kinds)
    cells, beside = _neighbours(free)
    # what no sweep changes: the pull of the data, and the shares of the neighbours
    pull = np.zeros((len(cells), kinds), np.float32)
    share = np.zeros((len(cells), _BESIDE), np.float32)
    for m in range(len(cells)):
        layer, row, column = (
            cells[m] // (rows * columns),
            cells[m] // columns % rows,
            cells[m] % columns,
        )
        w = weight[layer, row, column]
        around = w
        for side in range(_BESIDE):
            if beside[m, side] != cells[m]:
                share[m, side] = stiffness if side < 4 else layer_stiffness
                around += share[m, side]
        if around <= 0:
            share[m, 0], beside[m, 0], around = 1.0, cells[m], 1.0  # nothing holds it: it stays
        for side in range(_BESIDE):
            share[m, side] /= around
        for k in range(kinds):
            pull[m, k] = w / around * data[layer, row, column, k]
    step = np.float32(over)
    for _ in range(sweeps):
        for m in range(len(cells)):
            b0, b1, b2 = beside[m, 0], beside[m, 1], beside[m, 2]
            b3, b4, b5 = beside[m, 3], beside[m, 4], beside[m, 5]
            s0, s1, s2 = share[m, 0], share[m, 1], share[m, 2]
            s3, s4, s5 = share[m, 3], share[m, 4], share[m, 5]
            for k in range(kinds):
                above = s0 * flat[b0, k] + s2 * flat[b2, k]
                below = s1 * flat[b1, k] + s3 * flat[b3, k]
                layered = s4 * flat[b4, k] + s5 * flat[b5, k]
                old = flat[cells[m], k]
                flat[cells[m], k] = old + step * (pull[m, k] + above + below + layered - old)


_BESIDE = 6
"""Neighbours of a cell: four in its layer, the layers below and above."""


@njit(cache=True, nogil=True)
@no_type_check
def _neighbours(free):
    """Flat numbers of the free cells (M,), and of the free cells beside each (M, 6).

    A cell stands for itself where it has no neighbour.
    """
    layers, rows, columns = free.shape
    cells = np.flatnonzero(free.reshape(-1)).astype(np.int32)
    beside = np.empty((len(cells), _BESIDE), np.int32)
    for m in range(len(cells)):
        cell = cells[m]
        layer, row, column = cell // (rows * columns), cell // columns % rows, cell % columns
        for side in range(_BESIDE):
            beside[m, side] = cell
        for side in range(4):
            r = row + (side == 0) - (side == 1)
            if r < rows:
                r, c = corner(r, column + (side == 2) - (side == 3), rows, columns)
                if free[layer, r, c]:
                    beside[m, side] = (layer * rows + r) * columns + c
        for side in range(2):
            other = layer + 2 * side - 1
            if 0 <= other < layers and free[other, row, column]:
                beside[m, 4 + side] = (other * rows + row) * columns + column
    return cells, beside


@njit(cache=True, nogil=True)
@no_type_check
def dilated(mask):
    """A mask (R, C) and the eight cells about each of its own."""
    rows, columns = mask.shape
    out = mask.copy()
    for row in range(rows):
        for column in range(columns):
            if mask[row, column]:
                for dr in range(-1, 2):
                    if row + dr >= rows:
                        continue
                    for dc in range(-1, 2):
                        r, c = corner(row + dr, column + dc, rows, columns)
                        out[r, c] = True
    return out


@njit(cache=True, nogil=True)
@no_type_check
def sample_directions(grid, layer, row, column, out):
    """One vector of a grid (L, R, C, 3), linear in all three; not of unit length."""
    layers, rows, columns, _ = grid.shape
    layer = min(max(layer, 0.0), layers - 1.0)
    l0 = min(int(layer), layers - 2)
    r0, c0 = int(np.floor(row)), int(np.floor(column))
    fl, fr, fc = layer - l0, row - r0, column - c0
    out[0] = out[1] = out[2] = 0.0
    for dl in range(2):
        for dr in range(2):
            for dc in range(2):
                r, c = corner(r0 + dr, c0 + dc, rows, columns)
                w = (fl if dl else 1 - fl) * (fr if dr else 1 - fr) * (fc if dc else 1 - fc)
                for k in range(3):
                    out[k] += w * grid[l0 + dl, r, c, k]


@njit(cache=True, nogil=True)
@no_type_check
def splat(places, vectors, skin, outer, layers):
    """Sum vectors (N, 3) in the cells of their places (N, 3: row, column, radius), and count."""
    rows, columns = skin.shape
    total = np.zeros((layers, rows, columns, 3), np.float32)
    count = np.zeros((layers, rows, columns), np.float32)
    for n in range(len(places)):
        row, column = int(np.rint(places[n, 0])), int(np.rint(places[n, 1]))
        if row >= rows:
            continue
        row, column = corner(row, column, rows, columns)
        depth = outer[row, column] - skin[row, column]
        share = (places[n, 2] - skin[row, column]) / max(depth, 1e-3)
        layer = min(max(int(np.rint(share * (layers - 1))), 0), layers - 1)
        for k in range(3):
            total[layer, row, column, k] += vectors[n, k]
        count[layer, row, column] += 1
    return total, count
