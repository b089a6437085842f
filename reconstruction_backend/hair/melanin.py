"""What colours natural hair: two pigments that absorb light, and strands that have lost them.

Absorption per unit of concentration after d'Eon et al. 2011, "An energy-conserving hair reflectance
model", section 6.1 (from Donner and Jensen 2006); colour of many strands together from their
absorption after Chiang et al. 2016, "A practical and controllable hair and fur model for production
path tracing", eq. 9.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

EUMELANIN_ABSORPTION = np.array([0.419, 0.697, 1.37])
"""Of red, green and blue: brown to black."""
PHEOMELANIN_ABSORPTION = np.array([0.187, 0.4, 1.05])
"""Yellow to red."""
UNPIGMENTED_LINEAR = np.array([0.74, 0.73, 0.70])
"""Linear RGB of white strands: keratin itself absorbs a little, of blue the most."""
SURFACE_LINEAR = 0.012
"""What the cuticle mirrors of light from all round before it meets any pigment."""
_ROUGHNESS = 0.3
"""Azimuthal roughness of human hair, at which Chiang's fit is taken."""
_FIT = (5.969, -0.215, 2.532, -10.73, 5.574, 0.245)
_PATH = float(sum(term * _ROUGHNESS**power for power, term in enumerate(_FIT)))

_EUMELANIN_TRIED = np.concatenate([[0], np.geomspace(0.01, 8, 40)])
_PHEOMELANIN_TRIED = np.concatenate([[0], np.geomspace(0.02, 3, 24)])
_GREY_TRIED = np.linspace(0, 1, 21)
_UNLIKELY_GREY, _UNLIKELY_PHEOMELANIN = 0.06, 0.015
"""What grey strands and pheomelanin cost, in squared log units, so that neither is found in hair
that eumelanin alone explains."""
_DARKEST = 1e-3
_LEAST_STEEPNESS = 0.05


@dataclass(frozen=True)
class Melanin:
    """Concentrations as in d'Eon et al. 2011; 8 of eumelanin is black, 0.1 light blond."""

    eumelanin: float
    pheomelanin: float = 0.0

    def linear(self, factor: Float[np.ndarray, "*n"] | float = 1.0) -> Float32[np.ndarray, "*n 3"]:
        """Linear RGB of strands with `factor` times these concentrations."""
        absorption = (
            self.eumelanin * EUMELANIN_ABSORPTION + self.pheomelanin * PHEOMELANIN_ABSORPTION
        )
        amount = np.asarray(factor, np.float64)[..., None] * absorption
        return _reflected(amount).astype(np.float32)

    def steepness(self) -> float:
        """How much darker green is for a small share more of pigment, both in logarithms."""
        absorption = self.eumelanin * EUMELANIN_ABSORPTION[1]
        absorption += self.pheomelanin * PHEOMELANIN_ABSORPTION[1]
        return max(0.5 * _PATH * float(np.sqrt(absorption)), _LEAST_STEEPNESS)


@dataclass(frozen=True)
class PigmentFit:
    """What natural hair comes nearest to a colour."""

    melanin: Melanin
    grey: float
    """Share of strands without pigment."""
    tint: tuple[float, float, float]
    """What the colour is beyond that: factors on linear RGB, 1 where hair is natural."""


def fit_pigments(linear: Float[np.ndarray, "3"], *, with_grey: bool = True) -> PigmentFit:
    """The pigments and the share of grey strands whose mean comes nearest to a linear RGB colour.

    Least squares of logarithms over a grid; what is left over is the tint, so that the fit's
    colour is exact.
    """
    target = np.log(np.maximum(np.asarray(linear, np.float64), _DARKEST))
    eumelanin, pheomelanin = np.meshgrid(_EUMELANIN_TRIED, _PHEOMELANIN_TRIED, indexing="ij")
    absorption = (
        eumelanin[..., None] * EUMELANIN_ABSORPTION
        + pheomelanin[..., None] * PHEOMELANIN_ABSORPTION
    )
    pigmented = _reflected(absorption)
    grey = (_GREY_TRIED if with_grey else _GREY_TRIED[:1])[:, None, None, None]
    mixed = (1 - grey) * pigmented + grey * UNPIGMENTED_LINEAR
    cost = ((np.log(np.maximum(mixed, _DARKEST)) - target) ** 2).sum(axis=-1)
    cost += _UNLIKELY_GREY * grey[..., 0] + _UNLIKELY_PHEOMELANIN * pheomelanin
    share, dark, red = np.unravel_index(int(cost.argmin()), cost.shape)
    # one concentration may stand for many where all strands are white
    melanin = Melanin(float(_EUMELANIN_TRIED[dark]), float(_PHEOMELANIN_TRIED[red]))
    tint = np.maximum(np.asarray(linear, np.float64), _DARKEST) / np.maximum(
        mixed[share, dark, red], _DARKEST
    )
    return PigmentFit(
        melanin,
        float(grey[share, 0, 0, 0]),
        (float(tint[0]), float(tint[1]), float(tint[2])),
    )


def _reflected(absorption: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 3"]:
    return SURFACE_LINEAR + np.exp(-_PATH * np.sqrt(absorption)) * (
        UNPIGMENTED_LINEAR - SURFACE_LINEAR
    )
