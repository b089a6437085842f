"""Routes under /api/v1/avatars."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Form, Header, Response, UploadFile

from gateway.artifact_store import ArtifactNotFound
from gateway.artifacts import (
    ARCHIVE,
    MODEL,
    PARAMETERS,
    PREVIEW,
    PROVENANCE,
    RESIDUAL_LIGHT,
    ArtifactKind,
    artifact_key,
    expression_key,
    hair_key,
    photo_key,
    source_key,
    texture_size_key,
)
from gateway.dependencies import Context, ContextDependency, JobId
from gateway.expressions import check_expression, parse_expression
from gateway.hair_choices import parse_hair
from gateway.job_routes import find_job
from gateway.jobs import JobState, new_job_id
from gateway.problems import Problem, refusals
from gateway.resources import JobResource
from gateway.uploads import check_photo
from reconstruction_backend.expression.record import ChosenExpression
from reconstruction_backend.hair.record import ChosenHair

router = APIRouter(prefix="/api/v1/avatars", tags=["avatars"])

TextureSizeField = Literal["1024", "2048", "4096"]
IfNoneMatch = Annotated[str | None, Header()]


_REFUSED_UPLOADS = refusals(
    HTTPStatus.FORBIDDEN,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.SERVICE_UNAVAILABLE,
)


@router.post("", status_code=HTTPStatus.ACCEPTED, responses={**_REFUSED_UPLOADS})
def create_avatar(
    photo: Annotated[UploadFile, File(description="JPEG, PNG, WebP or HEIC")],
    context: ContextDependency,
    response: Response,
    expression: Annotated[
        str | None, Form(description="The face to make: a ChosenExpression as JSON")
    ] = None,
    texture_size: Annotated[
        TextureSizeField | None, Form(description="Texels along an edge of the atlas; 2048")
    ] = None,
    hair: Annotated[
        str | None, Form(description="The hair to wear: a ChosenHair as JSON; the photo's")
    ] = None,
) -> JobResource:
    """Start a reconstruction. The job is on disk before this answers."""
    refuse_if_busy(context)
    chosen = None if expression is None else parse_expression(expression)
    worn = None if hair is None else parse_hair(hair)
    data = photo.file.read()
    check_photo(data, photo.content_type)
    return start_job(context, response, photo_key, data, chosen, texture_size, worn)


@router.post(
    "/{job_id}/expressions",
    status_code=HTTPStatus.ACCEPTED,
    responses={
        **refusals(
            HTTPStatus.NOT_FOUND,
            HTTPStatus.CONFLICT,
            HTTPStatus.UNPROCESSABLE_ENTITY,
            HTTPStatus.SERVICE_UNAVAILABLE,
        )
    },
)
def change_expression(
    job_id: JobId, chosen: ChosenExpression, context: ContextDependency, response: Response
) -> JobResource:
    """Make the same avatar with another face: a job, and an avatar, of its own."""
    refuse_if_busy(context)
    check_expression(chosen)
    token = finished_token(context, job_id)
    archive = stored_artifact(context, artifact_key(job_id, token, ARCHIVE), ARCHIVE)
    return start_job(context, response, source_key, archive, chosen)


def refuse_if_busy(context: Context) -> None:
    """Raises Problem 503 while too many jobs wait."""
    if len(context.services.ledger.waiting()) >= context.settings.max_waiting_jobs:
        raise Problem(
            HTTPStatus.SERVICE_UNAVAILABLE, "busy", "Too many portraits wait; try again later."
        )


def start_job(
    context: Context,
    response: Response,
    input_key: Callable[[str], str],
    data: bytes,
    chosen: ChosenExpression | None = None,
    texture_size: TextureSizeField | None = None,
    hair: ChosenHair | None = None,
) -> JobResource:
    """Store what the job needs, then the job itself; nothing stays of one that cannot start."""
    ledger, store = context.services.ledger, context.services.store
    job_id = new_job_id()
    try:
        store.write(input_key(job_id), data)
        if chosen is not None:
            store.write(expression_key(job_id), chosen.model_dump_json().encode())
        if hair is not None:
            store.write(hair_key(job_id), hair.model_dump_json().encode())
        if texture_size is not None:
            store.write(texture_size_key(job_id), texture_size.encode())
        job = ledger.create(job_id)
    except BaseException:
        store.delete(job_id)
        raise
    context.services.queue.publish(job_id)
    resource = JobResource.of(job)
    response.headers["Location"] = resource.links.self
    return resource


def artifact_responses(kind: ArtifactKind) -> dict[int | str, dict[str, Any]]:
    """What a route that serves this file may answer."""
    content = {kind.media_type: {"schema": {"type": "string", "format": "binary"}}}
    return {
        200: {"content": content, "description": kind.name},
        304: {"description": "Not modified"},
        **refusals(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
    }


@router.get("/{job_id}/archive", response_class=Response, responses=artifact_responses(ARCHIVE))
def download_archive(
    job_id: JobId, context: ContextDependency, if_none_match: IfNoneMatch = None
) -> Response:
    """Everything in one zip (docs/archive-format.md)."""
    return serve_artifact(context, job_id, ARCHIVE, if_none_match)


@router.get("/{job_id}/avatar.glb", response_class=Response, responses=artifact_responses(MODEL))
def download_model(
    job_id: JobId, context: ContextDependency, if_none_match: IfNoneMatch = None
) -> Response:
    """The rigged head as binary glTF."""
    return serve_artifact(context, job_id, MODEL, if_none_match)


@router.get("/{job_id}/preview.png", response_class=Response, responses=artifact_responses(PREVIEW))
def show_preview(
    job_id: JobId, context: ContextDependency, if_none_match: IfNoneMatch = None
) -> Response:
    """A picture of the avatar with a transparent background."""
    return serve_artifact(context, job_id, PREVIEW, if_none_match)


@router.get(
    "/{job_id}/head_provenance.png",
    response_class=Response,
    responses=artifact_responses(PROVENANCE),
)
def show_provenance(
    job_id: JobId, context: ContextDependency, if_none_match: IfNoneMatch = None
) -> Response:
    """Which texel was seen, mirrored or invented (docs/archive-format.md)."""
    return serve_artifact(context, job_id, PROVENANCE, if_none_match)


@router.get(
    "/{job_id}/head_light.png",
    response_class=Response,
    responses=artifact_responses(RESIDUAL_LIGHT),
)
def show_residual_light(
    job_id: JobId, context: ContextDependency, if_none_match: IfNoneMatch = None
) -> Response:
    """What harmonics cannot give of the photo's light (docs/archive-format.md)."""
    return serve_artifact(context, job_id, RESIDUAL_LIGHT, if_none_match)


