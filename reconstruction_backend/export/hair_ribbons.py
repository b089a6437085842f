"""Hair of the GLB: many narrow bands that taper, each with a few strands on it.

Engines draw triangles, and tens of thousands of them rather than hundreds of thousands. So every
few strands are one band along one of them, at most three millimetres wide, flat to the head, with
a picture of a bundle of strands whose gaps are cut out. Coarser levels have fewer, wider bands.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int32, UInt16
from scipy.spatial import KDTree

from reconstruction_backend.errors import InvalidOption
from reconstruction_backend.export.bundle_picture import BUNDLES, MEAN_BRIGHTNESS
from reconstruction_backend.hair.hair import Hair
from reconstruction_backend.hair.resample import resampled
from reconstruction_backend.hair.skin_distance import SkinDistance
from reconstruction_backend.hair.strands import HairStrands
from reconstruction_backend.tangents import unit

HAIR_TRIANGLES = 60_000
_MOST_TRIANGLES = 2_000_000
WIDEST_M = 0.0042
_NARROWEST_M = 0.0004
_WIDTH_PER_SPACING = 2.2
"""Bands overlap: hair is in layers, and skin must not show between them."""
_SEGMENTS = (3, 4, 6, 8, 12, 16, 24)
_BEND_M = 0.002
"""How far a band may cut a corner of its strand, at most of strands."""
_MOST = 0.9
_TWIST_RAD = 0.35
"""Bands are turned about their length by up to this, so that no view sees all edge-on."""
_PROFILE = ((0.0, 0.1, 0.6, 1.0), (0.8, 1.0, 1.0, 0.4))
"""Width over the widest, by share of the length."""
_GRADIENT_M = 0.004
_UINT16 = np.iinfo(np.uint16).max
LEVELS = (1.0, 0.2, 0.05)
"""Triangles of the levels of detail, over the first's."""
_ABOUT, _OWN_COLOUR = 24, 0.2
"""Strands that give a band its colour, and the share that is its own strand's."""
_BUNDLE_MARGIN = 0.04
_SCATTERED = 1.25
"""Light that strands pass on to each other, as in `cameo render`: engines know only the first."""
_DIRECTIONS = 14
"""Along an edge of the cube of directions from the head's middle."""
_OUTERMOST = 0.85
"""Quantile of the heights of hair in one direction: what is higher is stray."""
_DEEP_M, _DARKEST = 0.012, 0.55
"""Depth under the outermost hair at which light has fallen to 1/e of the way to the darkest."""


@dataclass(frozen=True)
class HairBands:
    """Bands as a mesh of W vertices, on the person's neutral head."""

    points_m: Float32[np.ndarray, "W 3"]
    normals: Float32[np.ndarray, "W 3"]
    """Away from the head, so that hair is lit as one body."""
    tangents: Float32[np.ndarray, "W 4"]
    """Across the band, as u runs."""
    uv: Float32[np.ndarray, "W 2"]
    """v runs from root to tip."""
    color: UInt16[np.ndarray, "W 3"]
    """Linear RGB over 65535, to be multiplied by the bundle's picture."""
    triangles: Int32[np.ndarray, "F 3"]


def check_hair_triangles(triangles: int) -> None:
    """Raises InvalidOption for a budget that makes no sense."""
    if not 0 <= triangles <= _MOST_TRIANGLES:
        raise InvalidOption(f"Hair takes from 0 to {_MOST_TRIANGLES:,} triangles.")


