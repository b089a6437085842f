"""Landmark embeddings: iBUG-68 from the data's own vertices, MediaPipe's 478 points by warping.

MediaPipe's canonical face is aligned by a similarity, warped smoothly (thin-plate splines) onto
points that both know (iBUG landmarks; lids and lips along their edge loops, by arc length) and
projected onto the skin. `recalibrated` puts better points into a finished model file.
"""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import igl
import numpy as np
import scipy.sparse as sp
from jaxtyping import Float, Int
from scipy.interpolate import RBFInterpolator
from scipy.sparse.csgraph import dijkstra

from reconstruction_backend.head_model import SurfacePoints
from training.head_model import data
from training.head_model.data import FaceKit
from training.head_model.eyes import IRIS_RADIUS_M, Eyeballs, eye_axis
from training.head_model.template import PARTS, Template

MESH_POINTS, ALL_POINTS = 468, 478

MEDIAPIPE_OF_IBUG = {
    17: 70, 18: 63, 19: 105, 20: 66, 21: 107, 22: 336, 23: 296, 24: 334, 25: 293, 26: 300,
    27: 168, 28: 197, 29: 5, 30: 4, 31: 98, 32: 97, 33: 2, 34: 326, 35: 327,
    36: 33, 37: 160, 38: 158, 39: 133, 40: 153, 41: 144,
    42: 362, 43: 385, 44: 387, 45: 263, 46: 373, 47: 380,
    48: 61, 49: 39, 50: 37, 51: 0, 52: 267, 53: 269, 54: 291, 55: 405, 56: 314, 57: 17, 58: 84,
    59: 181, 60: 78, 61: 81, 62: 13, 63: 311, 64: 308, 65: 402, 66: 14, 67: 178, 8: 152,
}  # fmt: skip
"""Points of MediaPipe's mesh that mean the same as iBUG landmarks."""

CURVES: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = (
    ((36, 37, 38, 39), (33, 246, 161, 160, 159, 158, 157, 173, 133)),
    ((36, 41, 40, 39), (33, 7, 163, 144, 145, 153, 154, 155, 133)),
    ((45, 44, 43, 42), (263, 466, 388, 387, 386, 385, 384, 398, 362)),
    ((45, 46, 47, 42), (263, 249, 390, 373, 374, 380, 381, 382, 362)),
    ((48, 49, 50, 51, 52, 53, 54), (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)),
    ((48, 59, 58, 57, 56, 55, 54), (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)),
    ((60, 61, 62, 63, 64), (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)),
    ((60, 67, 66, 65, 64), (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)),
)
"""Edge loops through iBUG landmarks, and the MediaPipe points that lie along them."""

IRIS_RIM_DIRECTIONS = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))
"""Centre, then the rim at +X, +Y, -X, -Y of the head: MediaPipe's order on either eye."""


def ibug_points(template: Template) -> SurfacePoints:
    """iBUG-68 at the vertices that the data's authors name."""
    vertices = template.from_data(data.IBUG68)
    triangle = np.array([np.flatnonzero((template.triangles == v).any(1))[0] for v in vertices])
    at_vertex = template.triangles[triangle] == vertices[:, None]
    return SurfacePoints(triangle.astype(np.int32), at_vertex.astype(np.float32))


def mediapipe_points(
    kit: FaceKit, template: Template, eyes: Eyeballs, canonical: Float[np.ndarray, "468 3"]
) -> SurfacePoints:
    """MediaPipe's 468 mesh points on the skin and ten iris points on the eyeballs."""
    vertices = template.vertices(kit)
    known = _curve_positions(vertices, template, canonical)
    for ibug, index in MEDIAPIPE_OF_IBUG.items():
        known.setdefault(index, kit.vertices_m[data.IBUG68[ibug]])
    indices = np.array(list(known))
    places = np.array(list(known.values()))
    aligned = similarity(canonical[indices], places, canonical)
    warp = RBFInterpolator(aligned[indices], places - aligned[indices], kernel="thin_plate_spline")
    warped = aligned + warp(aligned)
    warped[indices] = places
    skin = np.flatnonzero(template.triangle_part == PARTS.index("skin"))
    on_skin = project(warped, vertices, template.triangles, skin)
    all_vertices = np.concatenate([vertices, eyes.template_m])
    all_triangles = np.concatenate([template.triangles, eyes.triangles + len(vertices)])
    ball = np.flatnonzero(np.char.startswith(np.array(eyes.triangle_part), "eyeball"))
    on_eyes = project(
        iris_points(eyes), all_vertices, all_triangles, ball + len(template.triangles)
    )
    return SurfacePoints(
        np.concatenate([on_skin.triangle, on_eyes.triangle]),
        np.concatenate([on_skin.barycentric, on_eyes.barycentric]),
    )


def read_canonical_face(path: Path) -> Float[np.ndarray, "468 3"]:
    """Vertices of MediaPipe's canonical_face_model.obj, centimetres."""
    rows = [line.split()[1:4] for line in path.read_text().splitlines() if line[:2] == "v "]
    return np.array(rows, dtype=np.float64)


