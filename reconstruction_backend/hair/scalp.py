"""The scalp: where hair is rooted, and how its coordinates lead to the skin and back."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float, Float32, Int32
from scipy.spatial import KDTree

from reconstruction_backend.errors import InvalidModel
from reconstruction_backend.head_model import HeadModel, SurfacePoints

GRID = 32
"""Roots along each edge of the grid of a hair network (Zhou et al. 2018, HairNet)."""
ALL_CORES = -1
"""Threads of a search in a k-d tree, in scipy's count."""
_CANDIDATES = 24
"""Triangles near a point among which the one that holds it is sought."""
_INSIDE = -1e-4
"""Smallest barycentric coordinate of a point in a triangle, rounding allowed for."""


@dataclass(frozen=True, eq=False)
class Scalp:
    """The triangles of a head model on which hair grows, flat in the unit square."""

    model: HeadModel
    triangle: Int32[np.ndarray, "K"]
    """Indices into `model.triangles`."""
    corners_uv: Float32[np.ndarray, "K 3 2"]
    _middles: KDTree

    def locate(
        self, root_uv: Float[np.ndarray, "N 2"]
    ) -> tuple[SurfacePoints, Bool[np.ndarray, "N"]]:
        """The skin under scalp coordinates, and which of them lie on the scalp.

        Those beside it are bound to the nearest edge.
        """
        nearest = np.atleast_2d(
            self._middles.query(root_uv, k=self._candidates, workers=ALL_CORES)[1]
        )
        weights = _barycentric(self.corners_uv[nearest], root_uv[:, None])
        best = weights.min(axis=2).argmax(axis=1)
        rows = np.arange(len(root_uv))
        chosen = weights[rows, best]
        inside = chosen.min(axis=1) >= _INSIDE
        chosen = np.maximum(chosen, 0)
        chosen /= chosen.sum(axis=1, keepdims=True)
        triangle = self.triangle[nearest[rows, best]]
        return SurfacePoints(triangle, chosen.astype(np.float32)), inside

    def coordinates(self, points: SurfacePoints) -> Float32[np.ndarray, "N 2"]:
        """Scalp coordinates of points on the scalp's triangles; NaN elsewhere."""
        corners = self.model.scalp_uv[self.model.triangles[points.triangle]]
        return np.einsum("nc,ncd->nd", points.barycentric, corners).astype(np.float32)

    def grid(self) -> tuple[Float32[np.ndarray, "R 2"], Bool[np.ndarray, "32 32"]]:
        """The R grid points on the scalp, row by row, and the mask of the whole grid."""
        centres = ((np.arange(GRID) + 0.5) / GRID).astype(np.float32)
        u, v = np.meshgrid(centres, centres)
        every = np.stack([u.ravel(), v.ravel()], axis=1)
        valid = self.locate(every)[1]
        return every[valid], valid.reshape(GRID, GRID)

    def normals(
        self, points: SurfacePoints, vertices_m: Float[np.ndarray, "V 3"]
    ) -> Float32[np.ndarray, "N 3"]:
        """Unit outward normals of the points' triangles on a head of the given vertices."""
        a, b, c = vertices_m[self.model.triangles[points.triangle]].transpose(1, 0, 2)
        normal = np.cross(b - a, c - a)
        return (normal / np.linalg.norm(normal, axis=1, keepdims=True)).astype(np.float32)

    @property
    def _candidates(self) -> int:
        return min(_CANDIDATES, len(self.triangle))


@lru_cache(maxsize=4)
def scalp_of(model: HeadModel) -> Scalp:
    """The scalp of a model. Raises InvalidModel if it has none."""
    corners = model.scalp_uv[model.triangles]
    triangle = np.flatnonzero(np.isfinite(corners).all(axis=(1, 2))).astype(np.int32)
    if len(triangle) == 0:
        raise InvalidModel(f"{model.name} has no scalp, so no hair can be rooted in it.")
    return Scalp(model, triangle, corners[triangle], KDTree(corners[triangle].mean(axis=1)))


def _barycentric(
    corners: Float[np.ndarray, "N C 3 2"], point: Float[np.ndarray, "N 1 2"]
) -> Float[np.ndarray, "N C 3"]:
    a, b, c = corners[..., 0, :], corners[..., 1, :], corners[..., 2, :]
    area = _cross(b - a, c - a)
    inner = np.stack([_cross(b - point, c - point), _cross(c - point, a - point)], axis=-1)
    inner = inner / np.where(area == 0, np.inf, area)[..., None]
    return np.concatenate([inner, 1 - inner.sum(axis=-1, keepdims=True)], axis=-1)


def _cross(a: Float[np.ndarray, "*n 2"], b: Float[np.ndarray, "*n 2"]) -> Float[np.ndarray, "*n"]:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
