"""The benchmark's result, and the page that tells it."""

from dataclasses import dataclass
from datetime import date

FIT_STAGES = ("landmarks", "head_fit")
FIT_TARGET_MS = 25.0
FIT_TARGET_RESNETS = 0.5
TOTAL_TARGET_MS = 2000.0
BALD_TOTAL_TARGET_MS = 1000.0
HAIR_SWAP_TARGET_MS = 300.0
COLD_START_TARGET_S = 5.0
MEMORY_TARGET_MB = 1500.0
GLB_TARGET_MB = 8.0


@dataclass(frozen=True)
class Machine:
    """What the figures were measured on."""

    cpu: str
    cores: int
    memory_gb: float
    load: float
    """Processes that wanted to run in the minute before; below 1 on a quiet machine."""
    python: str
    torch: str
    torch_threads: int


@dataclass(frozen=True)
class Speed:
    """Medians over warm runs."""

    stages_ms: dict[str, float]
    """With the photo's hair, as is the next."""
    total_ms: float
    bald_stages_ms: dict[str, float]
    """Without hair, as is the next."""
    bald_total_ms: float
    hair_swap_ms: float
    """Another style on a head that the server knows, to the bytes that are sent."""
    resnet50_ms: float

    @property
    def fit_ms(self) -> float:
        """Landmarks and head fit together."""
        return sum(self.stages_ms[stage] for stage in FIT_STAGES)


@dataclass(frozen=True)
class Benchmark:
    """Everything that was measured."""

    machine: Machine
    measured_on: date
    portrait: str
    runs: int
    speed: Speed
    cold_start_s: float
    peak_rss_mb: float
    first_photo_s: float
    """From portrait to archive in a fresh process, after `cold_start_s`: the atlas is laid out."""
    plain_glb_mb: float
    packed_glb_mb: float
    """With meshopt; both with hair."""


def report(benchmark: Benchmark) -> str:
    """The Markdown page docs/benchmarks.md."""
    machine = benchmark.machine
    return f"""# Benchmarks

Written by `make bench` on {benchmark.measured_on}; nothing here is typed by hand.
Times are medians of {benchmark.runs} warm runs. ResNet-50 is one forward pass at 224 x 224 px in
the same run, so that the figures can be compared across machines.
{_busy_note(machine)}
{_circumstances(benchmark)}

## Against the targets

| what | target | measured | |
|---|---|---|---|
{_targets(benchmark)}

## Where the time goes

| stage | ms | ResNet-50 passes | without hair, ms |
|---|---|---|---|
{_stages(benchmark.speed)}

The first photo of a process takes {benchmark.first_photo_s:.1f} s: the atlas of the head model is
laid out then, and kept. Without compression the GLB, hair included, has
{benchmark.plain_glb_mb:.1f} MB. The photo's hair is sought beside the texture: the stage `hair` is
what is left of it when the texture is done.

Not measured: the emotion slider, which asks no server.
"""


def _busy_note(machine: Machine) -> str:
    if machine.load < machine.cores / 2:
        return ""
    return """
**Other programs were busy on this machine during the run: these times are longer than they would be
alone, and their ratios say little. Run it again when it is quiet.**
"""


def _circumstances(benchmark: Benchmark) -> str:
    machine = benchmark.machine
    return "\n".join(
        [
            "| circumstance | |",
            "|---|---|",
            f"| processor | {machine.cpu}, {machine.cores} cores, no GPU |",
            f"| memory | {machine.memory_gb:.0f} GB |",
            f"| load before the run | {machine.load:.1f} |",
            f"| portrait | {benchmark.portrait} |",
            f"| Python | {machine.python} |",
            f"| torch, for ResNet-50 only | {machine.torch}, {machine.torch_threads} threads |",
        ]
    )


def _targets(benchmark: Benchmark) -> str:
    speed = benchmark.speed
    rows = [
        ("landmarks + head fit", FIT_TARGET_MS, speed.fit_ms, "ms", 0),
        (
            "landmarks + head fit, in ResNet-50 passes",
            FIT_TARGET_RESNETS,
            speed.fit_ms / speed.resnet50_ms,
            "",
            2,
        ),
        ("portrait to archive, hair from the photo", TOTAL_TARGET_MS, speed.total_ms, "ms", 0),
        ("portrait to archive, without hair", BALD_TOTAL_TARGET_MS, speed.bald_total_ms, "ms", 0),
        ("hair swap, server side", HAIR_SWAP_TARGET_MS, speed.hair_swap_ms, "ms", 0),
        ("cold start to ready", COLD_START_TARGET_S, benchmark.cold_start_s, "s", 1),
        ("peak memory, five photos", MEMORY_TARGET_MB, benchmark.peak_rss_mb, "MB", 0),
        ("GLB with hair, meshopt", GLB_TARGET_MB, benchmark.packed_glb_mb, "MB", 1),
    ]
    return "\n".join(_target_row(*row) for row in rows)


def _target_row(what: str, target: float, measured: float, unit: str, digits: int) -> str:
    verdict = "reached" if measured <= target else "**missed**"
    return f"| {what} | {target:g} {unit} | {measured:.{digits}f} {unit} | {verdict} |"


def _stages(speed: Speed) -> str:
    rows = [
        *((name, ms, speed.bald_stages_ms[name]) for name, ms in speed.stages_ms.items()),
        ("total", speed.total_ms, speed.bald_total_ms),
        ("ResNet-50", speed.resnet50_ms, speed.resnet50_ms),
    ]
    return "\n".join(
        f"| {name} | {ms:.1f} | {ms / speed.resnet50_ms:.2f} | {bald_ms:.1f} |"
        for name, ms, bald_ms in rows
    )
