"""Tone, detail and grain put together on the full atlas."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Float32, Int8, UInt8

from reconstruction_backend.color import srgb_from_linear
from reconstruction_backend.texture import kernels
from reconstruction_backend.texture.atlas import SKIN_PART, Atlas
from reconstruction_backend.texture.completion import complete_tone, skin_graph, vertex_tone
from reconstruction_backend.texture.grain import PIXEL_M, grain_tile, pore_strength, pore_tile
from reconstruction_backend.texture.lookup import look_up
from reconstruction_backend.texture.masks import FaceZones
from reconstruction_backend.texture.projection import PhotoWindow, smoothstep
from reconstruction_backend.texture.scalp import Stubble
from reconstruction_backend.texture.skin import SeparatedSkin
from reconstruction_backend.texture.visibility import normals_of_vertices

CORE_FEATHER_TEXELS = 2.5
"""The same in the inner face, where the border is a lip's or a lid's own rim."""
SEEN_WEIGHT = 0.35
"""A texel with at least this skin weight can show the photo's detail."""
FEATHER_TEXELS = 30
"""Width of the seam between sources on the coarse atlas of 1024 texels."""
HAIR_FEATHER = (0.1, 0.4)
"""How clear of hair skin must be for some, and for all, of the photo's detail: single strands lie
beyond."""
LOG_RANGE = (-7.5, 0.2)
LOG_ENTRIES = 8192
PORE_STEPS = 25
"""Of the stored pores, per deviation."""
MOTTLE_PIXEL_M = (2.6e-3, 9e-3)
MOTTLE = np.array([[0.014, 0.027, 0.025], [0.012, 0.028, 0.027]], np.float32)
"""Log deviation per channel at both scales: blood darkens green and blue more than red."""
EAR_FLUSH = np.array([0.03, -0.07, -0.05], np.float32)
"""Ears are thin and full of blood; few portraits show theirs well enough to learn it."""
STUBBLE_GRAIN = 0.55
"""Log deviation of single cut hairs, per density."""


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
    stubble: Float32[np.ndarray, "A A"]
    """Share of the unseen scalp that cut hair hides."""


@dataclass(frozen=True)
class ComposedSkin:
    """The skin on the full atlas."""

    albedo: UInt8[np.ndarray, "T T 3"]
    """sRGB; zero outside the skin."""
    relief: Float32[np.ndarray, "T T"]
    """Log luminance of the detail."""
    provenance: UInt8[np.ndarray, "T T"]


def skin_layers(
    skin: SeparatedSkin, stubble: Stubble, zones: FaceZones, coarse: Atlas
) -> SkinLayers:
    """Complete the tone over the whole skin, as a departure from the learned prior."""
    graph = skin_graph(coarse)
    trusted = skin.weight * skin.clear**2
    tone, confidence = vertex_tone(graph, skin.log_albedo - skin.expected, trusted)
    per_vertex = np.zeros((coarse.model.vertex_count, 3), np.float32)
    per_vertex[graph.vertices] = complete_tone(graph, tone, confidence, np.zeros(3))
    seen = _feathered(skin.weight, zones.core, skin.clear)
    tone_everywhere = skin.expected + coarse.interpolate(per_vertex)
    made_up = mottle(coarse) + stubble.log_darkening
    log_albedo = coarse.pad(tone_everywhere + (1 - seen[:, :, None]) * made_up)
    return SkinLayers(
        log_albedo=log_albedo,
        log_shaded=log_albedo + coarse.pad(skin.log_irradiance),
        seen=seen,
        mirrored=look_up(seen, coarse.mirror_texel),
        stubble=(1 - seen) * stubble.density,
    )


@lru_cache(maxsize=2)
def mottle(coarse: Atlas) -> Float32[np.ndarray, "A A 3"]:
    """The uneven blood under all skin, in patches of millimetres to centimetres, and in ears.

    The same for everybody.
    """
    model = coarse.model
    patches = [
        kernels.triplanar(
            coarse.triangle, coarse.weights, model.triangles, coarse.part_mask(SKIN_PART),
            model.template_m, rest_normals(coarse), pore_tile(), pixel_m,
        )
        for pixel_m in MOTTLE_PIXEL_M
    ]  # fmt: skip
    mottle = np.tensordot(np.concatenate(patches, axis=2), MOTTLE, axes=1).astype(np.float32)
    if "ears" in model.region_names:
        mottle += coarse.interpolate(model.region("ears")[:, None]) * EAR_FLUSH
    return mottle


