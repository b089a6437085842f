"""The albedo map as the OBJ wears it: under the shade of the hair."""

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from reconstruction_backend.avatar import Avatar
from reconstruction_backend.color import linear_from_srgb, srgb_from_linear
from reconstruction_backend.export.gltf_materials import ALBEDO_QUALITY
from reconstruction_backend.export.images import encode_jpeg
from reconstruction_backend.export.skin_shade import skin_shade
from reconstruction_backend.texture.atlas import atlas_of

_FACTOR_PX = 512
_UNSHADED = 0.995
_SKIN = "skin"


def encode_base_color(avatar: Avatar) -> bytes:
    """JPEG of the albedo under the hair; the albedo itself on a bald head."""
    albedo = avatar.texture.albedo
    shade = skin_shade(avatar)
    if shade is not None:
        albedo = _shaded(albedo, _factor(avatar, shade))
    return encode_jpeg(albedo, ALBEDO_QUALITY, "4:2:0")


def _factor(avatar: Avatar, shade: UInt8[np.ndarray, "V 4"]) -> Float32[np.ndarray, "F F 3"]:
    """The shade over the atlas: of skin, and one elsewhere."""
    atlas = atlas_of(avatar.head_model, _FACTOR_PX)
    factor = atlas.interpolate(shade[:, :3] / np.float32(255))
    if _SKIN in avatar.head_model.part_names:
        factor[atlas.inside & ~atlas.part_mask(_SKIN)] = 1
    factor = atlas.pad(factor)
    factor[factor.max(axis=2) == 0] = 1
    return factor


def _shaded(
    albedo: UInt8[np.ndarray, "T T 3"], factor: Float32[np.ndarray, "F F 3"]
) -> UInt8[np.ndarray, "T T 3"]:
    size = (albedo.shape[1], albedo.shape[0])
    fine = np.asarray(cv2.resize(factor, size, interpolation=cv2.INTER_LINEAR))
    row, column = np.nonzero(fine.min(axis=2) < _UNSHADED)
    out = albedo.copy()
    out[row, column] = srgb_from_linear(linear_from_srgb(albedo[row, column]) * fine[row, column])
    return out
