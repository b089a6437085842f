"""What a style is called by those who browse: measured from it, not claimed."""

import numpy as np

from reconstruction_backend.hair.database import StyleAttributes
from reconstruction_backend.hair.hairstyle import Hairstyle, StrandTexture
from reconstruction_backend.hair.resample import lengths_m
from training.hair.groom.parameters import StyleParameters

_LENGTHS = ((0.008, "shaven"), (0.09, "short"), (0.26, "medium"), (0.42, "long"))
_COIL_PITCH_M, _CURL_PITCH_M = 0.018, 0.05
_VOLUMES = ((0.008, "flat"), (0.022, "medium"))
_HEAD_TOP_M = 0.145


def attributes(
    parameters: StyleParameters, style: Hairstyle, categories: tuple[str, ...]
) -> StyleAttributes:
    """Length, texture, parting, fringe and volume in words."""
    longest = float(np.quantile(lengths_m(style.guides.points_m), 0.8))
    return StyleAttributes(
        length=next((word for most, word in _LENGTHS if longest < most), "very long"),
        texture=_texture(style.texture),
        parting=parameters.parting.kind,
        fringe=_fringe(parameters),
        volume=_volume(style),
        categories=categories,
    )


def _texture(texture: StrandTexture) -> str:
    if texture.bundle != "free":
        return {"loc": "locs", "twist": "twists", "braid": "braids"}[texture.bundle]
    if texture.curl_radius_m < 0.0015:
        return "straight"
    if texture.curl_pitch_m < _COIL_PITCH_M:
        return "coily"
    return "curly" if texture.curl_pitch_m < _CURL_PITCH_M else "wavy"


def _fringe(parameters: StyleParameters) -> str:
    fringe = parameters.fringe
    if fringe.depth_m == 0:
        return "none"
    if fringe.open > 0.6:
        return "curtain"
    return "swept" if abs(fringe.sweep) > 0.3 else "straight"


def _volume(style: Hairstyle) -> str:
    """By how far hair rises over the top of the head."""
    rise = float(np.quantile(style.guides.points_m[:, :, 1].max(axis=1), 0.97)) - _HEAD_TOP_M
    return next((word for most, word in _VOLUMES if rise < most), "full")
