"""What a user asks of hair: where it comes from, its colour, and changes to it."""

from dataclasses import dataclass

from reconstruction_backend.hair.colour import HairColour, parse_hair_colour
from reconstruction_backend.hair.edit import HairEdit

FROM_PHOTO, NO_HAIR = "photo", "none"
UNEDITED = HairEdit()


@dataclass(frozen=True)
class HairChoice:
    """Hair to wear. Raises InvalidOption for a colour that is none."""

    style: str | None = None
    """`photo`, `none`, or a style's name in the database; None leaves the hair as it is."""
    colour: str | None = None
    """A preset's name or #rrggbb; None takes the photo's, or the colour that there is."""
    edit: HairEdit | None = None
    """Factors on the hair as it was before any edit; None leaves it as it is."""

    def __post_init__(self) -> None:
        if self.colour is not None:
            parse_hair_colour(self.colour)

    @property
    def wanted_colour(self) -> HairColour | None:
        """The colour that was named."""
        return None if self.colour is None else parse_hair_colour(self.colour)

    @property
    def changes_nothing(self) -> bool:
        """Whether hair stays as it is."""
        return self == SAME_HAIR


SAME_HAIR = HairChoice()
