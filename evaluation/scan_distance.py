"""How far a reconstructed face is from a scan: scan-to-mesh distance after similarity alignment.

The protocol of the NoW benchmark (Sanyal et al. 2019), with scale free: the mesh is aligned to the
scan by a similarity (rotation, translation, scale), first from corresponding points, then by
iterated closest points; then for every scan point in the face the distance to the nearest point
of the mesh's surface is taken.

    python -m evaluation.scan_distance --head models/cameo_head.npz --shapes fits.npz

measures fits of heads that are known exactly (`true_shape`, `fitted_shape`), the true face as the
scan, and the average head beside them.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import trimesh
from jaxtyping import Float, Int
from scipy.spatial import KDTree

from reconstruction_backend.head_model import HeadModel

MM = 1000.0
FACE_THRESHOLD = 0.5
SCAN_STRIDE = 4
"""Every so many face vertices are a scan point."""
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


@dataclass(frozen=True)
class FaceScanner:
    """Takes a head model's own faces for scans."""

    model: HeadModel
    face: Int[np.ndarray, "K"]
    """Skin vertices of the face."""
    skin_triangles: Int[np.ndarray, "F 3"]

    @classmethod
    def of(cls, model: HeadModel) -> "FaceScanner":
        """Of the model's face region."""
        triangles = model.triangles[model.part_triangles("skin")]
        skin = np.zeros(model.vertex_count, bool)
        skin[triangles] = True
        return cls(model, np.flatnonzero(skin & (model.region("face") > FACE_THRESHOLD)), triangles)

    def distance_mm(
        self, true_shape: Float[np.ndarray, "S"], shape: Float[np.ndarray, "S"]
    ) -> Float[np.ndarray, "N"]:
        """Distances of the true face's points to the neutral head of `shape`."""
        scan, mesh = self.model.neutral(true_shape), self.model.neutral(shape)
        points = self.face[::SCAN_STRIDE]
        return MM * scan_to_mesh_distance(
            scan[points].astype(np.float64),
            mesh.astype(np.float64),
            self.skin_triangles,
            (mesh[points].astype(np.float64), scan[points].astype(np.float64)),
        )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--head", type=Path, required=True)
    parser.add_argument("--shapes", type=Path, required=True, help="true_shape and fitted_shape")
    parser.add_argument("--count", type=int, default=100)
    arguments = parser.parse_args()
    scanner = FaceScanner.of(HeadModel.load(arguments.head))
    with np.load(arguments.shapes, allow_pickle=False) as archive:
        pairs = list(zip(archive["true_shape"], archive["fitted_shape"], strict=True))
    pairs = pairs[: arguments.count]
    fitted = np.array([scanner.distance_mm(true, fit).mean() for true, fit in pairs])
    average = np.array([scanner.distance_mm(true, np.zeros_like(true)).mean() for true, _ in pairs])
    print(
        f"{len(pairs)} heads: scan to mesh {np.median(fitted):.2f} mm, average head "
        f"{np.median(average):.2f} mm (medians of means); ratio {np.median(fitted / average):.3f} "
        f"(median), closer {100 * (fitted < average).mean():.0f} %"
    )


if __name__ == "__main__":
    main()
