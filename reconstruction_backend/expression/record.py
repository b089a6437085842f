"""A chosen expression as JSON: in avatar.json, and in requests to the gateway."""

from dataclasses import astuple
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from reconstruction_backend.expression.choice import ExpressionChoice
from reconstruction_backend.expression.emotions import (
    EMOTIONS,
    EmotionIntensities,
    EmotionName,
    Side,
)

_Share = Annotated[float, Field(ge=0, le=1)]


class ChosenExpression(BaseModel):
    """A face to make; the default is the neutral one."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False, extra="ignore")

    emotions: dict[EmotionName, _Share] = {}
    """Intensities; those that are not named are 0."""
    contempt_side: Side = "left"
    """The subject's side that contempt pulls up."""
    expression: dict[str, _Share] = {}
    """ARKit weights on top of the emotions."""
    gaze_deg: tuple[float, float] | None = None
    """Yaw to the subject's left and pitch upwards, instead of the emotions' gaze."""
    neck_deg: tuple[float, float, float] | None = None
    """Yaw to the left, pitch upwards, roll to the left, instead of the emotions' turn."""

    @classmethod
    def of(cls, choice: ExpressionChoice) -> "ChosenExpression":
        """What says that choice; emotions at zero are left out."""
        intensities = zip(EMOTIONS, astuple(choice.emotions), strict=True)
        return cls(
            emotions={emotion: intensity for emotion, intensity in intensities if intensity},
            contempt_side=choice.contempt_side,
            expression=dict(choice.weights),
            gaze_deg=choice.gaze_deg,
            neck_deg=choice.neck_deg,
        )

    def choice(self) -> ExpressionChoice:
        """Raises InvalidOption for what no face can do."""
        return ExpressionChoice(
            EmotionIntensities(**self.emotions),
            self.contempt_side,
            tuple(self.expression.items()),
            self.gaze_deg,
            self.neck_deg,
        )
