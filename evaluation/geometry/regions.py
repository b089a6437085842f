"""Parts of a face by its seven landmarks alone, so that they are the same for every backend.

Coordinates: across the face in distances between the outer eye corners, 0 in the middle; up in
ways from the mouth's corners to the eyes, 0 at the eyes and -1 at the mouth.
"""

from typing import Literal, get_args

import numpy as np
from jaxtyping import Float

Region = Literal["forehead", "eyes", "nose", "cheeks", "mouth", "chin"]
REGIONS: tuple[Region, ...] = get_args(Region)
EYE_BAND = 0.30
EYE_REACH = 0.60
BRIDGE_HALF_WIDTH, NOSE_HALF_WIDTH, NOSE_BOTTOM, NOSE_TOP = 0.12, 0.22, -0.72, 0.10
"""Between the eyes the nose is narrower than at its wings."""
MOUTH_HALF_WIDTH, MOUTH_BOTTOM = 0.36, -1.25


def regions_of(
    points: Float[np.ndarray, "N 3"], landmarks: Float[np.ndarray, "7 3"]
) -> tuple[Region, ...]:
    """The region of every point."""
    across, up = face_coordinates(points, landmarks)
    region = np.full(len(points), REGIONS.index("cheeks"))

    def assign(name: Region, where: np.ndarray) -> None:
        region[where] = REGIONS.index(name)

    middle = np.abs(across) <= MOUTH_HALF_WIDTH
    assign("forehead", up > EYE_BAND)
    assign("chin", up < MOUTH_BOTTOM)
    assign("mouth", middle & (up >= MOUTH_BOTTOM) & (up < NOSE_BOTTOM))
    assign("eyes", (np.abs(up) <= EYE_BAND) & (np.abs(across) <= EYE_REACH))
    half_width = np.where(up > -EYE_BAND, BRIDGE_HALF_WIDTH, NOSE_HALF_WIDTH)
    on_nose = (np.abs(across) <= half_width) & (up >= NOSE_BOTTOM) & (up <= NOSE_TOP)
    assign("nose", on_nose)
    return tuple(REGIONS[i] for i in region)


def face_coordinates(
    points: Float[np.ndarray, "N 3"], landmarks: Float[np.ndarray, "7 3"]
) -> tuple[Float[np.ndarray, "N"], Float[np.ndarray, "N"]]:
    """Across and up."""
    right, left = landmarks[0], landmarks[3]
    eyes, mouth = landmarks[:4].mean(axis=0), landmarks[5:].mean(axis=0)
    width, height = np.linalg.norm(left - right), np.linalg.norm(eyes - mouth)
    u = (left - right) / width
    v = (eyes - mouth) / height
    v = v - (v @ u) * u
    v /= np.linalg.norm(v)
    offset = points - eyes
    return offset @ u / width, offset @ v / height
