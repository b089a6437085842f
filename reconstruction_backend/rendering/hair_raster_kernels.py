"""Strands to samples of a picture, compiled by numba.

Strands are Catmull-Rom curves on the screen, drawn as lines of their width into a depth buffer that
already holds the head. A line thinner than a sample covers that share of the samples along it, by
a low-discrepancy sequence that hangs on the strand alone: the same strand in the same picture is
always drawn the same, and lines do not break into dots.
"""
# pyright: reportUntypedFunctionDecorator=false, reportMissingParameterType=false

from math import ceil, floor, sqrt
from typing import no_type_check

import numpy as np
from numba import njit

NOTHING = -1
_LINES_PER_BEND = np.float32(0.15 / 0.1)
"""So that lines leave the curve by at most a tenth of a sample: a cubic whose ends' directions are
off its chord by some length is off it by about 0.15 of that."""
_MOST_LINES = 16
_GOLDEN = np.float32(0.61803399)
_NEAREST_M = np.float32(0.01)
_WELL_BEHIND_M = np.float32(0.01)
_FULLER = np.float32(1.15)
"""Drawn strands stand for more hairs than there are: a few holes in dense hair are none."""


@njit(cache=True, nogil=True, fastmath=True)
@no_type_check
def draw_strands(
    screen, random, spans, order, first_row, first_column, head, depth, segment, place
):
    """Draw strands over what `depth` holds, in place.

    `screen` (N, P, 4): column, row and width in samples, depth in metres. `random` (N,) in [0, 1).
    `spans` (N, 2): first and last row of each strand. `order` (N,) is that of drawing, which does
    not change the picture: it is soon done where near strands, and strands side by side, come
    first. `depth`, `segment`, `place` (rows, columns):
    the window of samples that begins at `first_row`, `first_column`: depth in metres, which segment
    (strand * (P - 1) + its number) is in front, and where along it, 0 to 1. `head` is the head's
    depth alone, which tells what needs no drawing.
    """
    strands, points = screen.shape[0], screen.shape[1]
    rows = depth.shape[0]
    for each in range(strands):
        n = order[each]
        if spans[n, 1] < first_row - 1 or spans[n, 0] > first_row + rows:
            continue
        for k in range(points - 1):
            z0, z1 = screen[n, k, 2], screen[n, k + 1, 2]
            if z0 < _NEAREST_M or z1 < _NEAREST_M:
                continue
            y0, y1 = screen[n, k, 1] - first_row, screen[n, k + 1, 1] - first_row
            slack = abs(y1 - y0) + np.float32(2)
            if max(y0, y1) < -slack or min(y0, y1) > rows + slack:
                continue
            if _behind(screen[n, k], first_row, first_column, head) and _behind(
                screen[n, k + 1], first_row, first_column, head
            ):
                continue
            x0, x1 = screen[n, k, 0] - first_column, screen[n, k + 1, 0] - first_column
            w0, w1 = screen[n, k, 3], screen[n, k + 1, 3]
            before, after = max(k - 1, 0), min(k + 2, points - 1)
            half = np.float32(0.5)
            ax = half * (screen[n, k + 1, 0] - screen[n, before, 0])
            ay = half * (screen[n, k + 1, 1] - screen[n, before, 1])
            bx = half * (screen[n, after, 0] - screen[n, k, 0])
            by = half * (screen[n, after, 1] - screen[n, k, 1])
            # how far the curve is from its chord; that falls with the square of the lines' number
            bend = abs(ax - x1 + x0) + abs(ay - y1 + y0) + abs(bx - x1 + x0) + abs(by - y1 + y0)
            lines = min(int(sqrt(bend * _LINES_PER_BEND)) + 1, _MOST_LINES)
            share = np.float32(1) / lines
            number = n * (points - 1) + k
            xa, ya, za, wa, ta = x0, y0, z0, w0, np.float32(0)
            for line in range(1, lines + 1):
                t = line * share
                t2, t3 = t * t, t * t * t
                h1, h2, h3 = t3 - 2 * t2 + t, 3 * t2 - 2 * t3, t3 - t2
                xb = x0 + (x1 - x0) * h2 + ax * h1 + bx * h3
                yb = y0 + (y1 - y0) * h2 + ay * h1 + by * h3
                zb, wb = z0 + (z1 - z0) * t, w0 + (w1 - w0) * t
                _line(
                    xa, ya, za, wa, ta, xb, yb, zb, wb, t, random[n], number, depth, segment, place
                )
                xa, ya, za, wa, ta = xb, yb, zb, wb, t


@njit(cache=True, nogil=True, fastmath=True)
@no_type_check
def _behind(point, first_row, first_column, head):
    """Whether a point lies well behind the head."""
    row, column = int(point[1] - first_row), int(point[0] - first_column)
    if row < 0 or column < 0 or row >= head.shape[0] or column >= head.shape[1]:
        return False
    return point[2] > head[row, column] + _WELL_BEHIND_M


