"""Files in the layouts of FLAME and GNM, made of the synthetic head; and malicious ones."""

import pickle
import sys
import types
from typing import Any

import numpy as np
from scipy import sparse

from reconstruction_backend.head_model import CORRECTIVES_PER_JOINT, JOINT_NAMES, HeadModel
from reconstruction_backend.model_import.flame import EXPRESSION_COUNT, ROOT
from reconstruction_backend.model_import.gnm import GNM_JOINTS

FLAME_PARTS = ("skin", "eyeball_left", "eyeball_right")
OUR_PARENTS = (ROOT, 0, 1, 1, 1)


def flame_arrays(head: HeadModel, seed: int = 0) -> dict[str, Any]:
    """FLAME's entries for the skin and the eyes of a head, with expressions of noise."""
    rng = np.random.default_rng(seed)
    kept = np.isin(head.triangle_part, [head.part_names.index(name) for name in FLAME_PARTS])
    used, triangles = np.unique(head.triangles[kept], return_inverse=True)
    vertices = head.template_m[used].astype(np.float64)
    expressions = rng.normal(0, 1e-3, (EXPRESSION_COUNT, len(used), 3))
    directions = np.concatenate([head.shape_basis_m[:, used].astype(np.float64), expressions])
    return {
        "v_template": vertices,
        "f": triangles.reshape(-1, 3).astype(np.uint32),
        "shapedirs": directions.transpose(1, 2, 0),
        "posedirs": rng.normal(0, 1e-3, (len(used), 3, 4 * CORRECTIVES_PER_JOINT)),
        "J_regressor": sparse.csc_matrix(joint_regressor(vertices, head.joints_template_m)),
        "weights": head.skinning_weights[used].astype(np.float64),
        "kintree_table": np.array([OUR_PARENTS, range(len(JOINT_NAMES))], np.uint32),
        "bs_style": "lbs",
        "bs_type": "lrotmin",
    }


def joint_regressor(vertices_m: np.ndarray, joints_m: np.ndarray) -> np.ndarray:
    """The smallest weights that give these joints for these vertices."""
    homogeneous = np.concatenate([vertices_m, np.ones((len(vertices_m), 1))], axis=1)
    targets = np.concatenate([joints_m, np.ones((len(joints_m), 1))], axis=1)
    return targets @ np.linalg.pinv(homogeneous)


def flame_pickle(arrays: dict[str, Any], protocol: int = 2) -> bytes:
    """As its authors write it: shapedirs is an object of a library that is not installed."""
    library, module = types.ModuleType("chumpy"), types.ModuleType("chumpy.ch")

    class Ch:
        def __init__(self, x: np.ndarray) -> None:
            self.x = x
            self.dterms = ("x",)

    Ch.__module__, Ch.__qualname__ = "chumpy.ch", "Ch"
    module.__dict__["Ch"] = Ch
    sys.modules.update({"chumpy": library, "chumpy.ch": module})
    try:
        return pickle.dumps({**arrays, "shapedirs": Ch(arrays["shapedirs"])}, protocol)
    finally:
        del sys.modules["chumpy"], sys.modules["chumpy.ch"]


def gnm_arrays(head: HeadModel, seed: int = 0) -> dict[str, np.ndarray]:
    """GNM's entries for the head: its names, shapes and joints, four and without a jaw."""
    rng = np.random.default_rng(seed)
    count, gnm_from_ours = head.vertex_count, [0, 1, 3, 4]
    weights = head.skinning_weights[:, gnm_from_ours].T.copy()
    weights[1] += head.skinning_weights[:, JOINT_NAMES.index("jaw")]
    groups = {"skin": ("skin",), "left_eye": ("eyeball_left", "cornea_left")}
    groups |= {"right_eye": ("eyeball_right", "cornea_right"), "tongue": ("tongue",)}
    groups |= {"eye_exteriors": ("cornea_left", "cornea_right"), "mouth_sock": ("mouth_interior",)}
    groups |= {"upper_teeth_and_gums": ("teeth_upper", "gums")}
    groups |= {"lower_teeth_and_gums": ("teeth_lower",)}
    members = np.zeros((len(groups), count), np.float32)
    for row, parts in zip(members, groups.values(), strict=True):
        row[np.unique(head.triangles[head.part_triangles(*parts)])] = 1
    return {
        "version": np.array("3.0"),
        "variant": np.array("head"),
        "template_vertex_positions": head.template_m,
        "template_joint_positions": head.joints_template_m[gnm_from_ours],
        "vertex_identity_basis": head.shape_basis_m,
        "joint_identity_basis": head.joints_shape_basis_m[:, gnm_from_ours],
        "expression_basis": head.expression_basis_m,
        "identity_names": np.array([f"head_{i}" for i in range(head.shape_count)]),
        "joint_names": np.array(GNM_JOINTS),
        "expression_names": np.array([f"region_{i}" for i in range(head.expression_count)]),
        "skinning_weights": weights,
        "triangles": head.triangles,
        "triangle_uvs": head.uv[head.triangles_uv],
        "mirror_indices": head.mirror_vertex,
        "pose_correctives_regressor": rng.normal(0, 1e-3, (36, 3 * count)).astype(np.float32),
        "vertex_groups": members,
        "vertex_group_names": np.array(list(groups)),
    }
