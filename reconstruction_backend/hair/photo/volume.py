"""Where hair may lie about a head: off the skin, inside the photo's silhouette.

Along every direction of the chart the photo allows an interval: what it shows as background holds
no hair, nor does what lies in front of visible skin or clothes (a visual hull, Laurentini 1994).
Towards the camera and behind the head the hull is too wide; there hair is as thick as at the
silhouette, smoothly, so that its surface leaves the skin at the hairline and turns away at the
silhouette (Chai et al. 2013). How far down hair goes behind the head follows from both its sides.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, Int8

from reconstruction_backend.hair.photo import chart_kernels, volume_kernels
from reconstruction_backend.hair.photo.chart import (
    COLUMNS,
    DOME_M,
    REACH_M,
    ROW_M,
    ROWS,
    STEP_M,
    Chart,
    skin_radius,
)
from reconstruction_backend.hair.photo.picture import HairPicture
from reconstruction_backend.hair.skin_distance import SkinDistance

THINNEST_M = 0.0025
"""Of hair that is there at all: the fitted head may be a little too large."""
DRAPE_SLOPE = 0.25
"""How fast hair that hangs from the back of the head nears the neck."""
_EDGE_ON = 14
"""Power of the cosine with which a silhouette's thickness counts."""
_STIFFNESS, _SWEEPS, _OVER = 1.0, 160, 1.8
_FRONT_SHARE = 0.85
"""Thickness towards the camera over that at the silhouette."""
_HAIRY_EDGE = 0.25
"""Share of hair about skin on the silhouette from which that skin is taken to bear hair."""
_HAIRLINE_M = 0.006
_HAIRLINE_SHARE, _LYING_M = 0.5, 0.015
"""Hair thicker than lying hair begins thick at the hairline already: this share of the rest."""
_HAIRLINE_WEIGHT = 0.3
_THICKEST_M = 0.13
_HIDDEN_LENGTH_M = 0.07
"""How far hair goes on that disappears behind clothes or below the photo."""
_SIDE_FROM, _SIDE_TO = math.radians(50), math.radians(125)
"""From the camera's direction: where a head's sides are seen."""
_SIDE_QUANTILE = 0.75
_SLACK_M = 0.012
_ON_SILHOUETTE = 0.03
"""Square of the cosine between a direction and the camera's below which it is seen edge-on."""
_LONG_SIDES_M = 0.03
"""How far hair must reach below the scalp at the sides to be taken for long behind."""
_BELOW_SCALP_M = 0.006
"""How far short hair reaches below the scalp's lower edge."""


@dataclass(frozen=True)
class HairVolume:
    """The space of the photo's hair over the chart's directions (R x C)."""

    chart: Chart
    skin_m: Float32[np.ndarray, "R C"]
    """Radius of the skin."""
    draped_m: Float32[np.ndarray, "R C"]
    """Radius of the skin as hair hangs over it: without the hollows below the head."""
    outer_m: Float32[np.ndarray, "R C"]
    """Radius up to which it lies."""
    occupied: Bool[np.ndarray, "R C"]
    shown: Bool[np.ndarray, "R C"]
    """Whether the photo shows hair there."""
    blocked: Bool[np.ndarray, "R C"]
    """Whether the photo shows that there is none at the skin."""
    measured: Bool[np.ndarray, "R C"]
    """Whether its surface lies on the photo's silhouette."""
    facing: Float32[np.ndarray, "R C"]
    """Cosine of the direction with that to the camera."""
    body_depth_m: float
    """In the camera's frame: behind clothes and skin that the head model lacks, hair is hidden from
    here on."""
    scalp_row: Float32[np.ndarray, "C"]
    """The scalp's lower edge."""


