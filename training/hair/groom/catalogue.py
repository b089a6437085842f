"""Base hairstyles, from which all others are varied."""

from training.hair.groom.afro_styles import AFRO_HAIR
from training.hair.groom.long_styles import LONG_HAIR
from training.hair.groom.parameters import StyleParameters
from training.hair.groom.shaven_styles import SHAVEN
from training.hair.groom.short_styles import SHORT_HAIR
from training.hair.groom.tied_styles import TIED_HAIR

BASES: tuple[StyleParameters, ...] = (*SHAVEN, *SHORT_HAIR, *LONG_HAIR, *AFRO_HAIR, *TIED_HAIR)
"""One of each kind; `shipped` and `variations` vary them."""


def base(name: str) -> StyleParameters:
    """The base style of a name. Raises KeyError."""
    return {style.name: style for style in BASES}[name]
