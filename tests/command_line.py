"""Running `cameo` in tests, in this process or in one of its own."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reconstruction_backend.cli.app import app
from reconstruction_backend.cli.exits import run_app


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    exit_code: int
    out: str
    err: str

    @property
    def complaints(self) -> list[str]:
        """Lines of `cameo: ...` on standard error."""
        return [line for line in self.err.splitlines() if line.startswith("cameo: ")]


def run_here(capfd: pytest.CaptureFixture[str], *arguments: str | Path) -> Outcome:
    """`cameo` in this process; file descriptors are captured, so native output counts too."""
    capfd.readouterr()
    exit_code = run_app(app, [str(argument) for argument in arguments])
    captured = capfd.readouterr()
    return Outcome(exit_code, captured.out, captured.err)


def run_alone(*arguments: str | Path, **options: Any) -> Outcome:
    """`cameo` as a user starts it."""
    done = subprocess.run(
        command(*arguments), capture_output=True, text=True, check=False, timeout=300, **options
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def command(*arguments: str | Path) -> list[str]:
    """The command line of a process of its own, with this interpreter."""
    start = "from reconstruction_backend.cli import main; main()"
    return [sys.executable, "-c", start, *map(str, arguments)]
