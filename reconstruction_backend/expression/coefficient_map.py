"""From the common coefficients to those of one head model; linear.

A head whose expressions carry ARKit's names takes the weights as they are. FLAME has a basis of its
own: its map is fitted on geometry when the model is added (`model_import.arkit_map`), and lies
beside it.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from reconstruction_backend.errors import DAMAGED_NPZ, InvalidModel, ModelNotAvailable
from reconstruction_backend.expression.coefficients import (
    ARKIT_NAMES,
    COEFFICIENT_INDEX,
    COEFFICIENT_NAMES,
    NECK_AXES,
    NECK_NAMES,
    NECK_REACH_RAD,
)
from reconstruction_backend.head_model import JOINT_NAMES, HeadModel
from reconstruction_backend.model_store import expression_map_path

FORMAT_VERSION = 1
_NECK = JOINT_NAMES.index("neck")


@dataclass(frozen=True)
class FacePose:
    """What a head model is evaluated with."""

    expression: Float32[np.ndarray, "E"]
    pose_rad: Float32[np.ndarray, "J 3"]
    """Beyond what the expression implies."""


@dataclass(frozen=True)
class CoefficientMap:
    """The map for one head model."""

    expression: Float32[np.ndarray, "58 E"]
    """What each coefficient at 1 adds to the model's expression."""
    pose_rad: Float32[np.ndarray, "58 J 3"]
    """What it adds to the joints, beyond what the expression implies."""

    @classmethod
    def of(cls, model: HeadModel) -> "CoefficientMap":
        """By names where they are ARKit's, else from the file that was fitted for the model.

        Raises ModelNotAvailable where there is none, InvalidModel where it does not suit.
        """
        if set(model.expression_names) <= set(ARKIT_NAMES):
            return cls(_by_names(model), neck_turns())
        return cls.load(expression_map_path(model.name), model)

    @classmethod
    def load(cls, path: Path, model: HeadModel) -> "CoefficientMap":
        """Read a fitted map. Raises as `of`."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
                version, sha256 = int(archive["format_version"]), str(archive["head_model_sha256"])
                names = tuple(archive["coefficient_names"].tolist())
                expression = archive["expression"].astype(np.float32)
                pose_rad = archive["pose_rad"].astype(np.float32)
        except FileNotFoundError as error:
            raise ModelNotAvailable(f"The head model {model.name!r} has no emotions.") from error
        except DAMAGED_NPZ as error:
            raise InvalidModel(f"{path} is not a map of expressions: {error}.") from error
        if version != FORMAT_VERSION or names != COEFFICIENT_NAMES or sha256 != model.sha256:
            raise InvalidModel(f"{path} was made for another version of {model.name}; add it anew.")
        shapes = ((len(names), model.expression_count), (len(names), len(JOINT_NAMES), 3))
        if (expression.shape, pose_rad.shape) != shapes:
            raise InvalidModel(f"{path} does not suit {model.name}.")
        return cls(expression, pose_rad)

    def save(self, path: Path, model: HeadModel) -> None:
        """Write what `load` reads."""
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(
            path,
            format_version=np.int32(FORMAT_VERSION),
            head_model_sha256=model.sha256,
            coefficient_names=np.array(COEFFICIENT_NAMES),
            expression=self.expression,
            pose_rad=self.pose_rad,
        )

    def __call__(self, coefficients: Float32[np.ndarray, "58"]) -> FacePose:
        """The head model's parameters for common coefficients."""
        return FacePose(
            coefficients @ self.expression, np.tensordot(coefficients, self.pose_rad, axes=1)
        )


def neck_turns() -> Float32[np.ndarray, "58 J 3"]:
    """The six weights of the neck on its joint; all else zero."""
    turns = np.zeros((len(COEFFICIENT_NAMES), len(JOINT_NAMES), 3), np.float32)
    rows = [COEFFICIENT_INDEX[name] for name in NECK_NAMES]
    turns[rows, _NECK] = NECK_AXES * NECK_REACH_RAD
    return turns


def _by_names(model: HeadModel) -> Float32[np.ndarray, "58 E"]:
    expression = np.zeros((len(COEFFICIENT_NAMES), model.expression_count), np.float32)
    for column, name in enumerate(model.expression_names):
        expression[COEFFICIENT_INDEX[name], column] = 1
    return expression
