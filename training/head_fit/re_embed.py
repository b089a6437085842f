"""Re-estimate where on a head model MediaPipe's points lie, from renders whose truth is known.

For every landmark the one offset in the head frame that best explains its detections over many
views is found (linear least squares through the projection), and the moved point is bound to the
nearest skin. Outline points slide with the view; what is left of them is the bias table's business.
"""

import numpy as np
import trimesh
from jaxtyping import Float
from scipy.spatial import KDTree

from reconstruction_backend.head_fit.landmark_model import LandmarkModel
from reconstruction_backend.head_fit.mirror import MIRROR_X, MirrorMaps
from reconstruction_backend.head_model import HeadModel, SurfacePoints
from reconstruction_backend.landmarks import IRIS_START
from training.head_fit.calibration_data import CalibrationSet

CALM_EXPRESSION = 1.0
FRONTAL = 0.45
"""Largest |x| of the direction to the camera."""
DEPTH_RIDGE = 0.3
"""Offsets along the view are seen only by parallax; they are held back by this share."""
CANDIDATES = 24
TELLING_EXPRESSIONS = ("jawOpen", "eyeBlinkLeft", "eyeBlinkRight")
MOTION_SHARE = 0.5
"""Of a metre of difference in motion against a metre of distance."""


def re_embedded(
    model: HeadModel, samples: CalibrationSet, rounds: int = 3, limit: int = 1000
) -> SurfacePoints:
    """MediaPipe's points on the model, mirror-symmetric; irises stay where the model has them."""
    mirror = MirrorMaps.of(model)
    points = model.landmarks_mediapipe
    for _ in range(rounds):
        offset = _offsets(LandmarkModel.gather(model, points), samples, limit)
        offset = (offset + offset[mirror.landmark] * MIRROR_X) / 2
        offset[IRIS_START:] = 0
        moved = model.surface_points(points, model.template_m) + offset
        print(f"points moved by {1000 * np.linalg.norm(offset, axis=1).mean():.2f} mm", flush=True)
        bound = bind_to_skin(model, moved[:IRIS_START], _motion(model, points)[:IRIS_START])
        points = SurfacePoints(
            np.concatenate([bound.triangle, points.triangle[IRIS_START:]]),
            np.concatenate([bound.barycentric, points.barycentric[IRIS_START:]]),
        )
    return points


def _offsets(
    points: LandmarkModel, samples: CalibrationSet, limit: int
) -> Float[np.ndarray, "478 3"]:
    count = len(points.template_m)
    normal, right = np.zeros((count, 3, 3)), np.zeros((count, 3))
    used = 0
    for i in range(len(samples)):
        truth = samples.truth(i)
        calm = samples.expression[i].sum() < CALM_EXPRESSION
        if not calm or abs(truth.view.direction[0]) > FRONTAL:
            continue
        used += 1
        if used > limit:
            break
        head = points.points(truth.shape, truth.moment)
        camera = truth.view.camera_points(head)
        pixels = camera[:, :2] / camera[:, 2:] * truth.view.focal_length_px
        residual = samples.detected[i, :, :2] - pixels - truth.view.principal_point_px
        moves = np.repeat(truth.view.rotation.T[:, None], count, axis=1)
        jacobian = truth.view.pixel_jacobian(camera, moves)[..., :2]
        scale = truth.view.metres_per_pixel
        normal += scale**2 * np.einsum("ank,bnk->nab", jacobian, jacobian)
        right += scale**2 * np.einsum("ank,nk->na", jacobian, residual)
    ridge = DEPTH_RIDGE * np.trace(normal, axis1=1, axis2=2).mean() / 3
    return np.linalg.solve(normal + ridge * np.eye(3), right[..., None])[..., 0]


def bind_to_skin(
    model: HeadModel, points_m: Float[np.ndarray, "L 3"], motion_m: Float[np.ndarray, "L M"]
) -> SurfacePoints:
    """The nearest points on the average head's skin that also move as asked.

    Where the lips touch, upper and lower lip are equally near: only their motion tells them apart.
    """
    skin = model.part_triangles("skin")
    corners = model.template_m[model.triangles[skin]].astype(np.float64)
    moves = vertex_motion(model)[model.triangles[skin]].mean(axis=1)
    tree = KDTree(np.concatenate([corners.mean(axis=1), MOTION_SHARE * moves], axis=1))
    wanted = np.concatenate([points_m, MOTION_SHARE * motion_m], axis=1)
    near = np.asarray(tree.query(wanted, k=CANDIDATES)[1])
    repeated = np.repeat(points_m, CANDIDATES, axis=0)
    closest = trimesh.triangles.closest_point(corners[near.ravel()], repeated)
    distance = np.linalg.norm(closest - repeated, axis=1).reshape(near.shape)
    distance += MOTION_SHARE * np.linalg.norm(moves[near] - motion_m[:, None], axis=2)
    rows = np.arange(len(points_m))
    best = np.asarray(distance.argmin(axis=1))
    face = near[rows, best]
    nearest = closest.reshape(*near.shape, 3)[rows, best]
    weights = trimesh.triangles.points_to_barycentric(corners[face], nearest).clip(0, 1)
    weights /= weights.sum(axis=1, keepdims=True)
    return SurfacePoints(skin[face], weights.astype(np.float32))


def vertex_motion(model: HeadModel) -> Float[np.ndarray, "V 9"]:
    """How vertices move when the mouth opens and the eyes close."""
    still = model.template_m
    rest = np.zeros(model.shape_count)
    fields = [
        model.evaluate(rest, model.expression_weights(**{name: 1.0})) - still
        for name in TELLING_EXPRESSIONS
    ]
    return np.concatenate(fields, axis=1)


def _motion(model: HeadModel, points: SurfacePoints) -> Float[np.ndarray, "L 9"]:
    corners = vertex_motion(model)[model.triangles[points.triangle]]
    return np.einsum("lc,lcm->lm", points.barycentric, corners)
