"""The triangles of cameo-head and the matrix that maps the data's vertices to its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import scipy.sparse as sp
from jaxtyping import Bool, Float, Int
from scipy.spatial import KDTree

from training.head_model import data
from training.head_model.data import FaceKit
from training.head_model.mouth import AuthoredMouth, build_mouth, gums_kept
from training.head_model.refine import refine
from training.head_model.triangulate import triangulate

PARTS = (
    "skin", "mouth_interior", "gums", "tongue", "teeth_upper", "teeth_lower",
    "eyeball_left", "eyeball_right", "cornea_left", "cornea_right",
)  # fmt: skip

TONGUE_SEEDS = ((0.0, -0.029, 0.094), (0.0, -0.0535, 0.07))
"""Points on the upper and the lower side of the tongue; their UV islands are the tongue."""


@dataclass(frozen=True)
class Density:
    """Quads longer than `edge_m` are split within `reach_m` of the named landmarks' curve."""

    ibug: tuple[int, ...]
    reach_m: float
    edge_m: float


EYES = (*range(36, 48),)
LIPS = (*range(48, 68),)
NOSE = (*range(30, 36),)
DENSITIES = (
    Density(EYES, 0.006, 0.0018),
    Density(LIPS, 0.006, 0.0021),
    Density(NOSE, 0.008, 0.0021),
)
EAR_EDGE_M = 0.0046
FACE_EDGE_M = 0.0068
HEAD_EDGE_M = 0.0115
EAR_X_M = 0.0725
EAR_TOP_M, EAR_BOTTOM_M, EAR_FRONT_M = 0.055, -0.025, 0.035


@dataclass(frozen=True)
class Template:
    """Topology of everything but the eyeballs, with its linear map from the data."""

    triangles: Int[np.ndarray, "F 3"]
    triangle_part: Int[np.ndarray, "F"]
    """Index into `PARTS`."""
    stencil: sp.csr_matrix
    """(V, N): vertices of the template as weighted sums of the data's."""
    mirror: Int[np.ndarray, "V"]
    data_vertex: Int[np.ndarray, "V"]
    """The data's vertex that each vertex is; -1 where it lies between some."""
    triangle_polygon: Int[np.ndarray, "F"]
    """The data's polygon that each triangle comes from."""
    data_count: int
    """N."""
    mouth_triangles: slice
    """Those of `mouth`, whose vertices and triangles follow the data's in its order."""
    mouth: AuthoredMouth

    def vertices(self, kit: FaceKit) -> Float[np.ndarray, "V 3"]:
        """The average head on this topology, metres."""
        return self.stencil @ kit.vertices_m

    def carry(self, fields_m: Float[np.ndarray, "K N 3"]) -> Float[np.ndarray, "K V 3"]:
        """Displacement fields of the data on this topology."""
        flat = fields_m.transpose(1, 0, 2).reshape(fields_m.shape[1], -1)
        carried = np.asarray(self.stencil.astype(np.float32) @ flat)
        return carried.reshape(len(self.mirror), len(fields_m), 3).transpose(1, 0, 2)

    def from_data(self, indices: Sequence[int]) -> Int[np.ndarray, "K"]:
        """Vertices of the template that are the given vertices of the data."""
        lookup = np.full(self.data_count, -1)
        known = self.data_vertex >= 0
        lookup[self.data_vertex[known]] = np.flatnonzero(known)
        return lookup[np.asarray(indices)]


def build_template(kit: FaceKit) -> Template:
    """Refine the skin, keep the mouth's walls and the tongue, author teeth and gums."""
    top = kit.polygons.max(1)
    quads = np.flatnonzero(top < data.SKIN.stop)
    refined = refine(
        kit.vertices_m, kit.polygons[quads], _split_wanted(kit, kit.polygons[quads]), kit.mirror
    )
    mirror = np.concatenate([kit.mirror, refined.new_mirror])
    vertices = refined.stencil @ kit.vertices_m
    inner = np.flatnonzero((top >= data.GUMS_AND_TONGUE.start) & (top < data.GUMS_AND_TONGUE.stop))
    tongue = _tongue_polygons(kit, inner)
    inner = inner[gums_kept(kit, inner) | np.isin(inner, tongue)]
    inner_polygons = tuple(tuple(v for v in p if v >= 0) for p in kit.polygons[inner].tolist())
    triangles, source = triangulate((*refined.polygons, *inner_polygons), vertices, mirror)
    polygon = np.concatenate([quads[refined.parent], inner])[source]
    part = np.where(top[polygon] < data.SKIN.stop, PARTS.index("skin"), PARTS.index("gums"))
    in_mouth = (top >= data.MOUTH_SOCKET.start) & (top < data.MOUTH_SOCKET.stop)
    part[in_mouth[polygon]] = PARTS.index("mouth_interior")
    part[np.isin(polygon, tongue)] = PARTS.index("tongue")
    mouth = build_mouth(kit)
    return _compact(
        np.concatenate([triangles, mouth.triangles + len(mirror)]),
        np.concatenate([part, _authored_parts(mouth)]),
        np.concatenate([polygon, np.full(len(mouth.triangles), -1)]),
        sp.csr_matrix(sp.vstack([refined.stencil, mouth.weights])),
        np.concatenate([mirror, mouth.mirror + len(mirror)]),
        len(kit.vertices_m),
        mouth,
    )


