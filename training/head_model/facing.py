"""Lips and lids that meet: a gap that the data leaves closes, overlaps part.

Along the line between two facing edges the underside of the upper and the top of the lower are
measured by vertical rays; both then move by half of the difference to the wanted gap.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene
from jaxtyping import Bool, Float, Int
from scipy.ndimage import gaussian_filter1d, minimum_filter1d

from training.head_model import data
from training.head_model.landmarks import edge_graph, edge_path
from training.head_model.regions import smooth
from training.head_model.template import PARTS, Template

COLUMNS, ROWS = 161, 90
RAY_START_M = 0.02
SMOOTHING_COLUMNS = 2.0
NEARBY_M = 0.002
STEADY_AT = 1.5
"""The gap's change is measured this many standard deviations either way."""


@dataclass(frozen=True)
class FacingEdges:
    """Two edges of the skin that can meet, through iBUG landmarks from corner to corner."""

    upper: tuple[int, ...]
    lower: tuple[int, ...]
    gap_m: float
    """Kept open."""
    reach_m: float
    """Offsets fade to nothing at this distance."""
    corner_m: float
    """Offsets vanish over this length towards the corners."""
    depth_m: tuple[float, float]
    """Behind and before the edges: where the surfaces face each other."""


LIPS = FacingEdges(
    (60, 61, 62, 63, 64), (60, 67, 66, 65, 64), 0.00012, 0.009, 0.0002, (-0.010, 0.006)
)
LEFT_LIDS = FacingEdges((42, 43, 44, 45), (42, 47, 46, 45), 0.00006, 0.006, 0.002, (-0.002, 0.002))
RIGHT_LIDS = FacingEdges((36, 37, 38, 39), (36, 41, 40, 39), 0.00006, 0.006, 0.002, (-0.002, 0.002))


