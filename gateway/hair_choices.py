"""Whether hair that a request asks for can be had; said at once, before a job is made of it."""

from http import HTTPStatus

from gateway.problems import Problem, parse_field
from reconstruction_backend.errors import CameoError
from reconstruction_backend.hair.choice import FROM_PHOTO, NO_HAIR
from reconstruction_backend.hair.database import StyleDatabase
from reconstruction_backend.hair.record import ChosenHair


def parse_hair(text: str) -> ChosenHair:
    """A form field's JSON. Raises Problem 422."""
    chosen = parse_field(ChosenHair, text, "hair")
    check_hair(chosen)
    return chosen


def check_hair(chosen: ChosenHair) -> None:
    """Raises Problem 422 for a colour or a style that there is not."""
    try:
        chosen.choice()
        if chosen.style not in (None, FROM_PHOTO, NO_HAIR):
            StyleDatabase.open().entry(chosen.style)
    except CameoError as error:
        raise Problem.of(error, HTTPStatus.UNPROCESSABLE_ENTITY) from error