def compose_skin(
    layers: SkinLayers, window: PhotoWindow, atlas: Atlas, vertices_m: Float32[np.ndarray, "V 3"]
) -> ComposedSkin:
    """Put the photo's detail, the mirrored detail and grain on the tone."""
    camera = window.camera
    detail = kernels.seen_detail(
        atlas.triangle,
        atlas.weights,
        atlas.model.triangles,
        camera.camera_points(vertices_m).astype(np.float32),
        (camera.focal_length_px, *camera.principal_point_px),
        window.image,
        layers.seen,
        layers.log_shaded,
    )
    grain = _grain(detail, layers, atlas)
    albedo, relief, source = kernels.compose(
        atlas.part_mask(SKIN_PART),
        layers.log_albedo,
        layers.seen,
        layers.mirrored,
        detail,
        atlas.mirror_texel,
        grain,
        pore_map(atlas),
        pore_strength(window.pixel_m) / PORE_STEPS,
        _srgb_of_log(),
        LOG_RANGE,
    )
    return ComposedSkin(albedo, relief, source)


def _grain(
    detail: Float32[np.ndarray, "T T 3"], layers: SkinLayers, atlas: Atlas
) -> Float32[np.ndarray, "T T 1"]:
    """The person's own grain where nothing was seen, and single cut hairs on the scalp."""
    model, size = atlas.model, (atlas.size, atlas.size)
    hidden = cv2.resize((layers.seen < 1).view(np.uint8), size, interpolation=cv2.INTER_LINEAR)
    grain = kernels.triplanar(
        atlas.triangle, atlas.weights, model.triangles,
        atlas.part_mask(SKIN_PART) & (hidden > 0), model.template_m, rest_normals(atlas),
        grain_tile(atlas, detail, layers.seen), PIXEL_M,
    )  # fmt: skip
    if layers.stubble.any():
        stubble = cv2.resize(layers.stubble, size, interpolation=cv2.INTER_LINEAR)
        grain[:, :, 0] += stubble * pore_map(atlas) * np.float32(STUBBLE_GRAIN / PORE_STEPS)
    return grain


@lru_cache(maxsize=4)
def pore_map(atlas: Atlas) -> Int8[np.ndarray, "T T"]:
    """Generic pores over the skin, `PORE_STEPS` per deviation; kept for the next call."""
    model = atlas.model
    pores = kernels.triplanar(
        atlas.triangle, atlas.weights, model.triangles, atlas.part_mask(SKIN_PART),
        model.template_m, rest_normals(atlas), pore_tile(), PIXEL_M,
    )  # fmt: skip
    return np.clip(np.rint(pores[:, :, 0] * PORE_STEPS), -127, 127).astype(np.int8)


@lru_cache(maxsize=4)
def rest_normals(atlas: Atlas) -> Float32[np.ndarray, "V 3"]:
    """Vertex normals of the average head; kept for the next call."""
    return normals_of_vertices(atlas.model.template_m, atlas.model.triangles)


def _feathered(
    weight: Float32[np.ndarray, "A A"],
    core: Float32[np.ndarray, "A A"],
    clear: Float32[np.ndarray, "A A"],
) -> Float32[np.ndarray, "A A"]:
    """One well inside the seen skin, falling smoothly to zero at its border and beside hair."""
    inside = (weight > SEEN_WEIGHT).astype(np.uint8)
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 5) * np.float32(1024 / len(weight))
    width = CORE_FEATHER_TEXELS * core + FEATHER_TEXELS * (1 - core)
    return smoothstep(0.0, 1.0, depth / width) * smoothstep(*HAIR_FEATHER, clear)


@lru_cache(maxsize=1)
def _srgb_of_log() -> UInt8[np.ndarray, "N"]:
    return srgb_from_linear(np.exp(np.linspace(*LOG_RANGE, LOG_ENTRIES)))
