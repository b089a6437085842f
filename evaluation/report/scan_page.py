"""The report of `cameo evaluate-scans`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from jaxtyping import Float

from evaluation.bootstrap import CONFIDENCE
from evaluation.geometry.head_error import GeometrySummary, HeadError, ScanFailure
from evaluation.report.layout import environment
from evaluation.report.plots import cumulative_curve

TEMPLATE = "scan_page.html.j2"


@dataclass(frozen=True)
class GeometryReference:
    """A published row; other scans."""

    name: str
    source: str
    median_mm: float
    mean_mm: float
    std_mm: float


REFERENCES = (
    GeometryReference("RingNet", "Sanyal et al. 2019", 1.21, 1.53, 1.31),
    GeometryReference("DECA", "Feng et al. 2021", 1.09, 1.38, 1.18),
)
"""On the NoW benchmark's own test scans, scale free: as in the table of the benchmark that
Deep3DFaceRecon (Deng et al. 2019) repeats in its repository, sicxu/Deep3DFaceRecon_pytorch."""


def scan_page(
    summary: GeometrySummary,
    heads: Sequence[HeadError],
    failures: Sequence[ScanFailure],
    distance_mm: Float[np.ndarray, "N"],
) -> str:
    """The whole page."""
    return environment().get_template(TEMPLATE).render(
        written=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        confidence=f"{100 * CONFIDENCE:.0f} %",
        summary=summary,
        heads=sorted(heads, key=lambda each: -each.mean_mm),
        failures=failures,
        references=REFERENCES,
        curve=cumulative_curve(distance_mm, "Share of scan points within a distance, mm"),
    )  # fmt: skip
