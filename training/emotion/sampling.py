"""Faces of many people in many moods: the network's synthetic evidence.

A person shows an emotion in a way of their own: every action unit is stronger or weaker, and comes
sooner or later, than the prototype has it. Mixtures share muscles by the probabilistic sum.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from reconstruction_backend.expression.coefficients import COEFFICIENT_INDEX, COEFFICIENT_NAMES
from reconstruction_backend.expression.emotions import EMOTIONS, EmotionName
from training.emotion.action_units import ACTION_UNITS, Pace
from training.emotion.prototypes import PROTOTYPES

PACE_EXPONENT: dict[Pace, float] = {"early": 0.6, "even": 1.0, "late": 1.6}
"""A unit is at `intensity ** exponent` of its strength."""
STRENGTH_SPREAD = 0.15
PACE_SPREAD = 0.15
"""Standard deviations of the logarithms over people."""
ACTIVE_SHARES = (0.5, 0.35, 0.15)
"""How many samples have one, two and three emotions at once."""


@dataclass(frozen=True)
class Evidence:
    """Faces with known emotions."""

    intensities: Float[np.ndarray, "N 6"]
    coefficients: Float[np.ndarray, "N 58"]
    weights: Float[np.ndarray, "N 58"]
    """How much each value counts; zero where it was not seen."""


def synthetic_evidence(count: int, rng: np.random.Generator) -> Evidence:
    """Random people in random moods."""
    intensities = random_intensities(count, rng)
    coefficients = np.zeros((count, len(COEFFICIENT_NAMES)))
    for i, emotion in enumerate(EMOTIONS):
        shown = emotion_coefficients(emotion, intensities[:, i], rng)
        coefficients = 1 - (1 - coefficients) * (1 - shown)
    return Evidence(intensities, coefficients, np.ones_like(coefficients))


def emotion_coefficients(
    emotion: EmotionName, intensity: Float[np.ndarray, "N"], rng: np.random.Generator | None
) -> Float[np.ndarray, "N 58"]:
    """One emotion on N faces; without `rng` on the prototypical one."""
    prototype = PROTOTYPES[emotion]
    shown = np.zeros((len(intensity), len(COEFFICIENT_NAMES)))
    for action in (*prototype.core, *prototype.companions):
        unit = ACTION_UNITS[action.unit]
        strength = np.full(len(intensity), action.strength)
        exponent = np.full(len(intensity), PACE_EXPONENT[unit.pace])
        if rng is not None:
            strength *= np.exp(rng.normal(0, STRENGTH_SPREAD, len(intensity)))
            exponent *= np.exp(rng.normal(0, PACE_SPREAD, len(intensity)))
        level = np.minimum(strength * intensity**exponent, 1)
        for name, weight in unit.coefficients(action.side).items():
            column = COEFFICIENT_INDEX[name]
            shown[:, column] = 1 - (1 - shown[:, column]) * (1 - weight * level)
    return shown


def random_intensities(count: int, rng: np.random.Generator) -> Float[np.ndarray, "N 6"]:
    """One to three emotions a face, each anywhere in [0, 1]; full intensity as often as a tenth."""
    active = rng.choice(len(ACTIVE_SHARES), count, p=ACTIVE_SHARES) + 1
    rank = rng.random((count, len(EMOTIONS))).argsort(axis=1).argsort(axis=1)
    level = np.minimum(rng.uniform(0, 1 / (1 - FULL_SHARE), rank.shape), 1)
    return np.where(rank < active[:, None], level, 0.0)


FULL_SHARE = 0.1
"""Of the active emotions, those at full intensity: the ends matter as much as the middle."""
