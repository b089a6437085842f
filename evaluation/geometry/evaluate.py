"""`cameo evaluate-scans`, from the folder to the report."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from evaluation.geometry.head_error import (
    Distances,
    HeadError,
    ScanFailure,
    face_of,
    measure_head,
    summarise_geometry,
)
from evaluation.geometry.now_protocol import Face
from evaluation.geometry.scan_folder import (
    MESH_LANDMARK_FILE,
    MM_PER,
    ScannedPerson,
    find_people,
    read_face,
)
from evaluation.runs.progress import progress_over
from reconstruction_backend.backends import ReconstructionBackend, load_backend
from reconstruction_backend.errors import (
    EX_DATAERR,
    CameoError,
    InvalidOption,
    OutputNotWritable,
    reason_of,
)
from reconstruction_backend.export import write_file
from reconstruction_backend.landmarks import LandmarkDetector
from reconstruction_backend.portrait import load_portrait

PAGE, TABLE, SUMMARY = "report.html", "scans.jsonl", "summary.json"


@dataclass(frozen=True)
class ScanRequest:
    """What the user asked for, as typed."""

    scans: Path
    out: Path
    backend: str
    unit: str
    metrical: bool


def evaluate_scan_folder(request: ScanRequest) -> int:
    """Measure, write the report, give the exit code. Raises a CameoError."""
    if request.unit not in MM_PER:
        raise InvalidOption(f"The unit must be one of {', '.join(MM_PER)}, not {request.unit!r}.")
    people = find_people(request.scans)
    try:
        request.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = reason_of(error)
        raise OutputNotWritable(f"Cannot make the folder {request.out}: {reason}.") from error
    errors: list[HeadError] = []
    distances: list[Distances] = []
    failures: list[ScanFailure] = []
    heads = sum(max(1, len(person.photos)) for person in people)
    with progress_over("scans", heads, 0) as advance:
        for outcome in _outcomes(request, people):
            if isinstance(outcome, ScanFailure):
                failures.append(outcome)
            else:
                errors.append(outcome[0])
                distances.append(outcome[1])
            advance(failed=isinstance(outcome, ScanFailure))
    _write(request, errors, distances, failures)
    for failure in failures:
        told = f"{failure.person}, {failure.head}: {failure.message}"
        print(f"cameo: {told}", file=sys.stderr)
    return 0 if errors else EX_DATAERR


Outcome = tuple[HeadError, Distances] | ScanFailure


def _outcomes(request: ScanRequest, people: tuple[ScannedPerson, ...]) -> Iterator[Outcome]:
    with ExitStack() as stack:
        maker: _HeadMaker | None = None
        if any(person.photos for person in people):
            detector = stack.enter_context(LandmarkDetector())
            maker = _HeadMaker(load_backend(request.backend), detector)
        for person in people:
            yield from _person(request, person, maker)


def _person(
    request: ScanRequest, person: ScannedPerson, maker: "_HeadMaker | None"
) -> Iterator[Outcome]:
    try:
        scan = read_face(person.scan, person.landmarks, request.unit)
    except CameoError as error:
        yield ScanFailure(person.name, "scan", str(error))
        return
    if person.mesh is not None:
        try:
            mesh = read_face(person.mesh, person.mesh.parent / MESH_LANDMARK_FILE, "mm")
            yield measure_head(person.name, "mesh", scan, mesh, request.metrical, 0.0)
        except CameoError as error:
            yield ScanFailure(person.name, "mesh", str(error))
        return
    if maker is None or not person.photos:
        yield ScanFailure(person.name, "scan", "There is neither a photo nor a mesh.")
        return
    for photo in person.photos:
        try:
            begin = time.perf_counter()
            mesh = maker.head(photo)
            seconds = time.perf_counter() - begin
            yield measure_head(person.name, photo.name, scan, mesh, request.metrical, seconds)
        except CameoError as error:
            yield ScanFailure(person.name, photo.name, str(error))


@dataclass(frozen=True)
class _HeadMaker:
    backend: ReconstructionBackend
    detector: LandmarkDetector

    def head(self, photo: Path) -> Face:
        """Raises a CameoError where the photo does not allow it."""
        portrait = load_portrait(photo)
        return face_of(self.backend.reconstruct(portrait, self.detector.detect(portrait)))


def _write(
    request: ScanRequest,
    errors: list[HeadError],
    distances: list[Distances],
    failures: list[ScanFailure],
) -> None:
    lines = [json.dumps(asdict(each)) for each in (*errors, *failures)]
    write_file(request.out / TABLE, ("\n".join(lines) + "\n").encode())
    if not errors:
        return
    from evaluation.report.scan_page import scan_page

    summary = summarise_geometry(
        request.backend, request.metrical, errors, distances, len(failures)
    )
    write_file(request.out / SUMMARY, (json.dumps(asdict(summary), indent=2) + "\n").encode())
    page = scan_page(summary, errors, failures, np.concatenate(distances))
    write_file(request.out / PAGE, page.encode("utf-8"))
    print(request.out / PAGE)
