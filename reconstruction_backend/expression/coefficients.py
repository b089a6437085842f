"""How expressions are said, whatever the head: ARKit's 52 weights and six of the neck.

Names and meanings are those of Apple's `ARFaceAnchor.BlendShapeLocation`; jaw and eyes turn through
`jawOpen` and `eyeLook…`. The neck has six weights of its own, which ARKit has not.
"""

import numpy as np
from jaxtyping import Float32

SIDES = ("Left", "Right")
PAIRED_STEMS = (
    "browDown",
    "browOuterUp",
    "cheekSquint",
    "eyeBlink",
    "eyeLookDown",
    "eyeLookIn",
    "eyeLookOut",
    "eyeLookUp",
    "eyeSquint",
    "eyeWide",
    "jaw",
    "mouth",
    "mouthDimple",
    "mouthFrown",
    "mouthLowerDown",
    "mouthPress",
    "mouthSmile",
    "mouthStretch",
    "mouthUpperUp",
    "noseSneer",
)
"""Stems of the names that end in Left or Right."""
_SINGLE = (
    "browInnerUp",
    "cheekPuff",
    "jawForward",
    "jawOpen",
    "mouthClose",
    "mouthFunnel",
    "mouthPucker",
    "mouthRollLower",
    "mouthRollUpper",
    "mouthShrugLower",
    "mouthShrugUpper",
    "tongueOut",
)
ARKIT_NAMES = tuple(sorted([*_SINGLE, *(stem + side for stem in PAIRED_STEMS for side in SIDES)]))
"""All 52."""

NECK_NAMES = ("neckUp", "neckDown", "neckLeft", "neckRight", "neckTiltLeft", "neckTiltRight")
"""Head thrown back, bowed, turned to and leant towards the subject's left and right."""
NECK_REACH_RAD = np.radians(15.0)
"""The turn at weight 1."""
NECK_AXES = np.array(
    [[-1, 0, 0], [1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, -1], [0, 0, 1]], np.float32
)
"""Axis of each name's turn, head frame."""

COEFFICIENT_NAMES = (*ARKIT_NAMES, *NECK_NAMES)
COEFFICIENT_INDEX = {name: i for i, name in enumerate(COEFFICIENT_NAMES)}


def on_both_sides(stem: str) -> tuple[str, ...]:
    """`mouthSmile` to its left and right; a name that has no sides, or has one, to itself."""
    return tuple(stem + side for side in SIDES) if stem in PAIRED_STEMS else (stem,)


def mirrored_name(name: str) -> str:
    """The same movement on the other side; itself where there is none."""
    for side, other in (SIDES, SIDES[::-1]):
        if name.endswith(side):
            return name.removesuffix(side) + other
    return name


MIRRORED = np.array([COEFFICIENT_INDEX[mirrored_name(name)] for name in COEFFICIENT_NAMES])
"""Index of each coefficient's mirror image; an involution."""


def coefficients(**weights: float) -> Float32[np.ndarray, "58"]:
    """A vector from names: `coefficients(jawOpen=0.4)`. Raises KeyError for an unknown name."""
    vector = np.zeros(len(COEFFICIENT_NAMES), np.float32)
    for name, weight in weights.items():
        vector[COEFFICIENT_INDEX[name]] = weight
    return vector


def union(
    first: Float32[np.ndarray, "N"], second: Float32[np.ndarray, "N"]
) -> Float32[np.ndarray, "N"]:
    """Two weights of one muscle: never less than either, never above 1 (the probabilistic sum)."""
    return 1 - (1 - first) * (1 - second)
