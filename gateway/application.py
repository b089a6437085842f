"""The FastAPI application: routes, guards and the built page."""

from collections.abc import Callable
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles

from gateway import avatar_routes, hair_routes, health_route, job_routes
from gateway.dependencies import Context
from gateway.guards import BodyLimit, SameSiteOnly, SecurityHeaders
from gateway.hair_maker import HairMaker, NoHairMaker
from gateway.problems import ProblemResource, add_problem_handlers, problem_response, refusals
from gateway.services import Services
from gateway.settings import Settings

DESCRIPTION = (
    "One portrait photo in, one rigged 3D avatar out. Errors are RFC 9457 problem documents. "
    "The photo is deleted as soon as its job has ended."
)


def _never() -> bool:
    return False


class _DocumentedApplication(FastAPI):
    """Gives the problem document its schema: no route names it as a response model."""

    def openapi(self) -> dict[str, Any]:
        document = super().openapi()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas[ProblemResource.__name__] = ProblemResource.model_json_schema()
        return document


def create_application(
    services: Services,
    settings: Settings,
    is_stopping: Callable[[], bool] = _never,
    hair: HairMaker | None = None,
) -> FastAPI:
    """The web application; workers and the sweeper run beside it (gateway/server.py).

    `hair` grows strands for the page; by default nobody does.
    """
    application = _DocumentedApplication(
        title="Cameo",
        version=version("cameo-avatar"),
        description=DESCRIPTION,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # FastAPI's pages load scripts from elsewhere
        redoc_url=None,
    )
    application.state.context = Context(services, settings, hair or NoHairMaker(), is_stopping)
    routers = (avatar_routes, hair_routes, job_routes, health_route)
    for router in (module.router for module in routers):
        application.include_router(router, responses=refusals(HTTPStatus.UNPROCESSABLE_ENTITY))
    add_problem_handlers(application)
    _serve_page(application, settings)
    application.add_middleware(BodyLimit, max_bytes=settings.max_upload_bytes)
    application.add_middleware(SameSiteOnly, allowed_hosts=settings.allowed_hosts)
    application.add_middleware(SecurityHeaders)
    return application


def _serve_page(application: FastAPI, settings: Settings) -> None:
    if (settings.frontend_dir / "index.html").is_file():
        page = StaticFiles(directory=settings.frontend_dir, html=True)
        application.mount("/", page, name="page")
        return

    def say_unbuilt() -> Response:
        return problem_response(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "page_not_built",
            "The page has not been built: run `make serve`, or `npm run build` in frontend/.",
        )

    application.add_api_route("/", say_unbuilt, include_in_schema=False)
