"""The NoW protocol (Sanyal et al. 2019): how far a reconstructed face is from a scan of the person.

    landmarks ─▶ similarity ─▶ refined on the surface ─▶ distance of every scan point in the face

1. The scan is cropped to a ball around the face: its centre lies three tenths of the way from the
   nose's base up to the point between the inner eye corners, its radius is 0.7 times the sum of the
   outer eye corners' distance and the nose's length.
2. Rotation, translation and scale take seven points of the mesh to those of the scan, in least
   squares. (The metrical variant keeps the scale at 1.)
3. The same parameters are refined so that the squared distances from the scan's points to the
   mesh's surface are least.
4. Of every scan point in the crop, the distance to the nearest point of the surface counts.

Written anew from that description.
"""

from dataclasses import dataclass

import igl
import numpy as np
from jaxtyping import Float, Int
from scipy.spatial.transform import Rotation

from evaluation.scan_distance import Similarity, similarity_between

LANDMARKS = (
    "right eye, outer corner",
    "right eye, inner corner",
    "left eye, inner corner",
    "left eye, outer corner",
    "base of the nose",
    "right mouth corner",
    "left mouth corner",
)
IBUG68_POINTS = (36, 39, 42, 45, 33, 48, 54)
"""The same in iBUG-68."""
CENTRE_UP_THE_NOSE, RADIUS = 0.3, 0.7
ITERATIONS = 50
SETTLED = 1e-9
"""Relative change of the cost at which the refinement ends."""
FIRST_DAMPING, DAMPING_STEP, MOST_DAMPING = 1e-6, 10.0, 1e8
LEAST_POINTS = 50
ON_THE_SURFACE = 1e-12
"""Distance over the crop's radius below which a point's direction is the surface's normal."""


@dataclass(frozen=True)
class Face:
    """A triangle mesh with its seven landmarks, in any unit."""

    vertices: Float[np.ndarray, "V 3"]
    triangles: Int[np.ndarray, "F 3"]
    landmarks: Float[np.ndarray, "7 3"]
    """In the order of `LANDMARKS`."""


@dataclass(frozen=True)
class ScanError:
    """What the protocol gives of one scan and one mesh."""

    points: Float[np.ndarray, "N 3"]
    """The scan's in the crop, in the scan's unit."""
    distance: Float[np.ndarray, "N"]
    """Of each to the aligned mesh, in the scan's unit."""
    alignment: Similarity
    """Mesh to scan."""


def now_error(scan: Face, mesh: Face, metrical: bool = False) -> ScanError:
    """Crop, align, refine, measure. Raises ValueError where the crop holds too few points."""
    points = face_crop(scan)
    if len(points) < LEAST_POINTS:
        raise ValueError(f"only {len(points)} points of the scan lie in the face")
    start = similarity_between(mesh.landmarks, scan.landmarks)
    if metrical:
        start = _without_scale(start, mesh.landmarks, scan.landmarks)
    alignment = _refined(points, mesh, start, metrical)
    moved = alignment.apply(mesh.vertices)
    return ScanError(points, _nearest(points, moved, mesh.triangles)[0], alignment)


def face_crop(scan: Face) -> Float[np.ndarray, "N 3"]:
    """The scan's vertices in the ball around the face."""
    outer_right, inner_right, inner_left, outer_left, nose_base = scan.landmarks[:5]
    bridge = (inner_right + inner_left) / 2
    centre = nose_base + CENTRE_UP_THE_NOSE * (bridge - nose_base)
    radius = RADIUS * (
        np.linalg.norm(outer_left - outer_right) + np.linalg.norm(bridge - nose_base)
    )
    return scan.vertices[np.linalg.norm(scan.vertices - centre, axis=1) <= radius]


def _without_scale(
    fitted: Similarity, source: Float[np.ndarray, "L 3"], target: Float[np.ndarray, "L 3"]
) -> Similarity:
    """The best rotation does not depend on the scale; the translation does."""
    shift = target.mean(axis=0) - fitted.rotation @ source.mean(axis=0)
    return Similarity(1.0, fitted.rotation, shift)


def _refined(
    points: Float[np.ndarray, "N 3"], mesh: Face, start: Similarity, metrical: bool
) -> Similarity:
    """Levenberg-Marquardt on the distances to the surface.

    The nearest point's own motion along the surface does not change a distance to first order, so
    the derivative is that of the surface's motion along the line to the scan's point.
    """
    centre = points.mean(axis=0)
    reach = float(np.linalg.norm(points - centre, axis=1).max())
    alignment, damping = start, FIRST_DAMPING
    distance, nearest, direction = _surface(points, mesh, alignment, reach)
    for _ in range(ITERATIONS):
        arm = (nearest - centre) / reach
        columns = [direction, np.cross(arm, direction), np.einsum("nd,nd->n", arm, direction)]
        J = -np.column_stack(columns[:2] if metrical else columns)
        cost, normal = float(distance @ distance), J.T @ J
        while damping < MOST_DAMPING:
            damped = normal + damping * np.trace(normal) / len(normal) * np.eye(len(normal))
            step = np.linalg.solve(damped, -J.T @ distance)
            trial = _stepped(alignment, step / reach, centre, reach)
            trial_surface = _surface(points, mesh, trial, reach)
            if float(trial_surface[0] @ trial_surface[0]) <= cost:
                break
            damping *= DAMPING_STEP
        else:
            return alignment
        alignment, damping = trial, damping / DAMPING_STEP
        distance, nearest, direction = trial_surface
        if cost - float(distance @ distance) <= SETTLED * cost:
            break
    return alignment


def _stepped(
    alignment: Similarity,
    step: Float[np.ndarray, "P"],
    centre: Float[np.ndarray, "3"],
    reach: float,
) -> Similarity:
    """Move, turn and scale about the crop's centre, after the alignment so far."""
    scale = float(np.exp(step[6])) if len(step) > 6 else 1.0
    rotation = Rotation.from_rotvec(step[3:6]).as_matrix()
    shift = centre + reach * step[:3] - scale * rotation @ centre
    return Similarity(
        scale * alignment.scale,
        rotation @ alignment.rotation,
        scale * rotation @ alignment.translation + shift,
    )


def _surface(
    points: Float[np.ndarray, "N 3"], mesh: Face, alignment: Similarity, reach: float
) -> tuple[Float[np.ndarray, "N"], Float[np.ndarray, "N 3"], Float[np.ndarray, "N 3"]]:
    """Distances to the aligned surface, its nearest points, and unit directions from them."""
    moved = alignment.apply(mesh.vertices)
    distance, triangle, nearest = _nearest(points, moved, mesh.triangles)
    corners = moved[mesh.triangles[triangle]]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-300)
    away = distance > ON_THE_SURFACE * reach
    direction = np.where(
        away[:, None], (points - nearest) / np.where(away, distance, 1)[:, None], normal
    )
    return distance, nearest, direction


def _nearest(
    points: Float[np.ndarray, "N 3"],
    vertices: Float[np.ndarray, "V 3"],
    triangles: Int[np.ndarray, "F 3"],
) -> tuple[Float[np.ndarray, "N"], Int[np.ndarray, "N"], Float[np.ndarray, "N 3"]]:
    squared, triangle, nearest = igl.point_mesh_squared_distance(
        np.ascontiguousarray(points, np.float64),
        np.ascontiguousarray(vertices, np.float64),
        np.ascontiguousarray(triangles, np.int64),
    )
    return np.sqrt(squared), np.asarray(triangle), np.asarray(nearest)
