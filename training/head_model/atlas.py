"""The UV atlas: one symmetric chart for the skin, smaller islands for everything else.

The skin's left half is flattened into a rectangle with the front midline held at u = 0.5 and the
seam (over the skull and down the back) on the outer and upper side; the right half is its mirror
image. Densities are wanted per region, so that the face gets about half of the atlas.
"""

from dataclasses import dataclass

import igl
import numpy as np
from jaxtyping import Bool, Float, Int

from training.head_model import slim
from training.head_model.data import FaceKit
from training.head_model.eyes import Eyeballs
from training.head_model.mouth import AuthoredMouth
from training.head_model.regions import Regions
from training.head_model.template import PARTS, Template

SKIN_LEFT, SKIN_RIGHT, SKIN_TOP, SKIN_BOTTOM = 0.006, 0.994, 0.006, 0.83
MIDDLE = 0.5
SEAM_CORNER_M = np.array([0.0, 0.115, -0.068])
SEAM_END_M = np.array([0.0, 0.144, 0.012])
"""The seam runs up the back to its end on top of the head; its corner is the chart's."""
ISLANDS_TOP = 0.836
PADDING = 8 / 2048
CELL = 1 - ISLANDS_TOP - PADDING
ITERATIONS = 60

DENSITY = {"scalp": 0.28, "neck": 0.29, "ears": 0.50}
DENSITY_ELSEWHERE = 0.33
DENSITY_FACE = 1.0
DENSITY_HIDDEN = 0.35
"""Texels per metre relative to the face; hidden: eye sockets and inside the lips."""
WEIGHT_REST, WEIGHT_PATCH = 0.2, 0.01
"""How much the flatness of skin off face and ears counts, and of the closed mouth's fan."""
CARRIED_CELL = 0.72 * CELL
"""Edge of the square cells of mouth and tongue, which keep the data's own charts."""
CARRIED_CELLS = ((("mouth_interior",), 0.006), (("gums", "tongue"), 0.006 + CARRIED_CELL + PADDING))
TOOTH_SHARES = (1.5, 1.35, 1.3, 1.0, 0.95, 0.8, 0.6)
"""Widths of the teeth's cells from the midline to the last molar: what shows gets more."""


@dataclass(frozen=True)
class Atlas:
    """Texture coordinates with origin top-left, and their indices per triangle."""

    uv: Float[np.ndarray, "T 2"]
    triangles_uv: Int[np.ndarray, "F 3"]
    energy: float
    """Mean symmetric Dirichlet energy of the skin chart; 4 is perfect."""


def build_atlas(kit: FaceKit, template: Template, eyes: Eyeballs, regions: Regions) -> Atlas:
    """Charts for the template's triangles, then for the eyeballs'."""
    corners = np.full((len(template.triangles), 3, 2), np.nan)
    part = template.triangle_part
    skin = part == PARTS.index("skin")
    corners[skin], energy = _skin_corners(kit, template, regions)
    for names, left in CARRIED_CELLS:
        own = np.isin(part, [PARTS.index(name) for name in names])
        own[template.mouth_triangles] = False
        corners[own] = _inherited(kit, template, own, left)
    corners[template.mouth_triangles] = _mouth_corners(template.mouth)
    all_corners = np.concatenate([corners, _eye_corners(eyes)])
    uv, index = np.unique(all_corners.reshape(-1, 2).round(7), axis=0, return_inverse=True)
    return Atlas(uv, index.reshape(-1, 3), energy)


def _skin_corners(
    kit: FaceKit, template: Template, regions: Regions
) -> tuple[Float[np.ndarray, "F 3 2"], float]:
    """Flatten the left half and mirror it."""
    vertices = template.vertices(kit)
    skin = template.triangles[template.triangle_part == PARTS.index("skin")]
    left = vertices[skin].mean(1)[:, 0] > 0
    used, local = np.unique(skin[left], return_inverse=True)
    local = local.reshape(-1, 3)
    scale = _wanted_scale(template, regions, len(vertices))[used][local].mean(1)
    points, filled, patch = _filled_mouth(vertices[used], local)
    boundary, held_u, held_v, start = _rectangle(points, filled)
    patch_scale = np.full(len(patch), DENSITY_HIDDEN)
    scale = np.concatenate([scale, patch_scale])
    important = np.maximum(regions["face"], regions["ears"])[used][local].mean(1)
    weight = np.concatenate(
        [WEIGHT_REST + (1 - WEIGHT_REST) * important, np.full(len(patch), WEIGHT_PATCH)]
    )
    scale *= np.sqrt(_rectangle_area() / _scaled_area(points, filled[: len(local)], scale))
    held_position = np.zeros((len(points), 2))
    held_position[boundary] = start
    on_boundary = np.zeros(len(points), bool)
    on_boundary[boundary] = True
    initial = slim.tutte(filled, on_boundary, held_position)
    held = np.stack([held_u, held_v], axis=1)
    flat = slim.flatten(points, filled, scale, initial, held, ITERATIONS, weight)
    half = _to_texture(flat.uv[: len(used)])
    full = np.full((len(vertices), 2), np.nan)
    full[used] = half
    mirrored = np.full((len(vertices), 2), np.nan)
    mirrored[template.mirror[used]] = half * [-1, 1] + [1, 0]
    return np.where(left[:, None, None], full[skin], mirrored[skin]), flat.energy


