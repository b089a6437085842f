"""Materials and textures of the GLB: glTF's metallic-roughness model, nothing metallic."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from reconstruction_backend.export.bundle_picture import CUTOFF
from reconstruction_backend.export.gltf_buffer import Json
from reconstruction_backend.export.images import encode_jpeg
from reconstruction_backend.materials import CORNEA, EYE, LASH, SKIN, TOOTH, WET_SKIN, Material
from reconstruction_backend.texture.result import HeadTexture

ALBEDO_QUALITY = 92
NORMAL_QUALITY = 92
SPECULAR_EXTENSION = "KHR_materials_specular"
"""Optional: to a reader that does not know it, all is a little shinier."""
UNLIT_EXTENSION = "KHR_materials_unlit"
"""Optional likewise: black is black under any light."""
ANISOTROPY_EXTENSION = "KHR_materials_anisotropy"
"""Optional: without it the shine of hair is round."""
_HAIR_ROUGHNESS, _HAIR_SPECULAR, _HAIR_ANISOTROPY = 0.55, 0.5, 0.75
_LINEAR, _LINEAR_MIPMAP_LINEAR, _CLAMP_TO_EDGE = 9729, 9987, 33071
_ALBEDO_TEXTURE, _NORMAL_TEXTURE, HAIR_TEXTURE = 0, 1, 2


@dataclass(frozen=True)
class SurfaceFinish:
    """How a surface takes light."""

    name: str
    """Of the material."""
    made_of: Material
    relief: bool = False
    """Whether the normal map says anything about it; wet and hard surfaces are smooth."""
    gloss_share: float = 1.0
    """Of the material's reflectance; less inside the mouth, where an engine does not know how
    dark it is."""
    clear: bool = False
    """A thin clear layer that only shines, without colour from the atlas."""

    @property
    def specular(self) -> float:
        """Reflectance at normal incidence over glTF's own."""
        return round(self.made_of.reflectance / GLTF_REFLECTANCE * self.gloss_share, 4)


GLTF_REFLECTANCE = 0.04
FINISHES = {
    "head": SurfaceFinish("skin", SKIN, relief=True),
    "mouth": SurfaceFinish("mouth", WET_SKIN, gloss_share=0.35),
    "teeth": SurfaceFinish("teeth", TOOTH, gloss_share=0.45),
    "eyes": SurfaceFinish("eyes", EYE),
    "corneas": SurfaceFinish("cornea", CORNEA, clear=True),
}
_CLEAR_OPACITY = 0.12
"""Blending fades the shine with the layer, so it is not fully clear; black, it adds no veil."""


def material(finish: SurfaceFinish) -> Json:
    """One glTF material."""
    surface: Json = {"metallicFactor": 0.0, "roughnessFactor": finish.made_of.roughness}
    document: Json = {"name": finish.name, "pbrMetallicRoughness": surface}
    if finish.clear:
        surface["baseColorFactor"] = [0.0, 0.0, 0.0, _CLEAR_OPACITY]
        document["alphaMode"] = "BLEND"
    else:
        surface["baseColorTexture"] = {"index": _ALBEDO_TEXTURE}
        document["extensions"] = {SPECULAR_EXTENSION: {"specularFactor": finish.specular}}
    if finish.relief:
        document["normalTexture"] = {"index": _NORMAL_TEXTURE}
    return document


def lash_material(albedo: Float32[np.ndarray, "3"]) -> Json:
    """Lashes: one dark colour (linear RGB), seen from both sides."""
    surface: Json = {
        "baseColorFactor": [*(round(float(c), 5) for c in albedo), 1.0],
        "metallicFactor": 0.0,
        "roughnessFactor": LASH.roughness,
    }
    return {"name": "lashes", "pbrMetallicRoughness": surface, "doubleSided": True}


def hair_material() -> Json:
    """Bands of strands: their gaps cut out, seen from both sides, shining across their length."""
    surface: Json = {
        "baseColorTexture": {"index": HAIR_TEXTURE},
        "metallicFactor": 0.0,
        "roughnessFactor": _HAIR_ROUGHNESS,
    }
    return {
        "name": "hair",
        "pbrMetallicRoughness": surface,
        "alphaMode": "MASK",
        "alphaCutoff": CUTOFF,
        "doubleSided": True,
        "extensions": {
            SPECULAR_EXTENSION: {"specularFactor": _HAIR_SPECULAR},
            ANISOTROPY_EXTENSION: {
                "anisotropyStrength": _HAIR_ANISOTROPY,
                # tangents run across a band; strands run along it
                "anisotropyRotation": round(math.pi / 2, 5),
            },
        },
    }


def lid_shade_material() -> Json:
    """The shade of the lids: black, as opaque as its vertices say, without light of its own."""
    surface: Json = {
        "baseColorFactor": [1.0, 1.0, 1.0, 1.0],
        "metallicFactor": 0.0,
        "roughnessFactor": 1.0,
    }
    return {
        "name": "lid_shade",
        "pbrMetallicRoughness": surface,
        "alphaMode": "BLEND",
        "extensions": {UNLIT_EXTENSION: {}},
    }


def encoded_maps(texture: HeadTexture) -> tuple[bytes, bytes]:
    """The albedo and normal maps as JPEG; normals keep their full resolution in all channels."""
    return (
        encode_jpeg(texture.albedo, ALBEDO_QUALITY, "4:2:0"),
        encode_jpeg(texture.normal, NORMAL_QUALITY, "4:4:4"),
    )


def texture_members(albedo_view: int, normal_view: int, hair_view: int | None = None) -> Json:
    """The members `images`, `samplers` and `textures`; hair's where there is any."""
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
    if hair_view is not None:
        images.append({"name": "hair_bundles", "bufferView": hair_view, "mimeType": "image/png"})
    textures = [
        {"name": image["name"], "sampler": 0, "source": i} for i, image in enumerate(images)
    ]
    return {"images": images, "samplers": [sampler], "textures": textures}
