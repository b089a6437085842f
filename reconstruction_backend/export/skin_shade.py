"""What hair does to the skin around it, for engines that know nothing of it: vertex colours.

They multiply the albedo: under dense hair the scalp takes the roots' colour, and skin that hair
hangs over lies in its shade. The albedo map stays the bald head's, so that hair can be changed.
"""

import cv2
import numpy as np
from jaxtyping import Float, Float32, UInt8
from scipy.spatial import KDTree

from reconstruction_backend.avatar import Avatar
from reconstruction_backend.color import linear_from_srgb
from reconstruction_backend.hair.hair import Hair
from reconstruction_backend.hair.scalp_tint import scalp_tint
from reconstruction_backend.head_model import HeadModel

_MAP_PX = 256
"""Of the albedo that the roots' colour is set against."""
_DARKEST_ALBEDO = 0.02
_STRANDS, _EVERY_POINT = 3000, 3
_NEAR_M, _FAR_M = 0.006, 0.03
"""How far from hair its shade falls to 1/e, and where there is none."""
_CONTACT = 0.42
"""Share of the light that hair takes where it touches skin."""
_OPAQUE = 255


def skin_shade(avatar: Avatar) -> UInt8[np.ndarray, "V 4"] | None:
    """Linear RGBA per vertex of the head at rest; None on a bald head."""
    if avatar.hair is None or avatar.hair.strands().count == 0:
        return None
    factor = _tint_factor(avatar, avatar.hair) * _contact(avatar.hair)[:, None]
    rgba = np.full((len(factor), 4), _OPAQUE, np.uint8)
    rgba[:, :3] = np.rint(_OPAQUE * np.clip(factor, 0, 1))
    return rgba


def _tint_factor(avatar: Avatar, hair: Hair) -> Float32[np.ndarray, "V 3"]:
    """What makes the albedo at each vertex that of the tinted scalp."""
    tint = scalp_tint(hair.strands(), hair.neutral_m)
    albedo = np.maximum(_albedo_at_vertices(avatar), _DARKEST_ALBEDO)
    weight = tint.weight[:, None]
    return (1 - weight + weight * tint.color_linear / albedo).astype(np.float32)


def _albedo_at_vertices(avatar: Avatar) -> Float32[np.ndarray, "V 3"]:
    model = avatar.head_model
    size = (_MAP_PX, _MAP_PX)
    small = cv2.resize(avatar.texture.albedo, size, interpolation=cv2.INTER_AREA)
    column, row = np.clip((_vertex_uv(model) * _MAP_PX).astype(int), 0, _MAP_PX - 1).T
    return linear_from_srgb(np.asarray(small)[row, column])


def _vertex_uv(model: HeadModel) -> Float[np.ndarray, "V 2"]:
    """Where the atlas shows each vertex; at seams any one of its places."""
    uv = np.zeros((model.vertex_count, 2))
    uv[model.triangles.ravel()] = model.uv[model.triangles_uv.ravel()]
    return uv


def _contact(hair: Hair) -> Float32[np.ndarray, "V"]:
    """Share of the light that hair about each vertex leaves."""
    points = hair.strands().points_m[:_STRANDS, ::_EVERY_POINT].reshape(-1, 3)
    distance = KDTree(points).query(hair.neutral_m, distance_upper_bound=_FAR_M)[0]
    return (1 - _CONTACT * np.exp(-np.asarray(distance) / _NEAR_M)).astype(np.float32)
