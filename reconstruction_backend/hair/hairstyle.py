"""A hairstyle: guides on a head, and what hangs about them."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float32, Int32

Bundle = Literal["free", "loc", "twist", "braid"]
"""Whether strands about a guide hang loose, are matted to a tube, or are twisted or braided."""


@dataclass(frozen=True)
class HairGuides:
    """G guide strands on one head at rest: the flow of the hair without its curl."""

    root_uv: Float32[np.ndarray, "G 2"]
    """Scalp coordinates of the roots (`HeadModel.scalp_uv`)."""
    points_m: Float32[np.ndarray, "G P 3"]
    """Root first, in the head frame; the root lies on the skin."""
    wisp: Int32[np.ndarray, "G"]
    """Strands between guides are blended within one wisp only, and so never across a parting."""

    @property
    def count(self) -> int:
        """G."""
        return len(self.points_m)


@dataclass(frozen=True)
class StrandTexture:
    """What hangs about the guides. Lengths in metres; shares and amounts in [0, 1]."""

    strands: int = 15_000
    """How many there are in all at full density."""
    width_m: float = 1.2e-4
    """Diameter at the root; few strands stand for many hairs, so wider than a hair is."""
    taper: float = 0.7
    """Share of the width that is lost towards the tip."""
    clump: float = 0.4
    """How far tips gather to the middle of their clump."""
    clump_strands: float = 24.0
    """Strands to a clump, about."""
    stray_m: float = 0.002
    """How far clumps lie from where their guides lead."""
    curl_radius_m: float = 0.0
    """Of the helix that clumps wind about their guide; 0 is straight."""
    curl_pitch_m: float = 0.03
    """Along the guide, per turn."""
    curl_from: float = 0.15
    """Share of the length at which curls begin."""
    curl_together: float = 0.8
    """How much neighbours share a curl's phase: 1 is ringlets, 0 a cloud."""
    frizz_m: float = 0.0004
    """Amplitude of each strand's own small waves."""
    flyaways: float = 0.03
    """Share of strands that leave their clump."""
    length_spread: float = 0.08
    """Deviation of lengths from their guide's."""
    bundle: Bundle = "free"
    bundle_radius_m: float = 0.0
    """Of the tube of a loc, twist or braid."""


@dataclass(frozen=True)
class Hairstyle:
    """A style on the mean head of a model; `alignment` puts it on others."""

    name: str
    """Its key in the database: lower case, hyphens."""
    guides: HairGuides
    texture: StrandTexture
