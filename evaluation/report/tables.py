"""The report's tables, as text that is ready to be laid out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.bootstrap import Estimate
from evaluation.portraits.figures import METRICS, Metric, metric_named
from evaluation.report.references import REFERENCES
from evaluation.runs.comparison import Comparison, PairedDifference
from evaluation.runs.summary import RunSummary

GROUP_TITLES = {
    "likeness": "Likeness at the fitted camera",
    "identity": "Identity",
    "hair": "Hair",
    "fit": "Fit and texture",
    "cost": "Speed and memory",
}


@dataclass(frozen=True)
class Figure:
    """One run's entry for one metric."""

    mean: str
    interval: str
    median: str
    note: str
    """Why there is none, or of how many photos it is where not of all."""


@dataclass(frozen=True)
class MetricRow:
    """One metric over all runs."""

    title: str
    unit: str
    better: str
    what: str
    figures: tuple[Figure, ...]
    references: tuple[str, ...]


@dataclass(frozen=True)
class MetricGroup:
    """Metrics that belong together."""

    title: str
    rows: tuple[MetricRow, ...]


@dataclass(frozen=True)
class DifferenceRow:
    """One metric of a comparison."""

    title: str
    unit: str
    mean: str
    interval: str
    share: str
    count: int
    verdict: str
    winner: str
    """`first`, `second` or `open`."""


def metric_groups(runs: Sequence[RunSummary]) -> tuple[MetricGroup, ...]:
    """Groups with at least one metric that some run has, or says why it has not."""
    groups: list[MetricGroup] = []
    for name, title in GROUP_TITLES.items():
        rows = [_metric_row(metric, runs) for metric in METRICS if metric.group == name]
        groups.append(MetricGroup(title, tuple(row for row in rows if row is not None)))
    return tuple(group for group in groups if group.rows)


def difference_rows(comparison: Comparison) -> tuple[DifferenceRow, ...]:
    """Second minus first, metric by metric."""
    return tuple(_difference_row(each, comparison) for each in comparison.differences)


def _metric_row(metric: Metric, runs: Sequence[RunSummary]) -> MetricRow | None:
    if all(run.metric(metric.key) is None and metric.key not in run.not_computed for run in runs):
        return None
    return MetricRow(
        title=metric.title,
        unit=metric.unit,
        better="↑" if metric.better == "higher" else "↓",
        what=metric.what,
        figures=tuple(_figure(metric, run) for run in runs),
        references=tuple(_reference(metric, each.figures) for each in REFERENCES),
    )


def _reference(metric: Metric, figures: dict[str, float]) -> str:
    return f"{figures[metric.key]:g}" if metric.key in figures else ""


def _figure(metric: Metric, run: RunSummary) -> Figure:
    summary = run.metric(metric.key)
    if summary is None:
        return Figure("", "", "", run.not_computed.get(metric.key, "none"))
    note = "" if summary.count == run.measured else f"of {summary.count} photos"
    return Figure(
        mean=number(summary.mean.value, metric.digits),
        interval=interval(summary.mean, metric.digits),
        median=number(summary.median.value, metric.digits),
        note=note,
    )


def _difference_row(difference: PairedDifference, comparison: Comparison) -> DifferenceRow:
    metric = metric_named(difference.key)
    names = {"first": comparison.first, "second": comparison.second}
    verdict = names.get(difference.verdict)
    return DifferenceRow(
        title=metric.title,
        unit=metric.unit,
        mean=number(difference.mean.value, metric.digits, signed=True),
        interval=interval(difference.mean, metric.digits, signed=True),
        share=f"{100 * difference.second_better_share:.0f} %",
        count=difference.count,
        verdict=f"{verdict} is better" if verdict else "no difference seen",
        winner=difference.verdict,
    )


def number(value: float, digits: int, signed: bool = False) -> str:
    """With a fixed number of decimals."""
    if np.isinf(value):
        return "∞"
    return f"{value:{'+' if signed else ''}.{digits}f}"


def interval(estimate: Estimate, digits: int, signed: bool = False) -> str:
    """The bounds, or nothing where there are none."""
    if estimate.interval is None:
        return ""
    low = number(estimate.interval.low, digits, signed)
    return f"{low} to {number(estimate.interval.high, digits, signed)}"