def hair_volume(
    picture: HairPicture,
    chart: Chart,
    skin: SkinDistance,
    scalp_m: Float32[np.ndarray, "K 3"],
) -> HairVolume:
    """Carve the volume of a picture's hair. `scalp_m` are points all over the scalp."""
    radius = skin_radius(chart, skin)
    start, direction = chart.rays()
    camera = picture.camera
    body = _body_depth(picture, chart)
    toward = _toward_camera(picture, start)
    inner, hull, ended, visible = volume_kernels.carve(
        start, direction, radius, STEP_M, REACH_M,
        camera.rotation_camera_from_head, camera.translation_m, camera.focal_length_px,
        np.asarray(camera.principal_point_px), picture.hair, picture.background, picture.seen,
        picture.skin_depth_m, body,
    )  # fmt: skip
    facing = np.einsum("rcd,rcd->rc", direction, toward)
    turn = _turn(toward)
    thickness = _thickness(radius, hull, ended, facing, visible, turn)
    draped = _draped(radius)
    wanted = np.maximum(draped + thickness, radius + THINNEST_M)
    outer = np.minimum(hull, wanted).astype(np.float32)
    blocked = (ended == volume_kernels.BLOCKED) | _bare_edge(ended, visible) | (inner > wanted)
    outer = np.where(blocked, radius, np.maximum(outer, inner + THINNEST_M)).astype(np.float32)
    shown = (visible > 0) & ~blocked & (visible <= wanted + _SLACK_M)
    edge = scalp_edge(chart, scalp_m)
    rows = _lowest_rows(picture, shown, chart, outer, edge, turn)
    above = np.arange(ROWS)[:, None] <= rows[None]
    measured = (ended != volume_kernels.OPEN) & (facing**2 < _ON_SILHOUETTE)
    occupied = ~blocked & above & (outer > inner + THINNEST_M / 2)
    return HairVolume(
        chart,
        radius,
        draped,
        outer,
        occupied,
        shown & occupied,
        blocked,
        measured,
        facing.astype(np.float32),
        body,
        edge,
    )


def _bare_edge(
    ended: Int8[np.ndarray, "R C"], visible: Float32[np.ndarray, "R C"]
) -> Bool[np.ndarray, "R C"]:
    """Skin on the silhouette itself shows neither hair nor none: it is as its surroundings are."""
    told = (visible > 0) | (ended == volume_kernels.BLOCKED)
    hairy = np.full((1, ROWS, COLUMNS, 1), _HAIRY_EDGE, np.float32)
    chart_kernels.relax(
        hairy, (visible > 0).astype(np.float32)[None, ..., None], told[None].astype(np.float32),
        np.ones((1, ROWS, COLUMNS), np.bool_), _STIFFNESS, 0.0, _SWEEPS, _OVER,
    )  # fmt: skip
    return (ended == volume_kernels.EDGE) & (hairy[0, :, :, 0] < _HAIRY_EDGE)


def _toward_camera(
    picture: HairPicture, start: Float32[np.ndarray, "R C 3"]
) -> Float32[np.ndarray, "R C 3"]:
    toward = picture.camera.position_m() - start
    return (toward / np.linalg.norm(toward, axis=-1, keepdims=True)).astype(np.float32)


def _body_depth(picture: HairPicture, chart: Chart) -> float:
    """Behind clothes and skin that the head model lacks, hair is hidden from here on."""
    return float(picture.camera.camera_points(chart.centre_m[None].astype(np.float64))[0, 2])


def _draped(radius: Float32[np.ndarray, "R C"]) -> Float32[np.ndarray, "R C"]:
    """The skin as hair hangs over it: behind and beside the head straight down from its widest."""
    draped = radius.copy()
    azimuth = (np.arange(COLUMNS) + 0.5) / COLUMNS * 2 * math.pi - math.pi
    behind = np.clip((np.abs(azimuth) - math.pi / 3) / (math.pi / 4), 0, 1).astype(np.float32)
    first = int(DOME_M * math.pi / 2 / ROW_M)
    for row in range(first, ROWS):
        hung = np.maximum(radius[row], draped[row - 1] - DRAPE_SLOPE * ROW_M)
        draped[row] = radius[row] + behind * (hung - radius[row])
    return draped


