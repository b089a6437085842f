"""What hair does to the photo's light on the skin below it."""

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from reconstruction_backend.color import LUMINANCE
from reconstruction_backend.rendering.hair_volume import HairVolume
from reconstruction_backend.rendering.head_scene import HeadScene, SurfaceSamples
from reconstruction_backend.rendering.lighting import StudioLight
from reconstruction_backend.rendering.mip_texture import MipTexture
from reconstruction_backend.texture.result import Provenance

_MAP_PX = 256
"""Of the map that says where the photo showed skin."""


class PhotoHairShade:
    """Hair's shade on skin in the photo's light, where the photo did not show the skin.

    What it showed has the shade of its hair in the residual light already.
    """

    def __init__(
        self, hair: HairVolume, light: StudioLight, provenance: UInt8[np.ndarray, "T T"]
    ) -> None:
        self._hair = hair
        self._light = light
        unseen = np.where(provenance == Provenance.SEEN, 0, 255).astype(np.uint8)
        size = min(len(provenance), _MAP_PX)
        small = np.asarray(cv2.resize(unseen, (size, size), interpolation=cv2.INTER_AREA))
        self._unseen = MipTexture.from_values(np.repeat(small[:, :, None], 3, axis=2))

    def share(self, scene: HeadScene, samples: SurfaceSamples) -> Float32[np.ndarray, "N"]:
        """Of the light that arrives."""
        dome = scene.per_sample(self._hair.skin_share[:, None], samples)[:, 0]
        points = scene.per_sample(scene.vertices_m, samples)
        key = self._hair.lamp(self._light.key_direction).through(points)
        facing = np.maximum(samples.normal @ self._light.key_direction, 0)
        lamp = facing * float(self._light.key_colour @ LUMINANCE)
        rest = self._light.dome.irradiance(samples.normal) @ LUMINANCE.astype(np.float32)
        share = (lamp * key + rest * dome) / np.maximum(lamp + rest, 1e-6)
        unseen = self._unseen.sample(samples.uv, np.zeros(len(samples.uv)))[:, 0]
        return (1 - unseen * (1 - share)).astype(np.float32)