class Opening:
    """Upper and lower side of the mouth or an eye, told apart once in a pose where it is open."""

    def __init__(
        self,
        edges: FacingEdges,
        template: Template,
        rest_m: Float[np.ndarray, "B 3"],
        opened_m: Float[np.ndarray, "B 3"],
    ) -> None:
        self._edges = edges
        graph = edge_graph(rest_m, template)
        self._loops = [
            edge_path(graph, template.from_data([data.IBUG68[i] for i in loop]))
            for loop in (edges.upper, edges.lower)
        ]
        parts = [PARTS.index("skin"), PARTS.index("mouth_interior")]
        triangles = template.triangles[np.isin(template.triangle_part, parts)]
        reach = np.linalg.norm(
            rest_m[:, None] - rest_m[np.concatenate(self._loops)][None, ::4], axis=2
        ).min(1)
        near = triangles[(reach[triangles] < edges.reach_m + NEARBY_M).all(1)]
        self._is_upper = _upper_side(opened_m, near, self._loops)
        movable = np.zeros(len(rest_m), bool)
        movable[near] = True
        self._movable = movable
        self._upper = near[self._is_upper[near].all(1)]
        self._lower = near[~self._is_upper[near].any(1)]

    def meeting_offset(
        self, vertices_m: Float[np.ndarray, "B 3"], closes: bool
    ) -> Float[np.ndarray, "B 3"]:
        """Vertical offsets that part overlapping edges, and with `closes` shut the gap too."""
        change = self._gap(vertices_m) - self._edges.gap_m
        return self._moved_together(vertices_m, change if closes else np.minimum(change, 0))

    def steadying_offset(
        self, rest_m: Float[np.ndarray, "B 3"], field_m: Float[np.ndarray, "B 3"]
    ) -> Float[np.ndarray, "B 3"]:
        """To be added to a field, so that to first order it leaves the gap as it is."""
        step = field_m * STEADY_AT
        change = self._gap(rest_m + step) - self._gap(rest_m - step)
        return self._moved_together(rest_m, change / (2 * STEADY_AT))

    def _moved_together(
        self, vertices_m: Float[np.ndarray, "B 3"], change_m: Float[np.ndarray, "C"]
    ) -> Float[np.ndarray, "B 3"]:
        """Both edges move by half of what the gap is to lose in each column."""
        x, middle = self._line(vertices_m)
        corner = smooth(np.minimum(x - x[0], x[-1] - x) / self._edges.corner_m)
        at = vertices_m[:, 0]
        to_middle = np.stack(
            [vertices_m[:, 1 + k] - np.interp(at, x, middle[:, k]) for k in range(2)], axis=1
        )
        fade = smooth(1 - np.linalg.norm(to_middle, axis=1) / self._edges.reach_m)
        half = np.interp(at, x, change_m / 2 * corner, left=0, right=0) * fade * self._movable
        offset = np.zeros_like(vertices_m)
        offset[:, 1] = np.where(self._is_upper, -half, half)
        return offset

    def _line(
        self, vertices_m: Float[np.ndarray, "B 3"]
    ) -> tuple[Float[np.ndarray, "C"], Float[np.ndarray, "C 2"]]:
        """Columns across the opening and the (y, z) between its edges there."""
        curves = [vertices_m[loop] for loop in self._loops]
        x = np.linspace(
            max(c[:, 0].min() for c in curves), min(c[:, 0].max() for c in curves), COLUMNS
        )
        line = np.zeros((COLUMNS, 2))
        for curve in curves:
            order = np.argsort(curve[:, 0])
            for k in range(2):
                line[:, k] += np.interp(x, curve[order, 0], curve[order, 1 + k]) / 2
        return x, line

    def _gap(self, vertices_m: Float[np.ndarray, "B 3"]) -> Float[np.ndarray, "C"]:
        """Least height of the upper side over the lower per column; negative if they overlap."""
        x, middle = self._line(vertices_m)
        depth = np.linspace(*self._edges.depth_m, ROWS)
        place = np.stack(
            [
                np.repeat(x, ROWS),
                np.repeat(middle[:, 0], ROWS),
                (middle[:, 1:] + depth).ravel(),
            ],
            axis=1,
        )
        floor = _heights(vertices_m, self._lower, place, from_above=True)
        ceiling = _heights(vertices_m, self._upper, place, from_above=False)
        gap = np.nan_to_num((ceiling - floor).reshape(COLUMNS, ROWS), nan=np.inf).min(1)
        gap[~np.isfinite(gap)] = self._edges.gap_m
        return gaussian_filter1d(minimum_filter1d(gap, 7), SMOOTHING_COLUMNS)


def _upper_side(
    opened_m: Float[np.ndarray, "B 3"], near: Int[np.ndarray, "F 3"], loops: list[list[int]]
) -> Bool[np.ndarray, "B"]:
    """Vertices nearer along the skin to the upper edge than to the lower."""
    pairs = np.unique(
        np.sort(np.concatenate([near[:, [i, (i + 1) % 3]] for i in range(3)]), axis=1), axis=0
    )
    length = np.linalg.norm(opened_m[pairs[:, 0]] - opened_m[pairs[:, 1]], axis=1)
    graph = sp.csr_matrix((length, pairs.T), shape=(len(opened_m),) * 2)
    upper, lower = (
        sp.csgraph.dijkstra(graph, directed=False, indices=loop[1:-1], min_only=True)
        for loop in loops
    )
    return upper < lower


def _heights(
    vertices_m: Float[np.ndarray, "B 3"],
    triangles: Int[np.ndarray, "F 3"],
    place: Float[np.ndarray, "K 3"],
    from_above: bool,
) -> Float[np.ndarray, "K"]:
    """y of the first hit of vertical rays; NaN without a hit."""
    scene = EmbreeScene()
    TriangleMesh(scene, vertices_m[triangles].astype(np.float32))
    sign = 1.0 if from_above else -1.0
    origins = (place + np.array([0, sign * RAY_START_M, 0])).astype(np.float32)
    down = np.tile(np.array([[0, -sign, 0]], np.float32), (len(place), 1))
    hits = scene.run(origins, down, output=True)
    height = origins[:, 1] - sign * hits["tfar"]
    return np.where(hits["primID"] >= 0, height, np.nan).astype(np.float64)
