"""Tone, detail and grain put together on the full atlas."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from reconstruction_backend.color import srgb_from_linear
from reconstruction_backend.texture import kernels
from reconstruction_backend.texture.atlas import SKIN_PART, Atlas
from reconstruction_backend.texture.completion import complete_tone, skin_graph, vertex_tone
from reconstruction_backend.texture.grain import PIXEL_M, grain_tile, pore_strength, pore_tile
from reconstruction_backend.texture.masks import FaceZones
from reconstruction_backend.texture.projection import PhotoWindow, smoothstep
from reconstruction_backend.texture.result import Provenance
from reconstruction_backend.texture.skin import SeparatedSkin
from reconstruction_backend.texture.visibility import normals_of_vertices, project_texels

CORE_FEATHER_TEXELS = 2.5
"""The same in the inner face, where the border is a lip's or a lid's own rim."""
SEEN_WEIGHT = 0.35
"""A texel with at least this skin weight can show the photo's detail."""
FEATHER_TEXELS = 14
"""Width of the seam between sources on the coarse atlas of 1024 texels."""
LOG_RANGE = (-7.5, 0.2)
LOG_ENTRIES = 8192
COARSE_PADDING = 8


@dataclass(frozen=True)
class SkinLayers:
    """The skin on the coarse atlas, before detail."""

    log_albedo: Float32[np.ndarray, "A A 3"]
    """Smooth tone, everywhere on the skin."""
    log_shaded: Float32[np.ndarray, "A A 3"]
    """The same under the photo's light."""
    seen: Float32[np.ndarray, "A A"]
    mirrored: Float32[np.ndarray, "A A"]
    """Share of what was not seen that the other side shows."""


@dataclass(frozen=True)
class ComposedSkin:
    """The skin on the full atlas."""

    albedo: UInt8[np.ndarray, "T T 3"]
    """sRGB; zero outside the skin."""
    relief: Float32[np.ndarray, "T T"]
    """Log luminance of the detail."""
    provenance: UInt8[np.ndarray, "T T"]


def skin_layers(skin: SeparatedSkin, zones: FaceZones, coarse: Atlas) -> SkinLayers:
    """Complete the tone over the whole skin."""
    graph = skin_graph(coarse)
    tone, confidence = vertex_tone(graph, skin.log_albedo, skin.weight)
    completed = complete_tone(graph, tone, confidence, skin.mean_log_albedo)
    per_vertex = np.zeros((coarse.model.vertex_count, 3), np.float32)
    per_vertex[graph.vertices] = completed
    log_albedo = coarse.pad(coarse.interpolate(per_vertex))
    seen = _feathered(skin.weight, zones.core)
    return SkinLayers(
        log_albedo=log_albedo,
        log_shaded=log_albedo + coarse.pad(skin.log_irradiance),
        seen=seen,
        mirrored=cv2.remap(seen, coarse.mirror_texel, None, cv2.INTER_LINEAR),
    )


def compose_skin(
    layers: SkinLayers, window: PhotoWindow, atlas: Atlas, vertices_m: Float32[np.ndarray, "V 3"]
) -> ComposedSkin:
    """Put the photo's detail, the mirrored detail and grain on the tone."""
    model, size = atlas.model, atlas.size
    covered = atlas.part_mask(SKIN_PART)
    pixels = project_texels(atlas, vertices_m, window.camera)
    photo = cv2.remap(window.linear, pixels, None, cv2.INTER_CUBIC)
    detail = kernels.seen_detail(photo, layers.seen[:, :, None], layers.log_shaded)
    mirrored = cv2.remap(detail, atlas.mirror_texel, None, cv2.INTER_LINEAR)
    seen = cv2.resize(layers.seen, (size, size), interpolation=cv2.INTER_LINEAR)
    other = cv2.resize(layers.mirrored, (size, size), interpolation=cv2.INTER_LINEAR)
    rest_normals = normals_of_vertices(model.template_m, model.triangles)
    rest = (atlas.triangle, atlas.weights, model.triangles)
    tile = grain_tile(atlas, detail, seen)
    unseen = covered & (seen < 1)
    grain = kernels.triplanar(*rest, unseen, model.template_m, rest_normals, tile, PIXEL_M)
    pores = pore_tile() * pore_strength(window.pixel_m)
    fine = kernels.triplanar(*rest, covered, model.template_m, rest_normals, pores, PIXEL_M)
    stacked = np.dstack([layers.log_albedo, layers.seen, layers.mirrored])
    albedo, relief = kernels.compose(
        covered, stacked, detail, mirrored, grain, fine, _srgb_of_log(), LOG_RANGE
    )
    return ComposedSkin(albedo, relief, _provenance(covered, seen, other))


def _feathered(
    weight: Float32[np.ndarray, "A A"], core: Float32[np.ndarray, "A A"]
) -> Float32[np.ndarray, "A A"]:
    """One well inside the seen skin, falling smoothly to zero at its border."""
    inside = (weight > SEEN_WEIGHT).astype(np.uint8)
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 5) * np.float32(1024 / len(weight))
    width = CORE_FEATHER_TEXELS * core + FEATHER_TEXELS * (1 - core)
    return smoothstep(0, 1, depth / width)


def _provenance(
    covered: np.ndarray, seen: Float32[np.ndarray, "T T"], mirrored: Float32[np.ndarray, "T T"]
) -> UInt8[np.ndarray, "T T"]:
    out = np.where(covered, Provenance.INVENTED, Provenance.OUTSIDE).astype(np.uint8)
    out[covered & (mirrored > 0.5)] = Provenance.MIRRORED
    out[covered & (seen > 0.5)] = Provenance.SEEN
    return out


def _srgb_of_log() -> UInt8[np.ndarray, "N"]:
    return srgb_from_linear(np.exp(np.linspace(*LOG_RANGE, LOG_ENTRIES)))
