"""The six emotions as action units: EMFACS' prototypes and what usually accompanies them.

Core units are those of EMFACS (Friesen and Ekman, *EMFACS-7*, 1983; the table in Ekman, Friesen
and Hager 2002, *Investigator's Guide*, ch. 12). Companions are units that observers saw beside the
core in posed and spontaneous displays (Cordaro et al. 2018, *Universals and cultural variations in
22 emotional expressions*; Keltner et al. 2019): without them the rig's faces read as half-hearted.
"""

from dataclasses import dataclass

from reconstruction_backend.expression.emotions import EmotionName
from training.emotion.action_units import Side


@dataclass(frozen=True)
class Action:
    """A unit within an emotion at its full intensity."""

    unit: int
    """Key of ACTION_UNITS."""
    strength: float
    """Of its full contraction; above 1 nearly everybody reaches the rig's end."""
    side: Side = "both"


@dataclass(frozen=True)
class Prototype:
    """An emotion."""

    core: tuple[Action, ...]
    """EMFACS."""
    companions: tuple[Action, ...]


PROTOTYPES: dict[EmotionName, Prototype] = {
    "happiness": Prototype(
        core=(Action(6, 1.15), Action(12, 1.05)),
        companions=(Action(25, 0.8), Action(26, 0.2), Action(14, 0.15)),
    ),
    "anger": Prototype(
        core=(Action(4, 1.4), Action(5, 0.25), Action(7, 0.7), Action(23, 0.5)),
        companions=(
            Action(9, 0.72),
            Action(10, 0.15),
            Action(15, 0.7),
            Action(16, 0.65),
            Action(20, 0.2),
            Action(22, 0.12),
            Action(24, 0.3),
            Action(26, 0.1),
            Action(54, 0.25),
        ),
    ),
    "sadness": Prototype(
        core=(Action(1, 1.4), Action(4, 0.5), Action(15, 1.3)),
        companions=(
            Action(17, 0.5),
            Action(20, 0.25),
            Action(7, 0.12),
            Action(43, 0.1),
            Action(64, 0.15),
            Action(54, 0.25),
        ),
    ),
    "fear": Prototype(
        core=(
            Action(1, 1.4),
            Action(2, 0.3),
            Action(4, 0.6),
            Action(5, 1.4),
            Action(7, 0.15),
            Action(20, 1.3),
            Action(26, 0.35),
        ),
        companions=(Action(16, 0.85), Action(15, 0.25), Action(53, 0.2)),
    ),
    "contempt": Prototype(
        core=(Action(12, 0.7, "left"), Action(14, 1.2, "left")),
        companions=(
            Action(6, 0.45, "left"),
            Action(10, 0.25, "left"),
            Action(2, 0.4, "left"),
            Action(4, 0.35, "right"),
            Action(7, 0.4),
            Action(24, 0.5, "right"),
            Action(53, 0.35),
            Action(56, 0.25),
        ),
    ),
    "surprise": Prototype(
        core=(Action(1, 1.4), Action(2, 1.3), Action(5, 1.25), Action(26, 1.1)),
        companions=(Action(53, 0.2),),
    ),
}
