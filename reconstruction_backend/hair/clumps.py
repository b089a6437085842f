"""Strands in clumps of three sizes, as hair falls (Choe and Ko 2005).

Locks gather to larger ones, strands to locks, and a few neighbours each to a tress as thin as yarn.
Locks stray from where their guides lead them, so that they lie over and under each other.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float32, Int32

from reconstruction_backend.hair import clump_kernels, growth_kernels
from reconstruction_backend.hair.hairstyle import HairGuides, StrandTexture
from reconstruction_backend.hair.resample import lengths_m
from reconstruction_backend.hair.roots import StrandRoots, clump_middles

RANDOMS = 24
"""Random numbers of a strand; those of the strand in its middle are its clump's."""
_BIG, _THIN = 6, 5
"""Locks to a larger one, and tresses to a lock."""
_BIG_PULL, _THIN_PULL = 0.5, 0.6
"""Relative to that of locks."""
_FROM, _BIG_FROM, _THIN_FROM = 0.04, 0.25, 0.1
"""Share of the length at which they begin."""
_RINGLET_WINDING, _RINGLET_TO = 1.5, 0.3
"""Locks whose helix winds as steeply as this are ringlets: gathered from this share on already."""
_EASING = 0.7
_PULL_M, _PULL_LENGTHS = (0.03, 0.07), (0.12, 0.35)
"""How far a clump can draw a strand aside, in lengths of the strand: short hair stays by its root,
and shows no scalp between clumps."""
_FREE = 0.15
"""What is left of its clump's pull on a flyaway."""
_STRAY_LENGTHS = 0.12
"""How far a lock strays at most, in lengths of the hair."""
_STRAY_REACH_M = 0.05
"""Over this length from the root it comes to stray in full."""
_STRAY_WAVES_M = (0.16, 0.07)
_STRAY_OUT = 0.7
"""How much farther out than in a lock may lie, of how far it strays."""


@dataclass(frozen=True, eq=False)
class Clumps:
    """Which strands keep together."""

    middle: Int32[np.ndarray, "N"]
    """The strand in the middle of each one's lock; its own for those."""
    big: Int32[np.ndarray, "N"]
    """Likewise of larger locks."""
    tress: Int32[np.ndarray, "N"]
    """Likewise of thin ones."""

    @cached_property
    def rows(self) -> Int32[np.ndarray, "C"]:
        """The strands that are in the middle of a lock."""
        return np.flatnonzero(self.middle == np.arange(len(self.middle))).astype(np.int32)

    @cached_property
    def lock(self) -> Int32[np.ndarray, "N"]:
        """Each strand's place in `rows`."""
        place = np.zeros(len(self.middle), np.int32)
        place[self.rows] = np.arange(len(self.rows), dtype=np.int32)
        return place[self.middle]


def clumps_of(texture: StrandTexture, roots: StrandRoots, guides: HairGuides) -> Clumps:
    """Neighbours of one wisp; locks number as many as the texture says, however few strands."""
    count = len(roots.candidate)
    locks = max(1, min(count, int(texture.strands / max(texture.clump_strands, 1))))
    wisp = guides.wisp.tobytes()
    big, thin = max(1, locks // _BIG), min(count, locks * _THIN)
    middle, larger, tress = (clump_middles(roots, wisp, n) for n in (locks, big, thin))
    return Clumps(middle, larger, tress)


def gather(
    texture: StrandTexture,
    clumps: Clumps,
    strands: Float32[np.ndarray, "N P 3"],
    normals: Float32[np.ndarray, "N 3"],
    length_factor: Float32[np.ndarray, "N"],
    random: Float32[np.ndarray, "N R"],
) -> None:
    """Gather strands that run parallel, in place."""
    if len(strands) == 0:
        return
    length = lengths_m(strands)
    farthest = length * np.interp(length, _PULL_M, _PULL_LENGTHS)
    amount = texture.clump * (0.7 + 0.5 * random[:, 5])
    amount *= np.where(random[:, 6] < texture.flyaways, _FREE, 1)
    amount = amount.clip(0, 1).astype(np.float32)
    t = np.linspace(0, 1, strands.shape[1])
    full = 1 - (1 - _RINGLET_TO) * ringlets(texture)
    levels = (
        (clumps.big, _BIG_PULL, _BIG_FROM),
        (clumps.middle, 1.0, _FROM),
        (clumps.tress, _THIN_PULL, _THIN_FROM),
    )
    for middle, pull, begins in levels:
        share = np.clip((t - begins) / (full - begins), 0, 1)
        share = (share * share * (3 - 2 * share)) ** _EASING
        aside = np.linalg.norm(strands[:, 0] - strands[middle, 0], axis=1)
        aside = np.maximum(aside, np.linalg.norm(strands[:, -1] - strands[middle, -1], axis=1))
        reach = np.minimum(farthest / np.maximum(aside, 1e-6), 1)
        ratio = length_factor / length_factor[middle]
        clump_kernels.gather(
            strands, middle, (pull * amount * reach).astype(np.float32), ratio, share
        )
        if middle is clumps.big:
            moves = _stray(texture, strands[clumps.rows], normals[clumps.rows], random[clumps.rows])
            ratio = length_factor / length_factor[clumps.middle]
            clump_kernels.shift(strands, clumps.lock, ratio, moves)


def ringlets(texture: StrandTexture) -> float:
    """How far clumps are ringlets, 0 to 1: steeply wound, and of strands that keep together."""
    winding = 2 * np.pi * texture.curl_radius_m / texture.curl_pitch_m
    return texture.curl_together * min(winding / _RINGLET_WINDING, 1.0)


def _stray(
    texture: StrandTexture,
    lines: Float32[np.ndarray, "C P 3"],
    normals: Float32[np.ndarray, "C 3"],
    chance: Float32[np.ndarray, "C R"],
) -> Float32[np.ndarray, "C P 3"]:
    """How locks with these middles bend away from their guides: in slow waves, mostly outwards."""
    across, along = np.empty_like(lines), np.empty_like(lines)
    growth_kernels.frames(lines, normals, across, along)
    walked = walked_m(lines)
    reach = np.clip(walked / _STRAY_REACH_M, 0, 1)
    reach = reach * reach * (3 - 2 * reach)
    far = np.minimum(texture.stray_m, _STRAY_LENGTHS * walked[:, -1:])
    slow, fast = (2 * np.pi * walked / wave for wave in _STRAY_WAVES_M)
    angle = 2 * np.pi * chance[:, None, 12:16]
    u = np.sin(slow + angle[..., 0]) + 0.6 * np.sin(fast + angle[..., 1])
    v = np.sin(slow + angle[..., 2]) + 0.6 * np.sin(fast + angle[..., 3])
    u = 0.6 * u + (1 + _STRAY_OUT) * chance[:, 16, None] - (1 - _STRAY_OUT) / 2
    u, v = far * reach * u, far * reach * v
    return (u[..., None] * across + v[..., None] * along).astype(np.float32)


def walked_m(lines: Float32[np.ndarray, "N P 3"]) -> Float32[np.ndarray, "N P"]:
    """How far each point is from the root along its line."""
    steps = np.linalg.norm(np.diff(lines, axis=1), axis=2)
    start = np.zeros((len(lines), 1), np.float32)
    return np.concatenate([start, np.cumsum(steps, axis=1)], axis=1).astype(np.float32)
