"""A portrait's hair in a level square about the head, one scale for every photo.

The square is `HeadView`'s, finer: here strands can be told apart. Each pixel knows its soft
classes, whether the photo shows it at all, how far away the skin of the fitted head is behind it,
and which way hair runs in it.
"""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from jaxtyping import Bool, Float, Float32, UInt8

from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.face_crop import cut_square
from reconstruction_backend.face_search import FaceSquare
from reconstruction_backend.hair.photo.head_view import VIEW_SPAN_M, HeadView, skin_positions
from reconstruction_backend.hair.photo.orientation import OrientationMap, orientation_map
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.parsing.result import CLASSES, WHOLE, Parsing
from reconstruction_backend.portrait import Portrait

SIDE_PX = 440
PIXEL_M = VIEW_SPAN_M / SIDE_PX
"""At the head's depth: 1.3 mm."""
HALF = 0.5
"""Share from which a pixel is taken to be of a class."""


@dataclass(frozen=True)
class HairPicture:
    """The square of S x S pixels."""

    camera: PerspectiveCamera
    """Sees just the square; the head is at rest."""
    image: UInt8[np.ndarray, "S S 3"]
    hair: Float32[np.ndarray, "S S"]
    skin: Float32[np.ndarray, "S S"]
    """Skin, glasses included."""
    clothes: Float32[np.ndarray, "S S"]
    seen: Bool[np.ndarray, "S S"]
    """Whether the photo shows the pixel."""
    skin_depth_m: Float32[np.ndarray, "S S"]
    """Of the fitted head along the camera's axis; infinite beside it."""
    orientation: OrientationMap

    @cached_property
    def background(self) -> Float32[np.ndarray, "S S"]:
        """Share of what is no person, where the photo shows it."""
        return np.where(self.seen, np.maximum(1 - self.hair - self.skin - self.clothes, 0), 0)

    @cached_property
    def inward(self) -> Float32[np.ndarray, "S S 2"]:
        """Unit vectors into the hair, from outside."""
        outside = cv2.distanceTransform((self.hair < HALF).astype(np.uint8), cv2.DIST_L2, 5)
        inside = cv2.distanceTransform((self.hair >= HALF).astype(np.uint8), cv2.DIST_L2, 5)
        signed = cv2.GaussianBlur(inside - outside, (0, 0), 2)
        slope = np.stack([np.gradient(signed, axis=1), np.gradient(signed, axis=0)], axis=-1)
        slope /= np.maximum(np.linalg.norm(slope, axis=-1, keepdims=True), 1e-6)
        return slope.astype(np.float32)


def hair_picture(
    portrait: Portrait,
    parsing: Parsing,
    camera: PerspectiveCamera,
    model: HeadModel,
    vertices_m: Float[np.ndarray, "V 3"],
) -> HairPicture:
    """Cut the square out of a portrait. `vertices_m` is the head at rest in the photo's camera."""
    view = HeadView.of(camera, SIDE_PX)
    centre = view.photo_from_view @ [(SIDE_PX - 1) / 2, (SIDE_PX - 1) / 2, 1]
    step = float(np.hypot(*view.photo_from_view[:, 0]))
    angle = float(np.arctan2(view.photo_from_view[1, 0], view.photo_from_view[0, 0]))
    square = FaceSquare(centre, step * SIDE_PX, angle)
    image = cut_square(portrait.image, square, SIDE_PX)
    shares = _cut(parsing.shares, square)
    seen = _cut(np.full((*parsing.shares.shape[:2], 1), WHOLE, np.uint8), square)[:, :, 0] > HALF
    of = {name: shares[:, :, i] for i, name in enumerate(CLASSES)}
    return HairPicture(
        camera=view.camera,
        image=image,
        hair=of["hair"],
        skin=of["skin"] + of["glasses"],
        clothes=of["clothes"],
        seen=seen,
        skin_depth_m=skin_positions(view, model, vertices_m)[1],
        orientation=orientation_map(image, of["hair"]),
    )


def _cut(planes: UInt8[np.ndarray, "H W C"], square: FaceSquare) -> Float32[np.ndarray, "S S C"]:
    """Any number of planes, zero beyond the photo, as shares of one."""
    count = planes.shape[2]
    padded = np.concatenate([planes] * 3, axis=2)[:, :, : 3 * ((count + 2) // 3)]
    cuts = [
        cut_square(np.ascontiguousarray(padded[:, :, i : i + 3]), square, SIDE_PX, beyond=0)
        for i in range(0, count, 3)
    ]
    return np.concatenate(cuts, axis=2)[:, :, :count].astype(np.float32) / WHOLE


def pixels_of(
    picture: HairPicture, points_m: Float[np.ndarray, "*n 3"]
) -> tuple[Float[np.ndarray, "*n 2"], Float[np.ndarray, "*n"]]:
    """Where the square shows points, in pixels, and their depths in metres."""
    camera = picture.camera.camera_points(points_m.reshape(-1, 3))
    principal = np.asarray(picture.camera.principal_point_px)
    pixels = camera[:, :2] / camera[:, 2:] * picture.camera.focal_length_px + principal
    return pixels.reshape(*points_m.shape[:-1], 2), camera[:, 2].reshape(points_m.shape[:-1])
