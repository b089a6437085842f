"""`cameo render`: an avatar from any side, lit or taken apart.

Avatar, RenderOptions -> HeadScene, camera, shader -> draw -> straight-alpha sRGB
"""

from dataclasses import dataclass, replace
from typing import assert_never

import numpy as np
from jaxtyping import Bool, Float, Float32, UInt8

from reconstruction_backend.avatar import Avatar
from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.color import srgb_from_linear
from reconstruction_backend.hair.light import light_on_hair
from reconstruction_backend.hair.scalp_tint import ScalpTint, scalp_tint
from reconstruction_backend.hair.strands import HairStrands
from reconstruction_backend.hair.worn import strands_worn
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.lashes import grow_lashes, has_lids, lash_colour
from reconstruction_backend.materials import EYE_PARTS, LASH
from reconstruction_backend.rendering.drawing import EDGE_SAMPLES_PER_AXIS, Drawing, Shader, draw
from reconstruction_backend.rendering.expression_worn import vertices_worn
from reconstruction_backend.rendering.hair_layer import HairLayer
from reconstruction_backend.rendering.hair_shade import PhotoHairShade
from reconstruction_backend.rendering.hair_shading import (
    EvenHair,
    HairAlbedo,
    HairNormals,
    HairShader,
    Lamp,
    LitHair,
)
from reconstruction_backend.rendering.hair_volume import HairVolume
from reconstruction_backend.rendering.head_scene import HeadScene, RasterizerName
from reconstruction_backend.rendering.lighting import StudioLight, studio_light, with_key
from reconstruction_backend.rendering.occlusion import LAMP_RADIUS_RAD
from reconstruction_backend.rendering.options import ExpressionWorn, RenderOptions, Subject
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
from reconstruction_backend.rendering.strand_layer import (
    EvenStrands,
    LitStrands,
    StrandLayer,
    StrandShader,
)
from reconstruction_backend.rendering.views import VIEW_YAW_DEG, framed_vertices, orbit_camera

_HAIR_CLAY = 0.2
_RIM_RADIUS_RAD = 0.3
_PHOTO_LAMP_RADIUS_RAD = 0.24
"""Portraits are lit by windows and softboxes: broad highlights."""
PREVIEW_PX = 512
PREVIEW_YAW_DEG = 28.0
PREVIEW_EDGE_SAMPLES_PER_AXIS = 3
PREVIEW_MAP_PX = 1024
"""Half a millimetre on the face, finer than the preview's pixels."""


def render_avatar(avatar: Avatar, options: RenderOptions) -> UInt8[np.ndarray, "H W 4"]:
    """A picture of the avatar: sRGB, straight alpha, transparent background."""
    return AvatarRenderer(avatar).render(options)


def render_preview(avatar: Avatar) -> UInt8[np.ndarray, "512 512 4"]:
    """The picture that travels in the archive: three-quarter view in the studio."""
    options = RenderOptions(
        yaw_deg=PREVIEW_YAW_DEG,
        size_px=PREVIEW_PX,
        edge_samples_per_axis=PREVIEW_EDGE_SAMPLES_PER_AXIS,
    )
    return AvatarRenderer(avatar, PREVIEW_MAP_PX).render(options)


def render_clay(
    model: HeadModel, vertices_m: Float[np.ndarray, "V 3"], camera: PerspectiveCamera
) -> UInt8[np.ndarray, "H W 4"]:
    """A grey head in the studio, without any texture: to judge shape."""
    scene = HeadScene(model, vertices_m)
    shader = StudioShader(scene, ClayColours(scene), studio_light(camera), camera)
    return encode_light(draw(_bare_drawing(scene, shader, "everything"), camera))


