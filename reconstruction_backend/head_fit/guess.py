"""First guesses of a head, and how two of them make one.

The landmarks' network (`regressor.py`) and the image's (`image_network.py`) each give the mean of
what they know; their errors on renders are alike in kind, so the better of them weighs more, by a
share that was chosen on validation renders. A photo unlike all training photos lowers that share.

Expression is the landmarks' alone. On renders the image's expression is a little better; in photos,
whose faces move as no render does, it hides what the landmarks show (docs/decisions/0017).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32


@dataclass(frozen=True)
class Guess:
    """What the landmarks' network says, or both together."""

    shape: Float32[np.ndarray, "S"]
    expression: Float32[np.ndarray, "E"]
    gaze_rad: Float32[np.ndarray, "2 2"]
    """x and y of the axis-angle of the left and the right eye."""
    log_depth: float
    """log of the head's distance in metres."""


@dataclass(frozen=True)
class ImageGuess:
    """What the image's network says."""

    shape: Float32[np.ndarray, "S"]
    expression: Float32[np.ndarray, "E"]
    """Learned beside the shape, so that the two are told apart; the joint guess leaves it aside."""
    log_depth: float
    strangeness: float
    """How far the face lies from the training faces: about 1 for one of them, see `image_network`.
    """


@dataclass(frozen=True)
class Trust:
    """How far a guess is to be believed: inverse (co)variances of its errors on renders."""

    shape_precision: Float32[np.ndarray, "S S"]
    expression_precision: Float32[np.ndarray, "E"]
    log_depth_precision: float
    data_weight: float
    """Of the landmarks themselves against the guess, whose makers have already seen them."""


@dataclass(frozen=True)
class ImageTrust:
    """How the image's guess joins the landmarks'."""

    share: float
    """Of the image in the joint guess, for a face like the training faces."""
    familiar: float
    """Strangeness up to which a face counts as one of them."""
    strange: float
    """Strangeness from which the image is not believed at all."""
    together: Trust
    """In the joint guess."""

    def belief(self, strangeness: float) -> float:
        """1 for familiar faces, 0 for strange ones, linear between."""
        return float(np.clip((self.strange - strangeness) / (self.strange - self.familiar), 0, 1))


def joined(
    landmarks: Guess, alone: Trust, image: ImageGuess, trust: ImageTrust
) -> tuple[Guess, Trust]:
    """One guess of two, and how far to believe it."""
    belief = np.float32(trust.belief(image.strangeness))
    share = belief * np.float32(trust.share)
    together = trust.together
    return (
        Guess(
            landmarks.shape + share * (image.shape - landmarks.shape),
            landmarks.expression,
            landmarks.gaze_rad,
            float(landmarks.log_depth + share * (image.log_depth - landmarks.log_depth)),
        ),
        Trust(
            alone.shape_precision + belief * (together.shape_precision - alone.shape_precision),
            alone.expression_precision,
            float(
                alone.log_depth_precision
                + belief * (together.log_depth_precision - alone.log_depth_precision)
            ),
            float(alone.data_weight + belief * (together.data_weight - alone.data_weight)),
        ),
    )
