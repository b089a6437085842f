"""Between the strands of the product and the polylines of files."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from reconstruction_backend.color import linear_from_srgb, srgb_from_linear
from reconstruction_backend.hair.formats.polylines import Polylines, starts_of
from reconstruction_backend.hair.strands import HairStrands

POINTS = 24
_BYTE_ONE = 255
_WIDTH_M = 1.2e-4
"""Of strands whose file does not say it."""
_COLOUR = (0.06, 0.035, 0.02)
"""Brown, linear, likewise."""


@dataclass(frozen=True)
class Placement:
    """How a file's coordinates become ours: `point_m = metres_per_unit * turn @ point + shift_m`.

    Files say neither their unit nor their axes, so whoever reads one says them, or asks
    `groom_fit` to find them; nothing is assumed.
    """

    metres_per_unit: float
    turn: Float32[np.ndarray, "3 3"]
    """A rotation to +Y up and the face along +Z."""
    shift_m: Float32[np.ndarray, "3"]

    @classmethod
    def in_metres(cls) -> "Placement":
        """Of files that have our unit and axes, as those that we write."""
        return cls(1.0, np.eye(3, dtype=np.float32), np.zeros(3, np.float32))


def polylines_of(strands: HairStrands) -> Polylines:
    """The strands as polylines in metres, with their widths and colours."""
    count, points = strands.width_m.shape
    shown = srgb_from_linear(strands.color_linear).reshape(-1, 3).astype(np.float32)
    return Polylines(
        strands.points_m.reshape(-1, 3),
        starts_of(np.full(count, points)),
        thickness=strands.width_m.reshape(-1),
        color_srgb=shown / np.float32(_BYTE_ONE),
    )


def strands_of(lines: Polylines, placement: Placement, points: int = POINTS) -> HairStrands:
    """Polylines as strands of `points` each, at even arc length, in the head frame.

    Lines of a single point are left out. Their roots' coordinates are NaN, widths and colours
    those of the file, or a hair's and brown.
    """
    at = _even_places(lines, points)
    place = (lines.points @ placement.turn.T) * np.float32(placement.metres_per_unit)
    width = np.full(at.count * points, _WIDTH_M, np.float32)
    if lines.thickness is not None:
        width = at.of(lines.thickness[:, None])[:, 0] * np.float32(placement.metres_per_unit)
    colour = np.tile(np.array(_COLOUR, np.float32), (at.count * points, 1))
    if lines.color_srgb is not None:
        shown = np.rint(np.clip(at.of(lines.color_srgb), 0, 1) * _BYTE_ONE)
        colour = linear_from_srgb(shown.astype(np.uint8))
    return HairStrands(
        root_uv=np.full((at.count, 2), np.nan, np.float32),
        points_m=(at.of(place.astype(np.float32)) + placement.shift_m).reshape(-1, points, 3),
        width_m=width.reshape(-1, points),
        color_linear=colour.reshape(-1, points, 3),
    )


@dataclass(frozen=True)
class _Places:
    """Places between points: each the `part` of the way from point `before` to the next."""

    count: int
    before: np.ndarray
    part: Float32[np.ndarray, "K 1"]

    def of(self, values: Float32[np.ndarray, "M C"]) -> Float32[np.ndarray, "K C"]:
        """Values at the places, interpolated."""
        low, high = values[self.before], values[self.before + 1]
        return (low + self.part * (high - low)).astype(np.float32)


def _even_places(lines: Polylines, points: int) -> _Places:
    """Where each line of two points or more is to be read, at even arc length."""
    long = lines.lengths > 1
    first, last = lines.starts[:-1][long], lines.starts[1:][long] - 1
    step = np.linalg.norm(np.diff(lines.points.astype(np.float64), axis=0), axis=1)
    step[lines.starts[1:-1] - 1] = 0
    # one arc length along all lines after each other: searched once for all
    arc = np.concatenate([[0], np.cumsum(step)])
    share = np.linspace(0, 1, points)
    wanted = arc[first][:, None] + (arc[last] - arc[first])[:, None] * share
    before = np.searchsorted(arc, wanted.ravel(), side="right").reshape(wanted.shape) - 1
    before = np.clip(before, first[:, None], last[:, None] - 1)
    width = arc[before + 1] - arc[before]
    part = (wanted - arc[before]) / np.where(width > 0, width, 1)
    return _Places(
        int(long.sum()), before.ravel(), np.clip(part, 0, 1).reshape(-1, 1).astype(np.float32)
    )
