"""Guides grown from the scalp in a field, inside a volume."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float, Float32, Int
from scipy.spatial import KDTree

from reconstruction_backend.hair.photo import chart_kernels, growth_kernels
from reconstruction_backend.hair.photo.chart import COLUMNS, DOME_M, ROW_M, ROWS
from reconstruction_backend.hair.photo.field import LAYERS, HairField, SurfaceOrientation
from reconstruction_backend.hair.photo.picture import HALF, HairPicture, pixels_of
from reconstruction_backend.hair.photo.texture import HairLook
from reconstruction_backend.hair.photo.volume import HairVolume
from reconstruction_backend.hair.scalp import Scalp
from reconstruction_backend.head_model import SurfacePoints

POINTS = 32
STEP_M = 0.004
MOST_STEPS = 140
RISE_M = (0.014, 0.05)
"""Way over which hair rises from the scalp to its layer, at the top and at the nape."""
DEEPEST_LAYER = 0.35
"""To which hair of the nape rises, under all that falls over it."""
_SHORT_OVER_THICK, _SHORT_M = 1.6, 0.012
_LONG_M = 0.7
_RISE_OVER_LENGTH = 0.18
"""Of short hair, whose tips make its surface."""
_SHORT_HANG_M, _LONG_HANG_M = 0.015, 0.05
"""Lower ends below the scalp's: of hair as short as it is thick, of hair that hangs."""
_SETTLE_SHORT_M, _SETTLE_LONG_M = 0.7, 0.06


@dataclass(frozen=True)
class Roots:
    """Where guides grow."""

    uv: Float32[np.ndarray, "N 2"]
    surface: SurfacePoints
    points_m: Float32[np.ndarray, "N 3"]
    normals: Float32[np.ndarray, "N 3"]

    def kept(self, keep: Bool[np.ndarray, "N"]) -> "Roots":
        """Some of them."""
        surface = SurfacePoints(self.surface.triangle[keep], self.surface.barycentric[keep])
        return Roots(self.uv[keep], surface, self.points_m[keep], self.normals[keep])


def roots_of(
    picture: HairPicture,
    scalp: Scalp,
    vertices_m: Float[np.ndarray, "V 3"],
    volume: HairVolume,
    grid: int,
) -> Roots:
    """Roots on a `grid` x `grid` of scalp coordinates, where the volume has hair and the photo
    shows no bare skin."""
    centres = ((np.arange(grid) + 0.5) / grid).astype(np.float32)
    u, v = np.meshgrid(centres, centres)
    uv = np.stack([u.ravel(), v.ravel()], axis=1)
    surface, inside = scalp.locate(uv)
    points = scalp.model.surface_points(surface, vertices_m).astype(np.float32)
    roots = Roots(uv, surface, points, scalp.normals(surface, vertices_m))
    place = np.rint(volume.chart.coordinates(points)[:, :2]).astype(int)
    row, column = place[:, 0].clip(0, ROWS - 1), place[:, 1] % COLUMNS
    return roots.kept(inside & volume.occupied[row, column] & ~_seen_bare(picture, roots))


def _seen_bare(picture: HairPicture, roots: Roots) -> Bool[np.ndarray, "N"]:
    """Roots that the camera sees on or right beside skin. Strands grow half a spacing around."""
    pixels, depth = pixels_of(picture, roots.points_m.astype(np.float64))
    toward = picture.camera.position_m() - roots.points_m
    toward /= np.linalg.norm(toward, axis=1, keepdims=True)
    facing = np.einsum("nd,nd->n", roots.normals, toward) > _SEEN_FROM
    x, y = np.rint(pixels).astype(int).clip(0, len(picture.hair) - 1).T
    skin = cv2.dilate(picture.skin, np.ones((_BESIDE_PX, _BESIDE_PX), np.uint8))
    free = depth < picture.skin_depth_m[y, x] + _DEPTH_SLACK_M
    return facing & free & picture.seen[y, x] & (skin[y, x] > _BARE)


