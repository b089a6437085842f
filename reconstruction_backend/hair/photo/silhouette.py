"""A start's strands brought to the photo's volume: as thick and as long as the silhouette shows.

A style of another head is changed as a whole, smoothly, and stays the style that it is: what a
photo cannot show, the crown and the back, goes with what it shows (after the deformation of
retrieved exemplars in Hu et al. 2015 and Chai et al. 2016).
"""

import math

import numpy as np
from jaxtyping import Bool, Float, Float32, Int
from scipy.ndimage import gaussian_filter1d

from reconstruction_backend.hair.photo import chart_kernels
from reconstruction_backend.hair.photo.chart import COLUMNS, ROW_M, ROWS
from reconstruction_backend.hair.photo.volume import HairVolume
from reconstruction_backend.hair.resample import lengths_m, resampled, shortened

THICKER = (0.35, 2.2)
"""By which factor a start's thickness may change."""
_THICKNESS_STIFFNESS = 0.6
"""Of the factor's smoothness over the chart, against a silhouette's weight of one."""
_TO_NONE = 0.002
"""Pull of the factor to one where no silhouette is near."""
_TO_NONE_FACING = 0.06
"""Likewise towards the camera, where a photo does not show how far hair stands off."""
_SWEEPS, _OVER = 60, 1.8
_WALKED_POINTS = 64
_LEAST_M = 0.004
"""Start and photo are compared where the start is at least as thick."""
LENGTHENED, CUT = 0.12, 0.25
"""Metres by which a strand may grow or be cut, at most."""
_ENDS_COLUMNS = 3.0
"""Deviation, in columns, over which ends are smooth."""
_END_QUANTILE = 0.9
_FEW_TIPS = 2.0


def to_silhouette(
    points_m: Float32[np.ndarray, "N P 3"], volume: HairVolume
) -> Float32[np.ndarray, "N P 3"]:
    """Thickness above the skin times what the silhouette asks for, smoothly over all directions."""
    draped = volume.draped_m
    outer = surface_radius(points_m, volume)
    given, wanted = outer - draped, volume.outer_m - draped
    told = volume.measured & volume.occupied & (given > _LEAST_M)
    factor = np.clip(wanted / np.maximum(given, _LEAST_M), *THICKER)
    log = np.where(told, np.log(factor), 0).astype(np.float32)
    to_none = _TO_NONE + _TO_NONE_FACING * volume.facing.clip(0)
    weight = np.where(told, 1.0, to_none).astype(np.float32)
    values = np.zeros((1, ROWS, COLUMNS, 1), np.float32)
    everywhere = np.ones((1, ROWS, COLUMNS), np.bool_)
    chart_kernels.relax(
        values, log[None, ..., None], weight[None], everywhere, _THICKNESS_STIFFNESS, 0.0,
        _SWEEPS, _OVER,
    )  # fmt: skip
    return _thickened(points_m, volume, np.exp(values[0, :, :, 0]))


def surface_radius(
    points_m: Float32[np.ndarray, "N P 3"], volume: HairVolume
) -> Float32[np.ndarray, "R C"]:
    """The outermost radius of strands in each direction; 0 where there are none."""
    walked = resampled(points_m, _WALKED_POINTS).reshape(-1, 3)
    place = volume.chart.coordinates(walked)
    row = np.rint(place[:, 0]).astype(int).clip(0, ROWS - 1)
    column = np.rint(place[:, 1]).astype(int) % COLUMNS
    outer = np.zeros((ROWS, COLUMNS), np.float32)
    np.maximum.at(outer, (row, column), place[:, 2])
    return _spread(outer)


def _spread(outer: Float32[np.ndarray, "R C"]) -> Float32[np.ndarray, "R C"]:
    """The largest of each cell and its neighbours: guides are sparse."""
    wide = np.concatenate([outer[:, -1:], outer, outer[:, :1]], axis=1)
    wide = np.maximum(np.maximum(wide[:, :-2], wide[:, 1:-1]), wide[:, 2:])
    tall = np.concatenate([wide[:1], wide, wide[-1:]])
    return np.maximum(np.maximum(tall[:-2], tall[1:-1]), tall[2:])


