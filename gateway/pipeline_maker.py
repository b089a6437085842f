"""`AvatarMaker` with the real pipeline. Only the worker imports this."""

from pathlib import Path

from reconstruction_backend.expression.choice import NEUTRAL, ExpressionChoice
from reconstruction_backend.hair.choice import SAME_HAIR, HairChoice
from reconstruction_backend.pipeline import Pipeline, texture_size_of
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
        texture_size: int | None = None,
        hair: HairChoice = SAME_HAIR,
    ) -> tuple[str, ...]:
        """Reconstruct and write the archive. Raises a CameoError."""
        size = None if texture_size is None else texture_size_of(texture_size)
        written = self._pipeline.write_avatar(photo, archive_path, progress, choice, size, hair)
        return written.avatar.warnings

    def make_again(
        self,
        archive: bytes,
        archive_path: Path,
        progress: ProgressListener,
        choice: ExpressionChoice | None,
        hair: HairChoice = SAME_HAIR,
    ) -> tuple[str, ...]:
        """Read the archive, and write it with another face or hair. Raises a CameoError."""
        archive_path.write_bytes(archive)
        return rewrite_archive(archive_path, archive_path, choice, progress, hair).warnings
