"""The square that the parsing network sees: head, hair and shoulders, level with the eyes."""

import numpy as np
from jaxtyping import Float32

from reconstruction_backend.face_crop import turn
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
    rotation = turn(angle)
    levelled = points_px[:IRIS_START] @ rotation
    low, high = levelled.min(axis=0), levelled.max(axis=0)
    face = float((high - low).max())
    centre = rotation @ ((low + high) / 2 + np.array([0, SHIFT_OVER_FACE * face]))
    return FaceSquare(centre, SIDE_OVER_FACE * face, angle)
