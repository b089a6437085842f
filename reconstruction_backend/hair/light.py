"""The photo's light as it falls on hair.

The texture stage reads the light off the face, whose normals look forwards. On normals that look
aside or up its harmonics are extrapolated: some sides come out nearly black, and their little light
in any colour. Hair is mostly there. So what is taken for hair has the colour of the light that the
face met, and no side is darker than a share of its mean.
"""

import numpy as np
from jaxtyping import Float

from reconstruction_backend.color import LUMINANCE
from reconstruction_backend.texture.result import SH_CONSTANTS, SphericalHarmonicsLight

_FACE_NORMALS = np.array(
    [[0, 0, 1], [0.6, 0, 0.8], [-0.6, 0, 0.8], [0, 0.6, 0.8], [0, -0.6, 0.8]], np.float32
)
_LEAST = 0.4
"""Of the mean over all sides that hair turns to the camera."""
_RINGS, _AROUND = 5, 12
_LEAST_MEAN = 1e-4


def light_on_hair(light: SphericalHarmonicsLight) -> SphericalHarmonicsLight:
    """The same light in one colour, no darker at any side than light that lamps could give."""
    front = light.irradiance(_FACE_NORMALS).mean(axis=0)
    colour = front / max(float(front @ LUMINANCE), _LEAST_MEAN)
    grey = light.coefficients @ LUMINANCE.astype(np.float32)
    grey_light = SphericalHarmonicsLight(np.repeat(grey[:, None], 3, axis=1).astype(np.float32))
    from_sides = grey_light.irradiance(_seen_sides())[:, 0]
    even = float(grey[0] * SH_CONSTANTS[0])
    lowest, target = float(from_sides.min()), _LEAST * float(from_sides.mean())
    kept = 1.0
    if lowest < target < even:
        kept = float(np.clip((even - target) / (even - lowest), 0, 1))
    directed = np.append(grey[:1], kept * grey[1:])
    return SphericalHarmonicsLight((directed[:, None] * colour).astype(np.float32))


def _seen_sides() -> Float[np.ndarray, "K 3"]:
    """Directions over the half sphere before the face, and a little behind its edge."""
    tilt = np.linspace(0, np.radians(100), _RINGS)[:, None]
    around = np.linspace(0, 2 * np.pi, _AROUND, endpoint=False)[None]
    x, y = np.sin(tilt) * np.cos(around), np.sin(tilt) * np.sin(around)
    return np.stack([x, y, np.broadcast_to(np.cos(tilt), x.shape)], axis=-1).reshape(-1, 3)
