"""Depth of hair on a grid of the picture's plane, compiled by numba."""
# pyright: reportUntypedFunctionDecorator=false, reportMissingParameterType=false

from math import exp
from typing import no_type_check

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, fastmath=True)
@no_type_check
def nearest_depths(points, low, cell, nearest):
    """Least depth of points (K, 3: right, down, depth) per cell of a grid (H, W), in place.

    The first cell is centred at `low`.
    """
    half = np.float32(0.5)
    for n in range(len(points)):
        column = int((points[n, 0] - low[0]) / cell + half)
        row = int((points[n, 1] - low[1]) / cell + half)
        row, column = min(row, nearest.shape[0] - 1), min(column, nearest.shape[1] - 1)
        nearest[row, column] = min(nearest[row, column], points[n, 2])


@njit(cache=True, nogil=True, fastmath=True)
@no_type_check
def light_behind(points, low, cell, surface, slack, deep, darkest, light):
    """Share of light (K,) that reaches points behind a surface given on that grid, in place."""
    height, width = surface.shape
    for n in range(len(points)):
        x, y = (points[n, 0] - low[0]) / cell, (points[n, 1] - low[1]) / cell
        ix, iy = min(int(x), width - 2), min(int(y), height - 2)
        fx, fy = x - ix, y - iy
        above = surface[iy, ix] * (1 - fx) + surface[iy, ix + 1] * fx
        below = surface[iy + 1, ix] * (1 - fx) + surface[iy + 1, ix + 1] * fx
        behind = points[n, 2] - slack - above * (1 - fy) - below * fy
        light[n] = 1.0
        if behind > 0:
            light[n] = darkest + (1 - darkest) * exp(-behind / deep)
