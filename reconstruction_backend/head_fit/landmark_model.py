"""The head model seen through its landmarks alone: a few hundred points instead of the mesh.

All linear fields are gathered at the embedded points once, so a fit never touches the full mesh.
Joint rotations that expressions imply (`jawOpen` turns the jaw) and the eyes' gaze are part of it:

    gaze (axis-angle of each eye) -> eyeLook weights -> lids
    expression weights            -> jaw rotation

so the parameters of a moment are (expression, jaw, gaze); what gaze means in `pose_rad` and eyeLook
weights is worked out by `moment`.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int

from reconstruction_backend.head_fit.rotations import rotation_derivatives, rotation_from_axis_angle
from reconstruction_backend.head_model import JOINT_NAMES, HeadModel, SurfacePoints

JAW = JOINT_NAMES.index("jaw")
EYES = (JOINT_NAMES.index("leftEye"), JOINT_NAMES.index("rightEye"))
TURNED_JOINTS = (JAW, *EYES)
ELEMENTS_OF_ROTATION = 9
IDENTITY = np.eye(3)
NO_TURN = 1e-7


@dataclass(frozen=True)
class EyeLook:
    """An expression that turns an eye: its lids follow the gaze."""

    expression: int
    eye: int
    """0 left, 1 right."""
    axis: int
    """Component of the eye's axis-angle."""
    angle_rad: float
    """Signed, at weight 1."""


@dataclass(frozen=True)
class Moment:
    """What the face does: the parameters beside identity and camera."""

    expression: Float[np.ndarray, "E"]
    """Without the eyeLook weights, which follow from the gaze."""
    jaw_rad: Float[np.ndarray, "3"]
    """Axis-angle beyond what the expression implies."""
    gaze_rad: Float[np.ndarray, "2 3"]
    """Axis-angle of the left and the right eye, in all."""


@dataclass(frozen=True)
class PointJacobians:
    """Derivatives of the points' head-frame positions."""

    shape: Float[np.ndarray, "S N 3"]
    expression: Float[np.ndarray, "E N 3"]
    jaw: Float[np.ndarray, "3 N 3"]
    gaze: Float[np.ndarray, "2 3 N 3"]


