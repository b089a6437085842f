"""An avatar to a zip, whole or not at all. The format is described in docs/archive-format.md."""

import zipfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

from reconstruction_backend.avatar import Avatar
from reconstruction_backend.export import members
from reconstruction_backend.export.atomic_file import atomic_file
from reconstruction_backend.export.gltf import GltfOptions, encode_glb
from reconstruction_backend.export.hair_members import hair_members
from reconstruction_backend.export.images import encode_png
from reconstruction_backend.export.licences import licences_text
from reconstruction_backend.export.manifest import manifest_of
from reconstruction_backend.export.obj import encode_mtl, encode_obj

_FIXED_TIME = (1980, 1, 1, 0, 0, 0)
"""The zip format's earliest, so that the same avatar gives the same bytes."""
_READABLE_BY_ALL = 0o644 << 16
_UNIX = 3
_FAST = 1
_STORED = (".png", ".glb", members.HAIR, members.HAIR_STRANDS)
"""Packed already, or numbers that hardly get smaller for the time it takes."""
_ENCODER_THREADS = 2


def write_archive(
    avatar: Avatar,
    path: Path,
    options: GltfOptions | None = None,
    ahead: Mapping[str, bytes] | None = None,
) -> None:
    """Write the avatar to `path`, which appears only when it is complete.

    `ahead` is what `encode_members` made of this avatar; `options` then do not count.

    Raises OutputNotWritable, leaving what was at `path` as it was, and InvalidModel for a head
    model that cannot be exported.
    """
    with atomic_file(path) as stream:
        _write_zip(stream, _members(avatar, options, ahead))


def _write_zip(stream: BinaryIO, contents: Iterator[tuple[str, bytes]]) -> None:
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in contents:
            entry = zipfile.ZipInfo(name, _FIXED_TIME)
            entry.create_system, entry.external_attr = _UNIX, _READABLE_BY_ALL
            packed = name.endswith(_STORED)
            entry.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
            archive.writestr(entry, data, compresslevel=None if packed else _FAST)


def _members(
    avatar: Avatar, options: GltfOptions | None, ahead: Mapping[str, bytes] | None
) -> Iterator[tuple[str, bytes]]:
    """Names and contents in order."""
    yield members.MANIFEST, manifest_of(avatar).model_dump_json(indent=2).encode()
    yield from (encode_members(avatar, options) if ahead is None else ahead).items()
    if avatar.preview is not None:
        yield members.PREVIEW, encode_png(avatar.preview)
    yield members.LICENSES, licences_text(avatar).encode()


def encode_members(avatar: Avatar, options: GltfOptions | None = None) -> dict[str, bytes]:
    """Contents by name, in order, of all that can be encoded while the preview is drawn.

    Pictures are encoded beside the geometry. Raises InvalidModel for a head model that cannot be
    exported.
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
        contents = {
            members.GLB: encode_glb(avatar, options),
            members.OBJ: encode_obj(avatar, members.MTL),
            members.MTL: encode_mtl(avatar, members.ALBEDO, members.NORMAL),
        }
        contents |= {name: encoded.result() for name, encoded in encoding.items()}
    if avatar.hair is not None:
        contents.update(hair_members(avatar.hair))
    return contents
