"""Hair that is gathered: where, and what hangs or winds from there."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float, Float32, Int

from reconstruction_backend.hair import growth_kernels
from reconstruction_backend.hair.hairstyle import HairGuides
from reconstruction_backend.hair.resample import resampled
from reconstruction_backend.hair.skin_distance import SkinDistance
from training.hair.groom import combing_kernels as kernels
from training.hair.groom.parameters import StyleParameters
from training.hair.groom.scalp_points import ScalpPoints

if TYPE_CHECKING:
    from training.hair.groom.fields import GuidePlan

PAIRS = ("pigtails", "space-buns", "braids")
HALVES = ("half-up", "half-bun")
BUNS = ("bun", "half-bun", "space-buns")
BRAIDS = ("braid", "braids")
POINTS = {
    "ponytail": 32,
    "pigtails": 32,
    "half-up": 32,
    "bun": 56,
    "half-bun": 56,
    "space-buns": 48,
    "braid": 96,
    "braids": 96,
    "puff": 40,
}
"""Of the guides, where more than usual are needed."""
_CENTRE = np.array([0.0, 0.055, 0.0])
_LOWEST, _HIGHEST = np.radians(-38), np.radians(78)
_PAIR_ASIDE = np.radians(58)
_HALF_FROM_Y, _HALF_SLOPE = 0.078, -0.2
ROUTE_SHARE = 0.3
"""Of a tied guide's points, those before its band: the same for all, so that they correspond."""
_ROUTE_POINTS, _TAIL_POINTS = 64, 160
_BUN_RADIUS_M, _BUN_FLAT, _BUN_RISE = 0.077, 0.8, 0.8
"""Of a bun of a metre of hair (its size grows as the square root); its height, and of that, what
stands above the band."""
_BUN_TURNS, _BUN_BASE, _BUN_POLE = 0.9, np.radians(-62), np.radians(80)
_BUN_PARTS, _BUN_RIDGE, _BUN_DEEP, _BUN_TUCK = 4, 0.13, 0.2, 0.35
_WRAP_SHARE, _WRAP_TURNS, _WRAP_RADII, _WRAP_HEIGHT_M, _WRAP_FROM_M = 0.06, 2.5, 1.55, 0.014, 0.035
_AWAY_M = 0.001
_WRAPPED = 64
"""Added to the wisps of what is wound about a band."""
_BRAID_TURN_RADII = 6.5
_BRAID_WIDE, _BRAID_DEEP, _BRAID_PART = 0.62, 0.36, 0.46
"""In radii of the braid: half its width and depth, and the radius of each of its three parts."""
_PAIRS_BEFORE = 1.0
_FALLS = {"one": 0.0, "pair": 0.5, "half": 1.2}
"""How far a tail leads down where it leaves its band."""
_TAPER = 0.35
_PUFF_OPENS = np.radians(118)
"""How far from straight out a puff's outermost hair turns."""
_TUFT = 0.1
"""Share of a braid that hangs loose below its end."""
_FACE_Z, _FACE_LOOSE_M = 0.03, 0.018


def tie_axis(parameters: StyleParameters, side: float) -> Float[np.ndarray, "3"]:
    """From the middle of the head to where hair is held; `side` is ±1 for pairs."""
    up = _LOWEST + parameters.tie.height * (_HIGHEST - _LOWEST)
    aside = side * _PAIR_ASIDE if parameters.tie.kind in PAIRS else 0.0
    return np.array([np.sin(aside) * np.cos(up), np.sin(up), -np.cos(aside) * np.cos(up)])


def tie_targets(
    parameters: StyleParameters, roots: ScalpPoints, rng: np.random.Generator
) -> tuple[Float32[np.ndarray, "G 3"], Bool[np.ndarray, "G"]]:
    """Where in the band each guide is held, and which guides are."""
    tie = parameters.tie
    x, y, z = roots.at_m.T
    side = np.where(x >= 0, 1.0, -1.0)
    held = np.ones(roots.count, bool)
    if tie.kind in HALVES:
        held = y > _HALF_FROM_Y + _HALF_SLOPE * (z + 0.02)
    beside = (roots.to_front_m < _FACE_LOOSE_M) & (z > _FACE_Z) & (np.abs(x) > 0.035)
    held &= ~(beside & (rng.random(roots.count) < tie.loose))
    target = np.empty((roots.count, 3))
    for sign in (-1.0, 1.0):
        axis = tie_axis(parameters, sign)
        rows = side == sign
        centre = _CENTRE + axis * (_head_radius_m(roots, axis) + 0.9 * tie.band_m)
        offset = roots.at_m[rows] - centre
        offset -= (offset @ axis)[:, None] * axis
        offset /= np.linalg.norm(offset, axis=1, keepdims=True) + 1e-9
        out = tie.band_m * np.sqrt(rng.random(rows.sum()))[:, None]
        target[rows] = centre + out * offset
    return target.astype(np.float32), held


