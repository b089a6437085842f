"""Strands to a file of the format that its name says, whole or not at all."""

from pathlib import Path

from reconstruction_backend.export.atomic_file import write_file
from reconstruction_backend.hair.formats.files import encode_strands
from reconstruction_backend.hair.formats.polylines import Polylines


def write_strands(path: Path, lines: Polylines) -> None:
    """Raises OutputNotWritable, or InvalidGroom where the format cannot hold the strands."""
    write_file(path, encode_strands(lines, path))
