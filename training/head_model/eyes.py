"""The eyeballs: authored surfaces of revolution that take place and size from the data.

The data's eyeball is a sphere with a corneal bulge; each identity mode moves and scales it almost
exactly (0.04 mm). Ours has a spherical sclera, an iris disc set back behind the limbus with the
pupil behind it, and the cornea as a part of its own. The iris is 11.7 mm across on every head:
the metric scale of a portrait is read from it (Gordon et al. 2014: 11.7 mm, sd 0.5 mm).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from training.head_model import data
from training.head_model.data import MIRROR_X, FaceKit

IRIS_RADIUS_M = 0.00585
PUPIL_RADIUS_M = 0.0019
IRIS_DEPTH_M = 0.0006
"""How far the iris lies behind the plane of the limbus."""
PUPIL_DEPTH_M = 0.0009
CORNEA_CURVATURE_M = 0.0078
CORNEA_RIM_M = 0.00615
CORNEA_LIFT_M = 0.00003
"""The cornea's rim lies on the sclera, not in it."""
AXIS_OUTWARD_RAD = np.deg2rad(4.0)
"""The optical axis points this far outward of straight ahead (angle kappa)."""
SEGMENTS = 32
SCLERA_RINGS = 16
BACK_RAD = np.deg2rad(165.0)
"""The eyeball ends here: nothing sees its back, and its UV disc needs a rim."""
BULGE_FREE_RAD = np.deg2rad((34.0, 95.0))
"""Angles from the axis between which the data's eyeball is a sphere."""
RADIUS_STEP_M = 1e-4
IRIS_UV_SHARE = 0.45
"""Radius of the iris in the eyeball's UV disc of radius one."""


@dataclass(frozen=True)
class Eyeballs:
    """Both eyeballs and corneas in rest pose."""

    template_m: Float[np.ndarray, "V 3"]
    shape_basis_m: Float[np.ndarray, "S V 3"]
    triangles: Int[np.ndarray, "F 3"]
    triangle_part: tuple[str, ...]
    """Name of the part, per triangle."""
    disc_uv: Float[np.ndarray, "V 2"]
    """Coordinates in the part's own unit disc, v down; the mirror image on the right eye."""
    mirror: Int[np.ndarray, "V"]
    is_left: Int[np.ndarray, "V"]
    iris_distance_m: Float[np.ndarray, "V"]
    """Distance from the eye's axis in front, infinite on the back; NaN on corneas."""
    centre_m: Float[np.ndarray, "2 3"]
    """Left and right."""
    centre_basis_m: Float[np.ndarray, "S 2 3"]
    radius_m: float
    radius_basis_m: Float[np.ndarray, "S"]


def build_eyeballs(kit: FaceKit) -> Eyeballs:
    """Author the eyes and fit their place and size to the data, mode by mode."""
    centre, radius = _fit_sphere(kit.vertices_m[_sclera_left()])
    centre_basis, radius_basis = _fit_modes(kit, centre, data.SCLERA_LEFT, 1.0)
    centre_basis_right, radius_right = _fit_modes(kit, centre, data.SCLERA_RIGHT, -1.0)
    radius_basis = (radius_basis + radius_right) / 2
    ball, cornea = _ball_profile(radius), _cornea_profile(radius)
    ball_change = (_ball_profile(radius + RADIUS_STEP_M) - ball) / RADIUS_STEP_M
    cornea_change = (_cornea_profile(radius + RADIUS_STEP_M) - cornea) / RADIUS_STEP_M
    ball_mesh, cornea_mesh = _revolved(ball), _revolved(cornea)
    points = np.concatenate([ball_mesh[0], cornea_mesh[0]])
    change = np.concatenate([_revolved(ball_change)[0], _revolved(cornea_change)[0]])
    turn = _axis_turn()
    left, left_change = points @ turn.T, change @ turn.T
    faces = np.concatenate([ball_mesh[1], cornea_mesh[1] + len(ball_mesh[0])])
    n = len(points)
    basis_left = centre_basis[:, None] + radius_basis[:, None, None] * left_change
    basis_right = centre_basis_right[:, None] + radius_basis[:, None, None] * left_change * MIRROR_X
    distance = np.hypot(points[:, 0], points[:, 1])
    distance[points[:, 2] < 0] = np.inf
    distance[len(ball_mesh[0]) :] = np.nan
    in_cornea = np.repeat([False, True], [len(ball_mesh[1]), len(cornea_mesh[1])])
    disc = np.concatenate([_ball_disc(ball_mesh[0], radius), _cornea_disc(cornea_mesh[0])])
    return Eyeballs(
        template_m=np.concatenate([left + centre, (left + centre) * MIRROR_X]),
        shape_basis_m=np.concatenate([basis_left, basis_right], axis=1),
        triangles=np.concatenate([faces, faces[:, ::-1] + n]),
        triangle_part=tuple(
            f"{'cornea' if cornea_face else 'eyeball'}_{side}"
            for side in ("left", "right")
            for cornea_face in in_cornea
        ),
        disc_uv=np.concatenate([disc, disc * [-1, 1]]),
        mirror=np.concatenate([np.arange(n) + n, np.arange(n)]),
        is_left=np.repeat([1, 0], n),
        iris_distance_m=np.tile(distance, 2),
        centre_m=np.stack([centre, centre * MIRROR_X]),
        centre_basis_m=np.stack([centre_basis, centre_basis_right], axis=1),
        radius_m=radius,
        radius_basis_m=radius_basis,
    )


