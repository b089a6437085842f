"""How the pipeline tells what it is doing, and how long it took."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class StageEvent:
    """A stage began or ended."""

    stage: str
    state: Literal["started", "finished"]
    index: int
    """Of this stage, from 0."""
    total: int
    """Number of stages of this run."""
    elapsed_ms: float
    """0 when started."""


ProgressListener = Callable[[StageEvent], None]


def ignore_progress(event: StageEvent) -> None:
    """A listener that does nothing."""


class StageClock:
    """Times the stages of one run and tells a listener of each."""

    def __init__(self, stages: tuple[str, ...], listener: ProgressListener) -> None:
        self._stages = stages
        self._listener = listener
        self.stage_ms: dict[str, float] = {}
        """Wall time of the finished stages, in order."""

    @contextmanager
    def stage(self, name: str) -> Generator[None]:
        """The block is the stage of this name; one that raises does not count as finished."""
        index, total = self._stages.index(name), len(self._stages)
        self._listener(StageEvent(name, "started", index, total, 0.0))
        start = time.perf_counter()
        yield
        elapsed_ms = (time.perf_counter() - start) * 1e3
        self.stage_ms[name] = elapsed_ms
        self._listener(StageEvent(name, "finished", index, total, elapsed_ms))
