"""Guides moved a little so that they cover a picture's hair, all of it and nothing else.

Where hair is seen and no guide is near, the nearest are drawn there; guides beside the hair are
drawn in. Both are shifts in the picture's plane, even along a guide and among neighbours; the root
stays, and what the head hides stays.
"""

import cv2
import numpy as np
from jaxtyping import Bool, Float, Float32
from scipy.ndimage import uniform_filter1d

from reconstruction_backend.hair.photo.agreement import hidden_from, projected
from reconstruction_backend.hair.photo.picture import HALF, HairPicture, pixels_of
from reconstruction_backend.hair.photo.volume import HairVolume

ROUNDS = 3
MARGIN_PX = 4.0
"""Guides stay this far inside the mask: strands spread about them."""
FARTHEST_PX = 14.0
"""Holes and strays farther off than this are not for a shift to mend."""
_STEP = 0.6
_BLUR_PX = 6.0
_EVEN_POINTS = 9
_ROOT_POINTS = 4
_BEHIND_M = 0.004


def nudged(
    picture: HairPicture, volume: HairVolume, points_m: Float32[np.ndarray, "N P 3"]
) -> Float32[np.ndarray, "N P 3"]:
    """The guides after `ROUNDS` of shifts."""
    points = points_m.astype(np.float32)
    hair = picture.hair >= HALF
    inside, inward = _signed_distance(hair)
    limit = hidden_from(picture, volume.body_depth_m)
    for _ in range(ROUNDS):
        pixels, depth = pixels_of(picture, points.astype(np.float64))
        x, y = np.rint(pixels).astype(int).clip(0, len(hair) - 1).transpose(2, 0, 1)
        shown = (depth < limit[y, x] + _BEHIND_M) & picture.seen[y, x]
        shift = _toward_holes(picture, volume, points, hair)[y, x]
        beside = np.clip(MARGIN_PX - inside[y, x], 0, FARTHEST_PX)
        stray = shown & (inside[y, x] > -FARTHEST_PX)
        shift = np.where(beside[..., None] > 0, beside[..., None] * inward[y, x], _STEP * shift)
        shift = np.where(stray[..., None], shift, 0)
        points += _in_space(picture, _even(shift), depth)
    return points


def _signed_distance(
    hair: Bool[np.ndarray, "S S"],
) -> tuple[Float32[np.ndarray, "S S"], Float32[np.ndarray, "S S 2"]]:
    """Pixels to the mask's edge, positive inside, and the unit slope."""
    within = cv2.distanceTransform(hair.astype(np.uint8), cv2.DIST_L2, 5)
    beside = cv2.distanceTransform((~hair).astype(np.uint8), cv2.DIST_L2, 5)
    signed = np.asarray(within - beside, np.float32)
    smooth = cv2.GaussianBlur(signed, (0, 0), 2)
    slope = np.stack([np.gradient(smooth, axis=1), np.gradient(smooth, axis=0)], axis=-1)
    slope /= np.maximum(np.linalg.norm(slope, axis=-1, keepdims=True), 1e-6)
    return signed, slope.astype(np.float32)


def _toward_holes(
    picture: HairPicture,
    volume: HairVolume,
    points_m: Float32[np.ndarray, "N P 3"],
    hair: Bool[np.ndarray, "S S"],
) -> Float32[np.ndarray, "S S 2"]:
    """At covered pixels, the mean way to the holes to which they are the nearest cover."""
    covered = projected(picture, points_m, volume.body_depth_m).covered & hair
    if not covered.any():
        return np.zeros((*hair.shape, 2), np.float32)
    far, label = cv2.distanceTransformWithLabels(
        (~covered).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    hole = hair & picture.seen & (far > 1) & (far < FARTHEST_PX)
    rows, columns = np.nonzero(covered)
    place = np.zeros((int(label.max()) + 1, 2), np.int64)
    place[label[rows, columns]] = np.stack([rows, columns], axis=1)
    hole_rows, hole_columns = np.nonzero(hole)
    near = place[label[hole_rows, hole_columns]]
    way = np.zeros((*hair.shape, 3), np.float32)
    np.add.at(way, (near[:, 0], near[:, 1]), _ways(near, hole_rows, hole_columns))
    blurred = cv2.GaussianBlur(way, (0, 0), _BLUR_PX)
    return blurred[:, :, :2] / np.maximum(blurred[:, :, 2:], _FAINT)


_FAINT = 0.02


def _ways(near: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> Float32[np.ndarray, "K 3"]:
    """(x, y, 1) from covered pixels to holes; twice as far, since the mean is half way."""
    return np.stack(
        [2.0 * (columns - near[:, 1]), 2.0 * (rows - near[:, 0]), np.ones(len(rows))], axis=1
    ).astype(np.float32)


def _even(shift: Float[np.ndarray, "N P 2"]) -> Float32[np.ndarray, "N P 2"]:
    """Smooth along each guide (twice a moving mean), growing from nothing at the root."""
    even = uniform_filter1d(shift, _EVEN_POINTS, axis=1, mode="nearest")
    even = uniform_filter1d(even, _EVEN_POINTS, axis=1, mode="nearest")
    ramp = np.minimum(np.arange(shift.shape[1]) / _ROOT_POINTS, 1)
    return (even * ramp[None, :, None]).astype(np.float32)


def _in_space(
    picture: HairPicture, shift_px: Float32[np.ndarray, "N P 2"], depth_m: Float[np.ndarray, "N P"]
) -> Float32[np.ndarray, "N P 3"]:
    """Shifts in the picture's plane as shifts in the head frame at the points' depth."""
    metres = shift_px * (depth_m / picture.camera.focal_length_px)[..., None]
    return (metres @ picture.camera.rotation_camera_from_head[:2]).astype(np.float32)
