"""`AvatarMaker` with the real pipeline. Only the worker imports this."""

from pathlib import Path

from reconstruction_backend.pipeline import Pipeline
from reconstruction_backend.progress import ProgressListener


class PipelineMaker:
    """Holds the warm pipeline."""

    def __init__(self) -> None:
        self._pipeline = Pipeline()

    def make(self, photo: bytes, archive_path: Path, progress: ProgressListener) -> tuple[str, ...]:
        """Reconstruct and write the archive. Raises a CameoError."""
        return self._pipeline.write_avatar(photo, archive_path, progress).avatar.warnings