def tied(
    parameters: StyleParameters,
    plan: "GuidePlan",
    walked: Float32[np.ndarray, "G S 3"],
    skin: SkinDistance,
) -> HairGuides:
    """Guides of the walked lines, the held ones with what follows their band."""
    kind = parameters.tie.kind
    points = POINTS[kind]
    before = round(ROUTE_SHARE * points)
    whole, wisp = resampled(walked, points), plan.wisp.copy()
    for sign in (-1.0, 1.0):
        rows = _held_at(parameters, plan, sign)
        if len(rows) == 0:
            continue
        start = plan.own[rows, kernels.TIE_X : kernels.TIE_Z + 1]
        axis = tie_axis(parameters, sign)
        rng = np.random.default_rng([parameters.seed, int(sign > 0), 7])
        if kind in BUNS:
            tail = _bun(parameters, start, axis, rng)
        elif kind == "puff":
            tail = _puff(parameters, start, axis, rng)
        elif kind in BRAIDS:
            tail = _braid(parameters, start, axis, skin, rng)
        else:
            tail = _tail(parameters, start, axis, skin, rng)
        route = resampled(_as_far_as(start, walked[rows]), _ROUTE_POINTS)
        # a guide that ran out of length before it arrived is led the rest of the way
        missing = start - route[:, -1]
        share = np.linspace(0, 1, _ROUTE_POINTS)[None, :, None] ** 3
        route = route + share * missing[:, None]
        if kind not in BUNS:
            wound = _wound(plan.roots.at_m[rows], start, axis)
            tail[wound] = _wrap(parameters, start[wound], start.mean(axis=0), axis)
            wisp[rows[wound]] += _WRAPPED
        after = resampled(tail, points - before + 1)[:, 1:]
        whole[rows] = np.concatenate([resampled(route, before), after], axis=1)
    return HairGuides(plan.roots.uv, whole, wisp)


def _held_at(parameters: StyleParameters, plan: "GuidePlan", sign: float) -> Int[np.ndarray, "H"]:
    """The guides of one band: of the only one, or of the right (-1) or left (1) one of a pair."""
    held = plan.own[:, kernels.TIE_Y] > -0.9
    if parameters.tie.kind in PAIRS:
        return np.flatnonzero(held & ((plan.roots.at_m[:, 0] >= 0) == (sign > 0)))
    return np.flatnonzero(held if sign > 0 else np.zeros_like(held))


def _as_far_as(
    target: Float32[np.ndarray, "H 3"], walked: Float32[np.ndarray, "H S 3"]
) -> Float32[np.ndarray, "H S 3"]:
    """Lines ended where they begin to lead away from their targets again."""
    away = np.linalg.norm(walked - target[:, None], axis=2)
    leads_away = away > np.minimum.accumulate(away, axis=1) + _AWAY_M
    leads_away[:, -1] = True
    last = np.maximum(leads_away.argmax(axis=1) - 1, 1)
    step = np.minimum(np.arange(walked.shape[1]), last[:, None])
    return np.take_along_axis(walked, step[..., None], axis=1)


def _wound(
    roots_m: Float32[np.ndarray, "G 3"],
    start: Float32[np.ndarray, "G 3"],
    axis: Float[np.ndarray, "3"],
) -> Int[np.ndarray, "W"]:
    """The guides that are wound about the band: those rooted right below it."""
    below = start.mean(axis=0) - _WRAP_FROM_M * _across(axis)[0]
    distance = np.linalg.norm(roots_m - below, axis=1)
    return np.argsort(distance)[: max(4, round(_WRAP_SHARE * len(roots_m)))]


