"""Normals and spherical-harmonics light for training images."""

import numba
import numpy as np
from jaxtyping import Float, Float32, Int32


def vertex_normals(
    vertices_m: Float[np.ndarray, "V 3"], triangles: Int32[np.ndarray, "F 3"]
) -> Float32[np.ndarray, "V 3"]:
    """Unit normals, area-weighted."""
    return _vertex_normals(vertices_m.astype(np.float32), triangles)


@numba.njit(cache=True)
def _vertex_normals(
    vertices: Float32[np.ndarray, "V 3"], triangles: Int32[np.ndarray, "F 3"]
) -> Float32[np.ndarray, "V 3"]:
    normals = np.zeros_like(vertices)
    for f in range(len(triangles)):
        a, b, c = triangles[f]
        ux, uy, uz = vertices[b] - vertices[a]
        vx, vy, vz = vertices[c] - vertices[a]
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for corner in (a, b, c):
            normals[corner, 0] += nx
            normals[corner, 1] += ny
            normals[corner, 2] += nz
    for i in range(len(normals)):
        length = np.sqrt((normals[i] ** 2).sum())
        if length > 0:
            normals[i] /= length
    return normals


def sh_basis(normals: Float[np.ndarray, "K 3"]) -> Float[np.ndarray, "K 9"]:
    """Second-order real harmonics up to constants: 1, y, z, x, xy, yz, 3z2-1, xz, x2-y2."""
    x, y, z = normals.T
    return np.stack(
        [np.ones_like(x), y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y], axis=1
    )
