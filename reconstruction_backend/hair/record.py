"""Hair as JSON: what a request to the gateway asks for, and what avatar.json says of it."""

from dataclasses import asdict
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from reconstruction_backend.hair.choice import (
    CURL_FACTORS,
    DENSITY_FACTORS,
    LENGTH_FACTORS,
    LONGEST_STYLE_NAME,
    STYLE_PATTERN,
    THICKNESS_FACTORS,
    HairChoice,
    HairEdit,
)
from reconstruction_backend.hair.colour import HairColour
from reconstruction_backend.hair.melanin import Melanin
from reconstruction_backend.hair.texture_record import TextureRecord

_CONFIG = ConfigDict(frozen=True, allow_inf_nan=False, extra="ignore")
"""Of what archives say: a later version may say more."""
_ASKED = ConfigDict(frozen=True, allow_inf_nan=False, extra="forbid")
"""Of what is asked for: a word that is not known would be obeyed by nobody."""
_Share = Annotated[float, Field(ge=0, le=1)]
_Amount = Annotated[float, Field(ge=0, le=1000)]
StyleName = Annotated[str, Field(pattern=STYLE_PATTERN, max_length=LONGEST_STYLE_NAME)]
LengthFactor = Annotated[float, Field(ge=LENGTH_FACTORS[0], le=LENGTH_FACTORS[1])]
CurlFactor = Annotated[float, Field(ge=CURL_FACTORS[0], le=CURL_FACTORS[1])]
ThicknessFactor = Annotated[float, Field(ge=THICKNESS_FACTORS[0], le=THICKNESS_FACTORS[1])]
DensityFactor = Annotated[float, Field(ge=DENSITY_FACTORS[0], le=DENSITY_FACTORS[1])]


class ChosenEdit(BaseModel):
    """Factors on hair; 1 leaves it."""

    model_config = _ASKED

    length: LengthFactor = 1.0
    curl: CurlFactor = 1.0
    thickness: ThicknessFactor = 1.0
    density: DensityFactor = 1.0

    def edit(self) -> HairEdit:
        """The edit that this says."""
        return HairEdit(self.length, self.curl, self.thickness, self.density)


class EditRecord(ChosenEdit):
    """An edit as archives have it."""

    model_config = _CONFIG

    @classmethod
    def of(cls, edit: HairEdit) -> "EditRecord":
        """What says that edit."""
        return cls(**asdict(edit))


class ChosenHair(BaseModel):
    """Hair to wear; what is null stays as it is."""

    model_config = _ASKED

    style: StyleName | None = None
    """`photo`, `none`, or a style's name."""
    color: Annotated[str, Field(max_length=40)] | None = None
    """A named colour, or #rrggbb in sRGB."""
    edit: ChosenEdit | None = None
    """Edits do not add up: they are factors on the hair as the style or the photo has it."""

    def choice(self) -> HairChoice:
        """Raises InvalidOption for a colour that is none."""
        return HairChoice(self.style, self.color, None if self.edit is None else self.edit.edit())


class ColourRecord(BaseModel):
    """`HairColour` without what a photo showed of single places, which lies in hair.npz."""

    model_config = _CONFIG

    eumelanin: _Amount
    pheomelanin: _Amount
    tint: tuple[_Amount, _Amount, _Amount]
    grey: _Share
    root_darkening: _Amount
    tip_lightening: _Share
    spread: _Amount

    @classmethod
    def of(cls, colour: HairColour) -> "ColourRecord":
        """What says that colour."""
        return cls(
            eumelanin=colour.melanin.eumelanin,
            pheomelanin=colour.melanin.pheomelanin,
            tint=colour.tint,
            grey=colour.grey,
            root_darkening=colour.root_darkening,
            tip_lightening=colour.tip_lightening,
            spread=colour.spread,
        )

    def colour(self) -> HairColour:
        """The colour that this says."""
        return HairColour(
            Melanin(self.eumelanin, self.pheomelanin),
            self.tint,
            self.grey,
            self.root_darkening,
            self.tip_lightening,
            self.spread,
        )


class HairRecord(BaseModel):
    """The hair of an avatar; its guides lie in hair.npz."""

    model_config = _CONFIG

    source: Literal["photo", "library"]
    style: StyleName
    """`photo`, or the name of the style in the database."""
    colour: ColourRecord
    texture: TextureRecord
    """Before the edit, as the guides are."""
    edit: EditRecord = EditRecord()
    strands: Annotated[int, Field(ge=0)] = 0
    """How many there are in the files."""
