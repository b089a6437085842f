"""What an error of shape coefficients is worth in millimetres of face surface.

After the best similarity, the distance from a surface to a slightly different one is the normal
component of the difference. To first order in the coefficients that is linear: one row per vertex
of the face, with the seven motions of the similarity projected out.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from reconstruction_backend.head_model import HeadModel
from training.head_fit.shading import vertex_normals

MM = 1000.0
FACE_THRESHOLD = 0.5


@dataclass(frozen=True)
class ShapeMetric:
    """Linear maps from a coefficient error to distances, mm."""

    normal_mm: Float[np.ndarray, "V S"]
    """Normal distances at the face's vertices after the best similarity."""
    vertex_mm: Float[np.ndarray, "W S"]
    """Displacements (3 per vertex) after the best similarity."""

    @classmethod
    def of(cls, model: HeadModel, stride: int = 3) -> "ShapeMetric":
        """Over every `stride`-th skin vertex of the face region."""
        face = face_vertices(model)[::stride]
        points = model.template_m[face].astype(np.float64)
        normals = vertex_normals(model.template_m, model.triangles)[face].astype(np.float64)
        points = points - points.mean(axis=0)
        motions = _similarity_motions(points)
        basis = model.shape_basis_m[:, face].astype(np.float64)
        along = np.einsum("snc,nc->ns", basis, normals)
        motion_along = np.einsum("knc,nc->nk", motions, normals)
        flat = basis.reshape(len(basis), -1).T
        motion_flat = motions.reshape(len(motions), -1).T
        return cls(
            MM * _without(along, motion_along),
            MM * _without(flat, motion_flat),
        )

    def normal_gram(self) -> Float[np.ndarray, "S S"]:
        """Mean squared normal distance as a quadratic form, mm²."""
        return self.normal_mm.T @ self.normal_mm / len(self.normal_mm)

    def vertex_gram(self) -> Float[np.ndarray, "S S"]:
        """Mean squared displacement as a quadratic form, mm²."""
        return self.vertex_mm.T @ self.vertex_mm / (len(self.vertex_mm) / 3)

    def distance_mm(self, error: Float[np.ndarray, "N S"]) -> Float[np.ndarray, "N"]:
        """Mean absolute normal distance of each coefficient error."""
        return np.abs(error @ self.normal_mm.T).mean(axis=1)


def face_vertices(model: HeadModel) -> Int[np.ndarray, "K"]:
    """Skin vertices of the face region."""
    skin = np.zeros(model.vertex_count, bool)
    skin[model.triangles[model.part_triangles("skin")]] = True
    return np.flatnonzero(skin & (model.region("face") > FACE_THRESHOLD))


def _similarity_motions(points: Float[np.ndarray, "N 3"]) -> Float[np.ndarray, "7 N 3"]:
    """Translations, rotations and scale as displacement fields."""
    translations = [np.tile(axis, (len(points), 1)) for axis in np.eye(3)]
    rotations = [np.cross(axis, points) for axis in np.eye(3)]
    return np.stack([*translations, *rotations, points])


def _without(
    fields: Float[np.ndarray, "N S"], motions: Float[np.ndarray, "N 7"]
) -> Float[np.ndarray, "N S"]:
    """Fields with their least-squares part in the motions taken away."""
    return fields - motions @ np.linalg.lstsq(motions, fields, rcond=None)[0]
