"""Whether a face that a request asks for can be made; said at once, before a job is made of it."""

from http import HTTPStatus

from gateway.problems import Problem, parse_field
from reconstruction_backend.errors import CameoError
from reconstruction_backend.expression.record import ChosenExpression


def parse_expression(text: str) -> ChosenExpression:
    """A form field's JSON. Raises Problem 422."""
    chosen = parse_field(ChosenExpression, text, "expression")
    check_expression(chosen)
    return chosen


def check_expression(chosen: ChosenExpression) -> None:
    """Raises Problem 422 for what no face can do."""
    try:
        chosen.choice()
    except CameoError as error:
        raise Problem.of(error, HTTPStatus.UNPROCESSABLE_ENTITY) from error
