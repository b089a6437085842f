"""A run in figures: of every metric the mean and the median, with how sure they are."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from evaluation.bootstrap import Estimate, estimate
from evaluation.portraits.figures import METRICS, Metric
from evaluation.runs.records import PhotoRecord
from evaluation.runs.store import Run


@dataclass(frozen=True)
class MetricSummary:
    """One metric over one run."""

    key: str
    count: int
    """Photos that have this figure."""
    mean: Estimate
    median: Estimate
    worst: float
    best: float


@dataclass(frozen=True)
class RunSummary:
    """What one run says."""

    label: str
    photos: int
    measured: int
    failed: int
    metrics: tuple[MetricSummary, ...]
    """Those that were computed for at least one photo."""
    not_computed: dict[str, str]
    """Metric and reason."""

    def metric(self, key: str) -> MetricSummary | None:
        """By key; None where nothing was computed."""
        return next((each for each in self.metrics if each.key == key), None)


def summarise(run: Run) -> RunSummary:
    """Sum up a run."""
    summaries = [_of_metric(metric, values(run.measured, metric)) for metric in METRICS]
    return RunSummary(
        label=run.label,
        photos=len(run.records),
        measured=len(run.measured),
        failed=len(run.failed),
        metrics=tuple(each for each in summaries if each is not None),
        not_computed=run.settings.not_computed,
    )


def value(record: PhotoRecord, metric: Metric) -> float | None:
    """A photo's figure; None where there is none.

    The time of a worker's first avatar is none: it waits for what depends on the head model alone.
    """
    if metric.group != "cost":
        return getattr(record.figures, metric.key, None)
    if record.cost is None or (metric.key == "reconstruct_s" and not record.cost.warm):
        return None
    return float(getattr(record.cost, metric.key))


def values(records: tuple[PhotoRecord, ...], metric: Metric) -> Float[np.ndarray, "N"]:
    """All figures that there are, in the records' order."""
    found = (value(record, metric) for record in records)
    return np.array([each for each in found if each is not None], np.float64)


def _of_metric(metric: Metric, found: Float[np.ndarray, "N"]) -> MetricSummary | None:
    if len(found) == 0:
        return None
    low, high = float(found.min()), float(found.max())
    worst, best = (low, high) if metric.better == "higher" else (high, low)
    return MetricSummary(
        key=metric.key,
        count=len(found),
        mean=estimate(found, "mean"),
        median=estimate(found, "median"),
        worst=worst,
        best=best,
    )
