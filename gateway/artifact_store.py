"""The seam `ArtifactStore`: photos while they are needed, and finished avatars."""

import re
from typing import Protocol

_SEGMENT = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}")


class ArtifactNotFound(Exception):
    """Nothing is stored under that key."""


class InvalidArtifactKey(ValueError):
    """Not a sequence of plain names joined by `/`."""


class ArtifactStore(Protocol):
    """Whole files under keys such as `JOB/3/avatar.glb`; a reader never sees half of one."""

    def write(self, key: str, data: bytes) -> None:
        """Store or replace. Raises InvalidArtifactKey."""
        ...

    def read(self, key: str) -> bytes:
        """Raises ArtifactNotFound or InvalidArtifactKey."""
        ...

    def delete(self, key: str) -> None:
        """Remove the file of this key and all below it; a second time does nothing."""
        ...

    def owners(self, untouched_for_s: float) -> tuple[str, ...]:
        """First segments of the keys, where nothing was written for so long."""
        ...


def check_key(key: str) -> tuple[str, ...]:
    """The key's segments. Raises InvalidArtifactKey for anything that could leave the store."""
    segments = tuple(key.split("/"))
    if not all(_SEGMENT.fullmatch(segment) for segment in segments):
        raise InvalidArtifactKey(f"Not an artifact key: {key!r}.")
    return segments
