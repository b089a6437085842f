"""The inner loop of growing guides in a field, compiled by numba."""
# pyright: reportUntypedFunctionDecorator=false, reportMissingParameterType=false
# pyright: reportUnknownParameterType=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from math import exp, sqrt
from typing import no_type_check

import numpy as np
from numba import njit

from reconstruction_backend.hair.photo.chart_kernels import (
    corner,
    place,
    sample,
    sample_directions,
)
from reconstruction_backend.hair.photo.volume_kernels import IN_FRONT, OUT, status

_INERTIA = 0.45
_OFF_SCALP_M = 0.015
"""By how much a strand may be longer that lies where no hair is rooted: a fringe, a sideburn."""
_ROOT_LEAN = 0.6
_SURENESS = 1.5
"""A strand that is seen is turned into the plane that the photo shows, fully from 1 / this on."""
_CLIMB_M = 0.012
"""Way over which a strand nears its layer."""
_STEEPEST = 2.8
_RETURN = 3.0
"""How steeply a short strand comes back to the outer surface, which falls away under it."""
_SHORT_M, _ON_SKIN = 0.1, 0.35
"""Strands shorter than this lie closer where no hair is rooted: a sideburn is no curtain."""
_LEAST_CLEARANCE_M = 0.0015
_STANDS = 0.5
"""A strand that stands more than this ends at the outer surface; others lie down on it."""
_SLIDE, _LEAST_PROGRESS = 0.35, 0.15
_SAFE_M = 0.012
"""Nearer to its root than this a strand does not end."""


@njit(cache=True, nogil=True)
@no_type_check
def trace(
    roots, normals, longest, cap, upright, rise, settle, together, step, most,
    centre, row_m, dome_m, skin, outer, occupied, off_scalp, field, across, sure,
    rotation, shift, focal, principal, hair, background, seen, skin_depth, body, inward,
):  # fmt: skip
    """Follow the field from every root; returns points (N, most, 3) and how many are there.

    `cap` (N,) is the layer (0 skin, 1 outer surface) to which strands rise over a way of `rise`;
    `upright` (N,) how much it stands, losing that over a way of `settle` (N,); `together` (N,)
    how far its neighbours run as it does: where they part it climbs first. `inward` (S, S, 2)
    points into the mask; `across` and `sure` (R, C) are the photo's orientations.
    """
    columns = skin.shape[1]
    points = np.zeros((len(roots), most, 3), np.float32)
    count = np.ones(len(roots), np.int64)
    d, last, to = np.empty(3), np.empty(3), np.empty(3)
    for n in range(len(roots)):
        p = roots[n].astype(np.float64)
        points[n, 0] = roots[n]
        row, column, _ = place(p[0], p[1], p[2], centre, row_m, dome_m, columns)
        sample_directions(field, 0.0, row, column, d)
        for k in range(3):
            lean = _ROOT_LEAN * together[n]
            last[k] = normals[n, k] * (1 - lean) + lean * d[k]
        way = 0.0
        for i in range(1, most):
            row, column, radius = place(p[0], p[1], p[2], centre, row_m, dome_m, columns)
            r, c = corner(int(np.rint(row)), int(np.rint(column)), skin.shape[0], columns)
            if way > _SAFE_M:
                if not occupied[r, c] or row > skin.shape[0] - 2:
                    break
                if way > longest[n] + (_OFF_SCALP_M if off_scalp[r, c] else 0.0):
                    break
            inside, outside = sample(skin, row, column), sample(outer, row, column)
            depth = max(outside - inside, 1e-3)
            layer = (radius - inside) / depth
            sample_directions(field, layer * (field.shape[0] - 1), row, column, d)
            stands = upright[n] * exp(-way / settle[n])
            if layer > 1.0 and stands > _STANDS and way > _SAFE_M:
                break
            wanted = cap[n] * (1 - exp(-way / rise[n]))
            if off_scalp[r, c] and longest[n] < _SHORT_M:
                wanted *= _ON_SKIN
            climb = min(max((wanted - layer) * depth / _CLIMB_M, -1.0), _STEEPEST)
            risen = min(max(layer / cap[n], 0.0), 1.0)
            for k in range(3):
                d[k] *= together[n] + (1 - together[n]) * risen
            climb = (1 - stands) * climb + stands
            if layer > 1.0:
                steep = _RETURN if longest[n] < _SHORT_M else 1.0
                climb = min(climb, max(-steep * (layer - 1) * depth / _CLIMB_M, -_STEEPEST), -0.2)
            _climb(p, d, stands, climb, centre, to)
            _unit(to)
            _into_plane(across[r, c], sure[r, c], to)
            _unit(to)
            for k in range(3):
                to[k] = _INERTIA * last[k] + (1 - _INERTIA) * to[k]
            _unit(to)
            x, y, z = p[0] + step * to[0], p[1] + step * to[1], p[2] + step * to[2]
            s = status(x, y, z, rotation, shift, focal, principal, hair, background, seen,
                       skin_depth, body)  # fmt: skip
            if s in (OUT, IN_FRONT) and way > _SAFE_M:
                px, py = _pixel(x, y, z, rotation, shift, focal, principal, hair.shape[0])
                if _slide(inward[py, px], rotation, to) < _LEAST_PROGRESS:
                    break
            for k in range(3):
                p[k] += step * to[k]
                last[k] = to[k]
            _lift(p, centre, row_m, dome_m, columns, skin)
            way += step
            points[n, i, 0], points[n, i, 1], points[n, i, 2] = p[0], p[1], p[2]
            count[n] = i + 1
    return points, count


