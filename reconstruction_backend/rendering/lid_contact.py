"""The soft dark that lids and lashes leave on the eye beneath them, and the wet line below.

The eyeball's triangles are too coarse to carry either as values at vertices, so both follow from
how far a sample lies from the lids' back edges, in degrees about the eye made into millimetres.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.lid_margins import LIDS, SIDES, Lid, Side, lid_margin

_DARKNESS: dict[Lid, float] = {"upper": 0.66, "lower": 0.40}
_REACH_M: dict[Lid, float] = {"upper": 0.0019, "lower": 0.0009}
_TEAR_REACH_M = 0.00030
_CORNER_DARKNESS, _CORNER_REACH_M = 0.45, 0.0030


@dataclass(frozen=True)
class EyeShade:
    """What lids do to the eye's light at some samples."""

    light: Float32[np.ndarray, "N"]
    """Share that arrives."""
    tear: Float32[np.ndarray, "N"]
    """How much a sample belongs to the tears along the lower lid, in [0, 1]."""


class LidContact:
    """The lids' edges of one posed head."""

    def __init__(self, model: HeadModel, vertices_m: Float[np.ndarray, "V 3"]) -> None:
        self._eyes = {side: _Eye.of(model, vertices_m, side) for side in SIDES}

    def shade(self, side: Side, points_m: Float[np.ndarray, "N 3"]) -> EyeShade:
        """At points on an eyeball or its cornea."""
        eye = self._eyes[side]
        along, height = eye.unrolled(points_m)
        light = np.ones(len(points_m), np.float32)
        below = {lid: np.zeros_like(light) for lid in LIDS}
        for lid, (edge_along, edge_height) in eye.edges.items():
            sign = 1 if lid == "upper" else -1
            gap = sign * (np.interp(along, edge_along, edge_height) - height)
            below[lid] = np.maximum(gap, 0).astype(np.float32)
            light *= 1 - np.float32(_DARKNESS[lid]) * np.exp(-below[lid] / _REACH_M[lid])
        first, last = eye.corners
        inside = np.maximum(np.minimum(along - first, last - along), 0)
        light *= 1 - _CORNER_DARKNESS * np.exp(-inside / _CORNER_REACH_M)
        tear = np.exp(-((below["lower"] / _TEAR_REACH_M) ** 2))
        return EyeShade(light.astype(np.float32), tear.astype(np.float32))


@dataclass(frozen=True)
class _Eye:
    centre_m: Float[np.ndarray, "3"]
    radius_m: float
    edges: dict[Lid, tuple[Float[np.ndarray, "C"], Float[np.ndarray, "C"]]]
    """Place along the opening, ascending, and height of each lid's back edge; metres."""

    @property
    def corners(self) -> tuple[float, float]:
        along = self.edges["upper"][0]
        return float(along[0]), float(along[-1])

    @classmethod
    def of(cls, model: HeadModel, vertices_m: Float[np.ndarray, "V 3"], side: Side) -> "_Eye":
        ball = np.unique(model.triangles[model.part_triangles(f"eyeball_{side}")])
        centre = vertices_m[ball].mean(axis=0) if len(ball) else np.zeros(3)
        radius = float(np.linalg.norm(vertices_m[ball] - centre, axis=1).mean()) if len(ball) else 1
        eye = cls(centre, radius, {})
        for lid in LIDS:
            along, height = eye.unrolled(
                lid_margin(model, side, lid, "back").positions(model, vertices_m)
            )
            order = np.argsort(along)
            eye.edges[lid] = along[order], height[order]
        return eye

    def unrolled(
        self, points_m: Float[np.ndarray, "N 3"]
    ) -> tuple[Float[np.ndarray, "N"], Float[np.ndarray, "N"]]:
        """Longitude and latitude about the eye's centre, times its radius."""
        x, y, z = (points_m - self.centre_m).T
        level = np.hypot(x, z)
        return self.radius_m * np.arctan2(x, z), self.radius_m * np.arctan2(y, level)
