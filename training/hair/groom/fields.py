"""What each guide is told before it is combed: root, length, layer, wisp, scissors, tie."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int32

from reconstruction_backend.head_model import HeadModel
from training.hair.groom import combing_kernels as kernels
from training.hair.groom.parameters import Fringe, Parting, StyleParameters
from training.hair.groom.scalp_points import ScalpPoints, even_points, grows, nearest
from training.hair.groom.ties import tie_targets

_SPACING_M = 0.008
_SHORT_SPACING_M = 0.0095
_SHORTEST_M = 0.0008
_PART_ROOT_M = 0.003
"""How far beside a parting its own row of guides is rooted."""
_PART_STEP_M = 0.006
_PART_ENDS_M, _CROWN_Z_M = 0.008, -0.06
_COMBED_BACK, _ROUND, _OVER_THE_FACE_M = -0.5, 0.5, 0.1
_LEFT, _RIGHT, _FRINGE, _BEHIND, _HELD = 0, 1, 2, 4, 5
"""Wisps; a drawn-apart fringe has two, and those that are tied come after those that are loose."""
_ZIGZAG_M, _ZIGZAG_TEETH_M = 0.007, 0.017
_NO_TIE = -1.0
_RISES = np.array([0.45, 1.0, 0.9])
"""Of the skin's normal, what lifted hair on top rises along."""
_LONG_FROM_Y, _LONG_TO_Y = 0.082, 0.118
"""Between these heights lengths change from the sides' to the top's."""
_BEHIND_FRINGE = 0.49
"""Of the fringe's own mark: combed as it is in part, but kept out of the face."""
_FRINGE_MIXED_M, _FRINGE_LAYER, _FRINGE_RISE_M = 0.003, 0.45, 0.035


@dataclass(frozen=True)
class GuidePlan:
    """G guides before they are combed."""

    roots: ScalpPoints
    wisp: Int32[np.ndarray, "G"]
    first: Float32[np.ndarray, "G 3"]
    """Direction at the root."""
    own: Float32[np.ndarray, "G 13"]
    """Columns of `combing_kernels`."""
    shared: Float32[np.ndarray, "15"]


def plan_guides(parameters: StyleParameters, model: HeadModel) -> GuidePlan:
    """Roots and everything that leads them."""
    rng = np.random.default_rng(parameters.seed)
    roots = _roots(parameters, model, rng)
    side = _side(parameters, roots)
    fringe = _in_fringe(parameters, roots, rng)
    length = _lengths(parameters, roots, rng) * _near_share(parameters.parting, roots, side)
    kept = length > _SHORTEST_M
    roots, side, fringe, length = roots.take(kept), side[kept], fringe[kept], length[kept]
    own = _own(parameters, roots, side, fringe, length, rng)
    shared = _shared(parameters)
    sectioned = parameters.sections.spacing_m > 0
    held = own[:, kernels.TIE_Y] > 0.5 * _NO_TIE
    wisp = np.arange(roots.count) if sectioned else _wisps(parameters, side, fringe, held)
    return GuidePlan(
        roots,
        wisp.astype(np.int32),
        _first(parameters, roots, own, shared, rng),
        own,
        shared,
    )


def top_share(roots: ScalpPoints) -> Float32[np.ndarray, "G"]:
    """1 on top of the head, 0 on its sides."""
    return _smooth(0.075, 0.115, roots.at_m[:, 1])


def part_x(parameters: StyleParameters, z: Float32[np.ndarray, "G"]) -> Float32[np.ndarray, "G"]:
    """Where the parting runs: it turns to the middle at the crown."""
    parting = parameters.parting
    line = np.array([kernels.part_line(parting.offset_m, at) for at in z])
    if parting.kind == "zigzag":
        saw = np.abs((z / _ZIGZAG_TEETH_M) % 2 - 1) - 0.5
        line = line + 2 * _ZIGZAG_M * saw
    return np.asarray(line, np.float32)


def _roots(parameters: StyleParameters, model: HeadModel, rng: np.random.Generator) -> ScalpPoints:
    spacing = parameters.sections.spacing_m
    lengths = parameters.lengths
    if spacing == 0:
        short = max(lengths.top_m, lengths.back_m, lengths.front_m) < 0.03
        spacing = _SHORT_SPACING_M if short else _SPACING_M
    roots = even_points(model, spacing, parameters.seed % 4)
    if parameters.parting.kind != "none" and parameters.sections.spacing_m == 0:
        roots = _with_part_rows(parameters, model, roots)
    return roots.take(grows(roots, parameters.hairline, rng))


