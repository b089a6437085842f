"""How well rendered hair covers the photo's."""

import numpy as np
from jaxtyping import Bool


def mask_iou(a: Bool[np.ndarray, "H W"], b: Bool[np.ndarray, "H W"]) -> float | None:
    """Intersection over union; symmetric, 1 of equal masks. None where both are empty."""
    union = int((a | b).sum())
    return int((a & b).sum()) / union if union else None
