"""Where strands are rooted: spread evenly over the part of the scalp where guides grow.

Candidates follow each other along a golden-ratio sequence over the scalp's triangles, ordered along
a Hilbert curve, so that every beginning of the row covers the scalp evenly: fewer strands are the
first of many.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from jaxtyping import Bool, Float, Float32, Int32, Integer
from scipy.spatial import KDTree

from reconstruction_backend.hair.hairstyle import HairGuides
from reconstruction_backend.hair.scalp import ALL_CORES, scalp_of
from reconstruction_backend.head_model import HeadModel, SurfacePoints
from reconstruction_backend.tangents import unit

_NEIGHBOURS, _WIDE_NEIGHBOURS = 8, 24
"""Guides about a root that say what grows there, and that say whether hair parts there."""
_CANDIDATES = 3 << 17
_PROBE = 4096
"""Candidates from which the share that bears hair is estimated."""
_GOLDEN = 0.6180339887498949
_HILBERT_BITS = 8
_BLENDED = 5
"""Neighbours that a strand is blended from, at most."""
_DENSE_TO, _BARE_FROM = 0.75, 1.35
"""In spacings of the guides: nearer to one than the first there is hair, beyond the second none."""
_EDGE_FROM, _EDGE_TO = 0.4, 0.85
"""How one-sidedly guides lie about a root that is on the edge of the hair."""
_EDGE_DENSITY = 0.3
"""Share of strands that is missing right at the edge."""
_EARLY_M = 0.012
"""Over this length from the root it is judged whether guides part."""
_DIRECTION_STEPS = 16
"""To which directions are rounded: what a cut changes in them is no reason for other roots."""
_CROWD = 4
"""How much denser roots are on a parting's line and in a whorl: no other hair lies over them."""
_BESIDE_LINE = 0.4
"""Share of the roots of the line that is missing beside it, where hair parts."""
_TOGETHER, _APART = 0.04, 0.3
"""One less the length of the mean direction of guides that go together, and of such that part."""
_OTHER_WAY = 0.3
"""Cosine below which two guides go different ways."""
_LINE_FROM, _LINE_TO = 0.5, 0.95
"""Distance to the nearest guide over that to the nearest which goes another way, on a parting."""
_PART_SHARE = 0.8
"""Between bundles: nearer than this to the middle between two, the scalp is bare."""


@dataclass(frozen=True, eq=False)
class StrandRoots:
    """N roots and the guides that lead their strands."""

    candidate: Int32[np.ndarray, "N"]
    """Ascending numbers in the row of candidates: the same strand has the same one always."""
    points: SurfacePoints
    uv: Float32[np.ndarray, "N 2"]
    template_m: Float32[np.ndarray, "N 3"]
    """Where they lie on the model's template, on which neighbourhood is measured."""
    guide: Int32[np.ndarray, "N K"]
    """The guides to blend, nearest first."""
    weight: Float32[np.ndarray, "N K"]
    """Of each guide; rows sum to one, and other wisps than the nearest guide's have zero."""
    edge: Float32[np.ndarray, "N"]
    """0 in the midst of the hair, 1 at its edge."""
    apart: Float32[np.ndarray, "N"]
    """0 where guides about the root go together, 1 where they part or turn out from a whorl."""
    line: Float32[np.ndarray, "N"]
    """1 on the very line of a parting and in the middle of a whorl, 0 beside it."""


@dataclass(frozen=True)
class _Candidates:
    points: SurfacePoints
    uv: Float32[np.ndarray, "N 2"]
    template_m: Float32[np.ndarray, "N 3"]
    chance: Float32[np.ndarray, "N"]
    """What decides whether a strand grows where hair is thin."""
    corner: Int32[np.ndarray, "N"]
    """Each one's row in `triangle_m`."""
    triangle_m: Float32[np.ndarray, "T 3"]
    """Middles of the scalp's triangles."""

    def take(self, rows: Integer[np.ndarray, "K"]) -> "_Candidates":
        """Some of them."""
        points = SurfacePoints(self.points.triangle[rows], self.points.barycentric[rows])
        return _Candidates(
            points,
            self.uv[rows],
            self.template_m[rows],
            self.chance[rows],
            self.corner[rows],
            self.triangle_m,
        )


