"""Batches of random heads: shapes drawn on the device, moments and cameras from a drawn pool."""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32

from training.head_fit.random_heads import random_head

LOG_SPREAD = 0.12
"""Of the size of shapes, as `random_heads.py` draws them."""
PHOTO_PX = 256


@dataclass(frozen=True)
class Names:
    """What `random_head` must know of the data."""

    identity_m: Float32[np.ndarray, "S V 3"]
    expression_names: tuple[str, ...]


@dataclass(frozen=True)
class Moments:
    """Expressions, gazes and cameras of N photos."""

    expression: torch.Tensor
    gaze_rad: torch.Tensor
    rotation: torch.Tensor
    translation_m: torch.Tensor

    def __len__(self) -> int:
        return len(self.expression)

    def take(self, index: torch.Tensor) -> "Moments":
        """Some of them."""
        return Moments(
            self.expression[index],
            self.gaze_rad[index],
            self.rotation[index],
            self.translation_m[index],
        )


def random_shapes(count: int, modes: int, device: torch.device) -> torch.Tensor:
    """(count, modes), as `random_head` draws them."""
    size = torch.exp(LOG_SPREAD * torch.randn(count, 1, device=device))
    return size * torch.randn(count, modes, device=device)


def draw_moments(count: int, names: tuple[str, ...], workers: int, device: torch.device) -> Moments:
    """A pool, drawn in parallel."""
    share = -(-count // workers)
    jobs = [(seed, share, names) for seed in range(workers)]
    if workers == 1:
        parts = [_draw(jobs[0])]
    else:
        with ProcessPoolExecutor(workers) as pool:
            parts = list(pool.map(_draw, jobs))
    columns = [np.concatenate(column)[:count] for column in zip(*parts, strict=True)]
    return Moments(*(torch.from_numpy(column).to(device) for column in columns))


def _draw(job: tuple[int, int, tuple[str, ...]]) -> tuple[np.ndarray, ...]:
    seed, count, names = job
    rng = np.random.default_rng((2027, seed))
    known = Names(np.zeros((1, 0, 3), np.float32), names)
    heads = [random_head(rng, known, PHOTO_PX) for _ in range(count)]
    return (
        np.stack([head.expression for head in heads]),
        np.stack([head.gaze_rad for head in heads]),
        np.stack([head.rotation_camera_from_head for head in heads]),
        np.stack([head.translation_m for head in heads]),
    )