def sphere_distance(
    points_m: Float[np.ndarray, "K 3"],
    centre_m: Float[np.ndarray, "3"],
    radius_m: float,
    axis: Float[np.ndarray, "3"],
) -> Float[np.ndarray, "K"]:
    """Signed distance to the eyeball's outer surface, cornea included; positive outside."""
    relative = points_m - centre_m
    sphere = np.linalg.norm(relative, axis=1) - radius_m
    limbus = np.sqrt(radius_m**2 - IRIS_RADIUS_M**2)
    middle = limbus - np.sqrt(CORNEA_CURVATURE_M**2 - IRIS_RADIUS_M**2)
    cornea = np.linalg.norm(relative - middle * axis, axis=1) - CORNEA_CURVATURE_M
    return np.minimum(sphere, cornea)


def eye_axis(left: bool) -> Float[np.ndarray, "3"]:
    """Direction in which the eye looks at rest."""
    return _axis_turn()[:, 2] * (1 if left else MIRROR_X)


def _sclera_left() -> slice:
    return slice(data.SCLERA_LEFT.start, data.SCLERA_LEFT.stop)


def _axis_turn() -> Float[np.ndarray, "3 3"]:
    c, s = np.cos(AXIS_OUTWARD_RAD), np.sin(AXIS_OUTWARD_RAD)
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])


def _spherical(points: Float[np.ndarray, "K 3"], centre: Float[np.ndarray, "3"]) -> np.ndarray:
    """Which of the points lie where the eyeball is a sphere."""
    direction = (points - centre) / np.linalg.norm(points - centre, axis=1, keepdims=True)
    angle = np.arccos(np.clip(direction @ _axis_turn()[:, 2], -1, 1))
    return (angle > BULGE_FREE_RAD[0]) & (angle < BULGE_FREE_RAD[1])


def _fit_sphere(points: Float[np.ndarray, "K 3"]) -> tuple[Float[np.ndarray, "3"], float]:
    """Algebraic least squares on the part without the bulge, twice as the part depends on it."""
    centre = points.mean(0)
    radius = 0.0
    for _ in range(5):
        near = points[_spherical(points, centre)]
        design = np.concatenate([2 * near, np.ones((len(near), 1))], axis=1)
        solution = np.linalg.lstsq(design, (near**2).sum(1), rcond=None)[0]
        centre = solution[:3]
        radius = float(np.sqrt(solution[3] + centre @ centre))
    return centre, radius


def _fit_modes(
    kit: FaceKit, centre_left: Float[np.ndarray, "3"], vertices: range, side: float
) -> tuple[Float[np.ndarray, "S 3"], Float[np.ndarray, "S"]]:
    """Translation and growth of the sphere that follow each mode's normal displacement."""
    flip = np.array([side, 1.0, 1.0])
    points = kit.vertices_m[vertices.start : vertices.stop] * flip
    chosen = _spherical(points, centre_left)
    normal = (points - centre_left)[chosen]
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    design = np.concatenate([normal, np.ones((len(normal), 1))], axis=1)
    moved = kit.identity_m[:, vertices.start : vertices.stop][:, chosen].astype(np.float64) * flip
    along = np.einsum("skd,kd->ks", moved, normal)
    solution = np.linalg.lstsq(design, along, rcond=None)[0]
    return solution[:3].T * flip, solution[3]


