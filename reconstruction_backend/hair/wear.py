"""What is chosen, on a head: the hair that there is, another style, another colour, or none."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float32

from reconstruction_backend.errors import InvalidOption
from reconstruction_backend.hair.choice import FROM_PHOTO, NO_HAIR, UNEDITED, HairChoice
from reconstruction_backend.hair.colour import PRESETS, HairColour
from reconstruction_backend.hair.database import StyleDatabase
from reconstruction_backend.hair.hair import Hair, hair_of_style
from reconstruction_backend.hair.skin_distance import SkinDistance
from reconstruction_backend.head_model import HeadModel

USUAL_COLOUR = PRESETS["dark-brown"]
"""Of a style on a head whose own colour is not known."""


@dataclass(frozen=True, eq=False)
class BareHead:
    """A head at rest, to be given hair."""

    model: HeadModel
    neutral_m: Float32[np.ndarray, "V 3"]

    @cached_property
    def skin(self) -> SkinDistance:
        """Distances to its skin."""
        return SkinDistance.of(self.model, self.neutral_m)


def dressed(
    head: BareHead,
    worn: Hair | None,
    choice: HairChoice,
    styles: StyleDatabase,
    own_colour: HairColour | None = None,
) -> Hair | None:
    """The chosen hair on a head that wears `worn` now; what the choice leaves open stays.

    `own_colour` is the person's where it is known and no hair is worn that shows it. Raises
    UnknownStyle or InvalidStyle, and InvalidOption for the photo's hair where there is none.
    """
    style = choice.style or (worn.style if worn is not None else NO_HAIR)
    if style == NO_HAIR:
        return None
    colour = choice.wanted_colour or (worn.colour if worn else own_colour) or USUAL_COLOUR
    if worn is not None and worn.style == style:
        kept = worn if choice.edit in (None, worn.edit) else worn.with_edit(choice.edit)
        return kept if colour is kept.colour else kept.with_colour(colour)
    if style == FROM_PHOTO:
        raise InvalidOption(
            "This avatar does not have the photo's hair; reconstruct the photo again to get it."
        )
    edit = choice.edit or UNEDITED
    return hair_of_style(styles.load(style), head.model, head.neutral_m, colour, edit, head.skin)
