"""The light that smooth harmonics cannot explain: shadows that hair casts, highlights, creases.

What is left after dividing the harmonics out is albedo or light. Three things tell them apart, each
only at low frequencies, so that moles, freckles, brows, wrinkles and make-up's edges stay:

- A face is symmetric there, so what differs between its sides is light.
- A person's skin has nearly one tone, give or take what the learned prior says, so that what
  departs broadly from it is light: a highlight where it is brighter, a cast shadow where it is
  darker, unless a beard or the eyes' surroundings may be dark.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32

from reconstruction_backend.texture.atlas import Atlas
from reconstruction_backend.texture.lookup import look_up
from reconstruction_backend.texture.masks import FaceZones
from reconstruction_backend.texture.projection import smoothstep

STEP = 4
"""All this is smooth: every n-th texel of the coarse atlas will do."""
SYMMETRY_BLUR_TEXELS = 10.0
"""Of the coarse atlas of 1024 texels: about four millimetres."""
TINT_BLUR = 1.8
"""Of the brightness' blur."""
SIDE_BELIEF = 3.0
"""The sides are believed in proportion to this power of their light."""
NATURAL_ASYMMETRY = 0.04
STRONGEST_SHADOW = 0.9
TONE_BLUR_TEXELS = 8.0
BRIGHTEST, DARKEST = 0.10, 0.12
"""Broad departures of log luminance from the person's expected tone that skin itself has."""
ANY = 3.0
"""As good as no limit: how dark eyes, beards and their surroundings may be, how coloured lips."""
SKIN_TINT, FREE_TINT = 0.10, 0.16
"""Largest broad departures of log colour: of plain skin, and around eyes and mouth."""
DEEP_FROM, DEEP_TO = 0.35, 0.9
"""Log darkness of a cast shadow in which the photo begins, and ceases, to tell the skin."""
SURROUNDINGS_TEXELS, LEAST_SURROUNDINGS = 32.0, 0.02
FINE_STEP, SPOT_TEXELS, BRIGHTEST_SPOT = 2, 3.0, 0.2
"""Small highlights: where they are looked for, their blur, and what counts as one (log)."""
STRAND_TEXELS, BEARD_TEXELS = 2.5, 8.0
"""Blur that a beard's single hairs do not survive, and over which their contrast is averaged."""
STUBBLE_CONTRAST, BEARD_CONTRAST = 0.10, 0.22
"""Log contrast of single hairs that skin may have too, and that only a beard has."""
KNOWN_FROM, KNOWN_TO = 0.03, 0.3
"""Of the blurred confidence."""


@dataclass(frozen=True)
class _Smooth:
    """A blurred image on every `STEP`-th texel, and the blurred confidence."""

    value: Float32[np.ndarray, "a a 3"]
    total: Float32[np.ndarray, "a a"]


def one_sided_shading(
    log_albedo: Float32[np.ndarray, "A A 3"],
    log_irradiance: Float32[np.ndarray, "A A 3"],
    weight: Float32[np.ndarray, "A A"],
    atlas: Atlas,
) -> Float32[np.ndarray, "A A 3"]:
    """Broad differences between the two sides: log light that the better lit side has not.

    Only what exceeds `NATURAL_ASYMMETRY` is taken.
    """
    smooth = _smoothed(log_albedo, weight, SYMMETRY_BLUR_TEXELS)
    mirror = (atlas.mirror_texel[::STEP, ::STEP] + 0.5) / STEP - 0.5
    other, other_total = look_up(smooth.value, mirror), look_up(smooth.total, mirror)
    light = np.exp(SIDE_BELIEF * log_irradiance[::STEP, ::STEP].mean(axis=2, keepdims=True))
    other_light = np.maximum(look_up(light, mirror)[:, :, None], 1e-6)
    shading = (smooth.value - other) * other_light / (light + other_light)
    # Colour differences are noisier in shadow than brightness, and true ones are broader.
    grey = shading.mean(axis=2, keepdims=True)
    sigma = TINT_BLUR * SYMMETRY_BLUR_TEXELS * len(weight) / 1024 / STEP
    shading = grey + cv2.GaussianBlur(shading - grey, (0, 0), sigma)
    size = np.linalg.norm(shading, axis=2, keepdims=True)
    shading *= np.maximum(size - NATURAL_ASYMMETRY, 0) / np.maximum(size, 1e-6)
    shading *= smoothstep(0.1, 0.5, np.minimum(smooth.total, other_total))[:, :, None]
    return np.clip(_full_size(shading, atlas.size), -STRONGEST_SHADOW, STRONGEST_SHADOW)


def beard_share(
    log_albedo: Float32[np.ndarray, "A A 3"], weight: Float32[np.ndarray, "A A"], zones: FaceZones
) -> Float32[np.ndarray, "A A"]:
    """One where the lower face is hairy, by single hairs' contrast: white there is no light."""
    step = (slice(None, None, FINE_STEP),) * 2
    scale = len(weight) / 1024 / FINE_STEP
    grey, thin = log_albedo[step].mean(axis=2), np.ascontiguousarray(weight[step])
    total = cv2.GaussianBlur(thin, (0, 0), STRAND_TEXELS * scale)
    smooth = cv2.GaussianBlur(grey * thin, (0, 0), STRAND_TEXELS * scale) / np.maximum(total, 1e-3)
    energy = cv2.GaussianBlur(thin * (grey - smooth) ** 2, (0, 0), BEARD_TEXELS * scale)
    around = cv2.GaussianBlur(thin, (0, 0), BEARD_TEXELS * scale)
    contrast = np.sqrt(energy / np.maximum(around, 1e-2))
    hairy = smoothstep(STUBBLE_CONTRAST, BEARD_CONTRAST, contrast)
    hairy *= (zones.lower_face * (1 - zones.lips))[step]
    return cv2.resize(hairy, weight.shape[::-1], interpolation=cv2.INTER_LINEAR)


