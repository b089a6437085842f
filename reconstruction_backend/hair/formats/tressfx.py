"""TressFX (AMD): the binary .tfx of version 4, and the text of version 2 before it.

Binary: a header of 160 bytes with offsets; positions as float4, whose w is 0 at points that do not
move; optional colours (float4 a point) and thickness (float a strand). Text: keys, then strands
with their points.
"""

import struct
from array import array
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from jaxtyping import Float32

from reconstruction_backend.hair.formats.byte_reader import ByteReader
from reconstruction_backend.hair.formats.polylines import (
    InvalidGroom,
    Polylines,
    check_counts,
    starts_of,
)
from reconstruction_backend.hair.formats.text import numbers, text_lines, whole_numbers

BINARY_VERSION = 4.0
TEXT_VERSION = "2.0"
_HEADER = struct.Struct("<f7I32I")
_TEXT_START = b"version "
_FIXED, _MOVES = 0.0, 1.0
_STRAND_WORDS = 4
"""`strand NUMBER numVerts COUNT`; a texture coordinate may follow."""


def decode_tressfx(data: bytes) -> Polylines:
    """Read a TressFX file of either kind. Raises InvalidGroom."""
    if data.lstrip().startswith(_TEXT_START):
        return _decode_text(data)
    return _decode_binary(data)


def encode_tressfx(lines: Polylines) -> bytes:
    """Write version 4. Raises InvalidGroom where strands differ in their number of points.

    Thickness is the root's of each strand: the format has one a strand.
    """
    per_strand, count = lines.same_length(), len(lines.points)
    moves = np.full((lines.count, per_strand), _MOVES, np.float32)
    moves[:, 0] = _FIXED
    parts = [np.concatenate([lines.points, moves.reshape(-1, 1)], axis=1)]
    offset = _HEADER.size + parts[0].nbytes
    thickness_at = color_at = 0
    if lines.thickness is not None:
        thickness_at = offset
        parts.append(lines.thickness[lines.starts[:-1]])
        offset += parts[-1].nbytes
    if lines.color_srgb is not None:
        color_at = offset
        opacity = np.ones(count, np.float32)
        if lines.transparency is not None:
            opacity -= lines.transparency
        parts.append(np.concatenate([lines.color_srgb, opacity[:, None]], axis=1))
    header = _HEADER.pack(
        BINARY_VERSION,
        lines.count,
        per_strand,
        _HEADER.size,
        0,
        0,
        thickness_at,
        color_at,
        *([0] * 32),
    )
    return header + b"".join(part.astype("<f4").tobytes() for part in parts)


def encode_tressfx_text(lines: Polylines) -> bytes:
    """Write version 2, which holds points alone. Nine digits give every float32 back."""
    head = (
        f"version {TEXT_VERSION}\nscale 1.0\nrotation 0 0 0\ntranslation 0 0 0\n"
        "bothEndsImmovable 0\n"
        f"maxNumVerticesInStrand {int(lines.lengths.max())}\nnumFollowHairsPerGuideHair 0\n"
        f"maxRadiusAroundGuideHair 0\nnumStrands {lines.count}\nis sorted 1\n"
    )
    return "".join([head, *_text_strands(lines)]).encode()


def _text_strands(lines: Polylines) -> Iterator[str]:
    for index, (start, end) in enumerate(pairwise(lines.starts.tolist())):
        yield f"strand {index} numVerts {end - start} texcoord 0 0\n"
        values = lines.points[start:end].ravel().tolist()
        yield ("%.9g %.9g %.9g\n" * (end - start)) % tuple(values)


def _decode_binary(data: bytes) -> Polylines:
    if len(data) < _HEADER.size:
        raise InvalidGroom("The file is not a TressFX file.")
    version, strands, per_strand, positions_at, _, _, thickness_at, color_at = _HEADER.unpack_from(
        data
    )[:8]
    if not 3.0 <= version < 5.0:
        raise InvalidGroom("The file is not a TressFX file of version 3 or 4, nor of text.")
    count = strands * per_strand
    check_counts(strands, count)
    reader = ByteReader(data, "TressFX")
    positions = reader.array_at(positions_at, "<f4", count, 4)
    thickness = color = transparency = None
    if thickness_at:
        thickness = reader.array_at(thickness_at, "<f4", strands).repeat(per_strand)
    if color_at:
        rgba = reader.array_at(color_at, "<f4", count, 4)
        color = np.ascontiguousarray(rgba[:, :3])
        transparency = None if (rgba[:, 3] == 1).all() else 1 - rgba[:, 3]
    return Polylines(
        np.ascontiguousarray(positions[:, :3]),
        starts_of(np.full(strands, per_strand)),
        thickness,
        transparency,
        color,
    )


def _decode_text(data: bytes) -> Polylines:
    points, lengths = array("d"), array("q")
    scale, offset = 1.0, np.zeros(3, np.float32)
    due = 0
    for line in text_lines(data, "TressFX"):
        words = line.split()
        if due:
            points.extend(numbers(words, 3, "TressFX"))
            due -= 1
        elif words[0] == "strand":
            due = _count_of(words)
            lengths.append(due)
            check_counts(len(lengths), len(points) // 3 + due)
        elif words[0] == "scale":
            scale = numbers(words[1:], 1, "TressFX")[0]
        elif words[0] == "translation":
            offset = np.array(numbers(words[1:], 3, "TressFX"), np.float32)
        elif words[0] == "rotation" and any(numbers(words[1:], 3, "TressFX")):
            raise InvalidGroom("The TressFX file turns its strands; export it without rotation.")
    if due:
        raise InvalidGroom("The TressFX file ends too early.")
    check_counts(len(lengths), len(points) // 3)
    return Polylines(_placed(points, scale, offset), starts_of(np.frombuffer(lengths, np.int64)))


def _count_of(words: list[str]) -> int:
    if len(words) < _STRAND_WORDS or words[2] != "numVerts":
        raise InvalidGroom("The TressFX file has a strand that does not say how many points.")
    (count,) = whole_numbers(words[3:4], "TressFX")
    if count < 1:
        raise InvalidGroom("The TressFX file has a strand without points.")
    return count


def _placed(
    points: "array[float]", scale: float, offset: Float32[np.ndarray, "3"]
) -> Float32[np.ndarray, "M 3"]:
    placed = np.frombuffer(points, np.float64).reshape(-1, 3).astype(np.float32)
    if scale != 1:
        placed *= np.float32(scale)
    return placed + offset if offset.any() else placed
