"""Adaptive refinement of a quad mesh with a smooth interpolating scheme.

Chosen quads are split in four. A new edge point follows the four-point rule along the edge flow
(Dyn, Levin and Gregory 1987; tensor product on quads: Kobbelt 1996); at extraordinary vertices
the neighbour "straight on" is interpolated trigonometrically over the ring. Every new vertex is
a fixed weighted sum of old ones, so that the same matrix carries the template and all bases.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from jaxtyping import Bool, Float, Int

NEAR, FAR = 9 / 16, -1 / 16
"""The four-point rule: weights of the edge's ends and of the points beyond them."""
CORNERS = 4

Weights = dict[int, float]
Edge = tuple[int, int]


@dataclass(frozen=True)
class RefinedMesh:
    """Polygons over old vertices and the new ones that follow them."""

    polygons: tuple[tuple[int, ...], ...]
    """Counter-clockwise corners; quads beside split ones have 5 or 6."""
    parent: Int[np.ndarray, "K"]
    """The quad of the input that each polygon comes from."""
    stencil: sp.csr_matrix
    """(old + new, old) weights, rows sum to one."""
    new_mirror: Int[np.ndarray, "M"]
    """For each new vertex the one on the other side (index among all vertices)."""


class QuadRings:
    """Half-edge look-ups of a pure quad mesh."""

    def __init__(self, quads: Int[np.ndarray, "Q 4"]) -> None:
        self.quads = quads
        self.face_of: dict[Edge, int] = {}
        self._next_around: dict[Edge, int] = {}
        for face, quad in enumerate(quads.tolist()):
            for k in range(CORNERS):
                start, end = quad[k], quad[(k + 1) % CORNERS]
                self.face_of[start, end] = face
                self._next_around[start, end] = quad[k - 1]

    def ring(self, centre: int, first: int) -> tuple[list[int], bool]:
        """Neighbours of `centre` counter-clockwise from `first`; False if the ring is open."""
        ring = [first]
        while (following := self._next_around.get((centre, ring[-1]))) is not None:
            if following == first:
                return ring, True
            ring.append(following)
        return ring, False

    def opposite_edge(self, edge: Edge) -> Edge | None:
        """The edge across the quad beyond `edge`, in the same direction; None at a boundary."""
        face = self.face_of.get((edge[1], edge[0]))
        if face is None:
            return None
        quad = self.quads[face].tolist()
        k = quad.index(edge[1])
        return quad[k - 1], quad[k - 2]

    def is_boundary(self, start: int, end: int) -> bool:
        """Whether only one quad has this edge."""
        return ((start, end) in self.face_of) != ((end, start) in self.face_of)


def refine(
    vertices_m: Float[np.ndarray, "N 3"],
    quads: Int[np.ndarray, "Q 4"],
    split: Bool[np.ndarray, "Q"],
    mirror: Int[np.ndarray, "N"],
) -> RefinedMesh:
    """Split the chosen quads, and those with three split neighbours, in four."""
    rings = QuadRings(quads)
    split = _closed_split(rings, split)
    rows: list[Weights] = []
    edge_vertex: dict[Edge, int] = {}
    face_vertex: dict[int, int] = {}
    first = len(vertices_m)
    for face in np.flatnonzero(split).tolist():
        for edge in _edges(quads[face].tolist()):
            if _key(edge) not in edge_vertex:
                edge_vertex[_key(edge)] = first + len(rows)
                rows.append(_edge_weights(rings, edge, vertices_m))
        face_vertex[face] = first + len(rows)
        rows.append(_face_weights(rings, face, vertices_m))
    polygons, parent = _polygons(rings, split, edge_vertex, face_vertex)
    return RefinedMesh(
        polygons=polygons,
        parent=parent,
        stencil=_stencil(rows, first),
        new_mirror=_new_mirror(rings, edge_vertex, face_vertex, mirror, first),
    )


def _edges(quad: list[int]) -> list[Edge]:
    return [(quad[k], quad[(k + 1) % CORNERS]) for k in range(CORNERS)]


def _key(edge: Edge) -> Edge:
    return (edge[0], edge[1]) if edge[0] < edge[1] else (edge[1], edge[0])


def _closed_split(rings: QuadRings, split: Bool[np.ndarray, "Q"]) -> Bool[np.ndarray, "Q"]:
    """Also split quads with three or four split neighbours, until there is none left."""
    split = split.copy()
    neighbours = np.array(
        [[rings.face_of.get((b, a), face) for a, b in _edges(quad)]
         for face, quad in enumerate(rings.quads.tolist())]
    )  # fmt: skip
    while True:
        grown = split | (split[neighbours].sum(1) >= CORNERS - 1)
        if (grown == split).all():
            return split
        split = grown