def _wrap(
    parameters: StyleParameters,
    start: Float32[np.ndarray, "W 3"],
    middle: Float32[np.ndarray, "3"],
    axis: Float[np.ndarray, "3"],
) -> Float32[np.ndarray, "W T 3"]:
    """Turns about the band, one beside the other, which hide it."""
    e, f = _across(axis)
    t = np.linspace(0, 1, _TAIL_POINTS)[None, :]
    angle = np.pi + 2 * np.pi * _WRAP_TURNS * t
    place = np.linspace(-0.5, 0.5, len(start))[:, None]
    wide = _WRAP_RADII * parameters.tie.band_m * np.ones_like(place * t)
    rise = _WRAP_HEIGHT_M * (place + 0.5 * (t - 0.5))
    turned = np.cos(angle)[..., None] * e + np.sin(angle)[..., None] * f
    ring = middle + wide[..., None] * turned + rise[..., None] * axis
    enter = np.clip(t / 0.05, 0, 1)[..., None]
    return (start[:, None] * (1 - enter) + ring * enter).astype(np.float32)


def _head_radius_m(roots: ScalpPoints, axis: Float[np.ndarray, "3"]) -> float:
    """How far the scalp lies from the middle of the head in a direction."""
    from_centre = roots.at_m - _CENTRE
    distance = np.linalg.norm(from_centre, axis=1)
    towards = from_centre @ axis / np.maximum(distance, 1e-9)
    near = np.argsort(-towards)[:4]
    return float(distance[near].mean())


def _tail(
    parameters: StyleParameters,
    start: Float32[np.ndarray, "G 3"],
    axis: Float[np.ndarray, "3"],
    skin: SkinDistance,
    rng: np.random.Generator,
) -> Float32[np.ndarray, "G T 3"]:
    """Hair that hangs from its band."""
    tie, flow, count = parameters.tie, parameters.flow, len(start)
    middle = start.mean(axis=0)
    falls = _FALLS["half" if tie.kind in HALVES else "pair" if tie.kind in PAIRS else "one"]
    leaves = axis * [1.0, 0.5 if axis[1] > 0 else 1.0, 1.0] - [0.0, falls, 0.0]
    first = leaves + tie.spread * (start - middle) / tie.band_m + rng.normal(0, 0.05, (count, 3))
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    own = np.zeros((count, kernels.OWN), np.float32)
    own[:, kernels.LENGTH] = tie.tail_m * np.clip(
        1 - _TAPER * rng.random(count) ** 2 + rng.normal(0, 0.02, count), 0.5, 1.1
    )
    own[:, kernels.FRINGE] = 1
    own[:, kernels.BEND] = flow.bend_m * rng.uniform(0.75, 1.3, count)
    own[:, kernels.COMB] = np.inf
    own[:, kernels.LAYER] = 0.003 + 0.012 * rng.random(count)
    own[:, kernels.BEFORE] = _PAIRS_BEFORE if tie.kind in PAIRS else -1
    own[:, kernels.CUT] = -1
    own[:, kernels.MESS] = flow.mess * 25
    own[:, kernels.TIE_Y] = -1
    own[:, kernels.FLAT] = 1
    return _walk(start, first, own, skin)


def _walk(
    start: Float32[np.ndarray, "G 3"],
    first: Float[np.ndarray, "G 3"],
    own: Float32[np.ndarray, "G 13"],
    skin: SkinDistance,
) -> Float32[np.ndarray, "G T 3"]:
    out = np.empty((len(start), _TAIL_POINTS, 3), np.float32)
    kernels.comb(
        skin.field_m,
        skin.origin_m,
        np.float32(skin.cell_m),
        np.ascontiguousarray(start),
        first.astype(np.float32),
        own,
        np.zeros(kernels.SHARED, np.float32),
        _TAIL_POINTS - 1,
        out,
    )
    return out


def _across(axis: Float[np.ndarray, "3"]) -> tuple[np.ndarray, np.ndarray]:
    """Two unit vectors square to the axis, the first of them as upright as can be."""
    first = np.array([0.0, 1.0, 0.0]) - axis[1] * axis
    first /= np.linalg.norm(first)
    return first, np.cross(axis, first)


