"""The head's shape as the face's own pixels show it: shading and outline, through a small network.

landmarks -> square around the face -> 128 px crop -> network (ONNX) -> shape
"""

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from reconstruction_backend.face_crop import cut_square
from reconstruction_backend.face_search import FaceSquare
from reconstruction_backend.landmarks import IRIS_START, OUTER_EYE_CORNERS

CROP_PX = 128
CROP_SIDE = 3.8
"""Side of the square over the landmarks' root mean square distance from their centre."""
SUPERSAMPLING = 2


def face_square(points_px: Float[np.ndarray, "_ 2"]) -> FaceSquare:
    """Centred on the face's landmarks, eyes level, of CROP_SIDE times their spread."""
    points = points_px[:IRIS_START].astype(np.float64)
    centre = points.mean(axis=0)
    across = points[OUTER_EYE_CORNERS[1]] - points[OUTER_EYE_CORNERS[0]]
    size = np.sqrt(((points - centre) ** 2).sum(axis=1).mean())
    return FaceSquare(centre, float(CROP_SIDE * size), float(np.arctan2(across[1], across[0])))


def face_crop(
    image: UInt8[np.ndarray, "H W 3"], points_px: Float[np.ndarray, "_ 2"]
) -> UInt8[np.ndarray, "128 128 3"]:
    """What the network is shown of a picture."""
    large = cut_square(image, face_square(points_px), CROP_PX * SUPERSAMPLING)
    return np.asarray(cv2.resize(large, (CROP_PX, CROP_PX), interpolation=cv2.INTER_AREA), np.uint8)
