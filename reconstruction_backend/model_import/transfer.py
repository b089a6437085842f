"""What a foreign head model lacks, carried over from Cameo's head by the shape of both.

    Cameo's head ─ scaled and moved by the eyes ─ bent by its own shape basis until it lies on the
    foreign surface ─▶ nearest points ─▶ landmarks, soft regions, hair roots

The face's inner features come out within a few millimetres; a model whose authors publish a
landmark embedding would be bound better by that.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, Int, Int32
from scipy.spatial import KDTree

from reconstruction_backend.errors import InvalidModel
from reconstruction_backend.head_model import JOINT_NAMES, HeadModel, SurfacePoints

ROUNDS = 12
SHAPE_PRIOR = 1e-3
"""Weight of a standard deviation, in metres of misfit per point."""
FURTHEST_PAIR_M = 0.02
SMALLEST_SHARE = 0.25
"""Of the skin that must lie on the foreign surface for the two to be heads in one frame."""
SAMPLES_PER_EDGE = 3
NEAREST_TRIANGLES = 24
NEAREST_VERTICES = 3
EYE_JOINTS = ("leftEye", "rightEye")
PAIRED_PARTS = ("skin", "eyeball_left", "eyeball_right")


@dataclass(frozen=True)
class ForeignSurface:
    """The foreign model's average head, in parts that are named as Cameo's."""

    vertices_m: Float[np.ndarray, "V 3"]
    triangles: Int[np.ndarray, "F 3"]
    part_names: tuple[str, ...]
    triangle_part: Int[np.ndarray, "F"]
    left_eye_m: Float[np.ndarray, "3"]
    right_eye_m: Float[np.ndarray, "3"]

    def part(self, name: str) -> Int[np.ndarray, "K"]:
        """Indices of a part's triangles."""
        return np.flatnonzero(self.triangle_part == self.part_names.index(name))

    def part_vertices(self, name: str) -> Bool[np.ndarray, "V"]:
        """Which vertices a part uses."""
        mask = np.zeros(len(self.vertices_m), bool)
        mask[self.triangles[self.part(name)]] = True
        return mask


@dataclass(frozen=True)
class TransferredFeatures:
    """In the foreign model's own topology."""

    region_weights: Float32[np.ndarray, "R V"]
    scalp_uv: Float32[np.ndarray, "V 2"]
    landmarks_mediapipe: SurfacePoints
    landmarks_ibug68: SurfacePoints


def transfer_features(reference: HeadModel, foreign: ForeignSurface) -> TransferredFeatures:
    """Carry regions, hair roots and landmarks over. Raises InvalidModel if the heads differ."""
    laid_on = lay_on(reference, foreign)
    regions = np.zeros((len(reference.region_names), len(foreign.vertices_m)), np.float32)
    scalp_uv = np.full((len(foreign.vertices_m), 2), np.nan, np.float32)
    for part in PAIRED_PARTS:
        own = np.unique(reference.triangles[reference.part_triangles(part)])
        theirs = np.flatnonzero(foreign.part_vertices(part))
        distance, nearest = nearest_points(
            laid_on[own], foreign.vertices_m[theirs], NEAREST_VERTICES
        )
        weights = 1 / (distance + 1e-6)
        weights /= weights.sum(axis=1, keepdims=True)
        around = reference.region_weights[:, own[nearest]]
        regions[:, theirs] = np.einsum("rvk,vk->rv", around, weights)
        scalp_uv[theirs] = reference.scalp_uv[own[nearest[:, 0]]]
    return TransferredFeatures(
        regions,
        scalp_uv,
        _bind(reference, reference.landmarks_mediapipe, laid_on, foreign),
        _bind(reference, reference.landmarks_ibug68, laid_on, foreign),
    )


def lay_on(reference: HeadModel, foreign: ForeignSurface) -> Float[np.ndarray, "N 3"]:
    """Cameo's head in the foreign head's place and shape; vertices of the reference, metres."""
    eyes = reference.joints_template_m[[JOINT_NAMES.index(name) for name in EYE_JOINTS]]
    targets = np.stack([foreign.left_eye_m, foreign.right_eye_m])
    scale = np.linalg.norm(targets[0] - targets[1]) / np.linalg.norm(eyes[0] - eyes[1])
    if not 0.5 < scale < 2.0:
        raise InvalidModel("The model's eyes are not where a head in metres has them.")
    offset = targets.mean(axis=0) - scale * eyes.mean(axis=0)
    template = reference.template_m.astype(np.float64)
    basis = reference.shape_basis_m.astype(np.float64)
    samples = _samples(foreign, "skin")
    skin = np.unique(reference.triangles[reference.part_triangles("skin")])
    shape = np.zeros(len(basis))
    for _ in range(ROUNDS):
        neutral = template + np.tensordot(shape, basis, axes=1)
        distance, nearest = nearest_points(samples, scale * neutral[skin] + offset, 1)
        close = distance[:, 0] < FURTHEST_PAIR_M
        if close.mean() < SMALLEST_SHARE:
            raise InvalidModel("The model's surface does not lie where a head's does.")
        paired, goal = skin[close], samples[nearest[close, 0]]
        shape, scale, offset = _solve(template[paired], basis[:, paired], goal)
    return scale * (template + np.tensordot(shape, basis, axes=1)) + offset


