"""Coils, locs, twists and braids."""

from dataclasses import replace

from reconstruction_backend.hair.hairstyle import StrandTexture
from training.hair.groom.parameters import (
    Flow,
    Lengths,
    Parting,
    Sections,
    StyleParameters,
    Tie,
    even,
)
from training.hair.groom.strand_textures import AFRO, COILY

_ROUND = Flow(
    radial=1.0,
    lift=0.95,
    sides_lift=0.9,
    bend_m=100.0,
    comb_m=50.0,
    volume_m=0.0,
    mess=0.05,
    cling=0.0,
)

AFRO_HAIR: tuple[StyleParameters, ...] = (
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
        flow=replace(_ROUND, radial=0.25, upright=0.8, lift=1.0, sides_lift=0.8),
        texture=replace(AFRO, curl_radius_m=0.003),
    ),
    StyleParameters(
        "short-coily",
        lengths=Lengths(0.028, 0.028, 0.026, 0.014, 0.014, 0.008, fade=0.6),
        flow=replace(_ROUND, lift=0.95, sides_lift=0.8),
        texture=replace(COILY, curl_radius_m=0.003, curl_pitch_m=0.009, strands=30_000),
    ),
    StyleParameters(
        "coily",
        lengths=even(0.14, hem_m=-0.09, layers=0.3, ragged=0.08),
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
        lengths=even(0.3, ragged=0.1),
        flow=Flow(forward=-0.5, apart=0.8, lift=0.4, sides_lift=0.25, volume_m=0.024, cling=0.5),
        texture=StrandTexture(
            strands=16_000,
            width_m=1.8e-4,
            bundle="loc",
            bundle_radius_m=0.0046,
            frizz_m=0.0018,
            flyaways=0.03,
        ),
    ),
    StyleParameters(
        "box-braids",
        parting=Parting("middle", 0.0, -0.08),
        sections=Sections(0.0155),
        lengths=even(0.42, ragged=0.03),
        flow=Flow(forward=-0.4, apart=0.9, lift=0.35, sides_lift=0.2, volume_m=0.022, cling=0.5),
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
        lengths=even(0.13, ragged=0.06),
        flow=Flow(forward=-0.1, lift=0.75, sides_lift=0.5, volume_m=0.024, bend_m=0.05, cling=0.2),
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
)
