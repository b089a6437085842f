"""Guides walked from the root: combed, bent by gravity, kept out of head and body.

Each step turns the direction a little towards the combed flow and towards the ground, as a rod of
little stiffness bends (the static case of Pai 2002, integrated from the root), then moves the new
point out of the skin by what hair already lies there.
"""

from math import exp, sin, sqrt
from typing import no_type_check

import numpy as np
from numba import njit

from reconstruction_backend.hair.distance_kernels import value_at

# columns of the guides' own numbers
LENGTH, SIDE, FRINGE, BEND, COMB, LAYER, BEFORE, CUT, MESS, TIE_X, TIE_Y, TIE_Z, FLAT = range(13)
OWN = 13
# what is the same for all guides
(
    FORWARD,
    SWEEP,
    APART,
    WHORL,
    SWIRL,
    SIDES_BACK,
    RADIAL,
    TUCK,
    OUTWARD,
    FRINGE_SWEEP,
    FRINGE_OPEN,
    PART_X,
    UPRIGHT,
    SIDE_VOLUME,
    CLING,
) = range(15)
SHARED = 15

_WHORL = np.array([0.012, 0.130, -0.052])
_CENTRE_Y = 0.055
_TOP_FROM, _TOP_TO = 0.070, 0.122
_FACE_Z, _FACE_Y, _FACE_X = 0.045, 0.085, 0.060
_FACE_TURN_M = 0.012
"""Length within which hair before the face turns aside."""
_SHOULDER_Y, _SHOULDER_X, _SHOULDER_R = -0.195, 0.15, 0.062
_CHEST = np.array([0.12, 0.25, 0.030])
_CHEST_Y, _CHEST_R = -0.45, 0.062
_REACH_M = 0.05
"""How far from the skin hair still feels how it was combed."""
_LEAST_LAYER_M = 0.0012
_LAYER_M = 0.05
"""Length within which hair rises to its layer."""
_SHOULDER_NEAR_M, _SHOULDER_DEPTH = 0.035, 0.085
_EAR_X, _EAR_TOP_Y, _EAR_BACK_Z, _TUCK_M = 0.055, 0.085, -0.025, 0.012
_EAR_MIDDLE, _EAR_SPAN = np.array([0.009, 0.060, -0.010]), np.array([0.0, 0.030, 0.040])
"""How far ears stand out, at which height and depth, and over what height and depth."""
_HANGING_M = 0.09
"""Hair this long hangs over the ears."""
_EAR_FRONT_Z, _OVER_EAR = 0.05, 0.15
_WEAK_FLOW = 0.3
_PART_NEAR_M, _ALONG_PART = 0.010, 2.5
"""Hair this near to a parting runs back along it before it falls aside, and so covers the scalp."""
_DRAPE_M, _DRAPE_FULL_M = 0.012, 0.008
"""Length within which hair that stands off its layer turns back to it, and how far off is far."""
_DRAPE_FROM_Y, _DRAPE_TO_Y = 0.05, 0.105
"""Below these heights hair hangs freely."""
_TAUT_M, _TAUT_DOWN_TO_Y, _TAUT_FROM_Y, _TAUT_TO_Y = 0.04, -0.25, 0.06, 0.11
"""Hair below which so much more hangs is as limp again; on top of the head it rests on the skin."""
_OVER_FRINGE = 3.0
_OPENED = 0.3
"""Fringes drawn apart farther than this keep out of the eyes."""
_STANCE_M, _UPRIGHT_M = 0.02, 0.01
"""Lengths within which hair takes its stance."""
_COMBED_ABOVE_Y = -0.05
_TIP_FROM, _TIP_ABOVE_CUT_M, _TIP_TURN_M = 0.75, 0.045, 0.05
"""Where tips begin to turn in or out (of their length, or above their cut), and how sharply."""
_GATHER_M = 0.06
"""How far from its tie hair begins to lie closer."""
_STRAIGHT_IN_M = 0.02
_INERTIA = 0.3
"""How much of the last direction is kept: hair has no corners."""
_HEAVY_FROM_Y, _HEAVY_TO_Y, _HEAVY_M = -0.14, -0.10, 0.02
_DRIFT_M, _SLIDE_M = 0.07, 0.10
"""Lengths within which hair beside the neck, and on the shoulders, turns to before or behind."""
_SIDEWAYS = 0.2
_NECK_Y, _BODY_TO_Y = -0.01, -0.2
_BODY_FROM_Y = -0.06


