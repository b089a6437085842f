"""An avatar of the synthetic head with a plain texture."""

import numpy as np

from reconstruction_backend.avatar import Avatar
from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.head_fit.result import HeadFit
from reconstruction_backend.head_model import JOINT_NAMES, HeadModel
from reconstruction_backend.texture.result import (
    SH_CONSTANTS,
    HeadTexture,
    Provenance,
    SphericalHarmonicsLight,
)

FLAT_NORMAL = (128, 128, 255)
SKIN_SRGB = (200, 150, 130)


def uniform_light() -> SphericalHarmonicsLight:
    """White from everywhere: irradiance 1."""
    coefficients = np.zeros((9, 3), np.float32)
    coefficients[0] = 1 / SH_CONSTANTS[0]
    return SphericalHarmonicsLight(coefficients)


def photo_camera(width_px: int = 200, height_px: int = 240) -> PerspectiveCamera:
    """An upright view from the front, a little off the middle."""
    upright = np.diag([1.0, -1.0, -1.0])
    return PerspectiveCamera.centred(
        width_px, height_px, 420.0, upright, np.array([0.012, -0.02, 0.6])
    )


def build_avatar(model: HeadModel, texture_px: int = 256) -> Avatar:
    """One colour, flat normals, uniform light; a slightly open mouth in the photo."""
    fit = HeadFit(
        camera=photo_camera(),
        shape=np.full(model.shape_count, 0.3, np.float32),
        expression=model.expression_weights(jawOpen=0.3, mouthSmileLeft=0.5),
        pose_rad=np.zeros((len(JOINT_NAMES), 3), np.float32),
        landmark_residual_iod=0.01,
    )
    size = (texture_px, texture_px)
    texture = HeadTexture(
        albedo=np.full((*size, 3), SKIN_SRGB, np.uint8),
        normal=np.full((*size, 3), FLAT_NORMAL, np.uint8),
        provenance=np.full(size, Provenance.SEEN, np.uint8),
        light=uniform_light(),
    )
    return Avatar(
        backend="cameo-head",
        head_model=model,
        fit=fit,
        texture=texture,
        preview=None,
        stage_ms={"landmarks": 5.0, "head_fit": 12.0},
        warnings=(),
    )
