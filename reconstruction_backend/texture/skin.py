"""From what the photo shows to bare skin with the light divided out."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32

from reconstruction_backend.texture.albedo_prior import AlbedoPrior
from reconstruction_backend.texture.atlas import Atlas, atlas_of
from reconstruction_backend.texture.creases import crease_shading
from reconstruction_backend.texture.hair_shadow import clear_of_hair, hair_shading, unshaded
from reconstruction_backend.texture.light import SkinSamples, nearest_light
from reconstruction_backend.texture.lookup import look_up
from reconstruction_backend.texture.masks import (
    DARKEST,
    FaceZones,
    SkinTone,
    bare_skin,
    log_luminance_chroma,
    skin_tone,
    zones_of,
)
from reconstruction_backend.texture.projection import Observation, smoothstep
from reconstruction_backend.texture.residual_light import (
    DEEP_FROM,
    DEEP_TO,
    beard_share,
    highlights,
    one_sided_shading,
    unlikely_tone,
)
from reconstruction_backend.texture.result import DARKEST_IRRADIANCE, SphericalHarmonicsLight
from reconstruction_backend.texture.visibility import PosedAtlas

SAMPLE_STEP = 6
"""Every n-th texel of the coarse atlas takes part in the light's regression."""
SEED_CHROMA_SPREAD = 0.15
EDGE_DEPTH_M = 0.01
"""Depth inside the face oval at which texels count fully for the light."""
JUDGING_SIZE = 512
SKIN_MARGIN_TEXELS = 13
LEAST_WEIGHT = 0.05


@dataclass(frozen=True)
class SeparatedSkin:
    """The seen skin on the coarse atlas, albedo and light apart."""

    log_albedo: Float32[np.ndarray, "A A 3"]
    log_irradiance: Float32[np.ndarray, "A A 3"]
    weight: Float32[np.ndarray, "A A"]
    """How surely the texel shows bare skin, in [0, 1]."""
    clear: Float32[np.ndarray, "A A"]
    """One well away from hair and its shadow, zero beside it."""
    expected: Float32[np.ndarray, "A A 3"]
    """Log albedo that the learned prior expects of this person, seen or not."""
    mean_log_albedo: Float32[np.ndarray, "3"]
    """The person's tone: of cheeks, nose and forehead."""


def light_samples(observation: Observation, posed: PosedAtlas, zones: FaceZones) -> SkinSamples:
    """The texels from which the light is estimated: of the face, and of skin's colour."""
    step = (slice(None, None, SAMPLE_STEP),) * 2
    mirror = posed.atlas.mirror_texel[step]
    rgb, confidence = np.ascontiguousarray(observation.rgb[step]), observation.confidence[step]
    weight = confidence * observation.skin[step]
    weight *= 1 - np.minimum(2 * zones.features[step], 1)
    weight *= np.clip(zones.oval_depth_m[step] / EDGE_DEPTH_M, 0, 1)
    _, chroma = log_luminance_chroma(rgb)
    seeds = chroma[zones.seeds[step] & (confidence > 0.3)]
    centre = np.median(seeds, axis=0) if len(seeds) else np.zeros(2)
    distance = np.linalg.norm(chroma - centre, axis=2) / SEED_CHROMA_SPREAD
    weight = (weight * np.exp(-0.5 * distance**2)).astype(np.float32)
    kept = weight > LEAST_WEIGHT
    thinned = (mirror + 0.5) / SAMPLE_STEP - 0.5
    return SkinSamples(
        rgb=rgb[kept],
        albedo=np.ones((int(kept.sum()), 3), np.float32),
        normals=posed.normals[step][kept],
        weights=weight[kept],
        mirror_rgb=look_up(observation.rgb, mirror)[kept],
        mirror_normals=look_up(posed.normals, mirror)[kept],
        mirror_weights=np.minimum(look_up(weight, thinned), weight)[kept],
    )


def divide_light(
    observation: Observation, posed: PosedAtlas, light: SphericalHarmonicsLight
) -> tuple[Float32[np.ndarray, "A A 3"], Float32[np.ndarray, "A A 3"]]:
    """Logarithms of albedo and irradiance."""
    at_vertices = np.log(np.maximum(light.irradiance(posed.vertex_normals), DARKEST_IRRADIANCE))
    log_irradiance = posed.atlas.interpolate(at_vertices)
    return np.log(np.maximum(observation.rgb, DARKEST)) - log_irradiance, log_irradiance


