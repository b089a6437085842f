"""From the data set to `cameo_head.npz`: reads in the order in which the model is made."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from reconstruction_backend.head_model import FORMAT_VERSION, JOINT_NAMES, SurfacePoints
from training.head_model.atlas import Atlas, build_atlas
from training.head_model.bases import ShapeBasis, principal_shapes, vertex_areas
from training.head_model.contact import settle_contacts
from training.head_model.data import ARKIT_NAMES, FaceKit, load_face_kit
from training.head_model.eyes import Eyeballs, build_eyeballs
from training.head_model.landmarks import ibug_points, mediapipe_points, read_canonical_face
from training.head_model.mouth_light import mouth_light
from training.head_model.regions import NAMES, Regions, build_regions
from training.head_model.rig import Rig, build_rig
from training.head_model.scalp import scalp_coordinates
from training.head_model.stored_order import LAST_PARTS, stored_order
from training.head_model.template import PARTS, Template, build_template

MODEL_NAME = "cameo-head"
STORED_FLOAT = np.float16
"""Bases in metres: 16 bits keep displacements of 3 cm to 0.015 mm."""


@dataclass(frozen=True)
class BuiltHead:
    """All pieces of the model, the eyeballs' vertices after the template's."""

    template: Template
    eyes: Eyeballs
    template_m: Float[np.ndarray, "V 3"]
    shape: ShapeBasis
    rig: Rig
    atlas: Atlas
    regions: Regions
    scalp_uv: Float[np.ndarray, "V 2"]
    mediapipe: SurfacePoints
    ibug68: SurfacePoints

    @property
    def triangles(self) -> Int[np.ndarray, "F 3"]:
        """Triangles of the template, then of the eyeballs."""
        return np.concatenate([self.template.triangles, self.eyes.triangles + self.body_count])

    @property
    def body_count(self) -> int:
        """Number of vertices that are not the eyeballs'."""
        return len(self.template.mirror)


def build_head(data_path: Path, canonical_face_path: Path) -> BuiltHead:
    """Make the whole model from ICT-FaceKit and MediaPipe's canonical face."""
    kit = load_face_kit(data_path)
    template = build_template(kit)
    eyes = build_eyeballs(kit)
    regions = build_regions(kit, template, eyes)
    shape = _shape_basis(template.carry(kit.identity_m), template, eyes, template.vertices(kit))
    eye_centres = np.einsum("ds,dkc->skc", shape.rotation_from_data, eyes.centre_basis_m)
    rig = build_rig(kit, template, eyes, shape.components_m, eye_centres)
    rest = np.concatenate([template.vertices(kit), eyes.template_m])
    opening = kit.expressions_m[ARKIT_NAMES.index("jawOpen")]
    rest, shape, rig = settle_contacts(rest, rig, template, eyes, shape, opening)
    scalp = scalp_coordinates(kit, template, regions)
    regions = _with_mouth_light(regions, kit, template, eyes, rest)
    return BuiltHead(
        template=template,
        eyes=eyes,
        template_m=rest,
        shape=shape,
        rig=rig,
        atlas=build_atlas(kit, template, eyes, regions),
        regions=regions,
        scalp_uv=np.concatenate([scalp, np.full((len(eyes.template_m), 2), np.nan)]),
        mediapipe=mediapipe_points(kit, template, eyes, read_canonical_face(canonical_face_path)),
        ibug68=ibug_points(template),
    )


def save_head(head: BuiltHead, path: Path) -> None:
    """Write docs/head-model-format.md's npz, the mouth last."""
    eye_parts = [PARTS.index(name) for name in head.eyes.triangle_part]
    mirror = np.concatenate([head.template.mirror, head.eyes.mirror + head.body_count])
    part = np.concatenate([head.template.triangle_part, eye_parts])
    order = stored_order(head.triangles, part, len(head.template_m))
    v, f = order.vertices, order.triangles
    np.savez_compressed(
        path,
        format_version=np.int32(FORMAT_VERSION),
        name=MODEL_NAME,
        template_m=head.template_m[v].astype(np.float32),
        shape_basis_m=head.shape.components_m[:, v].astype(STORED_FLOAT),
        shape_rotation_from_data=head.shape.rotation_from_data.astype(np.float32),
        expression_basis_m=_quiet(head.rig.expressions_m[:, v]).astype(STORED_FLOAT),
        expression_names=np.array(ARKIT_NAMES),
        expression_pose_rad=head.rig.expression_pose_rad.astype(np.float32),
        pose_correctives_m=_quiet(head.rig.correctives_m[:, v]).astype(STORED_FLOAT),
        joint_names=np.array(JOINT_NAMES),
        joints_template_m=head.rig.joints_m.astype(np.float32),
        joints_shape_basis_m=head.rig.joints_basis_m.astype(np.float32),
        skinning_weights=head.rig.weights[v].astype(np.float32),
        triangles=order.new_vertex[head.triangles[f]].astype(np.int32),
        triangles_uv=head.atlas.triangles_uv[f].astype(np.int32),
        uv=head.atlas.uv.astype(np.float32),
        part_names=np.array(PARTS),
        triangle_part=part[f].astype(np.uint8),
        region_names=np.array(NAMES),
        region_weights=head.regions.weights[:, v].astype(STORED_FLOAT),
        mirror_vertex=order.new_vertex[mirror[v]].astype(np.int32),
        scalp_uv=head.scalp_uv[v].astype(np.float32),
        landmarks_mediapipe_triangle=order.new_triangle[head.mediapipe.triangle].astype(np.int32),
        landmarks_mediapipe_barycentric=head.mediapipe.barycentric,
        landmarks_ibug68_triangle=order.new_triangle[head.ibug68.triangle].astype(np.int32),
        landmarks_ibug68_barycentric=head.ibug68.barycentric,
    )


def _with_mouth_light(
    regions: Regions,
    kit: FaceKit,
    template: Template,
    eyes: Eyeballs,
    rest_m: Float[np.ndarray, "V 3"],
) -> Regions:
    """The regions with `mouth_light`, which needs the jaw's motion."""
    still = np.zeros((len(ARKIT_NAMES), len(eyes.template_m), 3))
    fields = np.concatenate([template.carry(kit.expressions_m), still], axis=1)
    inside = [PARTS.index(name) for name in LAST_PARTS]
    inner = template.triangles[np.isin(template.triangle_part, inside)]
    light = mouth_light(rest_m, fields, template.triangles, inner)
    body = len(template.mirror)
    light[:body] = (light[:body] + light[template.mirror]) / 2
    weights = regions.weights.copy()
    weights[NAMES.index("mouth_light")] = light / light.max()
    return Regions(weights)


def _shape_basis(
    modes_m: Float[np.ndarray, "S B 3"],
    template: Template,
    eyes: Eyeballs,
    vertices: Float[np.ndarray, "B 3"],
) -> ShapeBasis:
    """Principal components weighted by the skin's area, the eyeballs carried along."""
    skin = template.triangles[template.triangle_part == PARTS.index("skin")]
    area = np.concatenate([vertex_areas(vertices, skin), np.zeros(len(eyes.template_m))])
    modes = np.concatenate([modes_m, eyes.shape_basis_m.astype(np.float32)], axis=1)
    return principal_shapes(modes, area)


def _quiet(fields: Float[np.ndarray, "K V 3"]) -> Float[np.ndarray, "K V 3"]:
    """Displacements under a micrometre are noise of the data's storage."""
    return np.where(np.abs(fields) < 1e-6, 0.0, fields)