def unlikely_tone(
    departure: Float32[np.ndarray, "A A 3"],
    weight: Float32[np.ndarray, "A A"],
    zones: FaceZones,
    beard: Float32[np.ndarray, "A A"],
) -> Float32[np.ndarray, "A A 3"]:
    """Log light that explains what departs broadly from the tone expected of this person.

    `departure` is log albedo against that expectation. Departures within skin's own variation stay
    in the albedo, those beyond are limited to it, softly. A `beard` (`beard_share`) may be white.
    """
    smooth = _smoothed(departure, weight, TONE_BLUR_TEXELS)
    free = np.maximum(zones.core, zones.lower_face)[::STEP, ::STEP, None]
    features = zones.features[::STEP, ::STEP, None]
    tint_limit = SKIN_TINT + (FREE_TINT - SKIN_TINT) * free + ANY * features
    outside = _beyond_skin(smooth.value, DARKEST, SKIN_TINT)
    # Where anything may be dark, the surroundings tell the light, and only highlights tell more.
    told = (1 - free[:, :, 0]) * (1 - zones.below_nose[::STEP, ::STEP])
    around = _smoothed_again(outside, smooth.total * told)
    white = beard[::STEP, ::STEP, None]
    brightest = BRIGHTEST + ANY * white
    inside = around + _beyond_skin(smooth.value - around, ANY, tint_limit + ANY * white, brightest)
    shading = (1 - free) * outside + free * inside
    shading *= smoothstep(KNOWN_FROM, KNOWN_TO, smooth.total)[:, :, None]
    return _full_size(shading, len(weight))


def highlights(
    departure: Float32[np.ndarray, "A A 3"],
    weight: Float32[np.ndarray, "A A"],
    beard: Float32[np.ndarray, "A A"],
) -> Float32[np.ndarray, "A A 3"]:
    """Log light of small bright spots (nose, lips, wet lids): brighter than skin can be.

    A highlight adds the lamp's white to the skin's colour, so its log is largest in blue: each
    channel is limited for itself.
    """
    step = (slice(None, None, FINE_STEP),) * 2
    sigma = SPOT_TEXELS * len(weight) / 1024 / FINE_STEP
    thin = np.ascontiguousarray(weight[step])
    blurred = cv2.GaussianBlur(departure[step] * thin[:, :, None], (0, 0), sigma)
    value = blurred / np.maximum(cv2.GaussianBlur(thin, (0, 0), sigma), 1e-3)[:, :, None]
    brightest = BRIGHTEST_SPOT + ANY * beard[step][:, :, None]
    limit = np.where(value > 0, brightest, np.float32(ANY))
    spots = np.maximum(value - _within(value, limit), 0) * (value.mean(2) > 0)[:, :, None]
    return _full_size(spots * (thin > 0)[:, :, None], len(weight))


def _beyond_skin(
    departure: Float32[np.ndarray, "a a 3"],
    darkest: float,
    largest_tint: float | Float32[np.ndarray, "a a 1"],
    brightest: float | Float32[np.ndarray, "a a 1"] = BRIGHTEST,
) -> Float32[np.ndarray, "a a 3"]:
    """What of a departure in log colour lies beyond skin's own variation."""
    grey = departure.mean(axis=2, keepdims=True)
    tint = departure - grey
    limit = np.where(grey > 0, brightest, np.float32(darkest)).astype(np.float32)
    size = np.maximum(np.linalg.norm(tint, axis=2, keepdims=True), 1e-6)
    return grey - _within(grey, limit) + tint * (1 - _within(size, largest_tint) / size)


def _within(
    value: Float32[np.ndarray, "*n"], limit: float | Float32[np.ndarray, "*m"]
) -> Float32[np.ndarray, "*n"]:
    """Nearly `value` below the limit, nearly the limit beyond it, smooth."""
    return (value / (1 + (np.abs(value) / limit) ** 4) ** 0.25).astype(np.float32)


def _smoothed(
    image: Float32[np.ndarray, "A A 3"], weight: Float32[np.ndarray, "A A"], sigma_texels: float
) -> _Smooth:
    """Weighted Gaussian blur; `sigma_texels` of an atlas of 1024 texels."""
    sigma = sigma_texels * len(weight) / 1024 / STEP
    thin = np.ascontiguousarray(weight[::STEP, ::STEP])
    blurred = cv2.GaussianBlur(image[::STEP, ::STEP] * thin[:, :, None], (0, 0), sigma)
    total = cv2.GaussianBlur(thin, (0, 0), sigma)
    return _Smooth(blurred / np.maximum(total, 1e-3)[:, :, None], total)


def _smoothed_again(
    image: Float32[np.ndarray, "a a 3"], weight: Float32[np.ndarray, "a a"]
) -> Float32[np.ndarray, "a a 3"]:
    """Very broadly, zero far from any weight."""
    sigma = SURROUNDINGS_TEXELS * len(weight) / 1024
    total = cv2.GaussianBlur(weight, (0, 0), sigma)
    blurred = cv2.GaussianBlur(image * weight[:, :, None], (0, 0), sigma)
    return blurred / (total + LEAST_SURROUNDINGS)[:, :, None]


def _full_size(image: Float32[np.ndarray, "a a 3"], size: int) -> Float32[np.ndarray, "A A 3"]:
    return cv2.resize(image, (size, size), interpolation=cv2.INTER_LINEAR).astype(np.float32)
