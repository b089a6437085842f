"""A small avatar of the synthetic head, with every value different from its default."""

import numpy as np

from reconstruction_backend.avatar import Avatar
from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.head_fit.result import HeadFit
from reconstruction_backend.head_model import JOINT_NAMES, HeadModel, rotation_matrices
from reconstruction_backend.texture.result import HeadTexture, SphericalHarmonicsLight

PATCH = 16


def random_avatar(model: HeadModel, seed: int = 0, texture_side: int = 32) -> Avatar:
    """Random coefficients, camera, light and maps."""
    rng = np.random.default_rng(seed)
    return Avatar(
        backend="cameo-head",
        head_model=model,
        fit=_fit(model, rng),
        texture=_texture(rng, texture_side),
        preview=rng.integers(0, 256, (24, 16, 4), np.uint8),
        stage_ms={"landmarks": 6.25, "head_fit": 14.5},
        warnings=("Two faces were found; the larger was taken.",),
    )


def _fit(model: HeadModel, rng: np.random.Generator) -> HeadFit:
    # ±1 and not up to ±3 standard deviations: the synthetic shapes are strong
    shape = rng.uniform(-1, 1, model.shape_count).astype(np.float32)
    return HeadFit(
        camera=PerspectiveCamera(
            width_px=640,
            height_px=480,
            focal_length_px=float(rng.uniform(500, 900)),
            principal_point_px=(321.25, 238.5),
            rotation_camera_from_head=rotation_matrices(rng.normal(size=(1, 3)))[0].astype(float),
            translation_m=np.array([0.01, -0.02, 0.6]) + rng.normal(size=3) * 0.01,
        ),
        shape=shape,
        expression=rng.uniform(0, 1, model.expression_count).astype(np.float32),
        pose_rad=rng.normal(scale=0.1, size=(len(JOINT_NAMES), 3)).astype(np.float32),
        landmark_residual_iod=0.0125,
    )


def _texture(rng: np.random.Generator, side: int) -> HeadTexture:
    normal = _patches(rng, side, 96, 160)
    normal[..., 2] = 255
    return HeadTexture(
        albedo=_patches(rng, side, 0, 256),
        normal=normal,
        provenance=rng.integers(0, 4, (side, side), np.uint8),
        light=SphericalHarmonicsLight(rng.normal(size=(9, 3)).astype(np.float32)),
        residual_light=rng.integers(0, 256, (side // 2, side // 2, 3), np.uint8),
    )


def _patches(rng: np.random.Generator, side: int, low: int, high: int) -> np.ndarray:
    """Uniform squares as large as JPEG's blocks of subsampled colour."""
    colours = rng.integers(low, high, (side // PATCH, side // PATCH, 3), np.uint8)
    return colours.repeat(PATCH, axis=0).repeat(PATCH, axis=1)
