"""Emotions, expressions, gaze and neck as they are typed: `happiness=0.8`, `-20,5`."""

from collections.abc import Sequence
from typing import Literal, get_args

from reconstruction_backend.errors import InvalidOption
from reconstruction_backend.expression.choice import ExpressionChoice
from reconstruction_backend.expression.emotions import EmotionIntensities, Side, emotion_name

Face = Literal["auto", "neutral", "fitted"]


def typed_choice(
    emotions: Sequence[str],
    weights: Sequence[str],
    gaze: str | None,
    neck: str | None,
    contempt_side: Side,
) -> ExpressionChoice:
    """The face that the options ask for. Raises InvalidOption, in one sentence, for bad ones."""
    felt = [_named_number(text, "emotion") for text in emotions]
    _refuse_twice("emotion", [name for name, _ in felt])
    return ExpressionChoice(
        EmotionIntensities(**{emotion_name(name): intensity for name, intensity in felt}),
        contempt_side,
        tuple(_named_number(text, "expression") for text in weights),
        _gaze(gaze),
        _neck(neck),
    )


def typed_face(words: Sequence[str]) -> tuple[Face, list[str]]:
    """What `cameo render --expression` names: a face as a whole, and single weights.

    Raises InvalidOption for two faces.
    """
    faces = [face for word in words for face in get_args(Face) if word == face]
    if len(faces) > 1:
        raise InvalidOption(f"The expression cannot be both {faces[0]} and {faces[1]}.")
    return (faces[0] if faces else "auto"), [word for word in words if word not in get_args(Face)]


def _named_number(text: str, kind: str) -> tuple[str, float]:
    name, equals, number = text.partition("=")
    try:
        value = float(number)
    except ValueError:
        equals = ""
    else:
        if equals:
            return name.strip(), value
    raise InvalidOption(f"An {kind} is given as NAME=NUMBER, not {text!r}.")


def _refuse_twice(kind: str, names: Sequence[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise InvalidOption(f"The {kind} {name} is given twice.")


def _gaze(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    match _numbers(text):
        case [yaw, pitch]:
            return yaw, pitch
        case _:
            raise InvalidOption(f"The gaze is given as YAW,PITCH in degrees, not {text!r}.")


def _neck(text: str | None) -> tuple[float, float, float] | None:
    if text is None:
        return None
    match _numbers(text):
        case [yaw, pitch]:
            return yaw, pitch, 0.0
        case [yaw, pitch, roll]:
            return yaw, pitch, roll
        case _:
            raise InvalidOption(
                f"The neck is given as YAW,PITCH or YAW,PITCH,ROLL in degrees, not {text!r}."
            )


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        return []
