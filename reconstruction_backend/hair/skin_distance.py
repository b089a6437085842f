"""How far points are from a head's skin: a signed distance field on a grid.

Near the skin a grid point knows its exact distance, with the sign of the interpolated normal at the
closest point (after Baerentzen and Aanaes 2005); farther away it is handed on from neighbour to
neighbour (chamfer distance, Borgefors 1986), which is a few per cent too long.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Float32, Int32
from scipy.ndimage import label
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from reconstruction_backend.hair import distance_kernels
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.tangents import vertex_normals

CELL_M = 0.003
_OUTER_REGIONS = ("face", "scalp", "ears", "neck")
_MARGIN_M = 0.03
_SKIRT_M = 0.01
"""How far below the bust its cut edge is drawn down: beyond the grid's end."""
_PUSHES = 6
"""The field's slope bends about ears: a point is pushed until it is out, at most so often."""


@dataclass(frozen=True)
class SkinDistance:
    """The field about one head at rest."""

    origin_m: Float32[np.ndarray, "3"]
    cell_m: float
    field_m: Float32[np.ndarray, "X Y Z"]
    """At the grid's points; positive outside."""

    @classmethod
    def of(
        cls, model: HeadModel, vertices_m: Float[np.ndarray, "V 3"], cell_m: float = CELL_M
    ) -> "SkinDistance":
        """The field about a head of the given vertices, its bust included.

        The grid ends where the bust does; where it is cut higher, it is taken to go straight down.
        """
        vertices, triangles = _closed_below(np.asarray(vertices_m, np.float32), _open_skin(model))
        normals = vertex_normals(vertices, triangles)
        used = vertices[np.unique(triangles)]
        lowest, highest = used.min(axis=0) - _MARGIN_M, used.max(axis=0) + _MARGIN_M
        lowest[1] += _MARGIN_M + _SKIRT_M
        shape = np.ceil((highest - lowest) / cell_m).astype(np.int64) + 1
        field = distance_kernels.near_field(
            lowest, np.float32(cell_m), tuple(shape), vertices, normals, triangles
        )
        distance_kernels.hand_on(field, np.float32(cell_m))
        return cls(lowest, cell_m, _without_hollows(field))

    def distance(self, points_m: Float[np.ndarray, "*n 3"]) -> Float32[np.ndarray, "*n"]:
        """Metres to the skin, negative inside. Beyond the grid, the way to it is added."""
        points = np.ascontiguousarray(points_m, np.float32).reshape(-1, 3)
        value = distance_kernels.sample(
            self.field_m, self.origin_m, np.float32(self.cell_m), points
        )
        return value.reshape(points_m.shape[:-1])

    def push_out(
        self, points_m: Float[np.ndarray, "*n 3"], clearance_m: float
    ) -> Float32[np.ndarray, "*n 3"]:
        """The points, those nearer than `clearance_m` moved straight away from the skin."""
        points = np.array(points_m, np.float32).reshape(-1, 3)
        distance_kernels.push_out(
            self.field_m,
            self.origin_m,
            np.float32(self.cell_m),
            points,
            np.float32(clearance_m),
            _PUSHES,
        )
        return points.reshape(points_m.shape)


def _without_hollows(field_m: Float32[np.ndarray, "X Y Z"]) -> Float32[np.ndarray, "X Y Z"]:
    """Pockets of air inside the head, as between the folds of a lid and the eye, filled."""
    air = np.empty(field_m.shape, np.int32)
    label(field_m > 0, output=air)
    outside = air[-1, -1, -1]
    return np.where((air > 0) & (air != outside), -field_m, field_m)


@dataclass(frozen=True)
class _OpenSkin:
    """What hair may not enter, which is open where the bust is cut and inside the mouth."""

    triangles: Int32[np.ndarray, "F 3"]
    rim: Int32[np.ndarray, "E 2"]
    """Edges of one triangle only."""
    loop: Int32[np.ndarray, "E"]
    """Which edges of the rim hang together."""


@lru_cache(maxsize=4)
def _open_skin(model: HeadModel) -> _OpenSkin:
    """Kept for the next head of the model."""
    triangles = _solid(model)
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    _, first, shared = np.unique(
        np.sort(edges, axis=1), axis=0, return_index=True, return_counts=True
    )
    rim = edges[first[shared == 1]]
    vertices = len(model.template_m)
    loops = connected_components(
        coo_matrix((np.ones(len(rim)), rim.T), shape=(vertices,) * 2), directed=False
    )[1]
    return _OpenSkin(triangles, rim, loops[rim[:, 0]])


def _solid(model: HeadModel) -> Int32[np.ndarray, "F 3"]:
    """What hair may not enter: the skin and what of the eyeballs looks forward.

    The eye sockets and the backs of the eyeballs would be taken for hollows in the head.
    """
    skin = model.triangles[model.part_triangles("skin")]
    outer = np.sum([model.region(name) for name in _OUTER_REGIONS], axis=0) > 0
    eyes = model.triangles[model.part_triangles("eyeball_left", "eyeball_right")]
    a, b, c = model.template_m[eyes].transpose(1, 0, 2)
    forward = np.cross(b - a, c - a)[:, 2] > 0
    return np.concatenate([skin[outer[skin].any(axis=1)], eyes[forward]])


def _closed_below(
    vertices_m: Float32[np.ndarray, "V 3"], skin: _OpenSkin
) -> tuple[Float32[np.ndarray, "W 3"], Int32[np.ndarray, "G 3"]]:
    """With a wall down from the lowest open edge, so that points beside the cut know their side."""
    lowest = vertices_m[skin.rim].mean(axis=1)[:, 1].argmin()
    rim = skin.rim[skin.loop == skin.loop[lowest]]
    copies = np.unique(rim)
    below = vertices_m[copies].copy()
    below[:, 1] = vertices_m[:, 1].min() - _SKIRT_M
    a, b = rim.T
    under_a, under_b = (np.searchsorted(copies, end) + len(vertices_m) for end in (a, b))
    wall = np.concatenate([np.stack([b, a, under_a], 1), np.stack([b, under_a, under_b], 1)])
    return np.concatenate([vertices_m, below]), np.concatenate([skin.triangles, wall]).astype(
        np.int32
    )