def render_strands(
    strands: HairStrands,
    model: HeadModel,
    vertices_m: Float[np.ndarray, "V 3"],
    camera: PerspectiveCamera,
    *,
    clay_hair: bool = False,
    edge_samples_per_axis: int = EDGE_SAMPLES_PER_AXIS,
) -> UInt8[np.ndarray, "H W 4"]:
    """Hair on a clay head in the studio: to judge a groom, and for thumbnails."""
    scene = HeadScene(model, vertices_m)
    light, hair = studio_light(camera), HairVolume(strands, scene)
    clay = ClayColours(scene, None if clay_hair else scalp_tint(strands, vertices_m))
    shader = StudioShader(scene, clay, light, camera, hair)
    lit = _lit_hair(hair, light, camera, clay=clay_hair)
    drawing = replace(
        _bare_drawing(scene, shader, "everything"),
        hair=HairLayer(strands, lit, camera, edge_samples_per_axis),
        edge_samples_per_axis=edge_samples_per_axis,
    )
    return encode_light(draw(drawing, camera))


def _lit_hair(
    volume: HairVolume,
    light: StudioLight,
    camera: PerspectiveCamera,
    *,
    radius_rad: float = LAMP_RADIUS_RAD,
    clay: bool = False,
) -> LitHair:
    key = Lamp(light.key_direction, light.key_colour, radius_rad)
    rims = (Lamp(rim.direction, rim.colour, _RIM_RADIUS_RAD, sharp=False) for rim in light.rims)
    even = np.full(3, _HAIR_CLAY, np.float32) if clay else None
    return LitHair(volume, light.without_rims(), (key, *rims), camera, even)


@dataclass(frozen=True)
class _Posed:
    """The head as it stands in some pictures, with its lashes."""

    scene: HeadScene
    lashes: StrandLayer | None
    """None on a head model without lids."""
    hair: "_PosedHair | None"
    """None on a bald head."""

    @property
    def volume(self) -> HairVolume | None:
        return None if self.hair is None else self.hair.volume

    @property
    def tint(self) -> ScalpTint | None:
        return None if self.hair is None else self.hair.tint


@dataclass(frozen=True)
class _PosedHair:
    strands: HairStrands
    volume: HairVolume
    tint: ScalpTint


@dataclass(frozen=True)
class _Shaders:
    """How surface, lashes and hair look; None for strands that a pass does not show at all."""

    surface: Shader
    lashes: StrandShader | None
    hair: HairShader | None


