"""Where the camera stands."""

from typing import Literal

import numpy as np
from jaxtyping import Float

from reconstruction_backend.camera import PerspectiveCamera

View = Literal["photo", "front", "left", "right", "back"]
VIEW_YAW_DEG = {"front": 0.0, "left": 90.0, "right": -90.0, "back": 180.0}
"""Azimuth of the camera about the head; positive is towards the subject's left (+X)."""

_FIELD_OF_VIEW_DEG = 25.0  # a portrait lens
_MARGIN = 1.12  # room around the head, for hair too


def orbit_camera(
    vertices_m: Float[np.ndarray, "V 3"], yaw_deg: float, pitch_deg: float, size_px: int
) -> PerspectiveCamera:
    """A square picture of the whole head from the given side; every side at the same scale.

    Positive pitch raises the camera. `vertices_m` are of the head at rest, in the head frame.
    """
    low, high = vertices_m.min(axis=0), vertices_m.max(axis=0)
    centre = (low + high) / 2
    centre[0] = 0
    half_extent_m = float((high - low).max()) / 2 * _MARGIN
    half_angle = np.radians(_FIELD_OF_VIEW_DEG) / 2
    yaw, pitch = np.radians(yaw_deg), np.radians(pitch_deg)
    right = np.array([np.cos(yaw), 0.0, -np.sin(yaw)])
    outward = np.array([np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch)])
    rotation = np.stack([right, np.cross(-outward, right), -outward])
    distance_m = half_extent_m / np.tan(half_angle)
    return PerspectiveCamera.centred(
        size_px,
        size_px,
        size_px / 2 / np.tan(half_angle),
        rotation,
        -rotation @ (centre + distance_m * outward),
    )
