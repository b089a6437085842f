"""Materials and textures of the GLB: glTF's metallic-roughness model, nothing metallic."""

from dataclasses import dataclass

from reconstruction_backend.export.gltf_buffer import Json
from reconstruction_backend.export.images import encode_jpeg
from reconstruction_backend.texture.result import HeadTexture

ALBEDO_QUALITY = 92
NORMAL_QUALITY = 92
SPECULAR_EXTENSION = "KHR_materials_specular"
"""Optional: to a reader that does not know it, all is a little shinier."""
_LINEAR, _LINEAR_MIPMAP_LINEAR, _CLAMP_TO_EDGE = 9729, 9987, 33071
_ALBEDO_TEXTURE, _NORMAL_TEXTURE = 0, 1


@dataclass(frozen=True)
class SurfaceFinish:
    """How a surface takes light."""

    material: str
    roughness: float
    relief: bool = False
    """Whether the normal map says anything about it; wet and hard surfaces are smooth."""
    specular: float = 1.0
    """Reflectance at normal incidence over glTF's 0.04; less inside the mouth, where an engine
    does not know how dark it is."""
    clear: bool = False
    """A thin clear layer that only shines, without colour from the atlas."""


FINISHES = {
    "head": SurfaceFinish("skin", roughness=0.48, specular=0.7, relief=True),
    "mouth": SurfaceFinish("mouth", roughness=0.45, specular=0.25),
    "teeth": SurfaceFinish("teeth", roughness=0.3, specular=0.5),
    "eyes": SurfaceFinish("eyes", roughness=0.16),
    "corneas": SurfaceFinish("cornea", roughness=0.03, clear=True),
}
_CLEAR_OPACITY = 0.12
"""Blending fades the shine with the layer, so it is not fully clear; black, it adds no veil."""


def material(finish: SurfaceFinish) -> Json:
    """One glTF material."""
    surface: Json = {"metallicFactor": 0.0, "roughnessFactor": finish.roughness}
    document: Json = {"name": finish.material, "pbrMetallicRoughness": surface}
    if finish.clear:
        surface["baseColorFactor"] = [0.0, 0.0, 0.0, _CLEAR_OPACITY]
        document["alphaMode"] = "BLEND"
    else:
        surface["baseColorTexture"] = {"index": _ALBEDO_TEXTURE}
    if finish.relief:
        document["normalTexture"] = {"index": _NORMAL_TEXTURE}
    if finish.specular != 1.0:
        document["extensions"] = {SPECULAR_EXTENSION: {"specularFactor": finish.specular}}
    return document


def encoded_maps(texture: HeadTexture) -> tuple[bytes, bytes]:
    """The albedo and normal maps as JPEG; normals keep their full resolution in all channels."""
    return (
        encode_jpeg(texture.albedo, ALBEDO_QUALITY, "4:2:0"),
        encode_jpeg(texture.normal, NORMAL_QUALITY, "4:4:4"),
    )


def texture_members(albedo_view: int, normal_view: int) -> Json:
    """The members `images`, `samplers` and `textures`."""
    sampler = {
        "magFilter": _LINEAR,
        "minFilter": _LINEAR_MIPMAP_LINEAR,
        "wrapS": _CLAMP_TO_EDGE,
        "wrapT": _CLAMP_TO_EDGE,
    }
    images = [
        {"name": name, "bufferView": view, "mimeType": "image/jpeg"}
        for name, view in (("head_albedo", albedo_view), ("head_normal", normal_view))
    ]
    textures = [
        {"name": image["name"], "sampler": 0, "source": i} for i, image in enumerate(images)
    ]
    return {"images": images, "samplers": [sampler], "textures": textures}
