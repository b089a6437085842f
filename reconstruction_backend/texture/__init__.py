"""Stage 5: albedo, normal map, light and provenance from the photo."""

from reconstruction_backend.texture.make import TextureOptions, make_texture
from reconstruction_backend.texture.result import HeadTexture, Provenance, SphericalHarmonicsLight

__all__ = [
    "HeadTexture",
    "Provenance",
    "SphericalHarmonicsLight",
    "TextureOptions",
    "make_texture",
]
