"""All strands from guides and a strand texture: the same ones every time.

    guides ──blend──▶ parallel strands ──gather──▶ clumps ──▶ smooth
                                                                │ curl, frizz, flyaways
                                                                ▼
                                                      points, out of the skin

Strands between guides are blended within one wisp (as in Zhou et al. 2018, HairNet, section 4), and
gathered in clumps of two sizes (Choe and Ko 2005). They come in an order of which any beginning is
an even thinning of the whole, so that levels of detail are prefixes.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Float32

from reconstruction_backend.hair import growth_kernels
from reconstruction_backend.hair.clumps import RANDOMS, Clumps, clumps_of, gather
from reconstruction_backend.hair.curls import hang
from reconstruction_backend.hair.hairstyle import HairGuides, StrandTexture
from reconstruction_backend.hair.resample import lengths_m, repointed
from reconstruction_backend.hair.roots import StrandRoots, strand_roots
from reconstruction_backend.hair.scalp import scalp_of
from reconstruction_backend.hair.skin_distance import SkinDistance
from reconstruction_backend.hair.strands import HairStrands
from reconstruction_backend.head_model import HeadModel

POINTS = 24
"""Points of a strand unless curls or braids need more."""
_MOST_POINTS, _FEWEST_POINTS = 128, 8
_POINTS_PER_TURN = 6.0
_SHORT_M = 0.02
"""Strands this short need `_FEWEST_POINTS` only."""
_LONGEST, _SHORTEST = 1.1, 0.2
"""Factors of a guide's length."""
_LOCK_LENGTHS, _WITHIN_LOCK = 0.8, 3.0
"""Deviation of locks' lengths, and the most by which strands end before their lock's tip, in
`length_spread`."""
_EDGE_SHORTER, _EDGE_FINER = 0.75, 0.3
_EDGE_RARELY = 8
"""The larger, the fewer strands at the edge are short."""
_CLEARANCE_M = (0.0003, 0.0016)
_PARTS = {"free": 0, "loc": 0, "twist": 2, "braid": 3}
_TURN_RADII = {"free": 0.0, "loc": 0.0, "twist": 7.0, "braid": 7.0}
"""Length of a bundle's turn, in radii of the bundle."""
_TIP_WIDTH_FROM = 0.35
_COVER, _LINE_COVER, _COVER_TO = 0.8, 0.8, 0.25
_WIDER_POWER, _WIDEST = 0.75, 4.0
"""Strands that stand for more hairs than the texture says are wider, so that they still cover."""


@runtime_checkable
class StrandColour(Protocol):
    """What gives strands their colour."""

    def of_strands(
        self, root_uv: Float32[np.ndarray, "N 2"], points: int, seed: int
    ) -> Float32[np.ndarray, "N P 3"]:
        """Linear RGB from root to tip."""
        ...


@dataclass(frozen=True)
class PlainColour:
    """One colour for all strands."""

    linear: tuple[float, float, float] = (0.06, 0.035, 0.02)

    def of_strands(
        self, root_uv: Float32[np.ndarray, "N 2"], points: int, seed: int
    ) -> Float32[np.ndarray, "N P 3"]:
        """Linear RGB from root to tip."""
        return np.broadcast_to(np.array(self.linear, np.float32), (len(root_uv), points, 3)).copy()


def points_needed(guides: HairGuides, texture: StrandTexture) -> int:
    """How many points a strand needs so that its curls, its braid and its guide can be seen."""
    longest = float(np.quantile(lengths_m(guides.points_m), 0.9))
    turns = 0.0
    if texture.curl_radius_m > 0:
        turns = longest / texture.curl_pitch_m
    if _PARTS[texture.bundle]:
        # a braid's parts cross over twice a turn
        turns = 1.3 * longest / (_TURN_RADII[texture.bundle] * texture.bundle_radius_m)
    least = _FEWEST_POINTS if longest < _SHORT_M else POINTS
    guide_points = guides.points_m.shape[1] if guides.points_m.shape[1] > 32 else 0
    wanted = max(least, int(np.ceil(_POINTS_PER_TURN * turns)), min(guide_points, 100))
    return min(wanted, _MOST_POINTS)


