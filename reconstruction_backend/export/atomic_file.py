"""Files that are whole or absent: written under a temporary name, synced, then renamed."""

import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from reconstruction_backend.errors import OutputNotWritable


@contextmanager
def atomic_file(path: Path) -> Generator[BinaryIO]:
    """Open a file that takes the place of `path` when the block ends without an error.

    Whatever goes wrong, nothing half-written stays behind and a file that was there before is
    untouched. Raises OutputNotWritable for every failure of the file system.
    """
    _refuse_special(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        try:
            with temporary.open("xb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(path)
        except OSError as error:
            raise OutputNotWritable(f"Cannot write {path}: {_reason(error)}.") from error
        _sync_folder(path.parent)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_file(path: Path, data: bytes) -> None:
    """`atomic_file` for bytes that are ready."""
    with atomic_file(path) as stream:
        stream.write(data)


def _refuse_special(path: Path) -> None:
    """A rename would replace a device or a pipe by a file, which nobody who names one wants."""
    try:
        exists, regular = path.exists(), path.is_file()
    except OSError as error:
        raise OutputNotWritable(f"Cannot write {path}: {_reason(error)}.") from error
    if path.is_dir():
        raise OutputNotWritable(f"Cannot write {path}: it is a folder.")
    if exists and not regular:
        raise OutputNotWritable(f"Cannot write {path}: it is not a regular file.")
    if not path.name:
        raise OutputNotWritable("Cannot write the output: its name is empty.")


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _sync_folder(folder: Path) -> None:
    """Make the rename itself survive a power cut, where the system can sync a folder."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
