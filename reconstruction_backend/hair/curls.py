"""What hangs about smooth strands: curls, small waves, flyaways.

Strands of a lock wind as one: they share a helix about the lock's middle line and lie in a ribbon
of its turns. Locks differ in phase, hand, radius and pitch, and no two turns of one are alike.
"""

import numpy as np
from jaxtyping import Float32

from reconstruction_backend.hair import clump_kernels, growth_kernels
from reconstruction_backend.hair.clumps import Clumps, walked_m
from reconstruction_backend.hair.hairstyle import StrandTexture
from reconstruction_backend.hair.resample import lengths_m

_FEWEST_PER_TURN = 4.0
"""Curls with fewer points a turn than this are wound wider instead."""
_RISE, _RISE_PITCHES = 0.3, 1.0
"""Over which a curl comes to its full radius: a share of the length, and at most in turns."""
_WIDEST_SHARE = 1 / 6
"""Of the length: radius of the widest curl."""
_RADII, _RATES = (0.5, 1.35), (0.7, 1.4)
"""Of locks, relative to the texture's radius and turns per metre."""
_UNEVEN, _UNEVEN_2 = 0.37, 0.29
"""Turns of the waves in which a curl's angle and radius vary, to one of the curl."""
_UNEVEN_TURN, _UNEVEN_RADIUS = 0.8, 0.3
_OWN_RADIUS = 0.35
"""How far radii differ within a lock."""
_OWN_TURN = 0.4
"""Share of a strand's turn against its lock that it does not have in common with its tress."""
_LOOSE_FRIZZ = 2.0
"""How much more flyaways are shaken than others."""
_WAVE_M = 0.011
_FRIZZ_SHARE = 0.03
"""Of the length: the widest small waves."""
_FLY_LENGTHS = (0.02, 0.1)
"""How far a flyaway's tip leaves the others, in lengths of the strand."""
_FLY_LONGEST_M = 0.16


def hang(
    texture: StrandTexture,
    clumps: Clumps,
    strands: Float32[np.ndarray, "N P 3"],
    normals: Float32[np.ndarray, "N 3"],
    length_factor: Float32[np.ndarray, "N"],
    random: Float32[np.ndarray, "N R"],
) -> None:
    """Wind and shake strands, in place; `random` as in `clumps`."""
    if len(strands) == 0:
        return
    lines, length = strands[clumps.rows], lengths_m(strands)
    across, along = np.empty_like(lines), np.empty_like(lines)
    growth_kernels.frames(lines, normals[clumps.rows], across, along)
    flying = random[:, 6] < texture.flyaways
    usual_m = float(np.median(length))
    frizz = min(texture.frizz_m, _FRIZZ_SHARE * usual_m) * np.where(flying, _LOOSE_FRIZZ, 1)
    apart = np.where(flying, 1.0, 1 - texture.curl_together)
    own = random[:, 7] + (1 / _OWN_TURN - 1) * random[clumps.tress, 7] - 1 / (2 * _OWN_TURN)
    clump_kernels.wind(
        strands,
        clumps.lock,
        length_factor / length_factor[clumps.middle],
        _helices(texture, lines, random[clumps.rows]),
        across,
        along,
        (2 * np.pi * apart * _OWN_TURN * own).astype(np.float32),
        (1 + _OWN_RADIUS * (random[:, 9] - 0.5)).astype(np.float32),
        frizz.astype(np.float32),
        max(_WAVE_M, 3 * usual_m / (strands.shape[1] - 1)),
        random,
    )
    low, high = _FLY_LENGTHS
    lift = np.minimum(length, _FLY_LONGEST_M) * (low + (high - low) * random[:, 10] ** 2)
    chosen = np.flatnonzero(flying).astype(np.int32)
    clump_kernels.fly(strands, chosen, normals, lift.astype(np.float32), random)


def _helices(
    texture: StrandTexture,
    lines: Float32[np.ndarray, "C P 3"],
    chance: Float32[np.ndarray, "C R"],
) -> Float32[np.ndarray, "C P 2"]:
    """How far the curls of locks are aside from their lines."""
    if texture.curl_radius_m <= 0:
        return np.zeros((*lines.shape[:2], 2), np.float32)
    walked = walked_m(lines)
    length, segments = walked[:, -1:], lines.shape[1] - 1
    rate = (_RATES[0] + (_RATES[1] - _RATES[0]) * chance[:, 8:9]) / texture.curl_pitch_m
    rate = np.minimum(rate, segments / (_FEWEST_PER_TURN * np.maximum(length, 1e-6)))
    # half of the locks wind the other way: of helices of one hand only parallel stripes are seen
    hand = np.where(chance[:, 17:18] < 0.5, -1, 1)
    turned = 2 * np.pi * walked * rate
    phase = 2 * np.pi * chance[:, 18:19]
    angle = phase + hand * (turned + _UNEVEN_TURN * np.sin(_UNEVEN * turned + 3 * phase))
    radius = texture.curl_radius_m * (_RADII[0] + (_RADII[1] - _RADII[0]) * chance[:, 19:20])
    radius = np.minimum(radius, _WIDEST_SHARE * length)
    radius = radius * (1 + _UNEVEN_RADIUS * np.sin(_UNEVEN_2 * turned + 5 * phase))
    rise = np.minimum(_RISE * length, _RISE_PITCHES * texture.curl_pitch_m)
    share = np.clip((walked - texture.curl_from * length) / np.maximum(rise, 1e-6), 0, 1)
    radius = radius * share * share * (3 - 2 * share)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1).astype(np.float32)
