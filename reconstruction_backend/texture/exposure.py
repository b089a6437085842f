"""Dark skin, or a dark photo?

How bright the light was a portrait does not say: the lit side of the seen skin is taken as the
photo shows it. Three estimates of the skin's luminance are weighed against each other, all
logarithms with a spread: the photo's (few portraits are much too dark), what the white of the eyes
tells, which the light reaches as it reaches the skin, and what skins there are. Where together they
say that the photo is too dark, the light is dimmed, so that the albedo comes out lighter. A dark
face with bright whites stays as dark as the photo shows it.
"""

import numpy as np

from reconstruction_backend.color import LUMINANCE
from reconstruction_backend.texture.iris import white_card
from reconstruction_backend.texture.light import FEWEST_SAMPLES, SkinSamples, weighted_median
from reconstruction_backend.texture.projection import PhotoWindow
from reconstruction_backend.texture.result import DARKEST_IRRADIANCE, SphericalHarmonicsLight

SKIN_LOG_LUMINANCE, SKIN_SPREAD = -1.2, 0.55
"""Of linear albedo over all people."""
EXPOSURE_SPREAD, EXPOSURE_TAIL, PASSES = 0.4, 0.8, 3
"""Few portraits are too dark, but those that are may be by much (Cauchy's tail): how far off, as a
logarithm, halves the belief in the exposure."""
CARD_SPREAD = 0.5
"""Of what a wholly trusted white tells: lids and lashes shade it."""
LIGHTEST_BY_CARD = 0.6
MARGIN = 0.1
"""A photo that is darker by less is left as it is."""


def dimmed_where_dark(
    light: SphericalHarmonicsLight, samples: SkinSamples, window: PhotoWindow
) -> SphericalHarmonicsLight:
    """The light, less where the photo is too dark for the person's skin to be as it shows it."""
    if len(samples.weights) < FEWEST_SAMPLES:
        return light
    irradiance = np.maximum(light.irradiance(samples.normals), DARKEST_IRRADIANCE)
    luminance = (samples.rgb / irradiance) @ LUMINANCE.astype(np.float32)
    seen = float(np.log(weighted_median(luminance, samples.weights)))
    card = white_card(window, light)
    told, trust = seen, 0.0
    if card is not None:
        told = min(seen - np.log(card.level), np.log(LIGHTEST_BY_CARD))
        trust = card.trust
    gain = missing_exposure(seen, float(told), trust)
    return SphericalHarmonicsLight((light.coefficients * np.exp(-gain)).astype(np.float32))


def missing_exposure(seen: float, told: float, trust: float) -> float:
    """Logarithm by which a photo is too dark, zero or more.

    `seen` and `told` are the skin's log luminance by the photo and by the white of the eyes, which
    counts by `trust` in [0, 1].
    """
    logs, likely = np.array([seen, told, SKIN_LOG_LUMINANCE]), seen
    for _ in range(PASSES):
        belief = 1 / (1 + ((likely - seen) / EXPOSURE_TAIL) ** 2)
        precisions = np.array([EXPOSURE_SPREAD, CARD_SPREAD, SKIN_SPREAD]) ** -2.0
        precisions *= [belief, trust, 1]
        likely = float(precisions @ logs / precisions.sum())
    return max(likely - seen - MARGIN, 0.0)
