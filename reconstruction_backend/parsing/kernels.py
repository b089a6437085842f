"""The parsing stage's inner loops, compiled by numba.

`no_type_check` keeps the run-time shape checker (tests only) out of what numba compiles.
"""
# pyright: reportUntypedFunctionDecorator=false, reportMissingParameterType=false

from typing import no_type_check

import numpy as np
from numba import njit

from reconstruction_backend.parsing.result import WHOLE

RADIUS_PX = 2
"""Half the window's side in the square."""
REGULARISER = 3e-4
"""Variance of colour (0 to 1) below which a window counts as flat."""


@njit(cache=True, nogil=True, fastmath=True)
@no_type_check
def edge_functions(square, shares, wanted):
    """The linear functions of colour (He's a and b) around each wanted pixel, its window's mean.

    `square` (S, S, 3) colours 0..1, `shares` (S, S, 4) and `wanted` (S, S) bool. Returns
    (S, S, 16): four numbers, one a class, for red, green, blue and the constant in turn; zero where
    not wanted.
    """
    size = wanted.shape[0]
    fitted = np.zeros((size, size, 16), np.float32)
    near = _widened(wanted)
    for row in range(size):
        for column in range(size):
            if near[row, column]:
                _fit_window(square, shares, row, column, fitted[row, column])
    mean = np.zeros((size, size, 16), np.float32)
    for row in range(size):
        for column in range(size):
            if not wanted[row, column]:
                continue
            count = np.float32(0)
            for y in range(max(row - RADIUS_PX, 0), min(row + RADIUS_PX + 1, size)):
                for x in range(max(column - RADIUS_PX, 0), min(column + RADIUS_PX + 1, size)):
                    count += 1
                    for k in range(16):
                        mean[row, column, k] += fitted[y, x, k]
            for k in range(16):
                mean[row, column, k] /= count
    return mean


@njit(cache=True, nogil=True)
@no_type_check
def _widened(wanted):
    """Wanted pixels and all whose windows hold one."""
    size = wanted.shape[0]
    near = np.zeros_like(wanted)
    for row in range(size):
        for column in range(size):
            if wanted[row, column]:
                top, left = max(row - RADIUS_PX, 0), max(column - RADIUS_PX, 0)
                near[top : row + RADIUS_PX + 1, left : column + RADIUS_PX + 1] = True
    return near


@njit(cache=True, nogil=True, fastmath=True)
@no_type_check
def _fit_window(square, shares, row, column, out):
    """Ridge regression of four shares on colour in one window, by the covariance's cofactors."""
    size = square.shape[0]
    sums = np.zeros(9, np.float32)
    share = np.zeros(4, np.float32)
    product = np.zeros(12, np.float32)
    count = np.float32(0)
    for y in range(max(row - RADIUS_PX, 0), min(row + RADIUS_PX + 1, size)):
        for x in range(max(column - RADIUS_PX, 0), min(column + RADIUS_PX + 1, size)):
            r, g, b = square[y, x, 0], square[y, x, 1], square[y, x, 2]
            count += 1
            sums[0] += r
            sums[1] += g
            sums[2] += b
            sums[3] += r * r
            sums[4] += r * g
            sums[5] += r * b
            sums[6] += g * g
            sums[7] += g * b
            sums[8] += b * b
            for c in range(4):
                value = shares[y, x, c]
                share[c] += value
                product[c] += r * value
                product[4 + c] += g * value
                product[8 + c] += b * value
    r, g, b = sums[0] / count, sums[1] / count, sums[2] / count
    ridge = np.float32(REGULARISER)
    rr, rg, rb = sums[3] / count - r * r + ridge, sums[4] / count - r * g, sums[5] / count - r * b
    gg, gb, bb = sums[6] / count - g * g + ridge, sums[7] / count - g * b, sums[8] / count - b * b
    bb += ridge
    i_rr, i_rg, i_rb = gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg
    i_gg, i_gb, i_bb = rr * bb - rb * rb, rg * rb - rr * gb, rr * gg - rg * rg
    scale = 1 / (rr * i_rr + rg * i_rg + rb * i_rb)
    for c in range(4):
        mean = share[c] / count
        with_r = product[c] / count - r * mean
        with_g = product[4 + c] / count - g * mean
        with_b = product[8 + c] / count - b * mean
        out[c] = scale * (i_rr * with_r + i_rg * with_g + i_rb * with_b)
        out[4 + c] = scale * (i_rg * with_r + i_gg * with_g + i_gb * with_b)
        out[8 + c] = scale * (i_rb * with_r + i_gb * with_g + i_bb * with_b)
        out[12 + c] = mean - out[c] * r - out[4 + c] * g - out[8 + c] * b


@njit(cache=True, nogil=True, fastmath=True)
@no_type_check
def apply_functions(image, functions, sure, square_from_portrait, shares):
    """Fill `shares` (H, W, 5) uint8, 255 in all per pixel, wherever the square lies.

    `image` (H, W, 3) uint8, `functions` (S, S, 16) for colours 0..1, `sure` (S, S),
    `square_from_portrait` (2, 3). What the first four classes leave is the last one's.
    """
    height, width = image.shape[:2]
    size = sure.shape[0]
    m = square_from_portrait.astype(np.float32)
    value = np.zeros(5, np.float32)
    last = np.float32(size - 1)
    to_unit = np.float32(1 / 255)
    for row in range(height):
        for column in range(width):
            x = m[0, 0] * column + m[0, 1] * row + m[0, 2]
            y = m[1, 0] * column + m[1, 1] * row + m[1, 2]
            if x < -0.5 or y < -0.5 or x >= size - 0.5 or y >= size - 0.5:
                continue
            near = sure[int(y + 0.5), int(x + 0.5)]
            if near > 0:
                shares[row, column, 0] = 0
                shares[row, column, near - 1] = WHOLE
                continue
            x, y = min(max(x, np.float32(0)), last), min(max(y, np.float32(0)), last)
            left, top = min(int(x), size - 2), min(int(y), size - 2)
            fx, fy = x - left, y - top
            red = image[row, column, 0] * to_unit
            green = image[row, column, 1] * to_unit
            blue = image[row, column, 2] * to_unit
            value[:] = 0
            for dy in range(2):
                wy = fy if dy == 1 else 1 - fy
                for dx in range(2):
                    w = wy * (fx if dx == 1 else 1 - fx)
                    f = functions[top + dy, left + dx]
                    for c in range(4):
                        value[c] += w * (
                            f[c] * red + f[4 + c] * green + f[8 + c] * blue + f[12 + c]
                        )
            _write_shares(value, shares[row, column])


@njit(cache=True, nogil=True, fastmath=True)
@no_type_check
def _write_shares(value, out):
    """Four estimates, clipped and completed to 255ths; rounding goes to the largest."""
    value[4] = np.float32(1) - value[0] - value[1] - value[2] - value[3]
    total = np.float32(0)
    for c in range(5):
        value[c] = min(max(value[c], np.float32(0)), np.float32(1))
        total += value[c]
    scale = np.float32(WHOLE) / total
    rest, largest = WHOLE, 0
    for c in range(5):
        part = int(value[c] * scale)
        out[c] = part
        rest -= part
        if value[c] > value[largest]:
            largest = c
    out[largest] += rest
