"""What a user asks a face to do: emotions, single coefficients, gaze and neck."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from reconstruction_backend.errors import InvalidOption
from reconstruction_backend.expression.coefficients import ARKIT_NAMES
from reconstruction_backend.expression.emotions import NO_EMOTION, EmotionIntensities, Side

GAZE_SIDEWAYS_DEG, GAZE_UP_DEG, GAZE_DOWN_DEG = 30.0, 25.0, 30.0
"""How far `eyeLook…` at 1 turns the eyes of `cameo-head`, and how far a gaze may go."""
NECK_LIMIT_DEG = 45.0


@dataclass(frozen=True)
class ExpressionChoice:
    """A face to make; the default is the neutral one. Raises InvalidOption for what cannot be."""

    emotions: EmotionIntensities = NO_EMOTION
    contempt_side: Side = "left"
    """The subject's side that contempt pulls up."""
    weights: tuple[tuple[str, float], ...] = ()
    """ARKit names and weights in [0, 1], which come on top of the emotions."""
    gaze_deg: tuple[float, float] | None = None
    """Yaw towards the subject's left and pitch upwards; instead of the emotions' gaze."""
    neck_deg: tuple[float, float, float] | None = None
    """Yaw to the subject's left, pitch upwards, roll to the left; instead of the emotions'."""

    def __post_init__(self) -> None:
        names = [name for name, _ in self.weights]
        for name, weight in self.weights:
            if name not in ARKIT_NAMES:
                raise InvalidOption(f"There is no expression {name!r}; the names are ARKit's.")
            if not 0 <= weight <= 1:
                raise InvalidOption(f"The weight of {name} must lie between 0 and 1.")
        if len(set(names)) != len(names):
            raise InvalidOption("An expression is given twice.")
        if self.gaze_deg is not None:
            yaw, pitch = self.gaze_deg
            if not (abs(yaw) <= GAZE_SIDEWAYS_DEG and -GAZE_DOWN_DEG <= pitch <= GAZE_UP_DEG):
                raise InvalidOption(
                    f"The gaze may turn {GAZE_SIDEWAYS_DEG:.0f} degrees to either side,"
                    f" {GAZE_UP_DEG:.0f} up and {GAZE_DOWN_DEG:.0f} down."
                )
        if self.neck_deg is not None and not all(abs(d) <= NECK_LIMIT_DEG for d in self.neck_deg):
            raise InvalidOption(f"The neck may turn {NECK_LIMIT_DEG:.0f} degrees in any direction.")

    @property
    def is_neutral(self) -> bool:
        """Whether this is the face at rest."""
        moved = any(weight for _, weight in self.weights)
        gazes, turns = any(self.gaze_deg or ()), any(self.neck_deg or ())
        return self.emotions.is_neutral and not (moved or gazes or turns)


NEUTRAL = ExpressionChoice()


def gaze_weights(gaze_deg: tuple[float, float]) -> dict[str, float]:
    """All eight `eyeLook…` of a gaze; the lids follow through them."""
    yaw, pitch = gaze_deg
    left, right = max(yaw, 0) / GAZE_SIDEWAYS_DEG, max(-yaw, 0) / GAZE_SIDEWAYS_DEG
    up, down = max(pitch, 0) / GAZE_UP_DEG, max(-pitch, 0) / GAZE_DOWN_DEG
    return {
        "eyeLookOutLeft": left,
        "eyeLookInRight": left,
        "eyeLookInLeft": right,
        "eyeLookOutRight": right,
        "eyeLookUpLeft": up,
        "eyeLookUpRight": up,
        "eyeLookDownLeft": down,
        "eyeLookDownRight": down,
    }


def neck_turn_rad(neck_deg: tuple[float, float, float]) -> Float32[np.ndarray, "3"]:
    """Axis-angle of yaw, pitch and roll together."""
    yaw, pitch, roll = np.radians(neck_deg)
    return np.array([-pitch, yaw, -roll], np.float32)
