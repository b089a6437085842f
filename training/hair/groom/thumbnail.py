"""A picture of a style: three quarters, on a clay head, by our own renderer.

The bust goes on downwards, a little wider, so that long hair lies before something.
"""

import io

import numpy as np
from jaxtyping import Float32
from PIL import Image

from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.hair.colour import parse_hair_colour
from reconstruction_backend.hair.grow import grow
from reconstruction_backend.hair.hairstyle import Hairstyle
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.rendering.render import render_strands
from training.hair.groom.generate import template_skin
from training.hair.groom.scalp_points import border_vertices

SIZE_PX = 320
_YAW, _YAW_BEHIND = np.radians(32), np.radians(105)
_FOCAL_HEIGHTS = 2.6
_HIGHEST_M, _LOWEST_M = 0.155, -0.14
_MARGIN = 1.12
_LOWEST_SHARE, _ASIDE_SHARE = 0.008, 0.003
"""Of the points, those that may lie outside of the picture."""
_QUALITY = 82
_BACKGROUND = 232
_EDGE_SAMPLES = 3
_BUST_Y_M = -0.1
"""Above it the bust has no border."""
_BODY_SCALE, _BODY_SHIFT_M = np.array([1.7, 1.0, 1.4], np.float32), np.array([0, -0.6, 0])
"""Where the border goes."""


def thumbnail(style: Hairstyle, colour: str, model: HeadModel, from_behind: bool = False) -> bytes:
    """A square WebP; `from_behind` shows what is tied there."""
    yaw = _YAW_BEHIND if from_behind else _YAW
    strands = grow(
        model,
        model.template_m,
        style.guides,
        style.texture,
        parse_hair_colour(colour),
        points=None,
        skin=template_skin(model),
    )
    picture = render_strands(
        strands,
        model,
        _with_body(model),
        _framing(strands.points_m, model, yaw),
        edge_samples_per_axis=_EDGE_SAMPLES,
    )
    alpha = picture[..., 3:] / 255
    opaque = np.rint(picture[..., :3] * alpha + _BACKGROUND * (1 - alpha)).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(opaque).save(stream, "WEBP", quality=_QUALITY, method=6)
    return stream.getvalue()


def _with_body(model: HeadModel) -> Float32[np.ndarray, "V 3"]:
    """The template with its lower border far below."""
    vertices = np.array(model.template_m, np.float32)
    border = border_vertices(model.triangles[model.part_triangles("skin")])
    low = border[vertices[border, 1] < _BUST_Y_M]
    vertices[low] = vertices[low] * _BODY_SCALE + _BODY_SHIFT_M
    return vertices


def _framing(
    points_m: Float32[np.ndarray, "N P 3"], model: HeadModel, yaw_rad: float
) -> PerspectiveCamera:
    """A level camera turned to the subject's left that sees the head and nearly all hair."""
    cosine, sine = np.cos(yaw_rad), np.sin(yaw_rad)
    top = max(_HIGHEST_M, float(np.quantile(points_m[..., 1], 0.999)))
    low = min(_LOWEST_M, float(np.quantile(points_m[..., 1], _LOWEST_SHARE)))
    aside = np.array([cosine, 0, -sine], np.float32)
    head = model.template_m[model.template_m[:, 1] > _BUST_Y_M] @ aside
    ends = np.quantile(points_m @ aside, [_ASIDE_SHARE, 1 - _ASIDE_SHARE])
    left, right = min(ends[0], head.min()), max(ends[1], head.max())
    if yaw_rad < np.pi / 4:
        right = max(right, -left)
        left = -right
    middle = 0.5 * (left + right) * aside + [0, 0.5 * (top + low), 0]
    rotation = np.array([aside, [0, -1, 0], [-sine, 0, -cosine]], np.float32)
    height = _MARGIN * max(top - low, right - left)
    translation = -rotation @ middle + [0, 0, _FOCAL_HEIGHTS * height]
    return PerspectiveCamera.centred(
        SIZE_PX, SIZE_PX, _FOCAL_HEIGHTS * SIZE_PX, rotation, translation.astype(np.float32)
    )
