"""The inner loop of morph targets' normals, compiled by numba."""
# pyright: reportUntypedFunctionDecorator=false, reportMissingParameterType=false

from math import sqrt
from typing import no_type_check

import numpy as np
from numba import njit

_SHORTEST = 1e-20


@njit(cache=True, nogil=True)
@no_type_check
def normal_change(rest, triangles, moves, by, rest_sum):
    """What moving some vertices does to all unit normals (V, 3) float32.

    `rest` (V, 3) moves `by` (V, 3) where `moves` (V,); `rest_sum` (V, 3) are the resting triangles'
    cross products, added up at their corners.
    """
    count = len(rest)
    difference = np.zeros((count, 3), np.float32)
    touched = np.zeros(count, np.bool_)
    a, b, c, d = np.empty(3), np.empty(3), np.empty(3), np.empty(3)
    for f in range(len(triangles)):
        i, j, k = triangles[f, 0], triangles[f, 1], triangles[f, 2]
        if not (moves[i] or moves[j] or moves[k]):
            continue
        for axis in range(3):
            a[axis] = rest[j, axis] - rest[i, axis]
            b[axis] = rest[k, axis] - rest[i, axis]
            c[axis] = a[axis] + by[j, axis] - by[i, axis]
            d[axis] = b[axis] + by[k, axis] - by[i, axis]
        touched[i] = touched[j] = touched[k] = True
        for axis in range(3):
            n, m = (axis + 1) % 3, (axis + 2) % 3
            turn = np.float32(c[n] * d[m] - c[m] * d[n] - a[n] * b[m] + a[m] * b[n])
            difference[i, axis] += turn
            difference[j, axis] += turn
            difference[k, axis] += turn
    out = np.zeros((count, 3), np.float32)
    for v in range(count):
        if touched[v]:
            before = after = 0.0
            for axis in range(3):
                moved = rest_sum[v, axis] + difference[v, axis]
                before += rest_sum[v, axis] * rest_sum[v, axis]
                after += moved * moved
            before, after = max(sqrt(before), _SHORTEST), max(sqrt(after), _SHORTEST)
            for axis in range(3):
                moved = rest_sum[v, axis] + difference[v, axis]
                out[v, axis] = moved / after - rest_sum[v, axis] / before
    return out
