"""Whether an uploaded file is a photo at all; said at once, before a job is made of it."""

import threading
from http import HTTPStatus

from gateway.problems import Problem
from reconstruction_backend.errors import CameoError, InvalidImage
from reconstruction_backend.portrait import decode_portrait

UNSPECIFIC_MEDIA_TYPE = "application/octet-stream"

_one_at_a_time = threading.Lock()
"""A 40-megapixel picture takes 120 MB while it is decoded."""


def check_photo(data: bytes, media_type: str | None) -> None:
    """Raises Problem: 415 if it is not announced as a picture, 422 if it cannot be decoded."""
    kind = media_type or UNSPECIFIC_MEDIA_TYPE
    if data and not kind.startswith("image/") and kind != UNSPECIFIC_MEDIA_TYPE:
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            InvalidImage.code,
            "This is not a JPEG, PNG, WebP or HEIC image.",
        )
    try:
        with _one_at_a_time:
            decode_portrait(data)
    except CameoError as error:
        raise Problem.of(error, HTTPStatus.UNPROCESSABLE_ENTITY) from error
