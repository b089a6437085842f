"""Vertex colours that darken the inside of the mouth, for engines that cast no shadow rays.

The atlas holds true albedos. Most engines light the throat as brightly as the lips; glTF's vertex
colours multiply the albedo in all of them, under every light.
"""

import numpy as np
from jaxtyping import UInt8

from reconstruction_backend.head_model import HeadModel

MOUTH_LIGHT = "mouth_light"
SHADE_POWER = {"mouth": 0.8, "teeth": 0.5}
"""By surface: light that teeth pass on to each other reaches further than what gums do."""
LEAST_LIGHT = {"mouth": 0.0, "teeth": 0.12}
"""Vertices of a tooth that lie within a neighbour see no light, and must not become specks."""
_OPAQUE = 255


def mouth_shade(model: HeadModel, surface: str) -> UInt8[np.ndarray, "V 4"] | None:
    """RGBA per vertex of the model, linear; None for a surface that needs none.

    A model without the region (an imported one) has no inside to darken.
    """
    if surface not in SHADE_POWER or MOUTH_LIGHT not in model.region_names:
        return None
    light = np.clip(model.region(MOUTH_LIGHT), LEAST_LIGHT[surface], 1)
    share = light ** SHADE_POWER[surface]
    rgba = np.full((model.vertex_count, 4), _OPAQUE, np.uint8)
    rgba[:, :3] = np.round(_OPAQUE * share).astype(np.uint8)[:, None]
    return rgba
