"""Gaussian blurs that are cheap however wide."""

import cv2
import numpy as np

FINEST_SIGMA_PX = 2.5
"""A blur at least this wide leaves nothing that the reduced image could not hold."""


def broad_blur(image: np.ndarray, sigma_px: float) -> np.ndarray:
    """Gaussian blur of a float image (H, W[, C]), done on a reduced copy where it is wide.

    Within about a percent of the exact blur's range.
    """
    step = 1
    while sigma_px / (2 * step) >= FINEST_SIGMA_PX:
        step *= 2
    if step == 1:
        return cv2.GaussianBlur(image, (0, 0), sigma_px)
    height, width = image.shape[:2]
    small = (-(-width // step), -(-height // step))
    reduced = cv2.resize(image, small, interpolation=cv2.INTER_AREA)
    # averaging over a square of `step` pixels and the interpolation back are blurs themselves
    rest = np.sqrt(sigma_px**2 - (step**2 - 1) / 12 - step**2 / 6) / step
    blurred = cv2.GaussianBlur(reduced, (0, 0), float(rest))
    return cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR)