@njit(cache=True, nogil=True, fastmath=True)
@no_type_check
def _line(xa, ya, za, wa, ta, xb, yb, zb, wb, tb, random, number, depth, segment, place):
    """One line; its samples step along the axis on which it is longer."""
    rows, columns = depth.shape
    dx, dy = xb - xa, yb - ya
    steep = abs(dy) > abs(dx)
    along, across = (ya, xa) if steep else (xa, ya)
    run, rise = (dy, dx) if steep else (dx, dy)
    if abs(run) < np.float32(1e-6):
        return
    end = along + run
    first, last = (ceil(along), ceil(end)) if run > 0 else (ceil(end), ceil(along))
    limit = rows if steep else columns
    other = columns if steep else rows
    first, last = max(first, 0), min(last, limit)
    if first >= last:
        return
    # widths are measured across the line; samples are counted across the axis
    stretch = sqrt(dx * dx + dy * dy) / abs(run)
    step = np.float32(1) / run
    s = (np.float32(first) - along) * step - step
    wider = (wb - wa) * stretch * step
    wide = wa * stretch + (wb - wa) * stretch * s
    sequence = random + (first - 1) * _GOLDEN
    part = np.float32(sequence - floor(sequence))
    for i in range(first, last):
        s += step
        wide += wider
        part += _GOLDEN
        if part >= 1:
            part -= np.float32(1)
        count = int(wide + part)
        if count <= 0:
            continue
        middle = across + rise * s
        start = floor(middle - np.float32(0.5) * np.float32(count - 2))
        z = za + (zb - za) * s
        for j in range(max(start, 0), min(start + count, other)):
            row, column = (i, j) if steep else (j, i)
            if z < depth[row, column]:
                depth[row, column] = z
                segment[row, column] = number
                place[row, column] = ta + (tb - ta) * s


@njit(cache=True, nogil=True)
@no_type_check
def mark_used(segment, points, used):
    """Set `used` (N, P) where a point carries a segment that is seen."""
    spans = points - 1
    for row in range(segment.shape[0]):
        for column in range(segment.shape[1]):
            number = segment[row, column]
            if number != NOTHING:
                n, k = number // spans, number % spans
                used[n, k] = True
                used[n, k + 1] = True


@njit(cache=True, nogil=True)
@no_type_check
def hidden(segment, per_axis, reach):
    """Pixels (H, W) whose samples, and those within reach of them, all show hair."""
    rows, columns = segment.shape
    out = np.zeros((rows // per_axis, columns // per_axis), np.bool_)
    for y in range(out.shape[0]):
        top, bottom = max(y * per_axis - reach, 0), min((y + 1) * per_axis + reach, rows)
        for x in range(out.shape[1]):
            left, right = max(x * per_axis - reach, 0), min((x + 1) * per_axis + reach, columns)
            covered = True
            for row in range(top, bottom):
                if not covered:
                    break
                for column in range(left, right):
                    if segment[row, column] == NOTHING:
                        covered = False
                        break
            out[y, x] = covered
    return out


@njit(cache=True, nogil=True)
@no_type_check
def resolve(segment, place, colours, opaque, per_axis, taps, fine_row, fine, head, picture):
    """Lay hair over the picture (H, W, 4, premultiplied), each pixel from the samples about it.

    `taps` (K,) weighs samples across a pixel and what lies over its edges on either side; `head` is
    the picture without hair. `fine_row` (H, W) names a pixel's row in `fine` (F, per_axis², 4), the
    head's own samples, or is -1 where the head is even over the pixel. `colours` (N, P, 3). Hair
    that is not `opaque` hides the head and shows nothing.
    """
    height, width = picture.shape[:2]
    rows, columns = segment.shape
    spans = colours.shape[1] - 1
    reach = (len(taps) - per_axis) // 2
    hair, behind = np.zeros(3, np.float32), np.zeros(4, np.float32)
    for y in range(height):
        top, bottom = max(y * per_axis - reach, 0), min((y + 1) * per_axis + reach, rows)
        for x in range(width):
            left, right = max(x * per_axis - reach, 0), min((x + 1) * per_axis + reach, columns)
            haired = False
            for row in range(top, bottom):
                for column in range(left, right):
                    haired = haired or segment[row, column] != NOTHING
            if not haired:
                continue
            hair[:] = 0
            behind[:] = 0
            covered = bare = np.float32(0)
            for row in range(top, bottom):
                down = taps[row - y * per_axis + reach]
                for column in range(left, right):
                    weight = down * taps[column - x * per_axis + reach]
                    number = segment[row, column]
                    if number != NOTHING:
                        covered += weight
                        n, k = number // spans, number % spans
                        t = place[row, column]
                        for c in range(3):
                            here = colours[n, k, c]
                            hair[c] += weight * (here + (colours[n, k + 1, c] - here) * t)
                        continue
                    bare += weight
                    j, i = row // per_axis, column // per_axis
                    if fine_row[j, i] >= 0:
                        sample = (row - j * per_axis) * per_axis + column - i * per_axis
                        for c in range(4):
                            behind[c] += weight * fine[fine_row[j, i], sample, c]
                    else:
                        for c in range(4):
                            behind[c] += weight * head[j, i, c]
            if covered == 0:
                continue
            alpha = min(_FULLER * covered / (covered + bare), np.float32(1))
            for c in range(4):
                picture[y, x, c] = (1 - alpha) * behind[c] / max(bare, np.float32(1e-6))
            if opaque:
                for c in range(3):
                    picture[y, x, c] += alpha * hair[c] / covered
                picture[y, x, 3] += alpha
