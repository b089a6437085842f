"""Hair on a head that moves: it turns with the skull."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from reconstruction_backend.hair.strands import HairStrands
from reconstruction_backend.head_model import HeadModel


def strands_worn(
    strands: HairStrands,
    model: HeadModel,
    rest_m: Float[np.ndarray, "V 3"],
    vertices_m: Float[np.ndarray, "V 3"],
) -> HairStrands:
    """Strands of the head at rest on the same head at other vertices.

    The scalp moves as one body: the rotation and the shift that carry it best (Kabsch 1976).
    """
    scalp = np.isfinite(model.scalp_uv).all(axis=1)
    if not scalp.any() or np.array_equal(rest_m[scalp], vertices_m[scalp]):
        return strands
    rest, posed = rest_m[scalp].astype(np.float64), vertices_m[scalp].astype(np.float64)
    centre, moved = rest.mean(axis=0), posed.mean(axis=0)
    left, _, right = np.linalg.svd((rest - centre).T @ (posed - moved))
    mirrored = np.sign(np.linalg.det(left @ right))
    rotation = (left * [1, 1, mirrored]) @ right
    shift = moved - centre @ rotation

    def carried(points: np.ndarray) -> np.ndarray:
        return (points @ rotation.astype(np.float32) + shift.astype(np.float32)).astype(np.float32)

    smooth = None if strands.smooth_m is None else carried(strands.smooth_m)
    return replace(strands, points_m=carried(strands.points_m), smooth_m=smooth)
