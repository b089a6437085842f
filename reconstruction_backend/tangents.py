"""Normals and tangents of a mesh, one definition for the renderer, the texture and the GLB.

Tangents follow MikkTSpace (Mikkelsen 2008) as glTF asks for: per corner the direction of +u,
projected into the tangent plane and averaged by the corner's angle. The bitangent is
`w * cross(normal, tangent)` and points against +v, because glTF's v runs down while a normal
map's green runs up.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int32, Integer

_TINY = 1e-20  # shorter vectors have no direction


@dataclass(frozen=True)
class SeamSplit:
    """Vertices doubled where texture coordinates part, as glTF and the tangents need them."""

    vertex: Int32[np.ndarray, "R"]
    """The mesh vertex of each split vertex."""
    texcoord: Int32[np.ndarray, "R"]
    """The texture coordinate of each split vertex."""
    triangles: Int32[np.ndarray, "F 3"]
    """Indices into the split vertices, in the order of the mesh's triangles."""


def split_at_seams(
    triangles: Integer[np.ndarray, "F 3"], triangles_uv: Integer[np.ndarray, "F 3"]
) -> SeamSplit:
    """One split vertex per distinct pair of vertex and texture coordinate."""
    texcoords = int(triangles_uv.max(initial=-1)) + 1
    vertex = np.full(texcoords, -1, np.int32)
    vertex[triangles_uv] = triangles
    if vertex.min(initial=0) >= 0 and (vertex[triangles_uv] == triangles).all():
        # the usual case: every texture coordinate belongs to one vertex, so no search is needed
        return SeamSplit(
            vertex, np.arange(texcoords, dtype=np.int32), triangles_uv.astype(np.int32)
        )
    pairs, inverse = np.unique(
        triangles.astype(np.int64).ravel() * texcoords + triangles_uv.ravel(), return_inverse=True
    )
    return SeamSplit(
        vertex=(pairs // texcoords).astype(np.int32),
        texcoord=(pairs % texcoords).astype(np.int32),
        triangles=inverse.reshape(triangles.shape).astype(np.int32),
    )


def unit(vectors: Float[np.ndarray, "*rows 3"]) -> Float[np.ndarray, "*rows 3"]:
    """Each vector at length one; zero stays zero."""
    length = np.sqrt(np.einsum("...d,...d->...", vectors, vectors))[..., None]
    return vectors / np.maximum(length, _TINY)


def vertex_normals(
    vertices_m: Float[np.ndarray, "V 3"], triangles: Integer[np.ndarray, "F 3"]
) -> Float32[np.ndarray, "V 3"]:
    """Unit outward normals, face normals averaged by the corner's angle (Thürmer 1998)."""
    corners = vertices_m[triangles]
    face = unit(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]))
    weighted = _corner_angles(corners)[:, :, None] * face[:, None, :]
    return unit(_sum_per_vertex(weighted, triangles, len(vertices_m))).astype(np.float32)


def vertex_tangents(
    vertices_m: Float[np.ndarray, "R 3"],
    normals: Float[np.ndarray, "R 3"],
    uv: Float[np.ndarray, "R 2"],
    triangles: Integer[np.ndarray, "F 3"],
) -> Float32[np.ndarray, "R 4"]:
    """Unit tangents (x, y, z) along +u and the bitangent's sign w (+1 or -1).

    Positions, normals and texture coordinates are per split vertex (`split_at_seams`).
    Where a vertex has no usable texture gradient, the tangent is any direction in its plane.
    """
    corners = vertices_m[triangles]
    edge_1, edge_2 = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    gradient = uv[triangles]
    (du_1, dv_1), (du_2, dv_2) = (
        (gradient[:, 1] - gradient[:, 0]).T,
        (gradient[:, 2] - gradient[:, 0]).T,
    )
    # against v: the sign of the chart's area as seen in a texture whose v runs up
    handedness = -np.sign(du_1 * dv_2 - du_2 * dv_1)
    along_u = (edge_2 * dv_1[:, None] - edge_1 * dv_2[:, None]) * handedness[:, None]

    normal = normals[triangles]
    in_plane = along_u[:, None, :] - normal * np.einsum("fd,fcd->fc", along_u, normal)[..., None]
    angle = _corner_angles(corners) * (handedness != 0)[:, None]
    tangent = _sum_per_vertex(unit(in_plane) * angle[:, :, None], triangles, len(normals))
    sign = _sum_per_vertex(angle[:, :, None] * handedness[:, None, None], triangles, len(normals))

    tangent = _orthogonal_unit(tangent, normals)
    w = np.where(sign[:, :1] < 0, -1.0, 1.0)
    return np.concatenate([tangent, w], axis=1).astype(np.float32)


def _orthogonal_unit(
    tangent: Float[np.ndarray, "R 3"], normals: Float[np.ndarray, "R 3"]
) -> Float[np.ndarray, "R 3"]:
    tangent = tangent - normals * np.einsum("rd,rd->r", tangent, normals)[:, None]
    lost = np.linalg.norm(tangent, axis=1) < 1e-6
    least_aligned = np.eye(3)[np.abs(normals[lost]).argmin(axis=1)]
    tangent[lost] = np.cross(least_aligned, normals[lost])
    return unit(tangent)


def _corner_angles(corners: Float[np.ndarray, "F 3 3"]) -> Float[np.ndarray, "F 3"]:
    edges = unit(np.roll(corners, -1, axis=1) - corners)  # from each corner to the next
    cosine = -np.einsum("fcd,fcd->fc", edges, np.roll(edges, 1, axis=1))
    return np.arccos(np.clip(cosine, -1.0, 1.0))


def _sum_per_vertex(
    per_corner: Float[np.ndarray, "F 3 D"], triangles: Integer[np.ndarray, "F 3"], count: int
) -> Float[np.ndarray, "count D"]:
    index = triangles.ravel()
    columns = per_corner.reshape(len(index), -1).T
    return np.stack([np.bincount(index, column, minlength=count) for column in columns], axis=1)
