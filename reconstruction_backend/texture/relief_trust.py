"""Where fine shading in the photo may be called relief: not on hair, lashes, make-up and moles.

Shading and pigment look alike in one photo, so what is known of faces decides. Brows, lid rims and
the lips' border are known places. Paint and hair are much darker than the person's skin over some
millimetres without being redder, and a beard is finely striped. Moles and freckles are round,
wrinkles are long: the structure tensor's coherence tells them apart (Bigün and Granlund 1987).
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from reconstruction_backend.texture.atlas import SKIN_PART, Atlas
from reconstruction_backend.texture.masks import (
    INNER_LIPS,
    LEFT_EYE_RIM,
    RIGHT_EYE_RIM,
    landmark_texels,
    zones_of,
)
from reconstruction_backend.texture.projection import smoothstep

BROWS = (
    (70, 63, 105, 66, 107, 55, 65, 52, 53, 46),
    (300, 293, 334, 296, 336, 285, 295, 282, 283, 276),
)
"""Outlines in the mesh's numbering."""
BROW_MARGIN_M = 0.004
LASH_REACH_M = (0.0035, 0.007)
"""Distance from the lids' rim at which lashes and liner end surely, and at which lids count."""
LIP_BORDER_M = (0.0008, 0.0025)
"""The same for the lips' coloured border."""
MOUTH_CORNERS = ((61, 78), (291, 308))
CORNER_REACH_M = (0.003, 0.008)
"""The same for the corners of the mouth, where a little misfit shows the inside as a deep dark."""
HAIR_SCALE_M = 0.0022
DARKER_THAN_SKIN = (0.3, 0.6)
"""Log luminance below the person's tone at which skin may be, and surely is, hair or paint."""
REDDENING = 1.5
"""Creases and blood darken skin too, but redden it: log (R/G) above the tone counts against hair
this much."""
LOUDER_THAN_SKIN = (1.6, 2.5)
"""Where a beard grows: the finest band's amplitude over that of cheeks and forehead at which there
may be, and surely is, hair."""
STRAND_SCALE_M = 0.0007
LEAST_LOUDNESS = 0.018
"""Log amplitude that any skin may have; and below it a photo shows no strand."""
BEARD_LINE = (
    234, 137, 147, 187, 205, 203, 98, 97, 2, 326, 327, 423, 425, 411, 376, 366, 454, 323, 361, 288,
    397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150, 136, 172, 58, 132, 93,
)  # fmt: skip
"""Outline of where a beard may grow."""
COHERENCE_SCALE_M = 0.0014
COHERENT = (0.25, 0.6)
SURELY_SEEN = 0.9
REDUCTION = 2
"""What is judged over millimetres is judged on an atlas so many times smaller."""
ROUND_SHARE = 0.25
"""Of a round spot's darkness that is taken for a dent."""


@dataclass(frozen=True)
class FinePattern:
    """The seen skin's fine band on the coarse atlas (A x A)."""

    luminance: Float32[np.ndarray, "A A"]
    """Log, without what is broader than wrinkles; zero where unseen."""
    tone: Float32[np.ndarray, "A A 2"]
    """Log luminance and log (R/G), against the person's tone."""
    weight: Float32[np.ndarray, "A A"]
    """How well the photo shows skin."""


def relief_trust(pattern: FinePattern, atlas: Atlas) -> Float32[np.ndarray, "A A"]:
    """Share of the fine shading that is relief, in [0, 1], whatever its shape."""
    return bare_places(atlas) * (1 - _hairiness(pattern, atlas))


def elongation(pattern: FinePattern, atlas: Atlas) -> Float32[np.ndarray, "A A"]:
    """One on lines and folds, `ROUND_SHARE` on round spots."""
    fine = cv2.GaussianBlur(pattern.luminance, (0, 0), 1.0)
    dx, dy = cv2.Sobel(fine, cv2.CV_32F, 1, 0), cv2.Sobel(fine, cv2.CV_32F, 0, 1)
    sigma = COHERENCE_SCALE_M / face_texel_m(atlas)
    tensor = _reduced(cv2.merge([dx * dx, dy * dy, dx * dy]))
    xx, yy, xy = cv2.split(cv2.GaussianBlur(tensor, (0, 0), sigma / REDUCTION))
    difference = np.sqrt((xx - yy) ** 2 + 4 * xy**2)
    coherence = difference / np.maximum(xx + yy, np.float32(1e-9))
    share = ROUND_SHARE + (1 - ROUND_SHARE) * smoothstep(*COHERENT, coherence)
    return _enlarged(share.astype(np.float32), atlas.size)