def _to_texture(uv: Float[np.ndarray, "V 2"]) -> Float[np.ndarray, "V 2"]:
    """From x right, y up with the midline at x = 0 to the atlas."""
    return np.stack([MIDDLE + uv[:, 0], SKIN_BOTTOM - uv[:, 1]], axis=1)


def _rectangle_area() -> float:
    return (SKIN_RIGHT - MIDDLE) * (SKIN_BOTTOM - SKIN_TOP)


def _scaled_area(
    points: Float[np.ndarray, "V 3"], triangles: Int[np.ndarray, "F 3"], scale: np.ndarray
) -> float:
    a, b, c = (points[triangles[:, k]] for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    return float((area * scale[: len(triangles)] ** 2).sum())


def _wanted_scale(template: Template, regions: Regions, count: int) -> Float[np.ndarray, "V"]:
    """Relative linear density per vertex of the template, blended from the regions."""
    face = regions["face"][:count]
    rest = np.full(count, DENSITY_ELSEWHERE)
    for name, density in DENSITY.items():
        weight = regions[name][:count]
        rest = rest * (1 - weight) + density * weight
    wanted = rest * (1 - face) + DENSITY_FACE * face
    lids_and_lips = np.maximum(regions["eyelids"], regions["lips"])[:count]
    outer = face + sum(regions[name][:count] for name in ("scalp", "neck", "ears"))
    hidden = (outer + lids_and_lips) < 0.05
    wanted[hidden] = DENSITY_HIDDEN
    return wanted


def _filled_mouth(
    points: Float[np.ndarray, "V 3"], triangles: Int[np.ndarray, "F 3"]
) -> tuple[Float[np.ndarray, "W 3"], Int[np.ndarray, "G 3"], Int[np.ndarray, "K 3"]]:
    """Close the half mouth by a fan about a new point on the midline, which keeps it open flat."""
    loop = _boundary(triangles)
    on_middle = np.abs(points[loop, 0]) < 1e-9
    # the run off the midline that is not the bust's rim is the half mouth
    starts = np.flatnonzero(on_middle & ~np.roll(on_middle, -1))
    runs = []
    for start in starts:
        rolled = np.roll(loop, -start)
        off = np.flatnonzero(np.abs(points[rolled[1:], 0]) < 1e-9)
        runs.append(rolled[: off[0] + 2])
    mouth = max(runs, key=lambda run: float(points[run, 1].min()))
    centre = points[mouth[[0, -1]]].mean(0)
    fan = np.stack([mouth[1:], mouth[:-1], np.full(len(mouth) - 1, len(points))], axis=1)
    return np.concatenate([points, centre[None]]), np.concatenate([triangles, fan]), fan


def _boundary(triangles: Int[np.ndarray, "F 3"]) -> Int[np.ndarray, "L"]:
    loops = igl.boundary_loop_all(np.asfortranarray(triangles, dtype=np.int64))
    return np.array(max(loops, key=len))


def _rectangle(
    points: Float[np.ndarray, "V 3"], triangles: Int[np.ndarray, "F 3"]
) -> tuple[Int[np.ndarray, "L"], Bool[np.ndarray, "V"], Bool[np.ndarray, "V"], np.ndarray]:
    """Lay the boundary on the rectangle's sides: midline, rim of the bust, seam (two sides)."""
    loop = _boundary(triangles)
    off = np.abs(points[loop, 0]) > 1e-9
    rim_first = int(np.flatnonzero(~off & np.roll(off, -1))[0])
    loop = np.roll(loop, -rim_first)
    place = points[loop]
    off = np.abs(place[:, 0]) > 1e-9
    rim_last = int(np.flatnonzero(off)[-1]) + 1
    corner = int(np.argmin(np.linalg.norm(place - SEAM_CORNER_M, axis=1)))
    end = int(np.argmin(np.linalg.norm(place - SEAM_END_M, axis=1)))
    width, height = SKIN_RIGHT - MIDDLE, SKIN_BOTTOM - SKIN_TOP
    sides = (
        (0, rim_last, (0.0, 0.0), (width, 0.0)),
        (rim_last, corner, (width, 0.0), (width, height)),
        (corner, end, (width, height), (0.0, height)),
        (end, len(loop), (0.0, height), (0.0, 0.0)),
    )
    start = np.zeros((len(loop), 2))
    held_u, held_v = np.zeros(len(points), bool), np.zeros(len(points), bool)
    for first, last, begin, finish in sides:
        span = np.arange(first, last + 1) % len(loop)
        step = np.linalg.norm(np.diff(place[span], axis=0), axis=1)
        share = np.concatenate([[0], np.cumsum(step)]) / step.sum()
        start[span] = np.outer(1 - share, begin) + np.outer(share, finish)
        (held_v if begin[1] == finish[1] else held_u)[loop[span]] = True
    return loop, held_u, held_v, start


def _inherited(
    kit: FaceKit, template: Template, own: Bool[np.ndarray, "F"], left: float
) -> Float[np.ndarray, "K 3 2"]:
    """The data's own coordinates of unrefined parts, fitted into a square cell."""
    triangles, polygons = template.triangles[own], template.triangle_polygon[own]
    vertex = template.data_vertex[triangles]
    match = kit.polygons[polygons][:, None, :] == vertex[:, :, None]
    uv = kit.uv[np.take_along_axis(kit.polygons_uv[polygons], match.argmax(2), axis=1)]
    low, high = uv.min((0, 1)), uv.max((0, 1))
    unit = (uv - low) / (high - low).max()
    return np.stack(
        [
            left + unit[..., 0] * CARRIED_CELL,
            ISLANDS_TOP + (unit[..., 1].max() - unit[..., 1]) * CARRIED_CELL,
        ],
        axis=-1,
    )


def _mouth_corners(mouth: AuthoredMouth) -> Float[np.ndarray, "F 3 2"]:
    """Teeth in a table of columns (midline first) and rows (jaws), gums as two strips below."""
    first = 0.006 + 2 * (CARRIED_CELL + PADDING)
    width = 0.006 + 3 * CELL + 2 * PADDING - first
    edges = first + width * np.concatenate([[0], np.cumsum(TOOTH_SHARES)]) / sum(TOOTH_SHARES)
    strips_top = ISLANDS_TOP + CARRIED_CELL + PADDING
    strip_height = (1 - PADDING - strips_top) / 2
    corners: list[np.ndarray] = []
    for piece in mouth.pieces:
        row = int(piece.jaw == "lower")
        if piece.tooth is None:
            low = (0.006, strips_top + row * strip_height)
            size = (first - PADDING - 0.006, strip_height - PADDING / 2)
        else:
            low = (edges[piece.tooth], ISLANDS_TOP + row * CELL / 2)
            size = (TOOTH_SHARES[piece.tooth] / sum(TOOTH_SHARES) * width, CELL / 2)
            size = (size[0] - PADDING / 2, size[1] - PADDING / 2)
        corners.append(np.array(low) + piece.unit_uv * np.array(size))
    return np.concatenate(corners)


def _eye_corners(eyes: Eyeballs) -> Float[np.ndarray, "F 3 2"]:
    """Discs of the eyeballs in two square cells, of the corneas in the strip that is left."""
    start = 0.006 + 3 * (CELL + PADDING)
    rest = SKIN_RIGHT - start - 2 * (CELL + PADDING)
    small = min(rest, CELL / 2 - PADDING)
    radius = {"eyeball": CELL / 2, "cornea": small / 2}
    names = np.array(eyes.triangle_part)
    corners = eyes.disc_uv[eyes.triangles]
    for kind in ("eyeball", "cornea"):
        for k, side in enumerate(("left", "right")):
            # the subject's left is on the right of a portrait: keep that order in the atlas
            column = 1 - k
            if kind == "eyeball":
                centre = [start + CELL / 2 + column * (CELL + PADDING), ISLANDS_TOP + CELL / 2]
            else:
                x = start + 2 * (CELL + PADDING) + small / 2
                centre = [x, ISLANDS_TOP + small / 2 + k * (small + PADDING)]
            own = names == f"{kind}_{side}"
            corners[own] = np.array(centre) + corners[own] * radius[kind]
    return corners
