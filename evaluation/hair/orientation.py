"""How well strands run as the photo's hair does (in the manner of HairSale, Zheng et al. 2023).

A photo shows along which line hair lies, not which way it grows: against a photo the error is
undirected, 0 to 90 degrees, and 45 is chance. Against known strands it may be directed, 0 to 180,
as HairSale is.
"""

import numpy as np
from jaxtyping import Bool, Float

Angles = Float[np.ndarray, "H W"]


def orientation_error_deg(
    strands_rad: Angles,
    photo_rad: Angles,
    weight: Float[np.ndarray, "H W"],
    where: Bool[np.ndarray, "H W"],
) -> float | None:
    """Mean angle between two undirected fields, weighted by how sure the photo's is.

    None where nothing is compared. 0 of equal fields; the same for a field turned by 180 degrees.
    """
    difference = np.abs(np.mod(strands_rad - photo_rad + np.pi / 2, np.pi) - np.pi / 2)
    return _weighted_mean_deg(difference, weight, where)


def direction_error_deg(
    strands_rad: Angles, true_rad: Angles, where: Bool[np.ndarray, "H W"]
) -> float | None:
    """Mean angle between two directed fields, 0 to 180."""
    difference = np.abs(np.mod(strands_rad - true_rad + np.pi, 2 * np.pi) - np.pi)
    return _weighted_mean_deg(difference, np.ones_like(difference), where)


def _weighted_mean_deg(
    difference: Angles, weight: Float[np.ndarray, "H W"], where: Bool[np.ndarray, "H W"]
) -> float | None:
    chosen = weight[where]
    total = float(chosen.sum())
    if total <= 0:
        return None
    return float(np.degrees((difference[where] * chosen).sum() / total))
