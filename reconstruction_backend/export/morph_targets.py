"""Named displacements of the whole head: the expressions, and whatever is handed in beside them."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int32

from reconstruction_backend.head_model import HeadModel

MOVED_M = 8e-5
"""Vertices that a target moves by less keep still: half a texel, mostly rounding noise."""
TURNED = 0.06
"""Unit normals that a target changes by less (3.4 degrees) keep still."""
_THREADS = 2


@dataclass(frozen=True)
class MorphTarget:
    """What weight 1 of a named morph does to the neutral head."""

    name: str
    displacement_m: Float32[np.ndarray, "V 3"]


@dataclass(frozen=True)
class VertexChange:
    """A change of some vertices; all others keep still."""

    changed: Bool[np.ndarray, "V"]
    values: Float32[np.ndarray, "V 3"]
    """What counts where `changed` holds."""

    @classmethod
    def above(cls, values: Float32[np.ndarray, "V 3"], length: float) -> "VertexChange":
        """Those rows that are longer than `length`."""
        return cls(np.einsum("vd,vd->v", values, values) > length**2, values)


def expression_targets(
    model: HeadModel, shape: Float32[np.ndarray, "S"]
) -> tuple[MorphTarget, ...]:
    """One target per expression of the model: the full way from the neutral face to weight 1.

    Joint motion is included, so that an engine which drives morphs alone opens the mouth with
    `jawOpen` and turns the eyes with `eyeLookUpLeft`.
    """
    neutral, joints = model.neutral(shape), model.joints(shape)

    def displacement(index: int) -> Float32[np.ndarray, "V 3"]:
        straight, pose = model.expression_basis_m[index], model.expression_pose_rad[index]
        if not pose.any():
            return straight
        return model.deformed(neutral + straight, joints, pose_rad=pose) - neutral

    return tuple(
        MorphTarget(name, displacement(i)) for i, name in enumerate(model.expression_names)
    )


def displacements(targets: Sequence[MorphTarget]) -> tuple[VertexChange, ...]:
    """The perceptible displacements of each target, metres."""
    return tuple(VertexChange.above(target.displacement_m, MOVED_M) for target in targets)


def normal_changes(
    rest_m: Float32[np.ndarray, "V 3"],
    triangles: Int32[np.ndarray, "F 3"],
    moved: Sequence[VertexChange],
) -> tuple[VertexChange, ...]:
    """How each target at weight 1 changes the unit normals of the given triangles' vertices.

    Faces are weighted by their area here, which needs no angles, and only the triangles that a
    target moves are looked at.
    """
    from reconstruction_backend.export.morph_kernels import normal_change

    first, second, third = (rest_m.take(corner, axis=0) for corner in triangles.T)
    rest_sum = np.zeros_like(rest_m)
    _add_at(rest_sum, triangles, _cross(second - first, third - first))

    def change_of(target: VertexChange) -> VertexChange:
        values = np.ascontiguousarray(target.values, np.float32)
        turned = normal_change(rest_m, triangles, target.changed, values, rest_sum)
        return VertexChange.above(turned, TURNED)

    with ThreadPoolExecutor(_THREADS) as pool:  # the loop holds no interpreter lock
        return tuple(pool.map(change_of, moved))


def _cross(
    a: Float32[np.ndarray, "N 3"], b: Float32[np.ndarray, "N 3"]
) -> Float32[np.ndarray, "N 3"]:
    """Row by row; np.cross takes twice as long."""
    (a0, a1, a2), (b0, b1, b2) = a.T, b.T
    return np.stack([a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0], axis=1)


def _add_at(
    sums: Float32[np.ndarray, "V 3"],
    triangles: Int32[np.ndarray, "F 3"],
    per_triangle: Float32[np.ndarray, "F 3"],
) -> None:
    for axis in range(3):
        weights = np.repeat(per_triangle[:, axis], 3)
        sums[:, axis] += np.bincount(triangles.ravel(), weights, minlength=len(sums))
