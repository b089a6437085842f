"""The head data set that random heads are drawn from: ICT-FaceKit (Li et al., CVPR 2020; MIT).

Get it from https://github.com/ICT-VGL/ICT-FaceKit; `ict_facekit.npz` holds its arrays:
`vertices_cm` (V,3), `polygons` (F,4; -1 pads triangles), `identity_deltas_cm` (100,V,3; one
standard deviation each), `expression_deltas_cm` (57,V,3) and `expression_names`. Its axes are those
of docs/conventions.md.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32, Int32

from reconstruction_backend.errors import InputNotFound

# Vertex ranges of ICT-FaceKit's parts (its README).
FACE_STOP = 9409
HEAD_STOP = 11248
MOUTH_SOCKET_STOP = 13294
EYE_SOCKETS_STOP = 14062
GUMS_STOP = 17039
TEETH_STOP = 21451
SCLERA_LEFT = slice(21451, 22221)
SCLERA_RIGHT = slice(23021, 23791)

PART_SKIN, PART_SOCKET, PART_EYE_SOCKET, PART_GUMS = range(4)
PART_TEETH, PART_EYE_LEFT, PART_EYE_RIGHT = range(4, 7)

# ICT-FaceKit's Multi-PIE landmarks (its README), iBUG order.
IBUG68_VERTICES = np.array([
    1225, 1888, 1052, 367, 1719, 1722, 2199, 1447, 966, 3661, 4390, 3927, 3924, 2608, 3272,
    4088, 3443, 268, 493, 1914, 2044, 1401, 3615, 4240, 4114, 2734, 2509, 978, 4527, 4942,
    4857, 1140, 2075, 1147, 4269, 3360, 1507, 1542, 1537, 1528, 1518, 1511, 3742, 3751, 3756,
    3721, 3725, 3732, 5708, 5695, 2081, 0, 4275, 6200, 6213, 6346, 6461, 5518, 5957, 5841,
    5702, 5711, 5533, 6216, 6207, 6470, 5517, 5966,
], np.int32)  # fmt: skip


@dataclass(frozen=True)
class FaceData:
    """The data's average head, its modes and the triangles that are rendered."""

    vertices_m: Float32[np.ndarray, "V 3"]
    identity_m: Float32[np.ndarray, "S V 3"]
    """Displacement per standard deviation."""
    expression_m: Float32[np.ndarray, "E V 3"]
    expression_names: tuple[str, ...]
    """`jawOpen`, `eyeBlink_L` ... as the data spells them."""
    triangles: Int32[np.ndarray, "F 3"]
    """Skin, sockets, gums, teeth and eyeballs; no lashes, tear film or occluders."""
    vertex_part: Int32[np.ndarray, "V"]
    """One of the PART constants; -1 for vertices that no triangle uses."""
    triangle_part: Int32[np.ndarray, "F"]
    """The highest PART constant of the corners."""
    eye_centres_m: Float32[np.ndarray, "2 3"]
    """Left, right."""

    @classmethod
    def load(cls, path: Path) -> "FaceData":
        """Read `ict_facekit.npz`. Raises InputNotFound."""
        try:
            archive = np.load(path, allow_pickle=False)
        except FileNotFoundError as error:
            raise InputNotFound(
                f"There is no {path}; get ICT-FaceKit from its repository (see face_data.py)."
            ) from error
        with archive:
            vertices = archive["vertices_cm"].astype(np.float32) / 100
            part = _vertex_parts(len(vertices))
            triangles = _triangulate(archive["polygons"])
            triangles = triangles[(part[triangles] >= 0).all(axis=1)]
            centres = [_sphere_centre(vertices[s]) for s in (SCLERA_LEFT, SCLERA_RIGHT)]
            return cls(
                vertices_m=vertices,
                identity_m=archive["identity_deltas_cm"].astype(np.float32) / 100,
                expression_m=archive["expression_deltas_cm"].astype(np.float32) / 100,
                expression_names=tuple(str(name) for name in archive["expression_names"]),
                triangles=triangles,
                vertex_part=part,
                triangle_part=part[triangles].max(axis=1),
                eye_centres_m=np.stack(centres).astype(np.float32),
            )

    def neutral(self, shape: Float[np.ndarray, "S"]) -> Float32[np.ndarray, "V 3"]:
        """The identity at rest, metres."""
        return self.vertices_m + np.tensordot(
            np.asarray(shape, np.float32), self.identity_m, axes=1
        )

    def evaluate(
        self, shape: Float[np.ndarray, "S"], expression: Float[np.ndarray, "E"]
    ) -> Float32[np.ndarray, "V 3"]:
        """The identity with an expression, metres; eyeballs look straight ahead."""
        active = np.flatnonzero(expression)
        return self.neutral(shape) + np.tensordot(
            np.asarray(expression, np.float32)[active], self.expression_m[active], axes=1
        )


def _triangulate(polygons: Int32[np.ndarray, "F 4"]) -> Int32[np.ndarray, "K 3"]:
    quads = polygons[polygons[:, 3] >= 0]
    triangles = polygons[polygons[:, 3] < 0][:, :3]
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]], triangles]).astype(np.int32)


def _vertex_parts(vertex_count: int) -> Int32[np.ndarray, "V"]:
    part = np.full(vertex_count, -1, np.int32)
    part[:HEAD_STOP] = PART_SKIN
    part[HEAD_STOP:MOUTH_SOCKET_STOP] = PART_SOCKET
    part[MOUTH_SOCKET_STOP:EYE_SOCKETS_STOP] = PART_EYE_SOCKET
    part[EYE_SOCKETS_STOP:GUMS_STOP] = PART_GUMS
    part[GUMS_STOP:TEETH_STOP] = PART_TEETH
    part[SCLERA_LEFT] = PART_EYE_LEFT
    part[SCLERA_RIGHT] = PART_EYE_RIGHT
    return part


def _sphere_centre(points: Float[np.ndarray, "N 3"]) -> Float[np.ndarray, "3"]:
    """Centre of the least-squares sphere."""
    system = np.c_[2 * points, np.ones(len(points))].astype(np.float64)
    return np.linalg.lstsq(system, (points.astype(np.float64) ** 2).sum(axis=1), rcond=None)[0][:3]


def expression_names(path: Path) -> tuple[str, ...]:
    """The data's expression names, without the rest of the file."""
    with np.load(path, allow_pickle=False) as archive:
        return tuple(str(name) for name in archive["expression_names"])
