"""The pictures that are measured rather than looked at: albedo, normals, provenance, mask."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, UInt8

from reconstruction_backend.rendering.head_scene import SurfaceSamples
from reconstruction_backend.rendering.shading import ClayColours, SurfaceColours
from reconstruction_backend.texture.result import Provenance

PROVENANCE_COLOURS: dict[Provenance, tuple[int, int, int]] = {
    Provenance.OUTSIDE: (128, 128, 128),
    Provenance.SEEN: (0, 158, 115),
    Provenance.MIRRORED: (86, 180, 233),
    Provenance.INVENTED: (230, 159, 0),
}
"""sRGB; of Okabe and Ito's palette, told apart by every kind of colour vision."""


@dataclass(frozen=True)
class AlbedoShader:
    """The albedo map alone; linear light."""

    colours: SurfaceColours

    def __call__(self, samples: SurfaceSamples) -> Float32[np.ndarray, "N 3"]:
        """Linear RGB."""
        return self.colours.albedo(samples)


@dataclass(frozen=True)
class NormalShader:
    """Shading normals of the viewer (x right, y up, z out of the picture) as (n + 1) / 2."""

    colours: SurfaceColours | ClayColours
    rotation_camera_from_head: Float[np.ndarray, "3 3"]

    def __call__(self, samples: SurfaceSamples) -> Float32[np.ndarray, "N 3"]:
        """Values in [0, 1]."""
        in_camera = self.colours.normals(samples) @ self.rotation_camera_from_head.T
        in_viewer = in_camera * np.array([1, -1, -1])
        return ((in_viewer + 1) / 2).astype(np.float32)


@dataclass(frozen=True)
class ProvenanceShader:
    """The provenance of the nearest texel in `PROVENANCE_COLOURS`; sRGB values in [0, 1]."""

    provenance: UInt8[np.ndarray, "T T"]

    def __call__(self, samples: SurfaceSamples) -> Float32[np.ndarray, "N 3"]:
        """Values in [0, 1]."""
        size = len(self.provenance)
        column, row = np.clip((samples.uv * size).astype(np.int32), 0, size - 1).T
        palette = np.array([PROVENANCE_COLOURS[kind] for kind in Provenance], np.float32) / 255
        return palette[self.provenance[row, column]]


@dataclass(frozen=True)
class MaskShader:
    """White."""

    def __call__(self, samples: SurfaceSamples) -> Float32[np.ndarray, "N 3"]:
        """Ones."""
        return np.ones((len(samples.uv), 3), np.float32)
