"""The training crop: the square that the product cuts around the landmarks, as an affine map."""

from dataclasses import replace

import cv2
import numpy as np
from jaxtyping import Float

from reconstruction_backend.face_crop import picture_from_crop
from reconstruction_backend.head_fit.image_evidence import CROP_PX, face_square


def crop_from_photo(
    points_px: Float[np.ndarray, "L 2"], size_px: int = CROP_PX, widen: float = 1.0
) -> Float[np.ndarray, "2 3"]:
    """Photo pixels to the pixels of the crop (or of one `widen` times as wide)."""
    square = face_square(points_px)
    wider = replace(square, side_px=square.side_px * widen)
    return np.asarray(cv2.invertAffineTransform(picture_from_crop(wider, size_px)), np.float64)