def _thickened(
    points_m: Float32[np.ndarray, "N P 3"],
    volume: HairVolume,
    factor: Float32[np.ndarray, "R C"],
) -> Float32[np.ndarray, "N P 3"]:
    """Points moved along the chart's directions: heights above the draped skin times the factor."""
    flat = points_m.reshape(-1, 3)
    place = volume.chart.coordinates(flat)
    height = place[:, 2] - chart_kernels.sample_many(volume.draped_m, place)
    times = chart_kernels.sample_many(factor.astype(np.float32), place)
    shift = np.maximum(height, 0) * (times - 1)
    moved = flat + shift[:, None] * volume.chart.outward(flat)
    moved = moved.reshape(points_m.shape)
    moved[:, 0] = points_m[:, 0]
    return moved.astype(np.float32)


def to_ends(
    points_m: Float32[np.ndarray, "N P 3"], volume: HairVolume
) -> Float32[np.ndarray, "N P 3"]:
    """Strands cut, or gone on as they end, so that hair hangs as far down as the photo's."""
    tips = volume.chart.coordinates(points_m[:, -1])
    column = np.rint(tips[:, 1]).astype(int) % COLUMNS
    end, known = _ends(tips[:, 0], column, volume.scalp_row)
    wanted = np.where(volume.occupied, np.arange(ROWS)[:, None], 0).max(axis=0)
    grows = np.where(before_face(), 0.0, LENGTHENED)
    short = np.clip(ROW_M * (wanted - end), -CUT, grows) * known
    short = gaussian_filter1d(short, _ENDS_COLUMNS, mode="wrap")
    edge = volume.scalp_row[column]
    hangs = np.clip((tips[:, 0] - edge) / np.maximum(end[column] - edge, 1), 0, 1)
    return with_lengths(points_m, lengths_m(points_m) + short[column] * hangs)


def before_face() -> Bool[np.ndarray, "C"]:
    """Columns over the face, in which a fringe hangs."""
    azimuth = (np.arange(COLUMNS) + 0.5) / COLUMNS * 2 * math.pi - math.pi
    return np.abs(azimuth) < _FACE


_FACE = math.radians(50)


def _ends(
    row: Float32[np.ndarray, "N"],
    column: Int[np.ndarray, "N"],
    edge: Float32[np.ndarray, "C"],
) -> tuple[Float[np.ndarray, "C"], Float[np.ndarray, "C"]]:
    """How far down tips hang about every column, and how surely that is known (0 to 1)."""
    end, known = np.array(edge, np.float64), np.zeros(COLUMNS)
    for c in range(COLUMNS):
        off = np.abs(np.mod(column - c + COLUMNS // 2, COLUMNS) - COLUMNS // 2)
        here = row[(off <= _ENDS_COLUMNS) & (row > edge[c])]
        if len(here):
            end[c] = np.quantile(here, _END_QUANTILE)
            known[c] = min(len(here) / _FEW_TIPS, 1)
    return end, known


def with_lengths(
    points_m: Float32[np.ndarray, "N P 3"], wanted_m: Float[np.ndarray, "N"]
) -> Float32[np.ndarray, "N P 3"]:
    """Cut, or gone on straight from the tips, to the lengths given (at least a tenth of theirs)."""
    length = lengths_m(points_m)
    wanted = np.maximum(wanted_m, _LEAST_LEFT * length)
    step = points_m[:, -1] - points_m[:, -2]
    step /= np.maximum(np.linalg.norm(step, axis=1, keepdims=True), 1e-9)
    tip = points_m[:, -1] + np.maximum(wanted - length, 0)[:, None] * step
    longer = np.concatenate([points_m, tip[:, None]], axis=1)
    longer = resampled(longer.astype(np.float32), points_m.shape[1])
    return shortened(longer, np.minimum(wanted / np.maximum(length, 1e-6), 1).astype(np.float32))


_LEAST_LEFT = 0.1
