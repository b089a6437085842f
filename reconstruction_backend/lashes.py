"""Eyelashes on any head model: strands that grow from the front edges of its lids.

Where, how long and how curled follows photographs of untreated lashes: the upper ones are longer,
lean away from the nose and curl up, the lower ones are shorter and hang; neighbours gather in small
groups at their tips. Both eyes are mirror images, and the same model always grows the same lashes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Float32, Int32, UInt8

from reconstruction_backend.color import LUMINANCE, linear_from_srgb
from reconstruction_backend.head_model import HeadModel, SurfacePoints
from reconstruction_backend.lid_margins import (
    LIDS,
    SIDES,
    Lid,
    LidMargin,
    Side,
    lid_margin,
)
from reconstruction_backend.strands import Ribbons, StrandBinding, bind, ribbons
from reconstruction_backend.tangents import unit

POINTS = 6
"""Along each lash; the last is its tip."""
DARKEST, LIGHTEST = 0.006, 0.055
"""Linear luminance between which lashes lie: black, and the brown of red or fair people's."""
_SEED = 5
_PATCH_RADIUS_M, _PATCH_SIZE = 0.0030, 40
_BROW_WEIGHT, _BROW_DARK_SHARE = 0.5, 0.15
_DARKER_THAN_BROWS = 0.45
_SATURATION_KEPT = 0.6
_TURN_TOGETHER = 4
_STILL_M = 1.5e-4
"""Lashes about which the skin moves by less keep still."""


@dataclass(frozen=True)
class LashStyle:
    """How the lashes of one lid grow; angles in degrees, lengths in metres."""

    count: int
    between: tuple[float, float]
    """Shares of the way from the inner corner to the outer between which they grow."""
    length_m: tuple[float, float, float]
    """At the inner end, two thirds along, and at the outer end."""
    leaves_at_deg: float
    """Elevation at the root above level."""
    curl_deg: float
    """Turn from root to tip, upward."""
    lean_deg: tuple[float, float]
    """Away from the nose, at the inner and at the outer end."""
    half_width_m: float


UPPER = LashStyle(92, (0.15, 0.985), (0.0060, 0.0092, 0.0082), -20.0, 62.0, (-22.0, 46.0), 6.0e-5)
LOWER = LashStyle(52, (0.22, 0.97), (0.0040, 0.0056, 0.0054), -18.0, -42.0, (-16.0, 40.0), 4.5e-5)
STYLES: dict[Lid, LashStyle] = {"upper": UPPER, "lower": LOWER}
_CLUMP_LASHES = 3.4
_CLUMPING = 0.42
"""Share of the way to their group's middle that the tips go."""
_LENGTH_SPREAD, _ANGLE_SPREAD_DEG = 0.10, 5.0
_TWIST_DEG = 40.0
"""Bands are turned about their length by this, either way, so that no view sees all edge-on."""
_TAPER, _TAPER_POWER = 0.8, 1.6
"""Bands narrow to a fifth before their tip: thinner, a screen's pixels would miss them."""


@dataclass(frozen=True)
class Lashes:
    """The lashes of both eyes on a head model's template, bound to its skin."""

    model: HeadModel
    binding: StrandBinding
    bands: Ribbons

    @property
    def triangles(self) -> Int32[np.ndarray, "F 3"]:
        """Indices into the vertices of all lashes."""
        return self.bands.triangles

    def vertices(self, vertices_m: Float[np.ndarray, "V 3"]) -> Float32[np.ndarray, "L 3"]:
        """Where the bands' vertices lie on a head of the given vertices, metres."""
        carried = self.binding.carry(self.bands.offsets_m, self.model, vertices_m)
        return carried.reshape(-1, 3)

    def normals(self, vertices_m: Float[np.ndarray, "V 3"]) -> Float32[np.ndarray, "L 3"]:
        """Unit normals of the bands there."""
        frames = self.binding.frames(vertices_m)
        return np.einsum("nij,nrj->nri", frames, self.bands.normals).reshape(-1, 3)

    def displacements(
        self,
        rest_m: Float[np.ndarray, "V 3"],
        changes_m: Sequence[Float[np.ndarray, "V 3"]],
    ) -> list[Float32[np.ndarray, "L 3"]]:
        """How the vertices move when the head's move from rest; lashes that keep still stay put."""
        rest = self.binding.carry(self.bands.offsets_m, self.model, rest_m)
        moved = np.zeros((len(changes_m), *rest.shape), np.float32)
        for by, change in zip(moved, changes_m, strict=True):
            length = np.abs(change[self.binding.patch_vertex]).max(axis=(1, 2))
            groups = np.flatnonzero(length > _STILL_M)
            rows = np.flatnonzero(np.isin(self.binding.group, groups))
            some, offsets = self.binding.of_groups(groups), self.bands.offsets_m[rows]
            by[rows] = some.carry(offsets, self.model, rest_m + change) - rest[rows]
        return [by.reshape(-1, 3) for by in moved]

    def skinning_weights(self) -> Float32[np.ndarray, "L J"]:
        """The joints' weights of every vertex."""
        per_band = self.bands.offsets_m.shape[1]
        return np.repeat(self.binding.skinning_weights(self.model), per_band, axis=0)