@njit(cache=True, nogil=True, inline="always")
@no_type_check
def _step(low, high, value):
    share = min(max((value - low) / (high - low), 0.0), 1.0)
    return share * share * (3 - 2 * share)


@njit(cache=True, nogil=True)
@no_type_check
def body_distance(x, y, z):
    """Shoulders and chest below the bust, which no model has: a capsule and a rounded box."""
    along = min(max(x, -_SHOULDER_X), _SHOULDER_X)
    drop = 0.35 * max(abs(along) - 0.06, 0.0)
    shoulder = sqrt((x - along) ** 2 + (y - _SHOULDER_Y + drop) ** 2 + (z + 0.025) ** 2)
    qx = max(abs(x) - _CHEST[0], 0.0)
    qy = max(abs(y - _CHEST_Y) - _CHEST[1], 0.0)
    qz = max(abs(z + 0.005) - _CHEST[2], 0.0)
    return min(shoulder - _SHOULDER_R, sqrt(qx * qx + qy * qy + qz * qz) - _CHEST_R)


@njit(cache=True, nogil=True)
@no_type_check
def solid_distance(field, origin, cell, x, y, z):
    """To the head or the body, whichever is nearer."""
    value = value_at(field, origin, cell, x, y, z)
    if y < _BODY_FROM_Y:
        value = min(value, body_distance(x, y, z))
    return value


@njit(cache=True, nogil=True)
@no_type_check
def slope(field, origin, cell, x, y, z):
    """Unit direction away from what is solid."""
    h = cell
    gx = solid_distance(field, origin, cell, x + h, y, z)
    gx -= solid_distance(field, origin, cell, x - h, y, z)
    gy = solid_distance(field, origin, cell, x, y + h, z)
    gy -= solid_distance(field, origin, cell, x, y - h, z)
    gz = solid_distance(field, origin, cell, x, y, z + h)
    gz -= solid_distance(field, origin, cell, x, y, z - h)
    length = sqrt(gx * gx + gy * gy + gz * gz) + 1e-12
    return gx / length, gy / length, gz / length


@njit(cache=True, nogil=True, inline="always")
@no_type_check
def part_line(offset, z):
    """Where a parting runs: it turns to the middle at the crown."""
    return offset * (0.75 + 0.25 * min(max((z + 0.03) / 0.1, 0.0), 1.0))


