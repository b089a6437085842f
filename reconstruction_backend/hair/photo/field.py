"""Which way hair runs about a head: unit vectors over the chart, in layers from the skin out.

What the photo shows says so for the outer layers, a start (some head of hair, however rough) for
what it does not, and between them the field is as smooth as can be (a Laplace equation, as in Chai
et al. 2013). The photo's angles have no sign: theirs are chosen so that neighbours agree, hair runs
as the start does on the whole, and away from its parting.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from reconstruction_backend.hair.photo import chart_kernels
from reconstruction_backend.hair.photo.chart import COLUMNS, ROWS
from reconstruction_backend.hair.photo.picture import HairPicture, pixels_of
from reconstruction_backend.hair.photo.volume import HairVolume

LAYERS = 3
"""At the skin, half way, at the outer surface."""
PHOTO_WEIGHT = np.array([0.5, 2.0, 6.0], np.float32)
"""Of a sure orientation, per layer, against a stiffness of one."""
START_WEIGHT, START_WEIGHT_SHOWN = 0.6, 0.03
_STIFFNESS, _LAYER_STIFFNESS = 1.0, 0.4
_SWEEPS, _OVER = 50, 1.7
_SIGN_ROUNDS, _SIGN_SWEEPS, _SIGN_PULL = 4, 30, 0.15
_LEAST_FACING = 0.12
_SMOOTH = 3


@dataclass(frozen=True)
class HairField:
    """Directions of hair, root to tip, over layers, rows and columns of a volume's chart."""

    direction: Float32[np.ndarray, "L R C 3"]


@dataclass(frozen=True)
class SurfaceOrientation:
    """The photo's orientations on the outer surface, as tangents of either sign."""

    tangent: Float32[np.ndarray, "R C 3"]
    confidence: Float32[np.ndarray, "R C"]
    """0 where the photo says nothing."""
    across: Float32[np.ndarray, "R C 3"]
    """Unit normals of the planes through the camera in which hair runs: whatever lies in such a
    plane is seen under the photo's angle."""


@dataclass(frozen=True)
class SparseField:
    """Directions where some are known."""

    direction: Float32[np.ndarray, "L R C 3"]
    weight: Float32[np.ndarray, "L R C"]


def surface_orientation(picture: HairPicture, volume: HairVolume) -> SurfaceOrientation:
    """Lift the photo's orientations on the volume's outer surface, where the camera sees it.

    A pixel's direction is that of the surface's tangent that projects to it.
    """
    points = volume.chart.points(_smooth_radius(volume))
    by_row, by_column = _differences(points)
    pixels, depth = pixels_of(picture, points)
    row_px, column_px = _differences(pixels)
    x, y = np.rint(pixels).astype(int).transpose(2, 0, 1)
    side = len(picture.hair)
    inside = (x >= 0) & (y >= 0) & (x < side) & (y < side)
    x, y = x.clip(0, side - 1), y.clip(0, side - 1)
    determinant = row_px[..., 0] * column_px[..., 1] - row_px[..., 1] * column_px[..., 0]
    area = np.linalg.norm(np.cross(by_row, by_column), axis=-1)
    per_metre = picture.camera.focal_length_px / np.maximum(depth, 1e-3)
    # rows run down and columns to the subject's left: negative where the outside is seen
    facing = np.clip(-determinant / np.maximum(area * per_metre**2, 1e-9), -1, 1)
    angle = picture.orientation.angle_rad[y, x]
    wanted = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    safe = np.where(np.abs(determinant) < 1e-6, 1e-6, determinant)
    a = (wanted[..., 0] * column_px[..., 1] - wanted[..., 1] * column_px[..., 0]) / safe
    b = (row_px[..., 0] * wanted[..., 1] - row_px[..., 1] * wanted[..., 0]) / safe
    tangent = a[..., None] * by_row + b[..., None] * by_column
    tangent /= np.maximum(np.linalg.norm(tangent, axis=-1, keepdims=True), 1e-9)
    shown = inside & volume.shown & (facing > _LEAST_FACING)
    shown &= depth < picture.skin_depth_m[y, x]
    confidence = np.where(shown, picture.orientation.confidence[y, x] * facing, 0)
    across = np.cross(tangent, picture.camera.position_m() - points)
    across /= np.maximum(np.linalg.norm(across, axis=-1, keepdims=True), 1e-9)
    return SurfaceOrientation(
        tangent.astype(np.float32), confidence.astype(np.float32), across.astype(np.float32)
    )


