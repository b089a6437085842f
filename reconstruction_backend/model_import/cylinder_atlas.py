"""Texture coordinates for a head without: a cylinder for the skin, a disc for each eyeball."""

import numpy as np
from jaxtyping import Float, Float32, Int, Int32

SKIN, EYEBALLS = 0, (1, 2)
SKIN_BOTTOM = 0.8
"""The skin takes the upper part of the map, the eyeballs two squares below."""
SEAM_MARGIN = 0.04
"""Room left and right for triangles that cross the seam at the back."""
DISC_RADIUS = 0.09
DISC_CENTRES = ((0.75, 0.9), (0.25, 0.9))


def cylinder_atlas(
    vertices_m: Float[np.ndarray, "V 3"],
    triangles: Int32[np.ndarray, "F 3"],
    triangle_part: Int[np.ndarray, "F"],
) -> tuple[Float32[np.ndarray, "T 2"], Int32[np.ndarray, "F 3"]]:
    """UV per corner (T = 3 F), origin top-left, the skin symmetric about u = 0.5."""
    corners = vertices_m[triangles]
    uv = np.zeros((*triangles.shape, 2))
    skin = triangle_part == SKIN
    uv[skin] = _on_cylinder(corners[skin])
    for part, centre in zip(EYEBALLS, DISC_CENTRES, strict=True):
        eyeball = triangle_part == part
        uv[eyeball] = _on_disc(corners[eyeball], np.array(centre))
    index = np.arange(triangles.size, dtype=np.int32).reshape(triangles.shape)
    return uv.reshape(-1, 2).astype(np.float32), index


def _on_cylinder(corners_m: Float[np.ndarray, "F 3 3"]) -> Float[np.ndarray, "F 3 2"]:
    points = corners_m.reshape(-1, 3)
    low, high = points.min(axis=0), points.max(axis=0)
    middle_z = (low[2] + high[2]) / 2
    turn = np.arctan2(corners_m[..., 0], corners_m[..., 2] - middle_z) / (2 * np.pi)
    towards = turn.mean(axis=1, keepdims=True)
    crosses = np.ptp(turn, axis=1) > 0.5
    first = np.where(towards >= 0, 1.0, -1.0)
    turn = np.where(crosses[:, None] & (turn * first < 0), turn + first, turn)
    u = 0.5 + turn * (1 - 2 * SEAM_MARGIN)
    v = (high[1] - corners_m[..., 1]) / (high[1] - low[1]) * SKIN_BOTTOM
    return np.clip(np.stack([u, v], axis=-1), 0, 1)


def _on_disc(
    corners_m: Float[np.ndarray, "F 3 3"], centre: Float[np.ndarray, "2"]
) -> Float[np.ndarray, "F 3 2"]:
    """Radius by the angle from +Z, so that front and back do not overlap."""
    points = corners_m.reshape(-1, 3)
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    away = corners_m - middle
    across = np.hypot(away[..., 0], away[..., 1])
    radius = np.arctan2(across, away[..., 2]) / np.pi * DISC_RADIUS
    direction = away[..., :2] / np.maximum(across, 1e-12)[..., None] * [1, -1]
    return centre + radius[..., None] * direction
