"""The texture stage in reading order."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import numpy as np
from jaxtyping import UInt8

from reconstruction_backend.backends import Reconstruction
from reconstruction_backend.color import srgb_from_linear
from reconstruction_backend.landmarks import FaceLandmarks
from reconstruction_backend.parsing import Parsing
from reconstruction_backend.portrait import Portrait
from reconstruction_backend.texture.albedo_prior import prior_of
from reconstruction_backend.texture.atlas import CLEAR_PARTS, SKIN_PART, Atlas, atlas_of
from reconstruction_backend.texture.compose import compose_skin, skin_layers
from reconstruction_backend.texture.creases import skin_compression
from reconstruction_backend.texture.exposure import dimmed_where_dark
from reconstruction_backend.texture.eyes import eyeball_texels, paint_eyeball
from reconstruction_backend.texture.iris import PolarIris, Side, read_irises
from reconstruction_backend.texture.light import estimate_light
from reconstruction_backend.texture.masks import zones_of
from reconstruction_backend.texture.mouth import paint_mouth
from reconstruction_backend.texture.projection import observe, photo_window
from reconstruction_backend.texture.relief import find_wrinkles, relief_normals
from reconstruction_backend.texture.residual_map import residual_light
from reconstruction_backend.texture.result import HeadTexture, Provenance
from reconstruction_backend.texture.scalp import shaved_scalp
from reconstruction_backend.texture.skin import (
    explained_light,
    light_samples,
    lit_tone,
    separate_skin,
)
from reconstruction_backend.texture.tooth_tone import mouth_tone
from reconstruction_backend.texture.visibility import pose_atlas

FINE_PERCENTILE = 30
"""Of the texels' edges on the skin: about a half of the atlas is face, and finer than the rest."""
LARGEST_COARSE = 1024
"""Masks, light and tone are worked out on an atlas of this size or half of the result's."""
CORNEA = 245
"""Nearly white: the cornea is clear, its material says how."""


@dataclass(frozen=True)
class TextureOptions:
    """How the texture is made."""

    size: Literal[1024, 2048, 4096] = 2048
    """Texels along an edge of the atlas."""


def make_texture(
    portrait: Portrait,
    landmarks: FaceLandmarks,
    parsing: Parsing,
    reconstruction: Reconstruction,
    options: TextureOptions,
) -> HeadTexture:
    """From the photo and the fitted head to albedo, normals, light and provenance.

    portrait ─ window ─ observation ─┬─ light
                                     ├─ skin, light divided out ─ tone on the mesh ─┐
    photo at full resolution ────────┴─ detail ─ mirrored detail ─ grain ───────────┴─ skin
    irises ─ eyeballs;  authored mouth
    """
    fit, model = reconstruction.fit, reconstruction.head_model
    atlas = atlas_of(model, options.size)
    coarse = atlas_of(model, min(options.size // 2, LARGEST_COARSE))
    zones = zones_of(coarse)
    neutral = model.neutral(fit.shape)
    vertices = model.evaluate(fit.shape, fit.expression, fit.pose_rad)
    texel_m = fine_texel_m(atlas)
    window = photo_window(portrait.image, landmarks, parsing, fit.camera, vertices, texel_m)
    posed = pose_atlas(coarse, vertices, window.camera)
    observation = observe(window, posed)
    samples = light_samples(observation, posed, zones)
    light = dimmed_where_dark(estimate_light(samples), samples, window)
    pressed = skin_compression(model, neutral, vertices)
    separated = separate_skin(observation, posed, zones, light, pressed, prior_of(model))
    light = explained_light(separated, posed, light)
    stubble = shaved_scalp(observation, lit_tone(separated, light), coarse)
    layers = skin_layers(separated, stubble, zones, coarse)
    wrinkles = find_wrinkles(separated, layers.seen, posed, light)
    layers = replace(layers, log_shaded=layers.log_shaded + wrinkles.log_shading[:, :, None])
    skin = compose_skin(layers, window, atlas, vertices)
    albedo, provenance = skin.albedo, skin.provenance
    irises = read_irises(window, light)
    _paint_eyes(albedo, provenance, atlas, irises)
    paint_mouth(albedo, provenance, atlas, mouth_tone(window, light, irises["left"].white))
    normal = relief_normals(wrinkles, skin.relief, window.pixel_m, atlas, neutral)
    residual = residual_light(separated.log_irradiance, layers.seen, posed, light)
    return HeadTexture(atlas.pad(albedo), atlas.pad(normal), provenance, light, residual)


@lru_cache(maxsize=4)
def fine_texel_m(atlas: Atlas) -> float:
    """Edge of a texel where the skin's chart is fine, as on the face, metres."""
    texels = atlas.texel_m[atlas.part_mask(SKIN_PART)]
    return float(np.percentile(texels, FINE_PERCENTILE))


def _paint_eyes(
    albedo: UInt8[np.ndarray, "T T 3"],
    provenance: UInt8[np.ndarray, "T T"],
    atlas: Atlas,
    irises: dict[Side, PolarIris],
) -> None:
    for side, iris in irises.items():
        texels = eyeball_texels(atlas, side)
        rgb, seen = paint_eyeball(texels, iris)
        albedo.reshape(-1, 3)[texels.texel] = srgb_from_linear(rgb)
        provenance.reshape(-1)[texels.texel] = np.where(seen, Provenance.SEEN, Provenance.INVENTED)
    cornea = atlas.part_texels(*CLEAR_PARTS)
    albedo.reshape(-1, 3)[cornea] = CORNEA
    provenance.reshape(-1)[cornea] = Provenance.INVENTED
