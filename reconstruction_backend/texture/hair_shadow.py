"""What hair does to the skin beside it: it casts a shadow, tints the light, and hides pores.

Within a centimetre of hair that the photo shows, skin looks darker and takes the hair's colour. At
low frequencies that is light, not pigment: the skin's tone there is that of the clear skin around.
What is finer (brows under a fringe, moles) stays.
"""

import cv2
import numpy as np
from jaxtyping import Float32

from reconstruction_backend.texture.masks import FaceZones
from reconstruction_backend.texture.projection import Observation, smoothstep

STEP, SMOOTH_STEP = 2, 4
"""Every n-th texel of the coarse atlas: for distances, and for what is smooth."""
HAIR_FROM = 0.4
"""Probability of hair from which it counts."""
SMALLEST_HAIR_TEXELS = 3
"""Thinner than this it is a parsing's slip. These numbers are of an atlas of 1024 texels, whose
texels on the face measure 0.4 mm."""
CLEAR_FROM_TEXELS, CLEAR_TO_TEXELS = 4.0, 28.0
"""Distance from hair at which skin begins to be clear of it, and at which it is."""
SHADE_FROM, SHADE_TO = 0.08, 0.35
"""Log darkness of a cast shadow from which it hides the skin's own tone, and hides it wholly."""
NEAR_TEXELS, AROUND_TEXELS = 4.0, 40.0
"""Blur of the shaded skin, and of the clear skin that it is compared with."""
LEAST_AROUND = 0.004
"""Of the blurred weight: with less clear skin about, the expected tone stands for it."""
DEEPEST = 1.2
"""Log of the strongest shadow that is divided out."""


def clear_of_hair(observation: Observation, zones: FaceZones) -> Float32[np.ndarray, "A A"]:
    """One where no hair is near, zero beside it. A beard is no such hair."""
    step = (slice(None, None, STEP),) * 2
    shown = observation.hair[step] * (observation.confidence[step] > 0) * (1 - zones.beard[step])
    size = len(observation.hair)
    texel = 1024 / size * STEP
    kernel = np.ones((round(SMALLEST_HAIR_TEXELS / texel) | 1,) * 2, np.uint8)
    hair = cv2.morphologyEx((shown > HAIR_FROM).astype(np.uint8), cv2.MORPH_OPEN, kernel)
    if not hair.any():
        return np.ones((size, size), np.float32)
    distance = cv2.distanceTransform(1 - hair, cv2.DIST_L2, 5) * np.float32(texel)
    clear = smoothstep(CLEAR_FROM_TEXELS, CLEAR_TO_TEXELS, distance)
    return cv2.resize(clear, (size, size), interpolation=cv2.INTER_LINEAR)


def unshaded(shade: Float32[np.ndarray, "A A 3"], zones: FaceZones) -> Float32[np.ndarray, "A A"]:
    """One where no deep shadow falls, of which `shade` is the log light; the inner face is spared.

    A deep shadow is tinted by light that went through skin and hair: what little departure the
    limits of skin's tone leave there is still the shadow's.
    """
    step = (slice(None, None, SMOOTH_STEP),) * 2
    darkness = -np.ascontiguousarray(shade[step]).mean(axis=2)
    spared = np.maximum(zones.core, zones.below_nose)[step]
    clear = 1 - smoothstep(SHADE_FROM, SHADE_TO, darkness) * (1 - spared)
    return cv2.resize(clear, shade.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def hair_shading(
    departure: Float32[np.ndarray, "A A 3"],
    weight: Float32[np.ndarray, "A A"],
    clear: Float32[np.ndarray, "A A"],
    zones: FaceZones,
) -> Float32[np.ndarray, "A A 3"]:
    """Log light that hair takes from the skin beside it.

    `departure` is log albedo against the tone expected of this person; `clear` as `clear_of_hair`
    and `unshaded` give it.
    """
    step = (slice(None, None, SMOOTH_STEP),) * 2
    if clear[step].min() == 1:
        return np.zeros_like(departure)
    thin, away = departure[step], clear[step]
    plain = weight[step] * (1 - zones.features[step])
    scale = len(weight) / 1024 / SMOOTH_STEP
    near, near_total = _blurred(thin, plain, NEAR_TEXELS * scale)
    around, around_total = _blurred(thin, plain * away**2, AROUND_TEXELS * scale)
    near /= np.maximum(near_total, 1e-3)[:, :, None]
    around /= (around_total + LEAST_AROUND)[:, :, None]
    known = (1 - away) * smoothstep(0.02, 0.2, near_total)
    shading = np.clip((near - around) * known[:, :, None], -DEEPEST, DEEPEST)
    return cv2.resize(shading, weight.shape[::-1], interpolation=cv2.INTER_LINEAR)


def _blurred(
    image: Float32[np.ndarray, "a a 3"], weight: Float32[np.ndarray, "a a"], sigma: float
) -> tuple[Float32[np.ndarray, "a a 3"], Float32[np.ndarray, "a a"]]:
    """The weighted image and the weight, both blurred."""
    blurred = cv2.GaussianBlur(image * weight[:, :, None], (0, 0), sigma)
    return blurred, cv2.GaussianBlur(weight, (0, 0), sigma)
