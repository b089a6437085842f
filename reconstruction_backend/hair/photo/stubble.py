"""Stubble: what a shaved head wears."""

import numpy as np

from reconstruction_backend.hair.hairstyle import HairGuides, StrandTexture
from reconstruction_backend.hair.photo.agreement import agreement, projected
from reconstruction_backend.hair.photo.growth import Roots
from reconstruction_backend.hair.photo.picture import HairPicture
from reconstruction_backend.hair.photo.refine import PhotoHair
from reconstruction_backend.hair.photo.volume import HairVolume

STUBBLE = StrandTexture(
    width_m=1.0e-4, taper=0.3, clump=0.0, frizz_m=0.0, flyaways=0.0, length_spread=0.25
)
"""Single hairs that stand."""
STUBBLE_M = 0.003
STUBBLE_LEAN = 0.5


def stubble(picture: HairPicture, volume: HairVolume, roots: Roots) -> PhotoHair:
    """Hairs of a few millimetres, leaning down."""
    lean = roots.normals + STUBBLE_LEAN * np.array([0, -1, 0], np.float32)
    lean -= (
        _INTO
        * np.minimum(np.einsum("nd,nd->n", lean, roots.normals) - _LEAST_OUT, 0)[:, None]
        * roots.normals
    )
    lean /= np.linalg.norm(lean, axis=1, keepdims=True)
    way = np.linspace(0, STUBBLE_M, _STUBBLE_POINTS, dtype=np.float32)
    points = roots.points_m[:, None] + way[None, :, None] * lean[:, None]
    guides = HairGuides(roots.uv, points.astype(np.float32), np.zeros(len(points), np.int32))
    shown = agreement(picture, projected(picture, points, volume.body_depth_m))
    return PhotoHair(guides, STUBBLE, "shaved", shown)


_INTO, _LEAST_OUT, _STUBBLE_POINTS = 1.0, 0.4, 8
