"""Where the camera stands."""

from typing import Literal

import numpy as np
from jaxtyping import Float

from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.head_model import HeadModel

View = Literal["photo", "front", "left", "right", "back"]
VIEW_YAW_DEG = {"front": 0.0, "left": 90.0, "right": -90.0, "back": 180.0}
"""Azimuth of the camera about the head; positive is towards the subject's left (+X)."""

_FIELD_OF_VIEW_DEG = 25.0  # a portrait lens
_NECK = 0.5  # weight of the region from which a vertex belongs to the neck
_MARGIN = 1.42  # room around the head, for hair, neck and shoulders
_HAIR_MARGIN = 1.06
_MOST_HAIR = 0.99  # a few stray hairs may be cut
_BELOW_CENTRE = 0.07  # the picture's centre below the head's, in heads: a portrait's composition


def orbit_camera(
    head_m: Float[np.ndarray, "V 3"],
    yaw_deg: float,
    pitch_deg: float,
    size_px: int,
    hair_m: Float[np.ndarray, "*n 3"] | None = None,
) -> PerspectiveCamera:
    """A square picture of the given points from the given side; every side at the same scale.

    Positive pitch raises the camera. `head_m` are points to be framed, in the head frame
    (`framed_vertices` of a head at rest). For `hair_m` the picture grows upwards and sideways;
    hair that hangs below it stays out.
    """
    centre, half_extent_m = _frame(head_m, hair_m)
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


def _frame(
    head_m: Float[np.ndarray, "V 3"], hair_m: Float[np.ndarray, "*n 3"] | None
) -> tuple[Float[np.ndarray, "3"], float]:
    """Middle and half the edge of what a picture shows, metres."""
    low, high = head_m.min(axis=0), head_m.max(axis=0)
    extent_m = float((high - low).max())
    centre = (low + high) / 2 - [0, _BELOW_CENTRE * extent_m, 0]
    centre[0] = 0
    half_m = extent_m / 2 * _MARGIN
    if hair_m is None:
        return centre, half_m
    bottom = centre[1] - half_m
    points = hair_m.reshape(-1, 3)
    points = points[points[:, 1] > bottom]
    if len(points) == 0:
        return centre, half_m
    top = np.quantile(points[:, 1], _MOST_HAIR)
    aside = np.quantile(np.linalg.norm((points - centre)[:, [0, 2]], axis=1), _MOST_HAIR)
    half_m = max(half_m, float(top - bottom) / 2 * _HAIR_MARGIN, float(aside) * _HAIR_MARGIN)
    centre[1] = bottom + half_m
    return centre, half_m


def framed_vertices(
    model: HeadModel, vertices_m: Float[np.ndarray, "V 3"]
) -> Float[np.ndarray, "K 3"]:
    """The head without its neck and shoulders, which may run out of the picture."""
    if "neck" not in model.region_names:
        return vertices_m
    return vertices_m[model.region("neck") < _NECK]
