"""The relief that all skin has and few photos resolve: furrows, pores, the creases of lips.

Skin is cut by a net of furrows into plates of half a millimetre, with pores where furrows meet
(Piérard et al. 2003, "Skin surface patterns"): the edges and some corners of a Voronoi diagram.
Lips are creased along the mouth's closing. One repeating tile of these patterns is laid on the
resting head along its three axes, so the map has no seam, belongs to the head model alone and is
made once.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Float, Float32, Int8
from scipy.spatial import KDTree

from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.texture import relief_kernels
from reconstruction_backend.texture.atlas import SKIN_PART, Atlas
from reconstruction_backend.texture.visibility import normals_of_vertices

UNIT_M = 1e-6
"""Of the stored heights."""
TILE, PIXEL_M = 320, 1.0e-4
"""Edge of the tile in pixels, and of a pixel on the skin."""
PLATE_M = 6.5e-4
"""Mean distance of furrows."""
FURROW_M = 1.1e-4
"""Half width of a furrow."""
PORE_SPACING_M = 1.5e-3
PORE_RADIUS_M = (1.1e-4, 2.3e-4)
CREASE_BAND_M = (8e-4, 2.6e-3)
LEVELS = 4
"""Copies of the tile, each blurred twice as far, for texels of 0.1, 0.2, 0.4 and 0.8 mm."""
SEED = 20031101


@dataclass(frozen=True)
class Depth:
    """How deep each pattern is cut in a region, in metres."""

    furrows: float
    pores: float
    creases: float = 0.0


SKIN_DEPTH = Depth(3.4e-5, 2.0e-5)
"""Where no region says otherwise: neck, back of the head."""
REGION_DEPTH = {
    "face": Depth(3.4e-5, 4.5e-5),
    "cheeks": Depth(3.0e-5, 7.5e-5),
    "nose": Depth(1.2e-5, 9.0e-5),
    "forehead": Depth(3.6e-5, 5.5e-5),
    "chin": Depth(3.2e-5, 7.5e-5),
    "scalp": Depth(2.0e-5, 4.5e-5),
    "ears": Depth(1.8e-5, 1.6e-5),
    "eyelids": Depth(4.2e-5, 1.0e-5),
    "lips": Depth(1.6e-5, 0.0, 4.5e-5),
}


@lru_cache(maxsize=4)
def micro_relief(atlas: Atlas) -> Int8[np.ndarray, "T T"]:
    """Height in `UNIT_M` on the skin, zero elsewhere; kept for the next call."""
    model = atlas.model
    return relief_kernels.lay_tiles(
        atlas.triangle,
        atlas.weights,
        model.triangles,
        atlas.part_mask(SKIN_PART),
        model.template_m,
        normals_of_vertices(model.template_m, model.triangles),
        _depths(model) / np.float32(UNIT_M),
        np.stack([_blurred(pattern_tile(), level) for level in range(LEVELS)]),
        _level(atlas),
        PIXEL_M,
    )


@lru_cache(maxsize=1)
def pattern_tile() -> Float32[np.ndarray, "N N 3"]:
    """Furrows, pores and crease noise; heights with unit depth (furrows, pores) or deviation."""
    rng = np.random.default_rng(SEED)
    edge_m = TILE * PIXEL_M
    at = (np.stack(np.meshgrid(*[np.arange(TILE)] * 2), axis=2) + 0.5) * PIXEL_M
    plates = _scattered(rng, PLATE_M, edge_m)
    distance, _ = KDTree(plates, boxsize=edge_m).query(at, k=2, workers=2)
    furrows = -np.exp(-(((distance[:, :, 1] - distance[:, :, 0]) / FURROW_M) ** 2))
    holes = _scattered(rng, PORE_SPACING_M, edge_m)
    radius = rng.uniform(*PORE_RADIUS_M, len(holes))
    away, nearest = KDTree(holes, boxsize=edge_m).query(at, workers=2)
    pores = -np.exp(-((away / radius[nearest]) ** 2)) * rng.uniform(0.4, 1, len(holes))[nearest]
    tile = np.dstack([furrows, pores, _band_noise(rng)])
    return (tile - tile.mean(axis=(0, 1))).astype(np.float32)


def _scattered(
    rng: np.random.Generator, spacing_m: float, edge_m: float
) -> Float[np.ndarray, "N 2"]:
    """Points of a jittered grid, so that none are very close."""
    count = round(edge_m / spacing_m)
    grid = np.stack(np.meshgrid(*[np.arange(count)] * 2), axis=2).reshape(-1, 2)
    return (grid + rng.uniform(0.1, 0.9, grid.shape)) * (edge_m / count)


def _band_noise(rng: np.random.Generator) -> Float[np.ndarray, "N N"]:
    frequency = np.hypot(np.fft.fftfreq(TILE)[:, None], np.fft.rfftfreq(TILE)[None]) / PIXEL_M
    low, high = 1 / CREASE_BAND_M[1], 1 / CREASE_BAND_M[0]
    gain = (1 - np.exp(-((frequency / low) ** 4))) * np.exp(-((frequency / high) ** 4))
    noise = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((TILE, TILE))) * gain, (TILE, TILE))
    ridges = -np.abs(noise / noise.std())  # creases are narrower than the plates between them
    return ridges / ridges.std()


def _blurred(tile: Float32[np.ndarray, "N N 3"], level: int) -> Float32[np.ndarray, "N N 3"]:
    if level == 0:
        return tile
    margin = 4 * 2**level
    wrapped = np.pad(tile, ((margin, margin), (margin, margin), (0, 0)), mode="wrap")
    blurred = cv2.GaussianBlur(wrapped, (0, 0), 0.5 * 2**level)
    return blurred[margin:-margin, margin:-margin]


def _depths(model: HeadModel) -> Float32[np.ndarray, "V 3"]:
    """Metres of furrows, pores and creases at each vertex."""
    depths = np.tile(_row(SKIN_DEPTH), (model.vertex_count, 1))
    for region, depth in REGION_DEPTH.items():
        if region in model.region_names:
            weight = model.region(region)[:, None]
            depths += weight * (_row(depth) - depths)
    return depths.astype(np.float32)


def _row(depth: Depth) -> Float[np.ndarray, "3"]:
    return np.array([depth.furrows, depth.pores, depth.creases])


def _level(atlas: Atlas) -> Float32[np.ndarray, "F"]:
    """Which blur the longer side of a triangle's texels asks for."""
    model = atlas.model
    corners = model.template_m[model.triangles]
    corners_px = model.uv[model.triangles_uv] * np.float32(atlas.size)
    lengths = np.linalg.norm(np.roll(corners, 1, axis=1) - corners, axis=2)
    pixels = np.linalg.norm(np.roll(corners_px, 1, axis=1) - corners_px, axis=2)
    texel_m = (lengths / np.maximum(pixels, 1e-6)).max(axis=1)
    return np.clip(np.log2(np.maximum(texel_m / PIXEL_M, 1)), 0, LEVELS - 1).astype(np.float32)
