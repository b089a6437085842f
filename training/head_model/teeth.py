"""Crowns as grids of rings from the cutting edge to below the gum, in each tooth's own frame.

A ring is a superellipse between the labial and the lingual outline. Incisors end in an edge with
rounded corners, canines in a point, premolars and molars in cusps about a fossa.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from training.head_model.dental_arch import ToothFrame, ToothKind

AROUND = 20
"""Points of a ring; the first is lingual, where the texture's seam is."""
LEVELS = (0.0, 0.05, 0.16, 0.34, 0.56, 0.78, 0.96, 1.25)
"""Rings by height over the crown's; the last lies in the gum."""
ROUNDNESS = 3.0
"""Exponent of the superellipse: 2 is an ellipse."""


@dataclass(frozen=True)
class Outline:
    """How a kind of tooth is shaped by height (share of the crown, 0 at the edge)."""

    heights: tuple[float, ...]
    width: tuple[float, ...]
    """Of the half width."""
    labial: tuple[float, ...]
    """Of the tooth's labial depth."""
    lingual: tuple[float, ...]
    """Of the tooth's lingual depth; negative is towards the lip."""
    corner_mm: tuple[float, float]
    """How much lower the edge's mesial and distal corners are than its middle."""
    corner_power: float
    fossa_mm: float
    """How deep the chewing surface is hollowed; 0 for an edge."""
    cusps: int


OUTLINES: dict[ToothKind, Outline] = {
    "incisor": Outline(
        (0.0, 0.07, 0.2, 0.45, 0.75, 1.0, 1.3),
        (0.93, 0.985, 1.0, 0.995, 0.94, 0.83, 0.70),
        (0.52, 0.70, 0.88, 1.0, 1.0, 0.88, 0.62),
        (-0.06, 0.03, 0.18, 0.55, 0.95, 1.0, 0.85),
        (0.25, 0.7), 3.0, 0.0, 0,
    ),
    "canine": Outline(
        (0.0, 0.07, 0.2, 0.45, 0.75, 1.0, 1.3),
        (0.72, 0.86, 0.98, 1.0, 0.94, 0.83, 0.70),
        (0.48, 0.66, 0.86, 1.0, 0.99, 0.88, 0.65),
        (-0.10, 0.04, 0.25, 0.65, 0.97, 1.0, 0.85),
        (0.7, 1.1), 1.5, 0.0, 0,
    ),
    "premolar": Outline(
        (0.0, 0.07, 0.2, 0.45, 0.75, 1.0, 1.3),
        (0.70, 0.86, 0.98, 1.0, 0.93, 0.84, 0.74),
        (0.56, 0.70, 0.86, 0.99, 1.0, 0.90, 0.72),
        (0.56, 0.70, 0.88, 1.0, 0.98, 0.88, 0.72),
        (0.0, 0.0), 2.0, 1.7, 2,
    ),
    "molar": Outline(
        (0.0, 0.07, 0.2, 0.45, 0.75, 1.0, 1.3),
        (0.80, 0.92, 0.99, 1.0, 0.94, 0.86, 0.80),
        (0.60, 0.74, 0.88, 0.99, 1.0, 0.93, 0.80),
        (0.60, 0.74, 0.88, 0.99, 1.0, 0.92, 0.80),
        (0.0, 0.0), 2.0, 1.5, 4,
    ),
}  # fmt: skip
CUSP_MM = 1.1
"""How much the rim between cusps dips."""
EDGE_ROUNDING_MM = 0.22
EDGE_CHART, CHEWING_CHART = 0.06, 0.3
"""Share of a chart's height for the edge or the chewing surface."""
CHART_AROUND = ((0.0, 0.2, 0.8, 1.0), (0.0, 0.12, 0.88, 1.0))
"""What faces lips and cheeks has more of the chart's width than its share of the ring."""
INNER_RING = 0.5
"""Of the chewing surface's rim."""


@dataclass(frozen=True)
class GridMesh:
    """A triangle mesh with coordinates in the unit square, per triangle corner."""

    vertices: Float[np.ndarray, "V 3"]
    triangles: Int[np.ndarray, "F 3"]
    unit_uv: Float[np.ndarray, "F 3 2"]
    """u around or along, v from the edge to the gum."""
    neck: Float[np.ndarray, "V"]
    """0 at the cutting edge, 1 at the gum and beyond."""


