"""Contour sliding: outline landmarks that turned out of sight slide to where the outline is seen.

The detector puts the far outline of a turned face on the visible rim of the cheek, not on the
hidden point before the ear. Every outline landmark therefore has a path of surface points from
itself towards the middle of the face, and is bound to the first of them that faces the camera.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int
from scipy.spatial import KDTree

from reconstruction_backend.face_networks import LANDMARK_COUNT
from reconstruction_backend.head_fit.landmark_model import LandmarkModel
from reconstruction_backend.head_fit.measurement import FACE_OVAL
from reconstruction_backend.head_fit.view import View
from reconstruction_backend.head_model import HeadModel, SurfacePoints

PATH_STEPS = 8
PATH_STEP_M = 0.004
FACING = 0.08
"""Cosine of normal and direction to the camera at which a point is on the rim."""


@dataclass(frozen=True)
class SlidingLandmarks:
    """The 478 landmarks followed by the paths' points."""

    pool: LandmarkModel
    normals: Float32[np.ndarray, "N 3"]
    """Of the average head, at the pool's points."""
    paths: Int[np.ndarray, "O 9"]
    """Per outline landmark: itself, then its path, as indices into the pool."""

    @classmethod
    def of(cls, model: HeadModel, landmarks: SurfacePoints) -> "SlidingLandmarks":
        """Gather the 478 landmarks and the outline's paths of a head model."""
        normals = _vertex_normals(model)
        skin = np.unique(model.triangles[model.part_triangles("skin")])
        if len(skin) == 0:
            skin = np.arange(model.vertex_count)
        start = model.surface_points(landmarks, model.template_m)
        oval = np.array(FACE_OVAL)
        targets = _path_points(start[oval], start.mean(axis=0))
        _, nearest = KDTree(model.template_m[skin]).query(targets.reshape(-1, 3))
        along = _at_vertices(model, skin[nearest])
        points = _joined(landmarks, along)
        corner_normals = normals[model.triangles[points.triangle]]
        at_points = np.einsum("nk,nkc->nc", points.barycentric, corner_normals)
        at_points /= np.linalg.norm(at_points, axis=1, keepdims=True)
        path = LANDMARK_COUNT + np.arange(len(oval) * PATH_STEPS).reshape(len(oval), PATH_STEPS)
        return cls(
            LandmarkModel.gather(model, points),
            at_points.astype(np.float32),
            np.c_[oval, path],
        )

    def bound(self, view: View) -> LandmarkModel:
        """The 478 landmarks as this view shows them."""
        return self.pool.take(self.index(view))

    def index(self, view: View) -> Int[np.ndarray, "478"]:
        """Which points of the pool the landmarks are bound to."""
        index = np.arange(LANDMARK_COUNT)
        camera = -view.rotation.T @ view.translation_m
        towards = camera - self.pool.template_m[self.paths]
        towards /= np.linalg.norm(towards, axis=-1, keepdims=True)
        faces = (self.normals[self.paths] * towards).sum(axis=-1) > FACING
        first = np.where(faces.any(axis=1), faces.argmax(axis=1), self.paths.shape[1] - 1)
        index[self.paths[:, 0]] = self.paths[np.arange(len(first)), first]
        return index


def _path_points(
    start: Float[np.ndarray, "O 3"], middle: Float[np.ndarray, "3"]
) -> Float[np.ndarray, "O 8 3"]:
    """Points from the outline towards the middle of the face and forward."""
    inwards = middle - start
    inwards /= np.linalg.norm(inwards, axis=1, keepdims=True)
    steps = PATH_STEP_M * np.arange(1, PATH_STEPS + 1)
    return start[:, None] + steps[None, :, None] * inwards[:, None]


def _at_vertices(model: HeadModel, vertices: Int[np.ndarray, "N"]) -> SurfacePoints:
    """Vertices as surface points."""
    triangle = np.zeros(model.vertex_count, np.int32)
    corner = np.zeros(model.vertex_count, np.int64)
    for k in range(3):
        triangle[model.triangles[:, k]] = np.arange(len(model.triangles))
        corner[model.triangles[:, k]] = k
    return SurfacePoints(triangle[vertices], np.eye(3, dtype=np.float32)[corner[vertices]])


def _joined(first: SurfacePoints, second: SurfacePoints) -> SurfacePoints:
    return SurfacePoints(
        np.concatenate([first.triangle, second.triangle]),
        np.concatenate([first.barycentric, second.barycentric]),
    )


def _vertex_normals(model: HeadModel) -> Float[np.ndarray, "V 3"]:
    a, b, c = model.template_m[model.triangles].transpose(1, 0, 2)
    faces = np.cross(b - a, c - a)
    normals = np.zeros((model.vertex_count, 3))
    for k in range(3):
        np.add.at(normals, model.triangles[:, k], faces)
    return normals / (np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12)
