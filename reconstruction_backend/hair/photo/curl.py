"""Straight, wavy, curly or coily: what the orientations of a picture's hair say together.

Orientations of straight hair agree over centimetres. Curls turn them to and fro within their pitch,
and coils are too small for the filters: neighbours disagree, and few are sure. Short straight hair
disagrees too, where it lies close to the skull; curls stand out from it.

The thresholds were set by eye on portraits of SFHQ and of the US Congress.
"""

import math
from dataclasses import dataclass, replace
from typing import Literal, get_args

import cv2
import numpy as np
from jaxtyping import Bool, Float32

from reconstruction_backend.hair.hairstyle import StrandTexture
from reconstruction_backend.hair.photo.picture import PIXEL_M, HairPicture
from reconstruction_backend.hair.photo.texture import hair_look

CurlKind = Literal["straight", "wavy", "curly", "coily"]
KINDS: tuple[CurlKind, ...] = get_args(CurlKind)
FLOW_SAYS: dict[CurlKind, float] = {"straight": 1.0, "wavy": 0.8, "curly": 0.4, "coily": 0.1}
"""How much a photo's orientations tell of the hair's flow: curls turn every way about it."""

REACH_M = 0.0105
"""Deviation of the Gaussian within which orientations are compared."""
COILY_COHERENCE, COILY_CONFIDENCE = 0.70, 0.60
"""Coils are less coherent than the first and less sure than the second."""
WAVY_CONFIDENCE, WAVY_CURLINESS = 0.78, 0.3
"""Hair that turns as much as curls do, but surely, and little along its strands, only waves."""
CURLY_COHERENCE, WAVY_COHERENCE = 0.72, 0.87
"""Below these hair curls or waves, where it stands out enough."""
CURLY_THICKNESS_M, WAVY_THICKNESS_M = 0.02, 0.03
_WELL_INSIDE = 0.9
_RIM_PX = 3
"""Left out along the mask's edge, where filters answer to the edge."""
_FEWEST_PX = 300
_ARC_M = 0.30
"""Length of the skull's outline above the ears."""
_ABOVE_M = 0.03
"""Height in the head frame above which hair's thickness is measured."""


@dataclass(frozen=True)
class HairCurl:
    """What was measured."""

    kind: CurlKind
    coherence: float
    """1 where orientations agree within `REACH_M`, 0 where they cancel out."""
    confidence: float
    """Mean, of the orientations."""
    thickness_m: float
    """Mean, of hair beyond the fitted skull's outline above the ears."""


def hair_curl(picture: HairPicture) -> HairCurl:
    """Measure a picture; hair of too few pixels counts as straight."""
    inside = _inside(picture)
    if inside.sum() < _FEWEST_PX:
        return HairCurl("straight", 1.0, 0.0, 0.0)
    coherence = _coherence(picture.orientation.angle_rad, inside)
    confidence = float(picture.orientation.confidence[inside].mean())
    thickness = _thickness(picture)
    kind = _kind(coherence, confidence, thickness, hair_look(picture).curliness)
    return HairCurl(kind, coherence, confidence, thickness)


def curl_of(texture: StrandTexture) -> CurlKind:
    """The kind of a strand texture, by how steeply its helix winds and how tightly."""
    if texture.bundle != "free":
        return "coily"  # locs and braids are worn in coily hair, and look as unsure to the filters
    winding = 2 * math.pi * texture.curl_radius_m / texture.curl_pitch_m
    if winding < _WAVY_WINDING:
        return "straight"
    if winding < _CURLY_WINDING:
        return "wavy"
    return "coily" if texture.curl_pitch_m < _COILY_PITCH_M else "curly"


_WAVY_WINDING, _CURLY_WINDING = 0.2, 0.9
_COILY_PITCH_M = 0.02


