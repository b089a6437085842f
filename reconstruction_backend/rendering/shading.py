"""Colour under light: the photo's light alone, or the studio with shadows and highlights."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32

from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.hair.scalp_tint import ScalpTint
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.materials import (
    CORNEA,
    EYE_PARTS,
    MOUTH_PARTS,
    Material,
    material_of,
)
from reconstruction_backend.rendering.hair_shade import PhotoHairShade
from reconstruction_backend.rendering.hair_volume import HairVolume
from reconstruction_backend.rendering.head_scene import HeadScene, SurfaceSamples
from reconstruction_backend.rendering.lighting import COSINE_LOBE, StudioLight
from reconstruction_backend.rendering.mip_texture import MipTexture
from reconstruction_backend.rendering.occlusion import (
    LAMP_RADIUS_RAD,
    KeyShadow,
    MirrorVisibility,
    interreflection,
)
from reconstruction_backend.rendering.reflection import (
    ggx_highlight,
    lamp_in_mirror,
    mirrored,
    schlick,
    softly_clipped,
    surroundings_share,
    wrapped_cosine,
)
from reconstruction_backend.tangents import unit
from reconstruction_backend.texture.result import (
    DARKEST_IRRADIANCE,
    HeadTexture,
    SphericalHarmonicsLight,
    residual_factor,
)

_SHARPEN_LEVELS = 0.5  # a little finer than one texel a sample: trilinear alone looks soft
_MOUTH_WAYS_IN = 3  # what reaches teeth comes straight, or through lips and other teeth
_LID_ALBEDO = np.float32(0.2)  # light about a white sclera bounces off lids and lashes
_TEAR_TURN = 1.1  # tangent of how far the tears' surface turns up where they meet the lid
_UP = np.array([0, 1, 0], np.float32)
_GRAZING_COSINE = 0.15  # below it a footprint's length no longer picks a coarser level


@dataclass(frozen=True)
class AtlasMaps:
    """The maps of one avatar, ready to be sampled at any scale."""

    albedo: MipTexture
    normal: MipTexture
    residual_light: MipTexture

    @classmethod
    def of(cls, texture: HeadTexture, largest_px: int | None = None) -> "AtlasMaps":
        """Takes about 50 ms for 2048 x 2048 texels; larger maps than asked for are reduced."""
        albedo, normal = texture.albedo, texture.normal
        if largest_px is not None and len(albedo) > largest_px:
            size = (largest_px, largest_px)
            albedo, normal = (
                np.asarray(cv2.resize(m, size, interpolation=cv2.INTER_AREA))
                for m in (albedo, normal)
            )
        return cls(
            MipTexture.from_srgb(albedo),
            MipTexture.from_values(normal),
            MipTexture.from_values(texture.residual_light),
        )


class SurfaceColours:
    """The atlas maps under the samples of an image."""

    def __init__(self, scene: HeadScene, maps: AtlasMaps, tint: ScalpTint | None = None) -> None:
        """`tint`: of the scalp under hair."""
        self._scene = scene
        self._tint = tint
        self._albedo = maps.albedo
        self._normal = maps.normal
        self._residual_light = maps.residual_light

    def albedo(self, samples: SurfaceSamples) -> Float32[np.ndarray, "N 3"]:
        """Linear light."""
        albedo = self._albedo.sample(samples.uv, self._level(samples, self._albedo.size_px))
        return _tinted(albedo, self._tint, self._scene, samples)

    def normals(self, samples: SurfaceSamples) -> Float32[np.ndarray, "N 3"]:
        """Unit normals of the head frame with the normal map's detail."""
        level = self._level(samples, self._normal.size_px)
        local = self._normal.sample(samples.uv, level) * 2 - 1
        tangent = samples.tangent[:, :3]
        bitangent = np.cross(samples.normal, tangent) * samples.tangent[:, 3:]
        return unit(
            local[:, :1] * tangent + local[:, 1:2] * bitangent + local[:, 2:] * samples.normal
        )

    def residual_light(self, samples: SurfaceSamples) -> Float32[np.ndarray, "N 3"]:
        """Factor on the photo's light, linear RGB."""
        level = self._level(samples, self._residual_light.size_px)
        return residual_factor(self._residual_light.sample(samples.uv, level) * np.float32(255))

    def _level(self, samples: SurfaceSamples, size_px: int) -> Float32[np.ndarray, "N"]:
        """log2 of the texels along a sample's footprint, tilted surfaces half-way considered."""
        cosine = np.einsum("nd,nd->n", samples.normal, samples.to_camera)
        stretch = 1 / np.sqrt(np.maximum(np.abs(cosine), _GRAZING_COSINE))
        texels = samples.footprint_m * self._scene.texture_density[samples.triangle] * stretch
        return np.log2(np.maximum(texels * size_px, 1e-6)) - np.float32(_SHARPEN_LEVELS)


