"""Base hairstyles, by family, from which all others are varied."""

from dataclasses import replace

from reconstruction_backend.hair.hairstyle import StrandTexture
from training.hair.groom.parameters import (
    Flow,
    Fringe,
    Hairline,
    Lengths,
    Parting,
    Sections,
    StyleParameters,
    Tie,
)
from training.hair.groom.strand_textures import (
    AFRO,
    COILY,
    CURLY,
    MEDIUM,
    SHORT,
    SLEEK,
    STRAIGHT,
    WAVY,
)


def _all(length_m: float, **more: float) -> Lengths:
    return replace(Lengths(length_m, length_m, length_m, length_m, length_m, length_m), **more)


_TIED = Flow(volume_m=0.007, lift=0.25, sides_lift=0.1, comb_m=0.018, mess=0.05, bend_m=0.035)
_ROUND = Flow(
    radial=1.0, lift=0.95, sides_lift=0.9, bend_m=100.0, comb_m=50.0, volume_m=0.0, mess=0.05
)
_DOWN = Flow(forward=-0.1, volume_m=0.012, lift=0.3)

BASES: tuple[StyleParameters, ...] = (
    StyleParameters(
        "bald-stubble",
        lengths=_all(0.0013),
        hairline=Hairline(0.003, 0.008),
        flow=Flow(forward=0.3, lift=0.5, sides_lift=0.4, volume_m=0.0005, mess=0.1),
        texture=replace(SHORT, width_m=1.0e-4, clump=0.0, length_spread=0.1),
    ),
    StyleParameters(
        "buzz",
        lengths=_all(0.006, fade=0.4, fade_from_m=-0.03, fade_to_m=0.05),
        hairline=Hairline(0.002, 0.004),
        flow=Flow(forward=0.5, lift=0.6, sides_lift=0.45, volume_m=0.003),
        texture=replace(SHORT, clump=0.1),
    ),
    StyleParameters(
        "crew",
        lengths=Lengths(0.024, 0.03, 0.018, 0.011, 0.011, 0.006, fade=0.6),
        hairline=Hairline(0.002, 0.005),
        flow=Flow(
            forward=0.6, lift=0.5, sides_lift=0.3, volume_m=0.008, bend_m=0.1, side_volume=0.25
        ),
        texture=SHORT,
    ),
    StyleParameters(
        "fade",
        lengths=Lengths(
            0.035, 0.042, 0.026, 0.014, 0.014, 0.008, fade=0.95, fade_from_m=0.01, fade_to_m=0.085
        ),
        hairline=Hairline(0.002, 0.004),
        flow=Flow(
            forward=-0.2,
            sweep=0.5,
            lift=0.55,
            sides_lift=0.25,
            volume_m=0.016,
            bend_m=0.12,
            side_volume=0.25,
        ),
        texture=SHORT,
    ),
    StyleParameters(
        "high-top",
        lengths=Lengths(
            0.11,
            0.11,
            0.11,
            0.008,
            0.008,
            0.005,
            fade=0.9,
            fade_from_m=0.02,
            fade_to_m=0.09,
            flat_m=0.205,
        ),
        flow=replace(_ROUND, radial=0.0, upright=1.0, lift=1.0, sides_lift=0.7),
        texture=replace(AFRO, curl_radius_m=0.003),
    ),
    StyleParameters(
        "side-part",
        parting=Parting("side", 0.035, -0.04),
        lengths=Lengths(0.065, 0.075, 0.05, 0.022, 0.022, 0.01, fade=0.5),
        flow=Flow(
            forward=-0.55,
            apart=1.0,
            lift=0.35,
            sides_lift=0.12,
            volume_m=0.018,
            comb_m=0.02,
            side_volume=0.25,
        ),
        texture=replace(MEDIUM, strands=26_000),
    ),
    StyleParameters(
        "comb-over",
        parting=Parting("side", 0.05, -0.05),
        hairline=Hairline(0.008, 0.016),
        lengths=Lengths(0.075, 0.08, 0.065, 0.026, 0.02, 0.01, fade=0.4),
        flow=Flow(
            forward=-0.1,
            apart=1.6,
            lift=0.1,
            volume_m=0.007,
            comb_m=0.015,
            mess=0.08,
            side_volume=0.25,
        ),
        texture=replace(SLEEK, strands=14_000),
    ),
    StyleParameters(
        "receding",
        hairline=Hairline(0.008, 0.034, 0.006),
        lengths=Lengths(0.03, 0.032, 0.024, 0.016, 0.016, 0.009, fade=0.4),
        flow=Flow(forward=-0.3, sweep=0.2, lift=0.4, volume_m=0.01, bend_m=0.1, side_volume=0.25),
        texture=SHORT,
    ),
    StyleParameters(
        "wreath",
        hairline=Hairline(0.012, 0.01, bald_above_m=0.088),
        lengths=_all(0.022, fade=0.3),
        flow=Flow(sides_back=0.4, lift=0.2, volume_m=0.008),
        texture=SHORT,
    ),
    StyleParameters(
        "slick-back",
        lengths=Lengths(0.1, 0.11, 0.08, 0.028, 0.04, 0.025),
        flow=Flow(
            forward=-1.0,
            whorl=0.0,
            sides_back=0.9,
            lift=0.25,
            volume_m=0.012,
            comb_m=0.018,
            mess=0.05,
        ),
        texture=SLEEK,
    ),
    StyleParameters(
        "quiff",
        lengths=Lengths(0.06, 0.085, 0.04, 0.012, 0.012, 0.006, fade=0.7),
        flow=Flow(
            forward=-1.0,
            sweep=0.2,
            lift=0.72,
            volume_m=0.03,
            comb_m=0.022,
            bend_m=0.15,
            side_volume=0.25,
            mess=0.12,
        ),
        texture=replace(MEDIUM, strands=28_000, clump=0.55),
    ),
    StyleParameters(
        "textured-crop",
        lengths=Lengths(0.04, 0.05, 0.035, 0.012, 0.012, 0.006, fade=0.8),
        fringe=Fringe(0.03, 0.078),
        flow=Flow(forward=0.8, lift=0.5, volume_m=0.014, mess=0.5, bend_m=0.08, side_volume=0.25),
        texture=replace(MEDIUM, strands=30_000, clump=0.65),
    ),
    StyleParameters(
        "spiky",
        lengths=Lengths(0.045, 0.05, 0.04, 0.02, 0.02, 0.012, fade=0.4),
        flow=Flow(
            forward=0.1, lift=0.9, sides_lift=0.5, volume_m=0.0, bend_m=1.5, comb_m=0.3, mess=0.5
        ),
        texture=replace(MEDIUM, strands=28_000, clump=0.85, clump_strands=60.0, curl_together=1.0),
    ),
    StyleParameters(
        "mohawk",
        hairline=Hairline(strip_m=0.02),
        lengths=_all(0.07),
        flow=replace(_ROUND, radial=0.6, lift=1.0, sides_lift=1.0),
        texture=replace(MEDIUM, strands=9_000, clump=0.75, clump_strands=50.0),
    ),
    StyleParameters(
        "undercut",
        parting=Parting("side", 0.045, -0.05),
        lengths=Lengths(
            0.11, 0.12, 0.09, 0.004, 0.004, 0.003, fade=0.3, fade_from_m=0.0, fade_to_m=0.06
        ),
        flow=Flow(forward=-1.0, apart=0.9, lift=0.5, volume_m=0.022, comb_m=0.02, side_volume=0.25),
        texture=replace(MEDIUM, strands=26_000),
    ),
    StyleParameters(
        "short-curly",
        lengths=Lengths(0.065, 0.07, 0.06, 0.03, 0.03, 0.018, fade=0.4),
        flow=Flow(forward=0.3, lift=0.8, sides_lift=0.45, volume_m=0.02, mess=0.5, bend_m=0.12),
        texture=replace(CURLY, curl_radius_m=0.007, curl_pitch_m=0.022, clump_strands=30.0),
    ),
    StyleParameters(
        "short-coily",
        lengths=Lengths(0.028, 0.028, 0.026, 0.014, 0.014, 0.008, fade=0.6),
        flow=replace(_ROUND, lift=0.95, sides_lift=0.8),
        texture=replace(COILY, curl_radius_m=0.003, curl_pitch_m=0.009, strands=30_000),
    ),
    StyleParameters(
        "pixie",
        fringe=Fringe(0.05, 0.058, sweep=-0.5),
        lengths=Lengths(0.075, 0.085, 0.06, 0.04, 0.035, 0.02),
        flow=Flow(
            forward=0.5, sweep=-0.4, lift=0.3, volume_m=0.014, sides_back=-0.2, side_volume=0.25
        ),
        texture=replace(MEDIUM, strands=24_000, clump=0.55),
    ),
    StyleParameters(
        "bowl",
        fringe=Fringe(0.06, 0.058, half_width_m=0.075),
        lengths=_all(0.16, hem_m=0.012, ragged=0.01),
        flow=Flow(forward=0.2, whorl=0.8, volume_m=0.016, lift=0.25, mess=0.05),
        texture=replace(STRAIGHT, strands=22_000),
    ),
    StyleParameters(
        "bob",
        parting=Parting("middle", 0.0, -0.03),
        lengths=_all(0.4, hem_m=-0.07, hem_front_m=0.008, ragged=0.015),
        flow=replace(_DOWN, volume_m=0.013),
        texture=STRAIGHT,
    ),
    StyleParameters(
        "bob-fringe",
        fringe=Fringe(0.06, 0.056, half_width_m=0.072),
        parting=Parting("middle", 0.0, -0.03),
        lengths=_all(0.4, hem_m=-0.06, ragged=0.015),
        flow=replace(_DOWN, volume_m=0.013, outward=-0.5),
        texture=STRAIGHT,
    ),
    StyleParameters(
        "lob",
        parting=Parting("side", 0.03, -0.03),
        lengths=_all(0.45, hem_m=-0.125, hem_front_m=0.02, layers=0.1),
        flow=replace(_DOWN, volume_m=0.013),
        texture=replace(WAVY, curl_radius_m=0.005),
    ),
    StyleParameters(
        "layered",
        parting=Parting("side", 0.025, -0.03),
        fringe=Fringe(0.035, 0.042, sweep=-0.5, open=0.4),
        lengths=_all(0.4, hem_m=-0.14, layers=0.55, ragged=0.1),
        flow=replace(_DOWN, volume_m=0.015, outward=0.35),
        texture=replace(WAVY, curl_radius_m=0.004, clump=0.6),
    ),
    StyleParameters(
        "shag",
        parting=Parting("middle", 0.0, -0.02),
        fringe=Fringe(0.04, 0.055, open=0.2, arch_m=0.015, half_width_m=0.06),
        lengths=_all(0.3, hem_m=-0.09, layers=0.7, ragged=0.15),
        flow=replace(_DOWN, volume_m=0.014, mess=0.25, outward=0.3),
        texture=replace(WAVY, curl_radius_m=0.006, clump=0.65),
    ),
    StyleParameters(
        "mullet",
        fringe=Fringe(0.04, 0.066),
        lengths=Lengths(0.06, 0.06, 0.08, 0.022, 0.2, 0.2, fade=0.0, hem_m=-0.16),
        flow=Flow(
            forward=0.2, lift=0.45, volume_m=0.018, sides_back=0.3, front_share=0.0, mess=0.3
        ),
        texture=replace(MEDIUM, clump=0.6),
    ),
    StyleParameters(
        "curtains",
        parting=Parting("middle", 0.0, -0.03),
        fringe=Fringe(0.05, 0.028, open=0.9, half_width_m=0.05),
        lengths=Lengths(0.12, 0.12, 0.1, 0.05, 0.045, 0.025),
        flow=Flow(forward=0.1, lift=0.35, volume_m=0.018),
        texture=replace(MEDIUM, strands=24_000),
    ),
    StyleParameters(
        "long-straight",
        parting=Parting("middle", 0.0, -0.03),
        lengths=_all(0.62, hem_m=-0.27, hem_round_m=0.02),
        flow=_DOWN,
        texture=STRAIGHT,
    ),
    StyleParameters(
        "long-fringe",
        parting=Parting("middle", 0.0, -0.03),
        fringe=Fringe(0.06, 0.055, half_width_m=0.072),
        lengths=_all(0.62, hem_m=-0.25),
        flow=_DOWN,
        texture=STRAIGHT,
    ),
    StyleParameters(
        "long-wavy",
        parting=Parting("side", 0.028, -0.03),
        lengths=_all(0.6, hem_m=-0.25, layers=0.2, hem_round_m=0.02),
        flow=replace(_DOWN, volume_m=0.016),
        texture=WAVY,
    ),
    StyleParameters(
        "long-curly",
        parting=Parting("side", 0.022, -0.02),
        lengths=_all(0.42, hem_m=-0.2, layers=0.4, ragged=0.14),
        flow=replace(_DOWN, volume_m=0.022, lift=0.5, sides_lift=0.25, mess=0.3),
        texture=CURLY,
    ),
    StyleParameters(
        "medium-curly",
        lengths=_all(0.2, hem_m=-0.06, layers=0.5, ragged=0.15),
        fringe=Fringe(0.03, 0.06),
        flow=replace(_DOWN, volume_m=0.025, lift=0.6, sides_lift=0.35, mess=0.3),
        texture=CURLY,
    ),
    StyleParameters(
        "coily",
        lengths=_all(0.14, hem_m=-0.09, layers=0.3, ragged=0.08),
        flow=Flow(
            apart=0.5,
            radial=0.3,
            lift=0.7,
            sides_lift=0.6,
            volume_m=0.03,
            bend_m=0.05,
            mess=0.15,
        ),
        texture=COILY,
    ),
    StyleParameters(
        "afro",
        lengths=Lengths(0.078, 0.058, 0.078, 0.07, 0.072, 0.045, ragged=0.03),
        flow=_ROUND,
        texture=AFRO,
    ),
    StyleParameters(
        "locs",
        parting=Parting("middle", 0.0, -0.08),
        sections=Sections(0.0165),
        lengths=_all(0.3, ragged=0.1),
        flow=Flow(forward=-0.5, apart=0.8, lift=0.55, sides_lift=0.35, volume_m=0.026),
        texture=StrandTexture(
            strands=16_000,
            width_m=1.8e-4,
            bundle="loc",
            bundle_radius_m=0.0045,
            frizz_m=0.0009,
            flyaways=0.03,
        ),
    ),
    StyleParameters(
        "box-braids",
        parting=Parting("middle", 0.0, -0.08),
        sections=Sections(0.0155),
        lengths=_all(0.42, ragged=0.03),
        flow=Flow(forward=-0.4, apart=0.9, lift=0.5, sides_lift=0.3, volume_m=0.024),
        texture=StrandTexture(
            strands=16_000,
            width_m=1.6e-4,
            bundle="braid",
            bundle_radius_m=0.0042,
            frizz_m=0.0003,
            flyaways=0.02,
        ),
    ),
    StyleParameters(
        "twists",
        sections=Sections(0.0155),
        lengths=_all(0.13, ragged=0.06),
        flow=Flow(forward=-0.1, lift=0.75, sides_lift=0.5, volume_m=0.024, bend_m=0.05),
        texture=StrandTexture(
            strands=16_000,
            width_m=1.7e-4,
            bundle="twist",
            bundle_radius_m=0.0042,
            frizz_m=0.0005,
            flyaways=0.03,
        ),
    ),
    StyleParameters(
        "cornrows",
        sections=Sections(rows=13),
        tie=Tie(tail_m=0.1),
        texture=StrandTexture(
            strands=16_000,
            width_m=1.6e-4,
            bundle="braid",
            bundle_radius_m=0.0048,
            frizz_m=0.0003,
            flyaways=0.02,
        ),
    ),
    StyleParameters(
        "ponytail", tie=Tie("ponytail", 0.72, 0.32), flow=_TIED, texture=SLEEK, lengths=_all(0.3)
    ),
    StyleParameters(
        "low-ponytail",
        parting=Parting("side", 0.025, -0.03),
        tie=Tie("ponytail", 0.12, 0.28),
        flow=_TIED,
        texture=SLEEK,
        lengths=_all(0.2),
    ),
    StyleParameters("bun", tie=Tie("bun", 0.8, 0.3), flow=_TIED, texture=SLEEK, lengths=_all(0.3)),
    StyleParameters(
        "half-up",
        tie=Tie("half-up", 0.5, 0.25, spread=0.5),
        lengths=_all(0.55, hem_m=-0.22, layers=0.1),
        flow=replace(_TIED, volume_m=0.014, sides_back=0.35),
        texture=replace(WAVY, curl_radius_m=0.005, clump=0.35),
    ),
    StyleParameters(
        "half-bun",
        tie=Tie("half-bun", 0.78, 0.2),
        lengths=_all(0.45, hem_m=-0.15),
        flow=replace(_TIED, volume_m=0.014, sides_back=0.35),
        texture=MEDIUM,
    ),
    StyleParameters(
        "pigtails",
        parting=Parting("middle", 0.0, -0.09),
        tie=Tie("pigtails", 0.35, 0.25),
        flow=_TIED,
        texture=SLEEK,
        lengths=_all(0.3),
    ),
    StyleParameters(
        "space-buns",
        parting=Parting("middle", 0.0, -0.09),
        tie=Tie("space-buns", 0.85, 0.25, band_m=0.009),
        flow=_TIED,
        texture=SLEEK,
        lengths=_all(0.3),
    ),
    StyleParameters(
        "braid",
        tie=Tie("braid", 0.15, 0.36, band_m=0.015),
        flow=_TIED,
        texture=SLEEK,
        lengths=_all(0.3),
    ),
    StyleParameters(
        "two-braids",
        parting=Parting("middle", 0.0, -0.09),
        tie=Tie("braids", 0.08, 0.3, band_m=0.011),
        flow=_TIED,
        texture=SLEEK,
        lengths=_all(0.3),
    ),
)
"""One of each kind; `styles.random_style` and `build` vary them."""


def base(name: str) -> StyleParameters:
    """The base style of a name. Raises KeyError."""
    return {style.name: style for style in BASES}[name]
