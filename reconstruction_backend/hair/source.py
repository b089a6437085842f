"""Stage 6: whence an avatar's hair comes. `HairSource` is a seam: the photo, the database, or none.

subject (portrait, parsing, fitted head, light) ─▶ HairSource.find ─▶ HairFound: hair or why not
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

from reconstruction_backend.backends import Reconstruction
from reconstruction_backend.hair.choice import FROM_PHOTO, NO_HAIR, UNEDITED, HairChoice
from reconstruction_backend.hair.colour import HairColour
from reconstruction_backend.hair.colour_photo import colour_from_photo
from reconstruction_backend.hair.database import StyleDatabase
from reconstruction_backend.hair.hair import Hair
from reconstruction_backend.hair.photo.picture import hair_picture
from reconstruction_backend.hair.photo.presence import NoHair
from reconstruction_backend.hair.photo.reconstruct import hair_from_picture
from reconstruction_backend.hair.photo.refine import PhotoHair
from reconstruction_backend.hair.photo.starts import PhotoStarts
from reconstruction_backend.hair.scalp import scalp_of
from reconstruction_backend.hair.strands import HairStrands
from reconstruction_backend.hair.wear import USUAL_COLOUR, BareHead, dressed
from reconstruction_backend.hair.worn import strands_worn
from reconstruction_backend.parsing.result import Parsing
from reconstruction_backend.portrait import Portrait
from reconstruction_backend.texture.result import SphericalHarmonicsLight


@dataclass(frozen=True, eq=False)
class HairSubject:
    """Whose hair is sought: what the stages before this one know of a portrait."""

    portrait: Portrait
    parsing: Parsing
    reconstruction: Reconstruction
    light: Callable[[], SphericalHarmonicsLight]
    """Of the photo, without which its colours say nothing. Asked for last, and only where a colour
    is read: it comes from the texture, which may be in the making."""

    @cached_property
    def head(self) -> BareHead:
        """The person's head at rest."""
        model = self.reconstruction.head_model
        return BareHead(model, model.neutral(self.reconstruction.fit.shape))

    def colour(self, strands: HairStrands | None = None) -> HairColour | None:
        """The colour of the hair in the photo; None where too little of it is seen.

        With strands that lie where the photo's do, what it shows along them is kept too.
        """
        reconstruction, fit = self.reconstruction, self.reconstruction.fit
        model = reconstruction.head_model
        vertices = model.evaluate(fit.shape, fit.expression, fit.pose_rad)
        worn = None
        if strands is not None:
            worn = strands_worn(strands, model, self.head.neutral_m, vertices)
        return colour_from_photo(
            self.portrait, self.parsing, self.light(), fit.camera, model, vertices, worn
        )


@dataclass(frozen=True, eq=False)
class HairFound:
    """What a source gives."""

    hair: Hair | None
    warnings: tuple[str, ...] = ()
    """Why there is none, or what the user should know; one sentence each."""


@runtime_checkable
class HairSource(Protocol):
    """Gives somebody's hair."""

    def find(self, subject: HairSubject, choice: HairChoice) -> HairFound:
        """Hair on the subject's head, in the chosen colour and edit, or none.

        The colour is the photo's where none is chosen. The same subject gives the same hair.
        Raises a CameoError where the choice cannot be met.
        """
        ...


class BaldSource:
    """No hair, whatever the photo shows."""

    def find(self, subject: HairSubject, choice: HairChoice) -> HairFound:
        """None."""
        return HairFound(None)


class LibrarySource:
    """The style of the database that the choice names."""

    def __init__(self, styles: StyleDatabase | None = None) -> None:
        self._styles = StyleDatabase.open() if styles is None else styles

    def find(self, subject: HairSubject, choice: HairChoice) -> HairFound:
        """That style. Raises UnknownStyle or InvalidStyle."""
        own = subject.colour() if choice.colour is None else None
        return HairFound(dressed(subject.head, None, choice, self._styles, own))


class PhotoSource:
    """The hair that the photo shows."""

    def __init__(self, starts: PhotoStarts | None = None) -> None:
        """Raises ModelNotAvailable or InvalidModel where the networks are missing."""
        self._starts = PhotoStarts() if starts is None else starts

    def find(self, subject: HairSubject, choice: HairChoice) -> HairFound:
        """The photo's hair; none, and a warning, of a bald head or one that is covered."""
        found = self._in_photo(subject)
        if isinstance(found, NoHair):
            return HairFound(None, (found.message,))
        head = subject.head
        hair = Hair(
            "photo",
            FROM_PHOTO,
            found.guides,
            found.texture,
            choice.wanted_colour or USUAL_COLOUR,
            head.model,
            head.neutral_m,
        ).measured_by(head.skin)
        if choice.colour is None:
            hair = hair.with_colour(subject.colour(hair.shape) or USUAL_COLOUR)
        return HairFound(hair if choice.edit in (None, UNEDITED) else hair.with_edit(choice.edit))

    def _in_photo(self, subject: HairSubject) -> PhotoHair | NoHair:
        head, camera = subject.head, subject.reconstruction.fit.camera
        picture = hair_picture(
            subject.portrait, subject.parsing, camera, head.model, head.neutral_m
        )
        return hair_from_picture(
            picture,
            scalp_of(head.model),
            head.neutral_m,
            head.skin,
            lambda evidence: self._starts.of(
                picture, evidence, head.model, head.neutral_m, head.skin
            ),
        )


def hair_source(choice: HairChoice) -> HairSource:
    """The source that a choice of style asks for; none without one.

    Raises ModelNotAvailable or InvalidModel where the networks of the photo's hair are missing.
    """
    if choice.style in (None, NO_HAIR):
        return BaldSource()
    return PhotoSource() if choice.style == FROM_PHOTO else LibrarySource()
