"""Changes that a user makes to hair: longer, curlier, thicker, denser."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float32

from reconstruction_backend.hair.choice import HairEdit
from reconstruction_backend.hair.hairstyle import HairGuides, StrandTexture
from reconstruction_backend.hair.resample import lengths_m, resampled, shortened

__all__ = ["HairEdit", "edited"]

_HANGS_WITHIN_M = 0.06
"""How far new growth goes on as the tip pointed before it hangs."""
_FROM_STRAIGHT_M = 0.003
"""Curl radius that `curl=2` gives to straight hair."""


def edited(
    guides: HairGuides, texture: StrandTexture, edit: HairEdit
) -> tuple[HairGuides, StrandTexture]:
    """Guides and texture after an edit; the neutral edit returns them as they are."""
    radius = texture.curl_radius_m * edit.curl
    if texture.bundle == "free":
        radius += _FROM_STRAIGHT_M * max(edit.curl - 1, 0)
    changed = replace(
        texture,
        strands=max(1, round(texture.strands * edit.density)),
        width_m=texture.width_m * edit.thickness,
        curl_radius_m=radius,
        frizz_m=texture.frizz_m * edit.curl,
    )
    if edit.length == 1:
        return guides, changed
    if edit.length < 1:
        share = np.full(guides.count, edit.length, np.float32)
        return replace(guides, points_m=shortened(guides.points_m, share)), changed
    return replace(guides, points_m=_lengthened(guides.points_m, edit.length)), changed


def _lengthened(
    points_m: Float32[np.ndarray, "G P 3"], factor: float
) -> Float32[np.ndarray, "G P 3"]:
    """New growth leaves in the tip's direction and turns down within a few centimetres."""
    points = points_m.shape[1]
    tip = points_m[:, -1] - points_m[:, -2]
    direction = tip / np.maximum(np.linalg.norm(tip, axis=1, keepdims=True), 1e-9)
    step = (factor - 1) * lengths_m(points_m)[:, None] / (points - 1)
    down = np.array([0, -1, 0], np.float32)
    turn = np.minimum(step / _HANGS_WITHIN_M, 1)
    grown = [points_m[:, -1]]
    for _ in range(points - 1):
        direction = direction + turn * (down - direction)
        direction /= np.maximum(np.linalg.norm(direction, axis=1, keepdims=True), 1e-9)
        grown.append(grown[-1] + step * direction)
    return resampled(np.concatenate([points_m, np.stack(grown[1:], axis=1)], axis=1), points)
