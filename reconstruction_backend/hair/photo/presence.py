"""Whether a picture shows hair of the head at all, or skin, or something worn over it."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float32

from reconstruction_backend.hair.photo.picture import HALF, PIXEL_M, HairPicture, pixels_of
from reconstruction_backend.hair.photo.volume import HairVolume

NoHairReason = Literal["bald", "covered"]
COVERED_FROM = 0.45
"""Share of directions above the face in which what is worn lies outermost."""
BALD_BELOW = 0.15
"""Share of hair on the scalp that is seen."""
SHAVED_BELOW_M = 0.0055
"""Median thickness at the silhouette; the fitted head is true to about 3 mm there."""
_RAYS, _RAY_REACH_M = 48, 0.26
_LEAST_SEEN = 24
"""Points of the scalp that must be seen to say anything of it."""


@dataclass(frozen=True)
class NoHair:
    """No hair is to be grown."""

    reason: NoHairReason
    message: str
    """One sentence for the user."""


def worn_over(picture: HairPicture, centre_m: Float32[np.ndarray, "3"]) -> float:
    """Share of the directions above the head's centre in which clothes lie outermost: a hat's, a
    headscarf's. Directions in which the photo ends on the person do not count."""
    middle = pixels_of(picture, centre_m[None].astype(np.float64))[0][0]
    way = np.arange(0, _RAY_REACH_M / PIXEL_M)
    covered, counted = 0, 0
    for angle in np.linspace(-math.pi * 0.95, -math.pi * 0.05, _RAYS):
        x = np.rint(middle[0] + way * math.cos(angle)).astype(int)
        y = np.rint(middle[1] + way * math.sin(angle)).astype(int)
        inside = (x >= 0) & (y >= 0) & (x < len(picture.hair)) & (y < len(picture.hair))
        x, y = x[inside], y[inside]
        person = picture.seen[y, x] & (picture.background[y, x] < HALF)
        if not person.any():
            continue
        last = int(np.flatnonzero(person)[-1])
        if last + 1 < len(x) and not picture.seen[y[last + 1], x[last + 1]]:
            continue
        rim = slice(max(0, last - _RIM_PX), last + 1)
        counted += 1
        worn, hair = picture.clothes[y[rim], x[rim]].sum(), picture.hair[y[rim], x[rim]].sum()
        covered += int(worn > hair)
    return covered / counted if counted else 0.0


_RIM_PX = 8


def hair_share(
    picture: HairPicture,
    scalp_m: Float32[np.ndarray, "K 3"],
    normals: Float32[np.ndarray, "K 3"],
) -> float | None:
    """Share of hair on the scalp that the photo shows; None where it shows too little of it."""
    pixels, depth = pixels_of(picture, scalp_m.astype(np.float64))
    toward = picture.camera.position_m() - scalp_m
    toward /= np.linalg.norm(toward, axis=1, keepdims=True)
    x, y = np.rint(pixels).astype(int).T
    side = len(picture.hair)
    inside = (x >= 0) & (y >= 0) & (x < side) & (y < side)
    x, y = x.clip(0, side - 1), y.clip(0, side - 1)
    seen = inside & (np.einsum("kd,kd->k", normals, toward) > _FACING)
    seen &= picture.seen[y, x] & (depth < picture.skin_depth_m[y, x] + _DEPTH_SLACK_M)
    seen &= picture.background[y, x] < HALF
    if seen.sum() < _LEAST_SEEN:
        return None
    hair, skin = picture.hair[y, x][seen].sum(), picture.skin[y, x][seen].sum()
    return float(hair / max(hair + skin, 1e-6))


_FACING, _DEPTH_SLACK_M = 0.15, 0.006


def shaved(volume: HairVolume, long: bool) -> bool:
    """Whether hair is no thicker than stubble. `long` tells that it hangs somewhere."""
    if long:
        return False
    at = _silhouette(volume)
    return bool(at.any() and np.median(volume.thickness_m[at]) < SHAVED_BELOW_M)


def _silhouette(volume: HairVolume) -> Bool[np.ndarray, "R C"]:
    return volume.shown & volume.measured