def _solve(
    template_m: Float[np.ndarray, "P 3"],
    basis_m: Float[np.ndarray, "S P 3"],
    goal_m: Float[np.ndarray, "P 3"],
) -> tuple[Float[np.ndarray, "S"], float, Float[np.ndarray, "3"]]:
    """Scale, offset and shape that bring the points to their goals, in least squares.

    Linear in scale, offset and scale times shape.
    """
    points, count = len(template_m), len(basis_m)
    shift = np.tile(np.eye(3), (points, 1))
    columns = [template_m.reshape(-1, 1), shift, basis_m.reshape(count, -1).T]
    A = np.concatenate(columns, axis=1)
    prior = np.zeros(A.shape[1])
    prior[4:] = SHAPE_PRIOR**2 * points
    solution = np.linalg.solve(A.T @ A + np.diag(prior), A.T @ goal_m.reshape(-1))
    scale = float(solution[0])
    return solution[4:] / scale, scale, solution[1:4]


def nearest_points(
    among_m: Float[np.ndarray, "N 3"], places_m: Float[np.ndarray, "M 3"], count: int
) -> tuple[Float[np.ndarray, "M K"], Int[np.ndarray, "M K"]]:
    """Distances and indices of the nearest points, nearest first."""
    distance, index = KDTree(among_m).query(places_m, count)
    shape = (len(places_m), count)
    return np.reshape(distance, shape), np.reshape(index, shape)


def _samples(foreign: ForeignSurface, part: str) -> Float[np.ndarray, "M 3"]:
    """Points spread over a part's triangles."""
    corners = foreign.vertices_m[foreign.triangles[foreign.part(part)]]
    steps = range(SAMPLES_PER_EDGE + 1)
    weights = np.array(
        [(i, j, SAMPLES_PER_EDGE - i - j) for i in steps for j in steps if i + j in steps]
    )
    return np.einsum("sc,fcd->fsd", weights / SAMPLES_PER_EDGE, corners).reshape(-1, 3)


def _bind(
    reference: HeadModel,
    points: SurfacePoints,
    laid_on_m: Float[np.ndarray, "N 3"],
    foreign: ForeignSurface,
) -> SurfacePoints:
    """The reference's surface points on the nearest triangles of the same part."""
    places = reference.surface_points(points, laid_on_m)
    part_of = np.array(reference.part_names)[reference.triangle_part[points.triangle]]
    triangle = np.zeros(len(places), np.int32)
    barycentric = np.zeros((len(places), 3), np.float32)
    for part in PAIRED_PARTS:
        mine = part_of == part if part != "skin" else ~np.isin(part_of, PAIRED_PARTS[1:])
        if mine.any():
            triangle[mine], barycentric[mine] = _nearest_on(places[mine], foreign, part)
    return SurfacePoints(triangle, barycentric)


def _nearest_on(
    places_m: Float[np.ndarray, "L 3"], foreign: ForeignSurface, part: str
) -> tuple[Int32[np.ndarray, "L"], Float32[np.ndarray, "L 3"]]:
    """Nearest points of a part: triangle and barycentric weights."""
    from trimesh.triangles import closest_point, points_to_barycentric

    candidates = foreign.part(part)
    corners = foreign.vertices_m[foreign.triangles[candidates]]
    count = min(NEAREST_TRIANGLES, len(candidates))
    _, near = nearest_points(corners.mean(axis=1), places_m, count)
    repeated = np.repeat(places_m, count, axis=0)
    closest = closest_point(corners[near.ravel()], repeated)
    distance = np.linalg.norm(closest - repeated, axis=1).reshape(near.shape)
    rows = np.arange(len(places_m))
    best = distance.argmin(axis=1)
    chosen = near[rows, best]
    on_it = closest.reshape(*near.shape, 3)[rows, best]
    weights = np.clip(points_to_barycentric(corners[chosen], on_it), 0, 1)
    weights /= weights.sum(axis=1, keepdims=True)
    return candidates[chosen].astype(np.int32), weights.astype(np.float32)
