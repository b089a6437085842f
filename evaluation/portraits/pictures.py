"""What is compared: a photo's face and its avatar's, cut alike, over the same flat grey.

Photo and avatar share the square (`face_alignment`) and the background: of the photo what is no
head (background, clothes) is taken out by its matte, the avatar is laid on by its alpha, both in
linear light. So a backdrop gains nobody anything, and an avatar that is missing, too small or too
large loses. The masks come from the photo alone and are the same for every backend.
"""

from dataclasses import replace

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from evaluation.face_alignment import CROP_PX, crop_points, cut_face, cut_map, ffhq_square
from evaluation.portraits.measurement import GREY, Crop, FacePictures, Mask
from reconstruction_backend.avatar import Avatar
from reconstruction_backend.color import linear_from_srgb, srgb_from_linear
from reconstruction_backend.face_search import FaceSquare
from reconstruction_backend.landmarks import FaceLandmarks
from reconstruction_backend.parsing.result import Parsing
from reconstruction_backend.portrait import Portrait
from reconstruction_backend.rendering.options import RenderOptions
from reconstruction_backend.rendering.render import AvatarRenderer

HALF = 128
"""A byte from which on a soft mask counts as inside."""
TURN_DEG = 30.0
TURNED_PX = 384
"""Edge of a turned picture; the face's square is then about 270 px of it."""
DRAWN_PX = 512
"""The square before it is halved to the crop; larger photos are reduced, and drawn at that size."""
IRIS_START = 468
"""Points from here on lie on the irises and not on the face's skin."""


def face_pictures(
    portrait: Portrait, landmarks: FaceLandmarks, parsing: Parsing, avatar: Avatar
) -> FacePictures:
    """Cut photo, render and masks. Landmarks and parsing are of the photo, not of the backend."""
    size = _drawn_size(portrait, landmarks)
    factor = np.array(size) / (portrait.width_px, portrait.height_px)
    points = (landmarks.points_px + 0.5) * factor - 0.5  # of pixels' centres
    square = ffhq_square(points)
    camera = avatar.fit.camera.resized(*size)
    reduced = replace(avatar, fit=replace(avatar.fit, camera=camera))
    renderer = AvatarRenderer(reduced)
    drawn = renderer.render(RenderOptions(view="photo"))
    matte = parsing.probability("skin", "hair", "glasses")
    photo = over_grey(portrait.image, matte)
    skin = cut_map(_shrunk(_bytes(parsing.skin), size), square) >= HALF
    return FacePictures(
        photo=cut_face(_shrunk(photo, size), square, GREY),
        render=cut_face(_drawn_over_grey(drawn), square, GREY),
        head=cut_map(_shrunk(_bytes(matte), size), square) >= HALF,
        face=skin & _hull(points, square),
        hair=cut_map(_shrunk(_bytes(parsing.hair), size), square) >= HALF,
        render_hair=_rendered_hair(reduced, renderer, square),
        yaw_minus=_turned(avatar, renderer, -TURN_DEG),
        yaw_plus=_turned(avatar, renderer, TURN_DEG),
    )


def _drawn_size(portrait: Portrait, landmarks: FaceLandmarks) -> tuple[int, int]:
    """Width and height at which the face's square has `DRAWN_PX`, or the portrait's own."""
    factor = min(1.0, DRAWN_PX / ffhq_square(landmarks.points_px).side_px)
    return round(portrait.width_px * factor), round(portrait.height_px * factor)


def _shrunk(
    image: UInt8[np.ndarray, "H W *c"], size: tuple[int, int]
) -> UInt8[np.ndarray, "h w *c"]:
    if image.shape[1::-1] == size:
        return image
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _rendered_hair(avatar: Avatar, renderer: AvatarRenderer, square: FaceSquare) -> Mask:
    if avatar.hair is None:
        return np.zeros((CROP_PX, CROP_PX), bool)
    drawn = renderer.render(RenderOptions(view="photo", only="hair", render_pass="mask"))
    return cut_map(drawn[:, :, 3], square) >= HALF


def over_grey(
    image: UInt8[np.ndarray, "H W 3"], alpha: Float[np.ndarray, "H W"]
) -> UInt8[np.ndarray, "H W 3"]:
    """The picture on the grey, mixed in linear light."""
    grey = linear_from_srgb(np.full((1, 1, 3), GREY, np.uint8))
    share = alpha[:, :, None]
    return srgb_from_linear(linear_from_srgb(image) * share + grey * (1 - share))


def _drawn_over_grey(drawn: UInt8[np.ndarray, "H W 4"]) -> UInt8[np.ndarray, "H W 3"]:
    return over_grey(drawn[:, :, :3], drawn[:, :, 3].astype(np.float32) / 255)


def _turned(avatar: Avatar, renderer: AvatarRenderer, yaw_deg: float) -> Crop:
    """Seen from a side in the photo's expression and light, cut by the head model's landmarks."""
    model, fit = avatar.head_model, avatar.fit
    options = RenderOptions(yaw_deg=yaw_deg, size_px=TURNED_PX, expression="fitted", light="photo")
    drawn, camera = renderer.render(options), renderer.camera(options)
    vertices = model.evaluate(fit.shape, fit.expression, fit.pose_rad)
    points = camera.project(model.surface_points(model.landmarks_mediapipe, vertices))
    return cut_face(_drawn_over_grey(drawn), ffhq_square(points), GREY)


def _hull(points_px: Float[np.ndarray, "478 2"], square: FaceSquare) -> Mask:
    points = crop_points(points_px[:IRIS_START], square)
    mask = np.zeros((CROP_PX, CROP_PX), np.uint8)
    hull = cv2.convexHull(np.rint(points).astype(np.int32))
    cv2.fillConvexPoly(mask, hull, (1,))
    return mask > 0


def _bytes(probability: Float[np.ndarray, "H W"]) -> UInt8[np.ndarray, "H W"]:
    return np.rint(probability * 255).astype(np.uint8)