class ClayColours:
    """Even greys per part, darker irises so that the gaze is seen; no maps."""

    def __init__(self, scene: HeadScene, tint: ScalpTint | None = None) -> None:
        """`tint`: of the scalp under hair."""
        model = scene.model
        self._scene = scene
        self._tint = tint
        self._grey = np.array([material_of(part).clay for part in model.part_names], np.float32)
        self._darker = 1 - 0.75 * _iris_weight(model)

    def albedo(self, samples: SurfaceSamples) -> Float32[np.ndarray, "N 3"]:
        """Linear light."""
        darker = self._scene.per_sample(self._darker[:, None], samples)
        grey = np.repeat(self._grey[samples.part][:, None] * darker, 3, axis=1)
        return _tinted(grey, self._tint, self._scene, samples)

    def normals(self, samples: SurfaceSamples) -> Float32[np.ndarray, "N 3"]:
        """The mesh's own."""
        return samples.normal


def _tinted(
    albedo: Float32[np.ndarray, "N 3"],
    tint: ScalpTint | None,
    scene: HeadScene,
    samples: SurfaceSamples,
) -> Float32[np.ndarray, "N 3"]:
    """Skin, or the scalp under hair."""
    if tint is None:
        return albedo
    weight = scene.per_sample(tint.weight[:, None], samples)
    return albedo * (1 - weight) + weight * scene.per_sample(tint.color_linear, samples)


def _iris_weight(model: HeadModel) -> Float32[np.ndarray, "V"]:
    weight = np.zeros(model.vertex_count, np.float32)
    for region in {"iris", "pupil"} & set(model.region_names):
        weight = np.maximum(weight, model.region(region))
    return weight


@dataclass(frozen=True)
class PhotoShader:
    """`albedo * irradiance * residual`, as the texture stage took the light out: nothing is added.

    Only on the eyes and in the mouth, whose colours the texture stage takes to be shaded by lids
    and lips, the head hides light from itself.
    """

    scene: HeadScene
    colours: SurfaceColours
    light: SphericalHarmonicsLight
    hair: PhotoHairShade | None = None

    def __call__(self, samples: SurfaceSamples) -> Float32[np.ndarray, "N 3"]:
        """Linear RGB."""
        albedo = self.colours.albedo(samples)
        # the floor that the texture stage divided by, so that dark normals come back as they were
        light = np.maximum(
            self.light.irradiance(self.colours.normals(samples)), np.float32(DARKEST_IRRADIANCE)
        )
        shaded = albedo * light * self.colours.residual_light(samples)
        shaded_parts = _is_part(self.scene.model, (*MOUTH_PARTS, *EYE_PARTS))
        sunken = np.flatnonzero(shaded_parts[samples.part])
        shaded[sunken] *= dome_light(self.scene, self.light, samples.rows(sunken), albedo[sunken])
        if self.hair is not None:
            shaded *= self.hair.share(self.scene, samples)[:, None]
        return shaded * self.scene.lid_shade(samples).light[:, None]


