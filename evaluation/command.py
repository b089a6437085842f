"""`cameo evaluate`: portraits to a report of how good the avatars are, and how sure that is."""

from pathlib import Path
from typing import Annotated

import typer


def evaluate(
    photos: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PHOTO...", help="Portraits, or folders of them."),
    ] = None,
    *,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="The report's folder; resumed where it exists.")
    ],
    backend: Annotated[
        list[str] | None,
        typer.Option(help="One of `cameo backends`; repeated, they are compared photo by photo."),
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(metavar="REPORT", help="An earlier report to compare with; may be repeated."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes at once; by default as memory and cores allow.")
    ] = None,
    ray: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="A Ray cluster instead (auto, ray://..., local)."),
    ] = None,
    sample: Annotated[
        int | None, typer.Option(help="Only so many photos, evenly spread over their names.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON line per photo, then the summary.")
    ] = False,
) -> None:
    """Measure avatars against their photos and write a report that opens from disk.

    REPORT holds report.html, summary.json and, per run, the figures as JSON lines and CSV with the
    pictures that they were computed from. Called again, it goes on where it stopped. A photo that
    fails is counted and shown; it does not stop the others.
    """
    from evaluation.runs.evaluate import Request, evaluate_portraits

    request = Request(
        photos=tuple(photos or ()),
        out=out,
        backends=tuple(backend or ("cameo-head",)),
        against=tuple(against or ()),
        workers=workers,
        ray_address=ray,
        sample=sample,
        as_json=as_json,
    )
    raise typer.Exit(evaluate_portraits(request))