@dataclass(frozen=True)
class _Neighbourhood:
    guide: Int32[np.ndarray, "N K"]
    distance_m: Float32[np.ndarray, "N K"]
    edge: Float32[np.ndarray, "N"]


def strand_roots(model: HeadModel, guides: HairGuides, strands: int, bundled: bool) -> StrandRoots:
    """At most `strands` roots where the guides grow; bundles leave parts between them bare."""
    early = np.rint(_DIRECTION_STEPS * _early_directions(guides)).astype(np.int8)
    uv, wisp = guides.root_uv.tobytes(), guides.wisp.tobytes()
    return _strand_roots(model, uv, wisp, early.tobytes(), strands, bundled)


@lru_cache(maxsize=8)
def clump_middles(roots: StrandRoots, wisp: bytes | None, count: int) -> Int32[np.ndarray, "N"]:
    """The strand in the middle of each one's clump: the nearest of the first `count`.

    Of the same wisp, if wisps of the guides are given (int32 bytes); strands that find none are
    their own. Middles are their own.
    """
    at = roots.template_m
    k = min(3, count)
    near = KDTree(at[:count]).query(at, k=k, workers=ALL_CORES)[1].reshape(len(at), k)
    own = np.arange(len(at))
    if wisp is None:
        chosen = near[:, 0]
    else:
        of_strand = np.frombuffer(wisp, np.int32)[roots.guide[:, 0]]
        same = of_strand[near] == of_strand[:, None]
        chosen = np.where(same.any(axis=1), near[own, same.argmax(axis=1)], own)
    chosen[:count] = own[:count]
    return chosen.astype(np.int32)


@lru_cache(maxsize=4)
def _strand_roots(
    model: HeadModel, root_uv: bytes, wisp: bytes, early: bytes, strands: int, bundled: bool
) -> StrandRoots:
    """Remembered, since lengths, curls and colours change and roots stay."""
    guide_uv = np.frombuffer(root_uv, np.float32).reshape(-1, 2)
    candidates = _candidates(model)
    scalp = scalp_of(model)
    on_template = model.surface_points(scalp.locate(guide_uv)[0], model.template_m)
    direction = np.frombuffer(early, np.int8).reshape(-1, 3).astype(np.float32)
    field = _GuideField(
        on_template.astype(np.float32), np.frombuffer(wisp, np.int32), unit(direction), bundled
    )
    apart = field.apart(candidates.triangle_m)[candidates.corner]
    # where guides part all candidates stand for election, elsewhere one of `_CROWD` in turn
    turn = np.arange(_CANDIDATES) % _CROWD + candidates.chance
    stands = np.flatnonzero(turn < 1 + (_CROWD - 1) * apart)
    candidates, apart = candidates.take(stands), apart[stands]
    probe = candidates.take(np.arange(min(_PROBE, len(stands))))
    share = (field.near(probe.template_m)[0] > probe.chance).mean()
    count = int(1.1 * strands / max(share, 1e-3)) + _PROBE
    density, near = field.near(candidates.template_m[:count])
    line = field.line(near)
    density *= 1 - _BESIDE_LINE * apart[:count] * (1 - line)
    kept = np.flatnonzero(density > candidates.chance[:count])[:strands].astype(np.int32)
    guide, weight = field.blend(near.guide[kept], near.distance_m[kept])
    chosen = candidates.take(kept)
    return StrandRoots(
        stands[kept].astype(np.int32),
        chosen.points,
        chosen.uv,
        chosen.template_m,
        guide,
        weight,
        near.edge[kept],
        apart[kept],
        line[kept],
    )


