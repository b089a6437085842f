"""Polylines walked at even steps."""

from typing import no_type_check

import numpy as np
from jaxtyping import Float, Float32
from numba import njit


def lengths_m(lines_m: Float[np.ndarray, "N P 3"]) -> Float32[np.ndarray, "N"]:
    """Arc lengths."""
    return np.linalg.norm(np.diff(lines_m, axis=1), axis=2).sum(axis=1).astype(np.float32)


def resampled(lines_m: Float[np.ndarray, "N P 3"], points: int) -> Float32[np.ndarray, "N Q 3"]:
    """The same lines with `points` at even arc length each; ends stay."""
    lines = np.ascontiguousarray(lines_m, np.float32)
    out = np.empty((len(lines), points, 3), np.float32)
    _walk(lines, np.ones(len(lines), np.float32), out)
    return out


def repointed(lines_m: Float[np.ndarray, "N P 3"], points: int) -> Float32[np.ndarray, "N Q 3"]:
    """The same lines with `points` each, spread as their own points are.

    What lies at the same share of the points of two lines corresponds: a ponytail's band, say.
    """
    if points == lines_m.shape[1]:
        return np.array(lines_m, np.float32)
    at = np.linspace(0, lines_m.shape[1] - 1, points, dtype=np.float32)
    low = np.minimum(at.astype(np.int64), lines_m.shape[1] - 2)
    share = (at - low)[None, :, None]
    return (lines_m[:, low] * (1 - share) + lines_m[:, low + 1] * share).astype(np.float32)


def shortened(
    lines_m: Float[np.ndarray, "N P 3"], share: Float[np.ndarray, "N"]
) -> Float32[np.ndarray, "N P 3"]:
    """The first `share` (at most 1) of each line's length, with as many points."""
    lines = np.ascontiguousarray(lines_m, np.float32)
    out = np.empty_like(lines)
    _walk(lines, np.asarray(share, np.float32), out)
    return out


@njit(cache=True, nogil=True)
@no_type_check
def _walk(lines, share, out):
    points, steps = lines.shape[1], out.shape[1] - 1
    cumulated = np.empty(points)
    for n in range(len(lines)):
        cumulated[0] = 0.0
        for p in range(1, points):
            square = 0.0
            for d in range(3):
                square += (lines[n, p, d] - lines[n, p - 1, d]) ** 2
            cumulated[p] = cumulated[p - 1] + np.sqrt(square)
        segment = 0
        for q in range(steps + 1):
            at = cumulated[points - 1] * share[n] * q / steps
            while segment < points - 2 and cumulated[segment + 1] < at:
                segment += 1
            length = cumulated[segment + 1] - cumulated[segment]
            part = (at - cumulated[segment]) / length if length > 0 else 0.0
            part = min(part, 1.0)
            for d in range(3):
                step = lines[n, segment + 1, d] - lines[n, segment, d]
                out[n, q, d] = lines[n, segment, d] + part * step
