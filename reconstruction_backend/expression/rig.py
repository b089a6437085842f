"""A head model's face under control: a choice to the parameters that show it.

ExpressionChoice ─ EmotionMlp ─▶ 58 coefficients ─ CoefficientMap ─▶ FacePose ─▶ HeadModel
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32

from reconstruction_backend.errors import ModelNotAvailable
from reconstruction_backend.expression.choice import (
    ExpressionChoice,
    gaze_weights,
    neck_turn_rad,
)
from reconstruction_backend.expression.coefficient_map import CoefficientMap, FacePose
from reconstruction_backend.expression.coefficients import (
    COEFFICIENT_INDEX,
    NECK_NAMES,
    coefficients,
    union,
)
from reconstruction_backend.expression.emotion_mlp import EmotionMlp
from reconstruction_backend.head_model import JOINT_NAMES, HeadModel
from reconstruction_backend.model_store import EMOTION_MLP

_JAW_OPEN, _MOUTH_CLOSE = COEFFICIENT_INDEX["jawOpen"], COEFFICIENT_INDEX["mouthClose"]
_NECK_ROWS = [COEFFICIENT_INDEX[name] for name in NECK_NAMES]
_NECK = JOINT_NAMES.index("neck")


@dataclass(frozen=True)
class ExpressionRig:
    """The network and the map of one head model."""

    mlp: EmotionMlp
    to_model: CoefficientMap

    @classmethod
    def of(cls, model: HeadModel) -> "ExpressionRig":
        """Raises ModelNotAvailable for a head model that no map leads to."""
        return cls(EmotionMlp.load(EMOTION_MLP), CoefficientMap.of(model))

    def coefficients(self, choice: ExpressionChoice) -> Float32[np.ndarray, "58"]:
        """In [0, 1], in the order of COEFFICIENT_NAMES; a chosen neck is in `pose` alone."""
        felt = self.mlp(choice.emotions, choice.contempt_side)
        shown = union(felt, coefficients(**dict(choice.weights)))
        if choice.gaze_deg is not None:
            for name, weight in gaze_weights(choice.gaze_deg).items():
                shown[COEFFICIENT_INDEX[name]] = weight
        if choice.neck_deg is not None:
            shown[_NECK_ROWS] = 0
        shown[_MOUTH_CLOSE] = min(shown[_MOUTH_CLOSE], shown[_JAW_OPEN])
        return shown

    def pose(self, choice: ExpressionChoice) -> FacePose:
        """What the head model is evaluated with."""
        pose = self.to_model(self.coefficients(choice))
        if choice.neck_deg is None:
            return pose
        turned = pose.pose_rad.copy()
        turned[_NECK] += neck_turn_rad(choice.neck_deg)
        return replace(pose, pose_rad=turned)


def find_rig(model: HeadModel) -> ExpressionRig | None:
    """The rig of a head model, or None if it knows no emotions (GNM)."""
    try:
        return ExpressionRig.of(model)
    except ModelNotAvailable:
        return None


def posed_vertices(
    model: HeadModel, shape: Float32[np.ndarray, "S"], choice: ExpressionChoice
) -> Float32[np.ndarray, "V 3"]:
    """The person's head with the chosen face, metres. Raises ModelNotAvailable as `of`."""
    if choice.is_neutral:
        return model.neutral(shape)
    pose = ExpressionRig.of(model).pose(choice)
    return model.evaluate(shape, pose.expression, pose.pose_rad)
