"""The inner loop of growing guides along a start's strands, compiled by numba."""
# pyright: reportUntypedFunctionDecorator=false, reportMissingParameterType=false
# pyright: reportUnknownParameterType=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from math import sqrt
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

_INERTIA = 0.35
_SURENESS = 1.5
"""A strand that is seen is turned into the plane that the photo shows, fully from 1 / this on."""
_SEEN_FROM, _SEEN_TO = 0.25, 0.75
"""Layers (0 skin, 1 outer surface) between which the photo's say grows: it shows the surface."""
_BACK_M, _BACK = 0.015, 0.6
"""A strand that lost its start's height comes back to it over the first, at most so steeply."""
_FRINGE_M = 0.018
"""No fringe hangs farther off the face."""
_OPPOSED = -0.2
"""Cosine below which the photo's direction is against the start's, and has no say."""
_SLIDE, _LEAST_PROGRESS = 0.35, 0.15
_LEAST_CLEARANCE_M = 0.0012
_SAFE_M = 0.012
"""Nearer to its root than this a strand does not end."""


@njit(cache=True, nogil=True)
@no_type_check
def follow(
    strands, steps, fringe_row, trust, field, across, sure, centre, row_m, dome_m, skin, draped,
    outer, rotation, shift, focal, principal, hair, background, seen, skin_depth, body, inward,
):  # fmt: skip
    """Grow a strand along each of `strands` (N, P, 3), in `steps` (N,) steps of equal length.

    Where the photo is trusted (`trust`, R x C) a strand turns to the field (L, R, C, 3) and to the
    angle that the photo shows (`across`, `sure`); else it goes as its start goes, turned about the
    head with it, at its start's height above the skin, or lower where it hangs over the face: below
    `fringe_row` (C,). Returns points (N, M, 3) and how many.
    """
    columns = skin.shape[1]
    points = np.zeros((len(strands), int(steps.max()) + 1, 3), np.float32)
    count = np.ones(len(strands), np.int64)
    d, f, to, last = np.empty(3), np.empty(3), np.empty(3), np.empty(3)
    e0, e1, q = np.empty(3), np.empty(3), np.empty(3)
    for n in range(len(strands)):
        line = strands[n]
        length = 0.0
        for i in range(1, len(line)):
            length += _apart(line, i)
        step = length / steps[n]
        p = line[0].astype(np.float64)
        points[n, 0] = line[0]
        segment, before, way = 1, 0.0, 0.0
        for i in range(steps[n]):
            at = (i + 0.5) * step
            while segment < len(line) - 1 and before + _apart(line, segment) < at:
                before += _apart(line, segment)
                segment += 1
            share = min(max((at - before) / max(_apart(line, segment), 1e-9), 0.0), 1.0)
            for k in range(3):
                d[k] = line[segment, k] - line[segment - 1, k]
                q[k] = line[segment - 1, k] + share * d[k]
            _unit(d)
            if i == 0:
                last[:] = d
            _outward(q, centre, e0)
            _outward(p, centre, e1)
            _turn(e0, e1, d)
            row0, column0, radius0 = place(q[0], q[1], q[2], centre, row_m, dome_m, columns)
            row, column, radius = place(p[0], p[1], p[2], centre, row_m, dome_m, columns)
            wanted = radius0 - sample(draped, row0, column0)
            height = radius - sample(draped, row, column)
            r, c = corner(int(np.rint(row)), int(np.rint(column)), skin.shape[0], columns)
            if r > fringe_row[c]:
                wanted = min(wanted, _FRINGE_M)
            inside, outside = sample(skin, row, column), sample(outer, row, column)
            layer = (radius - inside) / max(outside - inside, 2e-3)
            surface = min(max((layer - _SEEN_FROM) / (_SEEN_TO - _SEEN_FROM), 0.0), 1.0)
            climb = d[0] * e1[0] + d[1] * e1[1] + d[2] * e1[2]
            flat = sqrt(max(1 - climb * climb, 0.0))
            sample_directions(field, layer * (field.shape[0] - 1), row, column, f)
            _flatten(f, e1)
            for k in range(3):
                to[k] = d[k]
            _flatten(to, e1)
            weight = trust[r, c] * surface
            if to[0] * f[0] + to[1] * f[1] + to[2] * f[2] < _OPPOSED:
                weight = 0.0
            for k in range(3):
                to[k] = (1 - weight) * to[k] + weight * f[k]
            _unit(to)
            climb += min(max((wanted - height) / _BACK_M, -_BACK), _BACK)
            for k in range(3):
                to[k] = flat * to[k] + climb * e1[k]
            _unit(to)
            if weight > 0:
                _into_plane(across[r, c], surface * sure[r, c], to)
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
            points[n, i + 1, 0], points[n, i + 1, 1], points[n, i + 1, 2] = p[0], p[1], p[2]
            count[n] = i + 2
    return points, count


@njit(cache=True, nogil=True)
@no_type_check
def _apart(line, i):
    x, y, z = (
        line[i, 0] - line[i - 1, 0],
        line[i, 1] - line[i - 1, 1],
        line[i, 2] - line[i - 1, 2],
    )
    return sqrt(x * x + y * y + z * z)


@njit(cache=True, nogil=True)
@no_type_check
def _unit(v):
    size = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]) + 1e-9
    v[0] /= size
    v[1] /= size
    v[2] /= size


@njit(cache=True, nogil=True)
@no_type_check
def _outward(p, centre, e):
    """The chart's direction at a point: from the centre above it, level below."""
    e[0], e[1], e[2] = p[0] - centre[0], max(p[1] - centre[1], 0.0), p[2] - centre[2]
    _unit(e)


@njit(cache=True, nogil=True)
@no_type_check
def _flatten(v, e):
    along = v[0] * e[0] + v[1] * e[1] + v[2] * e[2]
    for k in range(3):
        v[k] -= along * e[k]
    _unit(v)


@njit(cache=True, nogil=True)
@no_type_check
def _turn(a, b, v):
    """Turn v by the smallest rotation that brings unit vector a to b (Rodrigues)."""
    x, y, z = a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]
    cosine = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
    if cosine < -0.9:
        return
    beside = (x * v[0] + y * v[1] + z * v[2]) / (1 + cosine)
    v0 = v[0] * cosine + y * v[2] - z * v[1] + x * beside
    v1 = v[1] * cosine + z * v[0] - x * v[2] + y * beside
    v2 = v[2] * cosine + x * v[1] - y * v[0] + z * beside
    v[0], v[1], v[2] = v0, v1, v2


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
