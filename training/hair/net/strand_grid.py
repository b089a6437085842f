"""Any style as the network gives it: one strand for each point of the scalp's 32 x 32 grid."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int32
from scipy.spatial import KDTree

from reconstruction_backend.hair.hairstyle import HairGuides
from reconstruction_backend.hair.resample import resampled
from reconstruction_backend.hair.scalp import scalp_of
from reconstruction_backend.head_model import HeadModel

STRAND_POINTS = 100
"""Along a strand (Zhou et al. 2018)."""
NEIGHBOURS = 4
"""Guides of one wisp that are blended into a strand of the grid."""
BALD_SPACINGS = 2.5
"""A root farther from all guides than so many of their spacings has no hair."""
_LEAST_SPACING_M = 0.005


@dataclass(frozen=True)
class StrandGrid:
    """Strands of the R grid points on the scalp, in the order of `Scalp.grid`."""

    offsets_m: Float32[np.ndarray, "R 100 3"]
    """From the root, evenly spaced along the strand; the first is zero."""
    present: Bool[np.ndarray, "R"]
    """Whether hair grows there; offsets are zero where it does not."""
    wisp: Int32[np.ndarray, "R"]
    """As `HairGuides.wisp`."""


def strand_grid(guides: HairGuides, model: HeadModel) -> StrandGrid:
    """Blend the guides nearest to each grid point, of the nearest one's wisp only."""
    scalp = scalp_of(model)
    roots = model.surface_points(scalp.locate(scalp.grid()[0])[0], model.template_m)
    starts = guides.points_m[:, 0]
    tree = KDTree(starts)
    count = min(NEIGHBOURS + 1, guides.count)
    spacing = np.median(tree.query(starts, k=count)[0][:, -1]) if guides.count > 1 else 0.0
    spacing = max(float(spacing), _LEAST_SPACING_M)
    distance, nearest = tree.query(roots, k=min(3 * NEIGHBOURS, guides.count))
    distance, nearest = distance.reshape(len(roots), -1), nearest.reshape(len(roots), -1)
    allowed = guides.wisp[nearest] == guides.wisp[nearest[:, :1]]
    allowed &= np.cumsum(allowed, axis=1) <= NEIGHBOURS
    weight = allowed / (distance + spacing / 4) ** 2
    weight /= weight.sum(axis=1, keepdims=True)
    even = resampled(guides.points_m - starts[:, None], STRAND_POINTS)
    offsets = np.einsum("rk,rkpd->rpd", weight, even[nearest])
    present = distance[:, 0] < BALD_SPACINGS * spacing
    offsets[~present] = 0
    wisp = guides.wisp[nearest[:, 0]].astype(np.int32)
    return StrandGrid(offsets.astype(np.float32), present, wisp)
