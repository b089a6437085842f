"""Whether hair lies in front of hair as it should (in the manner of HairRida, Zheng et al. 2023).

From one photo nobody knows depth, but which of two places is nearer can be said. HairRida asks this
of people; here the truth is synthetic, where depth is known. It is the share of pairs of places
that both heads of hair cover and whose order agrees; chance is one half.
"""

import numpy as np
from jaxtyping import Bool, Float

PAIRS = 20_000
SEED = 7
TELLING_M = 0.005
"""True depths closer than this are not asked about."""


def depth_order_accuracy(
    depth_m: Float[np.ndarray, "H W"],
    true_depth_m: Float[np.ndarray, "H W"],
    where: Bool[np.ndarray, "H W"],
) -> float | None:
    """Over random pairs, the same each time. None where no pair is telling.

    1 for any depth that grows with the true one: neither scale nor offset matters.
    """
    found, true = depth_m[where], true_depth_m[where]
    if len(found) < 2:
        return None
    first, second = np.random.default_rng(SEED).integers(0, len(found), (2, PAIRS))
    true_step = true[second] - true[first]
    telling = np.abs(true_step) > TELLING_M
    if not telling.any():
        return None
    agree = np.sign(found[second] - found[first]) == np.sign(true_step)
    return float(agree[telling].mean())