@njit(cache=True, nogil=True)
@no_type_check
def _unit(v):
    size = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]) + 1e-9
    v[0] /= size
    v[1] /= size
    v[2] /= size


@njit(cache=True, nogil=True)
@no_type_check
def _climb(p, d, stands, climb, centre, to):
    """The field's direction flat about the head, and as much outwards as the strand climbs."""
    ex, ey, ez = p[0] - centre[0], p[1] - centre[1], p[2] - centre[2]
    if ey < 0:
        ey = 0.0
    e = sqrt(ex * ex + ey * ey + ez * ez) + 1e-9
    ex, ey, ez = ex / e, ey / e, ez / e
    along = d[0] * ex + d[1] * ey + d[2] * ez
    flat = 1 - stands
    to[0] = flat * (d[0] - along * ex) + climb * ex
    to[1] = flat * (d[1] - along * ey) + climb * ey
    to[2] = flat * (d[2] - along * ez) + climb * ez


@njit(cache=True, nogil=True)
@no_type_check
def _into_plane(across, sure, to):
    """Turned into the plane through the camera that the photo's orientation spans."""
    beside = 0.0
    for k in range(3):
        beside += to[k] * across[k]
    for k in range(3):
        to[k] -= min(_SURENESS * sure, 1.0) * beside * across[k]


@njit(cache=True, nogil=True)
@no_type_check
def _slide(inward, rotation, to):
    """Turned along the mask's edge and a little into it; returns how much of the way is left.

    `to` stays where that is less than the least progress.
    """
    gx, gy = inward[0], inward[1]
    lx = rotation[0, 0] * gx + rotation[1, 0] * gy
    ly = rotation[0, 1] * gx + rotation[1, 1] * gy
    lz = rotation[0, 2] * gx + rotation[1, 2] * gy
    out = min(to[0] * lx + to[1] * ly + to[2] * lz, 0.0)
    sx = to[0] - out * lx + _SLIDE * lx
    sy = to[1] - out * ly + _SLIDE * ly
    sz = to[2] - out * lz + _SLIDE * lz
    size = sqrt(sx * sx + sy * sy + sz * sz) + 1e-9
    ahead = (sx * to[0] + sy * to[1] + sz * to[2]) / size
    if ahead >= _LEAST_PROGRESS:
        to[0], to[1], to[2] = sx / size, sy / size, sz / size
    return ahead


@njit(cache=True, nogil=True)
@no_type_check
def _pixel(x, y, z, rotation, shift, focal, principal, side):
    cx = rotation[0, 0] * x + rotation[0, 1] * y + rotation[0, 2] * z + shift[0]
    cy = rotation[1, 0] * x + rotation[1, 1] * y + rotation[1, 2] * z + shift[1]
    cz = rotation[2, 0] * x + rotation[2, 1] * y + rotation[2, 2] * z + shift[2]
    column = int(np.rint(cx / cz * focal + principal[0]))
    row = int(np.rint(cy / cz * focal + principal[1]))
    return min(max(column, 0), side - 1), min(max(row, 0), side - 1)


@njit(cache=True, nogil=True)
@no_type_check
def _lift(p, centre, row_m, dome_m, columns, skin):
    """Out of the skin along the chart's direction."""
    row, column, radius = place(p[0], p[1], p[2], centre, row_m, dome_m, columns)
    least = sample(skin, row, column) + _LEAST_CLEARANCE_M
    if radius < least and radius > 1e-6:
        share = least / radius
        p[0] = centre[0] + share * (p[0] - centre[0])
        p[2] = centre[2] + share * (p[2] - centre[2])
        if p[1] > centre[1]:
            p[1] = centre[1] + share * (p[1] - centre[1])
