"""Stage 7: a style made on a model's mean head, on anybody's head.

The space about the mean head is warped to the space about the other one: a common scale and shift,
and on top what the skin nearby moves beyond that, weighted by inverse distance (after Shepard
1968). So volume, length and the way past ears, jaw and shoulders go with the head: a bob ends at
the jaw of a child as of a man. Roots come to lie exactly where their scalp coordinates say, hair of
a few millimetres keeps its length, and whatever would enter the skin is pushed out of it.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Float32, Int64

from reconstruction_backend.hair.hairstyle import HairGuides
from reconstruction_backend.hair.resample import lengths_m
from reconstruction_backend.hair.scalp import scalp_of
from reconstruction_backend.hair.skin_distance import SkinDistance
from reconstruction_backend.head_model import HeadModel

_CONTROLS = 384
"""Vertices of the skin that say how the space about them moves."""
_SOFTNESS_M = 0.02
"""Controls nearer than this count about the same: their own spacing."""
_FALLOFF = 3
"""Power of the squared distance: near skin decides, and far away all of it a little."""
_CHUNK = 8192
_ROOT_REACH_M = 0.03
"""Over this length a strand forgets that its root had to be moved onto the skin."""
_OWN_LENGTH_M, _HEADS_LENGTH_M = 0.015, 0.06
"""Up to the first, hair keeps its length on any head; from the second, it scales with the head."""
CLEARANCE_M = 0.0004
"""Of all points but the roots; the strands about a guide have their own."""
_ATTEMPTS, _FARTHER_M = 4, 0.0015
"""Between lips and behind ears the way out bends: what is stuck is sent farther each time."""
_SMOOTHINGS = 4
"""Of the push along a strand, so that it bends and does not break."""


def align(
    guides: HairGuides,
    model: HeadModel,
    vertices_m: Float[np.ndarray, "V 3"],
    skin: SkinDistance | None = None,
) -> HairGuides:
    """The guides of a style of this model's mean head on a head at rest with the given vertices.

    `skin` is that head's distance field where it is at hand. Raises InvalidModel for a model
    without a scalp.
    """
    vertices = np.asarray(vertices_m, np.float32)
    skin = SkinDistance.of(model, vertices) if skin is None else skin
    roots, _ = scalp_of(model).locate(guides.root_uv)
    on_skin = model.surface_points(roots, vertices).astype(np.float32)
    points = _warped(guides.points_m, model, vertices)
    points = rooted(points, on_skin)
    points = _with_own_length(points, guides.points_m)
    return replace(guides, points_m=push_out(points, skin))


def push_out(
    points_m: Float[np.ndarray, "G P 3"], skin: SkinDistance, clearance_m: float = CLEARANCE_M
) -> Float32[np.ndarray, "G P 3"]:
    """Lines with no point nearer to the skin than the clearance, but for their roots.

    What is pushed takes its neighbours along the line a little with it.
    """
    points = np.asarray(points_m, np.float32)
    shift = skin.push_out(points, clearance_m) - points
    shift[:, 0] = 0
    for _ in range(_SMOOTHINGS):
        shift[:, 1:-1] = (shift[:, :-2] + 2 * shift[:, 1:-1] + shift[:, 2:]) / 4
    pushed = skin.push_out(points + shift, clearance_m)
    for attempt in range(1, _ATTEMPTS + 1):
        stuck = skin.distance(pushed) < 0
        stuck[:, 0] = False
        if not stuck.any():
            break
        pushed[stuck] = skin.push_out(pushed[stuck], attempt * _FARTHER_M)
    pushed[:, 0] = points[:, 0]
    return pushed


def _warped(
    points_m: Float32[np.ndarray, "G P 3"],
    model: HeadModel,
    vertices_m: Float32[np.ndarray, "V 3"],
) -> Float32[np.ndarray, "G P 3"]:
    """The points, moved as the space about the mean head moves to the other head's."""
    controls = _controls(model)
    rest, moved = model.template_m[controls], vertices_m[controls]
    scale, shift = _similarity(rest, moved)
    residual = (moved - (scale * rest + shift)).astype(np.float32)
    flat = np.ascontiguousarray(points_m, np.float32).reshape(-1, 3)
    out = (scale * flat + shift).astype(np.float32)
    squared = (rest**2).sum(axis=1) + _SOFTNESS_M**2
    for start in range(0, len(flat), _CHUNK):
        part = flat[start : start + _CHUNK]
        distance = (part**2).sum(axis=1)[:, None] + squared - 2 * (part @ rest.T)
        weight = (_SOFTNESS_M**2 / distance) ** _FALLOFF
        weight /= weight.sum(axis=1, keepdims=True)
        out[start : start + _CHUNK] += weight @ residual
    return out.reshape(points_m.shape)


def _similarity(
    rest_m: Float32[np.ndarray, "C 3"], moved_m: Float32[np.ndarray, "C 3"]
) -> tuple[np.float32, Float32[np.ndarray, "3"]]:
    """The scale and shift, without a turn, that bring `rest_m` nearest to `moved_m`."""
    about, to = rest_m.mean(axis=0), moved_m.mean(axis=0)
    lever, arm = rest_m - about, moved_m - to
    scale = np.float32((lever * arm).sum() / (lever**2).sum())
    return scale, (to - scale * about).astype(np.float32)


@lru_cache(maxsize=4)
def _controls(model: HeadModel) -> Int64[np.ndarray, "C"]:
    """Vertices spread evenly over the skin: each the farthest from those before it."""
    vertices = np.unique(model.triangles[model.part_triangles("skin")])
    positions = model.template_m[vertices]
    chosen = [int(positions[:, 1].argmax())]
    nearest = np.full(len(positions), np.inf, np.float32)
    for _ in range(min(_CONTROLS, len(positions)) - 1):
        away = ((positions - positions[chosen[-1]]) ** 2).sum(axis=1)
        np.minimum(nearest, away, out=nearest)
        chosen.append(int(nearest.argmax()))
    return vertices[chosen].astype(np.int64)


def rooted(
    points_m: Float32[np.ndarray, "G P 3"], roots_m: Float32[np.ndarray, "G 3"]
) -> Float32[np.ndarray, "G P 3"]:
    """Roots where they belong; the rest of each strand follows less and less."""
    steps = np.linalg.norm(np.diff(points_m, axis=1), axis=2)
    along = np.concatenate([np.zeros((len(steps), 1)), np.cumsum(steps, axis=1)], axis=1)
    follows = np.exp(-along / _ROOT_REACH_M)[..., None]
    return (points_m + (roots_m - points_m[:, 0])[:, None] * follows).astype(np.float32)


def _with_own_length(
    points_m: Float32[np.ndarray, "G P 3"], before_m: Float32[np.ndarray, "G P 3"]
) -> Float32[np.ndarray, "G P 3"]:
    """Short hair as long as it was before."""
    length = lengths_m(before_m)
    span = _HEADS_LENGTH_M - _OWN_LENGTH_M
    scales = np.clip((length - _OWN_LENGTH_M) / span, 0, 1)
    kept = length / np.maximum(lengths_m(points_m), np.finfo(np.float32).tiny)
    factor = (scales + (1 - scales) * kept).astype(np.float32)
    root = points_m[:, :1]
    return root + (points_m - root) * factor[:, None, None]
