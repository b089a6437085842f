"""A thin dark film between lids and eyeball, for engines that work out no contact shadows.

It begins at the back edge of each lid and fades over a few millimetres of the eye, opaque only in
its vertices' alpha, and follows the lids: when the eye closes, the upper and the lower film meet.
`cameo render` works the same shade out per sample (rendering/lid_contact.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from jaxtyping import Float, Float32, Int32

from reconstruction_backend.head_model import JOINT_NAMES, HeadModel
from reconstruction_backend.lid_margins import (
    LIDS,
    SIDES,
    Lid,
    LidMargin,
    Side,
    lid_margin,
)
from reconstruction_backend.tangents import unit

_EVERY_CUT = 4
_REACHES_M: dict[Lid, tuple[float, ...]] = {
    "upper": (0.0, 0.0006, 0.0015, 0.0032),
    "lower": (0.0, 0.0004, 0.0009, 0.0018),
}
_ALPHAS: dict[Lid, tuple[float, ...]] = {
    "upper": (0.66, 0.45, 0.20, 0.0),
    "lower": (0.42, 0.24, 0.10, 0.0),
}
_LIFT_M = 0.00015
"""Above eyeball and cornea."""
_BETWEEN = (0.10, 0.97)
"""Shares of the lids' length; beyond them the corners close."""
_STILL_M = 1.5e-4
"""Films whose lids move by less keep still."""
_ON_SPHERE_M = 5e-5
_EVERY_VERTEX = 5  # a sphere needs few of its points
_REGULAR = 1e-12  # keeps a sphere through too few points finite


@lru_cache(maxsize=4)
def lid_shade(model: HeadModel) -> "LidShade":
    """The films of a head model; kept for the next call with the same model object."""
    return LidShade(model)


@dataclass(frozen=True)
class LidShade:
    """The films of both eyes of a head model."""

    model: HeadModel

    @cached_property
    def _films(self) -> "tuple[_Film, ...]":
        return tuple(_Film.of(self.model, side, lid) for side in SIDES for lid in LIDS)

    @cached_property
    def _eyes(self) -> "dict[Side, _EyeSurface]":
        return {side: _EyeSurface.of(self.model, side) for side in SIDES}

    @cached_property
    def triangles(self) -> Int32[np.ndarray, "F 3"]:
        """Indices into the vertices of all films, counter-clockwise from outside."""
        starts = np.cumsum([0] + [film.count for film in self._films])
        return np.concatenate(
            [f.triangles() + int(s) for f, s in zip(self._films, starts[:-1], strict=True)]
        ).astype(np.int32)

    @cached_property
    def alpha(self) -> Float32[np.ndarray, "L"]:
        """How much light each vertex takes away."""
        return np.concatenate([film.alpha() for film in self._films]).astype(np.float32)

    def vertices(self, vertices_m: Float[np.ndarray, "V 3"]) -> Float32[np.ndarray, "L 3"]:
        """On a head of the given vertices, metres."""
        eyes = {side: eye.posed(vertices_m) for side, eye in self._eyes.items()}
        parts = [film.vertices(vertices_m, eyes[film.edge.side]) for film in self._films]
        return np.concatenate(parts).astype(np.float32)

    def displacements(
        self,
        rest_m: Float[np.ndarray, "V 3"],
        changes_m: Sequence[Float[np.ndarray, "V 3"]],
    ) -> list[Float32[np.ndarray, "L 3"]]:
        """How the vertices move when the head's move from rest; films that nothing moves rest."""
        rest = self.vertices(rest_m)
        eyes = {side: eye.posed(rest_m) for side, eye in self._eyes.items()}
        ends = np.cumsum([film.count for film in self._films])
        moved: list[Float32[np.ndarray, "L 3"]] = []
        for change in changes_m:
            by = np.zeros_like(rest)
            turned = {
                side: eye.posed(rest_m + change) if eye.moves(change) else eyes[side]
                for side, eye in self._eyes.items()
            }
            for film, end in zip(self._films, ends, strict=True):
                if film.moves(change):
                    rows = slice(end - film.count, end)
                    by[rows] = film.vertices(rest_m + change, turned[film.edge.side]) - rest[rows]
            moved.append(by)
        return moved

    def normals(self, vertices_m: Float[np.ndarray, "V 3"]) -> Float32[np.ndarray, "L 3"]:
        """Away from the eyes' middles."""
        centres = {side: eye.posed(vertices_m).centre for side, eye in self._eyes.items()}
        middle = [np.tile(centres[film.edge.side], (film.count, 1)) for film in self._films]
        return unit(self.vertices(vertices_m) - np.concatenate(middle)).astype(np.float32)

    def skinning_weights(self) -> Float32[np.ndarray, "L J"]:
        """Those of the lid's edge from which each vertex hangs."""
        parts = [film.skinning_weights() for film in self._films]
        return np.concatenate(parts).astype(np.float32)


