"""An avatar archive back to an `Avatar`. Archives come from strangers: nothing in them is trusted.

Only members whose names are known are read, each up to a limit, and nothing is unpacked to disk.
"""

import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import UInt8

from reconstruction_backend.avatar import Avatar
from reconstruction_backend.errors import InputNotFound, InvalidArchive, ModelNotAvailable
from reconstruction_backend.export import members
from reconstruction_backend.export.gltf import Compression
from reconstruction_backend.export.gltf_buffer import MESHOPT_EXTENSION
from reconstruction_backend.export.hair_members import hair_of
from reconstruction_backend.export.images import decode_png
from reconstruction_backend.export.manifest import (
    HeadModelReference,
    Manifest,
    choice_of,
    fit_of,
    light_of,
    parse_manifest,
)
from reconstruction_backend.hair.hair import Hair
from reconstruction_backend.head_fit.result import HeadFit
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.texture.result import HeadTexture, Provenance, no_residual

_GLB_HEADER_BYTES, _TEXT_LENGTH_AT, _TEXT_LENGTH_BYTES = 20, 12, 4
"""Of the container and its first chunk, which is text; see the glTF 2.0 specification."""
HeadModelSource = Callable[[str], HeadModel]
"""Gives a head model by name. Raises ModelNotAvailable for a name that it does not know."""


def read_archive(path: Path, models: HeadModelSource) -> Avatar:
    """Read what `write_archive` wrote: all that is needed to show the avatar as in the photo.

    Raises InputNotFound if there is no such file, and InvalidArchive, in one sentence, for
    anything that is wrong with it.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _read(archive, models)
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise InputNotFound(f"There is no avatar archive to read at {path}.") from error
    except (zipfile.BadZipFile, NotImplementedError) as error:  # damaged, or of a later version
        raise InvalidArchive(f"{path} is not a zip archive, or is damaged.") from error
    except (ValueError, OSError) as error:
        raise InvalidArchive(f"{path} cannot be read: {error}.") from error


def compression_of(path: Path) -> Compression:
    """How the GLB of an archive is stored; `none` too where it does not say.

    Raises InvalidArchive for what is no archive with a GLB.
    """
    try:
        with zipfile.ZipFile(path) as archive, archive.open(members.GLB) as stream:
            text = stream.read(_GLB_HEADER_BYTES)[_TEXT_LENGTH_AT:][:_TEXT_LENGTH_BYTES]
            length = int.from_bytes(text, "little")
            document = stream.read(min(length, members.MANIFEST_BYTES_LIMIT))
    except (zipfile.BadZipFile, zlib.error, OSError, KeyError, NotImplementedError) as error:
        raise InvalidArchive(f"{path} holds no {members.GLB} that can be read.") from error
    return "meshopt" if f'"{MESHOPT_EXTENSION}"'.encode() in document else "none"


def _read(archive: zipfile.ZipFile, models: HeadModelSource) -> Avatar:
    """Raises ValueError with a clause that says what is wrong."""
    _check_members(archive)
    try:
        manifest = parse_manifest(_member(archive, members.MANIFEST, members.MANIFEST_BYTES_LIMIT))
        model = _head_model(manifest.head_model, models)
        fit, choice = fit_of(manifest, model), choice_of(manifest)
    except ValueError as error:
        raise ValueError(f"{members.MANIFEST} {error}") from error
    has_preview = members.PREVIEW in archive.namelist()
    return Avatar(
        backend=manifest.backend,
        head_model=model,
        fit=fit,
        texture=_texture(archive, manifest),
        preview=_picture(archive, members.PREVIEW, "RGBA") if has_preview else None,
        stage_ms=manifest.stage_ms,
        warnings=manifest.warnings,
        choice=choice,
        hair=_hair(archive, manifest, model, fit),
    )


def _hair(
    archive: zipfile.ZipFile, manifest: Manifest, model: HeadModel, fit: HeadFit
) -> Hair | None:
    if manifest.hair is None:
        return None
    if members.HAIR_GUIDES not in archive.namelist():
        raise ValueError(f"it holds no {members.HAIR_GUIDES}")
    data = _member(archive, members.HAIR_GUIDES, members.HAIR_BYTES_LIMIT)
    try:
        return hair_of(manifest.hair, data, model, model.neutral(fit.shape))
    except ValueError as error:
        raise ValueError(f"{members.HAIR_GUIDES} {error}") from error


def _check_members(archive: zipfile.ZipFile) -> None:
    names = archive.namelist()
    if len(names) > members.MEMBER_COUNT_LIMIT:
        raise ValueError(f"it holds {len(names)} files, more than any avatar does")
    if len(set(names)) != len(names):
        raise ValueError("it holds two files of one name")
    missing = [name for name in members.REQUIRED if name not in names]
    if missing:
        raise ValueError(f"it holds no {missing[0]}")


def _head_model(reference: HeadModelReference, models: HeadModelSource) -> HeadModel:
    try:
        model = models(reference.name)
    except ModelNotAvailable as error:
        raise ValueError(
            f"asks for the head model {reference.name!r}, which is not installed"
        ) from error
    if model.sha256 != reference.sha256:
        raise ValueError(f"was made with another version of the head model {reference.name!r}")
    return model


def _texture(archive: zipfile.ZipFile, manifest: Manifest) -> HeadTexture:
    albedo = _picture(archive, members.ALBEDO, "RGB")
    normal = _picture(archive, members.NORMAL, "RGB")
    provenance = _picture(archive, members.PROVENANCE, "L")
    side = len(albedo)
    for name, picture in (
        (members.ALBEDO, albedo),
        (members.NORMAL, normal),
        (members.PROVENANCE, provenance),
    ):
        if picture.shape[:2] != (side, side):
            raise ValueError(f"{name} is not square, or not as large as {members.ALBEDO}")
    if provenance.max() > max(Provenance):
        raise ValueError(f"{members.PROVENANCE} holds a value that has no meaning")
    return HeadTexture(albedo, normal, provenance, light_of(manifest), _residual_light(archive))


def _residual_light(archive: zipfile.ZipFile) -> UInt8[np.ndarray, "R R 3"]:
    if members.LIGHT not in archive.namelist():
        return no_residual()
    picture = _picture(archive, members.LIGHT, "RGB")
    if picture.shape[0] != picture.shape[1]:
        raise ValueError(f"{members.LIGHT} is not square")
    return picture


def _picture(
    archive: zipfile.ZipFile, name: str, mode: Literal["L", "RGB", "RGBA"]
) -> UInt8[np.ndarray, "H W *channels"]:
    data = _member(archive, name, members.PICTURE_BYTES_LIMIT)
    try:
        return decode_png(data, mode, members.PICTURE_SIDE_LIMIT_PX)
    except ValueError as error:
        raise ValueError(f"{name} {error}") from error


def _member(archive: zipfile.ZipFile, name: str, bytes_limit: int) -> bytes:
    """The content of a member; its announced size, which `zipfile` enforces, has a limit."""
    entry = archive.getinfo(name)
    if entry.file_size > bytes_limit:
        raise ValueError(f"{name} is larger than {bytes_limit >> 20} MiB")
    try:
        return archive.read(entry)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise ValueError(f"{name} is damaged or packed in an unusual way") from error