def _straight_on(
    rings: QuadRings, end: int, start: int, vertices_m: Float[np.ndarray, "N 3"]
) -> Weights:
    """The point beyond `end` on the way from `start`, no farther than the edge is long.

    At an interior vertex of valence n the ring is taken as a periodic function of the angle,
    its first two Fourier modes are evaluated opposite to `start`; for n = 4 this is the
    opposite neighbour itself. Across a boundary the edge is reflected.
    """
    ring, closed = rings.ring(end, start)
    if closed:
        n = len(ring)
        angle = 2 * np.pi * np.arange(n) / n
        second = {3: 0.0, 4: 1.0}.get(n, 2.0)
        weights = (1 - 2 * np.cos(angle) + second * np.cos(2 * angle)) / n
        beyond = dict(zip(ring, weights.tolist(), strict=True))
    elif rings.is_boundary(end, start):
        beyond = {_other_boundary_neighbour(rings, end, start): 1.0}
    else:
        return {end: 2.0, start: -1.0}
    place = sum(weight * vertices_m[vertex] for vertex, weight in beyond.items())
    step = float(np.linalg.norm(place - vertices_m[end]))
    length = float(np.linalg.norm(vertices_m[start] - vertices_m[end]))
    shrink = min(1.0, length / max(step, 1e-12))
    return _combined([({end: 1.0}, 1 - shrink), (beyond, shrink)])


def _other_boundary_neighbour(rings: QuadRings, vertex: int, neighbour: int) -> int:
    ring, _ = rings.ring(vertex, neighbour)
    if len(ring) > 1:
        return ring[-1]
    backwards = neighbour
    while (face := rings.face_of.get((backwards, vertex))) is not None:
        quad = rings.quads[face].tolist()
        backwards = quad[(quad.index(vertex) + 1) % CORNERS]
    return backwards


def _edge_weights(rings: QuadRings, edge: Edge, vertices_m: Float[np.ndarray, "N 3"]) -> Weights:
    start, end = edge
    return _combined(
        [
            ({start: 1.0}, NEAR),
            ({end: 1.0}, NEAR),
            (_straight_on(rings, start, end, vertices_m), FAR),
            (_straight_on(rings, end, start, vertices_m), FAR),
        ]
    )


def _face_weights(rings: QuadRings, face: int, vertices_m: Float[np.ndarray, "N 3"]) -> Weights:
    """The four-point rule over edge points, averaged over both directions."""
    a, b, c, d = rings.quads[face].tolist()
    terms: list[tuple[Weights, float]] = []
    for near, far in (((a, b), (d, c)), ((b, c), (a, d))):
        for edge, facing in ((near, far), (far, near)):
            own = _edge_weights(rings, edge, vertices_m)
            terms.append((own, NEAR / 2))
            directed = edge if rings.face_of.get(edge) == face else (edge[1], edge[0])
            beyond = rings.opposite_edge(directed)
            if beyond is None:
                terms += [(own, 2 * FAR / 2), (_edge_weights(rings, facing, vertices_m), -FAR / 2)]
            else:
                terms.append((_edge_weights(rings, beyond, vertices_m), FAR / 2))
    return _combined(terms)


def _combined(terms: list[tuple[Weights, float]]) -> Weights:
    total: Weights = {}
    for weights, factor in terms:
        for vertex, weight in weights.items():
            total[vertex] = total.get(vertex, 0.0) + factor * weight
    return total


def _polygons(
    rings: QuadRings,
    split: Bool[np.ndarray, "Q"],
    edge_vertex: dict[Edge, int],
    face_vertex: dict[int, int],
) -> tuple[tuple[tuple[int, ...], ...], Int[np.ndarray, "K"]]:
    polygons: list[tuple[int, ...]] = []
    parent: list[int] = []
    for face, quad in enumerate(rings.quads.tolist()):
        middle = [edge_vertex.get(_key(edge)) for edge in _edges(quad)]
        if split[face]:
            centre = face_vertex[face]
            pieces = [(quad[k], middle[k], centre, middle[k - 1]) for k in range(CORNERS)]
        else:
            outline = [v for pair in zip(quad, middle, strict=True) for v in pair]
            pieces = [tuple(v for v in outline if v is not None)]
        for piece in pieces:
            polygons.append(tuple(int(v) for v in piece if v is not None))
            parent.append(face)
    return tuple(polygons), np.array(parent)


def _stencil(rows: list[Weights], old: int) -> sp.csr_matrix:
    row = np.repeat(np.arange(len(rows)), [len(weights) for weights in rows])
    column = np.array([vertex for weights in rows for vertex in weights], dtype=np.int64)
    value = np.array([weight for weights in rows for weight in weights.values()])
    new = sp.csr_matrix((value, (row, column)), shape=(len(rows), old))
    return sp.csr_matrix(sp.vstack([sp.identity(old), new]))


def _new_mirror(
    rings: QuadRings,
    edge_vertex: dict[Edge, int],
    face_vertex: dict[int, int],
    mirror: Int[np.ndarray, "N"],
    first: int,
) -> Int[np.ndarray, "M"]:
    """New vertices mirror as the edges and quads that they split do."""
    new_mirror = np.zeros(len(edge_vertex) + len(face_vertex), np.int64)
    for (a, b), vertex in edge_vertex.items():
        new_mirror[vertex - first] = edge_vertex[_key((int(mirror[a]), int(mirror[b])))]
    for face, vertex in face_vertex.items():
        a, b = rings.quads[face, :2].tolist()
        other = rings.face_of[int(mirror[b]), int(mirror[a])]
        new_mirror[vertex - first] = face_vertex[other]
    return new_mirror
