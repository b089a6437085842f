"""FLAME (Li et al. 2017), 2020, 2023 or 2023 Open, from the pickle that its authors give out.

Taken as it is: average head, shape and expression bases, joint regressor, skinning weights, pose
correctives, triangles. Worked out here, because the pickle does not have it: parts (connected
pieces), mirrored vertices, texture coordinates (a cylinder around the head and discs for the eyes;
ears and the inside of the mouth overlap), and, by `transfer`, landmarks, regions and hair roots.
FLAME lets expressions move the joints by fractions of a millimetre; that is left out.
"""

from pathlib import Path

import numpy as np
from jaxtyping import Float, Int, Int32
from scipy import sparse
from scipy.spatial import KDTree

from reconstruction_backend.errors import InputNotFound, InvalidModel, reason_of
from reconstruction_backend.head_model import JOINT_NAMES, JOINT_PARENTS, HeadModel
from reconstruction_backend.model_import.cylinder_atlas import cylinder_atlas
from reconstruction_backend.model_import.inert_pickle import PickledArrays, read_pickled_arrays
from reconstruction_backend.model_import.transfer import ForeignSurface, transfer_features

FLAME_LICENCE = (
    "FLAME is licensed by the Max Planck Society to those who registered for it; most versions "
    "allow non-commercial use only. It stays in your own folder, and avatars made with it are "
    "bound by its licence."
)
EXPRESSION_COUNT = 100
"""The last columns of `shapedirs`."""
MAX_FILE_BYTES = 200 * 1024**2
ROOT = 2**32 - 1
"""How `kintree_table` writes that a joint has no parent."""
SMALLEST_PIECE = 0.02
"""Of all vertices; smaller pieces count as skin."""


def read_flame(path: Path, reference: HeadModel) -> HeadModel:
    """Convert a FLAME pickle. Raises InputNotFound or InvalidModel; runs nothing of the file."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise InputNotFound(f"Cannot read {path}: {reason_of(error)}.") from error
    if len(data) > MAX_FILE_BYTES:
        raise InvalidModel("The file is larger than any FLAME model.")
    return convert_flame(read_pickled_arrays(data), reference)


def convert_flame(pickled: PickledArrays, reference: HeadModel) -> HeadModel:
    """From FLAME's arrays to our model. Raises InvalidModel where their shapes do not fit."""
    vertices = _checked(pickled, "v_template", (None, 3))
    count = len(vertices)
    directions = _checked(pickled, "shapedirs", (count, 3, None))
    correctives = _checked(pickled, "posedirs", (count, 3, 9 * (len(JOINT_NAMES) - 1)))
    regressor = _checked(pickled, "J_regressor", (len(JOINT_NAMES), count))
    weights = _checked(pickled, "weights", (count, len(JOINT_NAMES)))
    triangles = _triangles(pickled, count)
    _check_joint_tree(pickled)
    basis = directions.transpose(2, 0, 1)
    if len(basis) <= EXPRESSION_COUNT:
        raise InvalidModel(f"The file has {len(basis)} directions; FLAME has more than 100.")
    shape, expression = basis[:-EXPRESSION_COUNT], basis[-EXPRESSION_COUNT:]
    joints = regressor @ vertices
    part_names, triangle_part = _parts(vertices, triangles, joints)
    surface = ForeignSurface(vertices, triangles, part_names, triangle_part, joints[3], joints[4])
    features = transfer_features(reference, surface)
    uv, triangles_uv = cylinder_atlas(vertices, triangles, triangle_part)
    return HeadModel(
        name="flame",
        template_m=vertices.astype(np.float32),
        shape_basis_m=shape.astype(np.float32),
        expression_basis_m=expression.astype(np.float32),
        expression_names=tuple(f"flame{i + 1:03d}" for i in range(len(expression))),
        expression_pose_rad=np.zeros((len(expression), len(JOINT_NAMES), 3), np.float32),
        pose_correctives_m=correctives.transpose(2, 0, 1).astype(np.float32),
        joints_template_m=joints.astype(np.float32),
        joints_shape_basis_m=np.einsum("jv,svd->sjd", regressor, shape).astype(np.float32),
        skinning_weights=weights.astype(np.float32),
        triangles=triangles,
        uv=uv,
        triangles_uv=triangles_uv,
        part_names=part_names,
        triangle_part=triangle_part.astype(np.uint8),
        region_names=reference.region_names,
        region_weights=features.region_weights,
        mirror_vertex=mirrored_vertices(vertices),
        scalp_uv=features.scalp_uv,
        landmarks_mediapipe=features.landmarks_mediapipe,
        landmarks_ibug68=features.landmarks_ibug68,
    )


