"""Splits small polygons into well-shaped triangles, the same way on both sides of the face."""

from functools import cache

import numpy as np
from jaxtyping import Float, Int

Triangle = tuple[int, int, int]


def triangulate(
    polygons: tuple[tuple[int, ...], ...],
    vertices_m: Float[np.ndarray, "V 3"],
    mirror: Int[np.ndarray, "V"],
) -> tuple[Int[np.ndarray, "F 3"], Int[np.ndarray, "F"]]:
    """Triangles and the polygon that each comes from; mirrored polygons get mirrored triangles."""
    index = {tuple(sorted(polygon)): i for i, polygon in enumerate(polygons)}
    done: dict[int, list[Triangle]] = {}
    for i, polygon in enumerate(polygons):
        if i in done:
            continue
        done[i] = best_triangles(polygon, vertices_m)
        other = index.get(tuple(sorted(int(mirror[v]) for v in polygon)))
        if other is not None and other != i:
            done[other] = [(int(mirror[a]), int(mirror[c]), int(mirror[b])) for a, b, c in done[i]]
    triangles = [t for i in range(len(polygons)) for t in done[i]]
    source = np.repeat(np.arange(len(polygons)), [len(done[i]) for i in range(len(polygons))])
    return np.array(triangles), source


def best_triangles(
    polygon: tuple[int, ...], vertices_m: Float[np.ndarray, "V 3"]
) -> list[Triangle]:
    """The triangulation whose sum of (squared edge lengths / area) is least.

    The classic dynamic programme over sub-polygons; polygons here have three to eight corners.
    """
    corners = vertices_m[list(polygon)]

    def cost(i: int, j: int, k: int) -> float:
        edges = corners[[j, k, i]] - corners[[i, j, k]]
        area = float(np.linalg.norm(np.cross(edges[0], edges[1])))
        return float((edges**2).sum()) / max(area, 1e-12)

    @cache
    def best(i: int, k: int) -> tuple[float, tuple[Triangle, ...]]:
        if k - i < 2:
            return 0.0, ()
        options = []
        for j in range(i + 1, k):
            left, right = best(i, j), best(j, k)
            total = left[0] + right[0] + cost(i, j, k)
            options.append((total, (*left[1], (i, j, k), *right[1])))
        return min(options)

    return [(polygon[i], polygon[j], polygon[k]) for i, j, k in best(0, len(polygon) - 1)[1]]
