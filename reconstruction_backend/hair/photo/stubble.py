"""Stubble and cropped hair: what a head wears that was shaved or cut to a few millimetres.

No flow is read from the photo: hair this short shows none. It grows forwards and down, and lies the
closer the longer it is.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Float32

from reconstruction_backend.hair.hairstyle import HairGuides, StrandTexture
from reconstruction_backend.hair.photo.agreement import agreement, projected
from reconstruction_backend.hair.photo.growth import Roots
from reconstruction_backend.hair.photo.picture import HairPicture
from reconstruction_backend.hair.photo.refine import PhotoHair
from reconstruction_backend.hair.photo.volume import HairVolume

STUBBLE = StrandTexture(
    width_m=1.0e-4, taper=0.3, clump=0.0, stray_m=0.0003, frizz_m=0.0, flyaways=0.0,
    length_spread=0.25,
)  # fmt: skip
"""Single hairs."""
SHORTEST_M = 0.001
"""Hair of which less was measured is shaved, and drawn as long as this."""
FLOW = (0.0, -1.0, 0.6)
"""In the head frame: down and forwards."""
LENGTHS_M, STANDING_RAD, STRANDS = (0.003, 0.012), (0.9, 0.3), (15_000, 30_000)
"""Angle with the skin, and strands, of stubble and of the longest cropped hair."""
_POINTS = 8


def stubble(picture: HairPicture, volume: HairVolume, roots: Roots, length_m: float) -> PhotoHair:
    """Hairs of that length on the roots."""
    length_m = max(length_m, SHORTEST_M)
    points = _hairs(roots, length_m)
    guides = HairGuides(roots.uv, points, np.zeros(len(points), np.int32))
    shown = agreement(picture, projected(picture, points, volume.body_depth_m))
    strands = round(float(np.interp(length_m, LENGTHS_M, STRANDS)))
    return PhotoHair(guides, replace(STUBBLE, strands=strands), "shaved", shown)


def _hairs(roots: Roots, length_m: float) -> Float32[np.ndarray, "N P 3"]:
    """Straight hairs that lean over the skin towards `FLOW`."""
    flow = np.array(FLOW, np.float32)
    along = flow - (roots.normals @ flow)[:, None] * roots.normals
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), _TINY)
    standing = float(np.interp(length_m, LENGTHS_M, STANDING_RAD))
    way = np.sin(standing) * roots.normals + np.cos(standing) * along
    steps = np.linspace(0, length_m, _POINTS, dtype=np.float32)
    points = roots.points_m[:, None] + steps[None, :, None] * way[:, None]
    return points.astype(np.float32)


_TINY = 1e-6
