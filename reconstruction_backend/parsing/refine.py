"""From the network's square to the portrait's own pixels, along the portrait's own edges.

Fast guided filter (He and Sun 2015, arXiv:1505.00996): within a small window each class is taken to
be a linear function of colour. The functions are fitted in the small square, and applied to the
colours of the full portrait, so a mask's edge falls where the photo has one.
"""
# pyright: reportUntypedFunctionDecorator=false, reportMissingParameterType=false

from typing import no_type_check

import cv2
import numpy as np
from jaxtyping import Float, Float32, UInt8
from numba import njit

from reconstruction_backend.parsing.result import WHOLE

RADIUS_PX = 2
"""Half the window's side in the square."""
REGULARISER = 3e-4
"""Variance of colour (0 to 1) below which a window counts as flat."""
SURE = 0.95
"""Where a class has at least this all around, it has all."""
SURE_WINDOW_PX = 5


def edge_functions(
    guide: Float32[np.ndarray, "S S 3"], shares: Float32[np.ndarray, "S S 5"]
) -> Float32[np.ndarray, "S S 5 4"]:
    """Per pixel and class the weights of red, green and blue and the constant (He's a and b)."""
    size = guide.shape[0]
    red, green, blue = cv2.split(guide)
    squares = np.dstack(
        [red * red, red * green, red * blue, green * green, green * blue, blue * blue]
    )
    products = (guide[:, :, :, None] * shares[:, :, None]).reshape(size, size, -1)
    stacked = np.concatenate([guide, squares, shares, products], axis=2)
    means = _boxed(stacked)
    mean, mean_share = means[:, :, :3], means[:, :, 9:14]
    covariance = means[:, :, 14:].reshape(size, size, 3, 5)
    covariance -= mean[:, :, :, None] * mean_share[:, :, None]
    inverse = _inverse(means[:, :, 3:9], mean)
    slope = np.empty((size, size, 5, 4), np.float32)
    for k in range(3):
        row = sum(inverse[_SYMMETRIC[k][j]][:, :, None] * covariance[:, :, j] for j in range(3))
        slope[:, :, :, k] = row
    slope[:, :, :, 3] = mean_share - (slope[:, :, :, :3] * mean[:, :, None]).sum(axis=3)
    return _boxed(slope.reshape(size, size, 20)).reshape(size, size, 5, 4)


_SYMMETRIC = ((0, 1, 2), (1, 3, 4), (2, 4, 5))
"""Where row k, column j of a symmetric matrix lies in its six numbers."""


def _boxed(planes: Float32[np.ndarray, "S S K"]) -> Float32[np.ndarray, "S S K"]:
    side = 2 * RADIUS_PX + 1
    return cv2.boxFilter(planes, -1, (side, side), borderType=cv2.BORDER_REFLECT)


def _inverse(
    squares: Float32[np.ndarray, "S S 6"], mean: Float32[np.ndarray, "S S 3"]
) -> list[Float32[np.ndarray, "S S"]]:
    """Of each window's regularised covariance of colour, by cofactors: six numbers."""
    r, g, b = (mean[:, :, k] for k in range(3))
    rr = squares[:, :, 0] - r * r + REGULARISER
    rg = squares[:, :, 1] - r * g
    rb = squares[:, :, 2] - r * b
    gg = squares[:, :, 3] - g * g + REGULARISER
    gb = squares[:, :, 4] - g * b
    bb = squares[:, :, 5] - b * b + REGULARISER
    cofactors = [
        gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg,
        rr * bb - rb * rb, rg * rb - rr * gb, rr * gg - rg * rg,
    ]  # fmt: skip
    determinant = rr * cofactors[0] + rg * cofactors[1] + rb * cofactors[2]
    scale = 1 / np.maximum(determinant, np.float32(REGULARISER**3))
    return [each * scale for each in cofactors]


def sure_classes(shares: Float32[np.ndarray, "S S 5"]) -> UInt8[np.ndarray, "S S"]:
    """One more than the class that a pixel and all around it surely belong to; zero where none."""
    kernel = np.ones((SURE_WINDOW_PX, SURE_WINDOW_PX), np.uint8)
    sure = cv2.erode((shares > SURE).astype(np.uint8), kernel)
    return (sure * np.arange(1, 6, dtype=np.uint8)).sum(axis=2, dtype=np.uint8)


@njit(cache=True, nogil=True)
@no_type_check
def apply_functions(image, functions, sure, square_from_portrait, shares):
    """Fill `shares` (H, W, 5) uint8, 255 in all per pixel, wherever the square lies.

    `image` (H, W, 3) uint8, `functions` (S, S, 5, 4) on colours 0..1, `sure` (S, S),
    `square_from_portrait` (2, 3).
    """
    height, width = image.shape[:2]
    size = sure.shape[0]
    m = square_from_portrait.astype(np.float32)
    value = np.zeros(5, np.float32)
    last = np.float32(size - 1)
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
            red = image[row, column, 0] * np.float32(1 / 255)
            green = image[row, column, 1] * np.float32(1 / 255)
            blue = image[row, column, 2] * np.float32(1 / 255)
            total = np.float32(1e-6)
            for c in range(5):
                sample = np.float32(0)
                for dy in range(2):
                    wy = fy if dy == 1 else 1 - fy
                    for dx in range(2):
                        w = wy * (fx if dx == 1 else 1 - fx)
                        f = functions[top + dy, left + dx, c]
                        sample += w * (f[0] * red + f[1] * green + f[2] * blue + f[3])
                value[c] = min(max(sample, np.float32(0)), np.float32(1))
                total += value[c]
            left_over, largest = WHOLE, 0
            for c in range(5):
                part = int(value[c] / total * WHOLE)
                shares[row, column, c] = part
                left_over -= part
                if value[c] > value[largest]:
                    largest = c
            shares[row, column, largest] += left_over


def refined(
    image: UInt8[np.ndarray, "H W 3"],
    square: UInt8[np.ndarray, "S S 3"],
    probabilities: Float32[np.ndarray, "5 S S"],
    square_from_portrait: Float[np.ndarray, "2 3"],
) -> UInt8[np.ndarray, "H W 5"]:
    """Shares of the five classes for every pixel of the portrait; background beyond the square."""
    shares = np.ascontiguousarray(probabilities.transpose(1, 2, 0))
    functions = edge_functions(square.astype(np.float32) / 255, shares)
    out = np.zeros((*image.shape[:2], 5), np.uint8)
    out[:, :, 0] = WHOLE
    apply_functions(image, functions, sure_classes(shares), square_from_portrait, out)
    return out