def _early_directions(guides: HairGuides) -> Float32[np.ndarray, "G 3"]:
    """Unit vectors from the root to where each guide is soon after it."""
    steps = np.linalg.norm(np.diff(guides.points_m, axis=1), axis=2)
    walked = np.cumsum(steps, axis=1)
    last = np.minimum((walked < _EARLY_M).sum(axis=1), steps.shape[1] - 1)
    own = np.arange(guides.count)
    before = walked[own, last] - steps[own, last]
    part = np.clip((_EARLY_M - before) / np.maximum(steps[own, last], 1e-9), 0, 1)[:, None]
    low, high = guides.points_m[own, last], guides.points_m[own, last + 1]
    return unit(low + part * (high - low) - guides.points_m[:, 0]).astype(np.float32)


@dataclass(frozen=True)
class _GuideField:
    """Guides on the template: who is near, and does hair grow here."""

    root_m: Float32[np.ndarray, "G 3"]
    wisp: Int32[np.ndarray, "G"]
    early: Float32[np.ndarray, "G 3"]
    """Which way they leave the skin, unit."""
    bundled: bool

    @cached_property
    def _tree(self) -> KDTree:
        return KDTree(self.root_m)

    def near(
        self, at: Float32[np.ndarray, "N 3"]
    ) -> tuple[Float32[np.ndarray, "N"], _Neighbourhood]:
        """How densely hair grows at places, 0 to 1, and the guides about them."""
        near = self._near(at)
        first = near.distance_m[:, 0] / self._spacing_m()
        density = 1 - _smoothstep(_DENSE_TO, _BARE_FROM, first + 0.3 * (_ripple(at) - 0.5))
        density *= 1 - _EDGE_DENSITY * near.edge
        if self.bundled:
            density *= ~self._on_part(near)
        return density, near

    def apart(self, at: Float32[np.ndarray, "N 3"]) -> Float32[np.ndarray, "N"]:
        """How far guides about places part, 0 to 1; those of bundles do not count."""
        if self.bundled:
            return np.zeros(len(at), np.float32)
        k = min(_WIDE_NEIGHBOURS, len(self.root_m))
        near = self._tree.query(at, k=k, workers=ALL_CORES)[1].reshape(len(at), k)
        mean = self.early[near].mean(axis=1)
        return _smoothstep(_TOGETHER, _APART, 1 - np.linalg.norm(mean, axis=1))

    def line(self, near: _Neighbourhood) -> Float32[np.ndarray, "N"]:
        """Whether places lie in the middle between guides that go different ways."""
        early = self.early[near.guide]
        other = np.einsum("nkd,nd->nk", early, early[:, 0]) < _OTHER_WAY
        to_other = np.where(other, near.distance_m, np.inf).min(axis=1)
        return _smoothstep(_LINE_FROM, _LINE_TO, near.distance_m[:, 0] / to_other)

    def blend(
        self, guide: Int32[np.ndarray, "N K"], distance_m: Float32[np.ndarray, "N K"]
    ) -> tuple[Int32[np.ndarray, "N B"], Float32[np.ndarray, "N B"]]:
        """Weights that fall to nothing at the farthest neighbour, within one wisp."""
        if self.bundled:
            return guide[:, :1], np.ones((len(guide), 1), np.float32)
        reach = distance_m[:, -1:] + 1e-6
        weight = (1 - distance_m / reach) ** 2 / (distance_m + 0.15 * reach)
        weight[:, 0] += 1e-3
        weight = np.where(self.wisp[guide] == self.wisp[guide[:, :1]], weight, 0)
        order = np.argsort(-weight, axis=1, kind="stable")[:, :_BLENDED]
        weight = np.take_along_axis(weight, order, axis=1)
        weight /= weight.sum(axis=1, keepdims=True)
        return np.take_along_axis(guide, order, axis=1), weight.astype(np.float32)

    def _near(self, at: Float32[np.ndarray, "N 3"]) -> _Neighbourhood:
        k = min(_NEIGHBOURS, len(self.root_m))
        distance, guide = self._tree.query(at, k=k, workers=ALL_CORES)
        distance = distance.reshape(len(at), k).astype(np.float32)
        guide = guide.reshape(len(at), k).astype(np.int32)
        offset = np.linalg.norm(self.root_m[guide].mean(axis=1) - at, axis=1)
        one_sided = offset / np.maximum(distance.mean(axis=1), 1e-6)
        return _Neighbourhood(guide, distance, _smoothstep(_EDGE_FROM, _EDGE_TO, one_sided))

    def _spacing_m(self) -> float:
        if len(self.root_m) < 3:
            return 0.01
        second = self._tree.query(self.root_m, k=3)[0][:, 2]
        return float(max(np.median(second), 1e-3))

    def _on_part(self, near: _Neighbourhood) -> Bool[np.ndarray, "N"]:
        other = self.wisp[near.guide] != self.wisp[near.guide[:, :1]]
        to_other = np.where(other, near.distance_m, np.inf).min(axis=1)
        return near.distance_m[:, 0] > _PART_SHARE * to_other