@router.get(
    "/{job_id}/avatar.json", response_class=Response, responses=artifact_responses(PARAMETERS)
)
def show_parameters(
    job_id: JobId, context: ContextDependency, if_none_match: IfNoneMatch = None
) -> Response:
    """Camera, coefficients and stage times (docs/archive-format.md)."""
    return serve_artifact(context, job_id, PARAMETERS, if_none_match)


def serve_artifact(
    context: Context, job_id: str, kind: ArtifactKind, if_none_match: str | None
) -> Response:
    """A file of a finished avatar, or 304. Raises Problem 404 or 409."""
    token = finished_token(context, job_id)
    headers = {"ETag": f'"{token}"', "Cache-Control": "private, no-cache"}
    if if_none_match == headers["ETag"]:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    if kind.download_name is not None:
        headers["Content-Disposition"] = f'attachment; filename="{kind.download_name}"'
    data = stored_artifact(context, artifact_key(job_id, token, kind), kind)
    return Response(data, media_type=kind.media_type, headers=headers)


def finished_token(context: Context, job_id: str) -> int:
    """Under which the avatar's files lie. Raises Problem while there are none."""
    job = find_job(context, job_id)
    if job.failure is not None:
        raise Problem(HTTPStatus.CONFLICT, job.failure.code, job.failure.sentence)
    if job.state is not JobState.SUCCEEDED or job.token is None:
        raise Problem(HTTPStatus.CONFLICT, "not_ready", "The avatar is still being made.")
    return job.token


def stored_artifact(context: Context, key: str, kind: ArtifactKind) -> bytes:
    """A file of a finished avatar. Raises Problem 404."""
    try:
        return context.services.store.read(key)
    except ArtifactNotFound:
        raise Problem(
            HTTPStatus.NOT_FOUND, "not_found", f"The avatar has no {kind.name}."
        ) from None
