"""The .data files of USC-HairSalon (Hu et al. 2015): a count, then each strand's count and points.

Little-endian int32 and float32, nothing else. Strands of one point mark roots that grow nothing.
"""

import struct
from itertools import pairwise

import numpy as np

from reconstruction_backend.hair.formats.polylines import (
    InvalidGroom,
    Polylines,
    check_counts,
    starts_of,
)

_POINT_BYTES, _COUNT_BYTES = 12, 4


def decode_usc_data(data: bytes) -> Polylines:
    """Read a .data file. Raises InvalidGroom."""
    if len(data) < _COUNT_BYTES:
        raise InvalidGroom("The USC .data file ends too early.")
    (strands,) = struct.unpack_from("<i", data)
    spare = len(data) - _COUNT_BYTES * (1 + strands)
    if strands < 1 or spare < 0:
        raise InvalidGroom("The file is not a USC .data file.")
    lengths = np.empty(strands, np.int64)
    pieces: list[bytes] = []
    offset = _COUNT_BYTES
    for strand in range(strands):
        if offset + _COUNT_BYTES > len(data):
            raise InvalidGroom("The USC .data file ends too early.")
        (length,) = struct.unpack_from("<i", data, offset)
        end = offset + _COUNT_BYTES + length * _POINT_BYTES
        if length < 1 or end > len(data):
            raise InvalidGroom("The USC .data file ends too early or has an empty strand.")
        lengths[strand] = length
        pieces.append(data[offset + _COUNT_BYTES : end])
        offset = end
    if offset != len(data):
        raise InvalidGroom(f"The USC .data file has {len(data) - offset} bytes too many.")
    check_counts(strands, int(lengths.sum()))
    points = np.frombuffer(b"".join(pieces), "<f4").reshape(-1, 3).astype(np.float32)
    return Polylines(points, starts_of(lengths))


def encode_usc_data(lines: Polylines) -> bytes:
    """Write a .data file; it holds points alone."""
    parts = [struct.pack("<i", lines.count)]
    points = lines.points.astype("<f4")
    for start, end in pairwise(lines.starts.tolist()):
        parts += [struct.pack("<i", end - start), points[start:end].tobytes()]
    return b"".join(parts)
