"""Hair that is held by ties."""

from dataclasses import replace

from training.hair.groom.parameters import Flow, Parting, StyleParameters, Tie, even
from training.hair.groom.strand_textures import AFRO, MEDIUM, SLEEK, WAVY

_TIED = Flow(volume_m=0.007, lift=0.25, sides_lift=0.1, comb_m=0.018, mess=0.05, bend_m=0.035)

TIED_HAIR: tuple[StyleParameters, ...] = (
    StyleParameters(
        "ponytail",
        tie=Tie("ponytail", 0.72, 0.32, spread=0.15),
        flow=_TIED,
        texture=SLEEK,
        lengths=even(0.3),
    ),
    StyleParameters(
        "low-ponytail",
        parting=Parting("side", 0.025, -0.03),
        tie=Tie("ponytail", 0.12, 0.28),
        flow=_TIED,
        texture=SLEEK,
        lengths=even(0.2),
    ),
    StyleParameters("bun", tie=Tie("bun", 0.8, 0.3), flow=_TIED, texture=SLEEK, lengths=even(0.3)),
    StyleParameters(
        "half-up",
        tie=Tie("half-up", 0.5, 0.25, spread=0.5),
        lengths=even(0.55, hem_m=-0.22, layers=0.1),
        flow=replace(_TIED, volume_m=0.014, sides_back=0.35),
        texture=replace(WAVY, curl_radius_m=0.005, clump=0.35),
    ),
    StyleParameters(
        "half-bun",
        tie=Tie("half-bun", 0.78, 0.2),
        lengths=even(0.45, hem_m=-0.15),
        flow=replace(_TIED, volume_m=0.014, sides_back=0.35),
        texture=MEDIUM,
    ),
    StyleParameters(
        "pigtails",
        parting=Parting("middle", 0.0, -0.09),
        tie=Tie("pigtails", 0.35, 0.25),
        flow=_TIED,
        texture=SLEEK,
        lengths=even(0.3),
    ),
    StyleParameters(
        "space-buns",
        parting=Parting("middle", 0.0, -0.09),
        tie=Tie("space-buns", 0.85, 0.25, band_m=0.009),
        flow=_TIED,
        texture=SLEEK,
        lengths=even(0.3),
    ),
    StyleParameters(
        "braid",
        tie=Tie("braid", 0.15, 0.36, band_m=0.015),
        flow=_TIED,
        texture=SLEEK,
        lengths=even(0.3),
    ),
    StyleParameters(
        "two-braids",
        parting=Parting("middle", 0.0, -0.09),
        tie=Tie("braids", 0.08, 0.3, band_m=0.011),
        flow=_TIED,
        texture=SLEEK,
        lengths=even(0.3),
    ),
    StyleParameters(
        "sleek-low-bun",
        parting=Parting("middle", 0.0, -0.05),
        tie=Tie("bun", 0.16, 0.26),
        flow=replace(_TIED, volume_m=0.003, lift=0.1),
        texture=SLEEK,
        lengths=even(0.3),
    ),
    StyleParameters(
        "afro-puff",
        tie=Tie("puff", 0.76, 0.075, band_m=0.02),
        flow=replace(_TIED, volume_m=0.004),
        texture=replace(AFRO, curl_from=0.3, strands=30_000, flyaways=0.005, frizz_m=0.0008),
        lengths=even(0.3),
    ),
)