_SEEN_FROM, _DEPTH_SLACK_M = 0.1, 0.006
_BESIDE_PX, _BARE = 5, 0.6


def grown(
    picture: HairPicture,
    volume: HairVolume,
    field: HairField,
    roots: Roots,
    look: HairLook,
    seen: SurfaceOrientation,
) -> Float32[np.ndarray, "N P 3"]:
    """Strands of `POINTS` points from every root, under the photo's angles where they are seen."""
    place = volume.chart.coordinates(roots.points_m)
    hanging = chart_kernels.sample_many(hanging_share(volume), place)
    thickness = chart_kernels.sample_many(volume.thickness_m, place)
    sure_there = chart_kernels.sample_many(seen.confidence, place)
    stands = _standing(look, thickness, hanging, sure_there)
    short = _SHORT_OVER_THICK * thickness + _SHORT_M
    longest = short ** (1 - hanging) * _LONG_M**hanging
    way = place[:, 0] * ROW_M / (DOME_M * math.pi / 2)
    low = np.clip((way - 0.25) / 1.25, 0, 1)
    cap = 1 - (1 - DEEPEST_LAYER) * low
    rise = RISE_M[0] + (RISE_M[1] - RISE_M[0]) * low
    rise = np.maximum(rise, (1 - hanging) * _RISE_OVER_LENGTH * longest)
    settle = (1 - hanging) * _SETTLE_SHORT_M + hanging * _SETTLE_LONG_M
    # where hanging hair parts it rises first, some of it all the way, and bends over the rest
    together = 1 - hanging * (1 - _together(field, place, roots))
    cap *= 1 - _UNDER_PARTING * (1 - together) * np.mod(_GOLDEN * np.arange(len(cap)), 1)
    camera = picture.camera
    points, count = growth_kernels.trace(
        roots.points_m, roots.normals, longest.astype(np.float64), cap.astype(np.float64),
        stands.astype(np.float64), rise.astype(np.float64), settle.astype(np.float64),
        together, STEP_M, MOST_STEPS,
        volume.chart.centre_m, ROW_M, DOME_M, volume.skin_m, volume.outer_m, volume.occupied,
        _off_scalp(volume, roots), field.direction, seen.across, seen.confidence,
        camera.rotation_camera_from_head, camera.translation_m, camera.focal_length_px,
        np.asarray(camera.principal_point_px), picture.hair, picture.background, picture.seen,
        picture.skin_depth_m, volume.body_depth_m, _inward(picture.hair),
    )  # fmt: skip
    return _resampled(points, count)


def _together(
    field: HairField, place: Float[np.ndarray, "N 3"], roots: Roots
) -> Float[np.ndarray, "N"]:
    """How far the hair about each root runs one way: 1 all of it, 0 where it parts or whorls."""
    flow = np.empty((len(place), 3))
    for each, (row, column, _) in zip(flow, place, strict=True):
        chart_kernels.sample_directions(field.direction, _OUTER, row, column, each)
    flow /= np.maximum(np.linalg.norm(flow, axis=1, keepdims=True), 1e-6)
    near = KDTree(roots.points_m).query_ball_point(roots.points_m, _NEIGHBOURS_M)
    alike = np.array([np.linalg.norm(flow[each].mean(axis=0)) for each in near])
    return np.clip((alike - _APART) / (_ALIKE - _APART), _LEAST_TOGETHER, 1)


_OUTER = float(LAYERS - 1)
_NEIGHBOURS_M = 0.025
_UNDER_PARTING = 0.9
_GOLDEN = 0.618
"""Multiples of it are spread evenly between whole numbers."""
_APART, _ALIKE, _LEAST_TOGETHER = 0.45, 0.9, 0.35