class StudioShader:
    """Dome with occlusion, a key lamp with soft shadows, soft skin, gloss and wet eyes."""

    def __init__(
        self,
        scene: HeadScene,
        colours: SurfaceColours | ClayColours,
        light: StudioLight,
        camera: PerspectiveCamera,
        hair: HairVolume | None = None,
    ) -> None:
        self._scene = scene
        self._hair = hair
        self._colours = colours
        self._light = light
        self._shadow = KeyShadow(scene.rays, scene.frame, scene.dome_occlusion, light.key_direction)
        self._mirror = MirrorVisibility(
            scene.rays, scene.frame, camera.position_m().astype(np.float32)
        )
        materials = [material_of(part) for part in scene.model.part_names]
        self._roughness = _per_part(materials, "roughness")
        self._reflectance = _per_part(materials, "reflectance")
        self._scatter = np.array([m.scatter for m in materials], np.float32)
        # irises lie under the cornea, whose gloss they show instead of their own
        self._bare = 1 - _iris_weight(scene.model)[:, None]

    def __call__(self, samples: SurfaceSamples) -> Float32[np.ndarray, "N 3"]:
        """Linear RGB."""
        albedo, normal = self._colours.albedo(samples), self._colours.normals(samples)
        reached = dome_light(self._scene, self._light.dome, samples, albedo)
        visible = self._at_vertices(self._shadow, samples)[:, 0]
        if self._hair is not None:
            reached = reached * self._scene.per_sample(self._hair.skin_share[:, None], samples)
            points = self._scene.per_sample(self._scene.vertices_m, samples)
            visible = visible * self._hair.lamp(self._light.key_direction).through(points)
        # light that scattered below the skin has lost half of the surface's fine detail
        softened = unit(normal + samples.normal)
        cosine = softened @ self._light.key_direction
        key = wrapped_cosine(cosine, self._scatter[samples.part]) * visible[:, None]
        dome = self._light.dome.irradiance(normal) * reached
        colour = albedo * (dome + key * self._light.key_colour)
        lids = self._scene.lid_shade(samples)
        # tears along the lower lid are a concave mirror that turns up
        wet = unit(normal + _TEAR_TURN * lids.tear[:, None] * _UP)
        gloss = self._gloss(samples, wet, visible) * np.maximum(lids.light, lids.tear)[:, None]
        return softly_clipped(colour * lids.light[:, None] + gloss)

    def cornea_gloss(self, samples: SurfaceSamples) -> Float32[np.ndarray, "N 3"]:
        """What the tear film mirrors, to be added to the iris seen through it; linear RGB."""
        direction = mirrored(samples.normal, samples.to_camera)
        facing = np.maximum(np.einsum("nd,nd->n", samples.normal, samples.to_camera), 0)
        fresnel = schlick(facing, np.full_like(facing, CORNEA.reflectance))
        lamp = lamp_in_mirror(direction, self._light.key_direction, LAMP_RADIUS_RAD)
        lamp = lamp * self._at_vertices(self._shadow, samples)[:, 0]
        share = dome_share(self._scene, self._light.dome, samples)
        surroundings = self._light.dome.irradiance(direction) * share
        mirrored_light = lamp[:, None] * self._light.key_colour + surroundings
        return (fresnel * self._scene.lid_shade(samples).light)[:, None] * mirrored_light

    def _gloss(
        self,
        samples: SurfaceSamples,
        normal: Float32[np.ndarray, "N 3"],
        visible: Float32[np.ndarray, "N"],
    ) -> Float32[np.ndarray, "N 3"]:
        roughness, reflectance = self._roughness[samples.part], self._reflectance[samples.part]
        facing = np.clip(np.einsum("nd,nd->n", normal, samples.to_camera), 0, 1)
        lamp = ggx_highlight(
            normal, samples.to_camera, self._light.key_direction, roughness, reflectance
        )
        around = surroundings_share(facing, roughness, reflectance)[:, None]
        around = around * self._at_vertices(self._mirror, samples)
        surroundings = self._light.dome.irradiance(mirrored(normal, samples.to_camera))
        gloss = (lamp * visible)[:, None] * self._light.key_colour + around * surroundings
        return gloss * self._scene.per_sample(self._bare, samples)

    def _at_vertices(
        self, visibility: KeyShadow | MirrorVisibility, samples: SurfaceSamples
    ) -> Float32[np.ndarray, "N 1"]:
        vertices = self._scene.vertices_of(samples)
        values = np.zeros((len(self._scene.vertices_m), 1), np.float32)
        values[vertices] = visibility.visible(vertices)
        return self._scene.per_sample(values, samples)


def dome_light(
    scene: HeadScene,
    light: SphericalHarmonicsLight,
    samples: SurfaceSamples,
    albedo: Float32[np.ndarray, "N 3"],
) -> Float32[np.ndarray, "N 3"]:
    """The dome's irradiance past the head, bounces included, over that without the head."""
    on_eye = _is_part(scene.model, EYE_PARTS)[samples.part][:, None]
    cavity_albedo = np.where(on_eye, np.minimum(albedo, _LID_ALBEDO), albedo)
    return interreflection(dome_share(scene, light, samples), cavity_albedo)


def dome_share(
    scene: HeadScene, light: SphericalHarmonicsLight, samples: SurfaceSamples
) -> Float32[np.ndarray, "N 3"]:
    """How much of the surrounding light reaches the samples past the head itself."""
    vertices = scene.vertices_of(samples)
    values = np.zeros((len(scene.vertices_m), 3), np.float32)
    radiance = light.coefficients / COSINE_LOBE[:, None]
    values[vertices] = scene.dome_occlusion.share(vertices, radiance)
    share = scene.per_sample(values, samples)
    in_mouth = _is_part(scene.model, MOUTH_PARTS)[samples.part]
    share[in_mouth] = 1 - (1 - share[in_mouth]) ** _MOUTH_WAYS_IN
    return share


def _is_part(model: HeadModel, names: tuple[str, ...]) -> np.ndarray:
    return np.isin(model.part_names, names)


def _per_part(materials: list[Material], field: str) -> Float32[np.ndarray, "P"]:
    return np.array([getattr(material, field) for material in materials], np.float32)
