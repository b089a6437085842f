"""Joints, skinning weights and pose correctives.

The jaw's rotation is the rigid motion of the lower teeth under the data's jawOpen; its hinge is
the fixed point of that motion. What blended skinning leaves over becomes a corrective on the
sine of the angle, so that jawOpen at weight 1 reproduces the data's field.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float
from scipy.sparse.linalg import spsolve

from reconstruction_backend.head_model import CORRECTIVES_PER_JOINT, JOINT_NAMES
from training.head_model import data
from training.head_model.data import ARKIT_NAMES, FaceKit
from training.head_model.eyes import Eyeballs
from training.head_model.regions import smooth
from training.head_model.template import PARTS, Template

NECK, JAW, LEFT_EYE, RIGHT_EYE = (JOINT_NAMES.index(n) for n in JOINT_NAMES[1:])
NECK_JOINT_M = np.array([0.0, -0.105, -0.022])
GLOBAL_JOINT_M = np.array([0.0, -0.160, -0.020])
NECK_BASE_M, NECK_HEIGHT_M = -0.150, 0.085
NECK_LEAN = 0.55
"""The neck's base runs downwards to the front: the throat ends lower than the nape."""
HINGE_REACH_M = 0.025
SMOOTHNESS = 2e-6
STILL_M = 0.0003
GAZE_RAD = {
    "eyeLookUp": np.deg2rad(25.0),
    "eyeLookDown": np.deg2rad(30.0),
    "eyeLookIn": np.deg2rad(30.0),
    "eyeLookOut": np.deg2rad(30.0),
}
JAW_SINE = (JAW - 1) * CORRECTIVES_PER_JOINT + 5
"""Element (1, 2) of R(jaw) - I: minus the sine of a turn about x."""
CLOSING_STEPS = (0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class JawMotion:
    """Rigid motion of the lower jaw at jawOpen = 1."""

    hinge_m: Float[np.ndarray, "3"]
    axis_angle_rad: Float[np.ndarray, "3"]
    residual_m: float
    """Greatest distance of a lower tooth's vertex from the rigid motion."""

    @property
    def rotation(self) -> Float[np.ndarray, "3 3"]:
        """The rotation matrix."""
        return rotation_about_x(float(self.axis_angle_rad[0]))


@dataclass(frozen=True)
class Rig:
    """All that turns expression fields of the data into pose, correctives and the rest."""

    joints_m: Float[np.ndarray, "5 3"]
    joints_basis_m: Float[np.ndarray, "S 5 3"]
    weights: Float[np.ndarray, "V 5"]
    expressions_m: Float[np.ndarray, "E V 3"]
    expression_pose_rad: Float[np.ndarray, "E 5 3"]
    correctives_m: Float[np.ndarray, "36 V 3"]
    jaw: JawMotion


def rotation_about_x(angle_rad: float) -> Float[np.ndarray, "3 3"]:
    """Positive angles turn +Y to +Z: the chin goes down and back."""
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    return np.array([[1.0, 0, 0], [0, c, -s], [0, s, c]])


def build_rig(
    kit: FaceKit,
    template: Template,
    eyes: Eyeballs,
    shapes_m: Float[np.ndarray, "S V 3"],
    eye_centres_m: Float[np.ndarray, "S 2 3"],
) -> Rig:
    """Rig the template's vertices followed by the eyeballs'.

    `shapes_m` and `eye_centres_m` are the shape basis and the change of the eyes' centres along
    it.
    """
    body = template.vertices(kit)
    fields = template.carry(kit.expressions_m).astype(np.float64)
    still = np.zeros((len(fields), len(eyes.template_m), 3))
    fields = np.concatenate([fields, still], axis=1)
    vertices = np.concatenate([body, eyes.template_m])
    opening = fields[ARKIT_NAMES.index("jawOpen")]
    jaw = fit_jaw(kit)
    weights = _weights(vertices, opening, jaw, template, eyes)
    corrective = _rest_remainder(vertices, opening, weights[:, JAW], jaw)
    correctives = np.zeros((CORRECTIVES_PER_JOINT * (len(JOINT_NAMES) - 1), len(vertices), 3))
    correctives[JAW_SINE] = corrective / (jaw.rotation - np.eye(3))[1, 2]
    close = ARKIT_NAMES.index("mouthClose")
    fields[close] = _closing(
        vertices, fields[close], correctives[JAW_SINE], weights[:, JAW], jaw, opening
    )
    fields[ARKIT_NAMES.index("jawOpen")] = 0
    joints, basis = _joints(vertices, shapes_m, jaw, eyes, eye_centres_m)
    return Rig(joints, basis, weights, fields, _expression_pose(jaw), correctives, jaw)


def fit_jaw(kit: FaceKit) -> JawMotion:
    """Least squares rigid motion (Kabsch) of the lower teeth, about the x axis by symmetry."""
    teeth = slice(data.TEETH_LOWER.start, data.TEETH_LOWER.stop)
    before = kit.vertices_m[teeth]
    after = before + kit.expressions_m[ARKIT_NAMES.index("jawOpen")][teeth]
    a, b = (before - before.mean(0))[:, 1:], (after - after.mean(0))[:, 1:]
    angle = np.arctan2((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum(), (a * b).sum())
    rotation = rotation_about_x(float(angle))
    offset = after.mean(0) - rotation @ before.mean(0)
    hinge = np.zeros(3)
    hinge[1:] = np.linalg.solve((np.eye(3) - rotation)[1:, 1:], offset[1:])
    moved = (before - hinge) @ rotation.T + hinge
    residual = float(np.linalg.norm(moved - after, axis=1).max())
    return JawMotion(hinge, np.array([angle, 0.0, 0.0]), residual)


def _weights(
    vertices: Float[np.ndarray, "V 3"],
    opening: Float[np.ndarray, "V 3"],
    jaw: JawMotion,
    template: Template,
    eyes: Eyeballs,
) -> Float[np.ndarray, "V 5"]:
    body = len(template.mirror)
    weights = np.zeros((len(vertices), len(JOINT_NAMES)))
    weights[:body, JAW] = _jaw_weights(vertices[:body], opening[:body], jaw, template)
    weights[body:, LEFT_EYE] = eyes.is_left
    weights[body:, RIGHT_EYE] = 1 - eyes.is_left
    height = vertices[:, 1] + NECK_LEAN * (vertices[:, 2] - NECK_JOINT_M[2])
    neck = smooth((height - NECK_BASE_M) / NECK_HEIGHT_M)
    inner = template.triangles[template.triangle_part != PARTS.index("skin")]
    neck[inner] = 1
    weights[:, NECK] = neck * (1 - weights[:, JAW:].sum(1))
    weights[:, 0] = 1 - weights[:, 1:].sum(1)
    return weights


def _jaw_weights(
    vertices: Float[np.ndarray, "V 3"],
    opening: Float[np.ndarray, "V 3"],
    jaw: JawMotion,
    template: Template,
) -> Float[np.ndarray, "V"]:
    """Share of the jaw's motion that each vertex makes, smoothed over the surface.

    Minimises sum |opening - w motion|^2 + smoothness |grad w|^2, then clips to [0, 1]. Lower
    teeth are rigid.
    """
    motion = (vertices - jaw.hinge_m) @ jaw.rotation.T + jaw.hinge_m - vertices
    certainty = (motion**2).sum(1) + 1e-8
    moves = np.linalg.norm(opening, axis=1) > STILL_M
    along = (opening * motion).sum(1) * moves
    pairs = np.concatenate([template.triangles[:, [i, (i + 1) % 3]] for i in range(3)])
    count = len(vertices)
    link = sp.coo_matrix((np.ones(len(pairs)), pairs.T), shape=(count, count)).tocsr()
    laplacian = sp.diags(np.asarray(link.sum(1)).ravel()) - link
    system = sp.diags(certainty) + SMOOTHNESS * laplacian
    weight = np.clip(np.asarray(spsolve(system.tocsc(), along)), 0, 1)
    part = template.triangle_part
    weight[template.triangles[part == PARTS.index("teeth_lower")]] = 1
    weight[template.triangles[part == PARTS.index("teeth_upper")]] = 0
    weight[weight < 1e-3] = 0
    return (weight + weight[template.mirror]) / 2


def _blended(weight: Float[np.ndarray, "V"], rotation: Float[np.ndarray, "3 3"]) -> np.ndarray:
    return np.eye(3) + weight[:, None, None] * (rotation - np.eye(3))


def _rest_remainder(
    vertices: Float[np.ndarray, "V 3"],
    wanted: Float[np.ndarray, "V 3"],
    weight: Float[np.ndarray, "V"],
    jaw: JawMotion,
) -> Float[np.ndarray, "V 3"]:
    """The displacement at rest after which skinning ends exactly at the wanted place."""
    linear = _blended(weight, jaw.rotation)
    skinned = np.einsum("vij,vj->vi", linear - np.eye(3), vertices - jaw.hinge_m)
    return np.linalg.solve(linear, (wanted - skinned)[:, :, None])[:, :, 0]


def _closing(
    vertices: Float[np.ndarray, "V 3"],
    field: Float[np.ndarray, "V 3"],
    corrective: Float[np.ndarray, "V 3"],
    weight: Float[np.ndarray, "V"],
    jaw: JawMotion,
    opening: Float[np.ndarray, "V 3"],
) -> Float[np.ndarray, "V 3"]:
    """mouthClose at rest, such that with as much jawOpen the mouth is as closed as in the data.

    The data adds both fields linearly; here the jaw turns about its hinge. Least squares over
    some common weights t of both: skinned(rest + t close) = rest + t (opening + field).
    """
    total = np.zeros((len(vertices), 3, 3))
    right = np.zeros((len(vertices), 3))
    for t in CLOSING_STEPS:
        rotation = rotation_about_x(t * float(jaw.axis_angle_rad[0]))
        linear = _blended(weight, rotation)
        corrected = corrective * (rotation - np.eye(3))[1, 2]
        moved = np.einsum("vij,vj->vi", linear, vertices + corrected - jaw.hinge_m) + jaw.hinge_m
        wanted = vertices + t * (opening + field) - moved
        total += t * t * np.einsum("vji,vjk->vik", linear, linear)
        right += t * np.einsum("vji,vj->vi", linear, wanted)
    closing = np.linalg.solve(total, right[:, :, None])[:, :, 0]
    untouched = np.linalg.norm(field, axis=1) < STILL_M
    closing[untouched] = field[untouched]
    return closing


def _joints(
    vertices: Float[np.ndarray, "V 3"],
    shapes_m: Float[np.ndarray, "S V 3"],
    jaw: JawMotion,
    eyes: Eyeballs,
    eye_centres_m: Float[np.ndarray, "S 2 3"],
) -> tuple[Float[np.ndarray, "5 3"], Float[np.ndarray, "S 5 3"]]:
    """Joints follow the surface around them; eye joints are the eyeballs' centres."""
    joints = np.stack([GLOBAL_JOINT_M, NECK_JOINT_M, jaw.hinge_m, *eyes.centre_m])
    basis = np.zeros((len(shapes_m), len(JOINT_NAMES), 3))
    body = vertices[: len(vertices) - len(eyes.template_m)]
    level = np.abs(body[:, 1] - NECK_JOINT_M[1]) < HINGE_REACH_M
    beside = np.linalg.norm((body - jaw.hinge_m)[:, 1:], axis=1) < HINGE_REACH_M
    beside &= np.abs(body[:, 0]) > 0.05
    basis[:, 0] = basis[:, NECK] = shapes_m[:, : len(body)][:, level].mean(1)
    basis[:, JAW] = shapes_m[:, : len(body)][:, beside].mean(1)
    basis[:, [LEFT_EYE, RIGHT_EYE]] = eye_centres_m
    return joints, basis


def _expression_pose(jaw: JawMotion) -> Float[np.ndarray, "E 5 3"]:
    pose = np.zeros((len(ARKIT_NAMES), len(JOINT_NAMES), 3))
    pose[ARKIT_NAMES.index("jawOpen"), JAW] = jaw.axis_angle_rad
    for side, joint, outward in (("Left", LEFT_EYE, 1.0), ("Right", RIGHT_EYE, -1.0)):
        turn = {
            "eyeLookUp": (-1.0, 0.0, 0.0),
            "eyeLookDown": (1.0, 0.0, 0.0),
            "eyeLookOut": (0.0, outward, 0.0),
            "eyeLookIn": (0.0, -outward, 0.0),
        }
        for name, axis in turn.items():
            pose[ARKIT_NAMES.index(name + side), joint] = np.array(axis) * GAZE_RAD[name]
    return pose