def has_lids(model: HeadModel) -> bool:
    """Whether the model has skin and eyeballs, between which lids have their edges."""
    return {"skin", "eyeball_left", "eyeball_right"} <= set(model.part_names)


@lru_cache(maxsize=4)
def grow_lashes(model: HeadModel) -> Lashes:
    """The lashes of a head model; kept for the next call with the same model object."""
    grown = [_grow(model, side, lid) for side in SIDES for lid in LIDS]
    roots = SurfacePoints(
        np.concatenate([roots.triangle for roots, _ in grown]),
        np.concatenate([roots.barycentric for roots, _ in grown]),
    )
    groups = _groups([len(roots.triangle) for roots, _ in grown])
    binding = bind(model, roots, groups, "skin", _PATCH_RADIUS_M, _PATCH_SIZE)
    return Lashes(model, binding, _joined([bands for _, bands in grown]))


def lash_colour(model: HeadModel, albedo: UInt8[np.ndarray, "T T 3"]) -> Float32[np.ndarray, "3"]:
    """Linear albedo: darker than the darkest of the painted brows, within what lashes are."""
    size = len(albedo)
    brows = np.zeros(model.vertex_count, bool)
    if "brows" in model.region_names:
        brows = model.region("brows") > _BROW_WEIGHT
    corners = brows[model.triangles].all(axis=1)
    u, v = model.uv[np.unique(model.triangles_uv[corners])].T
    column, row = (np.clip((c * size).astype(int), 0, size - 1) for c in (u, v))
    shown = linear_from_srgb(albedo[row, column])
    if len(shown) == 0:
        return np.full(3, DARKEST, np.float32)
    luminance = shown @ LUMINANCE
    darkest = np.argsort(luminance)[: max(int(_BROW_DARK_SHARE * len(shown)), 1)]
    dark = shown[darkest].mean(axis=0)
    level = float(dark @ LUMINANCE)
    muted = _SATURATION_KEPT * dark + (1 - _SATURATION_KEPT) * max(level, DARKEST)
    wanted = float(np.clip(_DARKER_THAN_BROWS * level, DARKEST, LIGHTEST))
    return (muted * (wanted / (muted @ LUMINANCE))).astype(np.float32)


