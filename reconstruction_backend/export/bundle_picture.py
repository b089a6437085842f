"""What the bands of hair show: bundles of strands side by side, with gaps to be cut out."""

from functools import lru_cache

import numpy as np
from jaxtyping import Float, UInt8

from reconstruction_backend.color import srgb_from_linear
from reconstruction_backend.export.images import encode_png

BUNDLES = 4
_WIDTH_PX, _HEIGHT_PX = 128, 256
"""Of one bundle, root above."""
_STRANDS = 14
_HALF_WIDTH = 0.036
"""Of a strand, over the bundle's width: they overlap, so gaps are few before the ends."""
_WANDER = 0.03
_DARKEST = 0.6
"""Brightness of the darkest strand over the lightest's."""
MEAN_BRIGHTNESS = 0.8
_ENDS_FROM, _BEGINS_TO = 0.72, 0.04
"""Strands end and begin at different places, so that neither tips nor roots make a line."""
_SOFT = 0.35
CUTOFF = 0.35


@lru_cache(maxsize=1)
def bundle_png() -> bytes:
    """RGBA: brightness of each strand, and where there is none. The same bytes every time."""
    rng = np.random.default_rng(7)
    return encode_png(np.concatenate([_bundle(rng) for _ in range(BUNDLES)], axis=1))


def _bundle(rng: np.random.Generator) -> UInt8[np.ndarray, "256 128 4"]:
    u = (np.arange(_WIDTH_PX) + 0.5) / _WIDTH_PX
    v = (np.arange(_HEIGHT_PX) + 0.5) / _HEIGHT_PX
    cover = np.zeros((_HEIGHT_PX, _WIDTH_PX))
    shade = np.full((_HEIGHT_PX, _WIDTH_PX), MEAN_BRIGHTNESS)
    for index in rng.permutation(_STRANDS):
        middle = (index + 0.5) / _STRANDS + _wander(rng, v)
        begins, ends = rng.uniform(-_BEGINS_TO, _BEGINS_TO), rng.uniform(_ENDS_FROM, 1.1)
        lives = np.clip((v - begins) / _BEGINS_TO, 0, 1) * np.clip((ends - v) / 0.2, 0, 1) ** 0.5
        half = np.maximum(_HALF_WIDTH * lives, 1e-4)[:, None]
        away = np.abs(u[None] - middle[:, None]) / half
        own = np.clip((1 + _SOFT - away) / (2 * _SOFT), 0, 1) * (lives > 0)[:, None]
        bright = rng.uniform(_DARKEST, 1.0) * (1 - 0.12 * np.clip(away, 0, 1))
        shade += own * (bright - shade)
        cover = np.maximum(cover, own)
    grey = srgb_from_linear(shade)[..., None].repeat(3, axis=2)
    opacity = np.rint(255 * cover).astype(np.uint8)[..., None]
    return np.concatenate([grey, opacity], axis=2)


def _wander(rng: np.random.Generator, v: Float[np.ndarray, "256"]) -> Float[np.ndarray, "256"]:
    """A slow sideways wave."""
    phase, turns = rng.uniform(0, 2 * np.pi), rng.uniform(0.4, 1.2)
    return _WANDER * np.sin(phase + 2 * np.pi * turns * v)
