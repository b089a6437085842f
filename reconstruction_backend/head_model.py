"""The morphable head: one npz format, evaluated as FLAME is (Li et al. 2017, eqs. 1 to 4).

    vertices = skinning(template + shape·β + expression·ψ + pose correctives(θ), joints(β), θ)

`HeadModel.load` reads `models/cameo_head.npz`, or FLAME or GNM converted to the same format. The
expression weights may also turn joints (`expression_pose_rad`): ARKit's `jawOpen` turns the jaw and
`eyeLookUpLeft` the left eye, so that jaw motion lives in the pose whatever drives it.
The format is described key by key in docs/head-model-format.md.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

import numpy as np
from jaxtyping import Float, Float32, Int32, UInt8
from numpy.lib.npyio import NpzFile

from reconstruction_backend.errors import DAMAGED_NPZ, InputNotFound, InvalidModel

FORMAT_VERSION = 1
JOINT_NAMES = ("global", "neck", "jaw", "leftEye", "rightEye")
JOINT_PARENTS = (-1, 0, 1, 1, 1)
CORRECTIVES_PER_JOINT = 9
MEDIAPIPE_POINTS, IBUG_POINTS = 478, 68


@dataclass(frozen=True)
class SurfacePoints:
    """Points bound to triangles of the mesh, so that they follow every deformation."""

    triangle: Int32[np.ndarray, "L"]
    """Index into `HeadModel.triangles`."""
    barycentric: Float32[np.ndarray, "L 3"]
    """Weights of the triangle's three corners; rows sum to one."""


