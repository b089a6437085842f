"""Looking images up at scattered places."""

import cv2
import numpy as np
from jaxtyping import Float32

_UNUSED = np.empty(0, np.float32)
"""OpenCV's second map is empty where the first holds both coordinates."""


def look_up(image: np.ndarray, at: Float32[np.ndarray, "H W 2"]) -> np.ndarray:
    """Bilinear samples of an image at (x, y) in its pixels, zero beyond its border."""
    return cv2.remap(image, at, _UNUSED, cv2.INTER_LINEAR)
