"""`cameo evaluate`, from the request to the report."""

import sys
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from evaluation.runs.comparison import Comparison, compare
from evaluation.runs.photos import PhotoFile, find_photos
from evaluation.runs.run import carry_out, plan_of, print_line
from evaluation.runs.store import Run, load_run
from evaluation.runs.summary import RunSummary, summarise
from reconstruction_backend.backends import backend_descriptions
from reconstruction_backend.errors import (
    EX_DATAERR,
    InvalidArchive,
    InvalidOption,
    ModelNotAvailable,
    OutputNotWritable,
    reason_of,
)
from reconstruction_backend.export import write_file

RUNS, PAGE, SUMMARY = "runs", "report.html", "summary.json"


@dataclass(frozen=True)
class Request:
    """What the user asked for, as typed."""

    photos: tuple[Path, ...]
    out: Path
    backends: tuple[str, ...] = ("cameo-head",)
    against: tuple[Path, ...] = ()
    workers: int | None = None
    ray_address: str | None = None
    sample: int | None = None
    as_json: bool = False


@dataclass(frozen=True)
class Summary:
    """What summary.json says."""

    runs: tuple[RunSummary, ...]
    comparisons: tuple[Comparison, ...]
    """The first run with each of the others."""


_SUMMARY = TypeAdapter(Summary)


def evaluate_portraits(request: Request) -> int:
    """Measure, sum up, compare, write. Gives the exit code: a failure only where none succeeded.

    Raises a CameoError for what the user asked for and cannot have.
    """
    _check(request)
    photos = find_photos(request.photos, request.sample)
    runs = [*_carry_out(request, photos), *_earlier(request)]
    summary = summary_of(runs)
    content = _SUMMARY.dump_json(summary, indent=2) + b"\n"
    write_file(request.out / SUMMARY, content)
    from evaluation.report.page import report_page

    write_file(request.out / PAGE, report_page(runs, summary).encode("utf-8"))
    if request.as_json:
        print_line(_SUMMARY.dump_json(summary).decode())
    else:
        print_line(str(request.out / PAGE))
    return _exit_code(summary)


def summary_of(runs: list[Run]) -> Summary:
    """Every run, and the first with each other."""
    return Summary(
        tuple(summarise(run) for run in runs),
        tuple(compare(runs[0], other) for other in runs[1:]),
    )


def load_report(report: Path) -> list[Run]:
    """The runs of an earlier report. Raises InvalidArchive."""
    folders = sorted((report / RUNS).iterdir()) if (report / RUNS).is_dir() else []
    if not folders:
        raise InvalidArchive(f"{report} is no report of `cameo evaluate`.")
    return [load_run(folder, folder.name) for folder in folders]


def _check(request: Request) -> None:
    """Refuse before anything is loaded. Raises a CameoError."""
    if not request.photos:
        raise InvalidOption("Name at least one photo, or a folder of photos.")
    if request.workers is not None and request.workers < 1:
        raise InvalidOption("There must be at least one worker.")
    if len(set(request.backends)) < len(request.backends):
        raise InvalidOption("Name each backend once.")
    known = {each.name: each for each in backend_descriptions()}
    for name in request.backends:
        if name not in known:
            raise InvalidOption(f"There is no backend {name!r}; Cameo knows {', '.join(known)}.")
        if not known[name].available:
            raise ModelNotAvailable(f"The backend {name!r} cannot run here: {known[name].summary}.")
    _check_packages()
    try:
        request.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = reason_of(error)
        raise OutputNotWritable(f"Cannot make the folder {request.out}: {reason}.") from error


def _check_packages() -> None:
    from importlib.util import find_spec

    if find_spec("jinja2") is None or find_spec("matplotlib") is None:
        raise ModelNotAvailable(
            "Reports need packages of their own; run pip install 'cameo-avatar[eval]'."
        )


def _carry_out(request: Request, photos: tuple[PhotoFile, ...]) -> list[Run]:
    return [
        carry_out(
            plan_of(
                request.out / RUNS / backend,
                backend,
                request.workers,
                request.ray_address,
                request.as_json,
            ),
            photos,
        )
        for backend in request.backends
    ]


def _earlier(request: Request) -> list[Run]:
    """Runs of other reports, named after report and backend."""
    return [
        Run(f"{report.name}/{run.label}", run.folder, run.settings, run.records)
        for report in request.against
        for run in load_report(report)
    ]


def _exit_code(summary: Summary) -> int:
    failed = sum(run.failed for run in summary.runs)
    measured = sum(run.measured for run in summary.runs)
    if failed:
        print(f"cameo: {failed} of {failed + measured} photos failed.", file=sys.stderr)
    return 0 if measured else EX_DATAERR
