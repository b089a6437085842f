"""Hair as it is typed: a style, a colour, factors."""

from reconstruction_backend.hair.choice import FROM_PHOTO, NO_HAIR, HairChoice, HairEdit
from reconstruction_backend.hair.database import StyleDatabase


def typed_hair(
    style: str | None,
    color: str | None,
    length: float | None,
    curl: float | None,
    thickness: float | None,
    density: float | None,
) -> HairChoice:
    """The hair that the options ask for.

    Raises InvalidOption or UnknownStyle, in one sentence, for what there is not.
    """
    if style not in (None, FROM_PHOTO, NO_HAIR):
        StyleDatabase.open().entry(style)
    named = {"length": length, "curl": curl, "thickness": thickness, "density": density}
    factors = {name: factor for name, factor in named.items() if factor is not None}
    return HairChoice(style, color, HairEdit(**factors) if factors else None)