@dataclass(frozen=True, eq=False)
class HeadModel:
    """A linear blend-skinned morphable head. All arrays are read-only.

    Equal only to itself, so that caches can be keyed by it.
    """

    name: str
    template_m: Float32[np.ndarray, "V 3"]
    shape_basis_m: Float32[np.ndarray, "S V 3"]
    """Displacement per standard deviation of each shape component."""
    expression_basis_m: Float32[np.ndarray, "E V 3"]
    """Displacement at weight 1, joint motion taken out."""
    expression_names: tuple[str, ...]
    expression_pose_rad: Float32[np.ndarray, "E J 3"]
    """Axis-angle that weight 1 adds to each joint's pose."""
    pose_correctives_m: Float32[np.ndarray, "C V 3"]
    """Displacement per element of R(θ_j) - I, row-major, joints 1 to J-1; C = 9 (J - 1)."""
    joints_template_m: Float32[np.ndarray, "J 3"]
    joints_shape_basis_m: Float32[np.ndarray, "S J 3"]
    skinning_weights: Float32[np.ndarray, "V J"]
    triangles: Int32[np.ndarray, "F 3"]
    uv: Float32[np.ndarray, "T 2"]
    triangles_uv: Int32[np.ndarray, "F 3"]
    part_names: tuple[str, ...]
    triangle_part: UInt8[np.ndarray, "F"]
    """Index into `part_names`."""
    region_names: tuple[str, ...]
    region_weights: Float32[np.ndarray, "R V"]
    """Soft masks in [0, 1] over the vertices."""
    mirror_vertex: Int32[np.ndarray, "V"]
    """The vertex on the other side of the face; an involution."""
    scalp_uv: Float32[np.ndarray, "V 2"]
    """Root coordinates for hair in [0, 1]; NaN off the scalp."""
    landmarks_mediapipe: SurfacePoints
    """The 478 points of MediaPipe Face Mesh with irises."""
    landmarks_ibug68: SurfacePoints
    """The 68 points of iBUG 300-W."""

    @classmethod
    def load(cls, path: Path) -> "HeadModel":
        """Read a model file. Raises InputNotFound or InvalidModel."""
        try:
            with path.open("rb") as file:
                return _from_arrays(_read_arrays(file, path), path)
        except FileNotFoundError as error:
            raise InputNotFound(f"There is no head model at {path}.") from error
        except DAMAGED_NPZ as error:
            raise InvalidModel(f"{path} is not a head model: {error}.") from error

    @property
    def vertex_count(self) -> int:
        """V."""
        return len(self.template_m)

    @property
    def shape_count(self) -> int:
        """S."""
        return len(self.shape_basis_m)

    @property
    def expression_count(self) -> int:
        """E."""
        return len(self.expression_basis_m)

    @cached_property
    def expression_index(self) -> Mapping[str, int]:
        """Position of each expression by name."""
        return {name: i for i, name in enumerate(self.expression_names)}

    @cached_property
    def sha256(self) -> str:
        """Digest of names and arrays, however they were stored: tells versions of a model apart."""
        digest = hashlib.sha256()
        parts: list[object] = [getattr(self, field.name) for field in fields(self)]
        for points in (self.landmarks_mediapipe, self.landmarks_ibug68):
            parts += [points.triangle, points.barycentric]
        for part in parts:
            if isinstance(part, np.ndarray):
                digest.update(f"{part.dtype.str}{part.shape}".encode())
                digest.update(np.ascontiguousarray(part).data)
            elif isinstance(part, str | tuple):
                digest.update(repr(part).encode())
        return digest.hexdigest()

    def region(self, name: str) -> Float32[np.ndarray, "V"]:
        """The soft mask of a region. Raises InvalidModel if the model has no such region."""
        if name not in self.region_names:
            raise InvalidModel(f"{self.name} has no region {name!r}.")
        return self.region_weights[self.region_names.index(name)]

    def part_triangles(self, *names: str) -> Int32[np.ndarray, "K"]:
        """Indices of the triangles of the named parts, ascending."""
        wanted = [self.part_names.index(name) for name in names if name in self.part_names]
        return np.flatnonzero(np.isin(self.triangle_part, wanted)).astype(np.int32)

    def expression_weights(self, **weights: float) -> Float32[np.ndarray, "E"]:
        """A coefficient vector from names: `expression_weights(jawOpen=0.4)`."""
        vector = np.zeros(self.expression_count, np.float32)
        for name, weight in weights.items():
            if name not in self.expression_index:
                raise InvalidModel(f"{self.name} has no expression {name!r}.")
            vector[self.expression_index[name]] = weight
        return vector

    def neutral(self, shape: Float[np.ndarray, "S"]) -> Float32[np.ndarray, "V 3"]:
        """The identity at rest, metres."""
        return self.template_m + np.tensordot(
            np.asarray(shape, np.float32), self.shape_basis_m, axes=1
        )

    def joints(self, shape: Float[np.ndarray, "S"]) -> Float32[np.ndarray, "J 3"]:
        """Joint positions of the identity at rest, metres."""
        return self.joints_template_m + np.tensordot(
            np.asarray(shape, np.float32), self.joints_shape_basis_m, axes=1
        )

    def evaluate(
        self,
        shape: Float[np.ndarray, "S"],
        expression: Float[np.ndarray, "E"] | None = None,
        pose_rad: Float[np.ndarray, "J 3"] | None = None,
    ) -> Float32[np.ndarray, "V 3"]:
        """Vertices in the head frame, metres.

        `pose_rad` is added to the pose that the expression implies.
        """
        return self.deformed(self.neutral(shape), self.joints(shape), expression, pose_rad)

    def deformed(
        self,
        neutral_m: Float[np.ndarray, "V 3"],
        joints_m: Float[np.ndarray, "J 3"],
        expression: Float[np.ndarray, "E"] | None = None,
        pose_rad: Float[np.ndarray, "J 3"] | None = None,
    ) -> Float32[np.ndarray, "V 3"]:
        """`evaluate` for an identity whose neutral vertices and joints are at hand."""
        vertices = np.array(neutral_m, np.float32)
        pose = np.zeros((len(JOINT_NAMES), 3), np.float32)
        if pose_rad is not None:
            pose += np.asarray(pose_rad, np.float32)
        if expression is not None:
            expression = np.asarray(expression, np.float32)
            vertices += np.tensordot(expression, self.expression_basis_m, axes=1)
            pose += np.tensordot(expression, self.expression_pose_rad, axes=1)
        if not pose.any():
            return vertices
        rotations = rotation_matrices(pose)
        features = (rotations[1:] - np.eye(3, dtype=np.float32)).reshape(-1)
        vertices += np.tensordot(features, self.pose_correctives_m, axes=1)
        return skin(vertices, joints_m, rotations, self.skinning_weights)

    def surface_points(
        self, points: SurfacePoints, vertices_m: Float[np.ndarray, "V 3"]
    ) -> Float[np.ndarray, "L 3"]:
        """The positions of embedded points on the given vertices."""
        corners = vertices_m[self.triangles[points.triangle]]
        return np.einsum("lc,lcd->ld", points.barycentric, corners)


