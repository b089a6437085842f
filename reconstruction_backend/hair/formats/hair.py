"""HAIR, the format of Cem Yuksel's hair models (www.cemyuksel.com/research/hairmodels).

A header of 128 bytes, then whichever of five arrays its flags name: segments a strand (uint16),
points, thickness, transparency, colours (float32). What has no array has one value for all in the
header; its neutral values (thickness 0 or 1, opaque, white) are taken to say nothing.
"""

import struct

import numpy as np

from reconstruction_backend.hair.formats.byte_reader import ByteReader
from reconstruction_backend.hair.formats.polylines import (
    InvalidGroom,
    Polylines,
    check_counts,
    starts_of,
)

MAGIC = b"HAIR"
_HEADER = struct.Struct("<4s4I2f3f88s")
SEGMENTS, POINTS, THICKNESS, TRANSPARENCY, COLORS = (1 << bit for bit in range(5))
LONGEST = np.iinfo(np.uint16).max
_NEUTRAL_THICKNESS = (0.0, 1.0)
_OPAQUE, _WHITE = 0.0, (1.0, 1.0, 1.0)


def decode_hair(data: bytes) -> Polylines:
    """Read a HAIR file. Raises InvalidGroom."""
    if len(data) < _HEADER.size or not data.startswith(MAGIC):
        raise InvalidGroom("The file is not a HAIR file.")
    header = _HEADER.unpack_from(data)
    strands, points, arrays, segments = header[1:5]
    thickness, transparency, color = header[5], header[6], tuple(header[7:10])
    if not arrays & POINTS:
        raise InvalidGroom("The HAIR file holds no points.")
    check_counts(strands, points)
    reader = ByteReader(data, "HAIR")
    reader.offset = _HEADER.size
    lengths = (
        reader.array("<u2", strands).astype(np.int64) + 1
        if arrays & SEGMENTS
        else np.full(min(strands, points), segments + 1, np.int64)
    )
    if lengths.sum() != points:
        raise InvalidGroom("The HAIR file's segments do not add up to its points.")
    return Polylines(
        points=reader.array("<f4", points, 3),
        starts=starts_of(lengths),
        thickness=reader.array("<f4", points)
        if arrays & THICKNESS
        else _for_all(points, thickness, thickness in _NEUTRAL_THICKNESS),
        transparency=reader.array("<f4", points)
        if arrays & TRANSPARENCY
        else _for_all(points, transparency, transparency == _OPAQUE),
        color_srgb=reader.array("<f4", points, 3)
        if arrays & COLORS
        else _for_all(points, color, color == _WHITE),
    )


def encode_hair(lines: Polylines) -> bytes:
    """Write a HAIR file. Raises InvalidGroom for strands of more than 65,536 points."""
    segments = lines.lengths - 1
    if segments.max() > LONGEST:
        raise InvalidGroom("A HAIR file holds no strand of more than 65,536 points.")
    flags = SEGMENTS | POINTS
    parts = [segments.astype("<u2"), lines.points]
    for flag, values in (
        (THICKNESS, lines.thickness),
        (TRANSPARENCY, lines.transparency),
        (COLORS, lines.color_srgb),
    ):
        if values is not None:
            flags |= flag
            parts.append(values)
    header = _HEADER.pack(
        MAGIC,
        lines.count,
        len(lines.points),
        flags,
        int(segments[0]),
        _NEUTRAL_THICKNESS[1],
        _OPAQUE,
        *_WHITE,
        b"Cameo",
    )
    return header + b"".join(part.astype(part.dtype.newbyteorder("<")).tobytes() for part in parts)


def _for_all(count: int, value: float | tuple[float, ...], says_nothing: bool) -> np.ndarray | None:
    """One value of the header at every point, or None where it is the neutral one."""
    if says_nothing:
        return None
    row = np.asarray(value, np.float32)
    return np.broadcast_to(row, (count, *row.shape)).copy()
