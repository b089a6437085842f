"""Eyeballs: the photo's iris, completed where lids hide it, and an off-white sclera.

The iris is read in polar coordinates about the detected iris circle, so a fit that is off by a
pixel does no harm, and written in polar coordinates about the eyeball's optical axis.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
from jaxtyping import Bool, Float, Float32, Integer

from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.head_model import JOINT_NAMES
from reconstruction_backend.texture.atlas import Atlas
from reconstruction_backend.texture.lookup import look_up
from reconstruction_backend.texture.projection import PhotoWindow, smoothstep
from reconstruction_backend.texture.result import SphericalHarmonicsLight
from reconstruction_backend.texture.skin import DARKEST_IRRADIANCE

Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")
IRIS_CENTRE = {"right": 468, "left": 473}
RADII, ANGLES = 24, 72
"""Resolution of the polar iris."""
PUPIL_RADIUS = 0.36
"""Of the iris' radius, in a room's light."""
HIGHLIGHT_RATIO = 1.9
"""A pixel this much brighter than its ring's median is a reflection."""
LID_SHADE = 0.75
"""Share of the light that reaches an eye under its lids and lashes."""
DEFAULT_IRIS = np.array([0.075, 0.042, 0.024])
"""Brown, linear albedo: the commonest, where no iris can be seen."""
SCLERA = np.array([0.62, 0.56, 0.52])
VEIN = np.array([0.46, 0.16, 0.13])
SMALLEST_IRIS_PX = 2.0
LEAST_VISIBLE = 0.08


@dataclass(frozen=True, eq=False)
class EyeballTexels:
    """Where the texels of one eyeball lie about its optical axis; hashed by identity."""

    texel: Integer[np.ndarray, "N"]
    """Flat index into the atlas."""
    radius: Float32[np.ndarray, "N"]
    """Distance from the optical axis in iris radii; past the equator it goes on growing."""
    angle: Float32[np.ndarray, "N"]
    """Radians; 0 along the subject's left (+X), a quarter turn is up (+Y)."""


@dataclass(frozen=True)
class PolarIris:
    """Linear albedo of an iris by radius (pupil's centre first) and angle."""

    rgb: Float32[np.ndarray, "24 72 3"]
    seen: Bool[np.ndarray, "24 72"]


@lru_cache(maxsize=8)
def eyeball_texels(atlas: Atlas, side: Side) -> EyeballTexels:
    """Polar coordinates of an eyeball's texels; kept for the next call."""
    model = atlas.model
    centre = model.joints_template_m[JOINT_NAMES.index(f"{side}Eye")]
    points = model.surface_points(model.landmarks_mediapipe, model.template_m)
    first = IRIS_CENTRE[side]
    iris_centre, rim = points[first], points[first + 1 : first + 5]
    forward = np.array([0.0, 0.0, 1.0])
    iris_radius = float(np.median(np.linalg.norm((rim - iris_centre)[:, :2], axis=1)))
    mask = atlas.part_mask(f"eyeball_{side}")
    offset = atlas.interpolate(model.template_m)[mask] - centre
    radius = np.linalg.norm(offset[:, :2], axis=1) / iris_radius
    behind = offset @ forward < 0
    equator = np.linalg.norm(offset, axis=1) / iris_radius
    radius = np.where(behind, 2 * equator - radius, radius)
    angle = np.arctan2(offset[:, 1], offset[:, 0])
    return EyeballTexels(
        np.flatnonzero(mask).astype(np.int32), radius.astype(np.float32), angle.astype(np.float32)
    )


def read_irises(window: PhotoWindow, light: SphericalHarmonicsLight) -> dict[Side, PolarIris]:
    """Both irises; one that is hidden takes the other's colours, and brown if both are."""
    found = {side: _read_iris(window, light, side) for side in SIDES}
    return {
        side: found[side] or found["left"] or found["right"] or _default_iris() for side in SIDES
    }


