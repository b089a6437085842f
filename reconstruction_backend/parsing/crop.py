"""The square that the parsing network sees: head, hair and shoulders, level with the eyes."""

import math

import cv2
import numpy as np
from jaxtyping import Float, Float32, UInt8

from reconstruction_backend.face_search import FaceSquare, eye_line_angle
from reconstruction_backend.landmarks import IRIS_START, OUTER_EYE_CORNERS

SIDE_OVER_FACE = 2.5
"""Side of the square over the landmarks' larger extent (hairline to chin)."""
SHIFT_OVER_FACE = 0.15
"""How far below the face's middle the square's lies: hair hangs down."""
GREY = 128
"""What stands in for the part of the square that the photo does not show."""


def surroundings(points_px: Float32[np.ndarray, "478 2"]) -> FaceSquare:
    """The square around a face that holds hair and shoulders, level with the eyes."""
    right, left = points_px[list(OUTER_EYE_CORNERS)]
    angle = eye_line_angle(right, left)
    c, s = math.cos(angle), math.sin(angle)
    rotation = np.array([[c, -s], [s, c]])
    levelled = points_px[:IRIS_START] @ rotation
    low, high = levelled.min(axis=0), levelled.max(axis=0)
    face = float((high - low).max())
    centre = rotation @ ((low + high) / 2 + np.array([0, SHIFT_OVER_FACE * face]))
    return FaceSquare(centre, SIDE_OVER_FACE * face, angle)


def portrait_from_square(square: FaceSquare, size_px: int) -> Float[np.ndarray, "2 3"]:
    """The affine map from pixels of the square, `size_px` wide, to pixels of the portrait."""
    scale = square.side_px / size_px
    c, s = scale * math.cos(square.angle_rad), scale * math.sin(square.angle_rad)
    linear = np.array([[c, -s], [s, c]])
    middle = np.full(2, (size_px - 1) / 2)
    return np.column_stack([linear, square.centre_px - linear @ middle])


def cut_square(
    image: UInt8[np.ndarray, "H W C"], square: FaceSquare, size_px: int, border: int = GREY
) -> UInt8[np.ndarray, "S S C"]:
    """The square, smoothed where it shrinks; `border` stands for what the photo does not show."""
    to_portrait = portrait_from_square(square, size_px)
    shrink = max(1, int(square.side_px / size_px))
    if shrink > 1:
        image, corner = _shrunk(image, square, shrink)
        to_portrait /= shrink
        to_portrait[:, 2] += (0.5 - corner) / shrink - 0.5
    cut = cv2.warpAffine(
        image,
        to_portrait,
        (size_px, size_px),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(border, border, border),
    )
    return np.asarray(cut, np.uint8).reshape(size_px, size_px, -1)


def _shrunk(
    image: UInt8[np.ndarray, "H W C"], square: FaceSquare, shrink: int
) -> tuple[UInt8[np.ndarray, "h w C"], Float[np.ndarray, "2"]]:
    """The part of the picture around the square, shrunk by a whole factor; and its first pixel."""
    size = np.array(image.shape[1::-1])
    reach = square.side_px / math.sqrt(2) + shrink
    low = np.clip(np.floor(square.centre_px - reach), 0, size - shrink).astype(int)
    high = np.clip(np.ceil(square.centre_px + reach), low + shrink, size).astype(int)
    width, height = (high - low) // shrink
    part = image[low[1] : low[1] + height * shrink, low[0] : low[0] + width * shrink]
    reduced = cv2.resize(part, (int(width), int(height)), interpolation=cv2.INTER_AREA)
    return np.asarray(reduced, np.uint8), low.astype(np.float64)
