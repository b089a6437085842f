"""Morph targets for emotions and visemes, which follow the expressions (docs/expressions.md).

A morph target is linear in its weight and targets add up; the network is neither. Two kinds of
corrections make up for it, the first weighted 4 a (1 - a), the second a b:

    happiness_half       the face at intensity 1/2, less half of the way to 1
    happiness_surprise   the mixture of both at 1, less the sum of both

With them the sum is the quadratic through the network at 0, 1/2 and 1 of every emotion and at the
full mixture of every two. Last come `contempt_mirrored` and its half, for the face's other side.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Float32

from reconstruction_backend.avatar import Avatar
from reconstruction_backend.export.morph_targets import MorphTarget
from reconstruction_backend.expression.choice import ExpressionChoice
from reconstruction_backend.expression.coefficient_map import FacePose
from reconstruction_backend.expression.emotions import EMOTIONS, EmotionIntensities, Side
from reconstruction_backend.expression.rig import ExpressionRig
from reconstruction_backend.expression.visemes import VISEMES
from reconstruction_backend.head_model import JOINT_NAMES, rotation_matrices, skin

HALF = "half"
MIRRORED_CONTEMPT = "contempt_mirrored"
_OTHER_SIDE: dict[Side, Side] = {"left": "right", "right": "left"}
_NECK = JOINT_NAMES.index("neck")
_CORRECTED_M = 2e-4
"""Corrections are shortened by this length, and vanish below it: they are small and many."""


def half_name(emotion: str) -> str:
    """The correction of one emotion half-way."""
    return f"{emotion}_{HALF}"


def pair_name(first: str, second: str) -> str:
    """The correction of two emotions at once; in the order of EMOTIONS."""
    return f"{first}_{second}"


def emotion_targets(avatar: Avatar, rig: ExpressionRig) -> tuple[MorphTarget, ...]:
    """In the order of docs/expressions.md; the neck is kept still."""
    names = [*EMOTIONS, *(viseme.name for viseme in VISEMES), *map(half_name, EMOTIONS)]
    pairs = tuple(combinations(EMOTIONS, 2))
    poses = (
        *(_felt(avatar, rig, **{emotion: 1.0}) for emotion in EMOTIONS),
        *(rig.to_model(viseme.coefficients()) for viseme in VISEMES),
        *(_felt(avatar, rig, **{emotion: 0.5}) for emotion in EMOTIONS),
        *(_felt(avatar, rig, **{first: 1.0, second: 1.0}) for first, second in pairs),
        *(_mirrored_contempt(avatar, rig, level) for level in (1.0, 0.5)),
    )
    mirrored = (MIRRORED_CONTEMPT, half_name(MIRRORED_CONTEMPT))
    moved = dict(zip((*names, *pairs, *mirrored), _displacements(avatar, poses), strict=True))
    for emotion in (*EMOTIONS, MIRRORED_CONTEMPT):
        moved[half_name(emotion)] = _shortened(moved[half_name(emotion)] - moved[emotion] / 2)
    mixed = (
        MorphTarget(pair_name(*pair), _shortened(moved[pair] - moved[pair[0]] - moved[pair[1]]))
        for pair in pairs
    )
    return (
        *(MorphTarget(name, moved[name]) for name in names),
        *mixed,
        *(MorphTarget(name, moved[name]) for name in mirrored),
    )


def _felt(avatar: Avatar, rig: ExpressionRig, **intensities: float) -> FacePose:
    return rig.pose(
        ExpressionChoice(EmotionIntensities(**intensities), avatar.choice.contempt_side)
    )


def _mirrored_contempt(avatar: Avatar, rig: ExpressionRig, level: float) -> FacePose:
    side = _OTHER_SIDE[avatar.choice.contempt_side]
    return rig.pose(ExpressionChoice(EmotionIntensities(contempt=level), side))


def _displacements(avatar: Avatar, poses: Sequence[FacePose]) -> Float32[np.ndarray, "N V 3"]:
    """What each pose but its neck does to the neutral head: `HeadModel.evaluate` for many at once.

    Only vertices that hang on jaw or eyes are skinned, and all straight motion is one product.
    """
    model = avatar.head_model
    joints, neutral = model.joints(avatar.fit.shape), model.neutral(avatar.fit.shape)
    expression = np.stack([pose.expression for pose in poses])
    turns = np.stack([pose.pose_rad for pose in poses])
    turns[:, _NECK] = 0
    turns += np.tensordot(expression, model.expression_pose_rad, axes=1)
    rotations = np.stack([rotation_matrices(turn) for turn in turns])
    features = (rotations[:, 1:] - np.eye(3, dtype=np.float32)).reshape(len(poses), -1)
    used = model.pose_correctives_m.any(axis=(1, 2)) & features.any(axis=0)
    moved = np.tensordot(expression, model.expression_basis_m, axes=1)
    moved += np.tensordot(features[:, used], model.pose_correctives_m[used], axes=1)
    hung = np.flatnonzero(model.skinning_weights[:, _NECK + 1 :].any(axis=1))
    for row in np.flatnonzero(turns.any(axis=(1, 2))):
        straight = neutral[hung] + moved[row, hung]
        weights = model.skinning_weights[hung]
        moved[row, hung] = skin(straight, joints, rotations[row], weights) - neutral[hung]
    return moved


@dataclass(frozen=True)
class StartingPose:
    """What a file shows when it is opened."""

    weights: dict[str, float]
    """By target; those that are not named are zero."""
    joints_rad: Float32[np.ndarray, "J 3"]
    """Axis-angle of each joint, beyond what the targets do."""

    @classmethod
    def neutral(cls) -> "StartingPose":
        """Everything at rest."""
        return cls({}, np.zeros((len(JOINT_NAMES), 3), np.float32))


def starting_pose(avatar: Avatar, rig: ExpressionRig) -> StartingPose:
    """The chosen face in terms of targets: emotions by theirs, all else by the expressions'."""
    choice = avatar.choice
    felt = ExpressionChoice(choice.emotions, choice.contempt_side)
    besides = rig.to_model(rig.coefficients(choice) - rig.coefficients(felt))
    weights = emotion_weights(choice.emotions)
    for name, weight in zip(avatar.head_model.expression_names, besides.expression, strict=True):
        weights[name] = float(weight)
    joints = besides.pose_rad.copy()
    joints[_NECK] = rig.pose(choice).pose_rad[_NECK]
    return StartingPose({name: weight for name, weight in weights.items() if weight}, joints)


def emotion_weights(emotions: EmotionIntensities) -> dict[str, float]:
    """Weights of the emotions' targets and corrections that show a mixture."""
    level = dict(zip(EMOTIONS, astuple(emotions), strict=True))
    halves = {half_name(name): 4 * level[name] * (1 - level[name]) for name in EMOTIONS}
    pairs = {pair_name(a, b): level[a] * level[b] for a, b in combinations(EMOTIONS, 2)}
    return {**level, **halves, **pairs}


def neck_by_emotion(rig: ExpressionRig, side: Side) -> dict[str, list[float]]:
    """Axis-angle of the neck at intensity 1, radians."""
    return {
        emotion: rig.pose(ExpressionChoice(EmotionIntensities(**{emotion: 1.0}), side))
        .pose_rad[_NECK]
        .tolist()
        for emotion in EMOTIONS
    }


def _shortened(values_m: Float32[np.ndarray, "V 3"]) -> Float32[np.ndarray, "V 3"]:
    """Towards zero by a fixed length, so that no edge shows where they begin."""
    length = np.linalg.norm(values_m, axis=1, keepdims=True)
    return values_m * np.maximum(1 - _CORRECTED_M / np.maximum(length, 1e-12), 0)
