"""GNM Head v3 (Google 2026, Apache-2.0) from its published npz.

Its forward function is linear blend skinning of a linear model, as ours, in metres, +Y up, the face
along +Z. Its root is the neck, its next joint the head; it has no jaw: jaw motion lives in its
expressions. So the root becomes our `global`, the head our `neck`, and our `jaw` moves nothing.
Correctives of the root's rotation are left out, since `global` lives in the camera. Expressions
keep their own names and units. Landmarks, most regions and hair roots come by `transfer`.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Float32, Int, Int32

from reconstruction_backend.errors import DAMAGED_NPZ, InputNotFound, InvalidModel
from reconstruction_backend.head_model import CORRECTIVES_PER_JOINT, JOINT_NAMES, HeadModel
from reconstruction_backend.model_import.transfer import ForeignSurface, transfer_features

GNM_JOINTS = ("neck", "head", "left_eye", "right_eye")
OUR_JOINT_OF_GNM = (0, 1, 3, 4)
JAW = JOINT_NAMES.index("jaw")
PART_GROUPS = {
    "mouth_interior": ("mouth_sock",),
    "tongue": ("tongue",),
    "teeth_upper": ("upper_teeth_and_gums",),
    "teeth_lower": ("lower_teeth_and_gums",),
    "eyeball_left": ("left_eye",),
    "eyeball_right": ("right_eye",),
}
"""Our parts by GNM's vertex groups; what is in none is skin."""
CORNEA_GROUP = "eye_exteriors"
HALF = 0.5
SKIN_SIDE, CELL_SIDE = 0.8, 0.2
"""GNM's parts lie on top of each other in the unit square; here the skin gets most of the atlas and
every other part a cell of its own, below or to the right."""
CELLS = tuple((i * CELL_SIDE, SKIN_SIDE) for i in range(5)) + tuple(
    (SKIN_SIDE, i * CELL_SIDE) for i in range(4)
)


def read_gnm(path: Path, reference: HeadModel) -> HeadModel:
    """Convert `gnm_head.npz`. Raises InputNotFound or InvalidModel."""
    try:
        # opened here: of a damaged zip numpy would leave the file open
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            return convert_gnm({key: archive[key] for key in archive.files}, reference)
    except FileNotFoundError as error:
        raise InputNotFound(f"There is no file {path}.") from error
    except (IndexError, *DAMAGED_NPZ) as error:
        raise InvalidModel(f"{path} is not a GNM head model: {error}.") from error


def convert_gnm(arrays: Mapping[str, np.ndarray], reference: HeadModel) -> HeadModel:
    """From GNM's arrays to our model. Raises InvalidModel, or KeyError for one that is missing."""
    if tuple(map(str, arrays["joint_names"])) != GNM_JOINTS:
        raise InvalidModel(f"Its joints are not {', '.join(GNM_JOINTS)}.")
    vertices = arrays["template_vertex_positions"].astype(np.float64)
    triangles = arrays["triangles"].astype(np.int32)
    part_names, triangle_part = _parts(arrays, triangles)
    joints = _with_jaw(arrays["template_joint_positions"], axis=0)
    surface = ForeignSurface(vertices, triangles, part_names, triangle_part, joints[3], joints[4])
    features = transfer_features(reference, surface)
    uv = _packed(arrays["triangle_uvs"].astype(np.float64), triangle_part)
    expressions = arrays["expression_basis"].astype(np.float32)
    return HeadModel(
        name="gnm",
        template_m=vertices.astype(np.float32),
        shape_basis_m=arrays["vertex_identity_basis"].astype(np.float32),
        expression_basis_m=expressions,
        expression_names=tuple(map(str, arrays["expression_names"])),
        expression_pose_rad=np.zeros((len(expressions), len(JOINT_NAMES), 3), np.float32),
        pose_correctives_m=_correctives(arrays["pose_correctives_regressor"], len(vertices)),
        joints_template_m=joints,
        joints_shape_basis_m=_with_jaw(arrays["joint_identity_basis"], axis=1),
        skinning_weights=_skinning(arrays["skinning_weights"]),
        triangles=triangles,
        uv=uv.reshape(-1, 2),
        triangles_uv=np.arange(triangles.size, dtype=np.int32).reshape(triangles.shape),
        part_names=part_names,
        triangle_part=triangle_part.astype(np.uint8),
        region_names=reference.region_names,
        region_weights=features.region_weights,
        mirror_vertex=arrays["mirror_indices"].astype(np.int32),
        scalp_uv=features.scalp_uv,
        landmarks_mediapipe=features.landmarks_mediapipe,
        landmarks_ibug68=features.landmarks_ibug68,
    )