def _hairiness(pattern: FinePattern, atlas: Atlas) -> Float32[np.ndarray, "A A"]:
    """One where the skin is dark over some millimetres, or as loud as hair where a beard grows."""
    sigma = HAIR_SCALE_M / face_texel_m(atlas) / REDUCTION
    fine = STRAND_SCALE_M / face_texel_m(atlas)
    strands = pattern.luminance - cv2.GaussianBlur(pattern.luminance, (0, 0), fine)
    weight = pattern.weight[:, :, None]
    layers = np.concatenate([pattern.tone, np.square(strands)[:, :, None]], axis=2) * weight
    total = np.maximum(cv2.GaussianBlur(_reduced(pattern.weight), (0, 0), sigma), 1e-3)
    broad = cv2.GaussianBlur(_reduced(layers), (0, 0), sigma) / total[:, :, None]
    darkness, redness, energy = cv2.split(broad)
    dark = smoothstep(*DARKER_THAN_SKIN, -darkness - REDDENING * np.maximum(redness, 0))
    loudness = np.sqrt(energy)
    every = (slice(None, None, REDUCTION),) * 2
    plain = loudness[zones_of(atlas).seeds[every] & (pattern.weight[every] > SURELY_SEEN)]
    usual = max(float(np.median(plain)) if len(plain) else 0.0, LEAST_LOUDNESS)
    loud = smoothstep(*LOUDER_THAN_SKIN, loudness / usual) * _beard_zone(atlas)[every]
    hairy = np.maximum(dark, loud) * (1 - zones_of(atlas).lips[every])
    return _enlarged(hairy.astype(np.float32), atlas.size)


def _reduced(image: np.ndarray) -> np.ndarray:
    size = len(image) // REDUCTION
    return cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)


def _enlarged(image: Float32[np.ndarray, "B B"], size: int) -> Float32[np.ndarray, "A A"]:
    return np.asarray(cv2.resize(image, (size, size), interpolation=cv2.INTER_LINEAR))


@lru_cache(maxsize=4)
def _beard_zone(atlas: Atlas) -> Float32[np.ndarray, "A A"]:
    points = landmark_texels(atlas.model, atlas.size)
    zone = _filled(points, (BEARD_LINE,), atlas.size).astype(np.float32)
    return cv2.GaussianBlur(zone, (0, 0), 2 * HAIR_SCALE_M / face_texel_m(atlas))


@lru_cache(maxsize=4)
def bare_places(atlas: Atlas) -> Float32[np.ndarray, "A A"]:
    """Zero on brows, lid rims and the lips' border; kept for the next call."""
    texel_m = face_texel_m(atlas)
    points = landmark_texels(atlas.model, atlas.size)
    rims = _filled(points, (RIGHT_EYE_RIM, LEFT_EYE_RIM), atlas.size)
    brows = _filled(points, BROWS, atlas.size)
    lips = (zones_of(atlas).lips > 0.5).astype(np.uint8)
    at_lips = (_distance(lips) + _distance(1 - lips)) * texel_m
    trusted = smoothstep(*LASH_REACH_M, _distance(1 - rims) * texel_m)
    trusted *= smoothstep(0.0, 1.0, _distance(1 - brows) * texel_m / BROW_MARGIN_M)
    mouth = _filled(points, (INNER_LIPS,), atlas.size)
    trusted *= smoothstep(*LIP_BORDER_M, at_lips)
    trusted *= smoothstep(*LIP_BORDER_M, _distance(1 - mouth) * texel_m)
    corners = _filled(points, MOUTH_CORNERS, atlas.size)
    trusted *= smoothstep(*CORNER_REACH_M, _distance(1 - corners) * texel_m)
    return np.where(atlas.part_mask(SKIN_PART), trusted, 0).astype(np.float32)


@lru_cache(maxsize=4)
def face_texel_m(atlas: Atlas) -> float:
    """Edge of a texel on the face, metres (median)."""
    face = atlas.interpolate(atlas.model.region("face")[:, None])[:, :, 0] > 0.5
    return float(np.median(atlas.texel_m[face]))


def _filled(
    points: np.ndarray, outlines: tuple[tuple[int, ...], ...], size: int
) -> UInt8[np.ndarray, "A A"]:
    mask = np.zeros((size, size), np.uint8)
    for outline in outlines:
        cv2.fillPoly(mask, [np.round(points[list(outline)]).astype(np.int32)], (1,))
    return mask


def _distance(mask: UInt8[np.ndarray, "A A"]) -> Float32[np.ndarray, "A A"]:
    """Texels to the nearest zero."""
    return np.asarray(cv2.distanceTransform(mask, cv2.DIST_L2, 5), np.float32)
