"""Where MediaPipe's 468 face points lie on the data's average head, from the two canonical faces.

A first guess: MediaPipe's canonical face is warped onto the head by a thin-plate spline through
the 68 iBUG points that both know, then projected to the nearest surface point. The guess is
refined from renders (`refine_embedding.py`).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import trimesh
from jaxtyping import Float, Float32, Int32
from scipy.interpolate import RBFInterpolator
from scipy.spatial import KDTree

from training.head_fit.face_data import FACE_STOP, IBUG68_VERTICES, FaceData

# MediaPipe points nearest to iBUG's 68, without its jaw line (0 to 16), which slides.
MEDIAPIPE_OF_IBUG = np.array([
    70, 63, 105, 66, 107, 336, 296, 334, 293, 300, 168, 197, 5, 4, 98, 97, 2, 326, 327, 33,
    160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380, 61, 39, 37, 0, 267, 269, 291, 405,
    314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87,
], np.int32)  # fmt: skip
CHIN_MEDIAPIPE, CHIN_IBUG = 152, 8
CANDIDATES = 16
"""Triangles, nearest by centroid, among which the closest point is sought."""
SMOOTHING = 1e-3


@dataclass(frozen=True)
class DataEmbedding:
    """Points bound to triangles of the data's head."""

    corners: Int32[np.ndarray, "L 3"]
    barycentric: Float32[np.ndarray, "L 3"]

    @classmethod
    def load(cls, path: Path) -> "DataEmbedding":
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as archive:
            return cls(archive["corners"], archive["barycentric"])

    def save(self, path: Path) -> None:
        """Write an npz."""
        np.savez(path, corners=self.corners, barycentric=self.barycentric)

    def points(self, vertices_m: Float[np.ndarray, "V 3"]) -> Float[np.ndarray, "L 3"]:
        """Positions on the given vertices."""
        return np.einsum("lc,lcd->ld", self.barycentric, vertices_m[self.corners])


def load_canonical_face(path: Path) -> Float[np.ndarray, "468 3"]:
    """Vertices of mediapipe's `canonical_face_model.obj`, cm."""
    lines = path.read_text().splitlines()
    return np.array([[float(x) for x in line.split()[1:4]] for line in lines if line[:2] == "v "])


def embed_canonical_face(data: FaceData, canonical: Float[np.ndarray, "468 3"]) -> DataEmbedding:
    """Bind the 468 points to the data's average head."""
    source = np.r_[MEDIAPIPE_OF_IBUG, CHIN_MEDIAPIPE]
    target = data.vertices_m[IBUG68_VERTICES[np.r_[np.arange(17, 68), CHIN_IBUG]]]
    warp = RBFInterpolator(
        canonical[source] / 100, target, kernel="thin_plate_spline", smoothing=SMOOTHING
    )
    return bind_to_surface(data, warp(canonical / 100))


def bind_to_surface(data: FaceData, points_m: Float[np.ndarray, "L 3"]) -> DataEmbedding:
    """The nearest points on the average head's face area."""
    faces = face_triangles(data)
    corners = data.vertices_m[faces].astype(np.float64)
    near = np.asarray(KDTree(corners.mean(axis=1)).query(points_m, k=CANDIDATES)[1])
    point = np.repeat(points_m, CANDIDATES, axis=0)
    closest = trimesh.triangles.closest_point(corners[near.ravel()], point)
    distance = np.linalg.norm(closest - point, axis=1).reshape(near.shape)
    best = np.asarray(distance.argmin(axis=1))
    rows = np.arange(len(best))
    face = near[rows, best]
    nearest = closest.reshape(*near.shape, 3)[rows, best]
    weights = trimesh.triangles.points_to_barycentric(corners[face], nearest)
    return DataEmbedding(faces[face].astype(np.int32), weights.clip(0, 1).astype(np.float32))


def face_triangles(data: FaceData) -> Int32[np.ndarray, "K 3"]:
    """Triangles of the data's face area (ears, neck and the skull's back left out)."""
    return data.triangles[(data.triangles < FACE_STOP).all(axis=1)]