def _resampled(
    points: Float32[np.ndarray, "N M 3"], count: Int[np.ndarray, "N"]
) -> Float32[np.ndarray, "N P 3"]:
    last = np.asarray(count, np.int64)[:, None] - 1
    at = last * np.linspace(0, 1, POINTS)
    low = np.minimum(at.astype(np.int64), np.maximum(last - 1, 0))
    share = (at - low)[..., None]
    row = np.arange(len(points))[:, None]
    after = np.minimum(low + 1, last)
    return (points[row, low] * (1 - share) + points[row, after] * share).astype(np.float32)


def hanging_share(volume: HairVolume) -> Float32[np.ndarray, "R C"]:
    """1 in columns where hair hangs below the head, 0 where it ends on it."""
    rows = np.arange(ROWS)[:, None] * volume.occupied
    below = (rows.max(axis=0) - volume.scalp_row) * ROW_M
    below -= np.where(_ahead(), _SIDEBURN_M, 0)
    share = np.clip((below - _SHORT_HANG_M) / (_LONG_HANG_M - _SHORT_HANG_M), 0, 1)
    return np.repeat(share[None].astype(np.float32), ROWS, axis=0)


def _standing(
    look: HairLook,
    thickness_m: Float32[np.ndarray, "N"],
    hanging: Float32[np.ndarray, "N"],
    sure: Float32[np.ndarray, "N"],
) -> Float32[np.ndarray, "N"]:
    """How much each strand stands, 0 to 1: if it looks so and the photo is not sure of another
    direction, if it is tightly curled, or if it half looks so and is thicker than lying hair."""
    low = _THICK_LYING_M + hanging * _THICKER_HANGING_M
    thick = np.clip((thickness_m - low) / _THICK_RANGE_M, 0, 1)
    thick *= min(_LOOKS_UPRIGHT * look.uprightness, 1.0)
    thick *= _THICK_STANDS * (1 - hanging) + _HANGING_STANDS * hanging
    curls = np.full(len(sure), _CURLS_STAND * look.curliness**2)
    return np.maximum(np.maximum(look.uprightness * (1 - sure), curls), thick).astype(np.float32)


_THICK_LYING_M, _THICKER_HANGING_M, _THICK_RANGE_M = 0.018, 0.012, 0.022
_LOOKS_UPRIGHT = 1.3
_THICK_STANDS, _HANGING_STANDS = 0.85, 0.65


def _ahead() -> Bool[np.ndarray, "C"]:
    """Columns before the ears, in which the scalp ends at the forehead and the temples."""
    azimuth = (np.arange(COLUMNS) + 0.5) / COLUMNS * 2 * math.pi - math.pi
    return np.abs(azimuth) < _EARS_AT


_CURLS_STAND = 0.85
_EARS_AT = math.radians(80)
_SIDEBURN_M = 0.025


def _off_scalp(volume: HairVolume, roots: Roots) -> Bool[np.ndarray, "R C"]:
    """Where hair is seen that has no root under it: it has come from elsewhere and goes on."""
    rooted = np.zeros((ROWS, COLUMNS), np.bool_)
    place = np.rint(volume.chart.coordinates(roots.points_m)[:, :2]).astype(int)
    rooted[place[:, 0].clip(0, ROWS - 1), place[:, 1] % COLUMNS] = True
    for _ in range(_ROOT_CELLS):
        rooted = chart_kernels.dilated(rooted)
    return volume.shown & ~rooted


_ROOT_CELLS = 2


def _inward(hair: Float32[np.ndarray, "S S"]) -> Float32[np.ndarray, "S S 2"]:
    """Unit vectors into the hair, from outside."""
    outside = cv2.distanceTransform((hair < HALF).astype(np.uint8), cv2.DIST_L2, 5)
    inside = cv2.distanceTransform((hair >= HALF).astype(np.uint8), cv2.DIST_L2, 5)
    signed = cv2.GaussianBlur(inside - outside, (0, 0), 2)
    slope = np.stack([np.gradient(signed, axis=1), np.gradient(signed, axis=0)], axis=-1)
    return (slope / np.maximum(np.linalg.norm(slope, axis=-1, keepdims=True), 1e-6)).astype(
        np.float32
    )
