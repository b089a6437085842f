"""Where surfaces pass through each other or themselves: exact pairs and the curve's length.

Broad phase: triangles in the cells of a uniform grid. Narrow phase: each edge of one triangle
against the other triangle (Möller and Trumbore 1997). Pairs that share a vertex are left out.
"""

from dataclasses import dataclass

import numba
import numpy as np
from jaxtyping import Float, Int

CELL_M = 0.004
EPSILON = 1e-12


@dataclass(frozen=True)
class Crossing:
    """Intersections of two triangle sets."""

    pairs: Int[np.ndarray, "K 2"]
    """Index into the first and the second set."""
    length_m: float
    """Total length of the curve of intersection."""


def self_crossing(
    vertices_m: Float[np.ndarray, "V 3"], triangles: Int[np.ndarray, "F 3"]
) -> Crossing:
    """Triangles of one surface that cut each other without sharing a vertex."""
    found = crossing(vertices_m, triangles, triangles)
    once = found.pairs[:, 0] < found.pairs[:, 1]
    return Crossing(found.pairs[once], found.length_m / 2)


def crossing(
    vertices_m: Float[np.ndarray, "V 3"],
    first: Int[np.ndarray, "F 3"],
    second: Int[np.ndarray, "G 3"],
) -> Crossing:
    """Pairs of triangles of two sets that cut each other without sharing a vertex."""
    vertices = np.ascontiguousarray(vertices_m, dtype=np.float64)
    first, second = np.ascontiguousarray(first), np.ascontiguousarray(second)
    low = np.minimum(vertices[first].min((0, 1)), vertices[second].min((0, 1)))
    cells, starts, members = _grid(vertices, second, low)
    pairs, lengths = _cut_pairs(vertices, first, second, low, cells, starts, members)
    return Crossing(pairs, float(lengths.sum()))


def _grid(
    vertices: Float[np.ndarray, "V 3"], triangles: Int[np.ndarray, "F 3"], low: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Triangles by grid cell: sizes of the grid, first member per cell, members."""
    boxes_low = ((vertices[triangles].min(1) - low) / CELL_M).astype(np.int64)
    boxes_high = ((vertices[triangles].max(1) - low) / CELL_M).astype(np.int64)
    cells = boxes_high.max(0) + 1
    cell, member = _cell_members(boxes_low, boxes_high, cells)
    order = np.argsort(cell, kind="stable")
    starts = np.searchsorted(cell[order], np.arange(cells.prod() + 1))
    return cells, starts, member[order]


@numba.njit(cache=True)
def _cell_members(boxes_low, boxes_high, cells):  # pyright: ignore
    total = 0
    for t in range(len(boxes_low)):
        size = boxes_high[t] - boxes_low[t] + 1
        total += size[0] * size[1] * size[2]
    cell = np.empty(total, np.int64)
    member = np.empty(total, np.int64)
    k = 0
    for t in range(len(boxes_low)):
        for x in range(boxes_low[t, 0], boxes_high[t, 0] + 1):
            for y in range(boxes_low[t, 1], boxes_high[t, 1] + 1):
                for z in range(boxes_low[t, 2], boxes_high[t, 2] + 1):
                    cell[k] = (x * cells[1] + y) * cells[2] + z
                    member[k] = t
                    k += 1
    return cell, member


@numba.njit(cache=True)
def _edge_hit(p, q, a, b, c, out):  # pyright: ignore
    """Whether the segment pq meets triangle abc; the point goes to `out`."""
    direction = q - p
    edge1, edge2 = b - a, c - a
    h = np.cross(direction, edge2)
    det = np.dot(edge1, h)
    if abs(det) < 1e-24:
        return False
    s = p - a
    u = np.dot(s, h) / det
    if u < -EPSILON or u > 1 + EPSILON:
        return False
    g = np.cross(s, edge1)
    v = np.dot(direction, g) / det
    if v < -EPSILON or u + v > 1 + EPSILON:
        return False
    t = np.dot(edge2, g) / det
    if t < 0 or t > 1:
        return False
    out[:] = p + t * direction
    return True


@numba.njit(cache=True)
def _cut_length(vertices, f, g):  # pyright: ignore
    """Length of the cut between two triangles, -1 if there is none."""
    points = np.empty((6, 3))
    count = 0
    for k in range(3):
        if _edge_hit(
            vertices[f[k]], vertices[f[(k + 1) % 3]],
            vertices[g[0]], vertices[g[1]], vertices[g[2]], points[count],
        ):  # fmt: skip
            count += 1
        if _edge_hit(
            vertices[g[k]], vertices[g[(k + 1) % 3]],
            vertices[f[0]], vertices[f[1]], vertices[f[2]], points[count],
        ):  # fmt: skip
            count += 1
    if count == 0:
        return -1.0
    longest = 0.0
    for i in range(count):
        for j in range(i):
            longest = max(longest, np.sqrt(((points[i] - points[j]) ** 2).sum()))
    return longest


@numba.njit(cache=True)
def _cut_pairs(vertices, first, second, low, cells, starts, members):  # pyright: ignore
    found = []
    lengths = []
    seen = np.full(len(second), -1)
    for i in range(len(first)):
        f = first[i]
        box_low = np.empty(3)
        box_high = np.empty(3)
        a = np.empty(3, np.int64)
        b = np.empty(3, np.int64)
        for d in range(3):
            x, y, z = vertices[f[0], d], vertices[f[1], d], vertices[f[2], d]
            box_low[d], box_high[d] = min(x, y, z), max(x, y, z)
            a[d] = max(0, int((box_low[d] - low[d]) / CELL_M))
            b[d] = min(cells[d] - 1, int((box_high[d] - low[d]) / CELL_M))
        for x in range(a[0], b[0] + 1):
            for y in range(a[1], b[1] + 1):
                for z in range(a[2], b[2] + 1):
                    cell = (x * cells[1] + y) * cells[2] + z
                    for m in range(starts[cell], starts[cell + 1]):
                        j = members[m]
                        if seen[j] == i:
                            continue
                        seen[j] = i
                        g = second[j]
                        if _apart(vertices, f, g, box_low, box_high):
                            continue
                        length = _cut_length(vertices, f, g)
                        if length >= 0:
                            found.append((i, j))
                            lengths.append(length)
    pairs = np.empty((len(found), 2), np.int64)
    for k in range(len(found)):
        pairs[k, 0], pairs[k, 1] = found[k]
    return pairs, np.array(lengths)


@numba.njit(cache=True)
def _apart(vertices, f, g, box_low, box_high):  # pyright: ignore
    """Whether two triangles share a vertex or their boxes do not touch."""
    for k in range(3):
        if g[k] == f[0] or g[k] == f[1] or g[k] == f[2]:
            return True
    for d in range(3):
        x, y, z = vertices[g[0], d], vertices[g[1], d], vertices[g[2], d]
        if min(x, y, z) > box_high[d] or max(x, y, z) < box_low[d]:
            return True
    return False
