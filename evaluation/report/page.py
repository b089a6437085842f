"""report.html: everything that is needed to decide between two backends, in one file."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from evaluation.bootstrap import CONFIDENCE
from evaluation.portraits.figures import METRICS, Metric, metric_named
from evaluation.report.gallery import difference_galleries, mean_error, run_galleries
from evaluation.report.layout import environment
from evaluation.report.plots import (
    RUN_COLOURS,
    WORST_ERROR,
    Series,
    data_uri,
    error_scale,
    histogram,
    paired_scatter,
)
from evaluation.report.references import REFERENCES
from evaluation.report.tables import difference_rows, metric_groups
from evaluation.runs.comparison import paired_records
from evaluation.runs.evaluate import Summary
from evaluation.runs.store import Run
from evaluation.runs.summary import value, values

TEMPLATE = "page.html.j2"
RANKED_BY = ("difd", "lpips_alex_head", "ssim_head")
"""The gallery is ranked by the first of these that was computed: identity, then perception."""
THESIS = 0


def report_page(runs: Sequence[Run], summary: Summary) -> str:
    """The whole page. It needs no network and no file beside it."""
    ranked_by = _ranked_by(runs)
    colours = [RUN_COLOURS[i % len(RUN_COLOURS)] for i in range(len(runs))]
    return environment().get_template(TEMPLATE).render(
        written=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        runs=list(zip(runs, summary.runs, colours, strict=True)),
        groups=metric_groups(summary.runs),
        references=REFERENCES,
        confidence=f"{100 * CONFIDENCE:.0f} %",
        comparisons=[
            (each, difference_rows(each), _scatters(runs[0], other),
             difference_galleries(runs[0], other, ranked_by))
            for each, other in zip(summary.comparisons, runs[1:], strict=True)
        ],
        histograms=[plot for metric in METRICS if (plot := _histogram(metric, runs)) is not None],
        mean_errors=[(run.label, data_uri(picture)) for run in runs
                     if (picture := mean_error(run)) is not None],
        error_scale=error_scale(),
        worst_error=WORST_ERROR,
        ranked_by=ranked_by,
        galleries=[(run.label, run_galleries(run, ranked_by)) for run in runs],
    )  # fmt: skip


def _ranked_by(runs: Sequence[Run]) -> Metric:
    computed = [key for key in RANKED_BY if any(len(values(run.measured, metric_named(key)))
                                                for run in runs)]  # fmt: skip
    return metric_named(computed[0] if computed else RANKED_BY[-1])


def _histogram(metric: Metric, runs: Sequence[Run]) -> str | None:
    series = [Series(run.label, values(run.measured, metric)) for run in runs]
    if not any(np.isfinite(each.values).any() for each in series):
        return None
    unit = f", {metric.unit}" if metric.unit else ""
    thesis = REFERENCES[THESIS].figures.get(metric.key)
    return histogram(series, f"{metric.title}{unit}", thesis)


def _scatters(first: Run, second: Run) -> list[str]:
    plots: list[str] = []
    for metric in METRICS:
        if metric.group not in ("likeness", "identity", "hair"):
            continue
        figures = [(value(a, metric), value(b, metric)) for a, b in paired_records(first, second)]
        both = np.array([(a, b) for a, b in figures if a is not None and b is not None])
        if len(both) and np.isfinite(both).all():
            labels = (first.label, second.label)
            plots.append(paired_scatter(both[:, 0], both[:, 1], metric.title, labels))
    return plots