def curve_points(vertices_m: Float[np.ndarray, "N 3"], indices: list[int]) -> np.ndarray:
    """Points every half millimetre or so along a polyline of vertices."""
    steps = np.linspace(0, 1, 20)[:, None]
    pieces = [vertices_m[a] * (1 - steps) + vertices_m[b] * steps for a, b in pairwise(indices)]
    return np.concatenate(pieces)


def is_ear(vertices_m: Float[np.ndarray, "V 3"]) -> Bool[np.ndarray, "V"]:
    """Vertices of the average head that lie on an ear."""
    x, y, z = vertices_m.T
    return (np.abs(x) > EAR_X_M) & (y > EAR_BOTTOM_M) & (y < EAR_TOP_M) & (np.abs(z) < EAR_FRONT_M)


def _split_wanted(kit: FaceKit, quads: Int[np.ndarray, "Q 4"]) -> Bool[np.ndarray, "Q"]:
    corners = kit.vertices_m[quads]
    edge = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(1)
    centre = corners.mean(1)
    top = quads.max(1)
    target = np.where(top < data.FACE.stop, FACE_EDGE_M, HEAD_EDGE_M)
    target[is_ear(centre)] = EAR_EDGE_M
    for density in DENSITIES:
        indices = [data.IBUG68[i] for i in density.ibug]
        distance = KDTree(kit.vertices_m[indices]).query(centre)[0]
        target[distance < density.reach_m] = density.edge_m
    return (edge > target) & (top < data.MOUTH_SOCKET.start)


def _tongue_polygons(kit: FaceKit, inner: Int[np.ndarray, "K"]) -> Int[np.ndarray, "T"]:
    """Gum polygons in the UV islands that hold the tongue's seed points."""
    corners = kit.polygons_uv[inner]
    first, second = corners, np.roll(np.where(corners < 0, corners[:, :1], corners), -1, axis=1)
    valid = corners >= 0
    link = sp.coo_matrix(
        (np.ones(valid.sum()), (first[valid], second[valid])), shape=(len(kit.uv),) * 2
    )
    island = sp.csgraph.connected_components(link, directed=False)[1][corners[:, 0]]
    centre = np.stack([kit.vertices_m[p[p >= 0]].mean(0) for p in kit.polygons[inner]])
    seeds = KDTree(centre).query(np.array(TONGUE_SEEDS))[1]
    return inner[np.isin(island, island[seeds])]


def _authored_parts(mouth: AuthoredMouth) -> Int[np.ndarray, "F"]:
    parts = [np.full(len(piece.triangles), PARTS.index(piece.part)) for piece in mouth.pieces]
    return np.concatenate(parts)


def _compact(
    triangles: Int[np.ndarray, "F 3"],
    part: Int[np.ndarray, "F"],
    polygon: Int[np.ndarray, "F"],
    stencil: sp.csr_matrix,
    mirror: Int[np.ndarray, "M"],
    data_count: int,
    mouth: AuthoredMouth,
) -> Template:
    """Number the vertices that triangles use from zero."""
    used = np.unique(triangles)
    number = np.full(len(mirror), -1)
    number[used] = np.arange(len(used))
    return Template(
        triangles=number[triangles],
        triangle_part=part,
        stencil=sp.csr_matrix(stencil[used]),
        mirror=number[mirror[used]],
        data_vertex=np.where(used < data_count, used, -1),
        triangle_polygon=polygon,
        data_count=data_count,
        mouth_triangles=slice(len(triangles) - len(mouth.triangles), len(triangles)),
        mouth=mouth,
    )
