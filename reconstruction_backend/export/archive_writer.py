"""An avatar to a zip, whole or not at all. The format is described in docs/archive-format.md."""

import os
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

from reconstruction_backend.avatar import Avatar
from reconstruction_backend.export import members
from reconstruction_backend.export.atomic_file import atomic_file
from reconstruction_backend.export.base_color import encode_base_color
from reconstruction_backend.export.gltf import GltfOptions, encode_glb
from reconstruction_backend.export.hair_members import hair_members
from reconstruction_backend.export.images import encode_png
from reconstruction_backend.export.licences import licences_text
from reconstruction_backend.export.manifest import manifest_of
from reconstruction_backend.export.obj import encode_mtl, encode_obj
from reconstruction_backend.progress import StageClock

_FIXED_TIME = (1980, 1, 1, 0, 0, 0)
"""The zip format's earliest, so that the same avatar gives the same bytes."""
_READABLE_BY_ALL = 0o644 << 16
_UNIX = 3
_FAST = 1
_STORED = (".png", ".jpg", ".glb", members.HAIR, members.HAIR_STRANDS)
"""Packed already, or numbers that hardly get smaller for the time it takes."""
_ENCODER_THREADS = 2


def write_archive(
    avatar: Avatar,
    path: Path,
    options: GltfOptions | None = None,
    finished: Callable[[], Avatar] | None = None,
) -> None:
    """Write the avatar to `path`, which appears only when it is complete.

    `finished` waits for the same avatar with its preview and times, which are written last.

    Raises OutputNotWritable, leaving what was at `path` as it was, InvalidModel for a head model
    that cannot be exported, and what `finished` raises.
    """
    with atomic_file(path) as stream, zipfile.ZipFile(stream, "w") as archive:
        for name, data in _large_members(avatar, options):
            _put(archive, name, data)
        if finished is not None:
            _sync(stream)  # while there is nothing else to do
            avatar = finished()
        for name, data in _small_members(avatar):
            _put(archive, name, data)


def write_archive_while(
    draw: Callable[[], Avatar], avatar: Avatar, path: Path, options: GltfOptions, clock: StageClock
) -> Avatar:
    """Write the avatar while `draw` gives it its preview; what `draw` gave.

    The clock's stage `archive` is what is left to do then. Raises as `write_archive` does.
    """
    drawn: Future[Avatar] = Future()
    with ThreadPoolExecutor(1) as beside:
        writing = beside.submit(write_archive, avatar, path, options, drawn.result)
        try:
            avatar = draw()
        except BaseException as error:  # or the other thread would wait for ever
            drawn.set_exception(error)
            raise
        with clock.stage("archive"):
            drawn.set_result(avatar)
            writing.result()
    return avatar


def _put(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, _FIXED_TIME)
    entry.create_system, entry.external_attr = _UNIX, _READABLE_BY_ALL
    packed = name.endswith(_STORED)
    entry.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
    archive.writestr(entry, data, compresslevel=None if packed else _FAST)


def _sync(stream: BinaryIO) -> None:
    stream.flush()
    os.fsync(stream.fileno())


def _small_members(avatar: Avatar) -> Iterator[tuple[str, bytes]]:
    """Names and contents of what tells of the preview or is soon done."""
    yield members.MANIFEST, manifest_of(avatar).model_dump_json(indent=2).encode()
    if avatar.preview is not None:
        yield members.PREVIEW, encode_png(avatar.preview)
    yield members.LICENSES, licences_text(avatar).encode()


def _large_members(avatar: Avatar, options: GltfOptions | None) -> Iterator[tuple[str, bytes]]:
    """Names and contents of all others, in order, as they are ready.

    Pictures are encoded beside the geometry.
    """
    texture = avatar.texture
    pictures = {
        members.ALBEDO: texture.albedo,
        members.NORMAL: texture.normal,
        members.PROVENANCE: texture.provenance,
        members.LIGHT: texture.residual_light,
    }
    with ThreadPoolExecutor(_ENCODER_THREADS) as beside:
        encoding = {name: beside.submit(encode_png, image) for name, image in pictures.items()}
        worn = members.ALBEDO
        if avatar.hair is not None:
            worn = members.BASE_COLOR
            encoding[worn] = beside.submit(encode_base_color, avatar)
        yield members.GLB, encode_glb(avatar, options)
        yield members.OBJ, encode_obj(avatar, members.MTL)
        yield members.MTL, encode_mtl(avatar, worn, members.NORMAL)
        yield from ((name, encoded.result()) for name, encoded in encoding.items())
    if avatar.hair is not None:
        yield from hair_members(avatar.hair)