def hair_levels(hair: Hair, triangles: int) -> tuple[HairBands, ...]:
    """The levels of detail, finest first; the first has about `triangles`."""
    strands = hair.strands()
    segments = _segments_needed(strands)
    levels: list[HairBands] = []
    for share in LEVELS:
        fewer = max(segments // (1 if share == 1 else 2), _SEGMENTS[0])
        count = int(np.clip(triangles * share / (2 * fewer), 1, strands.count))
        widest = WIDEST_M / np.sqrt(share)
        levels.append(_bands(strands, hair.skin, count, fewer, float(widest)))
    return tuple(levels)


def _segments_needed(strands: HairStrands) -> int:
    """The fewest with which bands follow almost all strands."""
    points = strands.points_m[:1000]
    for segments in _SEGMENTS:
        if segments >= points.shape[1] - 1:
            break
        coarse = resampled(resampled(points, segments + 1), points.shape[1])
        off = np.linalg.norm(coarse - resampled(points, points.shape[1]), axis=2).max(axis=1)
        if np.quantile(off, _MOST) < _BEND_M:
            return segments
    return min(_SEGMENTS[-1], max(points.shape[1] - 1, _SEGMENTS[0]))


def _bands(
    strands: HairStrands, skin: SkinDistance, count: int, segments: int, widest_m: float
) -> HairBands:
    """Bands along the first `count` strands."""
    lines = resampled(strands.points_m[:count], segments + 1)
    share = np.linspace(0, 1, segments + 1)
    along = unit(np.gradient(lines, axis=1))
    out = _outward(skin, lines, along)
    twist = np.random.default_rng(0).uniform(-_TWIST_RAD, _TWIST_RAD, count)[:, None, None]
    wide = np.cos(twist) * np.cross(along, out) + np.sin(twist) * out
    width = _width_m(lines, widest_m) * np.interp(share, *_PROFILE)
    reach = wide * (width / 2)[None, :, None]
    points = np.stack([lines - reach, lines + reach], axis=2)
    tangents = np.concatenate([wide, np.full((*wide.shape[:2], 1), -1.0)], axis=2)
    nearest = np.rint(share * (strands.points_per_strand - 1)).astype(int)
    linear = _bundle_colour(strands, count)[:, nearest] / MEAN_BRIGHTNESS
    linear *= _SCATTERED * _light_within(lines, skin)[..., None]
    color = np.rint(np.clip(linear, 0, 1) * _UINT16).astype(np.uint16)
    return HairBands(
        points.reshape(-1, 3).astype(np.float32),
        _twice(out).astype(np.float32),
        _twice(tangents).astype(np.float32),
        _bundle_uv(count, share),
        _twice(color),
        _strip_triangles(count, segments),
    )


def _bundle_colour(strands: HairStrands, count: int) -> Float32[np.ndarray, "N P 3"]:
    """Of the strands about each band: the picture has the differences within a bundle."""
    own = strands.color_linear[:count]
    few = min(_ABOUT, strands.count)
    roots = strands.points_m[:, 0]
    near = KDTree(roots).query(roots[:count], k=few)[1].reshape(count, few)
    mean = np.zeros_like(own)
    for column in near.T:
        mean += strands.color_linear[column] / few
    return (_OWN_COLOUR * own + (1 - _OWN_COLOUR) * mean).astype(np.float32)


def _light_within(
    lines: Float32[np.ndarray, "N P 3"], skin: SkinDistance
) -> Float32[np.ndarray, "N P"]:
    """Share of the light that gets to each place: less where more hair lies over it.

    What lies over it is found among the lines that leave the head in about the same direction.
    """
    centre = lines[:, 0].mean(axis=0)
    direction = unit(lines - centre).reshape(-1, 3)
    height = skin.distance(lines).reshape(-1)
    cell = np.rint((direction + 1) / 2 * (_DIRECTIONS - 1)).astype(np.int64)
    cell = cell @ np.array([_DIRECTIONS**2, _DIRECTIONS, 1])
    order = np.lexsort((height, cell))
    _, first, count = np.unique(cell[order], return_index=True, return_counts=True)
    top = height[order[first + (_OUTERMOST * (count - 1)).astype(int)]]
    over = np.maximum(np.repeat(top, count) - height[order], 0)
    light = np.empty(len(height), np.float32)
    light[order] = _DARKEST + (1 - _DARKEST) * np.exp(-over / _DEEP_M)
    return light.reshape(lines.shape[:2])


def _outward(
    skin: SkinDistance, lines: Float32[np.ndarray, "N P 3"], along: Float32[np.ndarray, "N P 3"]
) -> Float32[np.ndarray, "N P 3"]:
    """Unit directions away from the head, across the strands: the slope of the distance to it."""
    steps = np.eye(3, dtype=np.float32) * _GRADIENT_M
    slope = np.stack(
        [skin.distance(lines + step) - skin.distance(lines - step) for step in steps], axis=-1
    )
    across = slope - along * np.einsum("npd,npd->np", slope, along)[..., None]
    # a strand that stands straight up has no side that is outward
    across += np.float32(1e-6) * np.roll(along, 1, axis=2)
    across -= along * np.einsum("npd,npd->np", across, along)[..., None]
    return unit(across).astype(np.float32)


def _width_m(lines: Float32[np.ndarray, "N P 3"], widest_m: float) -> float:
    """So that neighbours overlap, at their roots and half-way."""
    if len(lines) == 1:
        return widest_m
    spacing = [
        float(np.median(KDTree(at).query(at, k=2)[0][:, 1]))
        for at in (lines[:, 0], lines[:, lines.shape[1] // 2])
    ]
    return float(np.clip(_WIDTH_PER_SPACING * max(spacing), _NARROWEST_M, widest_m))


def _bundle_uv(
    count: int, share: Float32[np.ndarray, "P"] | np.ndarray
) -> Float32[np.ndarray, "W 2"]:
    """Each band shows one of the bundles of the picture."""
    bundle = np.random.default_rng(1).integers(0, BUNDLES, count)
    sides = np.array([_BUNDLE_MARGIN, 1 - _BUNDLE_MARGIN])
    uv = np.empty((count, len(share), 2, 2), np.float32)
    uv[..., 0] = ((bundle[:, None] + sides) / BUNDLES)[:, None]
    uv[..., 1] = share[None, :, None]
    return uv.reshape(-1, 2)


def _strip_triangles(count: int, segments: int) -> Int32[np.ndarray, "F 3"]:
    """Two per segment; the outer side is the front."""
    first = 2 * np.arange(segments)[:, None]
    corners = np.array([[0, 1, 3], [0, 3, 2]])
    one = (first[:, None] + corners).reshape(-1, 3)
    start = np.arange(count)[:, None, None] * (2 * (segments + 1))
    return (one + start).reshape(-1, 3).astype(np.int32)


def _twice(rows: np.ndarray) -> np.ndarray:
    """Of the line, for both edges of the band."""
    return np.ascontiguousarray(np.repeat(rows[:, :, None], 2, axis=2).reshape(-1, rows.shape[-1]))
