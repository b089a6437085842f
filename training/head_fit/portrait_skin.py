"""Portrait albedo for the data's heads, without an atlas.

The data's head is fitted crudely to the portrait's landmarks; each vertex keeps the portrait pixel
under it, after a radial-basis warp has put the landmarks' vertices exactly on the landmarks, so
that brows, lips and nostrils lie where they belong. Vertices that the portrait does not show well
take the pixel of their mirror vertex, and those that it does not show at all a flat colour.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, Float32, Int32, UInt8
from scipy.interpolate import RBFInterpolator
from scipy.optimize import lsq_linear
from scipy.spatial import KDTree

from reconstruction_backend.color import linear_from_srgb
from training.head_fit.embedding import DataEmbedding
from training.head_fit.face_data import HEAD_STOP, FaceData
from training.head_fit.sampling import sample_points
from training.head_fit.shading import sh_basis, vertex_normals

FITTED_MODES = 30
FITTED_ITERATIONS = 5
SHAPE_RIDGE_PX = 2.0
EXPRESSION_RIDGE_PX = 3.0
ASSUMED_FOV_DEG = 22.0
WARP_SMOOTHING = 1e-3
FACE_NEAR_M, FACE_FAR_M = 0.010, 0.028
FACING_NONE, FACING_FULL = 0.10, 0.40
SHADING_LIMITS = (0.45, 1.8)


@dataclass(frozen=True)
class PortraitSkin:
    """How one portrait colours the data's vertices."""

    name: str
    image: UInt8[np.ndarray, "H W 3"]
    pixel_px: Float32[np.ndarray, "K 2"]
    """Portrait pixel of each skin vertex (the first K vertices of the data)."""
    facing: Float32[np.ndarray, "K"]
    """0 where the portrait does not show the vertex, 1 where it shows it well."""
    shading: Float32[np.ndarray, "K"]
    """Estimated luminance shading in the portrait, to be divided out."""
    skin_linear: Float32[np.ndarray, "3"]
    """Median linear colour of the face."""
    lips_linear: Float32[np.ndarray, "3"]
    yaw_deg: float


@dataclass(frozen=True)
class DataTopology:
    """What colouring needs to know of the data once, not per portrait."""

    mirror: Int32[np.ndarray, "K"]
    """The skin vertex on the other side."""
    faceness: Float32[np.ndarray, "K"]
    """1 within MediaPipe's face, falling to 0 on skull, ears and neck."""
    fitted_basis_m: Float32[np.ndarray, "B L 3"]
    """The fitted modes (identity, then expression) at the embedded points."""


def data_topology(data: FaceData, embedding: DataEmbedding) -> DataTopology:
    """Mirror map and face mask of the data's skin."""
    skin = data.vertices_m[:HEAD_STOP]
    mirror = np.asarray(KDTree(skin * np.array([-1, 1, 1])).query(skin)[1])
    distance, _ = KDTree(embedding.points(data.vertices_m)).query(skin)
    faceness = 1 - smoothstep(distance, FACE_NEAR_M, FACE_FAR_M)
    modes = (*data.identity_m[:FITTED_MODES], *data.expression_m)
    basis = np.stack([embedding.points(mode) for mode in modes])
    return DataTopology(mirror.astype(np.int32), faceness.astype(np.float32), basis)


