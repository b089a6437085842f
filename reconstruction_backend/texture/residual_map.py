"""What was divided out of the photo beyond the harmonics, kept as a small map.

albedo x harmonics x residual is what the photo shows where the skin was seen.
"""

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from reconstruction_backend.texture.atlas import SKIN_PART, atlas_of
from reconstruction_backend.texture.result import (
    DARKEST_IRRADIANCE,
    SphericalHarmonicsLight,
    encode_residual,
)
from reconstruction_backend.texture.visibility import PosedAtlas

RESIDUAL_PX = 512
"""About 0.9 mm on the face: finer than the shadows that are taken out of the albedo."""
REACH_TEXELS, LEAST_KNOWN = 20.0, 0.03
"""How far the light fades into what was not seen (deviation), and the share of seen skin in that
surroundings below which the light is neutral."""
STEP = 4
"""Every n-th texel of the map will do for its surroundings."""
LEAST_SHARE = 1e-3
"""Against division by the zero of what was not seen."""


def residual_light(
    log_shading: Float32[np.ndarray, "A A 3"],
    seen: Float32[np.ndarray, "A A"],
    posed: PosedAtlas,
    light: SphericalHarmonicsLight,
) -> UInt8[np.ndarray, "R R 3"]:
    """The map of `HeadTexture.residual_light`.

    `log_shading` is all that was divided out, harmonics included, where `seen` is above 0; the map
    fades to neutral beyond, and is neutral on all that is not skin.
    """
    small = atlas_of(posed.atlas.model, min(RESIDUAL_PX, posed.atlas.size))
    size = (small.size, small.size)
    share = cv2.resize(seen, size, interpolation=cv2.INTER_AREA)
    shading = cv2.resize(log_shading * seen[:, :, None], size, interpolation=cv2.INTER_AREA)
    at_vertices = np.log(np.maximum(light.irradiance(posed.vertex_normals), DARKEST_IRRADIANCE))
    explained = small.interpolate(at_vertices)
    residual = shading / np.maximum(share, LEAST_SHARE)[:, :, None] - explained
    # Towards the border of what was seen hair and background tinge the light: trust it less.
    known = share[:, :, None]
    faded = known * residual + (1 - known) * _surroundings(residual, share)
    on_skin = np.where(small.part_mask(SKIN_PART)[:, :, None], faded, np.float32(0))
    return encode_residual(small.pad(on_skin))


def _surroundings(
    residual: Float32[np.ndarray, "R R 3"], share: Float32[np.ndarray, "R R"]
) -> Float32[np.ndarray, "R R 3"]:
    """The seen light of the surroundings, zero far from any."""
    size = len(share) // STEP
    thin = np.dstack([residual * share[:, :, None], share])
    thin = cv2.resize(thin, (size, size), interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(thin, (0, 0), REACH_TEXELS * size / RESIDUAL_PX)
    around = blurred[:, :, :3] / (blurred[:, :, 3:] + LEAST_KNOWN)
    return cv2.resize(around, share.shape[::-1], interpolation=cv2.INTER_LINEAR)
