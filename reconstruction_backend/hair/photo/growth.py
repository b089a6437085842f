"""Guides grown from the scalp: along a start's strands, turned to what the photo shows."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float, Float32, Int
from scipy.spatial import KDTree

from reconstruction_backend.hair.hairstyle import HairGuides
from reconstruction_backend.hair.photo import chart_kernels, growth_kernels
from reconstruction_backend.hair.photo.chart import COLUMNS, DOME_M, ROW_M, ROWS
from reconstruction_backend.hair.photo.field import HairField, SurfaceOrientation
from reconstruction_backend.hair.photo.picture import HairPicture, pixels_of
from reconstruction_backend.hair.photo.silhouette import before_face
from reconstruction_backend.hair.photo.volume import HairVolume
from reconstruction_backend.hair.resample import lengths_m
from reconstruction_backend.hair.scalp import Scalp
from reconstruction_backend.head_model import SurfacePoints

POINTS = 32
STEP_M = 0.004
FEWEST_STEPS, MOST_STEPS = 8, 160
_BESIDE_UV = 0.03
"""A root that its start lacks takes the strand of the nearest one within this much of the scalp."""


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


def scalp_roots(
    picture: HairPicture, scalp: Scalp, vertices_m: Float[np.ndarray, "V 3"], grid: int
) -> Roots:
    """Roots on a `grid` x `grid` of scalp coordinates, but where the photo shows bare skin."""
    centres = ((np.arange(grid) + 0.5) / grid).astype(np.float32)
    u, v = np.meshgrid(centres, centres)
    uv = np.stack([u.ravel(), v.ravel()], axis=1)
    surface, inside = scalp.locate(uv)
    points = scalp.model.surface_points(surface, vertices_m).astype(np.float32)
    roots = Roots(uv, surface, points, scalp.normals(surface, vertices_m))
    return roots.kept(inside & ~_seen_bare(picture, roots))


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


def on_roots(
    guides: HairGuides, roots: Roots, scalp: Scalp, volume: HairVolume
) -> tuple[Roots, HairGuides]:
    """A start's strand for every root that has one, or beside which the photo shows hair."""
    apart, nearest = (np.asarray(each) for each in KDTree(guides.root_uv).query(roots.uv))
    place = volume.chart.coordinates(roots.points_m)
    row = np.rint(place[:, 0]).astype(int).clip(0, ROWS - 1)
    column = np.rint(place[:, 1]).astype(int) % COLUMNS
    grows = (apart < _BESIDE_UV) | volume.shown[row, column]
    kept, of = roots.kept(grows), nearest[grows]
    offsets = guides.points_m[of] - guides.points_m[of][:, :1]
    points = kept.points_m[:, None] + offsets
    return kept, HairGuides(kept.uv, points.astype(np.float32), guides.wisp[of])


def grown(
    picture: HairPicture,
    volume: HairVolume,
    field: HairField,
    strands_m: Float32[np.ndarray, "N P 3"],
    seen: SurfaceOrientation,
) -> Float32[np.ndarray, "N Q 3"]:
    """Strands of `POINTS` points from every root, under the photo's angles where they are seen."""
    steps = np.ceil(lengths_m(strands_m) / STEP_M).astype(np.int64)
    camera = picture.camera
    points, count = growth_kernels.follow(
        np.ascontiguousarray(strands_m, np.float32), steps.clip(FEWEST_STEPS, MOST_STEPS),
        np.where(before_face(), volume.scalp_row, ROWS).astype(np.float32),
        _trust(seen, volume), field.direction, seen.across, seen.confidence,
        volume.chart.centre_m, ROW_M, DOME_M, volume.skin_m, volume.draped_m, volume.outer_m,
        camera.rotation_camera_from_head, camera.translation_m, camera.focal_length_px,
        np.asarray(camera.principal_point_px), picture.hair, picture.background, picture.seen,
        picture.skin_depth_m, volume.body_depth_m, picture.inward,
    )  # fmt: skip
    return _resampled(points, count)


def _trust(seen: SurfaceOrientation, volume: HairVolume) -> Float32[np.ndarray, "R C"]:
    """How much the photo says of the flow in each direction: spread a little beyond what it
    shows."""
    values = seen.confidence[None, ..., None].copy()
    weight = np.where(seen.confidence > 0, 1.0, _FADES).astype(np.float32)
    chart_kernels.relax(
        values, values.copy(), weight[None], np.ones((1, ROWS, COLUMNS), np.bool_), 1.0, 0.0,
        _TRUST_SWEEPS, 1.0,
    )  # fmt: skip
    return np.clip(_TRUST * values[0, :, :, 0], 0, 1).astype(np.float32)


_FADES, _TRUST_SWEEPS, _TRUST = 0.08, 40, 1.5


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
