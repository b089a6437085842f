"""The skeleton as glTF wants it: joint nodes, inverse bind matrices, four influences a vertex."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, UInt8, UInt16

from reconstruction_backend.export.gltf_buffer import Json
from reconstruction_backend.head_model import JOINT_NAMES, JOINT_PARENTS

NODE_NAMES = ("root", *JOINT_NAMES[1:])
INFLUENCES = 4
_WEIGHT_ONE = np.iinfo(np.uint16).max


@dataclass(frozen=True)
class VertexInfluences:
    """Which joints carry each vertex, and how much."""

    joints: UInt8[np.ndarray, "V 4"]
    """0 where the weight is 0."""
    weights: UInt16[np.ndarray, "V 4"]
    """Fractions of 65535; rows sum to exactly that."""


def vertex_influences(skinning_weights: Float32[np.ndarray, "V J"]) -> VertexInfluences:
    """The four strongest joints of each vertex, their weights made to sum to one."""
    joints = np.argsort(-skinning_weights, axis=1, kind="stable")[:, :INFLUENCES]
    weights = np.take_along_axis(skinning_weights.astype(np.float64), joints, axis=1)
    weights /= weights.sum(axis=1, keepdims=True)
    rounded = np.rint(weights * _WEIGHT_ONE).astype(np.int64)
    rounded[:, 0] += _WEIGHT_ONE - rounded.sum(axis=1)
    joints[rounded == 0] = 0
    return VertexInfluences(joints.astype(np.uint8), rounded.astype(np.uint16))


def joint_nodes(
    joints_m: Float32[np.ndarray, "J 3"],
    first_index: int,
    turns_rad: Float32[np.ndarray, "J 3"] | None = None,
) -> list[Json]:
    """Nodes root > neck > jaw, leftEye, rightEye; `first_index` is the root's in the document.

    `turns_rad` is the axis-angle of each joint in the file's starting pose.
    """
    nodes: list[Json] = []
    for joint, parent in enumerate(JOINT_PARENTS):
        offset = joints_m[joint] - joints_m[parent] if parent >= 0 else joints_m[joint]
        node: Json = {"name": NODE_NAMES[joint], "translation": offset.tolist()}
        if turns_rad is not None and turns_rad[joint].any():
            node["rotation"] = quaternion(turns_rad[joint])
        children = [first_index + j for j, p in enumerate(JOINT_PARENTS) if p == joint]
        if children:
            node["children"] = children
        nodes.append(node)
    return nodes


def inverse_bind_matrices(joints_m: Float32[np.ndarray, "J 3"]) -> Float32[np.ndarray, "J 16"]:
    """Column-major; the joints are not turned at rest, so each only moves its joint to 0."""
    matrices = np.tile(np.eye(4, dtype=np.float32), (len(joints_m), 1, 1))
    matrices[:, :3, 3] = -joints_m
    return matrices.transpose(0, 2, 1).reshape(-1, 16)


def quaternion(axis_angle_rad: Float32[np.ndarray, "3"]) -> list[float]:
    """Axis-angle as glTF's unit quaternion (x, y, z, w)."""
    angle = float(np.linalg.norm(axis_angle_rad))
    # sin(a/2) / a tends to 1/2
    scale = np.sin(angle / 2) / angle if angle > 0 else 0.5
    return [*(scale * axis_angle_rad).tolist(), float(np.cos(angle / 2))]