def rotation_matrices(axis_angle_rad: Float[np.ndarray, "J 3"]) -> Float32[np.ndarray, "J 3 3"]:
    """Rodrigues' formula for each row."""
    angle = np.linalg.norm(axis_angle_rad, axis=1)[:, None, None]
    axis = axis_angle_rad / np.maximum(angle[:, :, 0], 1e-12)
    cross = np.zeros((len(axis), 3, 3), np.float64)
    cross[:, 0, 1], cross[:, 0, 2], cross[:, 1, 2] = -axis[:, 2], axis[:, 1], -axis[:, 0]
    cross -= cross.transpose(0, 2, 1)
    rotation = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * (cross @ cross)
    return rotation.astype(np.float32)


def joint_transforms(
    joints_m: Float[np.ndarray, "J 3"], rotations: Float[np.ndarray, "J 3 3"]
) -> tuple[Float32[np.ndarray, "J 3 3"], Float32[np.ndarray, "J 3"]]:
    """World rotation and translation of each joint's rest-relative transform (x -> R x + t)."""
    world_rotation = np.empty_like(rotations, dtype=np.float32)
    world_offset = np.empty_like(joints_m, dtype=np.float32)
    for joint, parent in enumerate(JOINT_PARENTS):
        local_offset = joints_m[joint] - rotations[joint] @ joints_m[joint]
        if parent < 0:
            world_rotation[joint], world_offset[joint] = rotations[joint], local_offset
        else:
            world_rotation[joint] = world_rotation[parent] @ rotations[joint]
            world_offset[joint] = world_rotation[parent] @ local_offset + world_offset[parent]
    return world_rotation, world_offset


def skin(
    vertices_m: Float[np.ndarray, "V 3"],
    joints_m: Float[np.ndarray, "J 3"],
    rotations: Float[np.ndarray, "J 3 3"],
    weights: Float[np.ndarray, "V J"],
) -> Float32[np.ndarray, "V 3"]:
    """Linear blend skinning of rest vertices by joint rotations about the rest joints."""
    world_rotation, world_offset = joint_transforms(joints_m, rotations)
    blended = np.concatenate([world_rotation, world_offset[:, :, None]], axis=2)
    per_vertex = np.tensordot(weights, blended, axes=1)
    posed = np.einsum("vij,vj->vi", per_vertex[:, :, :3], vertices_m) + per_vertex[:, :, 3]
    return posed.astype(np.float32)


def _read_arrays(file: BinaryIO, path: Path) -> dict[str, np.ndarray]:
    archive = np.load(file, allow_pickle=False)
    if not isinstance(archive, NpzFile):
        raise InvalidModel(f"{path} holds a single array, not a head model.")
    return {key: archive[key] for key in archive.files}


