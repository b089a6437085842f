"""The photo laid on the head: which colour each texel has in it, and how far to trust it."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.color import linear_from_srgb
from reconstruction_backend.landmarks import FaceLandmarks
from reconstruction_backend.parsing import Parsing
from reconstruction_backend.texture.frames import frame_mask
from reconstruction_backend.texture.lips import mouth_opening
from reconstruction_backend.texture.lookup import look_up
from reconstruction_backend.texture.masks import opening_mask
from reconstruction_backend.texture.visibility import PosedAtlas, visible_texels

GRAZING_FROM, GRAZING_TO = 0.12, 0.42
"""Cosine to the camera at which a texel begins to count, and at which it counts fully."""
OCCLUSION_MARGIN_TEXELS = 3
"""Texels this close to what is hidden do not count: the fit may be off by as much."""
WINDOW_MARGIN = 0.05
FINEST_SHARE = 0.7
"""The photo is reduced until its pixels measure at least this share of a texel."""


@dataclass(frozen=True)
class PhotoWindow:
    """The part of the portrait around the head, no finer than the atlas can hold."""

    image: UInt8[np.ndarray, "H W 3"]
    linear: Float32[np.ndarray, "H W 3"]
    camera: PerspectiveCamera
    """Of this window."""
    opening: Float32[np.ndarray, "H W"]
    """One inside the eyes' apertures and the open mouth."""
    skin: Float32[np.ndarray, "H W"]
    """Probability of bare skin, of the photo's parsing; zero on the frames of glasses."""
    hair: Float32[np.ndarray, "H W"]
    glasses: Float32[np.ndarray, "H W"]
    """What is seen through lenses."""
    landmarks: FaceLandmarks
    """In this window's pixels."""
    pixel_m: float
    """Edge of a pixel at the face's distance."""


@dataclass(frozen=True)
class Observation:
    """What the photo shows on the texels of the coarse atlas."""

    rgb: Float32[np.ndarray, "A A 3"]
    """Linear light."""
    confidence: Float32[np.ndarray, "A A"]
    """Zero where hidden, grazing or outside the picture, in an eye or in the open mouth."""
    skin: Float32[np.ndarray, "A A"]
    """Probability that the pixel shows bare skin."""
    hair: Float32[np.ndarray, "A A"]
    glasses: Float32[np.ndarray, "A A"]
    """What is seen through lenses."""


def photo_window(
    image: UInt8[np.ndarray, "H W 3"],
    landmarks: FaceLandmarks,
    parsing: Parsing,
    camera: PerspectiveCamera,
    vertices_m: Float32[np.ndarray, "V 3"],
    texel_m: float,
) -> PhotoWindow:
    """Crop to the head and reduce to the atlas' resolution."""
    pixels = camera.project(vertices_m)
    margin = WINDOW_MARGIN * np.ptp(pixels, axis=0).max()
    size = np.array([camera.width_px, camera.height_px])
    low = np.clip(np.floor(pixels.min(axis=0) - margin), 0, size - 2).astype(int)
    high = np.clip(np.ceil(pixels.max(axis=0) + margin) + 1, low + 2, size).astype(int)
    crop = image[low[1] : high[1], low[0] : high[0]]
    pixel_m = float(camera.camera_points(vertices_m)[:, 2].min()) / camera.focal_length_px
    scale = min(1.0, pixel_m / (FINEST_SHARE * texel_m))
    width, height = (max(2, round(int(n) * scale)) for n in high - low)
    cropped = replace(
        camera,
        width_px=crop.shape[1],
        height_px=crop.shape[0],
        principal_point_px=(
            camera.principal_point_px[0] - float(low[0]),
            camera.principal_point_px[1] - float(low[1]),
        ),
    )
    window_camera = cropped.resized(width, height)
    factor = width / crop.shape[1]
    points = ((landmarks.points_px - low + 0.5) * factor - 0.5).astype(np.float32)
    moved = replace(landmarks, points_px=points)

    def cut(probability: Float32[np.ndarray, "H W"]) -> Float32[np.ndarray, "h w"]:
        part = probability[low[1] : high[1], low[0] : high[0]]
        return cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA)

    reduced = cv2.resize(crop, (width, height), interpolation=cv2.INTER_AREA)
    linear = linear_from_srgb(reduced)
    glasses = cut(parsing.probability("glasses"))
    bare = 1 - frame_mask(linear, glasses, moved, pixel_m / factor)
    return PhotoWindow(
        image=reduced,
        linear=linear,
        camera=window_camera,
        opening=np.maximum(opening_mask(moved, (height, width)), mouth_opening(linear, moved)),
        skin=cut(parsing.skin) * bare,
        hair=cut(parsing.hair),
        glasses=glasses * bare,
        landmarks=moved,
        pixel_m=pixel_m / factor,
    )


def observe(window: PhotoWindow, posed: PosedAtlas) -> Observation:
    """Look every texel of the coarse atlas up in the photo."""
    visible = visible_texels(posed, window.camera, GRAZING_FROM).astype(np.uint8)
    kernel = np.ones((OCCLUSION_MARGIN_TEXELS, OCCLUSION_MARGIN_TEXELS), np.uint8)
    confidence = cv2.erode(visible, kernel) * smoothstep(GRAZING_FROM, GRAZING_TO, posed.facing)
    shares = cv2.merge([window.opening, window.skin, window.hair, window.glasses])
    opening, skin, hair, glasses = cv2.split(look_up(shares, posed.pixels_px))
    return Observation(
        look_up(window.linear, posed.pixels_px),
        (confidence * (1 - opening)).astype(np.float32),
        np.asarray(skin),
        np.asarray(hair),
        np.asarray(glasses),
    )


def smoothstep(
    start: float, end: float, value: Float32[np.ndarray, "*n"]
) -> Float32[np.ndarray, "*n"]:
    """0 at `start`, 1 at `end`, smooth in between."""
    t = np.clip((value - start) / (end - start), 0, 1)
    return (t * t * (3 - 2 * t)).astype(np.float32)