def grow(
    model: HeadModel,
    vertices_m: Float[np.ndarray, "V 3"],
    guides: HairGuides,
    texture: StrandTexture,
    colour: StrandColour,
    strands: int | None = None,
    points: int | None = POINTS,
    seed: int = 0,
    skin: SkinDistance | None = None,
) -> HairStrands:
    """Grow `strands` (the texture's number if None) of `points` each on a head at rest.

    With `points=None` strands get as many as they need, and are so much fewer that the sum of
    points stays at most what the texture says at 24 each. `skin` saves measuring the head again.
    Raises InvalidModel for a model without a scalp.
    """
    wanted = texture.strands if strands is None else strands
    if points is None:
        points = points_needed(guides, texture)
        if strands is None:
            wanted = int(wanted * min(1.0, POINTS / points))
    bundled = texture.bundle != "free"
    roots = strand_roots(model, guides, wanted, bundled)
    random = _random(roots, seed)
    at = model.surface_points(roots.points, vertices_m).astype(np.float32)
    normals = scalp_of(model).normals(roots.points, vertices_m)
    smooth = np.empty((len(at), points, 3), np.float32)
    paths = repointed(guides.points_m, points)
    offsets = paths - paths[:, :1]
    clumps = clumps_of(texture, roots, guides)
    factor = _length_factors(texture, roots, clumps, random)
    if bundled:
        _bundle(model, vertices_m, guides, texture, roots, at, paths, random, smooth)
    else:
        weight = roots.weight.copy()
        growth_kernels.agree(roots.guide, weight, offsets)
        growth_kernels.blend(at, roots.guide, weight, offsets, factor, smooth)
        gather(texture, clumps, smooth, normals, factor, random)
    detailed = smooth.copy()
    hang(texture, clumps, detailed, normals, factor, random)
    skin = SkinDistance.of(model, vertices_m) if skin is None else skin
    clearance = np.float32(_CLEARANCE_M[0]) + np.float32(_CLEARANCE_M[1]) * random[:, 20] ** 2
    for lines in (smooth, detailed):
        growth_kernels.push_out(
            skin.field_m, skin.origin_m, np.float32(skin.cell_m), lines, clearance
        )
    return HairStrands(
        root_uv=roots.uv,
        points_m=detailed,
        width_m=_widths(texture, roots, random, points, wanted) * _cover(roots, points),
        color_linear=colour.of_strands(roots.uv, points, seed),
        smooth_m=smooth,
    )


def _random(roots: StrandRoots, seed: int) -> Float32[np.ndarray, "N R"]:
    """Numbers per candidate, the same however many strands are asked for."""
    count = int(roots.candidate[-1]) + 1 if len(roots.candidate) else 0
    return np.random.default_rng(seed).random((count, RANDOMS), np.float32)[roots.candidate]


def _length_factors(
    texture: StrandTexture,
    roots: StrandRoots,
    clumps: Clumps,
    random: Float32[np.ndarray, "N R"],
) -> Float32[np.ndarray, "N"]:
    """Locks differ, and within one some end before its tip, so that it tapers."""
    deviation = (random[clumps.middle, :4].sum(axis=1) - 2) / 0.577
    lock = 1 + texture.length_spread * _LOCK_LENGTHS * deviation
    within = 1 - _WITHIN_LOCK * texture.length_spread * random[:, 11] ** 2
    within[clumps.rows] = 1
    shorter = 1 - _EDGE_SHORTER * roots.edge * random[:, 4] ** _EDGE_RARELY
    return np.clip(lock * within * shorter, _SHORTEST, _LONGEST).astype(np.float32)


def _bundle(
    model: HeadModel,
    vertices_m: Float[np.ndarray, "V 3"],
    guides: HairGuides,
    texture: StrandTexture,
    roots: StrandRoots,
    at: Float32[np.ndarray, "N 3"],
    paths: Float32[np.ndarray, "G P 3"],
    random: Float32[np.ndarray, "N R"],
    out: Float32[np.ndarray, "N P 3"],
) -> None:
    """Strands in the tubes of their guides."""
    scalp = scalp_of(model)
    normals = scalp.normals(scalp.locate(guides.root_uv)[0], vertices_m)
    across, along = np.empty_like(paths), np.empty_like(paths)
    growth_kernels.frames(paths, normals, across, along)
    radius = texture.bundle_radius_m
    shape = np.array([_PARTS[texture.bundle], radius, _TURN_RADII[texture.bundle] * radius])
    growth_kernels.bundle(
        out,
        roots.guide[:, 0],
        paths,
        across,
        along,
        at,
        np.ascontiguousarray(paths[:, 0]),
        3 * radius,
        shape,
        random,
    )


def _widths(
    texture: StrandTexture,
    roots: StrandRoots,
    random: Float32[np.ndarray, "N R"],
    points: int,
    wanted: int,
) -> Float32[np.ndarray, "N P"]:
    """Thinner towards the tip, at the edge of the hair, and by chance; wider where they are few."""
    t = np.linspace(0, 1, points, dtype=np.float32)
    along = np.clip((t - _TIP_WIDTH_FROM) / (1 - _TIP_WIDTH_FROM), 0, 1) ** 1.5
    wider = min(max(texture.strands / max(wanted, 1), 1.0) ** _WIDER_POWER, _WIDEST)
    root = wider * texture.width_m * (0.8 + 0.4 * random[:, 4]) * (1 - _EDGE_FINER * roots.edge)
    return (root[:, None] * (1 - texture.taper * along)).astype(np.float32)


def _cover(roots: StrandRoots, points: int) -> Float32[np.ndarray, "N P"]:
    """Factors on widths: wider roots where hair parts or turns out from a whorl.

    No other hair lies over the scalp there, and few strands stand for many hairs.
    """
    t = np.linspace(0, 1, points, dtype=np.float32)
    near_root = np.clip(1 - t / _COVER_TO, 0, 1)
    wider = _COVER * roots.apart + _LINE_COVER * roots.line
    return (1 + wider[:, None] * near_root).astype(np.float32)