@dataclass(frozen=True)
class _Film:
    """Of one lid: rows of vertices from its edge inwards."""

    model: HeadModel
    edge: LidMargin
    opposite: LidMargin
    cuts: Int32[np.ndarray, "C"]

    @classmethod
    def of(cls, model: HeadModel, side: Side, lid: Lid) -> "_Film":
        edge = lid_margin(model, side, lid, "back")
        opposite = lid_margin(model, side, "lower" if lid == "upper" else "upper", "back")
        inside = np.flatnonzero((edge.share >= _BETWEEN[0]) & (edge.share <= _BETWEEN[1]))
        cuts = inside[::_EVERY_CUT].astype(np.int32)
        return cls(model, edge, opposite, cuts)

    @property
    def count(self) -> int:
        return len(self.cuts) * len(_REACHES_M[self.edge.lid])

    def moves(self, change_m: Float[np.ndarray, "V 3"]) -> bool:
        """Whether a displacement of the head moves either lid."""
        edges = (self.edge, self.opposite)
        by = np.concatenate([edge.positions(self.model, change_m) for edge in edges])
        return bool(np.abs(by).max() > _STILL_M)

    def vertices(
        self, vertices_m: Float[np.ndarray, "V 3"], eye: "_Balls"
    ) -> Float[np.ndarray, "K 3"]:
        start = self.edge.positions(self.model, vertices_m)[self.cuts]
        across = self.opposite.positions(self.model, vertices_m)[self.cuts] - start
        gap = np.maximum(np.linalg.norm(across, axis=1), 1e-6)
        first, *others = _REACHES_M[self.edge.lid]
        rows = [start + across * first]
        for reach in others:
            share = np.minimum(reach / gap, 0.5)[:, None]
            rows.append(eye.lifted(start + across * share, _LIFT_M))
        return np.stack(rows, axis=1).reshape(-1, 3)

    def alpha(self) -> Float[np.ndarray, "K"]:
        return np.tile(_ALPHAS[self.edge.lid], len(self.cuts))

    def triangles(self) -> Int32[np.ndarray, "F 3"]:
        rows = len(_REACHES_M[self.edge.lid])
        cut, row = np.meshgrid(np.arange(len(self.cuts) - 1), np.arange(rows - 1), indexing="ij")
        a = (cut * rows + row).ravel()
        quads = np.stack([a, a + 1, a + rows + 1, a, a + rows + 1, a + rows], axis=1)
        # seen from outside, the way from the nose runs the other way round on the other eye
        clockwise = (self.edge.side == "left") == (self.edge.lid == "lower")
        faces = quads.reshape(-1, 3)
        return (faces[:, ::-1] if clockwise else faces).astype(np.int32)

    def skinning_weights(self) -> Float[np.ndarray, "K J"]:
        points = self.edge.points
        corners = self.model.skinning_weights[self.model.triangles[points.triangle[self.cuts]]]
        weights = np.einsum("cb,cbj->cj", points.barycentric[self.cuts], corners)
        return np.repeat(weights, len(_REACHES_M[self.edge.lid]), axis=0)


@dataclass(frozen=True)
class _Balls:
    """An eyeball and its cornea as two spheres."""

    centre: Float[np.ndarray, "3"]
    radius: float
    cornea_centre: Float[np.ndarray, "3"]
    cornea_radius: float

    def lifted(self, points_m: Float[np.ndarray, "N 3"], by_m: float) -> Float[np.ndarray, "N 3"]:
        """The points moved radially to that height over the eye's outer surface."""
        direction = unit(points_m - self.centre)
        middle = self.cornea_centre - self.centre
        along = direction @ middle
        inside = along**2 - middle @ middle + self.cornea_radius**2
        bulge = np.where(inside > 0, along + np.sqrt(np.maximum(inside, 0)), 0)
        return self.centre + direction * (np.maximum(bulge, self.radius) + by_m)[:, None]


@dataclass(frozen=True)
class _EyeSurface:
    """Which vertices lie on the spheres of an eye."""

    ball: Int32[np.ndarray, "B"]
    cornea: Int32[np.ndarray, "K"]

    @classmethod
    def of(cls, model: HeadModel, side: Side) -> "_EyeSurface":
        centre = model.joints_template_m[JOINT_NAMES.index(f"{side}Eye")]
        ball, cornea = (
            np.unique(model.triangles[model.part_triangles(f"{part}_{side}")]).astype(np.int32)
            for part in ("eyeball", "cornea")
        )
        distance = np.linalg.norm(model.template_m[ball] - centre, axis=1)
        on_sphere = distance > distance.max(initial=0) - _ON_SPHERE_M
        return cls(ball[on_sphere][::_EVERY_VERTEX], cornea[::_EVERY_VERTEX])

    def moves(self, change_m: Float[np.ndarray, "V 3"]) -> bool:
        """Whether a displacement of the head moves the eye."""
        return bool(change_m[np.concatenate([self.ball, self.cornea])].any())

    def posed(self, vertices_m: Float[np.ndarray, "V 3"]) -> _Balls:
        """The spheres on the given vertices. An eye without cornea has none that shows."""
        centre, radius = _sphere(vertices_m[self.ball])
        if len(self.cornea) == 0:
            return _Balls(centre, radius, centre, 0.0)
        return _Balls(centre, radius, *_sphere(vertices_m[self.cornea]))


def _sphere(points_m: Float[np.ndarray, "N 3"]) -> tuple[Float[np.ndarray, "3"], float]:
    """The sphere nearest to some points, by algebraic least squares."""
    mean = points_m.mean(axis=0).astype(np.float64)
    near = points_m - mean
    design = np.concatenate([2 * near, np.ones((len(near), 1))], axis=1)
    square = design.T @ design + _REGULAR * np.eye(4)
    solution = np.linalg.solve(square, design.T @ (near**2).sum(axis=1))
    return solution[:3] + mean, float(np.sqrt(solution[3] + solution[:3] @ solution[:3]))
