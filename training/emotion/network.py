"""Fits `EmotionMlp` to evidence: least squares under weights that may not fall below zero.

Two kinds of hidden units: those that every emotion may drive, whose effect is the same on both
sides of the face, and those of contempt alone, whose effect is one-sided. So all but contempt is
symmetric by construction. Solved by L-BFGS-B (Byrd, Lu, Nocedal and Zhu 1995), whose bounds keep
the weights where they make the network monotone.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.optimize import minimize

from reconstruction_backend.expression.coefficients import COEFFICIENT_NAMES, MIRRORED
from reconstruction_backend.expression.emotion_mlp import EmotionMlp, logistic
from reconstruction_backend.expression.emotions import EMOTIONS
from training.emotion.sampling import Evidence

SHARED_UNITS, CONTEMPT_UNITS = 32, 8
STEEPEST = 12.0
"""Bound of the hidden weights: a coefficient may not jump within a slider's step."""
STRONGEST = 40.0
"""Bound of the output weights."""
BIAS_RANGE = (-8.0, 4.0)
DECAY = 1e-6
"""Of the squared output weights: those that nothing needs go to zero."""
_CONTEMPT = EMOTIONS.index("contempt")


@dataclass(frozen=True)
class Fit:
    """A trained network and how far it is from its evidence."""

    mlp: EmotionMlp
    residual: float
    """Weighted root mean square over the evidence."""
    iterations: int


def train(evidence: Evidence, rng: np.random.Generator, iterations: int) -> Fit:
    """The network that is nearest to the evidence."""
    layout = Layout()
    solution = minimize(
        lambda packed: loss(layout, packed, evidence),
        layout.start(rng),
        jac=True,
        method="L-BFGS-B",
        bounds=layout.bounds(),
        options={"maxiter": iterations, "maxfun": 2 * iterations, "ftol": 1e-10, "gtol": 1e-8},
    )
    hidden, bias, output = layout.unpack(solution.x)
    output[output < SMALLEST] = 0
    mlp = EmotionMlp(hidden.astype(np.float32), bias.astype(np.float32), output.astype(np.float32))
    error = (mlp.evaluate(evidence.intensities) - evidence.coefficients) ** 2 * evidence.weights
    return Fit(mlp, float(np.sqrt(error.sum() / evidence.weights.sum())), int(solution.nit))


SMALLEST = 1e-3
"""Output weights below this change no coefficient by as much, and are dropped."""


class Layout:
    """How the network's arrays lie in one vector of parameters."""

    def __init__(self) -> None:
        self.units = SHARED_UNITS + CONTEMPT_UNITS
        self.rows = len(COEFFICIENT_NAMES)
        self.hidden_size, self.bias_size = self.units * len(EMOTIONS), self.units

    def unpack(
        self, packed: Float[np.ndarray, "P"]
    ) -> tuple[Float[np.ndarray, "H 6"], Float[np.ndarray, "H"], Float[np.ndarray, "58 H"]]:
        """Hidden weights, bias, output weights made symmetric in the shared units."""
        hidden, bias, output = np.split(
            packed, [self.hidden_size, self.hidden_size + self.bias_size]
        )
        output = output.reshape(self.rows, self.units).copy()
        shared = output[:, :SHARED_UNITS]
        output[:, :SHARED_UNITS] = (shared + shared[MIRRORED]) / 2
        return hidden.reshape(self.units, len(EMOTIONS)), bias, output

    def pack_gradient(
        self,
        hidden: Float[np.ndarray, "H 6"],
        bias: Float[np.ndarray, "H"],
        output: Float[np.ndarray, "58 H"],
    ) -> Float[np.ndarray, "P"]:
        """The transpose of `unpack`."""
        shared = output[:, :SHARED_UNITS]
        output[:, :SHARED_UNITS] = (shared + shared[MIRRORED]) / 2
        return np.concatenate([hidden.ravel(), bias, output.ravel()])

    def bounds(self) -> list[tuple[float, float]]:
        """Units of contempt hear nothing else."""
        hidden = np.full((self.units, len(EMOTIONS)), STEEPEST)
        hidden[SHARED_UNITS:] = 0
        hidden[SHARED_UNITS:, _CONTEMPT] = STEEPEST
        highest = [(0.0, float(value)) for value in hidden.ravel()]
        output = [(0.0, STRONGEST)] * (self.rows * self.units)
        return [*highest, *([BIAS_RANGE] * self.bias_size), *output]

    def start(self, rng: np.random.Generator) -> Float[np.ndarray, "P"]:
        """Each shared unit begins with one emotion, so that none is forgotten."""
        hidden = rng.uniform(0, 0.1, (self.units, len(EMOTIONS)))
        own = np.arange(self.units) % len(EMOTIONS)
        own[SHARED_UNITS:] = _CONTEMPT
        hidden[SHARED_UNITS:] = 0
        hidden[np.arange(self.units), own] = rng.uniform(2, 6, self.units)
        bias = rng.uniform(-4, 1, self.units)
        output = rng.uniform(0, 0.2, (self.rows, self.units))
        return np.concatenate([hidden.ravel(), bias, output.ravel()])


def loss(
    layout: Layout, packed: Float[np.ndarray, "P"], evidence: Evidence
) -> tuple[float, Float[np.ndarray, "P"]]:
    """Weighted mean square and its gradient, by the chain rule."""
    hidden_weights, bias, output_weights = layout.unpack(packed)
    x, scale = evidence.intensities, evidence.weights.sum()
    active = logistic(x @ hidden_weights.T + bias)
    resting = logistic(bias)
    hidden = active - resting
    remaining = np.exp(-hidden @ output_weights.T)
    error = (1 - remaining - evidence.coefficients) * evidence.weights
    loss = float((error * (1 - remaining - evidence.coefficients)).sum() / scale)
    by_output = 2 / scale * error * remaining
    by_hidden = by_output @ output_weights * active * (1 - active)
    resting_slope = resting * (1 - resting)
    by_bias = by_hidden.sum(0) - (by_output @ output_weights).sum(0) * resting_slope
    gradient = layout.pack_gradient(
        by_hidden.T @ x, by_bias, by_output.T @ hidden + 2 * DECAY * output_weights
    )
    return loss + DECAY * float((output_weights**2).sum()), gradient
