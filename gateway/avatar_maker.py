"""What the worker needs of the reconstruction: a photo's bytes to an archive."""

from pathlib import Path
from typing import Protocol

from reconstruction_backend.expression.choice import NEUTRAL, ExpressionChoice
from reconstruction_backend.hair.choice import SAME_HAIR, HairChoice
from reconstruction_backend.progress import ProgressListener


class AvatarMaker(Protocol):
    """Holds warm models; used by one thread."""

    def make(
        self,
        photo: bytes,
        archive_path: Path,
        progress: ProgressListener,
        choice: ExpressionChoice = NEUTRAL,
        texture_size: int | None = None,
        hair: HairChoice = SAME_HAIR,
    ) -> tuple[str, ...]:
        """Write the archive, wearing the chosen face, and return the warnings, one sentence each.

        Without a chosen hair it wears what the maker usually gives.

        `texture_size`: texels along an edge of the atlas, where they are not the usual ones.

        Raises a CameoError where the photo does not allow it. Whatever `progress` raises ends
        the work and comes out of here.
        """
        ...

    def make_again(
        self,
        archive: bytes,
        archive_path: Path,
        progress: ProgressListener,
        choice: ExpressionChoice | None,
        hair: HairChoice = SAME_HAIR,
    ) -> tuple[str, ...]:
        """The avatar of an archive, with another face or other hair; otherwise as `make`.

        None is the face that it wears.
        """
        ...
