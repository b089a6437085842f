"""From the network's square to the portrait's own pixels, along the portrait's own edges.

Fast guided filter (He and Sun 2015, arXiv:1505.00996): within a small window each class is taken to
be a linear function of colour. The functions are fitted in the small square, and applied to the
colours of the full portrait, so a mask's edge falls where the photo has one.
"""

import cv2
import numpy as np
from jaxtyping import Float, Float32, UInt8

from reconstruction_backend.parsing.kernels import apply_functions, edge_functions
from reconstruction_backend.parsing.result import WHOLE

SHARPNESS = 3
"""Power of the network's probabilities: its own edges are as soft as its labels were, and how soft
an edge is ought to be read off the photo."""
SURE = 0.97
"""Where a class has at least this all around, it has all."""
SURE_WINDOW_PX = 5


def refined(
    image: UInt8[np.ndarray, "H W 3"],
    square: UInt8[np.ndarray, "S S 3"],
    probabilities: Float32[np.ndarray, "5 S S"],
    square_from_portrait: Float[np.ndarray, "2 3"],
) -> UInt8[np.ndarray, "H W 5"]:
    """Shares of the five classes for every pixel of the portrait; background beyond the square."""
    shares = _sharpened(np.ascontiguousarray(probabilities.transpose(1, 2, 0)))
    sure = sure_classes(shares)
    shown = cv2.warpAffine(np.ones(image.shape[:2], np.uint8), square_from_portrait, sure.shape)
    wanted = cv2.dilate((sure == 0) * shown, np.ones((3, 3), np.uint8)) > 0
    functions = edge_functions(square.astype(np.float32) / 255, shares[:, :, :4], wanted)
    out = np.zeros((*image.shape[:2], 5), np.uint8)
    out[:, :, 0] = WHOLE
    apply_functions(image, functions, sure, square_from_portrait, out)
    return out


def _sharpened(shares: Float32[np.ndarray, "S S 5"]) -> Float32[np.ndarray, "S S 5"]:
    sharp = cv2.pow(shares, SHARPNESS)
    return sharp / sharp.sum(axis=2, keepdims=True)


def sure_classes(shares: Float32[np.ndarray, "S S 5"]) -> UInt8[np.ndarray, "S S"]:
    """One more than the class that a pixel and all around it surely belong to; zero where none."""
    kernel = np.ones((SURE_WINDOW_PX, SURE_WINDOW_PX), np.uint8)
    sure = cv2.erode((shares > SURE).astype(np.uint8), kernel)
    return (sure * np.arange(1, 6, dtype=np.uint8)).sum(axis=2, dtype=np.uint8)