def separate_skin(
    observation: Observation,
    posed: PosedAtlas,
    zones: FaceZones,
    light: SphericalHarmonicsLight,
    compression: Float32[np.ndarray, "V"],
    prior: AlbedoPrior | None,
) -> SeparatedSkin:
    """Divide the light out, then keep what has the person's skin tone.

    `compression` is how much the photo's expression shortens the skin (`creases`). Without a prior
    an even tone is expected.
    """
    log_albedo, log_irradiance = divide_light(observation, posed, light)
    seeds = zones.seeds
    believed = observation.confidence * observation.skin
    tone = skin_tone(np.exp(log_albedo[seeds]), believed[seeds])
    like_skin = _like_skin(log_albedo, observation, tone, posed.atlas)
    margin = np.ones((SKIN_MARGIN_TEXELS, SKIN_MARGIN_TEXELS), np.uint8)
    certain = zones.core * like_skin + (1 - zones.core) * cv2.erode(like_skin, margin)
    weight = certain * observation.confidence
    if prior is not None:
        shared = cv2.resize(prior.shade, weight.shape[::-1], interpolation=cv2.INTER_LINEAR)
        log_albedo = log_albedo - shared[:, :, None]
        log_irradiance = log_irradiance + shared[:, :, None]
    shadow = one_sided_shading(log_albedo, log_irradiance, weight, posed.atlas)
    bare = log_albedo - shadow
    mean = _weighted_mean(bare[seeds], weight[seeds], tone.log_rgb())
    expected = mean + _fitted(prior, bare - mean, weight)
    beard = beard_share(bare, weight, zones)
    departure = bare - expected
    shade = unlikely_tone(departure, weight, zones, beard)
    departure -= shade
    clear = clear_of_hair(observation, zones) * unshaded(shade, zones)
    departure -= hair_shading(departure, weight, clear, zones)
    departure -= highlights(departure, weight, beard)
    bare = departure + expected
    bare -= crease_shading(bare, weight, compression, zones, posed.atlas)
    weight = weight * (1 - smoothstep(DEEP_FROM, DEEP_TO, -shade.mean(axis=2)) * (1 - zones.core))
    lit = log_albedo + log_irradiance - bare
    return SeparatedSkin(bare, lit, weight, clear, expected, mean)


def _fitted(
    prior: AlbedoPrior | None,
    log_albedo: Float32[np.ndarray, "A A 3"],
    weight: Float32[np.ndarray, "A A"],
) -> Float32[np.ndarray, "A A 3"]:
    if prior is None:
        return np.zeros_like(log_albedo)
    fitted = prior.fit(log_albedo, weight)
    return cv2.resize(fitted, weight.shape[::-1], interpolation=cv2.INTER_LINEAR)


def explained_light(
    skin: SeparatedSkin, posed: PosedAtlas, start: SphericalHarmonicsLight
) -> SphericalHarmonicsLight:
    """The harmonics that come nearest to all that was divided out: shadows and highlights too."""
    step = (slice(None, None, SAMPLE_STEP),) * 2
    kept = skin.weight[step] > LEAST_WEIGHT
    irradiance = np.exp(skin.log_irradiance[step][kept])
    return nearest_light(irradiance, posed.normals[step][kept], skin.weight[step][kept], start)


def lit_tone(skin: SeparatedSkin, light: SphericalHarmonicsLight) -> Float32[np.ndarray, "3"]:
    """The person's tone under the photo's light where it faces forward, linear RGB."""
    forward = np.array([0.0, 0.0, 1.0], np.float32)
    return np.exp(skin.mean_log_albedo) * light.irradiance(forward)


def _like_skin(
    log_albedo: Float32[np.ndarray, "A A 3"], observation: Observation, tone: SkinTone, atlas: Atlas
) -> Float32[np.ndarray, "A A"]:
    """Probability of bare skin, judged on an atlas of at most `JUDGING_SIZE` texels."""
    small = atlas_of(atlas.model, min(atlas.size, JUDGING_SIZE))
    size = (small.size, small.size)
    seen = (observation.confidence > 0).astype(np.float32)
    share = cv2.resize(seen, size, interpolation=cv2.INTER_AREA)
    colour = cv2.resize(log_albedo * seen[:, :, None], size, interpolation=cv2.INTER_AREA)
    colour = np.exp(colour / np.maximum(share, 1e-3)[:, :, None])
    luminance, chroma = log_luminance_chroma(colour)
    parsed, glasses = (
        cv2.resize(probability, size, interpolation=cv2.INTER_AREA) * (share > 0)
        for probability in (observation.skin, observation.glasses)
    )
    departure = np.dstack([luminance, chroma]).astype(np.float32)
    judged = bare_skin(parsed, glasses, departure, tone, zones_of(small))
    return cv2.resize(judged, (atlas.size, atlas.size), interpolation=cv2.INTER_LINEAR)


def _weighted_mean(
    values: Float32[np.ndarray, "N 3"],
    weights: Float32[np.ndarray, "N"],
    fallback: Float32[np.ndarray, "3"],
) -> Float32[np.ndarray, "3"]:
    total = float(weights.sum())
    if total < LEAST_WEIGHT:
        return fallback
    return ((values * weights[:, None]).sum(axis=0) / total).astype(np.float32)