@njit(cache=True, nogil=True)
@no_type_check
def combed(x, y, z, own, shared):
    """The direction in which hair was combed at a place; not yet along the skin, any length."""
    if own[TIE_Y] > -0.9:
        over = 0.0
        if abs(x) > _EAR_X and y < _EAR_TOP_Y and _EAR_BACK_Z < z < _EAR_FRONT_Z:
            # from before the ear hair is led over it, not through it
            over = _OVER_EAR * (1 - _step(_EAR_TOP_Y - 0.02, _EAR_TOP_Y, y))
        return own[TIE_X] - x, own[TIE_Y] - y + over, own[TIE_Z] - z
    top = _step(_TOP_FROM, _TOP_TO, y)
    if own[FRINGE] > 0.5:
        aside = shared[FRINGE_SWEEP] + shared[FRINGE_OPEN] * own[SIDE]
        return aside, -0.35 * (1 - top), 1.0
    fx = shared[SWEEP] * top
    fy = -1.0 * (1 - top)
    fz = shared[FORWARD] * top - shared[SIDES_BACK] * (1 - top)
    if own[SIDE] != 0:
        beside = x - part_line(shared[PART_X], z)
        near = exp(-(beside**2) / 0.05**2)
        fx += shared[APART] * own[SIDE] * (0.4 + 0.6 * near) * top
        fy -= 0.25 * shared[APART] * top
        fz -= _ALONG_PART * shared[APART] * exp(-((beside / _PART_NEAR_M) ** 2)) * top
    # right behind a fringe hair falls over it, so that no seam is seen
    fz += _OVER_FRINGE * own[FRINGE] * top
    wx, wy, wz = x - _WHORL[0], y - _WHORL[1], z - _WHORL[2]
    far = sqrt(wx * wx + wy * wy + wz * wz) + 1e-3
    turn = shared[WHORL] * (0.35 + 0.65 * exp(-far / 0.05))
    around = shared[SWIRL] * exp(-far / 0.04)
    fx += turn * (wx - around * wz) / far
    fy += turn * wy / far
    fz += turn * (wz + around * wx) / far
    return fx, fy, fz


@njit(cache=True, nogil=True)
@no_type_check
def _along_skin(f, n, d, turn):
    """Direction `d` turned towards `f` laid along the skin; weak flows turn it little."""
    into = f[0] * n[0] + f[1] * n[1] + f[2] * n[2]
    fx, fy, fz = f[0] - into * n[0], f[1] - into * n[1], f[2] - into * n[2]
    length = sqrt(fx * fx + fy * fy + fz * fz) + 1e-9
    turn *= min(1.0, length / _WEAK_FLOW)
    return (
        d[0] + turn * (fx / length - d[0]),
        d[1] + turn * (fy / length - d[1]),
        d[2] + turn * (fz / length - d[2]),
    )


@njit(cache=True, nogil=True)
@no_type_check
def _to_tie(f, n, d, turn, ds):
    """Direction `d` turned towards the tie, over the skin."""
    left = sqrt(f[0] * f[0] + f[1] * f[1] + f[2] * f[2]) + 1e-9
    into = min(f[0] * n[0] + f[1] * n[1] + f[2] * n[2], 0.0)
    turn = max(turn, min(1.0, 2.5 * ds / left))
    fx, fy, fz = f[0] - into * n[0], f[1] - into * n[1], f[2] - into * n[2]
    length = sqrt(fx * fx + fy * fy + fz * fz) + 1e-9
    return (
        d[0] + turn * (fx / length - d[0]),
        d[1] + turn * (fy / length - d[1]),
        d[2] + turn * (fz / length - d[2]),
    )


@njit(cache=True, nogil=True)
@no_type_check
def _pulled(x, y, z, d, ds, walked, own, shared):
    """Direction after stance (upright, round), gravity and chance."""
    dx, dy, dz = d
    if shared[RADIAL] > 0:
        rx, ry, rz = x, y - _CENTRE_Y, z
        length = sqrt(rx * rx + ry * ry + rz * rz) + 1e-9
        pull = shared[RADIAL] * min(1.0, ds / _STANCE_M)
        dx, dy, dz = dx + pull * rx / length, dy + pull * ry / length, dz + pull * rz / length
    if shared[UPRIGHT] > 0 and y > _TOP_FROM:
        dy += shared[UPRIGHT] * min(1.0, ds / _UPRIGHT_M)
    # long hair hangs by its own weight: it does not stand off the shoulders
    heavy = 1 - _step(_HEAVY_FROM_Y, _HEAVY_TO_Y, y)
    taut = max(y - max(own[CUT], _TAUT_DOWN_TO_Y), 0.0) if own[FLAT] > 0.9 else 0.0
    taut = min(taut, own[LENGTH] - walked) / _TAUT_M * (1 - _step(_TAUT_FROM_Y, _TAUT_TO_Y, y))
    fall = min(1.0, (1 + max(taut, 0.0)) * ds / own[BEND] + heavy * ds / _HEAVY_M)
    dy -= fall * (1.0 + dy)
    dx -= 0.5 * fall * dx
    dz -= 0.5 * fall * dz
    wild = own[MESS] * ds
    dx += wild * sin(61 * y + 83 * z + 47 * x + 1.3)
    dz += wild * sin(73 * y + 59 * x - 41 * z + 0.4)
    dy += 0.6 * wild * sin(67 * x + 71 * z + 2.1)
    return dx, dy, dz


