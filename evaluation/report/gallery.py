"""Rows of pictures: the photos on which a run is worst and best, or two runs differ most."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.portraits.figures import METRICS, Metric
from evaluation.portraits.measurement import Crop, FacePictures
from evaluation.report.plots import data_uri, error_map, error_picture
from evaluation.runs.comparison import paired_records
from evaluation.runs.records import PhotoRecord
from evaluation.runs.store import Run, read_pictures
from evaluation.runs.summary import value
from reconstruction_backend.errors import InvalidArchive

ROWS = 10
SHOWN = ("likeness", "identity", "hair", "cost")


@dataclass(frozen=True)
class Cell:
    """A picture under its caption."""

    caption: str
    uri: str


@dataclass(frozen=True)
class GalleryRow:
    """One photo's pictures and figures."""

    title: str
    rank: str
    """The figure that put it here."""
    cells: tuple[Cell, ...]
    figures: tuple[tuple[str, str], ...]
    """Metric and value, in words."""


@dataclass(frozen=True)
class Gallery:
    """A heading and its rows."""

    title: str
    note: str
    rows: tuple[GalleryRow, ...]


def run_galleries(run: Run, metric: Metric) -> tuple[Gallery, ...]:
    """The worst ten and the best ten; no photo in both."""
    ranked = _ranked(run, metric)
    if not ranked:
        return ()
    worst = ranked[:ROWS]
    best = ranked[len(worst) :][-ROWS:][::-1]
    note = f"by {metric.title}"
    galleries = [
        Gallery(f"Worst {len(worst)}", note, tuple(_row(run, each, metric) for each in worst))
    ]
    if best:
        galleries.append(
            Gallery(f"Best {len(best)}", note, tuple(_row(run, each, metric) for each in best))
        )
    return tuple(galleries)


def difference_galleries(first: Run, second: Run, metric: Metric) -> tuple[Gallery, ...]:
    """Photos on which each run is ahead of the other by most."""
    gains: list[tuple[float, PhotoRecord, PhotoRecord]] = []
    for a, b in paired_records(first, second):
        of_a, of_b = value(a, metric), value(b, metric)
        if of_a is not None and of_b is not None and np.isfinite([of_a, of_b]).all():
            gains.append((of_b - of_a if metric.better == "higher" else of_a - of_b, a, b))
    gains.sort(key=lambda each: each[0])
    ahead = (
        (first, [g for g in gains if g[0] < 0]),
        (second, [g for g in gains[::-1] if g[0] > 0]),
    )
    return tuple(
        Gallery(
            f"{winner.label} is ahead",
            f"{len(chosen)} of {len(gains)} photos by {metric.title}; those by most",
            tuple(_pair_row(first, second, a, b, metric) for _, a, b in chosen[:ROWS]),
        )
        for winner, chosen in ahead
        if chosen
    )


def mean_error(run: Run) -> Crop | None:
    """Where on the face a run errs: the mean error map of all its photos."""
    total, count = np.zeros((256, 256)), 0
    for record in run.measured:
        pictures = _pictures(run, record)
        if pictures is not None:
            total += error_map(pictures.photo, pictures.render)
            count += 1
    return error_picture(total / count) if count else None


def told(metric: Metric, number: float | None) -> str:
    """A figure with its unit."""
    if number is None:
        return "–"
    if np.isinf(number):
        return "∞"
    unit = f" {metric.unit}" if metric.unit in ("dB", "s", "MB") else metric.unit
    return f"{number:.{metric.digits}f}{unit if len(unit) <= 3 else ''}"


def _ranked(run: Run, metric: Metric) -> list[PhotoRecord]:
    """From worst to best."""
    found = [(value(each, metric), each) for each in run.measured]
    with_value = [(number, each) for number, each in found if number is not None]
    sign = 1 if metric.better == "higher" else -1
    return [each for _, each in sorted(with_value, key=lambda pair: sign * pair[0])]


def _row(run: Run, record: PhotoRecord, metric: Metric) -> GalleryRow:
    pictures = _pictures(run, record)
    cells = () if pictures is None else _cells(pictures)
    return GalleryRow(_title(record), told(metric, value(record, metric)), cells, _figures(record))


def _pair_row(
    first: Run, second: Run, a: PhotoRecord, b: PhotoRecord, metric: Metric
) -> GalleryRow:
    of_a, of_b = _pictures(first, a), _pictures(second, b)
    cells: list[Cell] = []
    if of_a is not None and of_b is not None:
        cells = [
            Cell("photo", data_uri(of_a.photo)),
            Cell(first.label, data_uri(of_a.render)),
            Cell(second.label, data_uri(of_b.render)),
            Cell(f"error, {first.label}", data_uri(_error(of_a))),
            Cell(f"error, {second.label}", data_uri(_error(of_b))),
        ]
    rank = f"{told(metric, value(a, metric))} → {told(metric, value(b, metric))}"
    figures = tuple(
        (each.title, f"{told(each, value(a, each))} → {told(each, value(b, each))}")
        for each in _shown(a)
    )
    return GalleryRow(_title(a), rank, tuple(cells), figures)


def _cells(pictures: FacePictures) -> tuple[Cell, ...]:
    return (
        Cell("photo", data_uri(pictures.photo)),
        Cell("render", data_uri(pictures.render)),
        Cell("error", data_uri(_error(pictures))),
        Cell("yaw -30°", data_uri(pictures.yaw_minus)),
        Cell("yaw +30°", data_uri(pictures.yaw_plus)),
    )


def _error(pictures: FacePictures) -> Crop:
    return error_picture(error_map(pictures.photo, pictures.render))


def _pictures(run: Run, record: PhotoRecord) -> FacePictures | None:
    """None where somebody cleared them away: figures stay without them."""
    try:
        return read_pictures(run.folder / "pictures", record.name)
    except InvalidArchive:
        return None


def _figures(record: PhotoRecord) -> tuple[tuple[str, str], ...]:
    return tuple((each.title, told(each, value(record, each))) for each in _shown(record))


def _shown(record: PhotoRecord) -> Sequence[Metric]:
    return [each for each in METRICS if each.group in SHOWN and value(record, each) is not None]


def _title(record: PhotoRecord) -> str:
    return record.photo.replace("\\", "/").rpartition("/")[2]
