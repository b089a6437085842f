"""Skin grain: the person's own fine texture, made endless, and generic pores beyond the photo.

The exemplar is the cleanest seen square of cheek or forehead, high-passed. It is made into a tile
that repeats by blending randomly shifted copies with weights whose squares sum to one, which keeps
the variance of a stationary texture (Heitz and Neyret, High-Performance By-Example Noise, 2018).
Where every square is lined (wrinkles, hair), copies turned by quarters would look woven: then the
tile is noise with the square's spectrum, the mean over all directions, in random phase (Galerne et
al., Random Phase Textures, 2011).
"""

from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Float32

from reconstruction_backend.texture.atlas import Atlas
from reconstruction_backend.texture.masks import landmark_texels

PIXEL_M = 2e-4
"""Edge of a tile pixel on the skin."""
TILE = 256
EXEMPLAR = 104
"""Edge of the exemplar in tile pixels: about two centimetres."""
CANDIDATES = (50, 280, 205, 425, 117, 346, 151, 108, 337, 69, 299)
"""Mesh points on cheeks and forehead where an exemplar may lie."""
PATCH, PATCHES_PER_EDGE = 52, 9
"""Edge of a copied patch in tile pixels, and how many are laid along an edge of the tile."""
HIGH_PASS_PX = 5.0
GRAIN_STRENGTH = 0.75
"""Skin that hair or clothes cover is smoother than a face's."""
LARGEST_DEVIATION = 0.03
LOUDEST = 2.2
"""Grain is clipped at this many deviations: moles and hairs are not grain."""
SEED = 20231101
PORE_DEVIATION = 0.022
"""Log deviation of the generic pores where the photo cannot resolve any."""
PORE_BAND_M = (3.2e-4, 9e-4)
"""Wavelength at which the generic pores are strongest, and at which they fade."""
RESOLVED_M, UNRESOLVED_M = 2.2e-4, 6e-4
"""Pixel sizes on the skin at which a photo shows pores, and at which it shows none."""
LEAST_SEEN = 0.9
LINED = 0.2
"""Coherence of the gradients, zero to one, from which a square has a direction."""
QUIET_WEIGHT = 3.0
"""How much coherence counts against quietness in the choice of a square."""


def grain_tile(
    atlas: Atlas, detail: Float32[np.ndarray, "T T 3"], seen: Float32[np.ndarray, "A A"]
) -> Float32[np.ndarray, "N N 1"]:
    """An endless tile of the person's own grain (log luminance), from the quietest seen square.

    Without any seen square (hair or a mask over all of the face) the tile is zero: then the
    generic pores are all there is.
    """
    squares = [
        square
        for point in landmark_texels(atlas.model, atlas.size)[list(CANDIDATES)]
        if (square := _exemplar_at(atlas, detail, seen, point)) is not None
    ]
    if not squares:
        return np.zeros((TILE, TILE, 1), np.float32)
    coherence = [_coherence(square[:, :, 0]) for square in squares]
    loudness = [float(np.mean(np.abs(square))) for square in squares]
    rank = np.array(loudness) * (1 + QUIET_WEIGHT * np.array(coherence))
    best = int(np.argmin(rank))
    directed = coherence[best] > LINED
    return _without_direction(squares[best]) if directed else _endless(squares[best])


@lru_cache(maxsize=1)
def pore_tile() -> Float32[np.ndarray, "N N 1"]:
    """Generic pores: band-passed noise with rare deeper dots, unit deviation, repeating."""
    rng = np.random.default_rng(SEED)
    frequency = np.hypot(np.fft.fftfreq(TILE)[:, None], np.fft.rfftfreq(TILE)[None]) / PIXEL_M
    peak, fade = 1 / PORE_BAND_M[0], 1 / PORE_BAND_M[1]
    gain = np.exp(-((frequency / peak) ** 2)) * (1 - np.exp(-((frequency / fade) ** 2)))
    noise = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((TILE, TILE))) * gain, (TILE, TILE))
    noise /= noise.std()
    dented = noise - 0.25 * noise**2
    dented -= dented.mean()
    return (dented / dented.std()).astype(np.float32)[:, :, None]


def pore_strength(pixel_m: float) -> float:
    """Deviation of the generic pores to add for a photo with this pixel size on the skin."""
    share = np.clip((pixel_m - RESOLVED_M) / (UNRESOLVED_M - RESOLVED_M), 0, 1)
    return float(PORE_DEVIATION * share)