@njit(cache=True, nogil=True)
@no_type_check
def _aside(x, y, z, d, ds, value, own, shared):
    """Direction after what keeps hair off the face, behind ears, and off the shoulders' tops."""
    dx, dy, dz = d
    if own[FRINGE] < 0.5 or shared[FRINGE_OPEN] > _OPENED:
        if z > _FACE_Z and y < _FACE_Y and abs(x) < _FACE_X + 0.3 * (z - _FACE_Z):
            leans = own[SIDE] if own[SIDE] != 0 else x
            side = 1.0 if leans >= 0 else -1.0
            aside = min(1.0, ds / _FACE_TURN_M) * (1 - _step(_FACE_Y - 0.02, _FACE_Y, y))
            dx += aside * side
            dz -= 0.45 * aside
        if abs(x) > _EAR_X and 0.0 < y < _EAR_TOP_Y and z > _EAR_BACK_Z:
            dz -= shared[TUCK] * min(1.0, ds / _TUCK_M)
    if _BODY_TO_Y < y < _NECK_Y and abs(x) > 0.045 and abs(z + 0.02) < _SHOULDER_DEPTH:
        dz += own[BEFORE] * min(1.0, ds / _DRIFT_M)
    if y < _BODY_FROM_Y and value < _SHOULDER_NEAR_M and abs(z + 0.02) < _SHOULDER_DEPTH:
        # on the shoulders hair goes before or behind them, and does not slide off sideways
        close = min(1.0, 1.5 * (1 - value / _SHOULDER_NEAR_M))
        dz += own[BEFORE] * min(1.0, ds / _SLIDE_M) * close
        dx -= dx * min(1.0, ds / 0.008) * close
    return dx, dy, dz


@njit(cache=True, nogil=True)
@no_type_check
def _over_ear(x, y, z, own, shared):
    """How much farther out hair lies that will hang over an ear, so that it shows no bump there."""
    if own[LENGTH] < _HANGING_M or own[CUT] > _EAR_MIDDLE[1] or abs(x) < _EAR_X:
        return 0.0
    far = ((y - _EAR_MIDDLE[1]) / _EAR_SPAN[1]) ** 2 + ((z - _EAR_MIDDLE[2]) / _EAR_SPAN[2]) ** 2
    return _EAR_MIDDLE[0] * exp(-far) * (1 - min(shared[TUCK], 1.0))


@njit(cache=True, nogil=True)
@no_type_check
def _draped(y, n, d, ds, off, own, cling):
    """Direction `d` turned back to the layer that hair stands off from: it lies on the head."""
    pull = cling * min(1.0, ds / _DRAPE_M) * min(max(off / _DRAPE_FULL_M, 0.0), 1.0)
    if own[FRINGE] < 0.5:
        pull *= _step(_DRAPE_FROM_Y, _DRAPE_TO_Y, y)
    return d[0] - pull * n[0], d[1] - pull * n[1], d[2] - pull * n[2]


@njit(cache=True, nogil=True)
@no_type_check
def _unit(d):
    length = sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]) + 1e-9
    return d[0] / length, d[1] / length, d[2] / length


