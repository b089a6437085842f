"""An avatar as one GLB file (glTF 2.0): skinned, with named morph targets and PBR materials.

                        ┌ surfaces ─ vertex formats ┐
    avatar ─ neutral ───┼ skeleton                  ├─ GltfBuffer ─ document ─ GLB
                        ├ morph targets             │
                        └ maps as JPEG ─ materials ─┘

The rest shape is the person's neutral face; a chosen expression lies in the starting weights. Every
surface is a mesh and a node of its own, so that a viewer can show the eyes alone; each carries the
targets that move it, and `head` carries all.
"""

import json
import struct
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float32, UInt8

from reconstruction_backend.avatar import Avatar
from reconstruction_backend.errors import InvalidModel
from reconstruction_backend.export.attachments import (
    Attachment,
    attachment_mesh,
    attachments_of,
)
from reconstruction_backend.export.bundle_picture import bundle_png
from reconstruction_backend.export.emotion_targets import (
    StartingPose,
    emotion_targets,
    neck_by_emotion,
    starting_pose,
)
from reconstruction_backend.export.gltf_buffer import ALIGNMENT, GltfBuffer, Json
from reconstruction_backend.export.gltf_materials import (
    ANISOTROPY_EXTENSION,
    FINISHES,
    SPECULAR_EXTENSION,
    UNLIT_EXTENSION,
    encoded_maps,
    hair_material,
    material,
    texture_members,
)
from reconstruction_backend.export.hair_mesh import LEVELS_EXTENSION, hair_meshes, level_nodes
from reconstruction_backend.export.hair_ribbons import HAIR_TRIANGLES, check_hair_triangles
from reconstruction_backend.export.morph_targets import (
    MorphTarget,
    VertexChange,
    displacements,
    expression_targets,
    normal_changes,
)
from reconstruction_backend.export.mouth_shade import mouth_shade
from reconstruction_backend.export.skeleton import (
    VertexInfluences,
    inverse_bind_matrices,
    joint_nodes,
    vertex_influences,
)
from reconstruction_backend.export.skin_shade import skin_shade
from reconstruction_backend.export.surfaces import SURFACE_PARTS, Surface, surfaces_of
from reconstruction_backend.export.vertex_formats import (
    FloatVertices,
    QuantizedVertices,
    RowChange,
    VertexFormat,
)
from reconstruction_backend.expression.rig import find_rig
from reconstruction_backend.tangents import vertex_normals, vertex_tangents

EXTRAS_VERSION = 1
"""Version of what Cameo promises beyond glTF: names of nodes, meshes, materials and targets."""
_MAGIC, _CONTAINER_VERSION = b"glTF", 2
_HEADER_LENGTH, _CHUNK_HEADER_LENGTH = 12, 8
_PRIMARY_SURFACE = "head"
_TURNING_SURFACES = ("head", "eyes", "corneas")
"""Those whose targets carry normals: inside the mouth it is too dark for the difference."""


Compression = Literal["none", "meshopt"]


@dataclass(frozen=True)
class GltfOptions:
    """How the GLB is stored."""

    compression: Compression = "none"
    """`none` is core glTF 2.0, which every engine reads; `meshopt` is about a third of the size
    and needs a reader with EXT_meshopt_compression and KHR_mesh_quantization (three.js, Babylon)"""
    hair_triangles: int = HAIR_TRIANGLES
    """Of hair at its finest level, about; 0 leaves hair out."""

    def __post_init__(self) -> None:
        check_hair_triangles(self.hair_triangles)


@dataclass(frozen=True)
class _Rig:
    """The person's head at rest with everything that moves it, per vertex of the model."""

    neutral_m: Float32[np.ndarray, "V 3"]
    normals: Float32[np.ndarray, "V 3"]
    influences: VertexInfluences
    start: StartingPose
    target_names: tuple[str, ...]
    displacements_m: tuple[VertexChange, ...]
    normal_changes: tuple[VertexChange, ...]
    shades: dict[str, UInt8[np.ndarray, "V 4"] | None]
    """Vertex colours by surface."""
    attachments: tuple[Attachment, ...]


