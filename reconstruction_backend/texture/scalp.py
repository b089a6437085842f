"""The shaved scalp: paler skin with the shadow of the person's own hair below it.

Where the photo shows hair on the scalp, hair grows; where it shows skin, none does (a bald crown, a
high forehead). What it does not show follows what it does. Cut hair darkens skin as far as the hair
is darker, a little less in blue: what lies deep in skin looks bluish.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Float32

from reconstruction_backend.texture import kernels
from reconstruction_backend.texture.atlas import SKIN_PART, Atlas
from reconstruction_backend.texture.grain import pore_tile
from reconstruction_backend.texture.projection import Observation
from reconstruction_backend.texture.visibility import normals_of_vertices

DENSITY = 0.30
"""Share of the scalp that cut hair hides."""
DEPTH_TINT = np.array([1.05, 1.0, 0.88], np.float32)
PALE = np.array([0.0, 0.03, 0.045], np.float32)
"""Log albedo of skin under hair against a face's: no sun, less blood."""
DARK_HAIR_PERCENTILE = 40.0
DARKEST_HAIR = 0.012
"""Linear light."""
USUAL_HAIR, USUAL_WEIGHT = 0.75, 150.0
"""Hairiness of a scalp of which the photo shows nothing, and how many texels outweigh that."""
BLUR_TEXELS = 9.0
"""Of an atlas of 1024 texels; a hairline is no line."""
RAGGED = 0.22
"""How much the density varies over millimetres to centimetres."""
PATCH_PIXEL_M = (1.3e-3, 4.5e-3)
STEP = 4


@dataclass(frozen=True)
class Stubble:
    """Cut hair on the coarse atlas."""

    density: Float32[np.ndarray, "A A"]
    """Share of the skin that it hides."""
    log_darkening: Float32[np.ndarray, "A A 3"]
    """Log albedo to add to bare skin: shadow of the hair, paler skin."""


def shaved_scalp(
    observation: Observation, skin_rgb: Float32[np.ndarray, "3"], atlas: Atlas
) -> Stubble:
    """What to put on unseen scalp. `skin_rgb` is the person's skin as the photo shows it."""
    scalp = scalp_region(atlas)
    ragged = 1 + RAGGED * scalp_patches(atlas)
    hairy = np.clip(_hairiness(observation, scalp) * ragged, 0, 1.3) * scalp
    colour = _hair_colour(observation)
    ratio = np.minimum(colour / np.maximum(skin_rgb, DARKEST_HAIR), 1)
    density = (DENSITY * hairy).astype(np.float32)
    there = np.flatnonzero(density)
    shadow = np.log(1 - density.reshape(-1, 1)[there] * (DEPTH_TINT * (1 - ratio)))
    darkening = np.zeros((density.size, 3), np.float32)
    darkening[there] = shadow + PALE * hairy.reshape(-1, 1)[there]
    return Stubble(density, darkening.reshape(*density.shape, 3))


@lru_cache(maxsize=2)
def scalp_region(atlas: Atlas) -> Float32[np.ndarray, "A A"]:
    """The model's scalp, or nothing where a model names none; kept for the next call."""
    if "scalp" not in atlas.model.region_names:
        return np.zeros((atlas.size, atlas.size), np.float32)
    sigma = BLUR_TEXELS * atlas.size / 1024
    region = atlas.interpolate(atlas.model.region("scalp")[:, None])[:, :, 0]
    soft = cv2.GaussianBlur(atlas.pad(region), (0, 0), sigma)
    return (soft * atlas.part_mask(SKIN_PART)).astype(np.float32)


def _hairiness(
    observation: Observation, scalp: Float32[np.ndarray, "A A"]
) -> Float32[np.ndarray, "A A"]:
    """How hairy each texel is, 0 to 1: as seen, elsewhere as the seen scalp on the whole."""
    told = observation.confidence * scalp
    hair, skin = observation.hair[::STEP, ::STEP], observation.skin[::STEP, ::STEP]
    weight = told[::STEP, ::STEP] * np.minimum(hair + skin, 1)
    usual = USUAL_HAIR * USUAL_WEIGHT / STEP**2
    mean = ((weight * hair).sum() + usual) / (weight.sum() + USUAL_WEIGHT / STEP**2)
    sigma = BLUR_TEXELS * len(scalp) / 1024 / STEP
    seen = cv2.GaussianBlur(weight * hair, (0, 0), sigma)
    total = cv2.GaussianBlur(weight, (0, 0), sigma)
    value = (seen + 0.05 * mean) / (total + 0.05)
    return cv2.resize(value, scalp.shape[::-1], interpolation=cv2.INTER_LINEAR)


def _hair_colour(observation: Observation) -> Float32[np.ndarray, "3"]:
    """Of the darker seen hair (near its roots), as the photo shows it; dark where none is seen."""
    hair = (observation.hair[::STEP, ::STEP] > 0.9) & (observation.confidence[::STEP, ::STEP] > 0)
    if hair.sum() < USUAL_WEIGHT / STEP**2:
        return np.full(3, DARKEST_HAIR, np.float32)
    rgb = observation.rgb[::STEP, ::STEP][hair]
    percentile = np.percentile(rgb, DARK_HAIR_PERCENTILE, axis=0)
    return np.maximum(percentile, DARKEST_HAIR).astype(np.float32)


@lru_cache(maxsize=2)
def scalp_patches(atlas: Atlas) -> Float32[np.ndarray, "A A"]:
    """Unevenness of about unit deviation over the skin; the same for everybody."""
    model = atlas.model
    normals = normals_of_vertices(model.template_m, model.triangles)
    layers = [
        kernels.triplanar(
            atlas.triangle, atlas.weights, model.triangles, atlas.part_mask(SKIN_PART),
            model.template_m, normals, pore_tile(), pixel_m,
        )[:, :, 0]
        for pixel_m in PATCH_PIXEL_M
    ]  # fmt: skip
    return (sum(layers) / np.sqrt(len(layers))).astype(np.float32)
