"""How the mirror image of a face reads in landmarks and in a head model's coefficients."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int32
from scipy.spatial import KDTree

from reconstruction_backend.head_model import HeadModel

MIRROR_X = np.array([-1.0, 1.0, 1.0])
SIDES = ("Left", "Right")


@dataclass(frozen=True)
class MirrorMaps:
    """Mirroring as index and linear maps."""

    landmark: Int32[np.ndarray, "478"]
    """The landmark on the other side."""
    shape: Float32[np.ndarray, "S S"]
    """Coefficients of the mirrored head: `shape_mirrored = shape_map @ shape`."""
    expression: Int32[np.ndarray, "E"]
    """The expression of the other side."""

    @classmethod
    def of(cls, model: HeadModel) -> "MirrorMaps":
        """Work out the maps of a head model."""
        landmarks = model.surface_points(model.landmarks_mediapipe, model.template_m)
        other = np.asarray(KDTree(landmarks * MIRROR_X).query(landmarks)[1])
        return cls(other.astype(np.int32), _shape_map(model), _expression_map(model))

    def points(self, points: Float[np.ndarray, "478 3"]) -> Float[np.ndarray, "478 3"]:
        """Landmarks (x, y, depth) of the mirrored photo, up to a shift in x."""
        return points[self.landmark] * MIRROR_X.astype(points.dtype)

    def gaze(self, gaze_rad: Float[np.ndarray, "2 2"]) -> Float[np.ndarray, "2 2"]:
        """x and y of the eyes' axis-angles in the mirror."""
        return gaze_rad[::-1] * np.array([1, -1], gaze_rad.dtype)


def _shape_map(model: HeadModel) -> Float32[np.ndarray, "S S"]:
    """Least squares over the vertices; exact where the shape space is closed under mirroring."""
    count = model.shape_count
    basis = model.shape_basis_m.reshape(count, -1).astype(np.float64)
    turned = (model.shape_basis_m[:, model.mirror_vertex] * MIRROR_X).reshape(count, -1)
    gram = basis @ basis.T
    return np.linalg.solve(gram, basis @ turned.T).astype(np.float32)


def _expression_map(model: HeadModel) -> Int32[np.ndarray, "E"]:
    other: list[int] = []
    for i, name in enumerate(model.expression_names):
        mirrored = name
        for side, opposite in (SIDES, SIDES[::-1]):
            if name.endswith(side):
                mirrored = name.removesuffix(side) + opposite
        other.append(model.expression_index.get(mirrored, i))
    return np.array(other, np.int32)