def _checked(
    pickled: PickledArrays, key: str, shape: tuple[int | None, ...]
) -> Float[np.ndarray, "..."]:
    array = pickled.array(key).astype(np.float64)
    fits = array.ndim == len(shape) and all(
        wanted in (None, actual) for wanted, actual in zip(shape, array.shape, strict=True)
    )
    if not fits or not np.isfinite(array).all():
        raise InvalidModel(f"The file's {key!r} is not as a FLAME model's: shape {array.shape}.")
    return array


def _triangles(pickled: PickledArrays, vertex_count: int) -> Int32[np.ndarray, "F 3"]:
    triangles = pickled.array("f")
    whole = triangles.ndim == 2 and triangles.shape[1] == 3 and len(triangles) > 0
    if not whole or triangles.min() < 0 or triangles.max() >= vertex_count:
        raise InvalidModel("The file's triangles name vertices that do not exist.")
    return triangles.astype(np.int32)


def _check_joint_tree(pickled: PickledArrays) -> None:
    parents = pickled.array("kintree_table")[0].astype(np.int64)
    parents[(parents < 0) | (parents == ROOT)] = -1
    if tuple(parents.tolist()) != JOINT_PARENTS:
        raise InvalidModel("The file's joints are not FLAME's: neck, jaw and two eyes.")


def _parts(
    vertices_m: Float[np.ndarray, "V 3"],
    triangles: Int32[np.ndarray, "F 3"],
    joints_m: Float[np.ndarray, "J 3"],
) -> tuple[tuple[str, ...], Int[np.ndarray, "F"]]:
    """Connected pieces: the two around the eye joints are eyeballs, the rest is skin."""
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]]])
    graph = sparse.coo_matrix((np.ones(len(edges)), edges.T), shape=(len(vertices_m),) * 2)
    _, piece = sparse.csgraph.connected_components(graph, directed=False)
    sizes = np.bincount(piece)
    centres = np.stack([np.bincount(piece, column) for column in vertices_m.T], axis=1)
    centres /= sizes[:, None]
    small = (sizes < len(vertices_m) / 4) & (sizes > SMALLEST_PIECE * len(vertices_m))
    if small.sum() != 2:
        raise InvalidModel("The file's mesh has no two eyeballs, as FLAME's has.")
    part = np.zeros(len(triangles), np.int64)
    for slot, joint in ((1, joints_m[3]), (2, joints_m[4])):
        eyeball = np.flatnonzero(small)[np.linalg.norm(centres[small] - joint, axis=1).argmin()]
        part[piece[triangles[:, 0]] == eyeball] = slot
    return ("skin", "eyeball_left", "eyeball_right"), part


def mirrored_vertices(vertices_m: Float[np.ndarray, "V 3"]) -> Int32[np.ndarray, "V"]:
    """The vertex nearest to each one's mirror image; itself where that is not mutual."""
    _, nearest = KDTree(vertices_m).query(vertices_m * [-1, 1, 1])
    nearest = np.asarray(nearest)
    own = np.arange(len(vertices_m))
    return np.where(nearest[nearest] == own, nearest, own).astype(np.int32)