def labial_outline(frame: ToothFrame, height: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    """Outward coordinate of the labial face's middle, mm; `height` in shares of the crown."""
    outline = OUTLINES[frame.tooth.kind]
    depth = np.interp(height, outline.heights, outline.labial) * frame.tooth.labial
    return depth + frame.tooth.tilt * (0.5 - height)


def lingual_outline(frame: ToothFrame, height: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    """The same of the lingual face (negative)."""
    outline = OUTLINES[frame.tooth.kind]
    depth = np.interp(height, outline.heights, outline.lingual) * frame.tooth.lingual
    return frame.tooth.tilt * (0.5 - height) - depth


def half_width(frame: ToothFrame, height: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    """Half of the tooth's width at a height, mm."""
    outline = OUTLINES[frame.tooth.kind]
    return np.interp(height, outline.heights, outline.width) * frame.half_width


def crown(frame: ToothFrame) -> GridMesh:
    """The crown's surface, open in the gum."""
    angle = -np.pi / 2 + 2 * np.pi * np.arange(AROUND) / AROUND
    rings = [_ring(frame, height, angle) for height in LEVELS]
    rings = [*_cap(frame, rings[0]), *rings]
    points = np.concatenate(rings)
    heights = np.clip(points[:, 2] / frame.tooth.crown, 0, 1)
    triangles, unit_uv = _ring_triangles(_chart_rows(frame.tooth.kind))
    vertices = frame.place(points[:, 0], points[:, 1], points[:, 2])
    if not frame.is_left_handed:  # keep charts the right way round when triangles turn over
        triangles, unit_uv = triangles[:, ::-1], unit_uv[:, ::-1] * [-1, 1] + [1, 0]
    return GridMesh(vertices, triangles, unit_uv, heights)


def _ring(
    frame: ToothFrame, height: float, angle: Float[np.ndarray, "A"]
) -> Float[np.ndarray, "A 3"]:
    """(along, outward, rootward) of one ring, mm."""
    outline, tooth = OUTLINES[frame.tooth.kind], frame.tooth
    level = np.full(AROUND, height)
    front, back = labial_outline(frame, level), lingual_outline(frame, level)
    across = _powered(np.cos(angle))
    along = half_width(frame, level) * across
    outward = (front + back) / 2 + (front - back) / 2 * _powered(np.sin(angle))
    fade = max(0.0, 1 - 2 * height) ** 2
    corner = np.where(across < 0, *outline.corner_mm)
    drop = corner * np.abs(across) ** outline.corner_power * fade
    if outline.cusps:
        bump = np.abs(np.sin(angle * outline.cusps / 2))
        drop = drop + CUSP_MM * (1 - bump) * fade
    return np.stack([along, outward, height * tooth.crown + drop], axis=1)


def _powered(value: Float[np.ndarray, "A"]) -> Float[np.ndarray, "A"]:
    return np.sign(value) * np.abs(value) ** (2 / ROUNDNESS)


def _cap(frame: ToothFrame, rim: Float[np.ndarray, "A 3"]) -> list[Float[np.ndarray, "K 3"]]:
    """The middle and one ring within the rim: a rounded edge or a hollow between cusps."""
    outline = OUTLINES[frame.tooth.kind]
    centre = (rim.min(0) + rim.max(0)) / 2
    inner = rim.copy()
    if outline.fossa_mm == 0:
        inner[:, 1] = centre[1] + (rim[:, 1] - centre[1]) * INNER_RING
        inner[:, 0] = centre[0] + (rim[:, 0] - centre[0]) * 0.97
        inner[:, 2] -= EDGE_ROUNDING_MM
        # the middle of an edge is its highest point, not the mean of its corners
        middle = np.array([[centre[0], centre[1], inner[:, 2].min()]])
        return [middle, inner]
    inner[:, :2] = centre[:2] + (rim[:, :2] - centre[:2]) * INNER_RING
    inner[:, 2] += 0.6 * outline.fossa_mm - 0.5 * (rim[:, 2] - rim[:, 2].min())
    middle = np.array([[centre[0], centre[1], rim[:, 2].min() + outline.fossa_mm]])
    return [middle, inner]


def _chart_rows(kind: ToothKind) -> Float[np.ndarray, "K"]:
    """v of the cap's middle and ring, then of the levels."""
    cap = CHEWING_CHART if OUTLINES[kind].cusps else EDGE_CHART
    levels = cap + (1 - cap) * np.array(LEVELS) / LEVELS[-1]
    return np.concatenate([[0, cap / 2], levels])


def _ring_triangles(
    rows: Float[np.ndarray, "K"],
) -> tuple[Int[np.ndarray, "F 3"], Float[np.ndarray, "F 3 2"]]:
    """A fan about vertex 0, then bands between rings."""
    here = np.arange(AROUND)
    after = (here + 1) % AROUND
    u0, u1 = (np.interp((here + k) / AROUND, *CHART_AROUND) for k in (0, 1))

    def corner(u: np.ndarray, v: float) -> np.ndarray:
        return np.stack([u, np.full(AROUND, v)], axis=1)

    triangles = [np.stack([np.zeros(AROUND, int), 1 + here, 1 + after], axis=1)]
    uv = [np.stack([corner((u0 + u1) / 2, 0.0), corner(u0, rows[1]), corner(u1, rows[1])], axis=1)]
    for ring in range(len(rows) - 2):
        first = 1 + ring * AROUND
        a, b = first + here, first + after
        c, d = a + AROUND, b + AROUND
        top, low = rows[ring + 1], rows[ring + 2]
        triangles += [np.stack([a, c, b], axis=1), np.stack([b, c, d], axis=1)]
        uv += [
            np.stack([corner(u0, top), corner(u0, low), corner(u1, top)], axis=1),
            np.stack([corner(u1, top), corner(u0, low), corner(u1, low)], axis=1),
        ]
    return np.concatenate(triangles), np.concatenate(uv)
