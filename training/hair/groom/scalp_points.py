"""Points of the scalp: guide roots spread evenly, and the nearest root to any place."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float, Float32, Int
from scipy.spatial import KDTree

from reconstruction_backend.hair.scalp import scalp_of
from reconstruction_backend.head_model import HeadModel, SurfacePoints
from reconstruction_backend.tangents import vertex_normals
from training.hair.groom.parameters import Hairline

_POOL = 40_000
_BORDER_M = 0.0025
"""What stays free along the scalp's edge."""
_TEMPLE_M, _TEMPLE_WIDTH_M = 0.046, 0.018
_PEAK_WIDTH_M = 0.016
_WREATH_SLOPE, _WREATH_SOFT_M = -0.12, 0.005
_CROWN_M = np.array([0.0, 0.14, -0.035])
_FRONT_Z_M, _FRONT_Y_M = 0.02, 0.035
"""The edge before and above these is the front hairline."""


@dataclass(frozen=True, eq=False)
class ScalpPoints:
    """Points of the template's scalp, with what tells where on it they lie."""

    points: SurfacePoints
    uv: Float32[np.ndarray, "N 2"]
    at_m: Float32[np.ndarray, "N 3"]
    normal: Float32[np.ndarray, "N 3"]
    to_edge_m: Float32[np.ndarray, "N"]
    to_front_m: Float32[np.ndarray, "N"]

    def take(self, rows: Int[np.ndarray, "M"] | Bool[np.ndarray, "N"]) -> "ScalpPoints":
        """Some of them."""
        return ScalpPoints(
            SurfacePoints(self.points.triangle[rows], self.points.barycentric[rows]),
            self.uv[rows],
            self.at_m[rows],
            self.normal[rows],
            self.to_edge_m[rows],
            self.to_front_m[rows],
        )

    @property
    def count(self) -> int:
        """N."""
        return len(self.uv)


@lru_cache(maxsize=2)
def scalp_pool(model: HeadModel) -> ScalpPoints:
    """Forty thousand random points of the scalp, evenly by area."""
    scalp = scalp_of(model)
    corners = model.template_m[model.triangles[scalp.triangle]].astype(np.float64)
    a, b, c = corners.transpose(1, 0, 2)
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    rng = np.random.default_rng(1)
    triangle = scalp.triangle[rng.choice(len(area), _POOL, p=area / area.sum())]
    points = SurfacePoints(triangle, rng.dirichlet(np.ones(3), _POOL).astype(np.float32))
    at = model.surface_points(points, model.template_m).astype(np.float32)
    edge = _edge_m(model)
    front = edge[(edge[:, 2] > _FRONT_Z_M) & (edge[:, 1] > _FRONT_Y_M)]
    return ScalpPoints(
        points,
        scalp.coordinates(points),
        at,
        _smooth_normals(model, points),
        KDTree(edge).query(at)[0].astype(np.float32),
        KDTree(front if len(front) else edge).query(at)[0].astype(np.float32),
    )


@lru_cache(maxsize=16)
def even_points(model: HeadModel, spacing_m: float, seed: int) -> ScalpPoints:
    """Points at least `spacing_m` from each other, as many as fit (dart throwing)."""
    pool = scalp_pool(model)
    order = np.random.default_rng(seed).permutation(pool.count)
    free = np.ones(pool.count, bool)
    tree = _pool_tree(model)
    chosen: list[int] = []
    for row in order:
        if free[row]:
            chosen.append(int(row))
            free[tree.query_ball_point(pool.at_m[row], spacing_m)] = False
    return pool.take(np.array(chosen))


def nearest(model: HeadModel, at_m: Float[np.ndarray, "N 3"]) -> ScalpPoints:
    """The points of the pool that are nearest to places."""
    return scalp_pool(model).take(np.asarray(_pool_tree(model).query(at_m)[1]))


def grows(
    points: ScalpPoints, hairline: Hairline, rng: np.random.Generator
) -> Bool[np.ndarray, "N"]:
    """Which points lie behind the hairline."""
    x = np.abs(points.at_m[:, 0])
    temple = np.exp(-(((x - _TEMPLE_M) / _TEMPLE_WIDTH_M) ** 2))
    peak = np.exp(-((x / _PEAK_WIDTH_M) ** 2))
    needed = hairline.height_m + hairline.recession_m * temple - hairline.widows_peak_m * peak
    needed = np.maximum(needed, 0) + rng.normal(0, 0.001, points.count)
    bare = np.linalg.norm(points.at_m - _CROWN_M, axis=1) < hairline.bald_m
    wreath = hairline.bald_above_m + _WREATH_SLOPE * points.at_m[:, 2]
    bare |= points.at_m[:, 1] + rng.normal(0, _WREATH_SOFT_M, points.count) > wreath
    kept = (points.to_front_m > needed) & (points.to_edge_m > _BORDER_M) & ~bare
    return kept


@lru_cache(maxsize=2)
def _pool_tree(model: HeadModel) -> KDTree:
    return KDTree(scalp_pool(model).at_m)


def _edge_m(model: HeadModel) -> Float32[np.ndarray, "E 3"]:
    """The scalp's border."""
    border = border_vertices(model.triangles[scalp_of(model).triangle])
    return model.template_m[border]


def border_vertices(triangles: Int[np.ndarray, "T 3"]) -> Int[np.ndarray, "B"]:
    """Vertices on edges that belong to one triangle only."""
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    edges = np.sort(edges, axis=1)
    unique, count = np.unique(edges, axis=0, return_counts=True)
    return np.unique(unique[count == 1])


def _smooth_normals(model: HeadModel, points: SurfacePoints) -> Float32[np.ndarray, "N 3"]:
    normals = vertex_normals(model.template_m, model.triangles)
    mean = np.einsum("nc,ncd->nd", points.barycentric, normals[model.triangles[points.triangle]])
    return (mean / np.linalg.norm(mean, axis=1, keepdims=True)).astype(np.float32)
