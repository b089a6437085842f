"""What a user asks of hair: where it comes from, its colour, and changes to it."""

from dataclasses import dataclass

from reconstruction_backend.errors import InvalidOption
from reconstruction_backend.hair.colour import HairColour, parse_hair_colour

FROM_PHOTO, NO_HAIR = "photo", "none"
STYLE_PATTERN, LONGEST_STYLE_NAME = "^[a-z0-9]+(-[a-z0-9]+)*$", 100
"""Of a style's name."""
LENGTH_FACTORS, CURL_FACTORS = (0.05, 2), (0, 2)
THICKNESS_FACTORS, DENSITY_FACTORS = (0.3, 3), (0.05, 2)
"""Least and most of an edit's factors."""


@dataclass(frozen=True)
class HairEdit:
    """Factors on what hair is; 1 leaves it."""

    length: float = 1.0
    """Shorter hair is cut along the strand, longer hair grows on and hangs. 0.05 to 2."""
    curl: float = 1.0
    """On the radius of curls and on frizz; above 1 straight hair gets waves. 0 to 2."""
    thickness: float = 1.0
    """On the width of strands. 0.3 to 3."""
    density: float = 1.0
    """On the number of strands. 0.05 to 2."""

    def __post_init__(self) -> None:
        for name, value, (low, high) in (
            ("length", self.length, LENGTH_FACTORS),
            ("curl", self.curl, CURL_FACTORS),
            ("thickness", self.thickness, THICKNESS_FACTORS),
            ("density", self.density, DENSITY_FACTORS),
        ):
            if not low <= value <= high:
                raise InvalidOption(f"Hair {name} is a factor from {low} to {high}, not {value}.")


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

    def over(self, usual: "HairChoice") -> "HairChoice":
        """This choice, and for what it leaves open the usual one."""
        return HairChoice(
            self.style or usual.style, self.colour or usual.colour, self.edit or usual.edit
        )

    @property
    def changes_nothing(self) -> bool:
        """Whether hair stays as it is."""
        return self == SAME_HAIR


SAME_HAIR = HairChoice()
