"""Shape and expression bases of cameo-head from the data's, on our own template."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

TURNED = (
    2, 8, 17, 24, 26, 35, 41, 42, 49, 53, 54, 55, 56, 57, 59, 62, 66, 70, 72, 77, 90, 97,
)  # fmt: skip
"""A component's sign is arbitrary. Those that lower the weighted surface on the whole are turned to
raise it, but for these: they keep the sign with which the head fit was calibrated."""


@dataclass(frozen=True)
class ShapeBasis:
    """Principal components in units of one standard deviation."""

    components_m: Float[np.ndarray, "S V 3"]
    rotation_from_data: Float[np.ndarray, "S S"]
    """Q with `beta_data = Q @ beta_cameo`; orthogonal, so that the prior stays N(0, 1)."""


def principal_shapes(
    modes_m: Float[np.ndarray, "S V 3"], vertex_area: Float[np.ndarray, "V"]
) -> ShapeBasis:
    """Turn independent unit-variance modes into area-weighted principal components.

    With coefficients N(0, I), any rotation of the modes describes the same population; this one
    orders them by the mean squared displacement of the weighted surface.
    """
    flat = modes_m.reshape(len(modes_m), -1).astype(np.float64)
    weight = np.repeat(vertex_area / vertex_area.sum(), 3)
    variance, rotation = np.linalg.eigh((flat * weight) @ flat.T)
    rotation = rotation[:, np.argsort(-variance)]
    components = np.einsum("ds,dvk->svk", rotation, modes_m.astype(np.float64))
    sign = np.where(components[:, vertex_area > 0, 1].sum(1) < 0, -1.0, 1.0)
    sign[[i for i in TURNED if i < len(sign)]] *= -1
    return ShapeBasis((components * sign[:, None, None]).astype(np.float32), rotation * sign)


def vertex_areas(
    vertices_m: Float[np.ndarray, "V 3"], triangles: Int[np.ndarray, "F 3"]
) -> Float[np.ndarray, "V"]:
    """A third of the area of the triangles around each vertex."""
    a, b, c = (vertices_m[triangles[:, k]] for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 6
    return np.bincount(triangles.ravel(), np.repeat(area, 3), minlength=len(vertices_m))
