"""The photo's light as second-order spherical harmonics, from the skin that it shows.

Irradiance over normals is quadratic (Ramamoorthi and Hanrahan 2001), so with skin of nearly even
albedo, luminance against normals is a linear regression. Three things keep it honest: a robust
loss (brows, lips, beard and shadows are outliers), the face's own symmetry (a point and its
mirror point have one albedo, so their ratio is the light's alone), and a prior toward soft light.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from reconstruction_backend.texture.result import SphericalHarmonicsLight

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
"""Rec. 709 weights of linear RGB."""
ORDER_OF_COEFFICIENT = np.array([0, 1, 1, 1, 2, 2, 2, 2, 2])
ITERATIONS = 12
OUTLIER_RATIO = 0.12
"""Relative deviation at which a sample loses half of its weight (Cauchy)."""
RIDGE_OF_ORDER = (0.0, 0.02, 0.25)
"""Strength of the prior per order, in units of the data's total weight."""
SYMMETRY_WEIGHT = 2.0
DARKEST_SHARE = 0.3
"""Irradiance is pulled up to at least this share of the mean at every normal."""
COLOUR_RIDGE = 0.6
"""How strongly each channel follows the luminance's light."""
LIT_PERCENTILE = 80.0
"""Light is scaled so that this percentile of the seen skin's irradiance is one."""


@dataclass(frozen=True)
class SkinSamples:
    """What the light is estimated from."""

    rgb: Float32[np.ndarray, "N 3"]
    """Linear light, as the photo shows the point."""
    albedo: Float32[np.ndarray, "N 3"]
    """What albedo is expected of the point, up to one scale per channel."""
    normals: Float32[np.ndarray, "N 3"]
    """Head frame, unit."""
    weights: Float32[np.ndarray, "N"]
    mirror_rgb: Float32[np.ndarray, "N 3"]
    """The mirror point's colour; anything where its weight is zero."""
    mirror_normals: Float32[np.ndarray, "N 3"]
    mirror_weights: Float32[np.ndarray, "N"]


def sh_basis(normals: Float[np.ndarray, "N 3"]) -> Float[np.ndarray, "N 9"]:
    """Real spherical harmonics up to order two, scaled so that the first one is 1.

    In this scaling a coefficient vector (1, 0, ..., 0) is uniform light of irradiance one, as
    `SphericalHarmonicsLight` promises; the cosine lobe's factors are in the coefficients.
    """
    x, y, z = normals[..., 0], normals[..., 1], normals[..., 2]
    return np.stack(
        [np.ones_like(x), y, z, x, x * y, y * z, (3 * z * z - 1) / 2, x * z, x * x - y * y], axis=-1
    )