def _with_part_rows(
    parameters: StyleParameters, model: HeadModel, roots: ScalpPoints
) -> ScalpPoints:
    """Guides close to the parting give way to a row on each side of it, so that it is a line."""
    z = np.arange(0.1, parameters.parting.back_m, -_PART_STEP_M)
    line = part_x(parameters, z.astype(np.float32))
    rows = [
        nearest(model, np.stack([line + side, np.full_like(line, 0.15), z], axis=1))
        for side in (-_PART_ROOT_M, _PART_ROOT_M)
    ]
    at = np.concatenate([row.at_m for row in rows])
    apart = np.abs(roots.at_m[:, 0] - part_x(parameters, roots.at_m[:, 2]))
    top = (roots.at_m[:, 2] > parameters.parting.back_m) & (roots.at_m[:, 1] > 0.06)
    kept = roots.take(~(top & (apart < _PART_ROOT_M + 0.5 * _PART_STEP_M)))
    _, first = np.unique(np.round(at / 0.002), axis=0, return_index=True)
    return _joined(kept, _joined(rows[0], rows[1]).take(np.sort(first)))


def _joined(a: ScalpPoints, b: ScalpPoints) -> ScalpPoints:
    return ScalpPoints(
        type(a.points)(
            np.concatenate([a.points.triangle, b.points.triangle]),
            np.concatenate([a.points.barycentric, b.points.barycentric]),
        ),
        np.concatenate([a.uv, b.uv]),
        np.concatenate([a.at_m, b.at_m]),
        np.concatenate([a.normal, b.normal]),
        np.concatenate([a.to_edge_m, b.to_edge_m]),
        np.concatenate([a.to_front_m, b.to_front_m]),
    )


def _side(parameters: StyleParameters, roots: ScalpPoints) -> Float32[np.ndarray, "G"]:
    """Which side of the parting: +1 the subject's left, less where it ends, 0 where it never was.

    Long hair that nobody parted still falls to both sides of the face.
    """
    x, _, z = roots.at_m.T
    if parameters.parting.kind == "none":
        falls = parameters.flow.forward > _COMBED_BACK and parameters.flow.radial < _ROUND
        falls &= parameters.lengths.front_m > _OVER_THE_FACE_M and parameters.tie.kind == "none"
        return np.sign(x).astype(np.float32) * np.float32(falls)
    line = part_x(parameters, z)
    behind = z < min(parameters.parting.back_m - _PART_ENDS_M, _CROWN_Z_M)
    fading = 1 - 0.8 * _smooth(parameters.parting.back_m, _CROWN_Z_M, z)
    return np.where(behind, 0, np.where(x >= line, fading, -fading)).astype(np.float32)


def _fringe_depth_m(fringe: Fringe, roots: ScalpPoints) -> Float32[np.ndarray, "G"]:
    """How far back the fringe begins at each root's distance from the middle."""
    x = np.abs(roots.at_m[:, 0])
    return fringe.depth_m * np.sqrt(np.clip(1 - (x / fringe.half_width_m) ** 4, 0, 1))


def _in_fringe(
    parameters: StyleParameters, roots: ScalpPoints, rng: np.random.Generator
) -> Bool[np.ndarray, "G"]:
    depth = _fringe_depth_m(parameters.fringe, roots)
    # no straight seam: hair of the fringe and behind it mix a little
    depth = depth + np.where(depth > 0, rng.normal(0, _FRINGE_MIXED_M, roots.count), 0)
    return (roots.to_front_m < depth) & (roots.at_m[:, 2] > 0.02)


def _behind_fringe(parameters: StyleParameters, roots: ScalpPoints) -> Float32[np.ndarray, "G"]:
    """1 right behind the fringe, where hair falls over it, to 0 farther back."""
    if parameters.fringe.depth_m == 0:
        return np.zeros(roots.count, np.float32)
    behind = roots.to_front_m - _fringe_depth_m(parameters.fringe, roots)
    return top_share(roots) * (1 - _smooth(0.0, _FRINGE_RISE_M, behind))


def _beside_fringe(fringe: Fringe, roots: ScalpPoints) -> Float32[np.ndarray, "G"]:
    """Factor on layers: hair rises from the fringe's edge on, without a step."""
    if fringe.depth_m == 0:
        return np.ones(roots.count, np.float32)
    behind = roots.to_front_m - _fringe_depth_m(fringe, roots)
    return _FRINGE_LAYER + (1 - _FRINGE_LAYER) * _smooth(0.0, _FRINGE_RISE_M, behind)


