"""Inner loops of the hair volume, compiled by numba."""
# pyright: reportUntypedFunctionDecorator=false, reportMissingParameterType=false
# pyright: reportUnknownParameterType=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from typing import no_type_check

import numpy as np
from numba import njit

OPEN, SILHOUETTE, BEHIND_SKIN, BLOCKED, EDGE = 0, 1, 2, 3, 4
"""What ends the interval in which hair may lie: nothing, the background, something in front of
which no hair is seen. Or there is no interval: the photo shows skin there, or the skin lies right
on the silhouette."""
FREE, OUT, IN_FRONT, SHOWN = 0, 1, 2, 3
_TOLERANCE_M = 0.003
_HALF = 0.5
_MISFIT_M = 0.008
"""By which the fitted head may reach over the silhouette."""


@njit(cache=True, nogil=True)
@no_type_check
def status(x, y, z, rotation, shift, focal, principal, hair, background, seen, skin_depth, body):
    """What the photo says of one point of the head's frame."""
    cx = rotation[0, 0] * x + rotation[0, 1] * y + rotation[0, 2] * z + shift[0]
    cy = rotation[1, 0] * x + rotation[1, 1] * y + rotation[1, 2] * z + shift[1]
    cz = rotation[2, 0] * x + rotation[2, 1] * y + rotation[2, 2] * z + shift[2]
    column = int(np.rint(cx / cz * focal + principal[0]))
    row = int(np.rint(cy / cz * focal + principal[1]))
    side = hair.shape[0]
    if column < 0 or row < 0 or column >= side or row >= side or not seen[row, column]:
        return FREE
    depth = skin_depth[row, column]
    hidden_from = depth if np.isfinite(depth) else body
    if hair[row, column] >= _HALF:
        return SHOWN if cz < depth + _TOLERANCE_M else FREE
    if background[row, column] >= _HALF:
        return OUT
    return FREE if cz > hidden_from + _TOLERANCE_M else IN_FRONT


@njit(cache=True, nogil=True)
@no_type_check
def carve(
    start, direction, radius, step, reach, rotation, shift, focal, principal, hair, background,
    seen, skin_depth, body,
):  # fmt: skip
    """The longest interval of every ray outside the skin in which hair may lie.

    Returns where it begins and ends, what ends it, and the first radius at which hair is seen
    in it (0 if nowhere).
    """
    rows, columns = radius.shape
    inner = np.empty((rows, columns), np.float32)
    outer = np.empty((rows, columns), np.float32)
    ended = np.empty((rows, columns), np.int8)
    visible = np.zeros((rows, columns), np.float32)
    for r in range(rows):
        for c in range(columns):
            first = radius[r, c]
            best, best_from, best_to, best_end, best_seen = 0, first, first, BLOCKED, 0.0
            length, begun, sighted = 0, first, 0.0
            far = first + 0.5 * step
            while True:
                beyond = far > reach
                s = OUT
                if not beyond:
                    s = status(
                        start[r, c, 0] + far * direction[r, c, 0],
                        start[r, c, 1] + far * direction[r, c, 1],
                        start[r, c, 2] + far * direction[r, c, 2],
                        rotation, shift, focal, principal, hair, background, seen, skin_depth, body,
                    )  # fmt: skip
                if not beyond and s in (FREE, SHOWN):
                    if length == 0:
                        begun, sighted = far - 0.5 * step, 0.0
                    length += 1
                    if s == SHOWN and sighted == 0:
                        sighted = far
                else:
                    if length > best:
                        best, best_from, best_to, best_seen = (
                            length,
                            begun,
                            far - 0.5 * step,
                            sighted,
                        )
                        best_end = SILHOUETTE if s == OUT else BEHIND_SKIN
                        if beyond:
                            best_end = OPEN
                    length = 0
                if beyond or s == OUT:
                    break
                far += step
            inner[r, c], outer[r, c], ended[r, c] = best_from, best_to, best_end
            visible[r, c] = best_seen
            if best == 0:
                at_once = s == OUT and far < first + _MISFIT_M
                ended[r, c] = EDGE if at_once else BLOCKED
    return inner, outer, ended, visible
