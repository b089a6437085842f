"""Files that are whole or absent: written under a temporary name, synced, then renamed."""

import os
import secrets
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from reconstruction_backend.errors import OutputNotWritable, reason_of


@contextmanager
def atomic_file(path: Path) -> Generator[BinaryIO]:
    """Open a file that takes the place of `path` when the block ends without an error.

    Whatever goes wrong, nothing half-written stays behind and a file that was there before is
    untouched. A symbolic link stays; what it names is replaced. Raises OutputNotWritable for every
    failure of the file system.
    """
    check_writable(path)
    target = Path(os.path.realpath(path))
    # a name of its own: the target's may be as long as the system allows
    temporary = target.with_name(f".cameo-{secrets.token_hex(8)}.tmp")
    try:
        try:
            with temporary.open("xb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(target)
        except OSError as error:
            raise OutputNotWritable(f"Cannot write {path}: {reason_of(error)}.") from error
        _sync_folder(target.parent)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_file(path: Path, data: bytes) -> None:
    """`atomic_file` for bytes that are ready."""
    with atomic_file(path) as stream:
        stream.write(data)


def check_writable(path: Path) -> None:
    """Refuse, before any work is done for it, a path that cannot become a file.

    A rename would replace a device or a pipe by a file, which nobody who names one wants.
    Raises OutputNotWritable.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        mode = stat.S_IFREG
    except OSError as error:
        raise OutputNotWritable(f"Cannot write {path}: {reason_of(error)}.") from error
    if stat.S_ISDIR(mode):
        raise OutputNotWritable(f"Cannot write {path}: it is a folder.")
    if not stat.S_ISREG(mode):
        raise OutputNotWritable(f"Cannot write {path}: it is not a regular file.")
    folder = Path(os.path.realpath(path)).parent
    if not folder.is_dir():
        raise OutputNotWritable(f"Cannot write {path}: there is no such folder.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputNotWritable(f"Cannot write {path}: permission denied.")


def _sync_folder(folder: Path) -> None:
    """Make the rename itself survive a power cut, where the system can sync a folder."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
