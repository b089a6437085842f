"""ARKit's expressions on a head model with expressions of its own (FLAME), fitted on geometry.

Cameo's head is laid on the foreign one; each of its ARKit fields is read at the foreign vertices of
the face, and the foreign coefficients that come nearest are its column of the map (ridge
regression). Joint motion is taken over as it is: `jawOpen` turns the jaw, `eyeLook…` the eyes.
"""

import numpy as np
from jaxtyping import Float, Int

from reconstruction_backend.errors import InvalidModel
from reconstruction_backend.expression.coefficient_map import CoefficientMap, neck_turns
from reconstruction_backend.expression.coefficients import COEFFICIENT_INDEX, COEFFICIENT_NAMES
from reconstruction_backend.head_model import JOINT_NAMES, HeadModel
from reconstruction_backend.model_import.transfer import (
    NEAREST_VERTICES,
    ForeignSurface,
    lay_on,
    nearest_points,
)

RIDGE_M = 1e-4
"""What a unit of a foreign coefficient costs, in metres of misfit per vertex: little, but enough
that coefficients which move the face alike share the work."""
SKIN = "skin"


def fit_coefficient_map(reference: HeadModel, foreign: HeadModel) -> CoefficientMap:
    """The linear map onto the foreign model. Raises InvalidModel for no head like ours."""
    face = foreign.region("face")
    vertices = np.flatnonzero(face > 0)
    if not len(vertices):
        raise InvalidModel(f"{foreign.name} has no face.")
    fields = _fields_at(reference, foreign, vertices)
    root = np.sqrt(np.repeat(face[vertices].astype(np.float64), 3))[:, None]
    basis = foreign.expression_basis_m[:, vertices].astype(np.float64)
    own = basis.reshape(len(basis), -1).T * root
    wanted = fields.reshape(len(fields), -1).T * root
    ridge = RIDGE_M**2 * float(face.sum()) * np.eye(own.shape[1])
    solution = np.linalg.solve(own.T @ own + ridge, own.T @ wanted)
    expression = np.zeros((len(COEFFICIENT_NAMES), foreign.expression_count), np.float32)
    pose_rad = neck_turns()
    for i, name in enumerate(reference.expression_names):
        expression[COEFFICIENT_INDEX[name]] = solution[:, i]
        pose_rad[COEFFICIENT_INDEX[name]] += reference.expression_pose_rad[i]
    return CoefficientMap(expression, pose_rad)


def _fields_at(
    reference: HeadModel, foreign: HeadModel, vertices: Int[np.ndarray, "K"]
) -> Float[np.ndarray, "E K 3"]:
    """The reference's expression fields at vertices of the foreign model, metres of the latter."""
    left, right = (
        foreign.joints_template_m[JOINT_NAMES.index(f"{s}Eye")] for s in ("left", "right")
    )
    laid_on = lay_on(
        reference,
        ForeignSurface(
            foreign.template_m.astype(np.float64),
            foreign.triangles,
            foreign.part_names,
            foreign.triangle_part.astype(np.int64),
            left.astype(np.float64),
            right.astype(np.float64),
        ),
    )
    skin = np.unique(reference.triangles[reference.part_triangles(SKIN)])
    distance, nearest = nearest_points(
        laid_on[skin], foreign.template_m[vertices].astype(np.float64), NEAREST_VERTICES
    )
    weights = 1 / (distance + 1e-6)
    weights /= weights.sum(axis=1, keepdims=True)
    scale = np.ptp(laid_on[skin], axis=0).max() / np.ptp(reference.template_m[skin], axis=0).max()
    around = reference.expression_basis_m[:, skin[nearest]].astype(np.float64)
    return scale * np.einsum("ekcd,kc->ekd", around, weights)
