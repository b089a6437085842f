"""Shaven, clipped and thinning hair."""

from dataclasses import replace

from training.hair.groom.parameters import (
    Flow,
    Hairline,
    Lengths,
    Parting,
    StyleParameters,
    even,
)
from training.hair.groom.strand_textures import MEDIUM, SHORT, SLEEK

SHAVEN: tuple[StyleParameters, ...] = (
    StyleParameters(
        "bald-stubble",
        lengths=even(0.0013),
        hairline=Hairline(0.003, 0.008),
        flow=Flow(forward=0.3, lift=0.5, sides_lift=0.4, volume_m=0.0005, mess=0.1),
        texture=replace(SHORT, width_m=1.0e-4, clump=0.0, length_spread=0.1),
    ),
    StyleParameters(
        "buzz",
        lengths=even(0.006, fade=0.4, fade_from_m=-0.03, fade_to_m=0.05),
        hairline=Hairline(0.002, 0.004),
        flow=Flow(forward=0.5, lift=0.6, sides_lift=0.45, volume_m=0.003),
        texture=replace(SHORT, clump=0.1),
    ),
    StyleParameters(
        "crew",
        lengths=Lengths(0.024, 0.03, 0.018, 0.011, 0.011, 0.006, fade=0.6),
        hairline=Hairline(0.002, 0.005),
        flow=Flow(
            forward=0.6,
            lift=0.5,
            sides_lift=0.3,
            volume_m=0.008,
            bend_m=0.1,
            side_volume=0.25,
        ),
        texture=SHORT,
    ),
    StyleParameters(
        "fade",
        lengths=Lengths(
            0.035, 0.042, 0.026, 0.014, 0.014, 0.008, fade=0.95, fade_from_m=0.02, fade_to_m=0.092
        ),
        hairline=Hairline(0.002, 0.004),
        flow=Flow(
            forward=-0.2,
            sweep=0.5,
            lift=0.6,
            sides_lift=0.25,
            volume_m=0.018,
            bend_m=0.12,
            side_volume=0.25,
            cling=0.4,
        ),
        texture=SHORT,
    ),
    StyleParameters(
        "comb-over",
        parting=Parting("side", 0.048, -0.05, near_share=0.4),
        hairline=Hairline(0.007, 0.014),
        lengths=Lengths(0.07, 0.07, 0.045, 0.026, 0.02, 0.01, fade=0.4),
        flow=Flow(
            forward=-0.6,
            apart=1.5,
            lift=0.25,
            volume_m=0.009,
            comb_m=0.015,
            mess=0.08,
            side_volume=0.3,
            cling=0.8,
        ),
        texture=replace(SLEEK, strands=15_000),
    ),
    StyleParameters(
        "receding",
        hairline=Hairline(0.007, 0.028, 0.004),
        lengths=Lengths(0.028, 0.03, 0.024, 0.016, 0.016, 0.009, fade=0.4),
        flow=Flow(forward=-0.3, sweep=0.3, lift=0.45, volume_m=0.01, bend_m=0.1, side_volume=0.3),
        texture=replace(SHORT, strands=34_000),
    ),
    StyleParameters(
        "wreath",
        hairline=Hairline(0.0, 0.0, bald_above_m=0.095),
        lengths=even(0.015, fade=0.3),
        flow=Flow(sides_back=-0.05, lift=0.15, volume_m=0.006, cling=1.0),
        texture=SHORT,
    ),
    StyleParameters(
        "mohawk",
        hairline=Hairline(strip_m=0.021),
        lengths=Lengths(0.06, 0.062, 0.055, 0.0016, 0.042, 0.03, ragged=0.08),
        flow=Flow(
            upright=0.2,
            radial=0.7,
            lift=1.0,
            sides_lift=0.9,
            volume_m=0.0,
            bend_m=10.0,
            mess=0.2,
            cling=0.0,
        ),
        texture=replace(MEDIUM, strands=34_000, clump=0.5, clump_strands=30.0, width_m=1.4e-4),
    ),
)
