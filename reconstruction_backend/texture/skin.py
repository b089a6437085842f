"""From what the photo shows to bare skin with the light divided out."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, Float32

from reconstruction_backend.texture.light import SkinSamples
from reconstruction_backend.texture.masks import (
    DARKEST,
    FaceZones,
    bare_skin,
    log_luminance_chroma,
    skin_tone,
)
from reconstruction_backend.texture.projection import Observation
from reconstruction_backend.texture.result import SphericalHarmonicsLight
from reconstruction_backend.texture.visibility import PosedAtlas

DARKEST_IRRADIANCE = 0.08
"""Light below this is not divided out: it would amplify noise."""
SAMPLE_STEP = 4
"""Every n-th texel of the coarse atlas takes part in the light's regression."""
SEED_CHROMA_SPREAD = 0.15
EDGE_DEPTH_M = 0.01
"""Depth inside the face oval at which texels count fully for the light."""
SKIN_MARGIN_TEXELS = 7
LEAST_WEIGHT = 0.05


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
    mirror = posed.atlas.mirror_texel
    step = (slice(None, None, SAMPLE_STEP),) * 2
    weight = observation.confidence * (1 - np.minimum(2 * zones.features, 1))
    weight *= np.clip(zones.oval_depth_m / EDGE_DEPTH_M, 0, 1)
    _, chroma = log_luminance_chroma(observation.rgb)
    seeds = chroma[zones.seeds & (observation.confidence > 0.3)]
    centre = np.median(seeds, axis=0) if len(seeds) else np.zeros(2)
    distance = np.linalg.norm(chroma - centre, axis=2) / SEED_CHROMA_SPREAD
    weight = (weight * np.exp(-0.5 * distance**2)).astype(np.float32)
    mirror_weight = np.minimum(cv2.remap(weight, mirror, None, cv2.INTER_LINEAR), weight)
    kept = weight[step] > LEAST_WEIGHT
    mirrored_rgb = cv2.remap(observation.rgb, mirror, None, cv2.INTER_LINEAR)
    mirrored_normals = cv2.remap(posed.normals, mirror, None, cv2.INTER_LINEAR)
    return SkinSamples(
        rgb=observation.rgb[step][kept],
        albedo=np.ones((int(kept.sum()), 3), np.float32),
        normals=posed.normals[step][kept],
        weights=weight[step][kept],
        mirror_rgb=mirrored_rgb[step][kept],
        mirror_normals=mirrored_normals[step][kept],
        mirror_weights=mirror_weight[step][kept],
    )


def separate_skin(
    observation: Observation, posed: PosedAtlas, zones: FaceZones, light: SphericalHarmonicsLight
) -> SeparatedSkin:
    """Divide the light out, then keep what has the person's skin tone."""
    irradiance = np.maximum(light.irradiance(posed.normals), DARKEST_IRRADIANCE)
    albedo = observation.rgb / irradiance
    tone = skin_tone(albedo[zones.seeds], observation.confidence[zones.seeds])
    like_skin = bare_skin(albedo, observation.confidence, tone, zones)
    margin = np.ones((SKIN_MARGIN_TEXELS, SKIN_MARGIN_TEXELS), np.uint8)
    weight = cv2.erode(like_skin, margin) * observation.confidence
    log_albedo = np.log(np.maximum(albedo, DARKEST))
    mean = _weighted_mean(log_albedo[zones.seeds], weight[zones.seeds])
    return SeparatedSkin(log_albedo, np.log(irradiance), weight, mean)


def _weighted_mean(
    values: Float32[np.ndarray, "N 3"], weights: Float32[np.ndarray, "N"]
) -> Float32[np.ndarray, "3"]:
    total = float(weights.sum())
    if total < LEAST_WEIGHT:
        return np.median(values, axis=0).astype(np.float32)
    return ((values * weights[:, None]).sum(axis=0) / total).astype(np.float32)
