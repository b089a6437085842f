"""Settles lips and lids: lips that the data leaves ajar close, eyeballs do not poke through lids.

Our eyeballs are spheres with a cornea where the data's were not quite, and they turn with the
gaze, so that lids need small outward offsets, at rest and per expression.
"""

from dataclasses import replace

import numpy as np
import scipy.sparse as sp
from jaxtyping import Bool, Float

from reconstruction_backend.head_model import rotation_matrices
from training.head_model import data
from training.head_model.bases import ShapeBasis
from training.head_model.data import ARKIT_NAMES
from training.head_model.eyes import Eyeballs, eye_axis, sphere_distance
from training.head_model.facing import LEFT_LIDS, LIPS, RIGHT_LIDS, Opening
from training.head_model.rig import LEFT_EYE, RIGHT_EYE, Rig
from training.head_model.template import PARTS, Template

MEETING_PASSES = 5
STEADYING_PASSES = 2
LIP_EXPRESSIONS = ("mouth", "jawForward", "jawLeft", "jawRight", "cheek", "noseSneer")
NOT_ALONE = "mouthClose"
"""Closes the lips of an open jaw; alone it pulls them through each other, as in ARKit."""
CLEARANCE_M = 0.00015
SLIDING_CLEARANCE_M = 0.00035
"""Kept where a lid slides over the cornea, whatever the identity."""
SLIDING = ("eyeBlink", "eyeLookDown")
LID_REACH_M = 0.022
LID_FRONT_M = 0.004
"""Lids lie in front of the eyeball's centre by at least this."""
DECAY = 0.86
"""A lid's offset falls to this share from one vertex to the next."""
SPREADING_STEPS = 12
LID_EXPRESSIONS = ("eyeBlink", "eyeLook", "eyeSquint", "eyeWide", "cheekSquint")


def settle_contacts(
    rest_m: Float[np.ndarray, "V 3"],
    rig: Rig,
    template: Template,
    eyes: Eyeballs,
    shape: ShapeBasis,
    jaw_open_m: Float[np.ndarray, "N 3"],
) -> tuple[Float[np.ndarray, "V 3"], ShapeBasis, Rig]:
    """The rest pose with closed lips and clear lids, and expressions that keep lids clear.

    Shape components keep the lips' gap, so that every identity closes its mouth.
    `jaw_open_m` is the data's jawOpen field, which parts the lips.
    """
    body = len(template.mirror)
    rest = rest_m.copy()
    opened = rest[:body] + template.carry(jaw_open_m[None])[0]
    lips = Opening(LIPS, template, rest[:body], opened)
    left_lids, right_lids = (
        Opening(edges, template, rest[:body], rest[:body]) for edges in (LEFT_LIDS, RIGHT_LIDS)
    )
    for _ in range(MEETING_PASSES):
        rest[:body] += lips.meeting_offset(rest[:body], closes=True)
    lids = _Lids(template, eyes, rest[:body])
    still = np.tile(np.eye(3), (2, 1, 1))
    rest[:body] += lids.clearing_offset(rest[:body], still, CLEARANCE_M)
    expressions = rig.expressions_m.copy()
    for i, name in enumerate(ARKIT_NAMES):
        if name.startswith(LID_EXPRESSIONS):
            turned = rotation_matrices(rig.expression_pose_rad[i])[[LEFT_EYE, RIGHT_EYE]]
            clearance = SLIDING_CLEARANCE_M if name.startswith(SLIDING) else CLEARANCE_M
            expressions[i, :body] += lids.clearing_offset(
                rest[:body] + expressions[i, :body], turned, clearance
            )
        meets = _meeting(name, lips, left_lids, right_lids)
        for opening, closes in meets * MEETING_PASSES:
            expressions[i, :body] += opening.meeting_offset(
                rest[:body] + expressions[i, :body], closes
            )
    components = shape.components_m.copy()
    for component in components:
        for _ in range(STEADYING_PASSES):
            component[:body] += lips.steadying_offset(rest[:body], component[:body])
    return (
        rest,
        replace(shape, components_m=components),
        replace(rig, expressions_m=expressions),
    )


def _meeting(
    name: str, lips: Opening, left_lids: Opening, right_lids: Opening
) -> list[tuple[Opening, bool]]:
    """What an expression must keep from overlapping, and whether it shuts it."""
    if name == "eyeBlinkLeft":
        return [(left_lids, True)]
    if name == "eyeBlinkRight":
        return [(right_lids, True)]
    moves_lips = name.startswith(LIP_EXPRESSIONS) and name != NOT_ALONE
    return [(lips, False)] if moves_lips else []


class _Lids:
    """The skin around the eyes, and where the eyeballs are."""

    def __init__(
        self, template: Template, eyes: Eyeballs, rest_m: Float[np.ndarray, "B 3"]
    ) -> None:
        self._eyes = eyes
        skin = template.triangles[template.triangle_part == PARTS.index("skin")]
        pairs = np.concatenate([skin[:, [i, (i + 1) % 3]] for i in range(3)])
        count = len(rest_m)
        link = sp.coo_matrix((np.ones(len(pairs)), pairs.T), shape=(count, count)).tocsr()
        self._link = ((link + link.T) > 0).astype(float).tocsr()
        self._link.data[:] = 1
        self._valence = np.maximum(np.asarray(self._link.sum(1)).ravel(), 1)
        share = template.stencil[:, data.EYE_SOCKETS.start : data.EYE_SOCKETS.stop]
        in_socket = np.asarray(abs(share).sum(1)).ravel() > 0
        candidates = _part_vertices(template, "skin") & ~in_socket
        self._near = [
            candidates
            & (np.linalg.norm(rest_m - centre, axis=1) < LID_REACH_M)
            & (rest_m[:, 2] > centre[2] + LID_FRONT_M)
            for centre in eyes.centre_m
        ]

    def clearing_offset(
        self,
        vertices_m: Float[np.ndarray, "B 3"],
        eye_rotation: Float[np.ndarray, "2 3 3"],
        clearance_m: float,
    ) -> Float[np.ndarray, "B 3"]:
        """Radial offsets that bring lids in front of the eyeballs, fading over the skin."""
        offset = np.zeros_like(vertices_m)
        for eye, near in enumerate(self._near):
            centre = self._eyes.centre_m[eye]
            axis = eye_rotation[eye] @ eye_axis(eye == 0)
            distance = sphere_distance(vertices_m, centre, self._eyes.radius_m, axis)
            needed = np.clip(clearance_m - distance, 0, None) * near
            outward = vertices_m - centre
            outward /= np.linalg.norm(outward, axis=1, keepdims=True)
            offset += self._spread(needed)[:, None] * outward
        return offset

    def _spread(self, needed: Float[np.ndarray, "B"]) -> Float[np.ndarray, "B"]:
        amount = needed
        for _ in range(SPREADING_STEPS):
            amount = np.maximum(needed, DECAY * (self._link @ amount) / self._valence)
        return amount


def _part_vertices(template: Template, part: str) -> Bool[np.ndarray, "V"]:
    mask = np.zeros(len(template.mirror), bool)
    mask[template.triangles[template.triangle_part == PARTS.index(part)]] = True
    return mask
