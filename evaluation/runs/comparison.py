"""Two runs over the same photos, photo by photo: which is better, and is that more than chance.

Photos differ far more from each other than backends do; the difference on one and the same photo
has none of that spread. So runs are paired by the photos' content, and the interval is that of the
mean difference.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from evaluation.bootstrap import Estimate, estimate
from evaluation.portraits.figures import METRICS, Metric
from evaluation.runs.records import PhotoRecord
from evaluation.runs.store import Run
from evaluation.runs.summary import value

Verdict = Literal["first", "second", "open"]


@dataclass(frozen=True)
class PairedDifference:
    """One metric, second run minus first, over the photos that both measured."""

    key: str
    count: int
    mean: Estimate
    median: Estimate
    second_better_share: float
    """Of the photos; ties count half."""
    verdict: Verdict
    """Which run is better; open where the interval of the mean difference holds zero."""


@dataclass(frozen=True)
class Comparison:
    """Two runs side by side."""

    first: str
    second: str
    paired: int
    """Photos that both measured."""
    only_first: int
    only_second: int
    """Photos that the other failed on or did not have."""
    differences: tuple[PairedDifference, ...]

    def difference(self, key: str) -> PairedDifference | None:
        """By metric; None where no photo has it in both runs."""
        return next((each for each in self.differences if each.key == key), None)


def compare(first: Run, second: Run) -> Comparison:
    """Pair the runs by their photos' content."""
    pairs = paired_records(first, second)
    differences = [_difference(metric, pairs) for metric in METRICS]
    return Comparison(
        first=first.label,
        second=second.label,
        paired=len(pairs),
        only_first=len({each.sha256 for each in first.measured}) - len(pairs),
        only_second=len({each.sha256 for each in second.measured}) - len(pairs),
        differences=tuple(each for each in differences if each is not None),
    )


def paired_records(first: Run, second: Run) -> list[tuple[PhotoRecord, PhotoRecord]]:
    """Of every photo that both measured, both records, in the first run's order."""
    others = {record.sha256: record for record in second.measured}
    own = {record.sha256: record for record in first.measured}
    return [(record, others[sha]) for sha, record in own.items() if sha in others]


def _difference(
    metric: Metric, pairs: list[tuple[PhotoRecord, PhotoRecord]]
) -> PairedDifference | None:
    figures = [(value(a, metric), value(b, metric)) for a, b in pairs]
    found = np.array([b - a for a, b in figures if a is not None and b is not None])
    if len(found) == 0:
        return None
    mean = estimate(found, "mean")
    gain = found if metric.better == "higher" else -found
    return PairedDifference(
        key=metric.key,
        count=len(found),
        mean=mean,
        median=estimate(found, "median"),
        second_better_share=float((gain > 0).mean() + (gain == 0).mean() / 2),
        verdict=_verdict(mean, metric),
    )


def _verdict(mean: Estimate, metric: Metric) -> Verdict:
    interval = mean.interval
    if interval is None or interval.low <= 0 <= interval.high:
        return "open"
    second = (mean.value > 0) == (metric.better == "higher")
    return "second" if second else "first"
