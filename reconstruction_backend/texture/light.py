"""The photo's light as second-order spherical harmonics, from the skin that it shows.

Irradiance over normals is quadratic (Ramamoorthi and Hanrahan 2001), so with skin of nearly even
albedo, luminance against normals is a linear regression. Three things keep it honest: a robust
loss (brows, lips, beard and shadows are outliers), the face's own symmetry (a point and its
mirror point have one albedo, so their ratio is the light's alone), and a prior toward soft light.

The light's colour follows from human skin: melanin and blood move its chromaticity along one
direction a good way and across it hardly, so what lies off that locus is the light's.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from reconstruction_backend.color import LUMINANCE
from reconstruction_backend.texture.result import (
    SH_CONSTANTS,
    SphericalHarmonicsLight,
    spherical_harmonics,
)

ORDER_OF_COEFFICIENT = np.array([0, 1, 1, 1, 2, 2, 2, 2, 2])
ITERATIONS = 12
FEWEST_SAMPLES = 50
OUTLIER_RATIO = (1.5, 0.15)
"""Relative deviation at which a sample loses half of its weight (Cauchy): annealed from the first
to the last iteration, so that a dark side is first explained and only then called an outlier."""
RIDGE_OF_ORDER = (0.0, 0.004, 0.05)
"""Strength of the prior per order, in units of the data's total weight."""
SYMMETRY_WEIGHT = 2.0
DARKEST_SHARE = 0.3
"""Irradiance is pulled up to at least this share of the mean at every normal."""
COLOUR_RIDGE = 0.06
"""How strongly each channel follows the luminance's light."""
SOFT_LIGHT = np.array([1.0, 0.12, 0.12, 0, 0, 0, 0, 0, 0]) / SH_CONSTANTS
"""The prior: even light, a little stronger from above and from the front; irradiance about one."""
REFIT_RIDGE = 0.01
LIT_PERCENTILE = 80.0
"""Light is scaled so that this percentile of the seen skin's irradiance is one."""

SKIN_CHROMA = np.array([0.60, -0.29])
"""log(R/G) and log(B/G) of skin of `SKIN_LUMINANCE` in white light: between the light and the dark
skin of the ColorChecker, where the medians over the training portraits lie too."""
SKIN_LUMINANCE = -1.0
CHROMA_PER_LUMINANCE = np.array([-0.11, 0.05])
"""Darker skin is redder: how the chroma moves per unit of log luminance (ColorChecker)."""
SATURATION_AXIS = np.array([0.90, -0.436])
"""Along it skin varies: from pale to saturated."""
SATURATION_SPREAD, HUE_SPREAD = 0.22, 0.07
NATURAL_DEPARTURE = 1.0
"""In these spreads: within it, the colour is taken to be the person's own."""
OWN_SHARE = 0.2
"""Of what lies beyond, this share is the person's all the same."""


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


def estimate_light(samples: SkinSamples) -> SphericalHarmonicsLight:
    """Regress luminance against normals, then each channel close to it.

    The scale between light and albedo is a convention: at the lit side of the seen skin the light
    is one, so that the albedo there is what the photo shows. Without skin to go by, soft light.
    """
    if len(samples.weights) < FEWEST_SAMPLES:
        return SphericalHarmonicsLight(np.tile(SOFT_LIGHT[:, None], 3).astype(np.float32))
    basis = spherical_harmonics(samples.normals.astype(np.float64))
    mirror_basis = spherical_harmonics(samples.mirror_normals.astype(np.float64))
    problem = _Regression(
        value=(samples.rgb @ LUMINANCE) / (samples.albedo @ LUMINANCE),
        basis=basis,
        weight=samples.weights / samples.weights.sum(),
        mirror_value=samples.mirror_rgb @ LUMINANCE / (samples.albedo @ LUMINANCE),
        mirror_basis=mirror_basis,
        mirror_weight=SYMMETRY_WEIGHT * samples.mirror_weights / samples.weights.sum(),
    )
    luminance = _solve_robustly(problem)
    lit = _reference_irradiance(basis @ luminance, samples.weights)
    luminance = luminance / lit
    channels = [_channel_light(samples, channel, basis, luminance) for channel in range(3)]
    neutral = np.stack(channels, axis=1)
    colour = light_colour(_median_skin(samples, basis @ neutral))
    return SphericalHarmonicsLight((neutral * colour).astype(np.float32))


def nearest_light(
    irradiance: Float32[np.ndarray, "N 3"],
    normals: Float32[np.ndarray, "N 3"],
    weights: Float32[np.ndarray, "N"],
    start: SphericalHarmonicsLight,
) -> SphericalHarmonicsLight:
    """The harmonics nearest to an irradiance that is known at points, in relative terms.

    Close to `start` where the points say nothing.
    """
    if len(weights) < FEWEST_SAMPLES:
        return start
    relative = spherical_harmonics(normals)[None] / np.maximum(irradiance.T, 0.05)[:, :, None]
    share = (weights / weights.sum())[None, :, None]
    missing = 1 - np.einsum("cnk,kc->cn", relative, start.coefficients)
    gram = np.einsum("cnk,cnl->ckl", relative * share, relative) + REFIT_RIDGE * np.eye(9)
    right = np.einsum("cnk,cn->ck", relative * share, missing)
    change = np.linalg.solve(gram, right[:, :, None])[:, :, 0].T
    return SphericalHarmonicsLight((start.coefficients + change).astype(np.float32))


