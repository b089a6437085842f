"""Cornrows: braids that lie on the scalp from the forehead to the nape, and hang on from there."""

import numpy as np
from jaxtyping import Float, Float32

from reconstruction_backend.hair.hairstyle import HairGuides
from reconstruction_backend.hair.resample import resampled
from reconstruction_backend.hair.skin_distance import SkinDistance
from reconstruction_backend.head_model import HeadModel
from training.hair.groom import combing_kernels as kernels
from training.hair.groom.parameters import StyleParameters
from training.hair.groom.scalp_points import grows, nearest

POINTS = 72
_FRONT, _BACK = np.array([0.0, 0.085, 0.10]), np.array([0.0, -0.030, -0.060])
"""Ends of the axis about which the rows lie as meridians do."""
_WIDEST = np.radians(94)
_STATIONS = 90
_ROOT_STEP_M = 0.011
_OUT_M = 0.25
_TRACES = 60
_HANG_POINTS = 60


def cornrows(parameters: StyleParameters, model: HeadModel, skin: SkinDistance) -> HairGuides:
    """One wisp per row; its guides are rooted all along it and end in one tip."""
    rng = np.random.default_rng(parameters.seed)
    roots, lines, wisps = [], [], []
    angles = np.linspace(-_WIDEST, _WIDEST, parameters.sections.rows)
    for row, angle in enumerate(angles):
        path = _row(parameters, model, skin, angle, rng)
        if len(path) < 4:
            continue
        hanging = _hanging(parameters, path, skin)
        at = np.linalg.norm(np.diff(path, axis=0), axis=1).cumsum()
        first = np.searchsorted(at, np.arange(0.002, at[-1] - 0.004, _ROOT_STEP_M))
        for start in first:
            root = nearest(model, path[start : start + 1])
            rest = np.concatenate([root.at_m, path[start + 1 :], hanging])
            lines.append(resampled(rest[None].astype(np.float32), POINTS)[0])
            roots.append(root.uv[0])
            wisps.append(row)
    return HairGuides(np.array(roots, np.float32), np.stack(lines), np.array(wisps, np.int32))


def _row(
    parameters: StyleParameters,
    model: HeadModel,
    skin: SkinDistance,
    angle: float,
    rng: np.random.Generator,
) -> Float32[np.ndarray, "S 3"]:
    """Where a half plane through the axis meets the scalp, from the hairline to the nape."""
    axis = (_BACK - _FRONT) / np.linalg.norm(_BACK - _FRONT)
    up = np.array([0.0, 1.0, 0.0]) - axis[1] * axis
    up /= np.linalg.norm(up)
    out = np.cos(angle) * up + np.sin(angle) * np.cross(up, axis)
    t = np.linspace(0, np.pi, _STATIONS)
    middle = 0.5 * (_FRONT + _BACK)
    direction = -np.cos(t)[:, None] * axis + np.sin(t)[:, None] * out
    on_skin = _cast(skin, middle, direction)
    scalp = nearest(model, on_skin)
    near = np.linalg.norm(scalp.at_m - on_skin, axis=1) < 0.006
    kept = near & grows(scalp, parameters.hairline, rng)
    if not kept.any():
        return np.empty((0, 3), np.float32)
    first, last = np.flatnonzero(kept)[[0, -1]]
    lifted = skin.push_out(on_skin[first : last + 1], 0.6 * parameters.texture.bundle_radius_m)
    return lifted.astype(np.float32)


def _cast(
    skin: SkinDistance, origin: Float[np.ndarray, "3"], direction: Float[np.ndarray, "S 3"]
) -> Float32[np.ndarray, "S 3"]:
    """From far outside inwards to the skin, along each direction (sphere tracing)."""
    reached = np.full(len(direction), _OUT_M)
    for _ in range(_TRACES):
        outside = skin.distance((origin + reached[:, None] * direction).astype(np.float32))
        reached = reached - 0.9 * np.maximum(outside, 0)
    return (origin + reached[:, None] * direction).astype(np.float32)


def _hanging(
    parameters: StyleParameters, path: Float32[np.ndarray, "S 3"], skin: SkinDistance
) -> Float32[np.ndarray, "H 3"]:
    """The braid below the scalp: on in its direction, down, out of neck and back."""
    own = np.zeros((1, kernels.OWN), np.float32)
    own[0, kernels.LENGTH] = max(parameters.tie.tail_m, 0.01)
    own[0, kernels.FRINGE] = 1
    own[0, kernels.BEND] = parameters.flow.bend_m
    own[0, kernels.COMB] = np.inf
    own[0, kernels.LAYER] = 1.2 * parameters.texture.bundle_radius_m
    own[0, kernels.BEFORE] = -1
    own[0, kernels.CUT] = -1
    own[0, kernels.TIE_Y] = -1
    own[0, kernels.FLAT] = 1
    first = path[-1:] - path[-4:-3]
    first = first / np.linalg.norm(first)
    out = np.empty((1, _HANG_POINTS + 1, 3), np.float32)
    kernels.comb(
        skin.field_m,
        skin.origin_m,
        np.float32(skin.cell_m),
        path[-1:].copy(),
        first.astype(np.float32),
        own,
        np.zeros(kernels.SHARED, np.float32),
        _HANG_POINTS,
        out,
    )
    return out[0, 1:]