def _thickness(
    radius: Float32[np.ndarray, "R C"],
    hull: Float32[np.ndarray, "R C"],
    ended: Int8[np.ndarray, "R C"],
    facing: Float32[np.ndarray, "R C"],
    visible: Float32[np.ndarray, "R C"],
    turn: Float[np.ndarray, "C"],
) -> Float32[np.ndarray, "R C"]:
    """Above the draped skin: as the silhouette shows it, smooth between."""
    at_silhouette = (ended == volume_kernels.SILHOUETTE) & (visible > 0)
    edge_on = np.clip(1 - facing**2, 0, 1) ** _EDGE_ON
    weight = np.where(at_silhouette, edge_on, 0).astype(np.float32)
    data = np.where(at_silhouette, np.minimum(hull - _draped(radius), _THICKEST_M), 0).astype(
        np.float32
    )
    mean = float((weight * data).sum() / max(float(weight.sum()), 1e-6))
    near = chart_kernels.dilated((ended == volume_kernels.BLOCKED) & (facing > 0))
    hairline = near & (ended != volume_kernels.BLOCKED) & (visible > 0) & (facing > 0)
    at_hairline = _HAIRLINE_M + _HAIRLINE_SHARE * max(mean - _LYING_M, 0.0)
    data = np.where(hairline, at_hairline, data).astype(np.float32)
    weight = np.where(hairline, _HAIRLINE_WEIGHT, weight).astype(np.float32)
    data, weight = _as_at_the_sides(data, weight, turn, mean)
    values = np.full((1, ROWS, COLUMNS, 1), mean, np.float32)
    everywhere = np.ones((1, ROWS, COLUMNS), np.bool_)
    chart_kernels.relax(
        values, data[None, ..., None], 4 * weight[None], everywhere, _STIFFNESS, 0.0, _SWEEPS, _OVER
    )
    front = np.clip(facing, 0, 1)
    return (values[0, :, :, 0] * (1 - (1 - _FRONT_SHARE) * front)).astype(np.float32)


def _as_at_the_sides(
    data: Float32[np.ndarray, "R C"],
    weight: Float32[np.ndarray, "R C"],
    turn: Float[np.ndarray, "C"],
    mean: float,
) -> tuple[Float32[np.ndarray, "R C"], Float32[np.ndarray, "R C"]]:
    """Data behind the head, where there are none: in every row as at its two sides."""
    behind = np.abs(turn) > _SIDE_TO
    sides: list[Float[np.ndarray, "R 1"]] = []
    for side in (1, -1):
        near = np.where((side * turn > 0)[None], weight, 0)
        pull = near.sum(axis=1, keepdims=True) + _FEW
        sides.append(((near * data).sum(axis=1, keepdims=True) + _FEW * mean) / pull)
    share = (np.mod(turn, 2 * math.pi) - math.pi / 2) / math.pi  # 0 at the left, 1 at the right
    between = sides[0] * (1 - share) + sides[1] * share
    told = np.where(behind[None], between, data).astype(np.float32)
    return told, np.where(behind[None], np.maximum(weight, _BEHIND_WEIGHT), weight).astype(
        np.float32
    )


_FEW, _BEHIND_WEIGHT = 0.2, 0.15


def _turn(toward: Float32[np.ndarray, "R C 3"]) -> Float[np.ndarray, "C"]:
    """Angle of the columns from the camera's, positive towards the subject's left."""
    azimuth = (np.arange(COLUMNS) + 0.5) / COLUMNS * 2 * math.pi - math.pi
    camera = math.atan2(float(toward[0, 0, 0]), float(toward[0, 0, 2]))
    return np.mod(azimuth - camera + math.pi, 2 * math.pi) - math.pi


