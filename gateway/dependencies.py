"""What routes are given: the parts that `create_application` put on the application."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Path, Request

from gateway.hair_maker import HairMaker
from gateway.jobs import JOB_ID_PATTERN
from gateway.services import Services
from gateway.settings import Settings


@dataclass(frozen=True)
class Context:
    """Everything a request may need."""

    services: Services
    settings: Settings
    hair: HairMaker
    is_stopping: Callable[[], bool]
    """The server is shutting down: long answers should end."""


def _context(request: Request) -> Context:
    return cast(Context, request.app.state.context)


ContextDependency = Annotated[Context, Depends(_context)]
JobId = Annotated[str, Path(pattern=f"^{JOB_ID_PATTERN.pattern}$")]