def _wisps(
    parameters: StyleParameters,
    side: Float32[np.ndarray, "G"],
    fringe: Bool[np.ndarray, "G"],
    held: Bool[np.ndarray, "G"],
) -> Int32[np.ndarray, "G"]:
    if parameters.parting.kind == "none":
        side = np.zeros_like(side)
    wisp = np.select([side < 0, side > 0], [_RIGHT, _LEFT], _BEHIND)
    opened = parameters.fringe.open > 0.3
    inside = np.where(opened & (side < 0), _FRINGE + 1, _FRINGE)
    wisp = np.where(fringe, inside, wisp)
    return np.where(held, wisp + _HELD, wisp).astype(np.int32)


def _lengths(
    parameters: StyleParameters, roots: ScalpPoints, rng: np.random.Generator
) -> Float32[np.ndarray, "G"]:
    """Regions blended, lowest hair faded, every guide a little its own."""
    lengths, strip_m = parameters.lengths, parameters.hairline.strip_m
    x, y, z = roots.at_m.T
    top = _smooth(_LONG_FROM_Y, _LONG_TO_Y, y)
    front = _smooth(0.02, 0.075, z)
    crown = _smooth(-0.01, -0.055, z)
    above = lengths.top_m + front * (lengths.front_m - lengths.top_m)
    above = above + crown * (lengths.crown_m - above)
    behind = _smooth(0.0, -0.045, z)
    below = lengths.sides_m + behind * (lengths.back_m - lengths.sides_m)
    nape = behind * _smooth(0.03, -0.02, y)
    below = below + nape * (lengths.nape_m - below)
    length = below + top * (above - below)
    low = 1 - _smooth(lengths.fade_from_m, lengths.fade_to_m, y)
    length = length * (1 - lengths.fade * low)
    if strip_m > 0:
        length = np.where(np.abs(x) < strip_m, length, lengths.sides_m)
    own = rng.normal(0, lengths.ragged, roots.count)
    return (length * np.clip(1 + own, 0.5, 1.4)).astype(np.float32)


def _near_share(
    parting: Parting, roots: ScalpPoints, side: Float32[np.ndarray, "G"]
) -> Float32[np.ndarray, "G"]:
    """Factor on lengths: hair on the smaller side of a parting is cut as short as the sides."""
    smaller = np.clip(side * np.sign(parting.offset_m), 0, 1) * top_share(roots)
    return 1 - (1 - parting.near_share) * smaller


def _own(
    parameters: StyleParameters,
    roots: ScalpPoints,
    side: Float32[np.ndarray, "G"],
    fringe: Bool[np.ndarray, "G"],
    length: Float32[np.ndarray, "G"],
    rng: np.random.Generator,
) -> Float32[np.ndarray, "G 13"]:
    flow, count = parameters.flow, roots.count
    own = np.zeros((count, kernels.OWN), np.float32)
    own[:, kernels.LENGTH] = length
    own[:, kernels.SIDE] = side
    own[:, kernels.FRINGE] = np.where(fringe, 1, _BEHIND_FRINGE * _behind_fringe(parameters, roots))
    own[:, kernels.BEND] = flow.bend_m * rng.uniform(0.8, 1.25, count)
    own[:, kernels.COMB] = flow.comb_m * rng.uniform(0.8, 1.25, count)
    outer = 0.25 + 0.75 * _smooth(-0.02, 0.12, roots.at_m[:, 1])
    inner = rng.uniform(0.15, 1.0, count) ** 0.7
    own[:, kernels.LAYER] = np.minimum(flow.volume_m * outer * inner, 0.35 * length)
    own[:, kernels.LAYER] *= _beside_fringe(parameters.fringe, roots)
    ahead = roots.at_m[:, 2] + rng.normal(0, 0.012, count)
    split = np.quantile(ahead, 1 - min(max(flow.front_share, 0.0), 1.0)) if count else 0.0
    own[:, kernels.BEFORE] = np.where(ahead > split, 1, -1)
    own[:, kernels.CUT] = _cut_heights(parameters, roots, fringe, rng)
    own[:, kernels.MESS] = flow.mess * 40
    own[:, kernels.TIE_Y] = _NO_TIE
    own[:, kernels.FLAT] = parameters.lengths.flat_m + rng.normal(0, 0.0015, count)
    if parameters.tie.kind != "none":
        targets, held = tie_targets(parameters, roots, rng)
        own[held, kernels.TIE_X : kernels.TIE_Z + 1] = targets[held]
        own[held, kernels.LENGTH] = 0.4
        own[held, kernels.CUT] = _NO_TIE
        own[held, kernels.FRINGE] = 0
        own[held, kernels.LAYER] = np.minimum(flow.volume_m * outer * inner, 0.02)[held]
        own[held, kernels.BEND] = 10.0
    return own


