"""The gums about the teeth: a strip along each jaw with scalloped margins and papillae between.

Columns run from the fold behind the lip over the margin, between the teeth and down the inner
side, where the data's own palate and floor of the mouth take over.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from training.head_model.dental_arch import Jaw, ToothFrame
from training.head_model.teeth import (
    OUTLINES,
    ROUNDNESS,
    GridMesh,
    half_width,
    labial_outline,
    lingual_outline,
)

COLUMNS = (-1.0, -0.8, -0.45, 0.0, 0.45, 0.8)
"""Along a tooth in half widths; the next tooth's first column closes it."""
BEHIND = (1.35, 1.9, 2.5)
"""Columns past the last tooth."""
PAPILLA = 0.50
"""How far the gum between teeth reaches towards the edge, share of the crown."""
PAPILLA_POSTERIOR = 0.38
SCALLOP_POWER = 2.4
RIM_MM, ROLL_MM = 0.10, 0.42
"""How far the margin, and the roll behind it, stand off the tooth."""
PAPILLA_FILL = 0.45
"""How far a papilla's faces stand off the line of contacts, share of the tooth's half depth."""
DIP_MM = 0.55
"""Between roots the gum is this much shallower than over them."""
FOLD_MM: dict[Jaw, tuple[float, ...]] = {
    "upper": (8.0, 5.6, 3.2, 1.4),
    "lower": (8.5, 5.8, 3.2, 1.4),
}
"""Heights above the neck of the tooth of the rows in front, fold first."""
FOLD_LEAN: dict[Jaw, float] = {"upper": -0.09, "lower": -0.16}
"""How the front recedes towards the fold, mm per mm."""
INNER_MM = (2.2, 5.0, 8.0)
INNER_LEAN: dict[Jaw, tuple[float, ...]] = {
    "upper": (-1.3, -4.0, -8.0),
    "lower": (-0.4, -1.2, -2.4),
}
"""Rows behind: heights past the neck, and how far inwards of the tooth."""


def gum_strip(frames: Sequence[ToothFrame], jaw: Jaw) -> GridMesh:
    """The left half's strip; its first column lies on the midline."""
    outward = np.stack([frame.outward for frame in frames])
    at_contact = np.concatenate([outward[:1] * [-1, 1, 1], outward]) + np.concatenate(
        [outward, outward[-1:]]
    )
    at_contact /= np.linalg.norm(at_contact, axis=1, keepdims=True)
    columns = []
    for i, frame in enumerate(frames):
        ends = at_contact[i : i + 2]
        for share in COLUMNS:
            column = _column(frame, share, ends, jaw)
            if share == COLUMNS[0]:
                other = frames[i - 1]
                before = (
                    _column(other, 1.0, at_contact[i - 1 : i + 1], jaw)
                    if i
                    else column * [-1, 1, 1]
                )
                column = (column + before) / 2
            columns.append(column)
    columns += [_column(frames[-1], share, at_contact[-2:], jaw) for share in (1.0, *BEHIND)]
    return _strip(np.stack(columns), frames[0])


def _column(
    frame: ToothFrame, share: float, ends: Float[np.ndarray, "2 3"], jaw: Jaw
) -> Float[np.ndarray, "R 3"]:
    """Points of one column in the head frame, from the fold in front to the inner end."""
    crown = frame.tooth.crown
    within = min(abs(share), 1.0)
    behind = max(abs(share) - 1, 0.0)
    reach = PAPILLA_POSTERIOR if OUTLINES[frame.tooth.kind].cusps else PAPILLA
    margin = 1 - reach * within**SCALLOP_POWER * max(0.0, 1 - behind)
    narrow = 1 / (1 + 1.2 * behind)
    plate = float(labial_outline(frame, np.array(0.85))) + 0.25 - DIP_MM * within**2
    rows: list[tuple[float, float]] = [
        (crown + up, plate * narrow + FOLD_LEAN[jaw] * up) for up in FOLD_MM[jaw]
    ]
    top = margin * crown
    rows += [
        (top + up, _face(frame, share, (top + up) / crown, front=True) * narrow + off)
        for up, off in ((0.7, ROLL_MM), (0.2, 0.8 * ROLL_MM), (0.0, RIM_MM), (0.15, -0.5))
    ]
    rows += [
        (top + up, _face(frame, share, (top + up) / crown, front=False) * narrow - off)
        for up, off in ((0.15, -0.5), (0.0, RIM_MM), (0.3, 0.8 * ROLL_MM))
    ]
    inner = float(lingual_outline(frame, np.array(1.0))) * narrow
    leans = zip(INNER_MM, INNER_LEAN[jaw], strict=True)
    rows += [(crown + up, inner + lean) for up, lean in leans]
    rootward, outward = np.array(rows).T
    # columns fan out between the neighbours' directions, so that they never cross
    nearer = ends[0] if share < 0 else ends[1]
    direction = (1 - within) * frame.outward + within * nearer
    base = frame.place(np.full(len(rows), share * frame.half_width), 0 * outward, rootward)
    return base + outward[:, None] * direction


def _face(frame: ToothFrame, share: float, height: float, *, front: bool) -> float:
    """Where the tooth's face, or the papilla's beside it, lies at a place, outward mm."""
    level = np.array(height)
    outer, inner = float(labial_outline(frame, level)), float(lingual_outline(frame, level))
    middle, half = (outer + inner) / 2, (outer - inner) / 2
    across = min(abs(share) * frame.half_width / float(half_width(frame, level)), 1.0)
    bulge = (1 - across**ROUNDNESS) ** (1 / ROUNDNESS)
    bulge = max(bulge, PAPILLA_FILL)
    return middle + half * bulge * (1 if front else -1)


def _strip(columns: Float[np.ndarray, "C R 3"], frame: ToothFrame) -> GridMesh:
    count, rows = columns.shape[:2]
    index = np.arange(count * rows).reshape(count, rows)
    a, b = index[:-1, :-1].ravel(), index[1:, :-1].ravel()
    c, d = index[:-1, 1:].ravel(), index[1:, 1:].ravel()
    triangles = np.concatenate([np.stack([a, b, c], axis=1), np.stack([b, d, c], axis=1)])
    u = np.repeat(np.linspace(0.5, 1.0, count)[:, None], rows, axis=1).ravel()
    v = np.tile(np.linspace(0.0, 1.0, rows), count)
    if frame.is_left_handed:
        triangles = triangles[:, ::-1]
    else:  # keep the chart the right way round
        v = 1 - v
    uv = np.stack([u, v], axis=1)[triangles]
    vertices = columns.reshape(-1, 3)
    return GridMesh(vertices, triangles, uv, np.ones(len(vertices)))