def encode_glb(
    avatar: Avatar,
    options: GltfOptions | None = None,
    extra_targets: Sequence[MorphTarget] = (),
) -> bytes:
    """The avatar as the bytes of a GLB. Extra targets follow expressions and emotions.

    Raises InvalidModel if the head model cannot be expressed (a part that no surface shows, two
    targets of one name, vertices beyond the range of the compressed format).
    """
    options = options or GltfOptions()
    compressed = options.compression == "meshopt"
    buffer = GltfBuffer(meshopt=compressed)
    vertex_format = QuantizedVertices(buffer) if compressed else FloatVertices(buffer)
    with ThreadPoolExecutor(1) as beside:
        maps = beside.submit(encoded_maps, avatar.texture)
        rig = _rig(avatar, extra_targets, with_hair=options.hair_triangles > 0)
        surfaces = surfaces_of(avatar.head_model)
        meshes = [_mesh(surface, i, rig, vertex_format) for i, surface in enumerate(surfaces)]
        meshes += [
            attachment_mesh(attachment, i, rig.start.weights, vertex_format)
            for i, attachment in enumerate(rig.attachments, start=len(surfaces))
        ]
        hair = hair_meshes(avatar, options.hair_triangles, len(meshes), vertex_format)
        albedo, normal = maps.result()
    joints_m = avatar.head_model.joints(avatar.fit.shape)
    bind_accessor = buffer.add_matrices(inverse_bind_matrices(joints_m))
    textures = texture_members(
        buffer.add_image(albedo),
        buffer.add_image(normal),
        buffer.add_image(bundle_png()) if hair else None,
    )
    document: Json = {
        "asset": _asset(avatar),
        **_extensions(rig, vertex_format, bool(hair)),
        **_scene([mesh["name"] for mesh in meshes], hair, joints_m, bind_accessor, rig.start),
        "meshes": [*meshes, *hair],
        "materials": [
            *(material(FINISHES[surface.name]) for surface in surfaces),
            *(attachment.material for attachment in rig.attachments),
            *([hair_material()] if hair else []),
        ],
        **textures,
        **buffer.document(),
    }
    return _container(document, buffer.binary())


def _rig(avatar: Avatar, extra_targets: Sequence[MorphTarget], *, with_hair: bool) -> _Rig:
    model = avatar.head_model
    neutral = model.neutral(avatar.fit.shape)
    rig = find_rig(model)
    emotions = emotion_targets(avatar, rig) if rig else ()
    targets = (*expression_targets(model, avatar.fit.shape), *emotions, *extra_targets)
    names = tuple(target.name for target in targets)
    if len(set(names)) != len(names):
        raise InvalidModel(f"{model.name} has two morph targets of one name.")
    moved = displacements(targets)
    turning = model.part_triangles(*(p for s in _TURNING_SURFACES for p in SURFACE_PARTS[s]))
    return _Rig(
        neutral_m=neutral,
        normals=vertex_normals(neutral, model.triangles),
        influences=vertex_influences(model.skinning_weights),
        start=starting_pose(avatar, rig) if rig else StartingPose.neutral(),
        target_names=names,
        displacements_m=moved,
        normal_changes=normal_changes(neutral, model.triangles[turning], moved),
        shades={
            **{name: mouth_shade(model, name) for name in SURFACE_PARTS},
            _PRIMARY_SURFACE: skin_shade(avatar) if with_hair else None,
        },
        attachments=attachments_of(avatar, targets),
    )


def _mesh(surface: Surface, index: int, rig: _Rig, vertex_format: VertexFormat) -> Json:
    vertex = surface.vertex
    attributes: Json = {
        "POSITION": vertex_format.position(rig.neutral_m[vertex]),
        "NORMAL": vertex_format.normal(rig.normals[vertex]),
        "JOINTS_0": vertex_format.buffer.add_attribute(rig.influences.joints[vertex]),
        "WEIGHTS_0": vertex_format.buffer.add_attribute(
            rig.influences.weights[vertex], normalized=True
        ),
    }
    finish = FINISHES[surface.name]
    if not finish.clear:
        attributes["TEXCOORD_0"] = vertex_format.texcoord(surface.uv)
    shade = rig.shades[surface.name]
    if shade is not None:
        colours = vertex_format.buffer.add_attribute(shade[vertex], normalized=True)
        attributes["COLOR_0"] = colours
    if finish.relief:
        tangents = vertex_tangents(
            rig.neutral_m[vertex], rig.normals[vertex], surface.uv, surface.triangles
        )
        attributes["TANGENT"] = vertex_format.tangent(tangents)
    names, targets = _targets(surface, rig, vertex_format)
    triangles = vertex_format.buffer.add_triangles(surface.triangles, len(vertex))
    primitive: Json = {"attributes": attributes, "indices": triangles, "material": index}
    mesh: Json = {"name": surface.name, "primitives": [primitive]}
    if targets:
        primitive["targets"] = targets
        mesh["weights"] = [rig.start.weights.get(name, 0.0) for name in names]
        mesh["extras"] = {"targetNames": names}
    return mesh