@lru_cache(maxsize=2)
def _candidates(model: HeadModel) -> _Candidates:
    scalp = scalp_of(model)
    order = np.argsort(_hilbert(scalp.corners_uv.mean(axis=1)), kind="stable")
    triangle = scalp.triangle[order]
    a, b, c = model.template_m[model.triangles[triangle]].astype(np.float64).transpose(1, 0, 2)
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    cumulated = np.cumsum(area) / area.sum()
    along = (0.5 + _GOLDEN * np.arange(_CANDIDATES)) % 1
    chosen = np.minimum(np.searchsorted(cumulated, along, side="right"), len(area) - 1)
    random = np.random.default_rng(0).random((_CANDIDATES, 3))
    root, across = np.sqrt(random[:, 0]), random[:, 1]
    weights = np.stack([1 - root, root * (1 - across), root * across], axis=1)
    points = SurfacePoints(triangle[chosen], weights.astype(np.float32))
    at = model.surface_points(points, model.template_m).astype(np.float32)
    middles = ((a + b + c) / 3).astype(np.float32)
    chance = random[:, 2].astype(np.float32)
    return _Candidates(
        points, scalp.coordinates(points), at, chance, chosen.astype(np.int32), middles
    )


def _hilbert(uv: Float[np.ndarray, "N 2"]) -> Int32[np.ndarray, "N"]:
    """Position along a Hilbert curve over the unit square."""
    side = 1 << _HILBERT_BITS
    x, y = np.clip((uv * side).astype(np.int32), 0, side - 1).T
    position = np.zeros(len(uv), np.int32)
    half = side >> 1
    while half:
        right, upper = (x & half) > 0, (y & half) > 0
        position += half * half * ((3 * right.astype(np.int32)) ^ upper.astype(np.int32))
        flip = ~upper & right
        x, y = np.where(flip, side - 1 - x, x), np.where(flip, side - 1 - y, y)
        x, y = np.where(upper, x, y), np.where(upper, y, x)
        half >>= 1
    return position


def _ripple(at: Float32[np.ndarray, "N 3"]) -> Float32[np.ndarray, "N"]:
    """Soft unevenness over centimetres in [0, 1], so that no edge is a drawn line."""
    x, y, z = (at * 1000).T
    wave = np.sin(0.71 * x + 1.3 * np.sin(0.23 * z)) + np.sin(0.53 * y - 0.61 * z + 0.9)
    return (0.5 + 0.25 * wave).astype(np.float32)


def _smoothstep(
    low: float, high: float, value: Float32[np.ndarray, "N"]
) -> Float32[np.ndarray, "N"]:
    share = np.clip((value - low) / (high - low), 0, 1)
    return (share * share * (3 - 2 * share)).astype(np.float32)
