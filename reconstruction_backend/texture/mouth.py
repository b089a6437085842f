"""The inside of the mouth: authored colours, since a portrait shows little of it.

These are true albedos: how dark it is inside is the renderer's to say (the GLB carries it as vertex
colours, see `export`). Only the finest shade, between and around teeth, is painted.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float32, Int32, UInt8

from reconstruction_backend.color import srgb_from_linear
from reconstruction_backend.texture import kernels
from reconstruction_backend.texture.atlas import Atlas
from reconstruction_backend.texture.grain import pore_tile
from reconstruction_backend.texture.projection import smoothstep
from reconstruction_backend.texture.result import Provenance
from reconstruction_backend.texture.visibility import normals_of_vertices

MOUTH_PARTS = ("mouth_interior", "gums", "tongue", "teeth_upper", "teeth_lower")
ENAMEL = np.array([0.76, 0.70, 0.59], np.float32)
"""Linear albedo of healthy teeth, slightly warm (shade A1 of the dental shade guide, about)."""
NECK = np.array([0.93, 0.86, 0.74], np.float32)
"""Over the enamel's: dentine shows through at the neck."""
EDGE = np.array([0.90, 0.93, 0.97], np.float32)
"""Over the enamel's: the cutting edge is translucent and greyish."""
EDGE_REACH = 0.10
NECK_FROM = 0.45
LOWER_TEETH = 0.96
FLESH = {
    "mouth_interior": (0.36, 0.115, 0.10),
    "gums": (0.53, 0.225, 0.205),
    "tongue": (0.48, 0.185, 0.17),
}
"""Linear albedo."""
COATING = np.array([0.60, 0.42, 0.38], np.float32)
"""The back of the tongue's upper side is whitish."""
COATING_SHARE = 0.45
UPPER_SIDE = (0.2, 0.8)
"""Upward part of the normal from which the tongue's surface belongs to its upper side."""
FURROW, FURROW_M = 0.25, 0.0012
"""Depth (share of the light) and half width of the tongue's middle furrow."""
BLOTCH_PIXEL_M, GRAIN_PIXEL_M, PAPILLA_PIXEL_M = 4e-3, 4e-4, 9e-4
BLOTCH, GRAIN, PAPILLAE = 0.10, 0.06, 0.16
"""Log deviations."""
QUIET_ON_TEETH = 0.25
CREVICE_LIGHT = 0.5
"""Of the best lit place in an open mouth: less than this is painted darker,"""
CREVICE_SHADE = 0.2
"""to this power of the light that is missing."""
DEEPEST = 0.25
"""Vertices that lie within a neighbour see no light at all, and must not become specks."""
LIGHT_REGION, NECK_REGION = "mouth_light", "tooth_neck"


@dataclass(frozen=True)
class MouthTone:
    """What differs between people and photos."""

    enamel: Float32[np.ndarray, "3"]
    """Linear albedo of the teeth."""
    flesh_level: float
    """Over `FLESH`: a dark photo gives dark albedos, and the mouth goes with the face."""


def paint_mouth(
    albedo: UInt8[np.ndarray, "T T 3"],
    provenance: UInt8[np.ndarray, "T T"],
    atlas: Atlas,
    tone: MouthTone,
) -> None:
    """Fill the mouth's texels in place."""
    paint = mouth_paint(atlas)
    linear = paint.colour * np.where(paint.teeth[:, None], tone.enamel, tone.flesh_level)
    albedo[paint.mask] = srgb_from_linear(np.clip(linear, 0, 1))
    provenance[paint.mask] = Provenance.INVENTED


@dataclass(frozen=True)
class MouthPaint:
    """The mouth's texels with a person's teeth left open."""

    mask: Bool[np.ndarray, "T T"]
    colour: Float32[np.ndarray, "N 3"]
    """Linear albedo of the masked texels, row by row, before `MouthTone`."""
    teeth: Bool[np.ndarray, "N"]