def _groups(counts: list[int]) -> Int32[np.ndarray, "N"]:
    """Neighbours that turn together, never across two lids."""
    groups: list[np.ndarray] = []
    first = 0
    for count in counts:
        groups.append(first + np.arange(count) // _TURN_TOGETHER)
        first = int(groups[-1][-1]) + 1
    return np.concatenate(groups).astype(np.int32)


def _joined(bands: list[Ribbons]) -> Ribbons:
    """Several sets of bands as one."""
    starts = np.cumsum([0] + [band.offsets_m.shape[0] * band.offsets_m.shape[1] for band in bands])
    return Ribbons(
        np.concatenate([band.offsets_m for band in bands]),
        np.concatenate([band.normals for band in bands]),
        np.concatenate(
            [band.triangles + int(start) for band, start in zip(bands, starts[:-1], strict=True)]
        ).astype(np.int32),
    )


def _grow(model: HeadModel, side: Side, lid: Lid) -> tuple[SurfacePoints, Ribbons]:
    """Roots and bands of one lid."""
    style, margin = STYLES[lid], lid_margin(model, side, lid, "front")
    rng = np.random.default_rng((_SEED, LIDS.index(lid)))
    place = _places(style, rng)
    cut = np.rint(place * (len(margin.share) - 1)).astype(int)
    roots = SurfacePoints(margin.points.triangle[cut], margin.points.barycentric[cut])
    curves, across = _curves(model, margin, style, cut, rng)
    taper = 1 - _TAPER * np.linspace(0, 1, POINTS) ** _TAPER_POWER
    width = style.half_width_m * taper * rng.uniform(0.85, 1.1, (len(cut), 1))
    return roots, ribbons(curves, across, width)


def _places(style: LashStyle, rng: np.random.Generator) -> Float[np.ndarray, "N"]:
    """Shares along the lid, even but for some disorder."""
    first, last = style.between
    step = (last - first) / style.count
    places = first + step * (np.arange(style.count) + 0.5)
    return places + rng.uniform(-0.4, 0.4, style.count) * step


def _curves(
    model: HeadModel,
    margin: LidMargin,
    style: LashStyle,
    cut: Int32[np.ndarray, "N"] | np.ndarray,
    rng: np.random.Generator,
) -> tuple[Float[np.ndarray, "N 6 3"], Float[np.ndarray, "N 3"]]:
    """Lashes from their root as the origin, and the direction in which each band is wide."""
    count = len(cut)
    along = (margin.share[cut] - style.between[0]) / (style.between[1] - style.between[0])
    outward, up = margin.outward[cut].astype(np.float64), margin.up.astype(np.float64)
    line = margin.positions(model, model.template_m)
    sideways = unit(line[-1] - line[0])  # away from the nose
    lean = np.radians(np.interp(along, [0, 1], style.lean_deg) + _spread(rng, count))
    level = unit(outward - np.outer(outward @ sideways, sideways))
    # both eyes lean about the head's forward, not about the bulge of their lids
    heading = np.cos(lean)[:, None] * level + np.sin(lean)[:, None] * sideways
    start = np.radians(style.leaves_at_deg + _spread(rng, count))
    curl = np.radians(style.curl_deg * rng.uniform(0.8, 1.2, count))
    length = np.interp(along, [0, 2 / 3, 1], style.length_m)
    length = length * (1 + _LENGTH_SPREAD * rng.uniform(-1.6, 1, count))
    t = (np.arange(POINTS - 1) + 0.5) / (POINTS - 1)
    elevation = start[:, None] + curl[:, None] * t
    step = (length / (POINTS - 1))[:, None, None] * (
        np.cos(elevation)[..., None] * heading[:, None] + np.sin(elevation)[..., None] * up
    )
    curves = np.concatenate([np.zeros((count, 1, 3)), np.cumsum(step, axis=1)], axis=1)
    _gather(curves, line[cut], rng)
    plane = unit(np.cross(heading, up))
    rise = unit(np.cross(plane, heading))
    twist = np.radians(_TWIST_DEG) * np.where(rng.random(count) < 0.5, -1, 1)
    across = np.cos(twist)[:, None] * plane + np.sin(twist)[:, None] * rise
    return curves, across


def _gather(
    curves_m: Float[np.ndarray, "N 6 3"],
    roots_m: Float[np.ndarray, "N 3"],
    rng: np.random.Generator,
) -> None:
    """Bend the lashes, in place, so that the tips of a group come together."""
    count = len(curves_m)
    groups = max(round(count / _CLUMP_LASHES), 1)
    order = (np.arange(count) + rng.uniform(-0.8, 0.8, count)) * groups / count
    group = np.clip(order.astype(int), 0, groups - 1)
    tips = curves_m[:, -1] + roots_m
    middle = np.stack([np.bincount(group, tips[:, axis], groups) for axis in range(3)], axis=1)
    middle /= np.maximum(np.bincount(group, minlength=groups), 1)[:, None]
    pull = (middle[group] - tips) * _CLUMPING
    curves_m += pull[:, None] * (np.linspace(0, 1, POINTS) ** 1.5)[:, None]


def _spread(rng: np.random.Generator, count: int) -> Float[np.ndarray, "count"]:
    """Small random angles, degrees."""
    return _ANGLE_SPREAD_DEG * rng.standard_normal(count)


def lash_points(
    lashes: Lashes, vertices_m: Float[np.ndarray, "V 3"]
) -> Float32[np.ndarray, "N P 3"]:
    """The middles of the bands along their length, root first, to draw or measure them as lines."""
    bands = lashes.bands.offsets_m
    inner = bands[:, :-1].reshape(len(bands), -1, 2, 3).mean(axis=2)
    centre = np.concatenate([inner, bands[:, -1:]], axis=1)
    return lashes.binding.carry(centre, lashes.model, vertices_m)