def _bun(
    parameters: StyleParameters,
    start: Float32[np.ndarray, "G 3"],
    axis: Float[np.ndarray, "3"],
    rng: np.random.Generator,
) -> Float32[np.ndarray, "G T 3"]:
    """Hair wound to a ball: spirals from its base to its pole, in parts that show as ridges."""
    radius = _BUN_RADIUS_M * np.sqrt(parameters.tie.tail_m)
    e, f = _across(axis)
    middle = start.mean(axis=0)
    centre = middle + _BUN_RISE * _BUN_FLAT * radius * axis
    t = np.linspace(0, 1, _TAIL_POINTS)[None, :]
    around = np.arctan2((start - middle) @ f, (start - middle) @ e)[:, None]
    turn = around + 2 * np.pi * _BUN_TURNS * t
    latitude = _BUN_BASE + (_BUN_POLE - _BUN_BASE) * t
    depth = 1 - _BUN_DEEP * rng.random((len(start), 1)) ** 2
    out = radius * depth * (1 - _BUN_RIDGE * np.cos(0.5 * _BUN_PARTS * around) ** 2)
    out = out * (1 - _BUN_TUCK * t**5)
    wide, high = out * np.cos(latitude), _BUN_FLAT * out * np.sin(latitude)
    turned = np.cos(turn)[..., None] * e + np.sin(turn)[..., None] * f
    ball = centre + wide[..., None] * turned + high[..., None] * axis
    enter = np.clip(t / 0.08, 0, 1)[..., None]
    return (start[:, None] * (1 - enter) + ball * enter).astype(np.float32)


def _braid(
    parameters: StyleParameters,
    start: Float32[np.ndarray, "G 3"],
    axis: Float[np.ndarray, "3"],
    skin: SkinDistance,
    rng: np.random.Generator,
) -> Float32[np.ndarray, "G T 3"]:
    """Three parts crossing over: each runs on (sin φ, ½ sin 2φ), a third of a turn apart."""
    tie, count = parameters.tie, len(start)
    radius = 1.15 * tie.band_m
    alone = replace(parameters, lengths=replace(parameters.lengths, ragged=0.0))
    alone = replace(alone, flow=replace(parameters.flow, mess=0.0), tie=replace(tie, spread=0.0))
    middle = start.mean(axis=0, keepdims=True)
    path = _tail(alone, middle, axis, skin, np.random.default_rng(0))
    path = resampled(skin.push_out(path, 0.8 * radius), _TAIL_POINTS)
    across, along = np.empty_like(path), np.empty_like(path)
    growth_kernels.frames(path, np.array([[1, 0, 0]], np.float32), across, along)
    walked = np.linspace(0, 1, _TAIL_POINTS)[None, :]
    part = rng.integers(0, 3, (count, 1))
    phi = 2 * np.pi * (walked * tie.tail_m / (_BRAID_TURN_RADII * radius) + part / 3)
    wide = radius * (1 - 0.45 * walked)
    own_angle, own_out = 2 * np.pi * rng.random((count, 1)), np.sqrt(rng.random((count, 1)))
    u = wide * (_BRAID_WIDE * np.sin(phi) + _BRAID_PART * own_out * np.cos(own_angle))
    v = wide * (_BRAID_DEEP * np.sin(2 * phi) + _BRAID_PART * own_out * np.sin(own_angle))
    pinch = np.clip((1 - _TUFT - walked) / 0.04, 0, 1)
    tuft = np.clip((walked - 1 + _TUFT) / _TUFT, 0, 1)
    spread = 0.35 + 0.65 * pinch + 0.35 * np.sin(np.pi * np.minimum(tuft, 0.75))
    lie = path[0][None] + (u * spread)[..., None] * across[0] + (v * spread)[..., None] * along[0]
    enter = np.clip(walked / 0.07, 0, 1)[..., None]
    return (start[:, None] * (1 - enter) + lie * enter).astype(np.float32)


def _puff(
    parameters: StyleParameters,
    start: Float32[np.ndarray, "G 3"],
    axis: Float[np.ndarray, "3"],
    rng: np.random.Generator,
) -> Float32[np.ndarray, "G T 3"]:
    """Hair that springs from its band to all sides, as coils do."""
    tie = parameters.tie
    middle = start.mean(axis=0)
    offset = (start - middle) / tie.band_m
    out = np.linalg.norm(offset, axis=1, keepdims=True)
    turned = _PUFF_OPENS * np.minimum(out, 1)
    toward = np.cos(turned) * axis + np.sin(turned) * offset / np.maximum(out, 1e-9)
    length = tie.tail_m * rng.uniform(0.85, 1.05, (len(start), 1))
    t = np.linspace(0, 1, _TAIL_POINTS)[None, :, None]
    return (start[:, None] + t * (length * toward)[:, None]).astype(np.float32)