@njit(cache=True, nogil=True)
@no_type_check
def _out_of_solid(field, origin, cell, x, y, z, layer, ds):
    """The point, pushed towards its layer by a step or two."""
    for _ in range(2):
        missing = layer - solid_distance(field, origin, cell, x, y, z)
        if missing <= 0:
            break
        nx, ny, nz = slope(field, origin, cell, x, y, z)
        if y < _BODY_FROM_Y:
            # nothing slides off the shoulders sideways
            nx, ny, nz = _unit((_SIDEWAYS * nx, ny, nz))
        push = min(missing, 1.5 * ds)
        x, y, z = x + push * nx, y + push * ny, z + push * nz
    return x, y, z


@njit(cache=True, nogil=True)
@no_type_check
def comb(field, origin, cell, roots, first, own, shared, steps, out):
    """Walk each guide from its root; after the scissors or the tie its last point is repeated."""
    for n in range(len(roots)):
        x, y, z = roots[n, 0], roots[n, 1], roots[n, 2]
        d = (first[n, 0], first[n, 1], first[n, 2])
        ds = own[n, LENGTH] / steps
        tied = own[n, TIE_Y] > -0.9
        out[n, 0, 0], out[n, 0, 1], out[n, 0, 2] = x, y, z
        ended = False
        for s in range(1, steps + 1):
            if not ended:
                walked = s * ds
                value = solid_distance(field, origin, cell, x, y, z)
                normal = slope(field, origin, cell, x, y, z)
                flow = combed(x, y, z, own[n], shared)
                top = _step(_TOP_FROM, _TOP_TO, y)
                layer = own[n, LAYER] * (1 - exp(-walked / _LAYER_M))
                layer *= top + shared[SIDE_VOLUME] * (1 - top)
                layer += min(_LEAST_LAYER_M, 0.2 * walked)
                layer += _over_ear(x, y, z, own[n], shared) * min(1.0, walked / _LAYER_M)
                turn = min(1.0, ds / own[n, COMB])
                before = d
                if tied:
                    left = sqrt(flow[0] ** 2 + flow[1] ** 2 + flow[2] ** 2)
                    layer *= min(1.0, left / _GATHER_M)
                    ended = left < 1.6 * ds
                    d = _to_tie(flow, normal, d, turn, ds)
                elif y > _COMBED_ABOVE_Y:
                    d = _along_skin(flow, normal, d, turn * exp(-max(value, 0.0) / _REACH_M))
                d = _pulled(x, y, z, d, ds, walked, own[n], shared)
                d = _aside(x, y, z, d, ds, value, own[n], shared)
                if not tied:
                    d = _draped(y, normal, d, ds, value - layer, own[n], shared[CLING])
                if walked > _TIP_FROM * own[n, LENGTH] or -0.9 < own[n, CUT] > y - _TIP_ABOVE_CUT_M:
                    out_turn = shared[OUTWARD] * min(1.0, ds / _TIP_TURN_M)
                    d = (d[0] + out_turn * normal[0], d[1], d[2] + out_turn * normal[2])
                if tied and left < _STRAIGHT_IN_M:
                    d = flow
                    layer = 0.0
                d = _unit(d)
                moved = _out_of_solid(
                    field, origin, cell, x + d[0] * ds, y + d[1] * ds, z + d[2] * ds, layer, ds
                )
                # a push lengthens the step; the walked length is kept
                d = _unit((moved[0] - x, moved[1] - y, moved[2] - z))
                if not tied:
                    d = _unit(
                        (
                            d[0] + _INERTIA * before[0],
                            d[1] + _INERTIA * before[1],
                            d[2] + _INERTIA * before[2],
                        )
                    )
                if not ended:
                    x, y, z = x + d[0] * ds, y + d[1] * ds, z + d[2] * ds
                ended = ended or ((y < own[n, CUT] or y > own[n, FLAT]) and walked > 0.006)
            out[n, s, 0], out[n, s, 1], out[n, s, 2] = x, y, z
