"""Where the teeth stand: arch curves through the data's crowns, teeth of natural widths along them.

Widths, heights and depths follow the averages of Nelson, "Wheeler's Dental Anatomy" (tables of
tooth measurements); the curve and the heights of the cutting edges follow the data, set back by
under a millimetre so that the lips have room to slide. Millimetres throughout this module.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float
from scipy.interpolate import CubicSpline

Jaw = Literal["upper", "lower"]
ToothKind = Literal["incisor", "canine", "premolar", "molar"]

SAMPLES = 4000
"""Steps along an arch, half of a hundredth of a millimetre each."""
CONTACT_OVERLAP_MM = 0.03
"""Neighbours touch: each tooth reaches this far past its contact point."""


@dataclass(frozen=True)
class Tooth:
    """One tooth's measures. `labial` and `lingual` are depths from the line of contacts."""

    kind: ToothKind
    width: float
    crown: float
    """From the cutting edge or the highest cusp to the gum."""
    edge_y: float
    """Height of the cutting edge in the head frame."""
    labial: float
    lingual: float
    tilt: float = 0.0
    """How much further out the edge is than the neck."""


@dataclass(frozen=True)
class Arch:
    """Half a jaw's teeth from the midline outwards."""

    jaw: Jaw
    curve: tuple[tuple[float, float], ...]
    """(x, z) of the line of contacts, which the mirror image continues."""
    teeth: tuple[Tooth, ...]


UPPER = Arch(
    "upper",
    ((4.2, 104.7), (11.0, 101.1), (16.3, 95.6), (18.7, 88.7), (21.0, 82.4), (22.5, 74.5),
     (24.4, 65.3), (25.4, 60.6)),
    (
        Tooth("incisor", 8.5, 9.6, -35.3, 2.1, 4.3, 0.5),
        Tooth("incisor", 6.6, 8.5, -34.7, 2.0, 3.8, 0.5),
        Tooth("canine", 7.6, 9.6, -35.1, 2.9, 4.2, 0.3),
        Tooth("premolar", 7.0, 8.0, -34.0, 4.2, 4.4),
        Tooth("premolar", 6.9, 7.4, -33.6, 4.2, 4.4),
        Tooth("molar", 10.0, 7.0, -33.2, 5.0, 5.2),
        Tooth("molar", 9.2, 6.6, -32.4, 5.0, 5.0),
    ),
)  # fmt: skip
LOWER = Arch(
    "lower",
    ((4.0, 102.6), (9.9, 99.4), (14.9, 94.4), (18.0, 88.0), (19.8, 82.2), (22.0, 74.6),
     (23.2, 65.8), (23.8, 61.4)),
    (
        Tooth("incisor", 5.2, 8.4, -34.2, 1.6, 3.4, 0.8),
        Tooth("incisor", 5.7, 8.6, -34.0, 1.6, 3.6, 0.8),
        Tooth("canine", 6.9, 9.4, -33.3, 2.3, 4.0, 0.5),
        Tooth("premolar", 7.0, 8.0, -33.2, 3.2, 3.8),
        Tooth("premolar", 7.1, 7.4, -33.1, 3.6, 3.8),
        Tooth("molar", 10.9, 7.0, -32.3, 4.1, 4.4),
        Tooth("molar", 10.4, 6.6, -31.4, 4.1, 4.4),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class ToothFrame:
    """A tooth in its place: mesiodistal, labial and rootward axes about the middle of its edge."""

    tooth: Tooth
    origin: Float[np.ndarray, "3"]
    along: Float[np.ndarray, "3"]
    """Unit, away from the midline."""
    outward: Float[np.ndarray, "3"]
    """Unit, towards lip or cheek."""
    rootward: Float[np.ndarray, "3"]
    half_width: float

    @property
    def is_left_handed(self) -> bool:
        """Whether along, outward and rootward are a left-handed triple."""
        return bool(np.linalg.det(np.stack([self.along, self.outward, self.rootward])) < 0)

    def place(
        self,
        along: Float[np.ndarray, "*n"],
        outward: Float[np.ndarray, "*n"],
        rootward: Float[np.ndarray, "*n"],
    ) -> Float[np.ndarray, "*n 3"]:
        """Points of the head frame from the tooth's own coordinates."""
        parts = zip(
            (along, outward, rootward), (self.along, self.outward, self.rootward), strict=True
        )
        return self.origin + sum(np.asarray(c)[..., None] * axis for c, axis in parts)


def tooth_frames(arch: Arch) -> tuple[ToothFrame, ...]:
    """Teeth of the left half set side by side along the arch, their widths scaled to fill it."""
    half = np.array(arch.curve)
    knots = np.concatenate([half[::-1] * [-1, 1], half])
    chord = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(knots, axis=0), axis=1))])
    middle = chord[-1] / 2
    line = CubicSpline(chord, knots)(np.linspace(middle, chord[-1], SAMPLES))
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    ends = np.concatenate([[0], np.cumsum([tooth.width for tooth in arch.teeth])])
    wanted = ends * length[-1] / ends[-1]
    contacts = np.stack([np.interp(wanted, length, line[:, k]) for k in range(2)], axis=1)
    contacts[0, 0] = 0
    root = np.array([0.0, 1.0 if arch.jaw == "upper" else -1.0, 0.0])
    return tuple(
        _frame(tooth, contacts[i], contacts[i + 1], root) for i, tooth in enumerate(arch.teeth)
    )


def _frame(
    tooth: Tooth,
    mesial: Float[np.ndarray, "2"],
    distal: Float[np.ndarray, "2"],
    rootward: Float[np.ndarray, "3"],
) -> ToothFrame:
    chord = distal - mesial
    width = float(np.linalg.norm(chord))
    x, z = chord / width
    centre = (mesial + distal) / 2
    return ToothFrame(
        tooth,
        np.array([centre[0], tooth.edge_y, centre[1]]),
        np.array([x, 0.0, z]),
        np.array([-z, 0.0, x]),
        rootward,
        width / 2 + CONTACT_OVERLAP_MM,
    )
