"""The edges of the eyelids on any head model, found by cutting its skin across the lids.

MediaPipe's rim points say roughly where the lids end. Each cut, a plane through the eye's centre,
meets the skin in a profile: the lid's outer face, its narrow margin, its inner face. The margin's
front edge, where lashes grow, is the profile's farthest point towards forward and the opening; its
back edge, which touches the eyeball, is the farthest towards the opening alone.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from jaxtyping import Float, Float32, Int32

from reconstruction_backend.head_model import JOINT_NAMES, HeadModel, SurfacePoints
from reconstruction_backend.tangents import unit

Side = Literal["left", "right"]
Lid = Literal["upper", "lower"]
Edge = Literal["front", "back"]
SIDES: tuple[Side, Side] = ("left", "right")
LIDS: tuple[Lid, Lid] = ("upper", "lower")

RIM = {
    "right": (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246),
    "left": (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466),
}
"""MediaPipe's points of each eye's rim: outer corner, lower lid, inner corner, upper lid."""
_INNER_CORNER = 8
_CUTS = 96
_REACH_M = 0.0035
"""How far from the rim points the margin may lie."""
_LID_PART = "skin"


@dataclass(frozen=True)
class LidMargin:
    """One edge of one lid, from the inner corner to the outer, bound to the skin."""

    side: Side
    lid: Lid
    points: SurfacePoints
    share: Float32[np.ndarray, "C"]
    """Of the way from the inner corner to the outer, along the rim."""
    outward: Float32[np.ndarray, "C 3"]
    """Unit, level, away from the eye, in the template."""
    up: Float32[np.ndarray, "3"]
    """Unit, in the template."""

    def positions(
        self, model: HeadModel, vertices_m: Float[np.ndarray, "V 3"]
    ) -> Float[np.ndarray, "C 3"]:
        """The edge on the given vertices."""
        return model.surface_points(self.points, vertices_m)


@lru_cache(maxsize=32)
def lid_margin(model: HeadModel, side: Side, lid: Lid, edge: Edge) -> LidMargin:
    """An edge of a lid; kept for the next call with the same model object."""
    centre = model.joints_template_m[JOINT_NAMES.index(f"{side}Eye")]
    rim = _rim(model, side, lid)
    chord = unit(rim[-1] - rim[0])
    up = unit(np.array([0.0, 1.0, 0.0]) - chord * chord[1])
    at, share = _resampled(rim, _CUTS)
    opposite, _ = _resampled(_rim(model, side, "lower" if lid == "upper" else "upper"), _CUTS)
    middle = (at + opposite) / 2
    outward = at - centre
    outward = unit(outward - np.outer(outward @ up, up))
    towards_opening = -up if lid == "upper" else up
    direction = unit(outward + towards_opening) if edge == "front" else towards_opening
    skin = _skin_near(model, at)
    chosen = [
        _farthest(skin, _Cut(at[i], np.cross(outward[i], up), middle[i], towards_opening, d))
        for i, d in enumerate(np.broadcast_to(direction, at.shape))
    ]
    return LidMargin(
        side=side,
        lid=lid,
        points=SurfacePoints(
            np.array([triangle for triangle, _ in chosen], np.int32),
            np.array([weights for _, weights in chosen], np.float32),
        ),
        share=share.astype(np.float32),
        outward=outward.astype(np.float32),
        up=up.astype(np.float32),
    )


def _rim(model: HeadModel, side: Side, lid: Lid) -> Float[np.ndarray, "L 3"]:
    """The rim's landmarks along one lid, inner corner first."""
    order = RIM[side]
    chosen = (*order[_INNER_CORNER:], order[0]) if lid == "upper" else order[_INNER_CORNER::-1]
    points = model.landmarks_mediapipe
    some = SurfacePoints(points.triangle[list(chosen)], points.barycentric[list(chosen)])
    return model.surface_points(some, model.template_m).astype(np.float64)


def _resampled(
    line_m: Float[np.ndarray, "L 3"], count: int
) -> tuple[Float[np.ndarray, "count 3"], Float[np.ndarray, "count"]]:
    """Points at even steps along a polyline, and their shares of its length."""
    steps = np.linalg.norm(np.diff(line_m, axis=0), axis=1)
    length = np.concatenate([[0], np.cumsum(steps)])
    share = np.linspace(0, 1, count)
    points = [np.interp(share * length[-1], length, column) for column in line_m.T]
    return np.stack(points, axis=1), share


@dataclass(frozen=True)
class _Cut:
    """A plane across a lid, and what is sought in it; all vectors have three numbers."""

    place: np.ndarray
    """The rim's point."""
    normal: np.ndarray
    middle: np.ndarray
    """Half-way to the other lid, whose profile does not count."""
    towards_opening: np.ndarray
    direction: np.ndarray


@dataclass(frozen=True)
class _Skin:
    """Triangles near the rim and where their corners lie in the template."""

    triangles: Int32[np.ndarray, "E"]
    corners: Float32[np.ndarray, "E 3 3"]


def _skin_near(model: HeadModel, at: Float[np.ndarray, "C 3"]) -> _Skin:
    triangles = model.part_triangles(_LID_PART)
    corner = model.template_m[model.triangles[triangles, 0]]
    low, high = at.min(axis=0) - 2 * _REACH_M, at.max(axis=0) + 2 * _REACH_M
    inside = ((corner > low) & (corner < high)).all(axis=1)
    near = triangles[inside] if inside.any() else triangles
    return _Skin(near, model.template_m[model.triangles[near]])


def _farthest(skin: _Skin, cut: _Cut) -> tuple[int, Float[np.ndarray, "3"]]:
    """Where the cut meets a triangle's edge farthest along: triangle and barycentric weights.

    Where it meets no skin near the rim, the skin's nearest corner.
    """
    height = skin.corners @ cut.normal - cut.place @ cut.normal
    h0, h1, h2 = height.T  # one by one: numpy reduces over three columns slowly
    below, above = (h0 < 0) | (h1 < 0) | (h2 < 0), (h0 > 0) | (h1 > 0) | (h2 > 0)
    met = np.flatnonzero(below & above)
    triangles, height = skin.triangles[met], height[met]
    corners = skin.corners[met] - cut.place
    a, b = np.array([0, 1, 2]), np.array([1, 2, 0])
    row, edge = np.nonzero(height[:, a] * height[:, b] < 0)
    from_height, to_height = height[row, a[edge]], height[row, b[edge]]
    t = (from_height / (from_height - to_height))[:, None]
    points = (1 - t) * corners[row, a[edge]] + t * corners[row, b[edge]]
    past_middle = (points + cut.place - cut.middle) @ cut.towards_opening
    allowed = (np.linalg.norm(points, axis=1) < _REACH_M) & (past_middle < 0)
    if not allowed.any():
        return _nearest_corner(skin, cut.place)
    best = int(np.where(allowed, points @ cut.direction, -np.inf).argmax())
    weights = np.zeros(3)
    weights[[a[edge[best]], b[edge[best]]]] = 1 - t[best, 0], t[best, 0]
    return int(triangles[row[best]]), weights


def _nearest_corner(
    skin: _Skin, place: Float[np.ndarray, "3"]
) -> tuple[int, Float[np.ndarray, "3"]]:
    distance = np.linalg.norm(skin.corners - place, axis=2)
    triangle, corner = np.unravel_index(int(distance.argmin()), distance.shape)
    return int(skin.triangles[triangle]), np.eye(3)[corner]
