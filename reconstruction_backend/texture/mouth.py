"""The inside of the mouth: authored colours, since a portrait shows little of it.

Depth into the mouth darkens everything, as light does not reach there; low-frequency noise and
fine grain keep the surfaces from looking like plastic.
"""

from functools import lru_cache

import numpy as np
from jaxtyping import UInt8

from reconstruction_backend.color import srgb_from_linear
from reconstruction_backend.texture import kernels
from reconstruction_backend.texture.atlas import Atlas
from reconstruction_backend.texture.grain import pore_tile
from reconstruction_backend.texture.visibility import normals_of_vertices

MOUTH_PARTS = ("mouth_interior", "gums", "tongue", "teeth_upper", "teeth_lower")
BASE = {
    "mouth_interior": (0.30, 0.085, 0.075),
    "gums": (0.42, 0.155, 0.145),
    "tongue": (0.40, 0.135, 0.125),
    "teeth_upper": (0.83, 0.80, 0.73),
    "teeth_lower": (0.77, 0.73, 0.66),
}
"""Linear albedo."""
BLOTCH_PIXEL_M, GRAIN_PIXEL_M = 4e-3, 4e-4
BLOTCH, GRAIN = 0.10, 0.06
DARKEST_SHARE = 0.12
"""Of the light that reaches the back of the mouth."""
DEPTH_M = 0.030
"""Depth behind the front teeth at which that share is reached."""


@lru_cache(maxsize=2)
def mouth_albedo(atlas: Atlas) -> UInt8[np.ndarray, "T T 3"]:
    """sRGB albedo of the mouth's parts, zero elsewhere; depends on the head model alone."""
    model = atlas.model
    selected = atlas.part_mask(*MOUTH_PARTS)
    rest = atlas.interpolate(model.template_m)
    normals = normals_of_vertices(model.template_m, model.triangles)
    layer = [
        kernels.triplanar(
            atlas.triangle, atlas.weights, model.triangles, selected,
            model.template_m, normals, pore_tile(), pixel_m,
        )
        for pixel_m in (BLOTCH_PIXEL_M, GRAIN_PIXEL_M)
    ]  # fmt: skip
    front_z = float(np.percentile(model.template_m[_vertices(atlas, "teeth_upper")][:, 2], 98))
    depth = np.clip((front_z - rest[selected][:, 2:]) / DEPTH_M, 0, 1)
    shade = DARKEST_SHARE ** (depth**0.8)
    variation = np.exp(BLOTCH * layer[0][selected] + GRAIN * layer[1][selected])
    linear = np.zeros((len(depth), 3), np.float32)
    for part, rgb in BASE.items():
        mask = atlas.part_mask(part)[selected]
        strength = 0.35 if part.startswith("teeth") else 1.0
        linear[mask] = np.array(rgb) * (variation**strength * shade**strength)[mask]
    out = np.zeros((atlas.size, atlas.size, 3), np.uint8)
    out[selected] = srgb_from_linear(linear)
    return out


def _vertices(atlas: Atlas, part: str) -> np.ndarray:
    return np.unique(atlas.model.triangles[atlas.model.part_triangles(part)])