def _kind(coherence: float, confidence: float, thickness_m: float, curliness: float) -> CurlKind:
    if coherence < COILY_COHERENCE and confidence < COILY_CONFIDENCE:
        return "coily"
    flows = confidence > WAVY_CONFIDENCE and curliness < WAVY_CURLINESS
    if coherence < CURLY_COHERENCE and thickness_m > CURLY_THICKNESS_M and not flows:
        return "curly"
    if coherence < WAVY_COHERENCE and thickness_m > WAVY_THICKNESS_M:
        return "wavy"
    return "straight"


def _inside(picture: HairPicture) -> Bool[np.ndarray, "S S"]:
    well = (picture.hair > _WELL_INSIDE) & picture.seen
    size = 2 * _RIM_PX + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    inner = cv2.erode(well.astype(np.uint8), kernel) > 0
    return inner if inner.sum() >= _FEWEST_PX else well


def _coherence(angle_rad: Float32[np.ndarray, "S S"], inside: Bool[np.ndarray, "S S"]) -> float:
    weight = inside.astype(np.float32)
    planes = np.stack([np.cos(2 * angle_rad), np.sin(2 * angle_rad), np.ones_like(weight)], axis=-1)
    mean = cv2.GaussianBlur(planes * weight[:, :, None], (0, 0), REACH_M / PIXEL_M)
    return float(np.hypot(mean[inside, 0], mean[inside, 1]).sum() / mean[inside, 2].sum())


def _thickness(picture: HairPicture) -> float:
    beyond = (picture.hair > 1 / 2) & picture.seen & ~np.isfinite(picture.skin_depth_m)
    row = round(float(picture.camera.project(np.array([[0, _ABOVE_M, 0.0]]))[0, 1]))
    return float(beyond[: max(row, 0)].sum() * PIXEL_M**2 / _ARC_M)


def with_curl(texture: StrandTexture, kind: CurlKind) -> StrandTexture:
    """The texture with the curls of a kind, where it has those of another."""
    if curl_of(texture) == kind:
        return texture
    curls = TYPICAL[kind]
    return replace(
        texture,
        curl_radius_m=curls.curl_radius_m,
        curl_pitch_m=curls.curl_pitch_m,
        curl_from=curls.curl_from,
        curl_together=curls.curl_together,
        frizz_m=curls.frizz_m,
        clump=curls.clump,
        clump_strands=curls.clump_strands,
        stray_m=curls.stray_m,
        bundle="free",
        bundle_radius_m=0.0,
    )


def covering(texture: StrandTexture) -> StrandTexture:
    """The texture with no fewer or thinner strands than its kind of curls takes to cover a head."""
    usual = TYPICAL[curl_of(texture)]
    return replace(
        texture,
        strands=max(texture.strands, usual.strands),
        width_m=max(texture.width_m, usual.width_m),
    )


TYPICAL: dict[CurlKind, StrandTexture] = {
    "straight": StrandTexture(
        clump=0.5, clump_strands=36.0, stray_m=0.003, length_spread=0.045, frizz_m=0.0003,
    ),
    "wavy": StrandTexture(
        clump=0.75, clump_strands=40.0, stray_m=0.006, curl_radius_m=0.007, curl_pitch_m=0.085,
        curl_together=0.92, frizz_m=0.0006,
    ),
    "curly": StrandTexture(
        strands=18_000, width_m=1.6e-4,
        clump=0.9, clump_strands=45.0, stray_m=0.011, curl_radius_m=0.009, curl_pitch_m=0.034,
        curl_from=0.06, curl_together=0.93, frizz_m=0.0006,
    ),
    "coily": StrandTexture(
        strands=26_000, width_m=1.4e-4,
        clump=0.55, clump_strands=14.0, stray_m=0.010, curl_radius_m=0.0045, curl_pitch_m=0.010,
        curl_from=0.0, curl_together=0.5, frizz_m=0.002,
    ),
}  # fmt: skip
"""Curls of each kind, where the photo says no more."""
