"""An avatar to a zip, whole or not at all. The format is described in docs/archive-format.md."""

import zipfile
from collections.abc import Iterator
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
    avatar: Avatar, path: Path, options: GltfOptions | None = None, glb: bytes | None = None
) -> None:
    """Write the avatar to `path`, which appears only when it is complete.

    `glb` is this avatar's GLB where it was encoded ahead; `options` then do not count.

    Raises OutputNotWritable, leaving what was at `path` as it was, and InvalidModel for a head
    model that cannot be exported.
    """
    with atomic_file(path) as stream:
        _write_zip(stream, _members(avatar, options, glb))


def _write_zip(stream: BinaryIO, contents: Iterator[tuple[str, bytes]]) -> None:
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in contents:
            entry = zipfile.ZipInfo(name, _FIXED_TIME)
            entry.create_system, entry.external_attr = _UNIX, _READABLE_BY_ALL
            packed = name.endswith(_STORED)
            entry.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
            archive.writestr(entry, data, compresslevel=None if packed else _FAST)


def _members(
    avatar: Avatar, options: GltfOptions | None, glb: bytes | None
) -> Iterator[tuple[str, bytes]]:
    """Names and contents in order; pictures are encoded beside the geometry."""
    texture = avatar.texture
    pictures = {
        members.ALBEDO: texture.albedo,
        members.NORMAL: texture.normal,
        members.PROVENANCE: texture.provenance,
        members.LIGHT: texture.residual_light,
    }
    if avatar.preview is not None:
        pictures[members.PREVIEW] = avatar.preview
    with ThreadPoolExecutor(_ENCODER_THREADS) as beside:
        encoding = {name: beside.submit(encode_png, image) for name, image in pictures.items()}
        manifest = manifest_of(avatar).model_dump_json(indent=2)
        yield members.MANIFEST, manifest.encode()
        yield members.GLB, encode_glb(avatar, options) if glb is None else glb
        yield members.OBJ, encode_obj(avatar, members.MTL)
        yield members.MTL, encode_mtl(avatar, members.ALBEDO, members.NORMAL)
        for name, encoded in encoding.items():
            yield name, encoded.result()
        if avatar.hair is not None:
            yield from hair_members(avatar.hair)
        yield members.LICENSES, licences_text(avatar).encode()