class AvatarRenderer:
    """Several pictures of one avatar; scenes and textures are built once."""

    def __init__(self, avatar: Avatar, largest_map_px: int | None = None) -> None:
        """`largest_map_px` bounds the maps where pictures are to be small."""
        self._avatar = avatar
        self._maps = AtlasMaps.of(avatar.texture, largest_map_px)
        self._lash_colour = lash_colour(avatar.head_model, avatar.texture.albedo)
        self._posed: dict[tuple[ExpressionWorn, RasterizerName], _Posed] = {}

    def render(self, options: RenderOptions) -> UInt8[np.ndarray, "H W 4"]:
        """One picture: sRGB, straight alpha, transparent background."""
        posed, camera = self._pose(options), self.camera(options)
        shaders = self._shaders(posed, camera, options)
        picture = draw(_drawing(posed, shaders, camera, options), camera)
        match options.render_pass:
            case "shaded" | "clay" | "albedo":
                return encode_light(picture)
            case "normals" | "provenance":
                return encode_values(picture)
            case "mask":
                return _bytes(picture)
            case _:
                assert_never(options.render_pass)

    def _shaders(
        self, posed: _Posed, camera: PerspectiveCamera, options: RenderOptions
    ) -> _Shaders:
        scene = posed.scene
        colours = SurfaceColours(scene, self._maps, posed.tint)
        match options.render_pass:
            case "shaded" if options.photo_light:
                return self._photo_shaders(posed, colours, camera)
            case "shaded":
                light = studio_light(camera)
                return _Shaders(
                    StudioShader(scene, colours, light, camera, posed.volume),
                    LitStrands(self._lash_colour, light.everything()),
                    _lit_hair(posed.volume, light, camera) if posed.volume else None,
                )
            case "clay":
                light = studio_light(camera)
                return _Shaders(
                    StudioShader(scene, ClayColours(scene), light, camera, posed.volume),
                    EvenStrands(np.full(3, LASH.clay)),
                    _lit_hair(posed.volume, light, camera, clay=True) if posed.volume else None,
                )
            case "albedo":
                return _Shaders(AlbedoShader(colours), EvenStrands(self._lash_colour), HairAlbedo())
            case "normals":
                rotation = camera.rotation_camera_from_head
                return _Shaders(NormalShader(colours, rotation), None, HairNormals(camera))
            case "provenance":
                return _Shaders(ProvenanceShader(self._avatar.texture.provenance), None, None)
            case "mask":
                return _Shaders(MaskShader(), EvenStrands(np.ones(3)), EvenHair(np.ones(3)))
            case _:
                assert_never(options.render_pass)

    def _photo_shaders(
        self, posed: _Posed, colours: SurfaceColours, camera: PerspectiveCamera
    ) -> _Shaders:
        texture = self._avatar.texture
        lashes = LitStrands(self._lash_colour, texture.light)
        if posed.volume is None:
            return _Shaders(PhotoShader(posed.scene, colours, texture.light), lashes, None)
        split = with_key(texture.light)
        shade = PhotoHairShade(posed.volume, split, texture.provenance)
        return _Shaders(
            PhotoShader(posed.scene, colours, texture.light, shade),
            lashes,
            _lit_hair(
                posed.volume,
                with_key(light_on_hair(texture.light)),
                camera,
                radius_rad=_PHOTO_LAMP_RADIUS_RAD,
            ),
        )

    def _pose(self, options: RenderOptions) -> _Posed:
        key = (options.expression_worn, options.rasterizer)
        if key not in self._posed:
            model, vertices = self._avatar.head_model, vertices_worn(self._avatar, options)
            scene = HeadScene(model, vertices, options.rasterizer)
            self._posed[key] = _Posed(
                scene,
                StrandLayer(grow_lashes(model), vertices) if has_lids(model) else None,
                self._posed_hair(scene),
            )
        return self._posed[key]

    def _posed_hair(self, scene: HeadScene) -> _PosedHair | None:
        hair = self._avatar.hair
        if hair is None or hair.strands().count == 0:
            return None
        strands = strands_worn(hair.strands(), scene.model, hair.neutral_m, scene.vertices_m)
        tint = scalp_tint(strands, scene.vertices_m)
        return _PosedHair(strands, HairVolume(strands, scene), tint)

    def camera(self, options: RenderOptions) -> PerspectiveCamera:
        """Where a picture is taken from: the photo's camera, or one that frames head and hair."""
        avatar = self._avatar
        if options.view == "photo":
            return avatar.fit.camera
        head_m = framed_vertices(avatar.head_model, avatar.head_model.neutral(avatar.fit.shape))
        hair_m = None if avatar.hair is None else avatar.hair.guides.points_m
        yaw_deg = VIEW_YAW_DEG[options.view] + options.yaw_deg
        return orbit_camera(head_m, yaw_deg, options.pitch_deg, options.size_px, hair_m)


def _drawing(
    posed: _Posed, shaders: _Shaders, camera: PerspectiveCamera, options: RenderOptions
) -> Drawing:
    per_axis = options.edge_samples_per_axis
    drawing = replace(
        _bare_drawing(posed.scene, shaders.surface, options.only), edge_samples_per_axis=per_axis
    )
    if shaders.lashes is not None:
        shown = options.only in ("everything", "head")
        drawing = replace(
            drawing, strands=posed.lashes, strand_shader=shaders.lashes if shown else None
        )
    if shaders.hair is None or posed.hair is None:
        return drawing
    shown = options.only in ("everything", "hair")
    layer = HairLayer(posed.hair.strands, shaders.hair if shown else None, camera, per_axis)
    return replace(drawing, hair=layer)


def _bare_drawing(scene: HeadScene, shader: Shader, only: Subject) -> Drawing:
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
