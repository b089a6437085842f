"""Inner loops of growing: strands blended from guides, bundled, pushed out."""

from math import cos, exp, pi, sin, sqrt
from typing import no_type_check

import numpy as np
from numba import njit

from reconstruction_backend.hair.distance_kernels import value_at

_APART_M, _APART_SHARE = 0.012, 0.12
"""How far guides may part, absolutely and of their length, before strands follow one of them."""
_LOOSE_END = 0.04
"""Share of a braid's length at its end that is not braided any more."""
_MATTED = 110.0
"""Radians per metre by which strands of a loc wind at most, to either side."""
_PUSHES = 5
_FARTHEST_M = 0.02
"""No more than the margin of the field's grid, beyond which distances are guesses."""
_FADING = 0.92
_SAFE = 0.7
"""Of a measured distance: handed-on distances are a few per cent too long."""
_CLEAR_AFTER = 0.15
"""Share of the length after which a strand keeps its whole distance from the skin."""


@njit(cache=True, nogil=True, inline="always")
@no_type_check
def _smoothstep(low, high, value):
    share = min(max((value - low) / (high - low), 0.0), 1.0)
    return share * share * (3 - 2 * share)


@njit(cache=True, nogil=True)
@no_type_check
def agree(guide, weight, offsets):
    """Weights of guides that part ways with the nearest one, lowered; in place.

    Between two guides that lead left and right of the face no strand leads through it.
    """
    last = offsets.shape[1] - 1
    for n in range(len(guide)):
        total = weight[n, 0]
        first = offsets[guide[n, 0]]
        reach = sqrt(first[last, 0] ** 2 + first[last, 1] ** 2 + first[last, 2] ** 2)
        tolerated = (_APART_M + _APART_SHARE * reach) ** 2
        for k in range(1, guide.shape[1]):
            if weight[n, k] > 0:
                other = offsets[guide[n, k]]
                apart = 0.0
                for p in (last // 2, last):
                    square = 0.0
                    for d in range(3):
                        square += (other[p, d] - first[p, d]) ** 2
                    apart = max(apart, square)
                weight[n, k] *= exp(-apart / tolerated)
                total += weight[n, k]
        for k in range(guide.shape[1]):
            weight[n, k] /= total


@njit(cache=True, nogil=True)
@no_type_check
def blend(roots, guide, weight, offsets, length_factor, out):
    """Strands parallel to the weighted mean of their guides, shortened along them."""
    last = offsets.shape[1] - 1
    points = out.shape[1]
    for n in range(len(roots)):
        for p in range(points):
            at = p / (points - 1) * length_factor[n] * last
            low = min(int(at), last - 1)
            share = at - low
            x = y = z = 0.0
            for k in range(guide.shape[1]):
                w = weight[n, k]
                if w == 0:
                    continue
                a, b = offsets[guide[n, k], low], offsets[guide[n, k], low + 1]
                x += w * (a[0] + share * (b[0] - a[0]))
                y += w * (a[1] + share * (b[1] - a[1]))
                z += w * (a[2] + share * (b[2] - a[2]))
            out[n, p, 0] = roots[n, 0] + x
            out[n, p, 1] = roots[n, 1] + y
            out[n, p, 2] = roots[n, 2] + z


@njit(cache=True, nogil=True)
@no_type_check
def frames(strands, normals, across, along):
    """Two unit vectors square to each strand at each point, carried without twist (Bishop 1975)."""
    points = strands.shape[1]
    for n in range(len(strands)):
        ux, uy, uz = normals[n, 0], normals[n, 1], normals[n, 2]
        for p in range(points):
            a, b = max(p - 1, 0), min(p + 1, points - 1)
            tx = strands[n, b, 0] - strands[n, a, 0]
            ty = strands[n, b, 1] - strands[n, a, 1]
            tz = strands[n, b, 2] - strands[n, a, 2]
            length = sqrt(tx * tx + ty * ty + tz * tz) + 1e-12
            tx, ty, tz = tx / length, ty / length, tz / length
            along_t = ux * tx + uy * ty + uz * tz
            ux, uy, uz = ux - along_t * tx, uy - along_t * ty, uz - along_t * tz
            length = sqrt(ux * ux + uy * uy + uz * uz)
            if length < 1e-4:
                # the strand stands straight up from the skin: any direction square to it
                ux, uy, uz = (0.0, -tz, ty) if abs(tx) < 0.8 else (tz, 0.0, -tx)
                length = sqrt(ux * ux + uy * uy + uz * uz)
            ux, uy, uz = ux / length, uy / length, uz / length
            across[n, p, 0], across[n, p, 1], across[n, p, 2] = ux, uy, uz
            along[n, p, 0] = ty * uz - tz * uy
            along[n, p, 1] = tz * ux - tx * uz
            along[n, p, 2] = tx * uy - ty * ux


@njit(cache=True, nogil=True)
@no_type_check
def bundle(strands, guide, paths, across, along, roots, guide_roots, gather_m, shape, random):
    """Lay strands into the tube of their guide: matted (0), two twisted (2) or braided (3) parts.

    `shape` holds parts, radius and length of a turn. A braid's parts run on the curve
    (sin φ, ½ sin 2φ), a third of a turn apart. φ is counted from the tip, so that guides that end
    in one tip share one braid.
    """
    parts, radius, turn_m = int(shape[0]), shape[1], shape[2]
    points = strands.shape[1]
    rest = np.empty(points)
    for n in range(len(strands)):
        g = guide[n]
        rest[points - 1] = 0.0
        for p in range(points - 2, -1, -1):
            step = 0.0
            for d in range(3):
                step += (paths[g, p + 1, d] - paths[g, p, d]) ** 2
            rest[p] = rest[p + 1] + sqrt(step)
        part = int(random[n, 0] * parts) if parts else 0
        around = 2 * pi * random[n, 1]
        out = sqrt(random[n, 2])
        for d in range(3):
            strands[n, 0, d] = roots[n, d]
        for p in range(1, points):
            t = p / (points - 1)
            walked = rest[0] - rest[p]
            loose = _smoothstep(0.0, 1.0, walked / gather_m)
            tip = 1 - t
            wide = radius * (0.55 + 0.45 * _smoothstep(0.0, 0.5, tip))
            if parts == 0:
                wide *= sqrt(min(1.0, tip / 0.04))
                # matted: no two strands wind alike
                turned = around + _MATTED * (2 * random[n, 3] - 1) * walked
                u = wide * (0.4 + 0.6 * out) * cos(turned)
                v = wide * (0.4 + 0.6 * out) * sin(turned)
            else:
                phi = 2 * pi * (rest[p] / turn_m + part / parts)
                own = 0.5 * wide * out
                if parts == 2:
                    u, v = 0.5 * wide * cos(phi), 0.5 * wide * sin(phi)
                else:
                    u, v = 0.62 * wide * sin(phi), 0.36 * wide * sin(2 * phi)
                if tip < _LOOSE_END:
                    u, v = u * tip / _LOOSE_END, v * tip / _LOOSE_END
                u, v = u + own * cos(around + phi), v + own * sin(around + phi)
            for d in range(3):
                spread = (1 - loose) * (roots[n, d] - guide_roots[g, d])
                tube = loose * (u * across[g, p, d] + v * along[g, p, d])
                strands[n, p, d] = paths[g, p, d] + spread + tube


@njit(cache=True, nogil=True)
@no_type_check
def push_out(field, origin, cell, strands, clearance):
    """Move points but the roots out to each strand's own distance from the skin; in place.

    What moved one point is handed on to the next and fades, so that a strand that leads into the
    head slides along the skin as a whole. A point that finds no way out takes the place of the one
    before it. Points that no distance field with a slope of one can reach from the last measured
    one are passed over.
    """
    points = strands.shape[1]
    for n in range(len(strands)):
        free = 0.0
        mx, my, mz = strands[n, 0, 0], strands[n, 0, 1], strands[n, 0, 2]
        sx = sy = sz = 0.0
        for p in range(1, points):
            sx, sy, sz = _FADING * sx, _FADING * sy, _FADING * sz
            ax, ay, az = strands[n, p, 0], strands[n, p, 1], strands[n, p, 2]
            x, y, z = ax + sx, ay + sy, az + sz
            if (x - mx) ** 2 + (y - my) ** 2 + (z - mz) ** 2 >= free * free:
                wanted = clearance[n] * min(1.0, p / (points - 1) / _CLEAR_AFTER)
                _, value, x, y, z = _way_out(field, origin, cell, x, y, z, wanted)
                if value < 0:
                    x, y, z = strands[n, p - 1, 0], strands[n, p - 1, 1], strands[n, p - 1, 2]
                mx, my, mz = x, y, z
                free = min(max(0.0, _SAFE * value - clearance[n]), _FARTHEST_M)
            strands[n, p, 0], strands[n, p, 1], strands[n, p, 2] = x, y, z
            sx, sy, sz = x - ax, y - ay, z - az


@njit(cache=True, nogil=True)
@no_type_check
def _way_out(field, origin, cell, x, y, z, wanted):
    """Whether the point had to move, how far from the skin it is then, and where."""
    h = 0.5 * cell
    value = value_at(field, origin, cell, x, y, z)
    moved = False
    for _ in range(_PUSHES):
        missing = wanted - value
        if missing <= 0:
            break
        gx = value_at(field, origin, cell, x + h, y, z)
        gx -= value_at(field, origin, cell, x - h, y, z)
        gy = value_at(field, origin, cell, x, y + h, z)
        gy -= value_at(field, origin, cell, x, y - h, z)
        gz = value_at(field, origin, cell, x, y, z + h)
        gz -= value_at(field, origin, cell, x, y, z - h)
        slope = sqrt(gx * gx + gy * gy + gz * gz)
        if slope < 1e-9:
            break
        moved = True
        x, y, z = x + gx / slope * missing, y + gy / slope * missing, z + gz / slope * missing
        value = value_at(field, origin, cell, x, y, z)
    return moved, value, x, y, z
