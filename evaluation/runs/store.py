"""A run's folder: its settings, its records, its pictures. Killed at any moment, it goes on.

run.json         what was measured, with which code; a run with other settings is refused
records.jsonl    a line per photo, appended when it is done
records.csv      the same as a table, in the photos' order
pictures/        per photo: the pictures that its figures were computed from, lossless
"""

import fcntl
import os
from dataclasses import dataclass, fields
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image
from pydantic import TypeAdapter

from evaluation.portraits.measurement import MASKS, FacePictures
from evaluation.runs.records import PhotoRecord, from_line, to_csv, to_line
from reconstruction_backend.errors import (
    InvalidArchive,
    InvalidOption,
    OutputNotWritable,
    reason_of,
)
from reconstruction_backend.export import encode_png, write_file

PROTOCOL = 1
"""Of crop, masks, background and metrics (docs/evaluation.md)."""
WHITE = 255


@dataclass(frozen=True)
class RunSettings:
    """What must be the same for figures to belong to one run."""

    backend: str
    protocol: int
    version: str
    """Of the package."""
    code_sha256: str
    """Of everything that the figures depend on."""
    not_computed: dict[str, str]
    """Metrics that are left out, and why."""


_SETTINGS = TypeAdapter(RunSettings)


class RunStore:
    """Opened for appending by one process at a time. A context manager."""

    def __init__(self, folder: Path, settings: RunSettings) -> None:
        """Raises InvalidOption where other settings lie here, and OutputNotWritable."""
        self.folder = folder
        try:
            (folder / "pictures").mkdir(parents=True, exist_ok=True)
            self._stream: BinaryIO = (folder / "records.jsonl").open("a+b")
        except OSError as error:
            raise OutputNotWritable(f"Cannot write {folder}: {reason_of(error)}.") from error
        try:
            _lock(self._stream, folder)
            _check_settings(folder / "run.json", settings)
            self.records = self._read()
        except BaseException:
            self._stream.close()
            raise

    def add(self, record: PhotoRecord, pictures: FacePictures | None) -> None:
        """Keep a photo's pictures, then its record: a record never lacks its pictures."""
        if pictures is not None:
            write_pictures(self.folder / "pictures", record.name, pictures)
        self._stream.write(to_line(record).encode("ascii") + b"\n")
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self.records[record.photo, record.sha256] = record

    def finish(self, order: list[tuple[str, str]]) -> tuple[PhotoRecord, ...]:
        """Write the table; gives the records of these photos, in their order."""
        records = tuple(self.records[key] for key in order if key in self.records)
        write_file(self.folder / "records.csv", to_csv(records).encode("utf-8", "surrogateescape"))
        return records

    def _read(self) -> dict[tuple[str, str], PhotoRecord]:
        """What is there; a line that was cut short is taken off."""
        self._stream.seek(0)
        content = self._stream.read()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            self._stream.truncate(len(whole))
        records = [_parsed(line, self.folder) for line in whole.decode("ascii").splitlines()]
        return {(each.photo, each.sha256): each for each in records}

    def __enter__(self) -> "RunStore":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stream.close()


@dataclass(frozen=True)
class Run:
    """A run that is finished, to be summed up."""

    label: str
    folder: Path
    settings: RunSettings
    records: tuple[PhotoRecord, ...]

    @property
    def measured(self) -> tuple[PhotoRecord, ...]:
        """Those with figures."""
        return tuple(record for record in self.records if record.figures is not None)

    @property
    def failed(self) -> tuple[PhotoRecord, ...]:
        """Those without."""
        return tuple(record for record in self.records if record.failure is not None)


def load_run(folder: Path, label: str) -> Run:
    """A run of an earlier report. Raises InvalidArchive."""
    try:
        settings = _SETTINGS.validate_json((folder / "run.json").read_bytes())
        lines = (folder / "records.jsonl").read_text("ascii").splitlines()
    except (OSError, ValueError) as error:
        raise InvalidArchive(f"{folder} is no run of `cameo evaluate`.") from error
    latest = {(each.photo, each.sha256): each for each in (_parsed(x, folder) for x in lines)}
    return Run(label, folder, settings, tuple(latest.values()))


def write_pictures(folder: Path, name: str, pictures: FacePictures) -> None:
    """As PNG, one file per field."""
    for field in fields(FacePictures):
        value = getattr(pictures, field.name)
        write_file(folder / f"{name}_{field.name}.png", _png(value))


def read_pictures(folder: Path, name: str) -> FacePictures:
    """Back again. Raises InvalidArchive."""
    return FacePictures(
        **{
            field.name: _picture(folder / f"{name}_{field.name}.png", field.name)
            for field in fields(FacePictures)
        }
    )


def _picture(
    path: Path, field: str
) -> UInt8[np.ndarray, "256 256 3"] | Bool[np.ndarray, "256 256"]:
    try:
        with Image.open(path) as file:
            picture = np.asarray(file.convert("RGB"))
    except OSError as error:
        raise InvalidArchive(f"The picture {path} is missing or damaged.") from error
    return picture[:, :, 0] > 0 if field in MASKS else picture


def _png(value: UInt8[np.ndarray, "H W 3"] | Bool[np.ndarray, "H W"]) -> bytes:
    return encode_png(value.astype(np.uint8) * WHITE if value.dtype == bool else value)


def _parsed(line: str, folder: Path) -> PhotoRecord:
    try:
        return from_line(line)
    except ValueError as error:
        raise InvalidArchive(f"The records of {folder} cannot be read.") from error


def _lock(stream: BinaryIO, folder: Path) -> None:
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise InvalidOption(f"Another evaluation is writing to {folder}.") from error


def _check_settings(path: Path, settings: RunSettings) -> None:
    """Take an unfinished run up only where it measured the same. Raises InvalidOption."""
    if path.is_file():
        try:
            there = _SETTINGS.validate_json(path.read_bytes())
        except ValueError as error:
            raise InvalidArchive(f"{path} cannot be read.") from error
        if there != settings:
            raise InvalidOption(
                f"{path.parent} holds figures of another version, backend or set of metrics; "
                "write the report to another folder."
            )
        return
    write_file(path, _SETTINGS.dump_json(settings, indent=2) + b"\n")