def light_colour(skin: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3"]:
    """The colour of the light under which a person's skin looks like `skin` (linear RGB).

    What lies beyond `NATURAL_DEPARTURE` of skin's locus, but for `OWN_SHARE`. The albedo keeps its
    luminance.
    """
    luminance = float(np.log(skin @ LUMINANCE))
    locus = SKIN_CHROMA + CHROMA_PER_LUMINANCE * (luminance - SKIN_LUMINANCE)
    departure = np.log(skin[[0, 2]] / skin[1]) - locus
    hue_axis = np.array([-SATURATION_AXIS[1], SATURATION_AXIS[0]])
    spreads = np.array([SATURATION_SPREAD, HUE_SPREAD])
    distance = float(np.linalg.norm(departure @ np.stack([SATURATION_AXIS, hue_axis]).T / spreads))
    beyond = max(distance - NATURAL_DEPARTURE, 0) / max(distance, 1e-9)
    cast = (1 - OWN_SHARE) * beyond * departure
    colour = np.exp(np.array([cast[0], 0, cast[1]]))
    return colour * float((skin / colour) @ LUMINANCE / (skin @ LUMINANCE))


@dataclass(frozen=True)
class _Regression:
    value: Float[np.ndarray, "N"]
    basis: Float[np.ndarray, "N 9"]
    weight: Float[np.ndarray, "N"]
    mirror_value: Float[np.ndarray, "N"]
    mirror_basis: Float[np.ndarray, "N 9"]
    mirror_weight: Float[np.ndarray, "N"]


def _solve_robustly(problem: _Regression) -> Float[np.ndarray, "9"]:
    """Iteratively reweighted least squares on relative deviations."""
    level = weighted_median(problem.value, problem.weight)
    prior = level * SOFT_LIGHT
    light = prior.copy()
    ridge = np.array(RIDGE_OF_ORDER)[ORDER_OF_COEFFICIENT]
    sphere = _sphere_directions()
    pair = (
        problem.value[:, None] * problem.mirror_basis
        - problem.mirror_value[:, None] * problem.basis
    )
    for outlier in np.geomspace(*OUTLIER_RATIO, ITERATIONS):
        predicted = np.maximum(problem.basis @ light, 0.05 * level)
        deviation = (problem.value - predicted) / predicted
        weight = problem.weight * _cauchy(deviation, outlier) / predicted**2
        mirrored = np.maximum(problem.mirror_basis @ light, 0.05 * level)
        pair_scale = 1 / (predicted * mirrored)
        pair_weight = (
            problem.mirror_weight * _cauchy((pair @ light) * pair_scale, outlier) * pair_scale**2
        )
        floor = DARKEST_SHARE * level
        dark = (sphere @ light < floor) / len(sphere) / level**2
        normal_matrix = (
            (problem.basis * weight[:, None]).T @ problem.basis
            + (pair * pair_weight[:, None]).T @ pair
            + (sphere * dark[:, None]).T @ sphere
            + np.diag(ridge) / level**2
        )
        right_side = (
            (problem.basis * weight[:, None]).T @ problem.value
            + sphere.T @ (dark * floor)
            + ridge * prior / level**2
        )
        light = np.linalg.solve(normal_matrix, right_side)
    return light


def _channel_light(
    samples: SkinSamples,
    channel: int,
    basis: Float[np.ndarray, "N 9"],
    luminance: Float[np.ndarray, "9"],
) -> Float[np.ndarray, "9"]:
    """One channel's light: the luminance's, plus what its own samples insist on."""
    expected = np.maximum(basis @ luminance, 0.05)
    ratio = samples.rgb[:, channel] / (samples.albedo[:, channel] * expected)
    level = weighted_median(ratio, samples.weights)
    deviation = ratio / level - 1
    weight = samples.weights / samples.weights.sum() * _cauchy(deviation, OUTLIER_RATIO[1])
    rows = basis / expected[:, None]
    A = (rows * weight[:, None]).T @ rows + COLOUR_RIDGE * np.eye(9)
    correction = np.linalg.solve(A, (rows * weight[:, None]).T @ deviation)
    coloured = luminance + correction
    balance = np.average(basis @ coloured / expected, weights=weight)
    return coloured / balance


def _median_skin(
    samples: SkinSamples, irradiance: Float[np.ndarray, "N 3"]
) -> Float[np.ndarray, "3"]:
    albedo = samples.rgb / np.maximum(irradiance, 0.05)
    medians = [weighted_median(albedo[:, channel], samples.weights) for channel in range(3)]
    return np.maximum(medians, 1e-3)


def _reference_irradiance(
    irradiance: Float[np.ndarray, "N"], weights: Float[np.ndarray, "N"]
) -> float:
    order = np.argsort(irradiance)
    share = np.cumsum(weights[order]) / weights.sum()
    return float(irradiance[order][np.searchsorted(share, LIT_PERCENTILE / 100)])


def _cauchy(deviation: Float[np.ndarray, "N"], outlier: float) -> Float[np.ndarray, "N"]:
    return 1 / (1 + (deviation / outlier) ** 2)


def weighted_median(values: Float[np.ndarray, "N"], weights: Float[np.ndarray, "N"]) -> float:
    """The value that half of the weight does not exceed."""
    order = np.argsort(values)
    share = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(share, share[-1] / 2)])


def _sphere_directions() -> Float[np.ndarray, "D 9"]:
    """The basis on an even spread of directions (Fibonacci sphere)."""
    count = 128
    k = np.arange(count) + 0.5
    polar, azimuth = np.arccos(1 - 2 * k / count), np.pi * (1 + 5**0.5) * k
    directions = np.stack(
        [np.cos(azimuth) * np.sin(polar), np.cos(polar), np.sin(azimuth) * np.sin(polar)], axis=1
    )
    return spherical_harmonics(directions)