def _from_arrays(arrays: Mapping[str, np.ndarray], path: Path) -> HeadModel:
    version = int(arrays["format_version"])
    if version != FORMAT_VERSION:
        raise InvalidModel(f"{path} has format version {version}; this program reads 1.")
    if tuple(arrays["joint_names"].tolist()) != JOINT_NAMES:
        raise InvalidModel(f"{path} has other joints than {', '.join(JOINT_NAMES)}.")
    _check_shapes(arrays, path)
    _check_indices(arrays, path)

    def floats(key: str) -> Float32[np.ndarray, "..."]:
        return _read_only(arrays[key].astype(np.float32))

    def integers(key: str) -> Int32[np.ndarray, "..."]:
        return _read_only(arrays[key].astype(np.int32))

    def names(key: str) -> tuple[str, ...]:
        return tuple(str(name) for name in arrays[key])

    def surface_points(key: str) -> SurfacePoints:
        return SurfacePoints(integers(f"{key}_triangle"), floats(f"{key}_barycentric"))

    return HeadModel(
        name=str(arrays["name"]),
        template_m=floats("template_m"),
        shape_basis_m=floats("shape_basis_m"),
        expression_basis_m=floats("expression_basis_m"),
        expression_names=names("expression_names"),
        expression_pose_rad=floats("expression_pose_rad"),
        pose_correctives_m=floats("pose_correctives_m"),
        joints_template_m=floats("joints_template_m"),
        joints_shape_basis_m=floats("joints_shape_basis_m"),
        skinning_weights=floats("skinning_weights"),
        triangles=integers("triangles"),
        uv=floats("uv"),
        triangles_uv=integers("triangles_uv"),
        part_names=names("part_names"),
        triangle_part=_read_only(arrays["triangle_part"].astype(np.uint8)),
        region_names=names("region_names"),
        region_weights=floats("region_weights"),
        mirror_vertex=integers("mirror_vertex"),
        scalp_uv=floats("scalp_uv"),
        landmarks_mediapipe=surface_points("landmarks_mediapipe"),
        landmarks_ibug68=surface_points("landmarks_ibug68"),
    )


def _read_only(array: np.ndarray) -> np.ndarray:
    array.setflags(write=False)
    return array


def _check_shapes(arrays: Mapping[str, np.ndarray], path: Path) -> None:
    """Every array's shape against docs/head-model-format.md."""
    V, J = len(arrays["template_m"]), len(JOINT_NAMES)
    S, E = len(arrays["shape_basis_m"]), len(arrays["expression_names"])
    F, T, R = len(arrays["triangles"]), len(arrays["uv"]), len(arrays["region_names"])
    expected: dict[str, tuple[int, ...]] = {
        "template_m": (V, 3),
        "shape_basis_m": (S, V, 3),
        "expression_basis_m": (E, V, 3),
        "expression_pose_rad": (E, J, 3),
        "pose_correctives_m": (CORRECTIVES_PER_JOINT * (J - 1), V, 3),
        "joints_template_m": (J, 3),
        "joints_shape_basis_m": (S, J, 3),
        "skinning_weights": (V, J),
        "triangles": (F, 3),
        "triangles_uv": (F, 3),
        "uv": (T, 2),
        "triangle_part": (F,),
        "region_weights": (R, V),
        "mirror_vertex": (V,),
        "scalp_uv": (V, 2),
        "landmarks_mediapipe_triangle": (MEDIAPIPE_POINTS,),
        "landmarks_mediapipe_barycentric": (MEDIAPIPE_POINTS, 3),
        "landmarks_ibug68_triangle": (IBUG_POINTS,),
        "landmarks_ibug68_barycentric": (IBUG_POINTS, 3),
    }
    for key, shape in expected.items():
        if arrays[key].shape != shape:
            raise InvalidModel(f"{path}: {key} has shape {arrays[key].shape}, not {shape}.")


def _check_indices(arrays: Mapping[str, np.ndarray], path: Path) -> None:
    """Every index names something that exists."""
    limits = {
        "triangles": len(arrays["template_m"]),
        "triangles_uv": len(arrays["uv"]),
        "triangle_part": len(arrays["part_names"]),
        "mirror_vertex": len(arrays["template_m"]),
        "landmarks_mediapipe_triangle": len(arrays["triangles"]),
        "landmarks_ibug68_triangle": len(arrays["triangles"]),
    }
    for key, limit in limits.items():
        indices = arrays[key]
        if indices.size == 0 or indices.min() < 0 or indices.max() >= limit:
            raise InvalidModel(f"{path}: {key} names something that does not exist.")