def smoothstep(value: Float[np.ndarray, "*n"], low: float, high: float) -> Float[np.ndarray, "*n"]:
    """0 below low, 1 above high, smooth between."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def portrait_skin(
    name: str,
    image: UInt8[np.ndarray, "H W 3"],
    landmarks_px: Float[np.ndarray, "478 2"],
    data: FaceData,
    embedding: DataEmbedding,
    topology: DataTopology,
) -> PortraitSkin:
    """Fit, warp and measure one portrait."""
    target = landmarks_px[: len(embedding.corners)].astype(np.float64)
    focal = max(image.shape[:2]) / 2 / np.tan(np.radians(ASSUMED_FOV_DEG) / 2)
    centre = np.array([image.shape[1] - 1, image.shape[0] - 1]) / 2
    vertices, rotation, translation = _crude_fit(
        data, embedding, topology.fitted_basis_m, target, focal, centre
    )
    camera = vertices[:HEAD_STOP] @ rotation.T + translation
    pixel = camera[:, :2] / camera[:, 2:] * focal + centre
    bound = embedding.points(vertices)
    bound_camera = bound @ rotation.T + translation
    bound_pixel = bound_camera[:, :2] / bound_camera[:, 2:] * focal + centre
    warp = RBFInterpolator(
        bound * 100,
        target - bound_pixel,
        kernel="linear",
        smoothing=WARP_SMOOTHING,
    )
    pixel = pixel + warp(vertices[:HEAD_STOP] * 100) * _reach(topology)
    normals = vertex_normals(vertices, data.triangles)[:HEAD_STOP] @ rotation.T
    view = -camera / np.linalg.norm(camera, axis=1, keepdims=True)
    facing = smoothstep((normals * view).sum(axis=1), FACING_NONE, FACING_FULL)
    linear = linear_from_srgb(sample_points(image, pixel))
    shading, skin = _shading(linear, normals, facing * topology.faceness)
    lips = np.median(
        linear_from_srgb(sample_points(image, target[[0, 17, 267, 37, 84, 314]])), axis=0
    )
    return PortraitSkin(
        name=name,
        image=image,
        pixel_px=pixel.astype(np.float32),
        facing=facing.astype(np.float32),
        shading=shading.astype(np.float32),
        skin_linear=skin.astype(np.float32),
        lips_linear=lips.astype(np.float32),
        yaw_deg=float(np.degrees(np.arctan2(rotation[0, 2], -rotation[2, 2]))),
    )


def _reach(topology: DataTopology) -> Float[np.ndarray, "K 1"]:
    """The warp holds on the face and fades on the skull, where it would extrapolate."""
    return topology.faceness[:, None].astype(np.float64)


def _crude_fit(
    data: FaceData,
    embedding: DataEmbedding,
    basis_m: Float[np.ndarray, "B L 3"],
    target: Float[np.ndarray, "L 2"],
    focal: float,
    centre: Float[np.ndarray, "2"],
) -> tuple[Float[np.ndarray, "V 3"], Float[np.ndarray, "3 3"], Float[np.ndarray, "3"]]:
    """Alternate the pose (PnP) and a bounded ridge for shape and expression."""
    bound_basis, count = basis_m.astype(np.float64), len(basis_m)
    mean = embedding.points(data.vertices_m).astype(np.float64)
    ridge = np.r_[
        np.full(FITTED_MODES, SHAPE_RIDGE_PX),
        np.full(count - FITTED_MODES, EXPRESSION_RIDGE_PX),
    ] * (np.ptp(target[:, 1]) / 200)
    lower = np.r_[np.full(FITTED_MODES, -3.0), np.zeros(count - FITTED_MODES)]
    upper = np.r_[np.full(FITTED_MODES, 3.0), np.ones(count - FITTED_MODES)]
    K = np.array([[focal, 0, centre[0]], [0, focal, centre[1]], [0, 0, 1]])
    weights = np.zeros(count)
    rotation_vector, translation = np.array([np.pi, 0, 0.0]), np.array([0, 0, 1.0])
    rotation = np.eye(3)
    for _ in range(FITTED_ITERATIONS):
        points = mean + np.tensordot(weights, bound_basis, axes=1)
        _, rotation_vector, translation = cv2.solvePnP(
            points, target, K, np.zeros(4), rotation_vector, translation, useExtrinsicGuess=True
        )
        rotation = cv2.Rodrigues(rotation_vector)[0]
        translation = translation.ravel()
        camera = points @ rotation.T + translation
        residual = target - (camera[:, :2] / camera[:, 2:] * focal + centre)
        moved = bound_basis @ rotation.T
        slope = focal * (
            moved[..., :2] / camera[:, 2:] - camera[:, :2] / camera[:, 2:] ** 2 * moved[..., 2:]
        )
        system = slope.reshape(count, -1).T
        target_now = residual.ravel() + system @ weights
        weights = lsq_linear(
            np.r_[system, np.diag(ridge)], np.r_[target_now, np.zeros(count)], (lower, upper)
        ).x
    shape = np.zeros(len(data.identity_m))
    shape[:FITTED_MODES] = weights[:FITTED_MODES]
    vertices = data.evaluate(shape, weights[FITTED_MODES:])
    return vertices, rotation, translation


def _shading(
    linear: Float[np.ndarray, "K 3"],
    normals: Float[np.ndarray, "K 3"],
    weight: Float[np.ndarray, "K"],
) -> tuple[Float[np.ndarray, "K"], Float[np.ndarray, "3"]]:
    """Second-order spherical harmonics fitted to the face's luminance, relative to its mean."""
    basis = sh_basis(normals)
    luminance = linear.mean(axis=1)
    good = weight > 0.5
    skin = np.median(linear[good], axis=0)
    near = good & (np.abs(np.log(luminance / skin.mean() + 1e-3)) < 0.9)
    ridge = np.diag([0.0] + [0.5] * 3 + [2.0] * 5) * np.sqrt(near.sum()) * 0.3
    fitted = np.linalg.lstsq(
        np.r_[basis[near], ridge], np.r_[luminance[near] / skin.mean(), np.zeros(9)], rcond=None
    )[0]
    return np.clip(basis @ fitted, *SHADING_LIMITS), skin
