"""Speed and memory on this machine: `python -m evaluation.benchmark [--photos FOLDER]`.

The product is measured from outside, in fresh processes of the command that users call, so that
neither torch nor the benchmark itself counts. Beside it, in the same run, stands one forward pass
of ResNet-50 in torch (`evaluation.resnet50`). The result goes to docs/benchmarks.md.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import torch
from PIL import Image
from pydantic import TypeAdapter

from evaluation.benchmark_report import Benchmark, Machine, Speed, report
from evaluation.resnet50 import resnet50
from evaluation.sample_portrait import sample_portrait

REPORT = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
WARM_UP_RUNS = 2
TIMED_RUNS = 12
PHOTOS_FOR_MEMORY = 5
JPEG_QUALITY = 95
RESNET_INPUT = (1, 3, 224, 224)
READY = "from reconstruction_backend.pipeline import Pipeline; Pipeline()"
"""What a worker does before it takes its first photo."""
SAMPLE = "the astronaut of scikit-image, head and shoulders enlarged to 1024 x 1024 px"
PHOTO_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".heic")


@dataclass(frozen=True)
class PhotoReport:
    """One line of `cameo reconstruct --json`; further members are ignored."""

    archive: Path
    stages_ms: dict[str, float]
    total_ms: float
    peak_rss_mb: float


def run_benchmark(photos: Sequence[Path], portrait: str) -> Benchmark:
    """Measure everything. Takes about two minutes on two cores."""
    load = os.getloadavg()[0]
    resnet_ms = time_resnet50(TIMED_RUNS // 2)
    with tempfile.TemporaryDirectory() as folder:
        cold_start_s = statistics.median(_seconds(_load_models) for _ in range(3))
        few = reconstruct(photos[:PHOTOS_FOR_MEMORY], Path(folder))
        bald = reconstruct(photos, Path(folder), "--hair", "none")[WARM_UP_RUNS:]
        many = reconstruct(photos, Path(folder))[WARM_UP_RUNS:]
        hair_swap_ms = statistics.median(swap_hair(many[0].archive))
        plain_mb = statistics.median(glb_bytes(photo.archive) for photo in many) / 1e6
        packed = reconstruct(photos[:PHOTOS_FOR_MEMORY], Path(folder), "--compress", "meshopt")
        packed_mb = statistics.median(glb_bytes(photo.archive) for photo in packed) / 1e6
    resnet_ms += time_resnet50(TIMED_RUNS // 2)
    return Benchmark(
        machine=_this_machine(load),
        measured_on=datetime.now(UTC).date(),
        portrait=portrait,
        runs=len(many),
        speed=Speed(
            stages_ms=_medians([photo.stages_ms for photo in many]),
            total_ms=statistics.median(photo.total_ms for photo in many),
            bald_stages_ms=_medians([photo.stages_ms for photo in bald]),
            bald_total_ms=statistics.median(photo.total_ms for photo in bald),
            hair_swap_ms=hair_swap_ms,
            resnet50_ms=statistics.median(resnet_ms),
        ),
        cold_start_s=cold_start_s,
        peak_rss_mb=max(photo.peak_rss_mb for photo in few),
        first_photo_s=few[0].total_ms / 1e3,
        plain_glb_mb=plain_mb,
        packed_glb_mb=packed_mb,
    )


def time_resnet50(runs: int) -> list[float]:
    """Milliseconds of each forward pass of one picture, warm."""
    network = resnet50()
    picture = torch.rand(RESNET_INPUT)
    with torch.inference_mode():
        times_s = [_seconds(lambda: network(picture)) for _ in range(WARM_UP_RUNS + runs)]
    return [1e3 * t for t in times_s[WARM_UP_RUNS:]]


def reconstruct(photos: Sequence[Path], folder: Path, *options: str) -> list[PhotoReport]:
    """Run `cameo reconstruct` over the photos in one fresh process."""
    cameo = Path(sys.executable).with_name("cameo")
    run = subprocess.run(
        [cameo, "reconstruct", "--json", *options, "--out", folder, *photos],
        check=False,
        capture_output=True,
        text=True,
    )
    if run.returncode != 0:
        sys.exit(run.stderr)
    reader = TypeAdapter(PhotoReport)
    return [reader.validate_python(json.loads(line)) for line in run.stdout.splitlines()]


def swap_hair(archive: Path) -> list[float]:
    """Milliseconds of each style on the archive's head, in one fresh process."""
    swaps = [sys.executable, "-m", "evaluation.hair_swap", archive]
    run = subprocess.run(swaps, check=True, capture_output=True, text=True)
    return TypeAdapter(list[float]).validate_json(run.stdout)


def glb_bytes(archive: Path) -> int:
    """Size of the GLB in an avatar's archive, unpacked."""
    with zipfile.ZipFile(archive) as content:
        return content.getinfo("avatar.glb").file_size


def sample_photos(folder: Path) -> list[Path]:
    """The sample portrait under as many names as there are runs."""
    image = Image.fromarray(sample_portrait())
    paths = [folder / f"portrait_{run:02}.jpg" for run in range(WARM_UP_RUNS + TIMED_RUNS)]
    for path in paths:
        image.save(path, quality=JPEG_QUALITY)
    return paths


def _load_models() -> None:
    subprocess.run([sys.executable, "-c", READY], check=True)


def _seconds(action: Callable[[], object]) -> float:
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


def _medians(runs: Sequence[dict[str, float]]) -> dict[str, float]:
    return {stage: statistics.median(run[stage] for run in runs) for stage in runs[0]}


def _this_machine(load: float) -> Machine:
    cpu = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        cpu = names[0].partition(":")[2].strip() if names else cpu
    return Machine(
        cpu=cpu,
        cores=len(os.sched_getaffinity(0)),
        memory_gb=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9,
        load=load,
        python=platform.python_version(),
        torch=torch.__version__,
        torch_threads=torch.get_num_threads(),
    )


def main() -> None:
    """Measure with the sample portrait, or with the photos of a folder, and write the report."""
    parser = argparse.ArgumentParser(description="Measure the speed of Cameo on this machine.")
    parser.add_argument("--photos", type=Path, help="a folder of portraits instead of the sample")
    parser.add_argument("--report", type=Path, default=REPORT, help="the Markdown file to write")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.photos is None:
            photos = sample_photos(Path(folder))
            portrait = SAMPLE
        else:
            files = sorted(arguments.photos.iterdir())
            photos = [path for path in files if path.suffix.lower() in PHOTO_SUFFIXES]
            portrait = f"{len(photos)} portraits of a folder"
        benchmark = run_benchmark(photos, portrait)
    text = report(benchmark)
    arguments.report.write_text(text)
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
