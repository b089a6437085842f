"""An avatar's strands against the photo's, in the aligned crop."""

import numpy as np
from jaxtyping import Float

from evaluation.hair.orientation import orientation_error_deg
from evaluation.hair.strand_directions import draw_strands
from evaluation.portraits.measurement import FacePictures
from reconstruction_backend.avatar import Avatar
from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.hair.photo.orientation import orientation_map
from reconstruction_backend.hair.worn import strands_worn
from reconstruction_backend.rendering.embree_rasterizer import EmbreeRasterizer
from reconstruction_backend.rendering.ray_scene import RayScene

MOST_STRANDS = 6000
"""Any beginning of an avatar's strands is an even thinning; these cover the crop's pixels."""


def hair_orientation_error_deg(
    pictures: FacePictures, avatar: Avatar, camera: PerspectiveCamera
) -> float | None:
    """Where both show hair, weighted by how sure the photo's direction is; None without hair.

    `camera` is the fitted one, of the crop.
    """
    if avatar.hair is None:
        return None
    model, fit = avatar.head_model, avatar.fit
    vertices = model.evaluate(fit.shape, fit.expression, fit.pose_rad)
    strands = strands_worn(avatar.hair.strands(), model, avatar.hair.neutral_m, vertices)
    drawn = draw_strands(strands.points_m[:MOST_STRANDS], camera, head_depth_m(avatar, camera))
    photo = orientation_map(pictures.photo, pictures.hair.astype(np.float32))
    return orientation_error_deg(
        drawn.direction_rad, photo.angle_rad, photo.confidence, drawn.covered & pictures.hair
    )


def head_depth_m(avatar: Avatar, camera: PerspectiveCamera) -> Float[np.ndarray, "H W"]:
    """Of the bald head in the photo's pose; infinite beside it."""
    model, fit = avatar.head_model, avatar.fit
    vertices = model.evaluate(fit.shape, fit.expression, fit.pose_rad)
    rasterizer = EmbreeRasterizer(RayScene(vertices, model.triangles))
    pixels = np.arange(camera.width_px * camera.height_px)
    depth = rasterizer.rasterize(camera, pixels).depth_m
    return depth.reshape(camera.height_px, camera.width_px)
