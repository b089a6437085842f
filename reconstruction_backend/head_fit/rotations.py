"""Rotations as axis-angle vectors, with their derivatives."""

import math

import numpy as np
from jaxtyping import Float

SMALL_ANGLE_RAD = 1e-8


def cross_matrix(vector: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3 3"]:
    """[v]x, so that [v]x w = v x w."""
    x, y, z = vector
    return np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])


def rotation_from_axis_angle(axis_angle_rad: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3 3"]:
    """Rodrigues' formula."""
    # written out: for three numbers, numpy takes ten times as long
    x, y, z = axis_angle_rad.tolist()
    angle = math.sqrt(x * x + y * y + z * z)
    if angle < SMALL_ANGLE_RAD:
        return np.array([[1.0, -z, y], [z, 1.0, -x], [-y, x, 1.0]])
    x, y, z = x / angle, y / angle, z / angle
    s, c = math.sin(angle), math.cos(angle)
    d = 1 - c
    return np.array(
        [
            [c + d * x * x, d * x * y - s * z, d * x * z + s * y],
            [d * x * y + s * z, c + d * y * y, d * y * z - s * x],
            [d * x * z - s * y, d * y * z + s * x, c + d * z * z],
        ]
    )


def rotation_derivatives(axis_angle_rad: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3 3 3"]:
    """dR/dv_i for each component i (Gallego and Yezzi 2015, eq. 9)."""
    squared = float(axis_angle_rad @ axis_angle_rad)
    identity = np.eye(3)
    if squared < SMALL_ANGLE_RAD**2:
        return np.stack([cross_matrix(e) for e in identity])
    R = rotation_from_axis_angle(axis_angle_rad)
    V = cross_matrix(axis_angle_rad)
    columns = V @ (identity - R)
    return np.stack(
        [
            (v * V + cross_matrix(column)) / squared @ R
            for v, column in zip(axis_angle_rad, columns.T, strict=True)
        ]
    )
