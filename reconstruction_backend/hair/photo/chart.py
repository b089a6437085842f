"""Coordinates of the space about a head in which hair lies in layers.

A dome over a tube: above the head's centre directions from it, below it directions from the line
straight down. (row, column) name a direction, `radius` how far out a point is. Rows run from the
top down, columns around from behind over the subject's right, the face and the left. Hair of any
style is thin in `radius` and wide in the other two, so that a grid of directions with a few layers
says more than a cube of as many cells.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from reconstruction_backend.hair.photo import chart_kernels
from reconstruction_backend.hair.scalp import Scalp
from reconstruction_backend.hair.skin_distance import SkinDistance

ROWS, COLUMNS = 100, 112
ROW_M = 0.0048
"""Along a dome of `DOME_M`, and straight down below it."""
DOME_M = 0.11
"""Radius at which rows of the dome are as far apart as those below."""
CENTRE_BELOW_TOP = 0.55
"""Of the dome's centre below the scalp's highest point, over the scalp's length."""
REACH_M = 0.32
"""No hair farther out than this."""
STEP_M = 0.003


@dataclass(frozen=True)
class Chart:
    """The coordinates about one head."""

    centre_m: Float32[np.ndarray, "3"]

    @classmethod
    def of(cls, scalp: Scalp, vertices_m: Float[np.ndarray, "V 3"]) -> "Chart":
        """About a head of the given vertices."""
        skin = vertices_m[np.unique(scalp.model.triangles[scalp.triangle])]
        low, high = skin.min(axis=0), skin.max(axis=0)
        length = float(high[2] - low[2])
        centre = [0.0, high[1] - CENTRE_BELOW_TOP * length, (low[2] + high[2]) / 2]
        return cls(np.array(centre, np.float32))

    def points(self, radius_m: Float[np.ndarray, "*n R C"]) -> Float32[np.ndarray, "*n R C 3"]:
        """Points at the given radii over the grid of all directions."""
        start, direction = self.rays()
        return (start + radius_m[..., None] * direction).astype(np.float32)

    def rays(self) -> tuple[Float32[np.ndarray, "R C 3"], Float32[np.ndarray, "R C 3"]]:
        """Where the grid's directions start, and unit vectors along them."""
        row, column = np.meshgrid(np.arange(ROWS), np.arange(COLUMNS), indexing="ij")
        way = (row + 0.5) * ROW_M
        polar = np.minimum(way / DOME_M, math.pi / 2)
        down = np.maximum(way - DOME_M * math.pi / 2, 0)
        azimuth = (column + 0.5) / COLUMNS * 2 * math.pi - math.pi
        direction = np.stack(
            [np.sin(polar) * np.sin(azimuth), np.cos(polar), np.sin(polar) * np.cos(azimuth)], -1
        )
        start = np.zeros_like(direction) + self.centre_m
        start[:, :, 1] -= down
        return start.astype(np.float32), direction.astype(np.float32)

    def outward(self, points_m: Float[np.ndarray, "N 3"]) -> Float32[np.ndarray, "N 3"]:
        """Unit vectors away from the centre, level below it."""
        away = points_m - self.centre_m
        away[:, 1] = np.maximum(away[:, 1], 0)
        length = np.linalg.norm(away, axis=1, keepdims=True)
        return (away / np.maximum(length, 1e-9)).astype(np.float32)

    def coordinates(self, points_m: Float[np.ndarray, "N 3"]) -> Float32[np.ndarray, "N 3"]:
        """(row, column, radius) of points; rows and columns as fractions, metres."""
        return chart_kernels.coordinates(
            np.ascontiguousarray(points_m, np.float32), self.centre_m, ROW_M, DOME_M, COLUMNS
        )


def skin_radius(chart: Chart, skin: SkinDistance) -> Float32[np.ndarray, "R C"]:
    """How far out the skin lies in every direction: the outermost, ears and nose included.

    Below the bust it goes on as at its end.
    """
    steps = np.arange(0, REACH_M / 2, STEP_M, dtype=np.float32)
    start, direction = chart.rays()
    inside = np.zeros((len(steps), ROWS, COLUMNS), bool)
    for i, step in enumerate(steps):
        inside[i] = skin.distance(start + step * direction) < 0
    return chart_kernels.last_inside(inside, STEP_M)
