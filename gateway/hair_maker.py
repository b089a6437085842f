"""What the web process asks for when it shows hair that no file holds yet."""

from dataclasses import dataclass
from typing import Protocol

from reconstruction_backend.errors import EX_UNAVAILABLE, CameoError
from reconstruction_backend.hair.record import ChosenHair


@dataclass(frozen=True)
class AvatarHead:
    """Whose head, as the files of an avatar say it."""

    parameters: bytes
    """avatar.json."""
    guides: bytes | None
    """hair.npz, where the avatar has hair."""


class HairMaker(Protocol):
    """Gives strands in well under a second; may be called from several threads."""

    def prepare(self) -> None:
        """Get ready: somebody looks at hairstyles."""
        ...

    def strands(self, chosen: ChosenHair, head: AvatarHead | None) -> bytes | None:
        """All strands of the chosen hair in the viewer's format; None where that is no hair.

        On the head of an avatar, or on the mean head. What the choice leaves open is the avatar's.
        Raises a CameoError.
        """
        ...


class HairNotReady(CameoError):
    """Nobody here grows strands now."""

    code = "hair_not_ready"
    exit_code = EX_UNAVAILABLE


class NoHairMaker:
    """Of a gateway that was started without the process that grows strands."""

    def prepare(self) -> None:
        """Nothing to get ready."""

    def strands(self, chosen: ChosenHair, head: AvatarHead | None) -> bytes | None:
        """Raises HairNotReady."""
        raise HairNotReady("This gateway grows no hair.")
