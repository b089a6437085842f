"""What a run keeps of every photo, as lines of JSON and as CSV."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import ClassVar

from pydantic import ConfigDict, TypeAdapter

from evaluation.portraits.figures import Cost, Figures


@dataclass(frozen=True)
class Failure:
    """Why a photo has no figures."""

    code: str
    """Of the CameoError; `died` where the process did, `defect` for any other exception."""
    message: str

    @property
    def final(self) -> bool:
        """Whether the same photo would fail again: then a resumed run does not try."""
        return self.code not in (DIED, DEFECT)


DIED, DEFECT = "died", "defect"


@dataclass(frozen=True)
class PhotoRecord:
    """One line of records.jsonl: either figures and cost, or a failure."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(ser_json_inf_nan="strings")

    photo: str
    """As it was named on the command line."""
    sha256: str
    """Of its bytes: what runs are paired by."""
    name: str
    """Of its pictures' files."""
    figures: Figures | None = None
    cost: Cost | None = None
    failure: Failure | None = None


_ADAPTER = TypeAdapter(PhotoRecord)
COST_COLUMNS = ("reconstruct_s", "measure_s", "peak_rss_mb", "warm")


def to_line(record: PhotoRecord) -> str:
    """One line of JSON, without its end."""
    return _ADAPTER.dump_json(record, ensure_ascii=True).decode("ascii")


def from_line(line: str) -> PhotoRecord:
    """Back again. Raises ValueError."""
    return _ADAPTER.validate_json(line)


def to_csv(records: Iterable[PhotoRecord]) -> str:
    """A row per photo; empty cells where nothing was computed."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    figure_columns = [field.name for field in fields(Figures)]
    writer.writerow(
        ["photo", "sha256", *figure_columns, *COST_COLUMNS, "failure_code", "failure_message"]
    )
    for record in records:
        figures = [getattr(record.figures, name, None) for name in figure_columns]
        costs = [getattr(record.cost, name, None) for name in COST_COLUMNS]
        failure = record.failure
        told = [failure.code, failure.message] if failure else [None, None]
        writer.writerow([record.photo, record.sha256, *figures, *costs, *told])
    return buffer.getvalue()
