"""Meshes of the GLB that are no part of the head model's own mesh but hang from its lids."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int32

from reconstruction_backend.avatar import Avatar
from reconstruction_backend.export.gltf_buffer import Json
from reconstruction_backend.export.gltf_materials import lash_material, lid_shade_material
from reconstruction_backend.export.morph_targets import MOVED_M, MorphTarget
from reconstruction_backend.export.skeleton import VertexInfluences, vertex_influences
from reconstruction_backend.export.vertex_formats import RowChange, VertexFormat
from reconstruction_backend.lashes import grow_lashes, has_lids, lash_colour
from reconstruction_backend.lid_margins import LIDS, SIDES, lid_margin
from reconstruction_backend.lid_shade import lid_shade

_LASHES_FOLLOW_M, _SHADE_FOLLOWS_M = 8e-4, 1.5e-3
"""Targets that move no lid by more than this are left out: a soft shade may lie a little off."""


@dataclass(frozen=True)
class Attachment:
    """A mesh with what moves it, on the person's neutral head."""

    name: str
    """Of node, mesh and material."""
    rest_m: Float32[np.ndarray, "L 3"]
    normals: Float32[np.ndarray, "L 3"]
    triangles: Int32[np.ndarray, "F 3"]
    influences: VertexInfluences
    targets: tuple[MorphTarget, ...]
    """Displacements of this mesh's own vertices; only those worth it."""
    material: Json
    alpha: Float32[np.ndarray, "L"] | None = None
    """Of black vertices; None for a mesh without vertex colours."""


def attachments_of(avatar: Avatar, targets: Sequence[MorphTarget]) -> tuple[Attachment, ...]:
    """Lashes, and the shade of the lids on the eyes; none on a head model without lids or eyes."""
    model = avatar.head_model
    if not has_lids(model):
        return ()
    neutral = model.neutral(avatar.fit.shape)
    reach = [(target, _lid_motion_m(avatar, target)) for target in targets]
    return (
        _lashes(avatar, neutral, [target for target, by in reach if by > _LASHES_FOLLOW_M]),
        _lid_shade(avatar, neutral, [target for target, by in reach if by > _SHADE_FOLLOWS_M]),
    )


def attachment_mesh(
    attachment: Attachment,
    material: int,
    weights: Mapping[str, float],
    vertex_format: VertexFormat,
) -> Json:
    """The glTF mesh; `weights` are those of targets that do not start at zero."""
    buffer = vertex_format.buffer
    attributes: Json = {
        "POSITION": vertex_format.position(attachment.rest_m),
        "NORMAL": vertex_format.normal(attachment.normals),
        "JOINTS_0": buffer.add_attribute(attachment.influences.joints),
        "WEIGHTS_0": buffer.add_attribute(attachment.influences.weights, normalized=True),
    }
    if attachment.alpha is not None:
        colour = np.zeros((len(attachment.alpha), 4), np.uint8)
        colour[:, 3] = np.rint(attachment.alpha * 255)
        attributes["COLOR_0"] = buffer.add_attribute(colour, normalized=True)
    triangles = buffer.add_triangles(attachment.triangles, len(attachment.rest_m))
    primitive: Json = {"attributes": attributes, "indices": triangles, "material": material}
    mesh: Json = {"name": attachment.name, "primitives": [primitive]}
    if attachment.targets:
        primitive["targets"] = [
            {"POSITION": vertex_format.displacement(_rows(target))} for target in attachment.targets
        ]
        mesh["weights"] = [weights.get(target.name, 0.0) for target in attachment.targets]
        mesh["extras"] = {"targetNames": [target.name for target in attachment.targets]}
    return mesh


def _lid_motion_m(avatar: Avatar, target: MorphTarget) -> float:
    """How far a target moves the edges of the lids at most."""
    model = avatar.head_model
    margins = [lid_margin(model, side, lid, "back") for side in SIDES for lid in LIDS]
    moved = [margin.positions(model, target.displacement_m) for margin in margins]
    return float(np.linalg.norm(np.concatenate(moved), axis=1).max())


def _lashes(
    avatar: Avatar, neutral_m: Float32[np.ndarray, "V 3"], moving: Sequence[MorphTarget]
) -> Attachment:
    lashes = grow_lashes(avatar.head_model)
    moved = lashes.displacements(neutral_m, [target.displacement_m for target in moving])
    return Attachment(
        name="lashes",
        rest_m=lashes.vertices(neutral_m),
        normals=lashes.normals(neutral_m),
        triangles=lashes.triangles,
        influences=vertex_influences(lashes.skinning_weights()),
        targets=tuple(MorphTarget(t.name, by) for t, by in zip(moving, moved, strict=True)),
        material=lash_material(lash_colour(avatar.head_model, avatar.texture.albedo)),
    )


def _lid_shade(
    avatar: Avatar, neutral_m: Float32[np.ndarray, "V 3"], moving: Sequence[MorphTarget]
) -> Attachment:
    shade = lid_shade(avatar.head_model)
    moved = shade.displacements(neutral_m, [target.displacement_m for target in moving])
    return Attachment(
        name="lid_shade",
        rest_m=shade.vertices(neutral_m),
        normals=shade.normals(neutral_m),
        triangles=shade.triangles,
        influences=vertex_influences(shade.skinning_weights()),
        targets=tuple(MorphTarget(t.name, by) for t, by in zip(moving, moved, strict=True)),
        material=lid_shade_material(),
        alpha=shade.alpha,
    )


def _rows(target: MorphTarget) -> RowChange:
    by = target.displacement_m
    rows = np.flatnonzero(np.einsum("vd,vd->v", by, by) > MOVED_M**2)
    return RowChange(len(by), rows, by[rows])
