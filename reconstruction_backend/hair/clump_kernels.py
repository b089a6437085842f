"""Inner loops of clumps: strands drawn to the one in their middle, and wound as it winds."""

from math import cos, pi, sin, sqrt
from typing import no_type_check

from numba import njit


@njit(cache=True, nogil=True)
@no_type_check
def gather(strands, middle, amount, ratio, share):
    """Pull each strand towards the one in its clump's middle; in place.

    `share` (P,) says how much of `amount` (N,) holds at each point. Point p meets the middle's at
    p * `ratio`: both are as far along the hair. What is longer than the middle keeps the distance
    from it that it had at its end. Middles must point to themselves.
    """
    last = strands.shape[1] - 1
    for n in range(len(strands)):
        c = middle[n]
        if c == n or amount[n] == 0:
            continue
        dx = dy = dz = 0.0
        for p in range(1, last + 1):
            at = p * ratio[n]
            if at <= last:
                low = min(int(at), last - 1)
                part = at - low
                dx = strands[c, low, 0] + part * (strands[c, low + 1, 0] - strands[c, low, 0])
                dy = strands[c, low, 1] + part * (strands[c, low + 1, 1] - strands[c, low, 1])
                dz = strands[c, low, 2] + part * (strands[c, low + 1, 2] - strands[c, low, 2])
                dx, dy, dz = dx - strands[n, p, 0], dy - strands[n, p, 1], dz - strands[n, p, 2]
            pull = amount[n] * share[p]
            strands[n, p, 0] += pull * dx
            strands[n, p, 1] += pull * dy
            strands[n, p, 2] += pull * dz


@njit(cache=True, nogil=True)
@no_type_check
def shift(strands, clump, ratio, moves):
    """Move strands as `moves` (C, P, 3) has it for their clumps; in place, `ratio` as above."""
    last = strands.shape[1] - 1
    for n in range(len(strands)):
        c = clump[n]
        for p in range(1, last + 1):
            at = min(p * ratio[n], float(last))
            low = min(int(at), last - 1)
            part = at - low
            for d in range(3):
                step = moves[c, low + 1, d] - moves[c, low, d]
                strands[n, p, d] += moves[c, low, d] + part * step


@njit(cache=True, nogil=True)
@no_type_check
def wind(strands, clump, ratio, curls, across, along, turn, wider, frizz_m, wave_m, random):
    """Wind each strand as its clump does and shake it in small waves of its own; in place.

    `curls` (C, P, 2) is how far each clump's line is aside in its frame `across`, `along`
    (C, P, 3). A strand's own curl is that, turned by `turn` (N,) radians and `wider` (N,) times as
    wide: a helix that is turned is one shifted along its axis, so those of a clump make a ribbon.
    """
    last = strands.shape[1] - 1
    for n in range(len(strands)):
        c = clump[n]
        cosine, sine = wider[n] * cos(turn[n]), wider[n] * sin(turn[n])
        step = 0.0
        for d in range(3):
            step += (strands[n, last, d] - strands[n, 0, d]) ** 2
        # waves turn by the same angle a point: multiplied on, as complex numbers
        step = 2 * pi * sqrt(step) / last / wave_m
        turn_a, turn_b = step, step / 2.7
        ac, as_ = cos(turn_a), sin(turn_a)
        bc, bs = cos(turn_b), sin(turn_b)
        au, av = cos(2 * pi * random[n, 0]), sin(2 * pi * random[n, 0])
        bu, bv = cos(2 * pi * random[n, 1]), sin(2 * pi * random[n, 1])
        for p in range(1, last + 1):
            at = min(p * ratio[n], float(last))
            low = min(int(at), last - 1)
            part = at - low
            cu = curls[c, low, 0] + part * (curls[c, low + 1, 0] - curls[c, low, 0])
            cv = curls[c, low, 1] + part * (curls[c, low + 1, 1] - curls[c, low, 1])
            au, av = au * ac - av * as_, au * as_ + av * ac
            bu, bv = bu * bc - bv * bs, bu * bs + bv * bc
            shake = frizz_m[n] * (0.3 + 0.7 * p / last)
            u = cu * cosine - cv * sine + shake * (0.4 * av + bv)
            v = cu * sine + cv * cosine + shake * (0.4 * av + bu)
            for d in range(3):
                across_d = across[c, low, d] + part * (across[c, low + 1, d] - across[c, low, d])
                along_d = along[c, low, d] + part * (along[c, low + 1, d] - along[c, low, d])
                strands[n, p, d] += u * across_d + v * along_d


@njit(cache=True, nogil=True)
@no_type_check
def fly(strands, chosen, normals, lift, random):
    """Chosen strands leave the others, away from the head and sideways; in place."""
    points = strands.shape[1]
    for i in range(len(chosen)):
        n = chosen[i]
        for p in range(1, points):
            t = p / (points - 1)
            for d in range(3):
                away = normals[n, d] + 1.4 * (random[n, d] - 0.5)
                strands[n, p, d] += lift[n] * t * t * away