def _parts(
    arrays: Mapping[str, np.ndarray], triangles: Int32[np.ndarray, "F 3"]
) -> tuple[tuple[str, ...], Int[np.ndarray, "F"]]:
    groups = [str(name) for name in arrays["vertex_group_names"]]

    def inside(name: str) -> Bool[np.ndarray, "F"]:
        if name not in groups:
            return np.zeros(len(triangles), bool)
        weights = arrays["vertex_groups"][groups.index(name)]
        return weights[triangles].mean(axis=1) > HALF

    names = ("skin", *PART_GROUPS, "cornea_left", "cornea_right")
    part = np.zeros(len(triangles), np.int64)
    for name, members in PART_GROUPS.items():
        for member in members:
            part[inside(member)] = names.index(name)
    cornea = inside(CORNEA_GROUP)
    for side in ("left", "right"):
        eyeball = part == names.index(f"eyeball_{side}")
        if not eyeball.any():
            raise InvalidModel(f"It has no {side} eye.")
        part[eyeball & cornea] = names.index(f"cornea_{side}")
    return names, part


def _packed(
    uv: Float[np.ndarray, "F 3 2"], triangle_part: Int[np.ndarray, "F"]
) -> Float32[np.ndarray, "F 3 2"]:
    """Parts side by side, and the origin at the top left; GNM's is at the bottom left."""
    flipped = np.stack([uv[..., 0], 1 - uv[..., 1]], axis=-1)
    corner, side = np.zeros((len(uv), 2)), np.full(len(uv), CELL_SIDE)
    side[triangle_part == 0] = SKIN_SIDE
    for part, cell in enumerate(CELLS, start=1):
        corner[triangle_part == part] = cell
    packed = corner[:, None] + flipped * side[:, None, None]
    return packed.astype(np.float32)


def _with_jaw(joints_m: Float[np.ndarray, "..."], axis: int) -> Float32[np.ndarray, "..."]:
    """GNM's joints in our order; the jaw, which moves nothing, sits where the head turns."""
    ours = [joints_m.take(i, axis) for i in range(len(GNM_JOINTS))]
    ours.insert(JAW, ours[1])
    return np.stack(ours, axis).astype(np.float32)


def _skinning(weights: Float[np.ndarray, "4 V"]) -> Float32[np.ndarray, "V 5"]:
    ours = np.zeros((weights.shape[1], len(JOINT_NAMES)), np.float32)
    ours[:, list(OUR_JOINT_OF_GNM)] = weights.T
    return ours


def _correctives(
    regressor: Float[np.ndarray, "36 W"], vertex_count: int
) -> Float32[np.ndarray, "36 V 3"]:
    """Rows per element of R - I of every joint; the root's go, the jaw's are zero."""
    per_joint = regressor.reshape(len(GNM_JOINTS), CORRECTIVES_PER_JOINT, vertex_count, 3)
    ours = np.zeros((len(JOINT_NAMES), CORRECTIVES_PER_JOINT, vertex_count, 3), np.float32)
    ours[list(OUR_JOINT_OF_GNM)] = per_joint
    return ours[1:].reshape(-1, vertex_count, 3)
