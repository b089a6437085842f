"""Strands drawn as lines a pixel wide, compiled by numba."""
# pyright: reportUntypedFunctionDecorator=false, reportMissingParameterType=false
# pyright: reportUnknownParameterType=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from math import atan2, pi
from typing import no_type_check

import numpy as np
from numba import njit

_BEHIND_M = 0.004
"""By how much a strand must lie behind the skin to be hidden by it: roots are seen."""


@njit(cache=True, nogil=True)
@no_type_check
def draw(points, rotation, shift, focal, principal, hidden_from):
    """Angle in [0, pi) of the foremost strand's piece at every pixel; NaN where there is none."""
    side = hidden_from.shape[0]
    angle = np.full((side, side), np.nan, np.float32)
    nearest = np.full((side, side), np.inf, np.float32)
    for n in range(points.shape[0]):
        ox, oy, oz = 0.0, 0.0, 0.0
        for i in range(points.shape[1]):
            px, py, pz = points[n, i, 0], points[n, i, 1], points[n, i, 2]
            cx = rotation[0, 0] * px + rotation[0, 1] * py + rotation[0, 2] * pz + shift[0]
            cy = rotation[1, 0] * px + rotation[1, 1] * py + rotation[1, 2] * pz + shift[1]
            z = rotation[2, 0] * px + rotation[2, 1] * py + rotation[2, 2] * pz + shift[2]
            x, y = cx / z * focal + principal[0], cy / z * focal + principal[1]
            if i > 0:
                dx, dy = x - ox, y - oy
                steps = int(max(abs(dx), abs(dy))) + 1
                turn = atan2(dy, dx) % pi
                for k in range(steps):
                    t = (k + 0.5) / steps
                    column, row = int(np.rint(ox + t * dx)), int(np.rint(oy + t * dy))
                    if column < 0 or row < 0 or column >= side or row >= side:
                        continue
                    depth = oz + t * (z - oz)
                    if depth > hidden_from[row, column] + _BEHIND_M:
                        continue
                    if depth < nearest[row, column]:
                        nearest[row, column] = depth
                        angle[row, column] = turn
            ox, oy, oz = x, y, z
    return angle