def hair_field(
    volume: HairVolume, orientation: SurfaceOrientation, start: SparseField
) -> HairField:
    """Join the photo's orientations and the start's, smooth between."""
    general = _relaxed(volume, start.direction, START_WEIGHT * start.weight)
    signed = _signed(volume, orientation, general[LAYERS - 1])
    photo = PHOTO_WEIGHT[:, None, None] * orientation.confidence
    started = np.where(orientation.confidence > 0, START_WEIGHT_SHOWN, START_WEIGHT) * start.weight
    weight = photo + started
    both = photo[..., None] * signed + started[..., None] * start.direction
    data = both / np.maximum(weight, 1e-6)[..., None]
    values = _relaxed(volume, data.astype(np.float32), weight.astype(np.float32), general)
    return HairField(values)


def _signed(
    volume: HairVolume,
    orientation: SurfaceOrientation,
    general: Float32[np.ndarray, "R C 3"],
) -> Float32[np.ndarray, "R C 3"]:
    """Tangents with the sign on which neighbours agree, beginning with the general flow's."""
    smooth = general.copy()
    tangent = orientation.tangent
    weight = orientation.confidence[None].astype(np.float32)
    free = volume.occupied[None]
    signed = tangent
    for _ in range(_SIGN_ROUNDS):
        sign = np.where(np.einsum("rcd,rcd->rc", tangent, smooth) < 0, -1, 1)
        signed = (tangent * sign[..., None]).astype(np.float32)
        values = signed[None].copy()
        pulled = signed * weight[0][..., None] + _SIGN_PULL * general
        total = weight + np.float32(_SIGN_PULL)
        chart_kernels.relax(
            values, pulled[None] / total[..., None], total, free, _STIFFNESS, 0.0, _SIGN_SWEEPS, 1.0
        )
        smooth = values[0]
    return signed


def _relaxed(
    volume: HairVolume,
    data: Float32[np.ndarray, "L R C 3"],
    weight: Float32[np.ndarray, "L R C"],
    first: Float32[np.ndarray, "L R C 3"] | None = None,
) -> Float32[np.ndarray, "L R C 3"]:
    values = np.array(data if first is None else first, np.float32)
    free = np.repeat(volume.occupied[None], LAYERS, axis=0)
    chart_kernels.relax(
        values, np.ascontiguousarray(data, np.float32), np.ascontiguousarray(weight, np.float32),
        free, _STIFFNESS, _LAYER_STIFFNESS, _SWEEPS, _OVER,
    )  # fmt: skip
    length = np.linalg.norm(values, axis=-1, keepdims=True)
    return (values / np.maximum(length, 1e-6)).astype(np.float32)


def splatted(volume: HairVolume, points_m: Float[np.ndarray, "G P 3"]) -> SparseField:
    """The directions of polylines, in the cells and layers through which they pass."""
    flat = points_m.reshape(-1, 3)
    place = volume.chart.coordinates(flat).reshape(*points_m.shape[:2], 3)
    step = np.diff(points_m, axis=1)
    step = step / np.maximum(np.linalg.norm(step, axis=-1, keepdims=True), 1e-9)
    middle = place[:, :-1].reshape(-1, 3)  # columns wrap: no mean of two places
    vector, weight = chart_kernels.splat(
        np.ascontiguousarray(middle),
        np.ascontiguousarray(step.reshape(-1, 3), np.float32),
        volume.skin_m,
        volume.outer_m,
        LAYERS,
    )
    length = np.linalg.norm(vector, axis=-1, keepdims=True)
    return SparseField(vector / np.maximum(length, 1e-6), np.minimum(weight, 1).astype(np.float32))


def _differences(
    grid: Float[np.ndarray, "R C *k"],
) -> tuple[Float[np.ndarray, "R C *k"], Float[np.ndarray, "R C *k"]]:
    """Central differences along rows (over the top to the other side) and columns (around)."""
    opposite = np.roll(grid[:1], COLUMNS // 2, axis=1)
    rows = np.concatenate([opposite, grid, grid[-1:]])
    return rows[2:] - rows[:-2], np.roll(grid, -1, axis=1) - np.roll(grid, 1, axis=1)


def _smooth_radius(volume: HairVolume) -> Float32[np.ndarray, "R C"]:
    """The outer radius without steps, so that its tangents are those of hair."""
    values = volume.outer_m[None, ..., None].copy()
    weight = np.full((1, ROWS, COLUMNS), 1.0 / _SMOOTH, np.float32)
    chart_kernels.relax(
        values, volume.outer_m[None, ..., None].copy(), weight, volume.occupied[None],
        _STIFFNESS, 0.0, _SWEEPS // 4, 1.0,
    )  # fmt: skip
    return values[0, :, :, 0]
