"""Strands as files hold them: polylines of any length, in whatever unit and axes the file has."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64
from numpy.typing import ArrayLike

from reconstruction_backend.errors import EX_DATAERR, CameoError

STRANDS_LIMIT = 2_000_000
POINTS_LIMIT = 40_000_000
"""Far beyond any groom; a file that announces more is damaged."""


class InvalidGroom(CameoError):
    """A file of strands is damaged, of an unknown kind, or beyond what its format can hold."""

    code = "invalid_groom"
    exit_code = EX_DATAERR


@dataclass(frozen=True, eq=False)
class Polylines:
    """S polylines with M points in all, root first.

    Raises InvalidGroom, in one sentence, where the parts do not fit each other or a number is not
    finite; so every reader's result is sound.
    """

    points: Float32[np.ndarray, "M 3"]
    """In the file's own unit and axes."""
    starts: Int64[np.ndarray, "B"]
    """Index of each line's first point, and M at the end; B = S + 1."""
    thickness: Float32[np.ndarray, "M"] | None = None
    """Diameters in the file's unit; None where it does not say."""
    transparency: Float32[np.ndarray, "M"] | None = None
    """0 is opaque."""
    color_srgb: Float32[np.ndarray, "M 3"] | None = None
    """As a screen shows it, in [0, 1]: the formats do not say, and their viewers take it so."""

    def __post_init__(self) -> None:
        check_counts(self.count, len(self.points))
        lengths = np.diff(self.starts)
        if self.starts[0] != 0 or self.starts[-1] != len(self.points) or (lengths < 1).any():
            raise InvalidGroom("The strands do not divide the points among them.")
        for name in ("thickness", "transparency", "color_srgb"):
            values = getattr(self, name)
            if values is not None and (
                len(values) != len(self.points) or not np.isfinite(values).all()
            ):
                raise InvalidGroom(f"The strands' {name} is missing or not finite at some point.")
        if not np.isfinite(self.points).all():
            raise InvalidGroom("A point of the strands is not finite.")

    @property
    def count(self) -> int:
        """S."""
        return len(self.starts) - 1

    @property
    def lengths(self) -> Int64[np.ndarray, "S"]:
        """Points of each line."""
        return np.diff(self.starts)

    @property
    def strand(self) -> Int64[np.ndarray, "M"]:
        """The line that each point belongs to."""
        return np.repeat(np.arange(self.count), self.lengths)

    @property
    def roots(self) -> Float32[np.ndarray, "S 3"]:
        """First points."""
        return self.points[self.starts[:-1]]

    def same_length(self) -> int:
        """The number of points of every strand. Raises InvalidGroom where it differs."""
        lengths = self.lengths
        if (lengths != lengths[0]).any():
            raise InvalidGroom("This format wants the same number of points in every strand.")
        return int(lengths[0])


def starts_of(lengths: ArrayLike) -> Int64[np.ndarray, "B"]:
    """Where lines of the given lengths start, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)


def check_counts(strands: int, points: int) -> None:
    """Refuse numbers that no groom has, before memory is asked for. Raises InvalidGroom."""
    if strands < 1 or points < strands:
        raise InvalidGroom("The file holds no strands.")
    if strands > STRANDS_LIMIT or points > POINTS_LIMIT:
        raise InvalidGroom(
            f"The file announces {strands:,} strands of {points:,} points; no groom has so many."
        )
