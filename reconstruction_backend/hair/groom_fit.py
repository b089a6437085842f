"""Where a groom from a file belongs on our head: its unit, its axes and its place, found and told.

Files of strands say none of the three. The roots lie on somebody's scalp, so the scale and shift
are sought that bring them onto ours (iterative closest points, Besl and McKay 1992, with a scale
and without turns), once for each way that programs lay their axes; the one is taken under which
roots lie nearest to the scalp and hair outside the head.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.spatial import KDTree

from reconstruction_backend.hair.formats.conversion import Placement
from reconstruction_backend.hair.formats.polylines import InvalidGroom, Polylines
from reconstruction_backend.hair.scalp import scalp_of
from reconstruction_backend.hair.skin_distance import SkinDistance
from reconstruction_backend.head_model import HeadModel, SurfacePoints

AXES: dict[str, tuple[tuple[int, int, int], ...]] = {
    "Y up, facing +Z": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "Y up, facing -Z": ((-1, 0, 0), (0, 1, 0), (0, 0, -1)),
    "Z up, facing -Y": ((1, 0, 0), (0, 0, 1), (0, -1, 0)),
    "Z up, facing +Y": ((-1, 0, 0), (0, 0, 1), (0, 1, 0)),
}
"""Rows of the rotation to ours, by how a file's axes lie."""
_SAMPLES, _ROOTS, _PROBES = 20_000, 1_500, 8_000
_ROUNDS, _KEPT = 40, 0.9
FARTHEST_M = 0.005
"""Of roots from the scalp at the median: above it the file is no groom of one head."""
_INSIDE_WEIGHT = 3.0
_SHRINKS = 0.7
"""Of the first guess at most: nearest points alone would draw all roots into one."""
_LEAST_COVERED_M = 0.11
_UNITS = {"metre": 1.0, "decimetre": 0.1, "inch": 0.0254, "centimetre": 0.01, "millimetre": 0.001}
_UNIT_TOLERANCE = 0.15
"""Heads differ in size: a scale this near to a unit is named after it."""


@dataclass(frozen=True)
class FittedPlacement:
    """How a file's coordinates become ours, and how sure that is."""

    placement: Placement
    axes: str
    residual_m: float
    """Of the roots from the scalp, median."""

    @property
    def sentence(self) -> str:
        """What was found, for the user to check."""
        metres = self.placement.metres_per_unit
        named = [
            f" (about a {name})"
            for name, unit in _UNITS.items()
            if abs(metres / unit - 1) < _UNIT_TOLERANCE
        ]
        return (
            f"Taken as {self.axes}, one unit as {metres:.4g} m{(named or [''])[0]}; the roots lie "
            f"{self.residual_m * 1e3:.1f} mm from the scalp (median)."
        )


def scalp_samples(model: HeadModel, count: int = _SAMPLES) -> SurfacePoints:
    """Points spread over the scalp's triangles by area, the same ones every time."""
    scalp = scalp_of(model)
    a, b, c = model.template_m[model.triangles[scalp.triangle]].transpose(1, 0, 2)
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    rng = np.random.default_rng(0)
    chosen = rng.choice(len(area), count, p=area / area.sum())
    return SurfacePoints(
        scalp.triangle[chosen], rng.dirichlet(np.ones(3), count).astype(np.float32)
    )


def fit_groom(
    lines: Polylines, model: HeadModel, metres_per_unit: float | None = None
) -> FittedPlacement:
    """Find how a groom lies on the model's mean head; its scale too, unless it is known.

    Raises InvalidGroom if it does not lie on a head, or covers too little of one to tell.
    """
    rng = np.random.default_rng(0)
    long = np.flatnonzero(lines.lengths > 1)
    if len(long) == 0:
        raise InvalidGroom("The file holds no strand of two points.")
    some = rng.choice(long, min(len(long), _ROOTS), replace=False)
    roots = lines.points[lines.starts[some]].astype(np.float64)
    probes = lines.points[rng.integers(0, len(lines.points), _PROBES)].astype(np.float64)
    if np.ptp(roots, axis=0).max() <= 0:
        raise InvalidGroom("All strands of the file begin in one point.")
    on_scalp = model.surface_points(scalp_samples(model), model.template_m)
    tree, skin = KDTree(on_scalp), SkinDistance.of(model, model.template_m)
    best: tuple[float, FittedPlacement] | None = None
    for axes, rows in AXES.items():
        turn = np.array(rows, np.float64)
        scale, shift = _closest(roots @ turn.T, tree, on_scalp, metres_per_unit)
        residual = float(np.median(tree.query(scale * roots @ turn.T + shift)[0]))
        depth = np.maximum(-skin.distance((scale * probes @ turn.T + shift).astype(np.float32)), 0)
        cost = residual + _INSIDE_WEIGHT * float(depth.mean())
        placement = Placement(scale, turn.astype(np.float32), shift.astype(np.float32))
        if best is None or cost < best[0]:
            best = cost, FittedPlacement(placement, axes, residual)
    if best is None or best[1].residual_m > FARTHEST_M:
        raise InvalidGroom("The strands' roots do not lie on a head, however it is turned.")
    covered_m = best[1].placement.metres_per_unit * float(np.ptp(roots, axis=0).max())
    if metres_per_unit is None and covered_m < _LEAST_COVERED_M:
        raise InvalidGroom("The strands cover too little of a head to tell its size; give a unit.")
    return best[1]


def _closest(
    roots: Float[np.ndarray, "N 3"],
    tree: KDTree,
    on_scalp: Float[np.ndarray, "S 3"],
    known_scale: float | None,
) -> tuple[float, Float[np.ndarray, "3"]]:
    """Scale and shift that bring the roots onto the scalp, whatever fits worst left aside."""
    centre, tiny = roots.mean(axis=0), np.finfo(np.float64).tiny
    reach = np.linalg.norm(roots - centre, axis=1).mean()
    head_reach = np.linalg.norm(on_scalp - on_scalp.mean(axis=0), axis=1).mean()
    first = known_scale or float(head_reach / max(reach, tiny))
    scale, shift = first, on_scalp.mean(axis=0) - first * centre
    for _ in range(_ROUNDS):
        distance, nearest = tree.query(scale * roots + shift)
        kept = distance <= np.quantile(distance, _KEPT)
        here, there = roots[kept], on_scalp[np.asarray(nearest)[kept]]
        lever, arm = here - here.mean(axis=0), there - there.mean(axis=0)
        if known_scale is None:
            scale = float((lever * arm).sum() / max((lever**2).sum(), tiny))
            scale = float(np.clip(scale, _SHRINKS * first, first / _SHRINKS))
        shift = there.mean(axis=0) - scale * here.mean(axis=0)
    return scale, shift
