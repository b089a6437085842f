"""How the pipeline tells what it is doing."""

from collections.abc import Callable
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