@lru_cache(maxsize=2)
def mouth_paint(atlas: Atlas) -> MouthPaint:
    """Worked out once per head model."""
    mask, texels = atlas.part_mask(*MOUTH_PARTS), atlas.part_texels(*MOUTH_PARTS)
    noise = _noise(atlas, mask)
    variation = np.exp(BLOTCH * noise[:, :1] + GRAIN * noise[:, 1:2])
    crevice = _crevice_shade(atlas, texels)
    colour = np.ones((len(crevice), 3), np.float32)
    for part, rgb in FLESH.items():
        colour[atlas.part_mask(part)[mask]] = rgb
    tongue = atlas.part_mask("tongue")[mask]
    colour[tongue] = _tongue(atlas, texels, tongue, noise)
    lower = atlas.part_mask("teeth_lower")[mask]
    teeth = atlas.part_mask("teeth_upper")[mask] | lower
    colour[lower] = LOWER_TEETH
    colour[teeth] *= _tooth_hue(atlas, texels)[teeth]
    variation[teeth] **= QUIET_ON_TEETH
    return MouthPaint(mask, (colour * variation * crevice).astype(np.float32), teeth)


def _noise(atlas: Atlas, mask: Bool[np.ndarray, "T T"]) -> Float32[np.ndarray, "N 3"]:
    """Blotches, grain and papillae, each of unit deviation."""
    model = atlas.model
    normals = normals_of_vertices(model.template_m, model.triangles)
    layers = [
        kernels.triplanar(
            atlas.triangle, atlas.weights, model.triangles, mask,
            model.template_m, normals, pore_tile(), pixel_m,
        )[mask]
        for pixel_m in (BLOTCH_PIXEL_M, GRAIN_PIXEL_M, PAPILLA_PIXEL_M)
    ]  # fmt: skip
    return np.concatenate(layers, axis=1)


def _region(
    atlas: Atlas, texels: Int32[np.ndarray, "N"], name: str, absent: float
) -> Float32[np.ndarray, "N 1"]:
    """A region's weight; an imported model without it has `absent` everywhere."""
    if name not in atlas.model.region_names:
        return np.full((len(texels), 1), absent, np.float32)
    return atlas.interpolate_at(texels, atlas.model.region(name)[:, None])


def _crevice_shade(atlas: Atlas, texels: Int32[np.ndarray, "N"]) -> Float32[np.ndarray, "N 1"]:
    light = _region(atlas, texels, LIGHT_REGION, 1.0)
    missing = np.clip(light / CREVICE_LIGHT, DEEPEST, 1)
    return missing**CREVICE_SHADE


def _tooth_hue(atlas: Atlas, texels: Int32[np.ndarray, "N"]) -> Float32[np.ndarray, "N 3"]:
    neck = _region(atlas, texels, NECK_REGION, 0.5)
    hue = 1 + smoothstep(NECK_FROM, 1.0, neck) * (NECK - 1)
    return hue * (1 + smoothstep(EDGE_REACH, 0.0, neck) * (EDGE - 1))


def _tongue(
    atlas: Atlas,
    texels: Int32[np.ndarray, "N"],
    tongue: Bool[np.ndarray, "N"],
    noise: Float32[np.ndarray, "N 3"],
) -> Float32[np.ndarray, "K 3"]:
    """Pink and rough, with a whitish coat on top towards the back and a furrow in the middle."""
    model = atlas.model
    normals = normals_of_vertices(model.template_m, model.triangles)
    up = atlas.interpolate_at(texels[tongue], normals)[:, 1:2]
    place = atlas.interpolate_at(texels[tongue], model.template_m)
    front, back = (float(z) for z in np.percentile(place[:, 2], (95, 30)))
    coat = COATING_SHARE * smoothstep(*UPPER_SIDE, up) * smoothstep(front, back, place[:, 2:])
    rgb = np.array(FLESH["tongue"], np.float32) * (1 - coat) + COATING * coat
    furrow = 1 - FURROW * np.exp(-((place[:, :1] / FURROW_M) ** 2)) * smoothstep(*UPPER_SIDE, up)
    return rgb * np.exp(PAPILLAE * np.abs(noise[tongue, 2:])) * furrow
