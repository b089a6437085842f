"""What the texture stage gives."""

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from jaxtyping import Float, Float32, UInt8

SH_CONSTANTS = np.array(
    [0.282095, 0.488603, 0.488603, 0.488603, 1.092548, 1.092548, 0.315392, 1.092548, 0.546274]
)
"""Norms of the real spherical harmonics up to order two (Ramamoorthi and Hanrahan 2001, eq. 3)."""

DARKEST_IRRADIANCE = 0.08
"""Light below this is not divided out: it would amplify noise."""


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

    def irradiance(self, normals: Float[np.ndarray, "*n 3"]) -> Float32[np.ndarray, "*n 3"]:
        """Linear RGB on unit normals of the head frame; never below zero."""
        shaded = spherical_harmonics(normals) @ self.coefficients
        return np.maximum(shaded, 0).astype(np.float32)


def spherical_harmonics(normals: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 9"]:
    """The nine real spherical harmonics on unit normals, in `SphericalHarmonicsLight`'s order."""
    x, y, z = normals[..., 0], normals[..., 1], normals[..., 2]
    one = np.ones_like(x)
    polynomials = [one, y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y]
    return np.stack(polynomials, axis=-1) * SH_CONSTANTS.astype(normals.dtype)


RESIDUAL_STEPS = 64
"""Steps of a residual light's bytes per unit of natural logarithm: one is 1.6 %."""
NEUTRAL_RESIDUAL = 128
"""The byte that stands for a factor of one; the smallest factor is exp(-2), the largest exp(2)."""


def encode_residual(log_factor: Float[np.ndarray, "R R 3"]) -> UInt8[np.ndarray, "R R 3"]:
    """Natural logarithm of the factors on the light to bytes, limited to what these can hold."""
    steps = np.rint(log_factor * RESIDUAL_STEPS) + NEUTRAL_RESIDUAL
    return np.clip(steps, 0, 255).astype(np.uint8)


def residual_factor(value: Float[np.ndarray, "*n 3"]) -> Float32[np.ndarray, "*n 3"]:
    """The factor on the light for bytes of the map, or what lies between them; linear RGB."""
    return np.exp((value - NEUTRAL_RESIDUAL) / RESIDUAL_STEPS).astype(np.float32)


def no_residual() -> UInt8[np.ndarray, "1 1 3"]:
    """The residual light of a photo whose light the harmonics alone explain."""
    return np.full((1, 1, 3), NEUTRAL_RESIDUAL, np.uint8)


@dataclass(frozen=True)
class HeadTexture:
    """The atlas maps of one person; all T x T but for the residual light."""

    albedo: UInt8[np.ndarray, "T T 3"]
    """sRGB, light divided out."""
    normal: UInt8[np.ndarray, "T T 3"]
    """Tangent space, glTF's convention (docs/conventions.md)."""
    provenance: UInt8[np.ndarray, "T T"]
    """Values of `Provenance`."""
    light: SphericalHarmonicsLight
    """The photo's light."""
    residual_light: UInt8[np.ndarray, "R R 3"] = field(default_factory=no_residual)
    """Factor on the photo's light, of any size: cast shadows, highlights, folds of the expression,
    which harmonics cannot give. `residual_factor` says what its bytes mean."""