@dataclass(frozen=True)
class LandmarkModel:
    """Fields of a head model at N surface points."""

    template_m: Float32[np.ndarray, "N 3"]
    shape_basis_m: Float32[np.ndarray, "S N 3"]
    expression_basis_m: Float32[np.ndarray, "E N 3"]
    expression_pose_rad: Float32[np.ndarray, "E J 3"]
    correctives_m: Float32[np.ndarray, "J 9 N 3"]
    """Per turned joint (jaw, left eye, right eye): displacement per element of R - I."""
    weights: Float32[np.ndarray, "N J"]
    """Skinning weights of the turned joints."""
    joints_m: Float32[np.ndarray, "J 3"]
    joints_basis_m: Float32[np.ndarray, "S J 3"]
    looks: tuple[EyeLook, ...]

    @classmethod
    def gather(cls, model: HeadModel, points: SurfacePoints) -> "LandmarkModel":
        """The sub-model at the given points."""
        corners, share = model.triangles[points.triangle], points.barycentric

        def at_points(field: Float32[np.ndarray, "*B V C"]) -> Float32[np.ndarray, "*B N C"]:
            gathered = np.einsum("nk,...nkc->...nc", share, field[..., corners, :])
            return np.ascontiguousarray(gathered)

        turned = list(TURNED_JOINTS)
        correctives = model.pose_correctives_m.reshape(
            -1, ELEMENTS_OF_ROTATION, model.vertex_count, 3
        )
        return cls(
            template_m=at_points(model.template_m),
            shape_basis_m=at_points(model.shape_basis_m),
            expression_basis_m=at_points(model.expression_basis_m),
            expression_pose_rad=model.expression_pose_rad[:, turned],
            correctives_m=at_points(correctives[[joint - 1 for joint in turned]]),
            weights=at_points(model.skinning_weights)[:, turned],
            joints_m=model.joints_template_m[turned],
            joints_basis_m=model.joints_shape_basis_m[:, turned],
            looks=_eye_looks(model.expression_pose_rad),
        )

    def take(self, index: Int[np.ndarray, "M"]) -> "LandmarkModel":
        """The sub-model at some of its points."""
        return LandmarkModel(
            template_m=self.template_m[index],
            shape_basis_m=np.take(self.shape_basis_m, index, axis=1),
            expression_basis_m=np.take(self.expression_basis_m, index, axis=1),
            expression_pose_rad=self.expression_pose_rad,
            correctives_m=np.take(self.correctives_m, index, axis=2),
            weights=self.weights[index],
            joints_m=self.joints_m,
            joints_basis_m=self.joints_basis_m,
            looks=self.looks,
        )

    def look_weights(self, gaze_rad: Float[np.ndarray, "2 3"]) -> Float[np.ndarray, "E"]:
        """eyeLook weights that go with a gaze; zero for all other expressions."""
        weights = np.zeros(len(self.expression_basis_m))
        for look in self.looks:
            weight = gaze_rad[look.eye, look.axis] / look.angle_rad
            weights[look.expression] = min(max(weight, 0.0), 1.0)
        return weights

    def full_expression(self, moment: Moment) -> Float[np.ndarray, "E"]:
        """All expression weights of a moment, eyeLook included."""
        return moment.expression + self.look_weights(moment.gaze_rad)

    def pose_rad(self, moment: Moment) -> Float[np.ndarray, "5 3"]:
        """What `HeadModel.evaluate` must add to the pose that the expression implies."""
        implied = np.tensordot(self.full_expression(moment), self.expression_pose_rad, axes=1)
        pose = np.zeros((len(JOINT_NAMES), 3))
        pose[JAW] = moment.jaw_rad
        for eye, joint in enumerate(EYES):
            pose[joint] = moment.gaze_rad[eye] - implied[1 + eye]
        return pose

    def points(self, shape: Float[np.ndarray, "S"], moment: Moment) -> Float[np.ndarray, "N 3"]:
        """Positions in the head frame, metres."""
        rotations = self._rotations(moment)
        return self._skin(self._rest(shape, moment, rotations), self._joints(shape), rotations)[0]

    def points_and_jacobians(
        self, shape: Float[np.ndarray, "S"], moment: Moment
    ) -> tuple[Float[np.ndarray, "N 3"], PointJacobians]:
        """Positions and their derivatives by every parameter."""
        angles = self._angles(moment)
        rotations = self._rotations(moment)
        rest, joints = self._rest(shape, moment, rotations), self._joints(shape)
        points, linear = self._skin(rest, joints, rotations)
        by_angle = self._by_angle(rest, joints, angles, linear)
        offsets = np.einsum("jab,sjb->sja", IDENTITY - rotations, self.joints_basis_m)
        shape_jacobian = _turned(linear, self.shape_basis_m)
        shape_jacobian += np.matmul(self.weights, offsets.astype(np.float32))
        still = _turned(linear, self.expression_basis_m)
        jaw_part = np.tensordot(self.expression_pose_rad[:, 0], by_angle[0], axes=1)
        looks = np.array([look.expression for look in self.looks], np.intp)
        gaze = self._with_lids(by_angle[1:], moment, still[looks])
        return points, PointJacobians(shape_jacobian, still + jaw_part, by_angle[0], gaze)

    def points_and_gaze_jacobian(
        self, shape: Float[np.ndarray, "S"], moment: Moment
    ) -> tuple[Float[np.ndarray, "N 3"], Float[np.ndarray, "2 3 N 3"]]:
        """Positions and their derivatives by the gaze alone."""
        rotations = self._rotations(moment)
        rest, joints = self._rest(shape, moment, rotations), self._joints(shape)
        points, linear = self._skin(rest, joints, rotations)
        by_angle = self._by_angle(rest, joints, self._angles(moment), linear)
        looks = np.array([look.expression for look in self.looks], np.intp)
        return points, self._with_lids(
            by_angle[1:], moment, _turned(linear, self.expression_basis_m[looks])
        )

    def _with_lids(
        self,
        by_eye: Float[np.ndarray, "2 3 N 3"],
        moment: Moment,
        look_fields: Float[np.ndarray, "L N 3"],
    ) -> Float[np.ndarray, "2 3 N 3"]:
        """The eyes' own turn and, where a look is within its range, the lids'."""
        gaze = by_eye.copy()
        for look, field in zip(self.looks, look_fields, strict=True):
            weight = moment.gaze_rad[look.eye, look.axis] / look.angle_rad
            if 0 < weight < 1:
                gaze[look.eye, look.axis] += field / look.angle_rad
        return gaze

    def _angles(self, moment: Moment) -> Float[np.ndarray, "3 3"]:
        jaw = moment.jaw_rad + moment.expression @ self.expression_pose_rad[:, 0]
        return np.stack([jaw, *moment.gaze_rad])

    def _rotations(self, moment: Moment) -> Float[np.ndarray, "3 3 3"]:
        return np.stack([rotation_from_axis_angle(angle) for angle in self._angles(moment)])

    def _joints(self, shape: Float[np.ndarray, "S"]) -> Float[np.ndarray, "3 3"]:
        return self.joints_m + np.tensordot(shape, self.joints_basis_m, axes=1)

    def _rest(
        self,
        shape: Float[np.ndarray, "S"],
        moment: Moment,
        rotations: Float[np.ndarray, "3 3 3"],
    ) -> Float[np.ndarray, "N 3"]:
        expression = self.full_expression(moment).astype(np.float32)
        features = (rotations - IDENTITY).reshape(len(rotations), -1).astype(np.float32)
        return (
            self.template_m
            + np.tensordot(shape.astype(np.float32), self.shape_basis_m, axes=1)
            + np.tensordot(expression, self.expression_basis_m, axes=1)
            + np.tensordot(features, self.correctives_m, axes=2)
        )

    def _skin(
        self,
        rest: Float[np.ndarray, "N 3"],
        joints: Float[np.ndarray, "3 3"],
        rotations: Float[np.ndarray, "3 3 3"],
    ) -> tuple[Float[np.ndarray, "N 3"], Float[np.ndarray, "N 3 3"]]:
        """Blend skinning where only jaw and eyes turn, and the points' blended linear maps."""
        change = rotations - IDENTITY
        linear = IDENTITY + np.tensordot(self.weights, change, axes=1)
        offset = self.weights @ np.einsum("jab,jb->ja", change, joints)
        points = np.matmul(linear, rest[:, :, None])[:, :, 0] - offset
        return points, linear.astype(np.float32)

    def _by_angle(
        self,
        rest: Float[np.ndarray, "N 3"],
        joints: Float[np.ndarray, "3 3"],
        angles: Float[np.ndarray, "3 3"],
        linear: Float[np.ndarray, "N 3 3"],
    ) -> Float[np.ndarray, "3 3 N 3"]:
        """Derivative by each component of each turned joint's axis-angle."""
        derivative = np.stack([rotation_derivatives(angle) for angle in angles])
        arms = rest[None] - joints[:, None]
        swing = np.matmul(arms[:, None], derivative.transpose(0, 1, 3, 2))
        swing *= self.weights.T[:, None, :, None]
        features = derivative.reshape(len(angles), 3, ELEMENTS_OF_ROTATION)
        count = len(self.template_m)
        corrective = np.matmul(features, self.correctives_m.reshape(len(angles), -1, 3 * count))
        fields = corrective.reshape(-1, count, 3).astype(np.float32)
        return swing + _turned(linear, fields).reshape(swing.shape)


def _turned(
    linear: Float[np.ndarray, "N 3 3"], fields: Float[np.ndarray, "B N 3"]
) -> Float[np.ndarray, "B N 3"]:
    """A different linear map at every point, applied to fields; most points do not turn at all."""
    turned = np.flatnonzero(np.abs(linear - IDENTITY).max(axis=(1, 2)) > NO_TURN)
    result = fields.copy()
    by_point = np.ascontiguousarray(fields[:, turned].transpose(1, 0, 2))
    result[:, turned] = np.matmul(by_point, linear[turned].transpose(0, 2, 1)).transpose(1, 0, 2)
    return result


def _eye_looks(expression_pose_rad: Float[np.ndarray, "E J 3"]) -> tuple[EyeLook, ...]:
    """Expressions that turn an eye joint, by their strongest component."""
    looks: list[EyeLook] = []
    for eye, joint in enumerate(EYES):
        for expression, angles in enumerate(expression_pose_rad[:, joint]):
            axis = int(np.abs(angles).argmax())
            if angles[axis] != 0:
                looks.append(EyeLook(expression, eye, axis, float(angles[axis])))
    return tuple(looks)
