"""Styles varied: mirrored, blended, cut, lifted, combed another way."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Float32, Int

from reconstruction_backend.hair.hairstyle import StrandTexture
from reconstruction_backend.hair.resample import shortened
from training.hair.net.strand_grid import StrandGrid

BLENDED_SHARE = 0.35
BLEND_LENGTHS = 1.7
"""Two styles are blended only where neither is longer than the other so many times."""
LENGTH_SPREAD, LENGTH_SPREAD_LOCAL = 0.22, 0.12
"""Deviations of the logarithm: of all hair, and of a field over the scalp."""
LONGEST_STRETCH = 1.25
COMB_SPREAD = 0.12
"""Deviation of the shift at the tip, over the strand's length."""
VOLUME_SPREAD = 0.18
TEXTURE_SPREAD = 0.3


@dataclass(frozen=True)
class Variant:
    """A varied style on the mean head."""

    grid: StrandGrid
    texture: StrandTexture


def varied(
    variant: Variant,
    other: Variant,
    mirror: Int[np.ndarray, "R"],
    root_uv: Float32[np.ndarray, "R 2"],
    outwards: Float32[np.ndarray, "R 3"],
    rng: np.random.Generator,
) -> Variant:
    """A random variant. `mirror` is each root's opposite (`mirrored_roots`), `outwards` the skin's
    normals."""
    grid, texture = variant.grid, variant.texture
    if rng.random() < BLENDED_SHARE and _alike(grid, other.grid):
        grid = blended(grid, other.grid, float(rng.uniform(0.15, 0.5)))
    if rng.random() < 0.5:
        grid = mirrored(grid, mirror)
    offsets = _cut(grid.offsets_m, _length_factors(root_uv, rng))
    offsets = _combed(offsets, root_uv, rng)
    offsets = _lifted(offsets, outwards, float(np.exp(rng.normal(0, VOLUME_SPREAD))))
    factors = np.exp(rng.normal(0, TEXTURE_SPREAD, 3))
    texture = replace(
        texture,
        curl_radius_m=float(texture.curl_radius_m * factors[0]),
        curl_pitch_m=float(texture.curl_pitch_m * factors[1]),
        frizz_m=float(texture.frizz_m * factors[2]),
    )
    return Variant(replace(grid, offsets_m=offsets.astype(np.float32)), texture)


def mirrored_roots(valid: Bool[np.ndarray, "32 32"]) -> Int[np.ndarray, "R"]:
    """Of each grid point on the scalp, the one on the other side."""
    number = np.full(valid.shape, -1)
    number[valid] = np.arange(valid.sum())
    return number[:, ::-1][valid]


def mirrored(grid: StrandGrid, mirror: Int[np.ndarray, "R"]) -> StrandGrid:
    """Left and right exchanged."""
    flip = np.array([-1, 1, 1], np.float32)
    return StrandGrid(grid.offsets_m[mirror] * flip, grid.present[mirror], grid.wisp[mirror])


def blended(first: StrandGrid, second: StrandGrid, share: float) -> StrandGrid:
    """`share` of the second's strands in the first's, where both have hair."""
    both = (first.present & second.present)[:, None, None]
    mixed = (1 - share) * first.offsets_m + share * second.offsets_m
    return replace(first, offsets_m=np.where(both, mixed, first.offsets_m))


def _alike(first: StrandGrid, second: StrandGrid) -> bool:
    lengths = [np.linalg.norm(each.offsets_m[:, -1], axis=1).mean() for each in (first, second)]
    return max(lengths) < BLEND_LENGTHS * min(lengths)


def _smooth_field(
    root_uv: Float32[np.ndarray, "R 2"], rng: np.random.Generator, channels: int
) -> Float[np.ndarray, "R C"]:
    """Low waves over the scalp, of deviation one."""
    phase = rng.uniform(0, 2 * np.pi, (3, channels))
    waves = rng.normal(0, 1.0, (3, 2, channels)) * 2 * np.pi * 0.6
    angle = np.einsum("rd,wdc->rwc", root_uv, waves) + phase
    return np.sqrt(2 / 3) * np.cos(angle).sum(axis=1)


def _length_factors(
    root_uv: Float32[np.ndarray, "R 2"], rng: np.random.Generator
) -> Float[np.ndarray, "R"]:
    local = LENGTH_SPREAD_LOCAL * _smooth_field(root_uv, rng, 1)[:, 0]
    return np.exp(rng.normal(0, LENGTH_SPREAD) + local)


def _cut(
    offsets: Float32[np.ndarray, "R P 3"], factor: Float[np.ndarray, "R"]
) -> Float32[np.ndarray, "R P 3"]:
    """Shorter strands end sooner, longer ones are stretched."""
    stretch = factor.clip(1, LONGEST_STRETCH)[:, None, None]
    return shortened(offsets, np.minimum(factor, 1)) * stretch.astype(np.float32)


def _combed(
    offsets: Float32[np.ndarray, "R P 3"],
    root_uv: Float32[np.ndarray, "R 2"],
    rng: np.random.Generator,
) -> Float[np.ndarray, "R P 3"]:
    """Tips shifted by a smooth field, in proportion to the strand's length."""
    share = np.linspace(0, 1, offsets.shape[1])[None, :, None] ** 1.5
    size = np.linalg.norm(offsets[:, -1], axis=1)[:, None, None]
    shift = COMB_SPREAD * _smooth_field(root_uv, rng, 3)[:, None]
    return offsets + shift * share * size


def _lifted(
    offsets: Float[np.ndarray, "R P 3"], outwards: Float32[np.ndarray, "R 3"], factor: float
) -> Float[np.ndarray, "R P 3"]:
    """The part along the skin's normal times a factor, where it points away from the head."""
    height = np.einsum("rpd,rd->rp", offsets, outwards).clip(0)
    return offsets + ((factor - 1) * height)[..., None] * outwards[:, None]
