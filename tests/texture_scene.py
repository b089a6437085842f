"""A photo whose truth is known: the shipped head with an analytic albedo under a known light."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32, UInt8

from reconstruction_backend.avatar import Avatar
from reconstruction_backend.backends import Reconstruction
from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.color import srgb_from_linear
from reconstruction_backend.head_fit.result import HeadFit
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.landmarks import FaceBox, FaceLandmarks
from reconstruction_backend.parsing import CLASSES, Parsing
from reconstruction_backend.portrait import Portrait
from reconstruction_backend.rendering.options import RenderOptions
from reconstruction_backend.rendering.render import render_avatar
from reconstruction_backend.texture.atlas import atlas_of
from reconstruction_backend.texture.result import (
    SH_CONSTANTS,
    HeadTexture,
    Provenance,
    SphericalHarmonicsLight,
)

SIZE = 1024
PHOTO_PX = 448
SKIN = np.array([0.42, 0.26, 0.19])
BACKDROP = 120
DISTANCE_M, FOCAL_PX = 0.9, 1250.0


@dataclass(frozen=True)
class Scene:
    """What the texture stage is given, and what it ought to find."""

    portrait: Portrait
    landmarks: FaceLandmarks
    parsing: Parsing
    reconstruction: Reconstruction
    albedo: Float32[np.ndarray, "T T 3"]
    """Linear truth."""
    light: SphericalHarmonicsLight


def side_light(sideways: float) -> SphericalHarmonicsLight:
    """White light, brighter from the subject's left (positive) or right."""
    coefficients = np.zeros((9, 3), np.float32)
    coefficients[[0, 1, 2, 3]] = np.array([[0.8], [0.08], [0.12], [sideways]])
    return SphericalHarmonicsLight(coefficients / SH_CONSTANTS[:, None].astype(np.float32))


def make_scene(
    model: HeadModel, light: SphericalHarmonicsLight, yaw_deg: float = 0.0, mottle: float = 0.0
) -> Scene:
    """Render the neutral head; `mottle` is the depth of an asymmetric pattern in its albedo."""
    return photographed(model, light, _truth(model, mottle), yaw_deg)


def photographed(
    model: HeadModel,
    light: SphericalHarmonicsLight,
    albedo: Float32[np.ndarray, "T T 3"],
    yaw_deg: float = 0.0,
    normal: UInt8[np.ndarray, "T T 3"] | None = None,
) -> Scene:
    """Render the neutral head with the given maps."""
    fit = HeadFit(
        camera=_camera(yaw_deg),
        shape=np.zeros(model.shape_count, np.float32),
        expression=np.zeros(model.expression_count, np.float32),
        pose_rad=np.zeros((5, 3), np.float32),
        landmark_residual_iod=0.0,
    )
    photo = _photograph(model, fit, albedo, light, normal)
    return Scene(
        Portrait(photo, None),
        _landmarks(model, fit.camera),
        bare_parsing(photo),
        Reconstruction("cameo-head", model, fit),
        albedo,
        light,
    )


def flipped(scene: Scene) -> Scene:
    """The same scene in a mirror: photo, camera and landmarks."""
    fit = scene.reconstruction.fit
    mirror = np.diag([-1.0, 1.0, 1.0])
    camera = replace(
        fit.camera,
        rotation_camera_from_head=mirror @ fit.camera.rotation_camera_from_head @ mirror,
        translation_m=mirror @ fit.camera.translation_m,
    )
    return replace(
        scene,
        parsing=Parsing(np.ascontiguousarray(scene.parsing.shares[:, ::-1])),
        portrait=Portrait(np.ascontiguousarray(scene.portrait.image[:, ::-1]), None),
        landmarks=_landmarks(scene.reconstruction.head_model, camera),
        reconstruction=replace(scene.reconstruction, fit=replace(fit, camera=camera)),
    )


def bare_parsing(photo: UInt8[np.ndarray, "H W 3"]) -> Parsing:
    """The parsing of a head without hair, clothes or glasses: skin wherever the backdrop is not."""
    skin = (photo != BACKDROP).any(axis=2)
    shares = np.zeros((*skin.shape, len(CLASSES)), np.uint8)
    shares[:, :, CLASSES.index("skin")] = 255 * skin
    shares[:, :, CLASSES.index("background")] = 255 - 255 * skin
    return Parsing(shares)


def _truth(model: HeadModel, mottle: float) -> Float32[np.ndarray, "T T 3"]:
    rest = atlas_of(model, SIZE).interpolate(model.template_m)
    waves = np.sin(rest[:, :, 0] * 160) * np.sin(rest[:, :, 1] * 130 + 1)
    return (SKIN * (1 + mottle * waves[:, :, None])).astype(np.float32)


def _camera(yaw_deg: float) -> PerspectiveCamera:
    yaw = np.radians(yaw_deg)
    turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    facing = np.diag([1.0, -1.0, -1.0])
    centre = np.array([0.0, 0.0, 0.03])
    rotation = facing @ turn
    translation = np.array([0.0, 0.0, DISTANCE_M]) - rotation @ centre
    return PerspectiveCamera.centred(PHOTO_PX, PHOTO_PX, FOCAL_PX, rotation, translation)


def _landmarks(model: HeadModel, camera: PerspectiveCamera) -> FaceLandmarks:
    points = model.surface_points(model.landmarks_mediapipe, model.template_m)
    pixels = camera.project(points).astype(np.float32)
    box = FaceBox(*(float(n) for n in (*pixels.min(axis=0), *pixels.max(axis=0))))
    return FaceLandmarks(pixels, np.zeros(478, np.float32), box, ())


def _photograph(
    model: HeadModel,
    fit: HeadFit,
    albedo: Float32[np.ndarray, "T T 3"],
    light: SphericalHarmonicsLight,
    normal: UInt8[np.ndarray, "T T 3"] | None,
) -> UInt8[np.ndarray, "H W 3"]:
    flat = np.broadcast_to(np.array([128, 128, 255], np.uint8), (SIZE, SIZE, 3)).copy()
    provenance = np.full((SIZE, SIZE), Provenance.SEEN, np.uint8)
    normals = flat if normal is None else normal
    texture = HeadTexture(srgb_from_linear(albedo), normals, provenance, light)
    picture = render_avatar(
        Avatar("cameo-head", model, fit, texture, None, {}, ()), RenderOptions(view="photo")
    ).astype(np.float32)
    alpha = picture[:, :, 3:] / 255
    return np.round(picture[:, :, :3] * alpha + BACKDROP * (1 - alpha)).astype(np.uint8)
