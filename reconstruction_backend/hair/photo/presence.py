"""That a photo shows no hair to be grown, and why: one sentence for the user."""

from dataclasses import dataclass
from typing import Literal

NoHairReason = Literal["bald", "covered"]
MESSAGES: dict[NoHairReason, str] = {
    "bald": "The photo shows no hair on the head.",
    "covered": "A hat, a hood or a scarf covers the hair, so the avatar has none.",
}


@dataclass(frozen=True)
class NoHair:
    """No hair is to be grown."""

    reason: NoHairReason
    message: str
    """One sentence for the user."""


def no_hair(reason: NoHairReason) -> NoHair:
    """Why there is none, in words."""
    return NoHair(reason, MESSAGES[reason])
