"""All strands of a head of hair, ready to be drawn or written."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32


@dataclass(frozen=True)
class HairStrands:
    """N polylines of P points each, root first, in the head frame of whoever wears them."""

    root_uv: Float32[np.ndarray, "N 2"]
    """Scalp coordinates of the roots (`HeadModel.scalp_uv`); NaN for strands that have none."""
    points_m: Float32[np.ndarray, "N P 3"]
    width_m: Float32[np.ndarray, "N P"]
    """Diameters; they fall towards the tip."""
    color_linear: Float32[np.ndarray, "N P 3"]
    """Linear RGB in [0, 1], without light."""
    smooth_m: Float32[np.ndarray, "N P 3"] | None = None
    """The same points before curl and frizz, which a viewer may weaken or strengthen; None where
    that is not known, as of files."""

    @property
    def count(self) -> int:
        """N."""
        return len(self.points_m)

    @property
    def points_per_strand(self) -> int:
        """P."""
        return self.points_m.shape[1]