def _exemplar_at(
    atlas: Atlas,
    detail: Float32[np.ndarray, "T T 3"],
    seen: Float32[np.ndarray, "A A"],
    point: np.ndarray,
) -> Float32[np.ndarray, "M M 1"] | None:
    """The high-passed square around a texel at the tile's scale, if all of it was seen."""
    x, y = int(point[0]), int(point[1])
    half = int(EXEMPLAR / 2 * PIXEL_M / max(float(atlas.texel_m[y, x]), 1e-5))
    rows, columns = slice(y - half, y + half), slice(x - half, x + half)
    step = atlas.size // len(seen)
    rows_seen = slice((y - half) // step, (y + half) // step + 1)
    columns_seen = slice((x - half) // step, (x + half) // step + 1)
    if min(x, y) < half or half < 4 or seen[rows_seen, columns_seen].min() < LEAST_SEEN:
        return None
    square = cv2.resize(detail[rows, columns], (EXEMPLAR, EXEMPLAR), interpolation=cv2.INTER_AREA)
    luminance = square.mean(axis=2)
    high = luminance - cv2.GaussianBlur(luminance, (0, 0), HIGH_PASS_PX)
    limit = LOUDEST * 1.48 * np.median(np.abs(high))
    return np.clip(high, -limit, limit).astype(np.float32)[:, :, None]


def _coherence(square: Float32[np.ndarray, "M M"]) -> float:
    """How much the gradients share one direction, by the structure tensor: 0 none, 1 all."""
    x, y = np.gradient(square, axis=1), np.gradient(square, axis=0)
    xx, yy, xy = float((x * x).mean()), float((y * y).mean()), float((x * y).mean())
    return float(np.hypot(xx - yy, 2 * xy) / max(xx + yy, 1e-12))


def _without_direction(square: Float32[np.ndarray, "M M 1"]) -> Float32[np.ndarray, "N N 1"]:
    """Noise with the square's spectrum, the same in all directions."""
    window = np.hanning(EXEMPLAR + 2)[1:-1]
    windowed = square[:, :, 0] * np.outer(window, window)
    power = np.abs(np.fft.fft2(windowed)) ** 2
    axis = np.fft.fftfreq(EXEMPLAR)
    ring = np.rint(np.hypot(axis[:, None], axis[None]) * EXEMPLAR).astype(int)
    mean = np.bincount(ring.ravel(), power.ravel()) / np.bincount(ring.ravel())
    frequency = np.hypot(np.fft.fftfreq(TILE)[:, None], np.fft.rfftfreq(TILE)[None]) * EXEMPLAR
    gain = np.sqrt(np.interp(frequency, np.arange(len(mean)), mean))
    noise = np.random.default_rng(SEED).standard_normal((TILE, TILE))
    tile = np.fft.irfft2(np.fft.rfft2(noise) * gain, (TILE, TILE))
    tile *= float(square.std()) / max(float(tile.std()), 1e-9)
    return _scaled(tile.astype(np.float32)[:, :, None])


def _scaled(tile: Float32[np.ndarray, "N N 1"]) -> Float32[np.ndarray, "N N 1"]:
    strength = min(GRAIN_STRENGTH, LARGEST_DEVIATION / max(float(tile.std()), 1e-6))
    return (strength * tile).astype(np.float32)


def _endless(square: Float32[np.ndarray, "M M 1"]) -> Float32[np.ndarray, "N N 1"]:
    """Many shifted, turned and flipped copies at scattered places, blended to even variance."""
    rng = np.random.default_rng(SEED)
    window = np.hanning(PATCH + 2)[1:-1].astype(np.float32)
    window = np.outer(window, window)[:, :, None]
    total = np.zeros((TILE, TILE, 1), np.float32)
    energy = np.zeros((TILE, TILE, 1), np.float32)
    step = TILE // PATCHES_PER_EDGE
    for cell in rng.permutation(PATCHES_PER_EDGE**2):
        y, x = np.array(divmod(int(cell), PATCHES_PER_EDGE)) * step + rng.integers(0, step, 2)
        top, left = rng.integers(0, EXEMPLAR - PATCH + 1, 2)
        patch = np.rot90(square[top : top + PATCH, left : left + PATCH], int(rng.integers(4)))
        patch = patch[:, ::-1] if rng.integers(2) else patch
        rows, columns = np.arange(y, y + PATCH) % TILE, np.arange(x, x + PATCH) % TILE
        total[np.ix_(rows, columns)] += patch * window
        energy[np.ix_(rows, columns)] += window**2
    return _scaled(total / np.sqrt(np.maximum(energy, 1e-4)))
