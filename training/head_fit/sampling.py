"""Bilinear look-up of many points in an image."""

import cv2
import numpy as np
from jaxtyping import Float, Shaped

ROW = 1024
"""cv2.remap takes maps of fewer than 32,768 rows and columns, so the points are laid out in 2D."""


def sample_points(
    image: Shaped[np.ndarray, "H W *c"], pixel: Float[np.ndarray, "N 2"]
) -> Shaped[np.ndarray, "N *c"]:
    """Bilinear values at (x, y); the border repeats outside."""
    count = len(pixel)
    padded = np.zeros((-(-count // ROW) * ROW, 2), np.float32)
    padded[:count] = pixel
    maps = padded.reshape(-1, ROW, 2)
    values = cv2.remap(
        image, maps[..., 0], maps[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return values.reshape(len(padded), *image.shape[2:])[:count]
