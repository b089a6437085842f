"""How far a reconstructed face is from a scan: scan-to-mesh distance after similarity alignment.

The protocol of the NoW benchmark (Sanyal et al. 2019), with scale free: the mesh is aligned to the
scan by a similarity (rotation, translation, scale), first from corresponding points, then by
iterated closest points; then for every scan point in the face the distance to the nearest point
of the mesh's surface is taken.
"""

from dataclasses import dataclass

import numpy as np
import trimesh
from jaxtyping import Float, Int
from scipy.spatial import KDTree

CANDIDATES = 10
"""Triangles, nearest by centroid, among which the closest point is sought."""


@dataclass(frozen=True)
class Similarity:
    """x -> scale R x + t."""

    scale: float
    rotation: Float[np.ndarray, "3 3"]
    translation: Float[np.ndarray, "3"]

    def apply(self, points: Float[np.ndarray, "N 3"]) -> Float[np.ndarray, "N 3"]:
        """Move points."""
        return self.scale * points @ self.rotation.T + self.translation


def similarity_between(
    source: Float[np.ndarray, "N 3"], target: Float[np.ndarray, "N 3"]
) -> Similarity:
    """The least-squares similarity that takes source to target (Umeyama 1991)."""
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    a, b = source - source_mean, target - target_mean
    U, S, Vt = np.linalg.svd(b.T @ a)
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(U @ Vt))])
    rotation = (U * sign) @ Vt
    scale = float((S * sign).sum() / (a**2).sum())
    return Similarity(scale, rotation, target_mean - scale * rotation @ source_mean)


class ClosestPoints:
    """Nearest points on a triangle mesh."""

    def __init__(
        self, vertices: Float[np.ndarray, "V 3"], triangles: Int[np.ndarray, "F 3"]
    ) -> None:
        self._corners = np.asarray(vertices, np.float64)[triangles]
        self._tree = KDTree(self._corners.mean(axis=1))

    def query(self, points: Float[np.ndarray, "N 3"]) -> Float[np.ndarray, "N 3"]:
        """The nearest surface point of each."""
        count = min(CANDIDATES, len(self._corners))
        near = np.asarray(self._tree.query(points, k=count)[1]).reshape(len(points), count)
        repeated = np.repeat(points, count, axis=0)
        closest = trimesh.triangles.closest_point(self._corners[near.ravel()], repeated)
        distance = np.linalg.norm(closest - repeated, axis=1).reshape(near.shape)
        rows = np.arange(len(points))
        return closest.reshape(*near.shape, 3)[rows, np.asarray(distance.argmin(axis=1))]


def scan_to_mesh_distance(
    scan_points: Float[np.ndarray, "N 3"],
    mesh_vertices: Float[np.ndarray, "V 3"],
    mesh_triangles: Int[np.ndarray, "F 3"],
    correspondences: tuple[Float[np.ndarray, "L 3"], Float[np.ndarray, "L 3"]],
    iterations: int = 10,
) -> Float[np.ndarray, "N"]:
    """Distance of every scan point to the aligned mesh, in the scan's unit.

    `correspondences` are points of the mesh and of the scan that belong together (landmarks), for
    the first alignment. The mesh should be cut to the skin of the face and its surroundings.
    """
    alignment = similarity_between(*correspondences)
    surface = ClosestPoints(mesh_vertices, mesh_triangles)
    for _ in range(iterations):
        in_mesh = _inverse(alignment).apply(scan_points)
        alignment = similarity_between(surface.query(in_mesh), scan_points)
    in_mesh = _inverse(alignment).apply(scan_points)
    return np.linalg.norm(surface.query(in_mesh) - in_mesh, axis=1) * alignment.scale


def _inverse(similarity: Similarity) -> Similarity:
    rotation = similarity.rotation.T
    return Similarity(
        1 / similarity.scale, rotation, -rotation @ similarity.translation / similarity.scale
    )
