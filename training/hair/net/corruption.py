"""Clean drawings made as bad as what is measured in photos.

Orientation is missing where hair is flat or dark, wrong by a right angle where a filter follows a
highlight's edge, noisy and blurred; masks are too wide, too narrow or have bites; photos end at the
chin or beside the ear; the fitted head is a little off.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from reconstruction_backend.hair.photo.head_view import POSITION_UNIT_M

MOST_CUT = (0.42, 0.24, 0.32, 0.32)
"""Of the view, at the bottom, top, right and left: from below the chin to above the forehead."""


@dataclass(frozen=True)
class Corruption:
    """How strongly; shares in [0, 1]."""

    missing: float = 0.55
    """Of the hair, at most, that has no orientation."""
    flipped: float = 0.12
    """Of the hair, at most, that is wrong by 90 degrees."""
    noise: float = 0.35
    """Deviation of the doubled vector's parts, at most."""
    blurred: float = 0.5
    bitten: float = 0.25
    cropped: float = 0.75
    clean: float = 0.1
    """Share of pictures that stay as drawn."""


@dataclass(frozen=True)
class DrawnViews:
    """A batch of clean drawings."""

    doubled: Tensor
    """(B, 2, S, S)."""
    mask: Tensor
    """(B, 1, S, S)."""
    position_m: Tensor
    """(B, 3, S, S)."""


def clean_planes(views: DrawnViews) -> Tensor:
    """(B, 7, S, S): what the network would read of a perfect photo."""
    seen = torch.ones_like(views.mask)
    return torch.cat(
        [views.doubled, views.mask, seen, views.position_m / POSITION_UNIT_M], dim=1
    )  # fmt: skip


def corrupted_planes(views: DrawnViews, options: Corruption, generator: torch.Generator) -> Tensor:
    """(B, 7, S, S): what the network reads, corrupted at random."""
    batch, _, size, _ = views.doubled.shape
    level = torch.rand(batch, 1, 1, 1, generator=generator)
    doubled, mask = views.doubled, views.mask
    flip = _patches(batch, size, 9, generator) < options.flipped * level
    doubled = torch.where(flip, -doubled, doubled)
    confidence = 0.6 + 0.4 * _patches(batch, size, 7, generator)
    missing = _patches(batch, size, 8, generator) < options.missing * level
    doubled = doubled * confidence * ~missing
    noise = torch.randn(doubled.shape, generator=generator)
    doubled = doubled + options.noise * level * noise * mask
    soft = functional.avg_pool2d(doubled, 3, 1, 1)
    blurred = torch.rand(batch, 1, 1, 1, generator=generator) < options.blurred
    doubled = torch.where(blurred, soft, doubled)
    mask = _wrong_mask(mask, options, generator)
    seen = _seen(batch, size, options, generator)
    strength = 0.7 + 0.3 * torch.rand(batch, 1, 1, 1, generator=generator)
    planes = torch.cat(
        [doubled * strength * mask * seen, mask * seen, seen, views.position_m / POSITION_UNIT_M],
        dim=1,
    )
    whole = torch.rand(batch, 1, 1, 1, generator=generator) < options.clean
    return torch.where(whole, clean_planes(views), planes)


def _patches(batch: int, size: int, cells: int, generator: torch.Generator) -> Tensor:
    """(B, 1, S, S): smooth random fields, even in [0, 1] at their grid points."""
    coarse = torch.rand(batch, 1, cells, cells, generator=generator)
    return functional.interpolate(coarse, size=(size, size), mode="bilinear", align_corners=True)


def _wrong_mask(mask: Tensor, options: Corruption, generator: torch.Generator) -> Tensor:
    """Wider or narrower by a pixel or so, soft, with bites."""
    batch, size = len(mask), mask.shape[-1]
    soft = functional.avg_pool2d(mask, 5, 1, 2)
    edge = 0.15 + 0.7 * _patches(batch, size, 6, generator)
    moved = ((soft - edge) * 4 + 0.5).clamp(0, 1)
    bite = _patches(batch, size, 7, generator) < options.bitten * torch.rand(
        batch, 1, 1, 1, generator=generator
    )
    return torch.where(bite & (torch.rand(batch, 1, 1, 1, generator=generator) < 0.4), 0, moved)


def _seen(batch: int, size: int, options: Corruption, generator: torch.Generator) -> Tensor:
    """(B, 1, S, S): 1 within a random frame; the bottom is cut most often."""
    place = torch.arange(size) / size
    cut = torch.rand(batch, 4, generator=generator) < options.cropped * torch.tensor(
        [1.0, 0.8, 0.9, 0.9]
    )
    amount = torch.rand(batch, 4, generator=generator) * torch.tensor(MOST_CUT) * cut
    amount[:, 3] = torch.where(cut[:, 3], amount[:, 2], 0)  # faces are in the middle of photos
    rows = (place < 1 - amount[:, :1]) & (place >= amount[:, 1:2])
    columns = (place < 1 - amount[:, 2:3]) & (place >= amount[:, 3:])
    return (rows[:, None, :, None] & columns[:, None, None, :]).float()
