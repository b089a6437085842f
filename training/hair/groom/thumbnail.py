"""A picture of a style: three quarters, on a clay head, by our own renderer."""

import io

import numpy as np
from PIL import Image

from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.hair.colour import parse_hair_colour
from reconstruction_backend.hair.grow import grow
from reconstruction_backend.hair.hairstyle import Hairstyle
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.rendering.render import render_strands
from training.hair.groom.generate import template_skin

SIZE_PX = 320
_YAW = np.radians(32)
_FOCAL_HEIGHTS = 2.6
_HIGHEST_M, _LOWEST_M = 0.155, -0.14
_MARGIN = 1.12
_QUALITY = 82
_BACKGROUND = 232
_EDGE_SAMPLES = 3


def thumbnail(style: Hairstyle, colour: str, model: HeadModel) -> bytes:
    """A square WebP."""
    strands = grow(
        model,
        model.template_m,
        style.guides,
        style.texture,
        parse_hair_colour(colour),
        points=None,
        skin=template_skin(model),
    )
    top = max(_HIGHEST_M, float(np.quantile(strands.points_m[..., 1], 0.999)))
    low = min(_LOWEST_M, float(np.quantile(strands.points_m[..., 1], 0.03)))
    sideways = strands.points_m @ np.array([np.cos(_YAW), 0, -np.sin(_YAW)], np.float32)
    wide = 2 * float(np.quantile(np.abs(sideways), 0.98))
    camera = _camera(0.5 * (top + low), _MARGIN * max(top - low, wide))
    picture = render_strands(
        strands, model, model.template_m, camera, edge_samples_per_axis=_EDGE_SAMPLES
    )
    alpha = picture[..., 3:] / 255
    opaque = np.rint(picture[..., :3] * alpha + _BACKGROUND * (1 - alpha)).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(opaque).save(stream, "WEBP", quality=_QUALITY, method=6)
    return stream.getvalue()


def _camera(middle_y_m: float, height_m: float) -> PerspectiveCamera:
    """At the height of the middle, turned to the subject's left."""
    cosine, sine = np.cos(_YAW), np.sin(_YAW)
    rotation = np.array([[cosine, 0, -sine], [0, -1, 0], [-sine, 0, -cosine]], np.float32)
    distance = _FOCAL_HEIGHTS * height_m
    translation = -rotation @ np.array([0, middle_y_m, 0]) + np.array([0, 0, distance])
    return PerspectiveCamera.centred(
        SIZE_PX, SIZE_PX, _FOCAL_HEIGHTS * SIZE_PX, rotation, translation.astype(np.float32)
    )
