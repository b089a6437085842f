"""The six emotions and how strongly each is felt."""

from dataclasses import astuple, dataclass
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float32

from reconstruction_backend.errors import InvalidOption

EmotionName = Literal["happiness", "anger", "sadness", "fear", "contempt", "surprise"]
EMOTIONS: tuple[EmotionName, ...] = get_args(EmotionName)
Side = Literal["left", "right"]


@dataclass(frozen=True)
class EmotionIntensities:
    """One number in [0, 1] per emotion, in the order of EMOTIONS. Raises InvalidOption beyond."""

    happiness: float = 0.0
    anger: float = 0.0
    sadness: float = 0.0
    fear: float = 0.0
    contempt: float = 0.0
    surprise: float = 0.0

    def __post_init__(self) -> None:
        for name, intensity in zip(EMOTIONS, astuple(self), strict=True):
            if not 0 <= intensity <= 1:
                raise InvalidOption(f"The intensity of {name} must lie between 0 and 1.")

    def vector(self) -> Float32[np.ndarray, "6"]:
        """In the order of EMOTIONS."""
        return np.array(astuple(self), np.float32)

    @property
    def is_neutral(self) -> bool:
        """Whether nothing is felt."""
        return not any(astuple(self))


NO_EMOTION = EmotionIntensities()


def emotion_name(text: str) -> EmotionName:
    """The emotion of that name. Raises InvalidOption where there is none."""
    for name in EMOTIONS:
        if text == name:
            return name
    raise InvalidOption(f"There is no emotion {text!r}; there are {', '.join(EMOTIONS)}.")