def _targets(
    surface: Surface, rig: _Rig, vertex_format: VertexFormat
) -> tuple[list[str], list[Json]]:
    """Names and accessors of the targets that this surface carries."""
    names: list[str] = []
    accessors: list[Json] = []
    for name, moved, turned in zip(
        rig.target_names, rig.displacements_m, rig.normal_changes, strict=True
    ):
        displacement = _on_surface(moved, surface)
        if surface.name != _PRIMARY_SURFACE and not len(displacement.rows):
            continue
        accessor: Json = {"POSITION": vertex_format.displacement(displacement)}
        if surface.name in _TURNING_SURFACES:
            accessor["NORMAL"] = vertex_format.normal_change(_on_surface(turned, surface))
        names.append(name)
        accessors.append(accessor)
    return names, accessors


def _on_surface(change: VertexChange, surface: Surface) -> RowChange:
    rows = np.flatnonzero(change.changed[surface.vertex])
    return RowChange(len(surface.vertex), rows, change.values[surface.vertex[rows]])


def _scene(
    mesh_names: Sequence[str],
    hair: Sequence[Json],
    joints_m: Float32[np.ndarray, "J 3"],
    bind_accessor: int,
    start: StartingPose,
) -> Json:
    """The members `scene`, `scenes`, `nodes` and `skins`: meshes first, then the skeleton.

    Coarser levels of hair come last, in no scene.
    """
    nodes: list[Json] = [{"name": name, "mesh": i, "skin": 0} for i, name in enumerate(mesh_names)]
    coarser: list[Json] = []
    if hair:
        after_joints = len(nodes) + 1 + len(joints_m)
        finest, coarser = level_nodes(hair, len(nodes), after_joints)
        nodes.append(finest)
    root = len(nodes)
    nodes += joint_nodes(joints_m, root, start.joints_rad)
    skin = {
        "name": "skeleton",
        "skeleton": root,
        "joints": list(range(root, len(nodes))),
        "inverseBindMatrices": bind_accessor,
    }
    scene = {"name": "avatar", "nodes": list(range(root + 1))}
    return {"scene": 0, "scenes": [scene], "nodes": [*nodes, *coarser], "skins": [skin]}


def _asset(avatar: Avatar) -> Json:
    cameo: Json = {"formatVersion": EXTRAS_VERSION, "headModel": avatar.head_model.name}
    rig = find_rig(avatar.head_model)
    if rig is not None:
        cameo["emotionNeck"] = neck_by_emotion(rig, avatar.choice.contempt_side)
    return {"version": "2.0", "generator": "Cameo", "extras": {"cameo": cameo}}


def _extensions(rig: _Rig, vertex_format: VertexFormat, with_hair: bool) -> Json:
    required = list(vertex_format.extensions)
    used = [
        *required,
        SPECULAR_EXTENSION,
        *([UNLIT_EXTENSION] if rig.attachments else []),
        *([ANISOTROPY_EXTENSION, LEVELS_EXTENSION] if with_hair else []),
    ]
    return {
        "extensionsUsed": used,
        **({"extensionsRequired": required} if required else {}),
    }


def _container(document: Json, binary: bytes) -> bytes:
    """The GLB container: a header, the JSON chunk padded with spaces, the binary chunk."""
    text = json.dumps(document, separators=(",", ":"), allow_nan=False).encode()
    text += b" " * (-len(text) % ALIGNMENT)
    length = _HEADER_LENGTH + 2 * _CHUNK_HEADER_LENGTH + len(text) + len(binary)
    return b"".join(
        (
            _MAGIC + struct.pack("<II", _CONTAINER_VERSION, length),
            struct.pack("<I", len(text)) + b"JSON" + text,
            struct.pack("<I", len(binary)) + b"BIN\0" + binary,
        )
    )
