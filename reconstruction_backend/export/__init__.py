"""Stage 9: an avatar to files and back."""

from reconstruction_backend.export.archive_reader import (
    HeadModelSource,
    compression_of,
    read_archive,
)
from reconstruction_backend.export.archive_writer import write_archive, write_archive_while
from reconstruction_backend.export.atomic_file import atomic_file, check_writable, write_file
from reconstruction_backend.export.gltf import Compression, GltfOptions, encode_glb
from reconstruction_backend.export.hair_ribbons import HAIR_TRIANGLES
from reconstruction_backend.export.images import encode_png
from reconstruction_backend.export.manifest import Manifest, manifest_of

__all__ = [
    "HAIR_TRIANGLES",
    "Compression",
    "GltfOptions",
    "HeadModelSource",
    "Manifest",
    "atomic_file",
    "check_writable",
    "compression_of",
    "encode_glb",
    "encode_png",
    "manifest_of",
    "read_archive",
    "write_archive",
    "write_archive_while",
    "write_file",
]
