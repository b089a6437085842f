"""From what the photo shows to bare skin with the light divided out."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32

from reconstruction_backend.texture.atlas import Atlas, atlas_of
from reconstruction_backend.texture.light import SkinSamples
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
from reconstruction_backend.texture.result import SphericalHarmonicsLight
from reconstruction_backend.texture.skin_net import TexelEvidence, reduce_evidence
from reconstruction_backend.texture.visibility import PosedAtlas

DARKEST_IRRADIANCE = 0.08
"""Light below this is not divided out: it would amplify noise."""
SAMPLE_STEP = 6
"""Every n-th texel of the coarse atlas takes part in the light's regression."""
SEED_CHROMA_SPREAD = 0.15
EDGE_DEPTH_M = 0.01
"""Depth inside the face oval at which texels count fully for the light."""
JUDGING_SIZE = 512
SKIN_MARGIN_TEXELS = 13
LEAST_WEIGHT = 0.05
SYMMETRY_BLUR_TEXELS = 10.0
"""Of the coarse atlas of 1024 texels: about four millimetres."""
SHADOW_STEP = 4
TINT_BLUR = 1.8
"""Of the brightness' blur."""
SIDE_BELIEF = 3.0
"""The sides are believed in proportion to this power of their light."""
NATURAL_ASYMMETRY = 0.04
STRONGEST_SHADOW = 0.9


@dataclass(frozen=True)
class SeparatedSkin:
    """The seen skin on the coarse atlas, albedo and light apart."""

    log_albedo: Float32[np.ndarray, "A A 3"]
    log_irradiance: Float32[np.ndarray, "A A 3"]
    weight: Float32[np.ndarray, "A A"]
    """How surely the texel shows bare skin, in [0, 1]."""
    mean_log_albedo: Float32[np.ndarray, "3"]
    """The person's tone: of cheeks, nose and forehead."""


def light_samples(observation: Observation, posed: PosedAtlas, zones: FaceZones) -> SkinSamples:
    """The texels from which the light is estimated: of the face, and of skin's colour."""
    step = (slice(None, None, SAMPLE_STEP),) * 2
    mirror = posed.atlas.mirror_texel[step]
    rgb, confidence = np.ascontiguousarray(observation.rgb[step]), observation.confidence[step]
    weight = confidence * (1 - np.minimum(2 * zones.features[step], 1))
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
    observation: Observation, posed: PosedAtlas, zones: FaceZones, light: SphericalHarmonicsLight
) -> SeparatedSkin:
    """Divide the light out, then keep what has the person's skin tone."""
    log_albedo, log_irradiance = divide_light(observation, posed, light)
    seeds = zones.seeds
    tone = skin_tone(np.exp(log_albedo[seeds]), observation.confidence[seeds])
    seen = TexelEvidence(log_albedo, observation.confidence, observation.person, posed.facing)
    like_skin = _like_skin(seen, tone, posed.atlas)
    margin = np.ones((SKIN_MARGIN_TEXELS, SKIN_MARGIN_TEXELS), np.uint8)
    certain = zones.core * like_skin + (1 - zones.core) * cv2.erode(like_skin, margin)
    weight = certain * observation.confidence
    shadow = _one_sided_shading(log_albedo, log_irradiance, weight, posed.atlas)
    log_albedo, log_irradiance = log_albedo - shadow, log_irradiance + shadow
    mean = _weighted_mean(log_albedo[zones.seeds], weight[zones.seeds], tone.log_rgb())
    return SeparatedSkin(log_albedo, log_irradiance, weight, mean)


def _like_skin(seen: TexelEvidence, tone: SkinTone, atlas: Atlas) -> Float32[np.ndarray, "A A"]:
    """Probability of bare skin, judged on an atlas of at most `JUDGING_SIZE` texels."""
    small = atlas_of(atlas.model, min(atlas.size, JUDGING_SIZE))
    reduced = reduce_evidence(seen, small.size)
    evidence = evidence_of(reduced.colour, reduced.confidence, reduced.person, reduced.facing, tone)
    judged = bare_skin(evidence, tone, zones_of(small), small)
    return cv2.resize(judged, (atlas.size, atlas.size), interpolation=cv2.INTER_LINEAR)


def evidence_of(
    log_albedo: Float32[np.ndarray, "A A 3"],
    confidence: Float32[np.ndarray, "A A"],
    person: Float32[np.ndarray, "A A"],
    facing: Float32[np.ndarray, "A A"],
    tone: SkinTone,
) -> TexelEvidence:
    """What the learned judge of bare skin looks at."""
    luminance, chroma = log_luminance_chroma(np.exp(log_albedo))
    colour = np.dstack([luminance - tone.luminance, chroma - tone.chroma]).astype(np.float32)
    return TexelEvidence(colour, confidence, person, facing)


def _one_sided_shading(
    log_albedo: Float32[np.ndarray, "A A 3"],
    log_irradiance: Float32[np.ndarray, "A A 3"],
    weight: Float32[np.ndarray, "A A"],
    atlas: Atlas,
) -> Float32[np.ndarray, "A A 3"]:
    """Broad differences between the two sides that smooth light cannot explain: cast shadows.

    At low frequencies a face is symmetric, so what differs is light. The better lit side is
    believed more. Only what exceeds `NATURAL_ASYMMETRY` is taken.
    """
    sigma = SYMMETRY_BLUR_TEXELS * atlas.size / 1024
    step = (slice(None, None, SHADOW_STEP),) * 2
    thin = np.ascontiguousarray(weight[step])
    blurred = cv2.GaussianBlur(log_albedo[step] * thin[:, :, None], (0, 0), sigma / SHADOW_STEP)
    total = cv2.GaussianBlur(thin, (0, 0), sigma / SHADOW_STEP)
    low = blurred / np.maximum(total, 1e-3)[:, :, None]
    mirror = (atlas.mirror_texel[step] + 0.5) / SHADOW_STEP - 0.5
    other = look_up(low, mirror)
    other_total = look_up(total, mirror)
    light = np.exp(SIDE_BELIEF * log_irradiance[step].mean(axis=2, keepdims=True))
    other_light = np.maximum(look_up(light, mirror)[:, :, None], 1e-6)
    share = other_light / (light + other_light)
    shading = (low - other) * share
    # Colour differences are noisier in shadow than brightness, and true ones are broader.
    grey = shading.mean(axis=2, keepdims=True)
    tint = cv2.GaussianBlur(shading - grey, (0, 0), TINT_BLUR * sigma / SHADOW_STEP)
    shading = grey + tint
    size = np.linalg.norm(shading, axis=2, keepdims=True)
    shading *= np.maximum(size - NATURAL_ASYMMETRY, 0) / np.maximum(size, 1e-6)
    known = smoothstep(0.1, 0.5, np.minimum(total, other_total))[:, :, None]
    full = cv2.resize(shading * known, (atlas.size, atlas.size), interpolation=cv2.INTER_LINEAR)
    return np.clip(full, -STRONGEST_SHADOW, STRONGEST_SHADOW)


def _weighted_mean(
    values: Float32[np.ndarray, "N 3"],
    weights: Float32[np.ndarray, "N"],
    fallback: Float32[np.ndarray, "3"],
) -> Float32[np.ndarray, "3"]:
    total = float(weights.sum())
    if total < LEAST_WEIGHT:
        return fallback
    return ((values * weights[:, None]).sum(axis=0) / total).astype(np.float32)
