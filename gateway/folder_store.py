"""`ArtifactStore` in a local folder."""

import os
import shutil
import tempfile
import time
from pathlib import Path

from gateway.artifact_store import ArtifactNotFound, check_key

PARTIAL_PREFIX = ".partial-"


class FolderArtifactStore:
    """Files are written beside their place, flushed to disk, and renamed into it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def write(self, key: str, data: bytes) -> None:
        """Store or replace. Raises InvalidArtifactKey."""
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, partial = tempfile.mkstemp(prefix=PARTIAL_PREFIX, dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, path)
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise

    def read(self, key: str) -> bytes:
        """Raises ArtifactNotFound or InvalidArtifactKey."""
        try:
            return self._path(key).read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise ArtifactNotFound(key) from None

    def delete(self, key: str) -> None:
        """Remove the file of this key and all below it; a second time does nothing."""
        path = self._path(key)
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)

    def owners(self, untouched_for_s: float) -> tuple[str, ...]:
        """First segments of the keys, where nothing was written for so long."""
        latest = time.time() - untouched_for_s
        entries = sorted(self._folder.iterdir())
        return tuple(entry.name for entry in entries if entry.stat().st_mtime <= latest)

    def _path(self, key: str) -> Path:
        return self._folder.joinpath(*check_key(key))
