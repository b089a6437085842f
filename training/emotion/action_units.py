"""FACS action units on the rig: what a contraction of each facial muscle does to ARKit weights.

Numbers and names of the units are those of the Facial Action Coding System (Ekman, Friesen and
Hager, *Facial Action Coding System: The Manual*, 2002). Which ARKit shape shows which unit follows
Apple's description of the shapes (`ARFaceAnchor.BlendShapeLocation`) and M. Ozel's table "ARKit to
FACS" (melindaozel.com, 2020); the weights are ours, set by eye on this rig at FACS' intensity E.
"""

from dataclasses import dataclass
from typing import Literal

from reconstruction_backend.expression.coefficients import on_both_sides

Side = Literal["both", "left", "right"]
Pace = Literal["early", "even", "late"]
"""When within a rising emotion a unit moves: brows and lids first, lips next, the jaw last."""


@dataclass(frozen=True)
class ActionUnit:
    """One unit at full contraction."""

    number: int
    name: str
    weights: tuple[tuple[str, float], ...]
    """Coefficients and their weights; a stem without side stands for both sides."""
    pace: Pace = "even"

    def coefficients(self, side: Side = "both") -> dict[str, float]:
        """Weights by the full names of the rig's coefficients; `side` picks one of pairs."""
        named = {name: weight for stem, weight in self.weights for name in on_both_sides(stem)}
        if side == "both":
            return named
        other = "Right" if side == "left" else "Left"
        return {name: weight for name, weight in named.items() if not name.endswith(other)}


_UNITS = (
    ActionUnit(1, "inner brow raiser", (("browInnerUp", 1.0),), "early"),
    ActionUnit(2, "outer brow raiser", (("browOuterUp", 1.0),), "early"),
    ActionUnit(4, "brow lowerer", (("browDown", 1.0), ("noseSneer", 0.2)), "early"),
    ActionUnit(5, "upper lid raiser", (("eyeWide", 1.0),), "early"),
    ActionUnit(6, "cheek raiser", (("cheekSquint", 1.0), ("eyeSquint", 0.5)), "early"),
    ActionUnit(7, "lid tightener", (("eyeSquint", 1.0),), "early"),
    ActionUnit(9, "nose wrinkler", (("noseSneer", 1.0),), "late"),
    ActionUnit(10, "upper lip raiser", (("mouthUpperUp", 1.0),), "late"),
    ActionUnit(12, "lip corner puller", (("mouthSmile", 1.0),), "even"),
    ActionUnit(14, "dimpler", (("mouthDimple", 1.0),), "even"),
    ActionUnit(15, "lip corner depressor", (("mouthFrown", 1.0),), "even"),
    ActionUnit(16, "lower lip depressor", (("mouthLowerDown", 1.0),), "late"),
    ActionUnit(17, "chin raiser", (("mouthShrugLower", 1.0),), "even"),
    ActionUnit(20, "lip stretcher", (("mouthStretch", 1.0),), "even"),
    ActionUnit(22, "lip funneler", (("mouthFunnel", 1.0),), "late"),
    ActionUnit(
        23,
        "lip tightener",
        (("mouthPress", 0.6), ("mouthRollLower", 0.25), ("mouthRollUpper", 0.25)),
        "even",
    ),
    ActionUnit(24, "lip pressor", (("mouthPress", 1.0),), "even"),
    ActionUnit(25, "lips part", (("mouthUpperUp", 0.5), ("mouthLowerDown", 0.35)), "late"),
    ActionUnit(26, "jaw drop", (("jawOpen", 0.6),), "late"),
    ActionUnit(29, "jaw thrust", (("jawForward", 1.0),), "even"),
    ActionUnit(43, "eyes closing", (("eyeBlink", 1.0),), "even"),
    ActionUnit(53, "head up", (("neckUp", 1.0),), "even"),
    ActionUnit(54, "head down", (("neckDown", 1.0),), "even"),
    ActionUnit(55, "head tilt left", (("neckTiltLeft", 1.0),), "even"),
    ActionUnit(56, "head tilt right", (("neckTiltRight", 1.0),), "even"),
    ActionUnit(63, "eyes up", (("eyeLookUp", 1.0),), "even"),
    ActionUnit(64, "eyes down", (("eyeLookDown", 1.0),), "even"),
)
ACTION_UNITS = {unit.number: unit for unit in _UNITS}
"""By number."""
