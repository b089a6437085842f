"""`cameo evaluate-scans`: reconstructed heads against scans of the same people."""

from pathlib import Path
from typing import Annotated

import typer


def evaluate_scans(
    scans: Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder per person.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The report's folder.")],
    backend: Annotated[str, typer.Option(help="One of `cameo backends`.")] = "cameo-head",
    unit: Annotated[str, typer.Option(help="Of the scans: mm, cm or m.", metavar="mm|cm|m")] = "mm",
    metrical: Annotated[
        bool, typer.Option(help="Align without scale: the head's size counts too.")
    ] = False,
) -> None:
    """Measure reconstructed heads against scans (the NoW protocol).

    FOLDER holds a folder per person: scan.obj, .ply or .stl; landmarks.txt with seven lines of
    x y z; and the photos. Or, for heads made elsewhere, mesh.obj (or .ply, .stl) with
    mesh_landmarks.txt instead of photos, in any unit.
    """
    from evaluation.geometry.evaluate import ScanRequest, evaluate_scan_folder

    raise typer.Exit(evaluate_scan_folder(ScanRequest(scans, out, backend, unit, metrical)))
