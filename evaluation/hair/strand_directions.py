"""Strands seen through a camera: per pixel, the direction and depth of the one in front.

Each polyline is sampled more finely than the pixels and drawn from far to near, so that what is in
front stays. Where a head hides strands, give its depth.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from reconstruction_backend.camera import PerspectiveCamera

SAMPLE_STEP_PX = 0.5
BEHIND_M = 0.002
"""How far behind the skin a strand may lie and still count as in front: roots touch it."""


@dataclass(frozen=True)
class StrandPicture:
    """What a camera sees of strands."""

    covered: Bool[np.ndarray, "H W"]
    direction_rad: Float[np.ndarray, "H W"]
    """From root to tip, in (-pi, pi], from x to the right towards y down; 0 where not covered."""
    depth_m: Float[np.ndarray, "H W"]
    """Along the camera's axis; infinite where not covered."""


def draw_strands(
    points_m: Float[np.ndarray, "N P 3"],
    camera: PerspectiveCamera,
    head_depth_m: Float[np.ndarray, "H W"] | None = None,
) -> StrandPicture:
    """Strands in the head frame, root first. Those behind the camera are left out."""
    shape = (camera.height_px, camera.width_px)
    position, direction, depth = _samples(points_m, camera)
    column, row = np.rint(position).astype(int).T
    seen = (column >= 0) & (column < shape[1]) & (row >= 0) & (row < shape[0])
    if head_depth_m is not None:
        inside = np.flatnonzero(seen)
        hidden = depth[inside] > head_depth_m[row[inside], column[inside]] + BEHIND_M
        seen[inside[hidden]] = False
    order = np.flatnonzero(seen)
    order = order[np.argsort(-depth[order], kind="stable")]
    picture = StrandPicture(np.zeros(shape, bool), np.zeros(shape), np.full(shape, np.inf))
    place = (row[order], column[order])
    picture.covered[place] = True
    picture.direction_rad[place] = direction[order]
    picture.depth_m[place] = depth[order]
    return picture


def _samples(
    points_m: Float[np.ndarray, "N P 3"], camera: PerspectiveCamera
) -> tuple[Float[np.ndarray, "K 2"], Float[np.ndarray, "K"], Float[np.ndarray, "K"]]:
    """Points along all segments no further apart than `SAMPLE_STEP_PX`."""
    flat = points_m.reshape(-1, 3).astype(np.float64)
    depth = camera.camera_points(flat)[:, 2]
    in_front = depth > 0
    projected = np.zeros((len(flat), 2))
    projected[in_front] = camera.project(flat[in_front])
    strands = (*points_m.shape[:2], -1)
    projected, depth = projected.reshape(strands), depth.reshape(strands)[:, :, 0]
    start, end = projected[:, :-1].reshape(-1, 2), projected[:, 1:].reshape(-1, 2)
    near, far = depth[:, :-1].ravel(), depth[:, 1:].ravel()
    usable = (near > 0) & (far > 0)
    start, end, near, far = start[usable], end[usable], near[usable], far[usable]
    along = end - start
    counts = np.ceil(np.linalg.norm(along, axis=1) / SAMPLE_STEP_PX).astype(int) + 1
    segment = np.repeat(np.arange(len(start)), counts)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    t = (np.arange(len(segment)) - first) / np.maximum(counts[segment] - 1, 1)
    angle = np.arctan2(along[:, 1], along[:, 0])
    position = start[segment] + t[:, None] * along[segment]
    return position, angle[segment], near[segment] + t * (far - near)[segment]
