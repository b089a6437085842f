"""`cameo render`: an avatar from any side, lit or taken apart.

Avatar, RenderOptions -> HeadScene, camera, shader -> draw -> straight-alpha sRGB
"""

from typing import assert_never

import numpy as np
from jaxtyping import Bool, Float, Float32, UInt8

from reconstruction_backend.avatar import Avatar
from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.color import srgb_from_linear
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.rendering.drawing import Drawing, Shader, draw
from reconstruction_backend.rendering.head_scene import HeadScene, RasterizerName
from reconstruction_backend.rendering.lighting import studio_light
from reconstruction_backend.rendering.materials import EYE_PARTS
from reconstruction_backend.rendering.options import RenderOptions, Subject
from reconstruction_backend.rendering.passes import (
    AlbedoShader,
    MaskShader,
    NormalShader,
    ProvenanceShader,
)
from reconstruction_backend.rendering.shading import (
    AtlasMaps,
    ClayColours,
    PhotoShader,
    StudioShader,
    SurfaceColours,
)
from reconstruction_backend.rendering.views import VIEW_YAW_DEG, framed_vertices, orbit_camera

PREVIEW_PX = 512
PREVIEW_YAW_DEG = 28.0


def render_avatar(avatar: Avatar, options: RenderOptions) -> UInt8[np.ndarray, "H W 4"]:
    """A picture of the avatar: sRGB, straight alpha, transparent background."""
    return AvatarRenderer(avatar).render(options)


def render_preview(avatar: Avatar) -> UInt8[np.ndarray, "512 512 4"]:
    """The picture that travels in the archive: three-quarter view in the studio."""
    return render_avatar(avatar, RenderOptions(yaw_deg=PREVIEW_YAW_DEG, size_px=PREVIEW_PX))


def render_clay(
    model: HeadModel, vertices_m: Float[np.ndarray, "V 3"], camera: PerspectiveCamera
) -> UInt8[np.ndarray, "H W 4"]:
    """A grey head in the studio, without any texture: to judge shape."""
    scene = HeadScene(model, vertices_m)
    shader = StudioShader(scene, ClayColours(scene), studio_light(camera), camera)
    return encode_light(draw(_drawing(scene, shader, "everything"), camera))


class AvatarRenderer:
    """Several pictures of one avatar; scenes and textures are built once."""

    def __init__(self, avatar: Avatar) -> None:
        self._avatar = avatar
        self._maps = AtlasMaps.of(avatar.texture)
        self._scenes: dict[tuple[bool, RasterizerName], HeadScene] = {}

    def render(self, options: RenderOptions) -> UInt8[np.ndarray, "H W 4"]:
        """One picture: sRGB, straight alpha, transparent background."""
        scene, camera = self._scene(options), self._camera(options)
        colours = SurfaceColours(scene, self._maps)
        match options.render_pass:
            case "shaded":
                shader = self._shaded(scene, camera, colours, options.photo_light)
                return encode_light(draw(_drawing(scene, shader, options.only), camera))
            case "clay":
                shader = StudioShader(scene, ClayColours(scene), studio_light(camera), camera)
                return encode_light(draw(_drawing(scene, shader, options.only), camera))
            case "albedo":
                drawing = _drawing(scene, AlbedoShader(colours), options.only)
                return encode_light(draw(drawing, camera))
            case "normals":
                shader = NormalShader(colours, camera.rotation_camera_from_head)
                return encode_values(draw(_drawing(scene, shader, options.only), camera))
            case "provenance":
                shader = ProvenanceShader(self._avatar.texture.provenance)
                return encode_values(draw(_drawing(scene, shader, options.only), camera))
            case "mask":
                coverage = draw(_drawing(scene, MaskShader(), options.only), camera)
                return _bytes(coverage)
            case _:
                assert_never(options.render_pass)

    def _shaded(
        self, scene: HeadScene, camera: PerspectiveCamera, colours: SurfaceColours, photo: bool
    ) -> Shader:
        if photo:
            return PhotoShader(scene, colours, self._avatar.texture.light)
        return StudioShader(scene, colours, studio_light(camera), camera)

    def _scene(self, options: RenderOptions) -> HeadScene:
        key = (options.fitted_expression, options.rasterizer)
        if key not in self._scenes:
            fit, model = self._avatar.fit, self._avatar.head_model
            vertices = (
                model.evaluate(fit.shape, fit.expression, fit.pose_rad)
                if options.fitted_expression
                else model.neutral(fit.shape)
            )
            self._scenes[key] = HeadScene(model, vertices, options.rasterizer)
        return self._scenes[key]

    def _camera(self, options: RenderOptions) -> PerspectiveCamera:
        if options.view == "photo":
            return self._avatar.fit.camera
        model = self._avatar.head_model
        head_m = framed_vertices(model, model.neutral(self._avatar.fit.shape))
        yaw_deg = VIEW_YAW_DEG[options.view] + options.yaw_deg
        return orbit_camera(head_m, yaw_deg, options.pitch_deg, options.size_px)


def _drawing(scene: HeadScene, shader: Shader, only: Subject) -> Drawing:
    eyes = np.isin(scene.model.part_names, EYE_PARTS)
    lit_by_lamp = isinstance(shader, StudioShader)
    return Drawing(
        scene=scene,
        shader=shader,
        cornea_gloss=shader.cornea_gloss if isinstance(shader, StudioShader) else None,
        shown_parts=_shown_parts(eyes, only),
        finely_sampled_parts=eyes & lit_by_lamp,
    )


def _shown_parts(eyes: Bool[np.ndarray, "P"], only: Subject) -> Bool[np.ndarray, "P"]:
    match only:
        case "everything" | "head":
            return np.ones_like(eyes)
        case "eyes":
            return eyes
        case "hair":  # strands are no part of the head's mesh
            return np.zeros_like(eyes)
        case _:
            assert_never(only)


def encode_light(premultiplied: Float32[np.ndarray, "H W 4"]) -> UInt8[np.ndarray, "H W 4"]:
    """Premultiplied linear light to straight-alpha sRGB."""
    picture = np.zeros(premultiplied.shape, np.uint8)
    covered = premultiplied[..., 3] > 0
    straight = _straight(premultiplied[covered])
    picture[covered, :3] = srgb_from_linear(straight[:, :3])
    picture[covered, 3] = _bytes(straight[:, 3])
    return picture


def encode_values(premultiplied: Float32[np.ndarray, "H W 4"]) -> UInt8[np.ndarray, "H W 4"]:
    """Premultiplied values in [0, 1] to straight-alpha bytes, without any curve."""
    picture = np.zeros(premultiplied.shape, np.uint8)
    covered = premultiplied[..., 3] > 0
    picture[covered] = _bytes(_straight(premultiplied[covered]))
    return picture


def _straight(premultiplied: Float32[np.ndarray, "N 4"]) -> Float32[np.ndarray, "N 4"]:
    return np.concatenate(
        [premultiplied[:, :3] / premultiplied[:, 3:], premultiplied[:, 3:]], axis=1
    )


def _bytes(values: Float32[np.ndarray, "*shape"]) -> UInt8[np.ndarray, "*shape"]:
    return (np.clip(values, 0, 1) * 255 + 0.5).astype(np.uint8)
