"""A first guess of everything, straight from the landmarks: a small network.

    478 x 3 landmarks -> upright, centred, unit size -> hidden layers
                  -> shape, expression, gaze, distance

It is asked about the landmarks and about their mirror image, and the answers are averaged, so that
mirrored photos give mirrored heads. The weights are learned from renders of known heads
(training/head_fit); plain numpy evaluates them.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from reconstruction_backend.head_fit.guess import Guess
from reconstruction_backend.head_fit.mirror import MirrorMaps
from reconstruction_backend.landmarks import IRIS_START, OUTER_EYE_CORNERS, FaceLandmarks

GAZE_OUTPUTS = 4
LARGEST_EXPONENT = 30.0
LARGEST_SHAPE = 1.0
"""Root mean square of shape coefficients; guesses for photos have 0.2 to 0.5."""
LARGEST_GAZE_RAD = 0.7
LOG_DEPTH_LIMITS = (np.log(0.2), np.log(4.0))


@dataclass(frozen=True)
class LandmarkRegressor:
    """Weights of the network."""

    mean: Float32[np.ndarray, "D"]
    """Of the normalised landmarks, D = 3 x 478."""
    weights: tuple[Float32[np.ndarray, "_ _"], ...]
    biases: tuple[Float32[np.ndarray, "_"], ...]
    mirror: MirrorMaps

    def guess(self, landmarks: FaceLandmarks) -> Guess:
        """Average of the answers for the landmarks and for their mirror image."""
        points = np.concatenate([landmarks.points_px, landmarks.depth_px[:, None]], axis=1)
        plain = self._answer(points)
        turned = self._answer(self.mirror.points(points))
        return _plausible(
            Guess(
                (plain.shape + self.mirror.shape @ turned.shape) / 2,
                (plain.expression + turned.expression[self.mirror.expression]) / 2,
                (plain.gaze_rad + self.mirror.gaze(turned.gaze_rad)) / 2,
                (plain.log_depth + turned.log_depth) / 2,
            )
        )

    def _answer(self, points: Float[np.ndarray, "478 3"]) -> Guess:
        hidden = normalized_landmarks(points).ravel() - self.mean
        last = len(self.weights) - 1
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            hidden = hidden @ weight + bias
            if layer < last:
                hidden = hidden * _sigmoid(hidden)  # SiLU
        shape, expression = len(self.mirror.shape), len(self.mirror.expression)
        gaze = shape + expression
        return Guess(
            hidden[:shape],
            hidden[shape:gaze],
            hidden[gaze : gaze + GAZE_OUTPUTS].reshape(2, 2),
            float(hidden[gaze + GAZE_OUTPUTS]),
        )


def normalized_landmarks(points: Float[np.ndarray, "478 3"]) -> Float32[np.ndarray, "478 3"]:
    """Centred, turned until the eyes are level, and scaled to unit root mean square in x and y."""
    centred = points.astype(np.float64) - points[:IRIS_START].mean(axis=0)
    across = centred[OUTER_EYE_CORNERS[1], :2] - centred[OUTER_EYE_CORNERS[0], :2]
    cosine, sine = across / np.linalg.norm(across)
    centred[:, :2] = centred[:, :2] @ np.array([[cosine, -sine], [sine, cosine]])
    size = np.sqrt((centred[:IRIS_START, :2] ** 2).sum(axis=1).mean())
    return (centred / size).astype(np.float32)


def _plausible(guess: Guess) -> Guess:
    """Bound the guess: points unlike any that the detector gives must not lead to a monster."""
    size = float(np.sqrt((guess.shape**2).mean()))
    return Guess(
        guess.shape * np.float32(min(1.0, LARGEST_SHAPE / max(size, 1e-9))),
        guess.expression,
        np.clip(guess.gaze_rad, -LARGEST_GAZE_RAD, LARGEST_GAZE_RAD),
        float(np.clip(guess.log_depth, *LOG_DEPTH_LIMITS)),
    )


def _sigmoid(x: Float32[np.ndarray, "*n"]) -> Float32[np.ndarray, "*n"]:
    return 1 / (1 + np.exp(-np.clip(x, -LARGEST_EXPONENT, LARGEST_EXPONENT)))
