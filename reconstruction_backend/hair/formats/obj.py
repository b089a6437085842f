"""Strands as the line elements of a Wavefront OBJ: `v` for points, `l` for each strand.

Colours may follow a point's coordinates, as most programs write them. All else is left aside.
"""

from array import array
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from jaxtyping import Float32

from reconstruction_backend.hair.formats.polylines import (
    POINTS_LIMIT,
    InvalidGroom,
    Polylines,
    check_counts,
    starts_of,
)
from reconstruction_backend.hair.formats.text import numbers, text_lines, whole_numbers

_PLAIN, _COLOURED = 3, 6
"""Numbers of a point without and with colour."""
_HEADER = "# Strands, one line element each, root first\n"


def decode_obj(data: bytes) -> Polylines:
    """Read the line elements of an OBJ. Raises InvalidGroom, also where it has none."""
    vertices, colors = array("d"), array("d")
    order, lengths = array("q"), array("q")
    for line in text_lines(data, "OBJ"):
        kind, *words = line.split()
        if kind == "v":
            vertices.extend(numbers(words, _PLAIN, "OBJ"))
            if len(words) >= _COLOURED:
                colors.extend(numbers(words[_PLAIN:], _COLOURED - _PLAIN, "OBJ"))
        elif kind == "l":
            known = len(vertices) // _PLAIN
            indices = whole_numbers([word.partition("/")[0] for word in words], "OBJ")
            order.extend(index - 1 if index > 0 else index + known for index in indices)
            lengths.append(len(indices))
            if len(order) > POINTS_LIMIT:
                check_counts(len(lengths), len(order))
    check_counts(len(lengths), len(order))
    chosen = np.frombuffer(order, np.int64)
    points = np.frombuffer(vertices, np.float64).reshape(-1, 3).astype(np.float32)
    if chosen.min() < 0 or chosen.max() >= len(points):
        raise InvalidGroom("The OBJ file has a line through a point that it does not have.")
    shown = np.frombuffer(colors, np.float64).reshape(-1, 3).astype(np.float32)
    return Polylines(
        points[chosen],
        starts_of(np.frombuffer(lengths, np.int64)),
        color_srgb=shown[chosen] if len(shown) == len(points) else None,
    )


def encode_obj(lines: Polylines, decimals: int | None = None, header: str = _HEADER) -> bytes:
    """Write the strands, by default with nine digits, which give every float32 back.

    `decimals` after the point instead make the file smaller.
    """
    number = "%.9g" if decimals is None else f"%.{decimals}f"
    return "".join([header, *_vertices(lines, number), *_elements(lines)]).encode()


def _vertices(lines: Polylines, number: str) -> Iterator[str]:
    row = f"v {number} {number} {number}"
    values: Float32[np.ndarray, "M C"] = lines.points
    if lines.color_srgb is not None:
        shade = "%.9g" if number == "%.9g" else "%.3f"
        row += f" {shade} {shade} {shade}"
        values = np.concatenate([values, lines.color_srgb], axis=1)
    yield (row + "\n") * len(values) % tuple(values.ravel().tolist())


def _elements(lines: Polylines) -> Iterator[str]:
    words = list(map(str, range(1, len(lines.points) + 1)))
    for start, end in pairwise(lines.starts.tolist()):
        yield f"l {' '.join(words[start:end])}\n"
