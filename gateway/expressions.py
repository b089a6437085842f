"""Whether a face that a request asks for can be made; said at once, before a job is made of it."""

from http import HTTPStatus

from pydantic import ValidationError

from gateway.problems import Problem
from reconstruction_backend.errors import CameoError, InvalidOption
from reconstruction_backend.expression.record import ChosenExpression


def parse_expression(text: str) -> ChosenExpression:
    """A form field's JSON. Raises Problem 422."""
    try:
        chosen = ChosenExpression.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(["expression", *map(str, first["loc"])])
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            InvalidOption.code,
            f"The expression is not understood: {place}: {first['msg']}.",
        ) from error
    check_expression(chosen)
    return chosen


def check_expression(chosen: ChosenExpression) -> None:
    """Raises Problem 422 for what no face can do."""
    try:
        chosen.choice()
    except CameoError as error:
        raise Problem.of(error, HTTPStatus.UNPROCESSABLE_ENTITY) from error
