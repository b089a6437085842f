"""Loose hair, from the bob to the waist."""

from dataclasses import replace

from training.hair.groom.parameters import Flow, Fringe, Lengths, Parting, StyleParameters, even
from training.hair.groom.strand_textures import CURLY, MEDIUM, STRAIGHT, WAVY

_DOWN = Flow(forward=-0.1, volume_m=0.012, lift=0.3)

LONG_HAIR: tuple[StyleParameters, ...] = (
    StyleParameters(
        "bob",
        parting=Parting("middle", 0.0, -0.03),
        lengths=even(0.4, hem_m=-0.07, hem_front_m=0.008, ragged=0.015),
        flow=replace(_DOWN, volume_m=0.011, outward=-0.4),
        texture=STRAIGHT,
    ),
    StyleParameters(
        "bob-fringe",
        fringe=Fringe(0.06, 0.056, half_width_m=0.072),
        parting=Parting("middle", 0.0, -0.03),
        lengths=even(0.4, hem_m=-0.06, ragged=0.015),
        flow=replace(_DOWN, volume_m=0.011, outward=-0.6),
        texture=STRAIGHT,
    ),
    StyleParameters(
        "lob",
        parting=Parting("side", 0.03, -0.03),
        lengths=even(0.45, hem_m=-0.125, hem_front_m=0.02, layers=0.1),
        flow=replace(_DOWN, volume_m=0.013),
        texture=replace(WAVY, curl_radius_m=0.005),
    ),
    StyleParameters(
        "layered",
        parting=Parting("side", 0.025, -0.03),
        fringe=Fringe(0.035, 0.03, sweep=-0.2, open=0.8),
        lengths=even(0.4, hem_m=-0.14, layers=0.55, ragged=0.1),
        flow=replace(_DOWN, volume_m=0.015, outward=0.35),
        texture=replace(WAVY, curl_radius_m=0.004, clump=0.6),
    ),
    StyleParameters(
        "shag",
        parting=Parting("middle", 0.0, -0.02),
        fringe=Fringe(0.04, 0.055, open=0.2, arch_m=0.015, half_width_m=0.06),
        lengths=even(0.3, hem_m=-0.09, layers=0.7, ragged=0.15),
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
        "long-straight",
        parting=Parting("middle", 0.0, -0.03),
        lengths=even(0.62, hem_m=-0.27, hem_round_m=0.02),
        flow=_DOWN,
        texture=STRAIGHT,
    ),
    StyleParameters(
        "long-fringe",
        parting=Parting("middle", 0.0, -0.03),
        fringe=Fringe(0.06, 0.055, half_width_m=0.072),
        lengths=even(0.62, hem_m=-0.25),
        flow=_DOWN,
        texture=STRAIGHT,
    ),
    StyleParameters(
        "long-wavy",
        parting=Parting("side", 0.028, -0.03),
        lengths=even(0.6, hem_m=-0.25, layers=0.2, hem_round_m=0.02),
        flow=replace(_DOWN, volume_m=0.016),
        texture=WAVY,
    ),
    StyleParameters(
        "long-curly",
        parting=Parting("side", 0.022, -0.02),
        lengths=even(0.42, hem_m=-0.2, layers=0.4, ragged=0.14),
        flow=replace(_DOWN, volume_m=0.022, lift=0.5, sides_lift=0.25, mess=0.3),
        texture=CURLY,
    ),
    StyleParameters(
        "medium-curly",
        lengths=even(0.2, hem_m=-0.06, layers=0.5, ragged=0.15),
        fringe=Fringe(0.03, 0.06),
        flow=replace(_DOWN, volume_m=0.025, lift=0.6, sides_lift=0.35, mess=0.3),
        texture=CURLY,
    ),
    StyleParameters(
        "shoulder-length",
        parting=Parting("middle", 0.0, -0.03),
        lengths=even(0.45, hem_m=-0.118, layers=0.15, ragged=0.04),
        flow=replace(_DOWN, volume_m=0.013, outward=-0.15),
        texture=replace(STRAIGHT, frizz_m=0.0004),
    ),
    StyleParameters(
        "wolf-cut",
        parting=Parting("middle", 0.0, -0.02),
        fringe=Fringe(0.045, 0.045, open=0.6, arch_m=0.02, half_width_m=0.058),
        lengths=even(0.4, hem_m=-0.15, layers=0.85, ragged=0.14),
        flow=replace(_DOWN, lift=0.55, volume_m=0.024, side_volume=0.7, mess=0.3, outward=0.5),
        texture=replace(WAVY, curl_radius_m=0.004, clump=0.65, strands=22_000),
    ),
    StyleParameters(
        "long-swept",
        parting=Parting("side", 0.032, -0.03),
        fringe=Fringe(0.035, 0.035, sweep=-0.8, half_width_m=0.055),
        lengths=even(0.6, hem_m=-0.22, layers=0.25),
        flow=replace(_DOWN, volume_m=0.014, cling=0.9),
        texture=STRAIGHT,
    ),
    StyleParameters(
        "loose-curls",
        parting=Parting("side", 0.02, -0.02),
        fringe=Fringe(0.035, 0.05, sweep=-0.2, open=0.5),
        lengths=even(0.3, hem_m=-0.07, layers=0.45, ragged=0.12),
        flow=replace(_DOWN, lift=0.55, sides_lift=0.3, volume_m=0.02, mess=0.25),
        texture=replace(CURLY, curl_radius_m=0.011, curl_pitch_m=0.046),
    ),
)
