"""`AvatarMaker` with the real pipeline. Only the worker imports this."""

from pathlib import Path

from reconstruction_backend.expression.choice import NEUTRAL, ExpressionChoice
from reconstruction_backend.pipeline import Pipeline
from reconstruction_backend.progress import ProgressListener
from reconstruction_backend.redress import rewrite_archive


class PipelineMaker:
    """Holds the warm pipeline."""

    def __init__(self) -> None:
        self._pipeline = Pipeline()

    def make(
        self,
        photo: bytes,
        archive_path: Path,
        progress: ProgressListener,
        choice: ExpressionChoice = NEUTRAL,
    ) -> tuple[str, ...]:
        """Reconstruct and write the archive. Raises a CameoError."""
        return self._pipeline.write_avatar(photo, archive_path, progress, choice).avatar.warnings

    def make_again(
        self,
        archive: bytes,
        archive_path: Path,
        progress: ProgressListener,
        choice: ExpressionChoice,
    ) -> tuple[str, ...]:
        """Read the archive, and write it with another face. Raises a CameoError."""
        archive_path.write_bytes(archive)
        return rewrite_archive(archive_path, archive_path, choice, progress).warnings