def _ball_profile(radius_m: float) -> Float[np.ndarray, "R 2"]:
    """(distance from the axis, height) from the pupil's centre to an opening at the back."""
    limbus = np.sqrt(radius_m**2 - IRIS_RADIUS_M**2)
    iris = limbus - IRIS_DEPTH_M
    pupil = limbus - PUPIL_DEPTH_M
    front = [(0.0, pupil), (PUPIL_RADIUS_M * 0.9, pupil), (PUPIL_RADIUS_M * 1.05, iris)]
    front += [(IRIS_RADIUS_M * share, iris) for share in (0.5, 0.7, 0.88)]
    front += [(IRIS_RADIUS_M * 0.97, limbus - 0.4 * IRIS_DEPTH_M), (IRIS_RADIUS_M, limbus)]
    start = np.arcsin(IRIS_RADIUS_M / radius_m)
    angle = start + (BACK_RAD - start) * np.linspace(0, 1, SCLERA_RINGS + 1)[1:] ** 1.25
    back = np.stack([np.sin(angle), np.cos(angle)], axis=1) * radius_m
    return np.concatenate([np.array(front), back])


def _cornea_profile(radius_m: float) -> Float[np.ndarray, "R 2"]:
    """From the apex to the rim, which lies on the sclera."""
    limbus = np.sqrt(radius_m**2 - IRIS_RADIUS_M**2)
    distance = IRIS_RADIUS_M * np.array([0.0, 0.2, 0.4, 0.6, 0.78, 0.92])
    base = np.sqrt(CORNEA_CURVATURE_M**2 - IRIS_RADIUS_M**2)
    height = limbus + np.sqrt(CORNEA_CURVATURE_M**2 - distance**2) - base
    rim_height = np.sqrt((radius_m + CORNEA_LIFT_M) ** 2 - CORNEA_RIM_M**2)
    cap = np.stack([distance, height], axis=1)
    return np.concatenate([cap, [[CORNEA_RIM_M, rim_height]]])


def _revolved(
    profile: Float[np.ndarray, "R 2"],
) -> tuple[Float[np.ndarray, "V 3"], Int[np.ndarray, "F 3"]]:
    """Turn a profile about z: a pole in front, then rings of `SEGMENTS`."""
    rings = profile[1:]
    angle = 2 * np.pi * np.arange(SEGMENTS) / SEGMENTS
    x = rings[:, :1] * np.cos(angle)
    y = rings[:, :1] * np.sin(angle)
    z = np.broadcast_to(rings[:, 1:], x.shape)
    body = np.stack([x, y, z], axis=-1).reshape(-1, 3)
    here = np.arange(SEGMENTS)
    after = (here + 1) % SEGMENTS
    faces = [np.stack([np.zeros_like(here), 1 + here, 1 + after], axis=1)]
    for ring in range(len(rings) - 1):
        a, b = 1 + ring * SEGMENTS + here, 1 + ring * SEGMENTS + after
        c, d = a + SEGMENTS, b + SEGMENTS
        faces += [np.stack([a, c, d], axis=1), np.stack([a, d, b], axis=1)]
    pole = np.array([[0.0, 0.0, profile[0, 1]]])
    return np.concatenate([pole, body]), np.concatenate(faces)


def _ball_disc(points: Float[np.ndarray, "V 3"], radius_m: float) -> Float[np.ndarray, "V 2"]:
    """Iris linear in distance from the axis, then the sclera linear in angle."""
    distance = np.hypot(points[:, 0], points[:, 1])
    angle = np.arctan2(distance, points[:, 2])
    start = np.arcsin(IRIS_RADIUS_M / radius_m)
    sclera = IRIS_UV_SHARE + (1 - IRIS_UV_SHARE) * (angle - start) / (BACK_RAD - start)
    on_iris = (points[:, 2] > 0) & (distance < IRIS_RADIUS_M * 0.999)
    reach = np.where(on_iris, IRIS_UV_SHARE * distance / IRIS_RADIUS_M, sclera)
    direction = points[:, :2] / np.maximum(distance, 1e-12)[:, None]
    return direction * reach[:, None] * [1, -1]


def _cornea_disc(points: Float[np.ndarray, "V 3"]) -> Float[np.ndarray, "V 2"]:
    return points[:, :2] / CORNEA_RIM_M * [1, -1]
