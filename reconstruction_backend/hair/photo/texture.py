"""What hangs about the guides, as far as a picture tells: curls, frizz, clumps, how it stands.

Straight hair answers to the filters with one angle over centimetres; waves and curls turn it within
their own size, and a cloud of coils has none. The distance over which angles stay alike is a
quarter of a curl's pitch.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32

from reconstruction_backend.hair.hairstyle import StrandTexture
from reconstruction_backend.hair.photo.picture import HALF, PIXEL_M, HairPicture

LAGS_PX = (3, 6, 10, 15, 22)
SURE = 0.25
_STRAIGHT, _COILY = 0.80, 0.42
"""Agreement of angles 1 cm apart: above the first hair is straight, below the second it coils."""
_USUAL = 0.7
"""Mean confidence of hair whose strands can be told apart; of coils it is less."""
_RIM_M = (0.003, 0.018)
"""Distance from the silhouette at which it is judged whether hair stands on it."""


@dataclass(frozen=True)
class HairLook:
    """What a picture tells of hair besides its flow."""

    curliness: float
    """0 straight, 1 tight coils."""
    wave_m: float
    """Over which angles turn: about the size of half a curl."""
    uprightness: float
    """0 where hair lies along the silhouette, 1 where it stands on it."""


def hair_look(picture: HairPicture) -> HairLook:
    """Measure a picture's hair."""
    alike = np.array([_alike(picture, lag) for lag in LAGS_PX])
    inside = picture.hair > _WELL_INSIDE
    sure = float(picture.orientation.confidence[inside].mean()) if inside.any() else 1.0
    at = float(np.interp(0.01, np.array(LAGS_PX) * PIXEL_M, alike)) * min(1.0, sure / _USUAL)
    curliness = float(np.clip((_STRAIGHT - at) / (_STRAIGHT - _COILY), 0, 1))
    below = np.flatnonzero(alike < _HALF_ALIKE)
    wave = LAGS_PX[below[0]] * PIXEL_M if len(below) else LAGS_PX[-1] * PIXEL_M
    return HairLook(curliness, float(wave), _uprightness(picture))


_HALF_ALIKE = 0.5


def strand_texture(look: HairLook, longest_m: float) -> StrandTexture:
    """Parameters of strands that look like that; `longest_m` limits curls to what can be wound."""
    c = look.curliness
    pitch = min(float(np.interp(c, _CURLY, _PITCH_M)), 2 * look.wave_m)
    radius = 0.0 if c < _CURLY[0] else float(np.interp(c, _CURLY, _RADIUS_M))
    radius = min(radius, longest_m / 6)
    clump = float(np.interp(c, (0, 0.5, 1), (0.35, 0.7, 0.5)))
    return StrandTexture(
        width_m=float(np.interp(c, (0, 1), (1.3e-4, 2.8e-4))),
        clump=clump * float(np.interp(longest_m, _SHORT_TO_LONG_M, (_SHORT_CLUMPS, 1))),
        curl_radius_m=radius,
        curl_pitch_m=pitch,
        curl_from=0.15 * (1 - c),
        curl_together=float(np.interp(c, (0, 0.6, 1), (0.8, 0.9, 0.3))),
        frizz_m=float(np.interp(c, (0, 1), (0.0004, 0.0022))),
        length_spread=float(np.interp(c, (0, 1), (0.08, 0.35))),
        flyaways=float(np.interp(c, (0, 1), (0.02, 0.08))),
    )


_CURLY = (0.2, 0.5, 1.0)
"""Curliness of waves, of curls and of coils; their pitches and radii."""
_SHORT_TO_LONG_M, _SHORT_CLUMPS = (0.04, 0.12), 0.5
"""Short hair gathers less: its tips are its surface, and would stand as spikes."""
_PITCH_M, _RADIUS_M = (0.05, 0.028, 0.011), (0.0025, 0.0042, 0.0042)


def _alike(picture: HairPicture, lag: int) -> float:
    """Mean cosine of twice the difference of angles `lag` pixels apart along the strands."""
    confidence = np.where(picture.hair > HALF, picture.orientation.confidence, 0)
    angle = picture.orientation.angle_rad
    y, x = np.nonzero(confidence > SURE)
    if len(y) == 0:
        return 1.0
    a = angle[y, x]
    tx = np.rint(x + lag * np.cos(a)).astype(int)
    ty = np.rint(y + lag * np.sin(a)).astype(int)
    side = len(angle)
    ok = (tx >= 0) & (ty >= 0) & (tx < side) & (ty < side)
    tx, ty = tx.clip(0, side - 1), ty.clip(0, side - 1)
    ok &= picture.hair[ty, tx] > HALF
    weight = np.where(ok, confidence[y, x], 0)
    other = np.where(confidence[ty, tx] > SURE, np.cos(2 * (angle[ty, tx] - a)), 0)
    return float((weight * other).sum() / max(float(weight.sum()), 1e-6))


def _uprightness(picture: HairPicture) -> float:
    """How far orientations beside the silhouette stand on it."""
    rim, normal = _rim(picture)
    if not rim.any():
        return 0.0
    angle = picture.orientation.angle_rad[rim]
    confidence = picture.orientation.confidence[rim]
    n = normal[rim]
    double = 2 * (angle - np.arctan2(n[:, 1], n[:, 0]))
    standing = float((confidence * np.cos(double)).mean())
    return float(np.clip((standing - _LYING) / (_STANDING - _LYING), 0, 1))


_LYING, _STANDING = -0.5, 0.0
"""Mean of confidence times the cosine of twice the angle with the silhouette's normal: of hair that
lies (-0.65 to -0.85 seen), and of hair that stands, among whose tips the filters see much else."""


def _rim(
    picture: HairPicture,
) -> tuple[np.ndarray, Float32[np.ndarray, "S S 2"]]:
    """Pixels just inside the silhouette of the upper half, and normals of it."""
    ground = (picture.background > HALF).astype(np.uint8)
    far = cv2.distanceTransform(1 - ground, cv2.DIST_L2, 5) if ground.any() else None
    if far is None:
        return np.zeros(picture.hair.shape, np.bool_), np.zeros(
            (*picture.hair.shape, 2), np.float32
        )
    smooth = cv2.GaussianBlur(far, (0, 0), 3)
    normal = np.stack([np.gradient(smooth, axis=1), np.gradient(smooth, axis=0)], axis=-1)
    low, high = (value / PIXEL_M for value in _RIM_M)
    rim = (far > low) & (far < high) & (picture.hair > _WELL_INSIDE)
    middle = _middle_row(picture)
    rim[middle:] = False
    return rim, normal.astype(np.float32)


_WELL_INSIDE = 0.9


def _middle_row(picture: HairPicture) -> int:
    """Where the ears are, about: the centre of the head."""
    return int(picture.camera.project(np.zeros((1, 3)))[0, 1])