def _cut_heights(
    parameters: StyleParameters,
    roots: ScalpPoints,
    fringe: Bool[np.ndarray, "G"],
    rng: np.random.Generator,
) -> Float32[np.ndarray, "G"]:
    """The height at which scissors took each guide off."""
    lengths, shape = parameters.lengths, parameters.fringe
    x, y, z = roots.at_m.T
    cut = np.full(roots.count, -1.0)
    if lengths.hem_m > -0.9:
        ahead = _smooth(-0.05, 0.07, z)
        middle = np.exp(-((x / 0.05) ** 2)) * (1 - ahead)
        upper = lengths.layers * _smooth(0.0, 0.14, y)
        cut = lengths.hem_m - lengths.hem_front_m * ahead - lengths.hem_round_m * middle
        cut = cut + upper * (0.1 - cut) * rng.uniform(0.3, 1.0, roots.count)
        cut += rng.normal(0, 0.002 + 0.03 * lengths.ragged, roots.count)
    arch = shape.arch_m * (np.abs(x) / shape.half_width_m) ** 2
    rough = rng.normal(0, 0.0015 + 0.02 * lengths.ragged, roots.count)
    return np.where(fringe, shape.to_m - arch + rough, cut).astype(np.float32)


def _shared(parameters: StyleParameters) -> Float32[np.ndarray, "15"]:
    flow = parameters.flow
    shared = np.zeros(kernels.SHARED, np.float32)
    shared[kernels.FORWARD] = flow.forward
    shared[kernels.SWEEP] = flow.sweep
    shared[kernels.APART] = flow.apart
    shared[kernels.WHORL] = flow.whorl
    shared[kernels.SWIRL] = flow.swirl
    shared[kernels.SIDES_BACK] = flow.sides_back
    shared[kernels.RADIAL] = flow.radial
    shared[kernels.TUCK] = flow.tuck
    shared[kernels.OUTWARD] = flow.outward
    shared[kernels.FRINGE_SWEEP] = parameters.fringe.sweep
    shared[kernels.FRINGE_OPEN] = parameters.fringe.open
    shared[kernels.SIDE_VOLUME] = flow.side_volume
    shared[kernels.UPRIGHT] = flow.upright
    shared[kernels.PART_X] = parameters.parting.offset_m
    shared[kernels.CLING] = flow.cling
    return shared


def _first(
    parameters: StyleParameters,
    roots: ScalpPoints,
    own: Float32[np.ndarray, "G 13"],
    shared: Float32[np.ndarray, "15"],
    rng: np.random.Generator,
) -> Float32[np.ndarray, "G 3"]:
    """Along the combed direction, raised out of the skin."""
    flow = np.array(
        [
            kernels.combed(x, y, z, row, shared)
            for (x, y, z), row in zip(roots.at_m, own, strict=True)
        ]
    ).reshape(-1, 3)
    normal = roots.normal
    flow -= np.einsum("nd,nd->n", flow, normal)[:, None] * normal
    flow /= np.linalg.norm(flow, axis=1, keepdims=True) + 1e-6
    flow += rng.normal(0, 0.25 * parameters.flow.mess, flow.shape)
    top = top_share(roots)
    lift = parameters.flow.sides_lift + top * (parameters.flow.lift - parameters.flow.sides_lift)
    angle = np.clip(lift, 0, 1)[:, None] * (np.pi / 2)
    # hair at the corners of the forehead is brushed up, not out to the sides
    rises = normal * ([1, 1, 1] if parameters.flow.radial > 0 else _RISES)
    rises /= np.linalg.norm(rises, axis=1, keepdims=True) + 1e-6
    rises = normal + top[:, None] * (rises - normal)
    first = np.cos(angle) * flow + np.sin(angle) * rises
    return (first / np.linalg.norm(first, axis=1, keepdims=True)).astype(np.float32)


def _smooth(low: float, high: float, value: Float32[np.ndarray, "G"]) -> Float32[np.ndarray, "G"]:
    share = np.clip((value - low) / (high - low), 0, 1)
    return (share * share * (3 - 2 * share)).astype(np.float32)
