"""Which of a person's pixels that are not hair are skin, and which clothes.

The fitted head says where skin is likely: surely inside the face's outline, likely on ears and
neck, less likely beyond. Two mixtures of Gaussians in colour, fitted to this photo alone, say how
each pixel looks; both are multiplied (naive Bayes). Skin's mixture is that of the face, in its own
light and in shadow; that of clothes begins far below the chin and is fitted anew to the outcome.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt8
from sklearn.mixture import GaussianMixture

COMPONENTS = 3
ROUNDS = 3
SEED_SURE = 0.6
SMALLEST_HAND = 0.015
"""Share of the square."""
CLOTHES_FROM = 0.35
"""Below the chin, over the face's height: from here clothes are assumed at first."""
SHADES = (1.0, 0.8, 0.6, 0.45)
"""Factors on the face's sRGB values."""
FEWEST_SEEDS = 60
SAMPLES = 4000
HEAD_PRIOR = 2.0
"""Log odds of skin on forehead and ears; a hat must look rather unlike skin."""
LOG_RATIO_LIMIT = 4.0
ANY_COLOUR, UNSEEN_SHARE = -13.5, 0.25
"""Log density of a colour that may be any, and how much of the clothes is expected to be such: a
collar need not look like what is seen far below the chin, where a photo shows that at all."""
VARIANCE_FLOOR = 30.0
"""Of Lab, squared 8-bit steps."""
LIGHTNESS_WEIGHT = 0.6
"""Light falls unevenly: lightness says less than hue."""
FILTER_RADIUS_PX, FILTER_EPS = 3, 1e-3
RANDOM_STATE = 5


@dataclass(frozen=True)
class HeadZones:
    """Where the fitted head lies in the square (S x S)."""

    face: Float32[np.ndarray, "S S"]
    """One deep inside the face's outline, falling to zero at it."""
    head: Bool[np.ndarray, "S S"]
    """Silhouette of face, scalp and ears."""
    neck: Float32[np.ndarray, "S S"]
    """Silhouette of the neck: one at the chin, falling to zero at the model's end."""
    below_chin: Float32[np.ndarray, "S S"]
    """Zero above the chin's level; below it, distance over the face's height."""


def skin_share(
    square: UInt8[np.ndarray, "S S 3"],
    person: Float32[np.ndarray, "S S"],
    hair: Float32[np.ndarray, "S S"],
    zones: HeadZones,
) -> Float32[np.ndarray, "S S"]:
    """Probability of skin, given that a pixel is a person's and not hair."""
    prior = _prior_logit(zones)
    bare = person * (1 - hair)
    lab = _lab(square)
    skin_colours = _mixture(_shaded_face(square[bare * zones.face > SEED_SURE]))
    skin = np.where(zones.below_chin > CLOTHES_FROM, 0, 1).astype(np.float32)
    guide = square.astype(np.float32) / 255
    for _ in range(ROUNDS):
        other_colours = _mixture(lab[(1 - skin) * bare > SEED_SURE])
        ratio = _log_ratio(lab, skin_colours, other_colours)
        skin = (1 / (1 + np.exp(-np.clip(prior + ratio, -20, 20)))).astype(np.float32)
        skin = cv2.ximgproc.guidedFilter(guide, skin, FILTER_RADIUS_PX, FILTER_EPS)
        skin = np.clip(skin, 0, 1)
    skin = np.maximum(skin, np.clip(2 * zones.face, 0, 1))
    return skin * (1 - _small_islands(skin * bare))


def _small_islands(skin: Float32[np.ndarray, "S S"]) -> Float32[np.ndarray, "S S"]:
    """One on patches too small to be a hand and apart from the face: ties, buttons."""
    _, found, stats, _ = cv2.connectedComponentsWithStats((skin > 0.5).astype(np.uint8))
    label = np.asarray(found, np.int32)
    small = stats[:, cv2.CC_STAT_AREA] < SMALLEST_HAND * skin.size
    core = small[label].astype(np.float32)
    return np.clip(2 * cv2.GaussianBlur(core, (0, 0), 1.5), 0, 1)


def _lab(rgb: UInt8[np.ndarray, "N M 3"]) -> Float32[np.ndarray, "N M 3"]:
    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB).astype(np.float32)
    lab[:, :, 0] *= LIGHTNESS_WEIGHT
    return lab


def _shaded_face(colours: UInt8[np.ndarray, "N 3"]) -> Float32[np.ndarray, "K 3"]:
    """The face's colours as they are and darkened: a neck lies in the chin's shadow."""
    shades = np.array(SHADES)[:, None, None]
    shaded = np.clip(colours[None] * shades, 0, 255).astype(np.uint8)
    return _lab(shaded).reshape(-1, 3)


def _prior_logit(zones: HeadZones) -> Float32[np.ndarray, "S S"]:
    far = np.where(zones.below_chin > 0, -1.2 - 3 * zones.below_chin, -1.5)
    prior = np.where(zones.neck > 0, 2.5 * zones.neck - 1.0, far)
    prior = np.where(zones.head, np.maximum(prior, HEAD_PRIOR), prior)
    return (prior + 6 * zones.face).astype(np.float32)


def _log_ratio(
    lab: Float32[np.ndarray, "S S 3"],
    skin: GaussianMixture | None,
    other: GaussianMixture | None,
) -> Float32[np.ndarray, "S S"]:
    """Log likelihood of each colour as skin less that as clothes; zero where there is nothing."""
    if skin is None:
        return np.zeros(lab.shape[:2], np.float32)
    flat = lab.reshape(-1, 3)
    unseen = np.full(len(flat), ANY_COLOUR)
    if other is not None:
        seen = other.score_samples(flat) + np.log(1 - UNSEEN_SHARE)
        unseen = np.logaddexp(seen, unseen + np.log(UNSEEN_SHARE))
    ratio = skin.score_samples(flat) - unseen
    return (
        np.clip(ratio, -LOG_RATIO_LIMIT, LOG_RATIO_LIMIT).reshape(lab.shape[:2]).astype(np.float32)
    )


def _mixture(colours: Float32[np.ndarray, "N 3"]) -> GaussianMixture | None:
    if len(colours) < FEWEST_SEEDS:
        return None
    rng = np.random.default_rng(RANDOM_STATE)
    chosen = rng.choice(len(colours), min(SAMPLES, len(colours)), replace=False)
    return GaussianMixture(
        COMPONENTS, reg_covar=VARIANCE_FLOOR, random_state=RANDOM_STATE, max_iter=200
    ).fit(colours[chosen])
