"""Files of strands by their names: one door for all formats."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reconstruction_backend.errors import InputNotFound, reason_of
from reconstruction_backend.hair.formats.hair import decode_hair, encode_hair
from reconstruction_backend.hair.formats.obj import decode_obj, encode_obj
from reconstruction_backend.hair.formats.ply import decode_ply, encode_ply
from reconstruction_backend.hair.formats.polylines import InvalidGroom, Polylines
from reconstruction_backend.hair.formats.tressfx import decode_tressfx, encode_tressfx
from reconstruction_backend.hair.formats.usc_data import decode_usc_data, encode_usc_data

BYTES_LIMIT = 1 << 30


@dataclass(frozen=True)
class GroomFormat:
    """How strands lie in files with one suffix."""

    title: str
    decode: Callable[[bytes], Polylines]
    encode: Callable[[Polylines], bytes]


GROOM_FORMATS = {
    ".hair": GroomFormat("HAIR (Cem Yuksel)", decode_hair, encode_hair),
    ".tfx": GroomFormat("TressFX", decode_tressfx, encode_tressfx),
    ".data": GroomFormat("USC-HairSalon", decode_usc_data, encode_usc_data),
    ".obj": GroomFormat("polyline OBJ", decode_obj, encode_obj),
    ".ply": GroomFormat("PLY", decode_ply, encode_ply),
}
"""By the suffix of the file's name."""


def read_strands(path: Path) -> Polylines:
    """Read a file of strands, of the format that its suffix names.

    Raises InputNotFound if there is no such file, and InvalidGroom, in one sentence, for anything
    that is wrong with it. Memory stays within a small multiple of the file's size, which has a
    limit.
    """
    chosen = format_of(path)
    try:
        if path.stat().st_size > BYTES_LIMIT:
            raise InvalidGroom(f"{path} is larger than {BYTES_LIMIT >> 20} MiB.")
        data = path.read_bytes()
    except OSError as error:
        raise InputNotFound(f"Cannot read {path}: {reason_of(error)}.") from error
    try:
        return chosen.decode(data)
    except InvalidGroom as error:
        raise InvalidGroom(f"{path}: {error}") from error


def encode_strands(lines: Polylines, path: Path) -> bytes:
    """The bytes of a file with this name. Raises InvalidGroom where its format cannot hold them."""
    return format_of(path).encode(lines)


def format_of(path: Path) -> GroomFormat:
    """By the suffix. Raises InvalidGroom for an unknown one."""
    chosen = GROOM_FORMATS.get(path.suffix.lower())
    if chosen is None:
        known = ", ".join(GROOM_FORMATS)
        raise InvalidGroom(f"{path} is none of the known kinds of strand files: {known}.")
    return chosen