def _lowest_rows(
    picture: HairPicture,
    shown: Bool[np.ndarray, "R C"],
    chart: Chart,
    outer: Float32[np.ndarray, "R C"],
    edge: Float32[np.ndarray, "C"],
    turn: Float[np.ndarray, "C"],
) -> Float32[np.ndarray, "C"]:
    """Down to which row there is hair in each column: as seen; behind, between both sides."""
    last = np.where(shown.any(axis=0), ROWS - 1 - shown[::-1].argmax(axis=0), 0)
    ends: list[float] = []
    for side in (-1, 1):
        columns = np.flatnonzero((side * turn > _SIDE_FROM) & (side * turn < _SIDE_TO))
        end = float(np.quantile(last[columns], _SIDE_QUANTILE))
        goes_on = _goes_on(picture, chart, outer, int(end), columns)
        ends.append(end + (_HIDDEN_LENGTH_M / ROW_M if goes_on else 0))
    short = edge + _BELOW_SCALP_M / ROW_M
    share = (np.mod(turn, 2 * math.pi) - math.pi / 2) / math.pi  # 0 at the left, 1 at the right
    behind = (1 - share) * ends[1] + share * ends[0]
    sides = edge[(np.abs(turn) > _SIDE_FROM) & (np.abs(turn) < _SIDE_TO)].mean()
    behind = np.where(behind > sides + _LONG_SIDES_M / ROW_M, np.maximum(behind, short), short)
    front = np.where(turn > 0, ends[1], ends[0])
    front = np.maximum(front, np.where(np.abs(turn) > _SIDE_FROM, edge, 0))
    is_behind = np.abs(turn) > _SIDE_TO
    return np.where(is_behind, behind, np.maximum(front, last)).astype(np.float32)


def scalp_edge(chart: Chart, scalp_m: Float32[np.ndarray, "K 3"]) -> Float32[np.ndarray, "C"]:
    """The lowest row of the scalp in every column."""
    place = chart.coordinates(scalp_m)
    edge = np.zeros(COLUMNS, np.float32)
    np.maximum.at(edge, np.rint(place[:, 1]).astype(int) % COLUMNS, place[:, 0])
    near = np.stack([np.roll(edge, shift) for shift in (-1, 0, 1)])
    return near.max(axis=0)


def _goes_on(
    picture: HairPicture,
    chart: Chart,
    outer: Float32[np.ndarray, "R C"],
    row: int,
    columns: np.ndarray,
) -> bool:
    """Whether hair that ends at a row leaves the photo there or goes behind clothes."""
    if row < DOME_M * math.pi / 2 / ROW_M + _LONG_ROWS:
        return False
    below = min(row + _BELOW_ROWS, ROWS - 1)
    points = chart.points(outer)[below, columns]
    pixels = np.rint(picture.camera.project(points.astype(np.float64))).astype(int)
    side = len(picture.hair)
    inside = ((pixels >= 0) & (pixels < side)).all(axis=1)
    x, y = pixels.clip(0, side - 1).T
    away = ~inside | ~picture.seen[y, x] | (picture.clothes[y, x] > _MOSTLY)
    return bool(away.mean() > _MOSTLY)


_LONG_ROWS = 12
_BELOW_ROWS = 3
_MOSTLY = 0.5


def hangs(volume: HairVolume) -> bool:
    """Whether hair hangs below the head somewhere, sideburns apart."""
    rows = np.arange(ROWS)[:, None] * volume.occupied
    below = (rows.max(axis=0) - volume.scalp_row) * ROW_M
    azimuth = (np.arange(COLUMNS) + 0.5) / COLUMNS * 2 * math.pi - math.pi
    below -= np.where(np.abs(azimuth) < _EARS_AT, _SIDEBURN_M, 0)
    return bool((below > _HANGS_M).any())


_EARS_AT, _SIDEBURN_M, _HANGS_M = math.radians(80), 0.025, 0.015
