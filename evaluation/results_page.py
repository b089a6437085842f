"""docs/results.md: our figures over sets of portraits, by one command.

    python -m evaluation.results_page "SFHQ=FOLDER" "Congress=FOLDER:100" --work WORK --page PAGE

A set is a name, a folder, and after a colon how many of its photos, evenly spread over their names.
Each becomes a report of `cameo evaluate` in the folder WORK; what is there already is kept, so that
a run that was stopped goes on. With `--as-is` nothing is measured: the page is written of what
WORK holds.
"""

import os
import platform
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from evaluation.portraits.figures import METRICS
from evaluation.report.references import REFERENCES
from evaluation.report.tables import interval, metric_groups, number
from evaluation.runs.evaluate import Request, evaluate_portraits, load_report, summary_of
from evaluation.runs.photos import find_photos
from evaluation.runs.summary import RunSummary
from reconstruction_backend.errors import InvalidOption

_SET = re.compile(r"(?P<name>[^=]+)=(?P<folder>.+?)(?::(?P<sample>\d+))?")
CODE_DIGITS = 12


@dataclass(frozen=True)
class PortraitSet:
    """Photos that get a column of the page."""

    name: str
    folder: Path
    sample: int | None

    @property
    def report_name(self) -> str:
        """Of its report's folder."""
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")


@dataclass(frozen=True)
class SetResult:
    """What was measured of a set."""

    set: PortraitSet
    summary: RunSummary
    wanted: int
    """Photos that were to be measured."""
    code_sha256: str
    failures: tuple[tuple[str, str], ...]
    """File name and reason."""


def parse_set(text: str) -> PortraitSet:
    """NAME=FOLDER or NAME=FOLDER:COUNT. Raises InvalidOption."""
    match = _SET.fullmatch(text)
    if match is None:
        raise InvalidOption(f"{text!r} is no NAME=FOLDER or NAME=FOLDER:COUNT.")
    sample = match["sample"]
    return PortraitSet(match["name"], Path(match["folder"]), int(sample) if sample else None)


def result_of(portraits: PortraitSet, report: Path) -> SetResult:
    """Read a report. Raises InvalidArchive."""
    run = load_report(report)[0]
    failures = tuple(
        (Path(each.photo).name, each.failure.message) for each in run.failed if each.failure
    )
    wanted = len(find_photos([portraits.folder], portraits.sample))
    return SetResult(
        portraits, summary_of([run]).runs[0], wanted, run.settings.code_sha256, failures
    )


def results_page(results: list[SetResult]) -> str:
    """The Markdown page."""
    codes = sorted({each.code_sha256[:CODE_DIGITS] for each in results})
    lines = [
        "# Results",
        "",
        f"Written by `python -m evaluation.results_page` on {datetime.now(UTC):%Y-%m-%d}; nothing "
        "here is typed by hand. How each figure",
        "is computed, and what it does not say, is in [evaluation](evaluation.md). Code "
        f"{', '.join(codes)} (`run.json`); {platform.machine()}, no GPU.",
        "",
        "Means over the photos, with 95 % bootstrap intervals; medians in brackets. The figures at "
        "the right are of others, on",
        "other photos with another crop: an order of magnitude, not a ranking.",
        *_busy_note(),
        "",
        *_counts(results),
        "",
        *_table(results),
        "",
        *(f"- {each.name}: {each.source}." for each in REFERENCES),
        "",
        "## What failed",
        "",
        *_failures(results),
        "",
    ]
    return "\n".join(lines)


def _busy_note() -> list[str]:
    """Over the quarter of an hour before the page was written."""
    load, cores = os.getloadavg()[2], len(os.sched_getaffinity(0))
    if load < cores:
        return []
    return [
        "",
        f"**Other programs kept the machine busy (load {load:.1f} on {cores} cores): times are "
        "longer than they would be alone.**",
    ]


def _counts(results: list[SetResult]) -> list[str]:
    rows = ["| set | photos | measured | failed |", "|---|---|---|---|"]
    for each in results:
        summary = each.summary
        left = each.wanted - summary.photos
        note = f" ({left} more not reached)" if left > 0 else ""
        rows.append(
            f"| {each.set.name} | {each.wanted}{note} | {summary.measured} | {summary.failed} |"
        )
    return rows


def _table(results: list[SetResult]) -> list[str]:
    names = [each.set.name for each in results] + [each.name for each in REFERENCES]
    rows = [f"| | {' | '.join(names)} |", f"|---|{'---|' * len(names)}"]
    titles = {metric.title: metric for metric in METRICS}
    for group in metric_groups([each.summary for each in results]):
        rows.append(f"| **{group.title}** |{' |' * len(names)}")
        for row in group.rows:
            cells = [_cell(titles[row.title].key, each.summary) for each in results]
            unit = f" {row.unit}" if row.unit else ""
            rows.append(
                f"| {row.title} {row.better}{unit} | {' | '.join([*cells, *row.references])} |"
            )
    return rows


def _cell(key: str, summary: RunSummary) -> str:
    found = summary.metric(key)
    if found is None:
        return summary.not_computed.get(key, "none")
    digits = next(metric.digits for metric in METRICS if metric.key == key)
    bounds = interval(found.mean, digits)
    told = number(found.mean.value, digits) + (f", {bounds}" if bounds else "")
    return f"{told} ({number(found.median.value, digits)})"


def _failures(results: list[SetResult]) -> list[str]:
    lines = [
        f"- {each.set.name}, {name}: {reason}" for each in results for name, reason in each.failures
    ]
    return lines or ["Nothing."]


def main(
    sets: Annotated[list[str], typer.Argument(metavar="NAME=FOLDER[:COUNT]...")],
    work: Annotated[Path, typer.Option(help="Where the reports go, and are resumed.")],
    page: Annotated[Path, typer.Option(help="The Markdown file to write.")],
    workers: Annotated[int | None, typer.Option(help="Processes at once.")] = None,
    as_is: Annotated[bool, typer.Option(help="Measure nothing; write what is there.")] = False,
) -> None:
    """Measure each set, and write the page."""
    portraits = [parse_set(each) for each in sets]
    for each in portraits:
        if not as_is:
            request = Request((each.folder,), work / each.report_name, workers=workers,
                              sample=each.sample)  # fmt: skip
            evaluate_portraits(request)
    results = [
        result_of(each, work / each.report_name)
        for each in portraits
        if (work / each.report_name).is_dir()
    ]
    page.write_text(results_page(results))


if __name__ == "__main__":
    typer.run(main)
