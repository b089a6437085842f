"""Stages as they pass, on standard error: bars on a terminal, else plain lines with times."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from reconstruction_backend.cli.exits import stop_if_asked
from reconstruction_backend.progress import ProgressListener, StageEvent

TITLES = {
    "portrait": "decode photo",
    "landmarks": "find landmarks",
    "parsing": "tell skin from hair",
    "head_fit": "fit head",
    "texture": "make texture",
    "hair": "comb hair",
    "preview": "render preview",
    "archive": "write archive",
}
_TITLE_WIDTH = max(map(len, TITLES.values()))


@contextmanager
def stage_display(photo: Path) -> Generator[ProgressListener]:
    """A listener for one photo's stages, which stops before the next one where a signal says so."""
    if sys.stderr.isatty():
        with _bars(photo) as listener:
            yield _stopping(listener)
    else:
        yield _stopping(_Lines(photo).show)


def _stopping(listener: ProgressListener) -> ProgressListener:
    def listen(event: StageEvent) -> None:
        if event.state == "started":
            stop_if_asked()
        listener(event)

    return listen


class _Lines:
    """One line per finished stage, under the photo's name."""

    def __init__(self, photo: Path) -> None:
        self._heading: str | None = str(photo)

    def show(self, event: StageEvent) -> None:
        """A photo that fails at once gets no heading: its error names it."""
        if event.state != "finished":
            return
        if self._heading is not None:
            print(self._heading, file=sys.stderr)
            self._heading = None
        title = f"{TITLES[event.stage]:<{_TITLE_WIDTH}}"
        number = f"{event.index + 1}/{event.total}"
        print(f"  {number} {title} {event.elapsed_ms:7.0f} ms", file=sys.stderr, flush=True)


@contextmanager
def _bars(photo: Path) -> Generator[ProgressListener]:
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24))
    console = Console(stderr=True)
    with Progress(*columns, TextColumn("{task.fields[took]}"), console=console) as progress:
        whole = progress.add_task(escape(str(photo)), total=len(TITLES), took="")
        stages = {
            stage: progress.add_task(f"  {title}", total=1, start=False, took="")
            for stage, title in TITLES.items()
        }

        def show(event: StageEvent) -> None:
            task = stages[event.stage]
            if event.state == "started":
                progress.start_task(task)
            else:
                progress.update(task, completed=1, took=f"{event.elapsed_ms:.0f} ms")
                progress.advance(whole)

        yield show
