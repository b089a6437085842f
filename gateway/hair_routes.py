"""Routes of hair: the styles to try on, strands of any style on any head, and other hair for keeps.

Strands are sent in the format of docs/strand-format.md.
"""

from http import HTTPStatus
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Depends, Path, Query, Response
from jaxtyping import Float32

from gateway.artifact_store import ArtifactNotFound
from gateway.artifacts import (
    ARCHIVE,
    HAIR_GUIDES,
    HAIR_STRANDS,
    PARAMETERS,
    artifact_key,
    source_key,
)
from gateway.avatar_routes import (
    IfNoneMatch,
    artifact_responses,
    finished_token,
    refuse_if_busy,
    serve_artifact,
    start_job,
    stored_artifact,
)
from gateway.dependencies import Context, ContextDependency, JobId
from gateway.hair_choices import check_hair
from gateway.hair_maker import AvatarHead, HairNotReady
from gateway.hair_resources import HairstyleList, HairstyleResource
from gateway.problems import Problem, refusals
from gateway.resources import JobResource
from reconstruction_backend.color import srgb_from_linear
from reconstruction_backend.errors import CameoError
from reconstruction_backend.hair.choice import LONGEST_STYLE_NAME, STYLE_PATTERN
from reconstruction_backend.hair.colour import PRESETS
from reconstruction_backend.hair.database import StyleDatabase, UnknownStyle
from reconstruction_backend.hair.record import (
    ChosenEdit,
    ChosenHair,
    CurlFactor,
    DensityFactor,
    LengthFactor,
    ThicknessFactor,
)

router = APIRouter(prefix="/api/v1", tags=["hair"])

StyleName = Annotated[str, Path(pattern=STYLE_PATTERN, max_length=LONGEST_STYLE_NAME)]
_REFUSED = refusals(
    HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE
)
_STRANDS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {HAIR_STRANDS.media_type: {"schema": {"type": "string", "format": "binary"}}},
        "description": "Strands (docs/strand-format.md)",
    },
    **_REFUSED,
}


def _edit(
    length: Annotated[LengthFactor, Query()] = 1.0,
    curl: Annotated[CurlFactor, Query()] = 1.0,
    thickness: Annotated[ThicknessFactor, Query()] = 1.0,
    density: Annotated[DensityFactor, Query()] = 1.0,
) -> ChosenEdit:
    """The factors of a query."""
    return ChosenEdit(length=length, curl=curl, thickness=thickness, density=density)


EditQuery = Annotated[ChosenEdit, Depends(_edit)]
ColorQuery = Annotated[
    str | None, Query(max_length=40, description="A named colour, or #rrggbb in sRGB")
]


@router.get("/hairstyles")
def list_hairstyles(context: ContextDependency) -> HairstyleList:
    """All styles, the shipped ones first, and the named colours."""
    context.hair.prepare()
    return HairstyleList(
        styles=[HairstyleResource.of(entry) for entry in StyleDatabase.open().entries],
        colors={name: _hex(colour.mean_linear()) for name, colour in PRESETS.items()},
    )


@router.get(
    "/hairstyles/{name}/thumbnail.webp",
    response_class=Response,
    responses={
        200: {"content": {"image/webp": {}}, "description": "The style on the mean head"},
        **refusals(HTTPStatus.NOT_FOUND),
    },
)
def show_thumbnail(name: StyleName) -> Response:
    """A picture of a style."""
    try:
        picture = StyleDatabase.open().thumbnail(name)
    except CameoError as error:
        raise Problem.of(error, HTTPStatus.NOT_FOUND) from error
    headers = {"Cache-Control": "private, max-age=3600"}
    return Response(picture, media_type="image/webp", headers=headers)


@router.get("/hairstyles/{name}/hair.strands", response_class=Response, responses={**_STRANDS})
def show_style_strands(
    name: StyleName, context: ContextDependency, edit: EditQuery, color: ColorQuery = None
) -> Response:
    """Strands of a style on the mean head."""
    return _grown(context, ChosenHair(style=name, color=color, edit=edit), None)


@router.get(
    "/avatars/{job_id}/hair.strands",
    response_class=Response,
    responses={**artifact_responses(HAIR_STRANDS), **_REFUSED},
)
def show_avatar_strands(
    job_id: JobId,
    context: ContextDependency,
    edit: EditQuery,
    style: Annotated[
        str | None,
        Query(
            pattern=STYLE_PATTERN,
            max_length=LONGEST_STYLE_NAME,
            description="A style's name, or `photo`; without it the hair that the avatar wears",
        ),
    ] = None,
    color: ColorQuery = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Strands on an avatar's head.

    Without a query they are those of its files. With one they are grown at once: of the style
    that is named (its own, if none is), in the avatar's colour unless one is named, and edited by
    the query's factors alone.
    """
    if style is None and color is None and edit == ChosenEdit():
        return serve_artifact(context, job_id, HAIR_STRANDS, if_none_match)
    return _grown(
        context,
        ChosenHair(style=style, color=color, edit=edit),
        _head(context, job_id),
    )


@router.post(
    "/avatars/{job_id}/hair",
    status_code=HTTPStatus.ACCEPTED,
    responses={**_REFUSED, **refusals(HTTPStatus.CONFLICT)},
)
def change_hair(
    job_id: JobId, chosen: ChosenHair, context: ContextDependency, response: Response
) -> JobResource:
    """Make the same avatar with other hair: a job, and an avatar, of its own."""
    refuse_if_busy(context)
    check_hair(chosen)
    token = finished_token(context, job_id)
    archive = stored_artifact(context, artifact_key(job_id, token, ARCHIVE), ARCHIVE)
    return start_job(context, response, source_key, archive, hair=chosen)


def _head(context: Context, job_id: str) -> AvatarHead:
    token = finished_token(context, job_id)
    parameters = stored_artifact(context, artifact_key(job_id, token, PARAMETERS), PARAMETERS)
    try:
        guides = context.services.store.read(artifact_key(job_id, token, HAIR_GUIDES))
    except ArtifactNotFound:
        guides = None
    return AvatarHead(parameters, guides)


def _grown(context: Context, chosen: ChosenHair, head: AvatarHead | None) -> Response:
    try:
        strands = context.hair.strands(chosen, head)
    except HairNotReady as error:
        raise Problem.of(error, HTTPStatus.SERVICE_UNAVAILABLE) from error
    except CameoError as error:
        unknown = error.code == UnknownStyle.code
        status = HTTPStatus.NOT_FOUND if unknown else HTTPStatus.UNPROCESSABLE_ENTITY
        raise Problem.of(error, status) from error
    if strands is None:
        raise Problem(HTTPStatus.NOT_FOUND, "not_found", "There is no hair to show.")
    headers = {"Cache-Control": "private, no-cache"}
    return Response(strands, media_type=HAIR_STRANDS.media_type, headers=headers)


def _hex(linear: Float32[np.ndarray, "3"]) -> str:
    red, green, blue = srgb_from_linear(linear).tolist()
    return f"#{red:02x}{green:02x}{blue:02x}"
