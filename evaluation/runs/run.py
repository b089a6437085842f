"""One backend over many photos: what is missing is measured, what is there is kept."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from evaluation.perceptual.weights import (
    ALEXNET_FILE,
    FACENET_FILE,
    VGG16_FILE,
    reason_not_computed,
)
from evaluation.portraits.measurement import EvaluatorOptions, Measurement, load_evaluator
from evaluation.runs.fingerprint import code_sha256, package_version
from evaluation.runs.photos import PhotoFile
from evaluation.runs.progress import progress_over
from evaluation.runs.records import Failure, PhotoRecord, to_line
from evaluation.runs.store import PROTOCOL, Run, RunSettings, RunStore
from evaluation.runs.workers import EvaluatorFactory, Outcome, Photo, measure_locally
from reconstruction_backend.portrait import read_photo

WORKER_MEMORY_GB = 2.5


@dataclass(frozen=True)
class RunPlan:
    """How one backend's run is made."""

    folder: Path
    options: EvaluatorOptions
    settings: RunSettings
    factory: EvaluatorFactory
    workers: int | None
    ray_address: str | None
    tell: Callable[[str], None] | None
    """Takes every new record as a line of JSON."""


def plan_of(
    folder: Path, backend: str, workers: int | None, ray_address: str | None, as_json: bool
) -> RunPlan:
    """With all metrics that can be computed here; the others with the reason."""
    alex = reason_not_computed("lpips", ALEXNET_FILE)
    vgg = reason_not_computed("lpips", VGG16_FILE)
    facenet = reason_not_computed("facenet_pytorch", FACENET_FILE)
    reasons = {
        "lpips_alex_head": alex,
        "lpips_alex_crop": alex,
        "lpips_vgg_head": vgg,
        "lpips_vgg_crop": vgg,
        "difd": facenet,
        "difd_yaw_minus_30": facenet,
        "difd_yaw_plus_30": facenet,
    }
    options = EvaluatorOptions(backend, alex is None, vgg is None, facenet is None)
    settings = RunSettings(
        backend=backend,
        protocol=PROTOCOL,
        version=package_version(),
        code_sha256=code_sha256(),
        not_computed={key: reason for key, reason in reasons.items() if reason is not None},
    )
    return RunPlan(
        folder=folder,
        options=options,
        settings=settings,
        factory=partial(load_evaluator, options),
        workers=workers,
        ray_address=ray_address,
        tell=print_line if as_json else None,
    )


def carry_out(plan: RunPlan, photos: Sequence[PhotoFile]) -> Run:
    """Measure what no record tells of yet, and give all records in the photos' order."""
    with RunStore(plan.folder, plan.settings) as store:
        missing = [photo for photo in photos if not _done(store.records.get(photo.key))]
        title = plan.options.backend
        with progress_over(title, len(photos), len(photos) - len(missing)) as advance:
            for index, outcome in _outcomes(plan, missing):
                record = _record(missing[index], outcome)
                measured = outcome if isinstance(outcome, Measurement) else None
                store.add(record, measured.pictures if measured else None)
                if plan.tell is not None:
                    plan.tell(to_line(record))
                advance(failed=measured is None)
        records = store.finish([photo.key for photo in photos])
    return Run(plan.options.backend, plan.folder, plan.settings, records)


def _outcomes(plan: RunPlan, missing: Sequence[PhotoFile]) -> Iterator[tuple[int, Outcome]]:
    jobs = [Photo(i, partial(read_photo, each.path)) for i, each in enumerate(missing)]
    if not jobs:
        return iter(())
    if plan.ray_address is not None:
        from evaluation.runs.ray_workers import measure_on_ray

        return measure_on_ray(plan.factory, jobs, plan.workers, plan.ray_address)
    count = min(plan.workers or default_workers(), len(jobs))
    return measure_locally(plan.factory, jobs, count)


def _done(record: PhotoRecord | None) -> bool:
    if record is None:
        return False
    return record.failure is None or record.failure.final


def _record(photo: PhotoFile, outcome: Outcome) -> PhotoRecord:
    record = PhotoRecord(str(photo.path), photo.sha256, photo.name)
    if isinstance(outcome, Failure):
        return replace(record, failure=outcome)
    return replace(record, figures=outcome.figures, cost=outcome.cost)


def default_workers() -> int:
    """As many as there are cores, and as fit into the memory that is free."""
    cores = len(os.sched_getaffinity(0))
    return max(1, min(cores, int(free_memory_gb() / WORKER_MEMORY_GB)))


def free_memory_gb() -> float:
    """What Linux could give without swapping; elsewhere, what is free."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) / 2**20
    except OSError:
        pass
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2 / 2**30


def print_line(line: str) -> None:
    """To standard output."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
