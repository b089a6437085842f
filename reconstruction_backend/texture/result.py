"""What the texture stage gives."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from jaxtyping import Float32, UInt8


class Provenance(IntEnum):
    """Where a texel's colour comes from."""

    OUTSIDE = 0
    SEEN = 1
    MIRRORED = 2
    INVENTED = 3


@dataclass(frozen=True)
class SphericalHarmonicsLight:
    """Irradiance over normals, second-order real spherical harmonics (Ramamoorthi 2001).

    `shaded = albedo * irradiance(normal)` in linear light, so a uniform white light has
    irradiance 1 everywhere.
    """

    coefficients: Float32[np.ndarray, "9 3"]
    """Linear RGB, order (l, m) = 00, 1-1, 10, 11, 2-2, 2-1, 20, 21, 22, normals in the head frame;
    the cosine lobe's factors are folded in."""


@dataclass(frozen=True)
class HeadTexture:
    """The atlas maps of one person; all T x T."""

    albedo: UInt8[np.ndarray, "T T 3"]
    """sRGB, light divided out."""
    normal: UInt8[np.ndarray, "T T 3"]
    """Tangent space, glTF's convention (docs/conventions.md)."""
    provenance: UInt8[np.ndarray, "T T"]
    """Values of `Provenance`."""
    light: SphericalHarmonicsLight
    """The photo's light."""
