"""A published file, fetched once, resumed where it broke off, and checked."""

import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from reconstruction_backend.errors import (
    DownloadFailed,
    InvalidModel,
    OutputNotWritable,
    reason_of,
)
from reconstruction_backend.model_catalogue import PublishedFile, sha256_of

CHUNK_BYTES = 256 * 1024
TIMEOUT_S = 30
PARTIAL_CONTENT = 206
BytesListener = Callable[[int], None]


def download(model: PublishedFile, folder: Path, progress: BytesListener) -> Path:
    """The file in `folder`, under its hash; what is there already is not fetched again.

    Raises DownloadFailed without a network, InvalidModel if the content is not what was
    published, and OutputNotWritable.
    """
    target = folder / model.sha256
    partial = folder / f"{model.sha256}.part"
    if target.is_file() and sha256_of(target) == model.sha256:
        return target
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with partial.open("ab") as file:
            _fetch(model, file, progress)
        if sha256_of(partial) != model.sha256:
            partial.unlink()
            raise InvalidModel(
                f"What {model.url} gives is not the file that was published; it was discarded."
            )
        partial.replace(target)
    except urllib.error.URLError as error:
        raise DownloadFailed(f"Cannot download {model.url}: {_reason(error)}.") from error
    except (TimeoutError, ConnectionError) as error:
        raise DownloadFailed(
            f"The download of {model.url} broke off; the next attempt goes on from there."
        ) from error
    except OSError as error:
        raise OutputNotWritable(f"Cannot write {partial}: {reason_of(error)}.") from error
    return target


def _fetch(model: PublishedFile, file: BinaryIO, progress: BytesListener) -> None:
    """Append what is missing; never more than was announced."""
    have = file.tell()
    if have >= model.size_bytes:
        return
    request = urllib.request.Request(model.url, headers={"Range": f"bytes={have}-"})
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
        if response.status != PARTIAL_CONTENT:
            file.truncate(0)
            have = 0
        while have < model.size_bytes:
            chunk = response.read(min(CHUNK_BYTES, model.size_bytes - have))
            if not chunk:
                raise ConnectionError("the server closed the connection")
            file.write(chunk)
            have += len(chunk)
            progress(have)


def _reason(error: urllib.error.URLError) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"the server answers {error.code}"
    if isinstance(error.reason, ssl.SSLError):
        return "the server's certificate cannot be verified"
    return "there is no connection to the server"