def iris_points(eyes: Eyeballs) -> Float[np.ndarray, "10 3"]:
    """Centre and rim of both irises at rest: right eye first, as MediaPipe numbers them."""
    depth = np.sqrt(eyes.radius_m**2 - IRIS_RADIUS_M**2)
    points = []
    for left in (False, True):
        axis = eye_axis(left)
        across = np.cross([0.0, 1.0, 0.0], axis)
        across /= np.linalg.norm(across)
        middle = eyes.centre_m[0 if left else 1] + axis * depth
        points += [
            middle + IRIS_RADIUS_M * (x * across + y * np.array([0.0, 1.0, 0.0]))
            for x, y in IRIS_RIM_DIRECTIONS
        ]
    return np.array(points)


def similarity(
    source: Float[np.ndarray, "K 3"], target: Float[np.ndarray, "K 3"], moved: np.ndarray
) -> np.ndarray:
    """Apply to `moved` the similarity that best carries source to target (Umeyama 1991)."""
    a, b = source - source.mean(0), target - target.mean(0)
    left, singular, right = np.linalg.svd(b.T @ a)
    flip = np.diag([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    rotation = left @ flip @ right
    scale = (singular * np.diag(flip)).sum() / (a**2).sum()
    return scale * (moved - source.mean(0)) @ rotation.T + target.mean(0)


def project(
    points: Float[np.ndarray, "K 3"],
    vertices: Float[np.ndarray, "V 3"],
    triangles: Int[np.ndarray, "F 3"],
    allowed: Int[np.ndarray, "A"],
) -> SurfacePoints:
    """The nearest surface points among the allowed triangles."""
    _, index, nearest = igl.point_mesh_squared_distance(
        np.ascontiguousarray(points), np.ascontiguousarray(vertices), triangles[allowed]
    )
    triangle = allowed[np.asarray(index)]
    corners = vertices[triangles[triangle]]
    edge1, edge2 = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    basis = np.stack([edge1, edge2], axis=2)
    weights = np.einsum("kij,kj->ki", np.linalg.pinv(basis), nearest - corners[:, 0])
    barycentric = np.clip(
        np.concatenate([1 - weights.sum(1, keepdims=True), weights], axis=1), 0, 1
    )
    barycentric /= barycentric.sum(1, keepdims=True)
    return SurfacePoints(triangle.astype(np.int32), barycentric.astype(np.float32))


def recalibrated(path: Path, points: SurfacePoints) -> None:
    """Replace the MediaPipe embedding of a model file in place."""
    with np.load(path, allow_pickle=False) as archive:
        arrays = {key: archive[key] for key in archive.files}
    arrays["landmarks_mediapipe_triangle"] = points.triangle.astype(np.int32)
    arrays["landmarks_mediapipe_barycentric"] = points.barycentric.astype(np.float32)
    np.savez_compressed(path, **arrays)


def _curve_positions(
    vertices: Float[np.ndarray, "V 3"], template: Template, canonical: Float[np.ndarray, "468 3"]
) -> dict[int, Float[np.ndarray, "3"]]:
    """Places along the lids' and lips' edge loops by the canonical face's arc length."""
    graph = edge_graph(vertices, template)
    positions: dict[int, np.ndarray] = {}
    for ibug, mediapipe in CURVES:
        stops = template.from_data([data.IBUG68[i] for i in ibug])
        curve = vertices[edge_path(graph, stops)]
        share = _arc_share(canonical[list(mediapipe)])
        length = _arc_share(curve)
        places = np.stack([np.interp(share, length, curve[:, k]) for k in range(3)], axis=1)
        positions |= dict(zip(mediapipe, places, strict=True))
    return positions


def _arc_share(points: Float[np.ndarray, "K 3"]) -> Float[np.ndarray, "K"]:
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    return length / length[-1]


def edge_graph(vertices: Float[np.ndarray, "V 3"], template: Template) -> sp.csr_matrix:
    """The skin's edges with their lengths, for shortest paths."""
    skin = template.triangles[template.triangle_part == PARTS.index("skin")]
    pairs = np.concatenate([skin[:, [i, (i + 1) % 3]] for i in range(3)])
    length = np.linalg.norm(vertices[pairs[:, 0]] - vertices[pairs[:, 1]], axis=1)
    # sparse construction sums duplicates: name each edge once
    low_high = np.unique(np.sort(pairs, axis=1), axis=0, return_index=True)
    edges, first = low_high
    return sp.csr_matrix((length[first], edges.T), shape=(len(vertices),) * 2)


def edge_path(graph: sp.csr_matrix, stops: Sequence[int] | Int[np.ndarray, "K"]) -> list[int]:
    """Vertices of the shortest walk along edges through the stops."""
    walk = [int(stops[0])]
    for start, end in pairwise(stops):
        _, before = dijkstra(graph, directed=False, indices=start, return_predecessors=True)
        leg = [int(end)]
        while leg[-1] != start:
            leg.append(int(before[leg[-1]]))
        walk += leg[-2::-1]
    return walk
