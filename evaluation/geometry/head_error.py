"""One head against one scan, and all of them together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
from jaxtyping import Float

from evaluation.bootstrap import Estimate, estimate
from evaluation.geometry.now_protocol import IBUG68_POINTS, Face, now_error
from evaluation.geometry.regions import Region, regions_of
from evaluation.geometry.scan_folder import InvalidScan
from reconstruction_backend.backends import Reconstruction

SKIN = "skin"
MM = 1000.0
Distances = Float[np.ndarray, "N"]


@dataclass(frozen=True)
class HeadError:
    """One head against one scan, millimetres."""

    person: str
    head: str
    """The photo, or `mesh`."""
    points: int
    median_mm: float
    mean_mm: float
    std_mm: float
    regions_mm: dict[Region, float]
    """Mean distance per region of the face."""
    scale: float
    """By which the head was enlarged to fit."""
    seconds: float
    """To reconstruct; 0 for heads made elsewhere."""


@dataclass(frozen=True)
class ScanFailure:
    """One head that could not be measured."""

    person: str
    head: str
    message: str


@dataclass(frozen=True)
class GeometrySummary:
    """All heads together."""

    backend: str
    metrical: bool
    heads: int
    failed: int
    pooled_median_mm: float
    pooled_mean_mm: float
    pooled_std_mm: float
    """Over all points of all scans, as the benchmark reports."""
    mean_of_heads: Estimate
    """Of the heads' means: how sure it is, heads being what was sampled."""
    regions_mm: dict[Region, float]
    seconds: float
    """Median time to reconstruct a head: landmarks and fit."""


def summarise_geometry(
    backend: str,
    metrical: bool,
    errors: Sequence[HeadError],
    distances: Sequence[Distances],
    failed: int,
) -> GeometrySummary:
    """Over at least one head."""
    pooled = np.concatenate(distances)
    return GeometrySummary(
        backend=backend,
        metrical=metrical,
        heads=len(errors),
        failed=failed,
        pooled_median_mm=float(np.median(pooled)),
        pooled_mean_mm=float(pooled.mean()),
        pooled_std_mm=float(pooled.std()),
        mean_of_heads=estimate(np.array([each.mean_mm for each in errors]), "mean"),
        regions_mm={
            name: float(
                np.mean([each.regions_mm[name] for each in errors if name in each.regions_mm])
            )
            for name in get_args(Region)
            if any(name in each.regions_mm for each in errors)
        },
        seconds=float(np.median([each.seconds for each in errors])),
    )


def measure_head(
    person: str, head: str, scan: Face, mesh: Face, metrical: bool, seconds: float
) -> tuple[HeadError, Float[np.ndarray, "N"]]:
    """One head by the protocol. Raises InvalidScan where the scan holds no face."""
    try:
        error = now_error(scan, mesh, metrical)
    except ValueError as problem:
        raise InvalidScan(f"The scan cannot be measured: {problem}.") from problem
    regions = np.array(regions_of(error.points, scan.landmarks))
    means = {
        name: float(error.distance[regions == name].mean())
        for name in get_args(Region)
        if (regions == name).any()
    }
    return (
        HeadError(
            person=person,
            head=head,
            points=len(error.distance),
            median_mm=float(np.median(error.distance)),
            mean_mm=float(error.distance.mean()),
            std_mm=float(error.distance.std()),
            regions_mm=means,
            scale=error.alignment.scale,
            seconds=seconds,
        ),
        error.distance,
    )


def face_of(reconstruction: Reconstruction) -> Face:
    """The reconstructed person at rest, skin only, in millimetres."""
    model = reconstruction.head_model
    vertices = model.neutral(reconstruction.fit.shape)
    points = model.surface_points(model.landmarks_ibug68, vertices)[list(IBUG68_POINTS)]
    skin = model.part_triangles(SKIN) if SKIN in model.part_names else slice(None)
    return Face(
        MM * vertices.astype(np.float64), model.triangles[skin], MM * points.astype(np.float64)
    )