def _read_iris(window: PhotoWindow, light: SphericalHarmonicsLight, side: Side) -> PolarIris | None:
    """The iris as the photo shows it, light divided out; None if too little of it is visible."""
    first = IRIS_CENTRE[side]
    centre = window.landmarks.points_px[first]
    rim = window.landmarks.points_px[first + 1 : first + 5]
    radius_px = float(np.median(np.linalg.norm(rim - centre, axis=1)))
    if radius_px < SMALLEST_IRIS_PX:
        return None
    at = (centre + radius_px * _disc_in_image(window.camera)).astype(np.float32)
    rgb = look_up(window.linear, at)
    aperture = cv2.erode(window.opening, np.ones((3, 3), np.uint8))
    visible = look_up(aperture, at) > 0.8
    visible &= ~_reflections(rgb, visible)
    if visible[RADII // 3 :].mean() < LEAST_VISIBLE:
        return None
    irradiance = np.maximum(light.irradiance(np.array([0.0, 0.0, 1.0])), DARKEST_IRRADIANCE)
    return PolarIris(_complete(rgb / (irradiance * LID_SHADE), visible), visible)


def _default_iris() -> PolarIris:
    """A brown iris, for a photo that shows none."""
    rgb = np.broadcast_to(DEFAULT_IRIS, (RADII, ANGLES, 3)).astype(np.float32)
    return PolarIris(rgb, np.zeros((RADII, ANGLES), bool))


def paint_eyeball(
    texels: EyeballTexels, iris: PolarIris
) -> tuple[Float32[np.ndarray, "N 3"], Bool[np.ndarray, "N"]]:
    """Linear albedo of every texel of an eyeball, and whether the photo showed it."""
    row = np.clip(texels.radius * RADII - 0.5, 0, RADII - 1)
    column = (texels.angle / (2 * np.pi) * ANGLES) % ANGLES
    wrapped = np.concatenate([iris.rgb, iris.rgb[:, :1]], axis=1)
    at = np.stack([column, row], axis=1).astype(np.float32)
    rgb = _remap_list(wrapped, at)
    rgb = rgb * _iris_relief(texels)[:, None]
    pupil = smoothstep(PUPIL_RADIUS + 0.05, PUPIL_RADIUS - 0.03, texels.radius)[:, None]
    rgb = rgb * (1 - pupil) + 0.004 * pupil
    outside = smoothstep(0.96, 1.08, texels.radius)[:, None]
    rgb = rgb * (1 - outside) + _sclera(texels) * outside
    seen = iris.seen[row.astype(int), column.astype(int) % ANGLES] & (texels.radius < 1)
    return np.clip(rgb, 0, 1).astype(np.float32), seen


def _disc_in_image(camera: PerspectiveCamera) -> Float[np.ndarray, "24 72 2"]:
    """Offsets in image axes of the polar grid on a unit disc that faces the head's front."""
    radius = (np.arange(RADII) + 0.5) / RADII
    angle = np.arange(ANGLES) / ANGLES * 2 * np.pi
    x, y = np.cos(angle), np.sin(angle)
    rotation = camera.rotation_camera_from_head
    direction = x[:, None] * rotation[:2, 0] + y[:, None] * rotation[:2, 1]
    direction /= np.maximum(np.linalg.norm(direction, axis=1, keepdims=True), 1e-6)
    return radius[:, None, None] * direction[None]


def _reflections(
    rgb: Float32[np.ndarray, "24 72 3"], visible: Bool[np.ndarray, "24 72"]
) -> Bool[np.ndarray, "24 72"]:
    luminance = rgb.mean(axis=2)
    if not visible.any():
        return np.zeros_like(visible)
    typical = float(np.median(luminance[visible & (np.arange(RADII)[:, None] > RADII // 3)]))
    bright = (luminance > HIGHLIGHT_RATIO * typical).astype(np.uint8)
    return cv2.dilate(bright, np.ones((3, 5))) > 0


def _complete(
    rgb: Float32[np.ndarray, "24 72 3"], visible: Bool[np.ndarray, "24 72"]
) -> Float32[np.ndarray, "24 72 3"]:
    """Each ring's median where lids and reflections hide it, smoothed towards what is seen."""
    overall = np.median(rgb[visible], axis=0)
    filled = np.empty_like(rgb)
    for ring in range(RADII):
        seen = visible[ring]
        share = min(seen.mean() * 4, 1.0)
        median = np.median(rgb[ring][seen], axis=0) if seen.any() else overall
        filled[ring] = share * median + (1 - share) * overall
    # The rim's rings mix with sclera and lashes: keep the inner iris' colour there.
    filled[int(0.85 * RADII) :] = np.minimum(filled[int(0.85 * RADII) :], filled[int(0.7 * RADII)])
    inner = int(PUPIL_RADIUS * RADII) + 2
    filled[:inner] = filled[inner]
    weight = visible.astype(np.float32)
    weight[:inner] = 0
    weight[int(0.85 * RADII) :] = 0
    soft = cv2.GaussianBlur(np.concatenate([weight] * 3, axis=1), (0, 0), 1.5)[
        :, ANGLES : 2 * ANGLES
    ]
    soft = np.minimum(soft, weight)[:, :, None]
    return (rgb * soft + filled * (1 - soft)).astype(np.float32)


@lru_cache(maxsize=8)
def _iris_relief(texels: EyeballTexels) -> Float32[np.ndarray, "N"]:
    """Radial fibres, a lighter collarette and a dark limbal ring, as factors around one."""
    rng = np.random.default_rng(7)
    r, phi = texels.radius, texels.angle
    fibres = np.zeros_like(r)
    for count in (19, 31, 47, 73):
        phase, bend = rng.uniform(0, 2 * np.pi), rng.uniform(-2.5, 2.5)
        fibres += np.sin(count * phi + phase + bend * np.sin(6 * r + phase)) / 4
    ring = np.exp(-(((r - 0.52) / 0.1) ** 2))
    limbus = 1 - 0.62 * np.exp(-(((r - 1.0) / 0.1) ** 2))
    return ((1 + 0.22 * fibres) * (1 + 0.18 * ring) * limbus).astype(np.float32)


@lru_cache(maxsize=8)
def _sclera(texels: EyeballTexels) -> Float32[np.ndarray, "N 3"]:
    """Off-white, warmer and veined towards the corners, shaded under the upper lid."""
    r, phi = texels.radius, texels.angle
    across = np.abs(np.cos(phi)) * np.clip((r - 1.1) / 1.0, 0, 1)
    rng = np.random.default_rng(11)
    vein = np.zeros_like(r)
    for _ in range(7):
        level, frequency, phase = rng.uniform(-0.9, 0.9), rng.uniform(5, 11), rng.uniform(0, 6.3)
        height = r * np.sin(phi) - level - 0.12 * np.sin(frequency * r + phase)
        vein += np.exp(-((height / 0.018) ** 2)) * (0.5 + 0.5 * np.sin(2.3 * r + phase))
    vein = np.clip(vein, 0, 1) * across * 0.35
    warm = SCLERA * (1 - 0.25 * across[:, None] * np.array([0.1, 0.6, 0.7]))
    lid = 1 - 0.35 * np.clip(r * np.sin(phi) - 0.45, 0, 1)
    back = 1 - 0.4 * np.clip((r - 1.5) / 1.0, 0, 1)
    colour = warm * (1 - vein[:, None]) + VEIN * vein[:, None]
    return (colour * (lid * back)[:, None]).astype(np.float32)


def _remap_list(
    image: Float32[np.ndarray, "H W 3"], at: Float32[np.ndarray, "N 2"]
) -> Float32[np.ndarray, "N 3"]:
    """Bilinear samples at a list of points (OpenCV's maps must stay under 32,768 wide)."""
    width = 4096
    padded = np.pad(at, ((0, -len(at) % width), (0, 0)))
    out = look_up(image, padded.reshape(-1, width, 2))
    return out.reshape(-1, 3)[: len(at)]
