"""Errors over HTTP: RFC 9457 problem documents with one clear sentence and a stable code."""

from http import HTTPStatus
from typing import Any, TypeVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException

from reconstruction_backend.errors import CameoError, InvalidOption

PROBLEM_MEDIA_TYPE = "application/problem+json"


class ProblemResource(BaseModel):
    """What a request was refused for."""

    type: str
    """A URN of the code."""
    title: str
    """The status in words."""
    status: int
    detail: str
    """One clear sentence for the user."""
    code: str
    """Stable; a CameoError's where there is one."""


class Problem(HTTPException):
    """Raise this in a route. An HTTPException, so that it passes through form parsing unharmed."""

    def __init__(self, status: HTTPStatus, code: str, sentence: str) -> None:
        super().__init__(status_code=status, detail=sentence)
        self.code = code

    @classmethod
    def of(cls, error: CameoError, status: HTTPStatus) -> "Problem":
        """The same error, said over HTTP."""
        return cls(status, error.code, str(error))


def problem_response(status: HTTPStatus, code: str, sentence: str) -> JSONResponse:
    """A response in the problem format."""
    problem = ProblemResource(
        type=f"urn:cameo:problem:{code}",
        title=status.phrase,
        status=status,
        detail=sentence,
        code=code,
    )
    return JSONResponse(problem.model_dump(), status_code=status, media_type=PROBLEM_MEDIA_TYPE)


_Model = TypeVar("_Model", bound=BaseModel)


def parse_field(kind: type[_Model], text: str, name: str) -> _Model:
    """A form field's JSON. Raises Problem 422."""
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join([name, *map(str, first["loc"])])
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            InvalidOption.code,
            f"The {name} is not understood: {place}: {first['msg']}.",
        ) from error


def refusals(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI entry of problem documents with these statuses."""
    schema = {"$ref": f"#/components/schemas/{ProblemResource.__name__}"}
    return {
        int(status): {
            "description": status.phrase,
            "content": {PROBLEM_MEDIA_TYPE: {"schema": schema}},
        }
        for status in statuses
    }


def add_problem_handlers(application: FastAPI) -> None:
    """Every error that leaves the application is a problem document."""
    application.add_exception_handler(HTTPException, _answer_http_error)
    application.add_exception_handler(RequestValidationError, _answer_invalid_request)
    application.add_exception_handler(Exception, _answer_defect)


async def _answer_http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    if isinstance(error, Problem):
        response = problem_response(status, error.code, str(error.detail))
    else:
        response = problem_response(status, status.name.lower(), f"{status.phrase}.")
    response.headers.update(error.headers or {})
    return response


async def _answer_invalid_request(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    sentence = f"The request is not understood: {place}: {first['msg']}."
    return problem_response(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_request", sentence)


async def _answer_defect(request: Request, error: Exception) -> JSONResponse:
    return problem_response(
        HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", "The gateway failed; its log has why."
    )
