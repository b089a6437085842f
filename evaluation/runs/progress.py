"""How a long run tells where it is: a bar in a terminal, else a line now and then."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Protocol

LINES = 20
"""About so many lines over a whole run that is not in a terminal."""


class Advance(Protocol):
    """Called after each photo."""

    def __call__(self, failed: bool) -> None:
        """Count one more."""
        ...


@contextmanager
def progress_over(title: str, total: int, done: int) -> Generator[Advance]:
    """For the block; `done` of them were measured earlier."""
    if sys.stderr.isatty():
        with _bar(title, total, done) as advance:
            yield advance
    else:
        yield _lines(title, total, done)


def _lines(title: str, total: int, done: int) -> Advance:
    if done:
        print(f"{title}: {done} of {total} were measured before", file=sys.stderr)
    count, failures = done, 0

    def advance(failed: bool) -> None:
        nonlocal count, failures
        count, failures = count + 1, failures + failed
        if count == total or count % max(1, total // LINES) == 0:
            told = f", {failures} failed" if failures else ""
            print(f"{title}: {count} of {total}{told}", file=sys.stderr, flush=True)

    return advance


@contextmanager
def _bar(title: str, total: int, done: int) -> Generator[Advance]:
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
               TimeRemainingColumn(), TextColumn("{task.fields[failed]}"))  # fmt: skip
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(escape(title), total=total, completed=done, failed="")
        failures = 0

        def advance(failed: bool) -> None:
            nonlocal failures
            failures += failed
            progress.update(task, advance=1, failed=f"{failures} failed" if failures else "")

        yield advance
