"""Cutting a turned square out of a picture at a network's input size, without aliasing."""

import math

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from reconstruction_backend.face_search import FaceSquare


def turn(angle_rad: float) -> Float[np.ndarray, "2 2"]:
    """The rotation of the picture's plane, x towards y."""
    c, s = math.cos(angle_rad), math.sin(angle_rad)
    return np.array([[c, -s], [s, c]])


def picture_from_crop(square: FaceSquare, size_px: int) -> Float[np.ndarray, "2 3"]:
    """Pixels of the crop to pixels of the picture."""
    linear = square.side_px / size_px * turn(square.angle_rad)
    middle = np.full(2, (size_px - 1) / 2)
    return np.column_stack([linear, square.centre_px - linear @ middle])


def cut_square(
    image: UInt8[np.ndarray, "H W 3"],
    square: FaceSquare,
    size_px: int,
    beyond: int | None = None,
) -> UInt8[np.ndarray, "S S 3"]:
    """The square, smoothed where it shrinks.

    Outside the picture it is the grey value `beyond`; where that is None, the border repeats.
    """
    shrink = max(1, int(square.side_px / size_px))
    source, corner = _shrunk_surroundings(image, square, shrink)
    source_from_crop = picture_from_crop(square, size_px) / shrink
    source_from_crop[:, 2] += (0.5 - corner) / shrink - 0.5
    crop = cv2.warpAffine(
        source,
        source_from_crop,
        (size_px, size_px),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE if beyond is None else cv2.BORDER_CONSTANT,
        borderValue=(beyond or 0,) * 3,
    )
    return np.asarray(crop, np.uint8)


def _shrunk_surroundings(
    image: UInt8[np.ndarray, "H W 3"], square: FaceSquare, shrink: int
) -> tuple[UInt8[np.ndarray, "h w 3"], Float[np.ndarray, "2"]]:
    """The part of the picture around the square, shrunk by a whole factor; and its first pixel."""
    if shrink == 1:
        return image, np.zeros(2)
    size = np.array(image.shape[1::-1])
    reach = square.side_px / math.sqrt(2) + shrink
    low = np.clip(np.floor(square.centre_px - reach), 0, size - shrink).astype(int)
    high = np.clip(np.ceil(square.centre_px + reach), low + shrink, size).astype(int)
    width, height = (high - low) // shrink
    part = image[low[1] : low[1] + height * shrink, low[0] : low[0] + width * shrink]
    shrunk = cv2.resize(part, (int(width), int(height)), interpolation=cv2.INTER_AREA)
    return np.asarray(shrunk, np.uint8), low.astype(np.float64)
