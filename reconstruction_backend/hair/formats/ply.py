"""Strands in a PLY file, text or binary.

Points are the element `vertex`; to which strand each belongs, an integer property `strand` says
(points of one strand follow each other), or else the element `edge` with `vertex1` and `vertex2`,
whose chains are the strands. Optional properties: `red`, `green`, `blue` and `thickness`.
"""

import numpy as np
from jaxtyping import Float32, Int32, Int64

from reconstruction_backend.hair.formats.ply_table import PlyElement, parse_ply
from reconstruction_backend.hair.formats.polylines import (
    InvalidGroom,
    Polylines,
    check_counts,
    starts_of,
)

_COLOURS = ("red", "green", "blue")
_BYTE_ONE = 255
_HEADER = "ply\nformat binary_little_endian 1.0\ncomment Cameo: strands, root first\n"


def decode_ply(data: bytes) -> Polylines:
    """Read strands from a PLY file. Raises InvalidGroom."""
    elements = parse_ply(data)
    vertex = elements.get("vertex")
    if vertex is None or not vertex.has("x", "y", "z"):
        raise InvalidGroom("The PLY file has no points.")
    points = vertex.floats("x", "y", "z")
    if not np.isfinite(points).all():
        raise InvalidGroom("A point of the strands is not finite.")
    if vertex.has("strand"):
        order, starts = _by_strand(vertex.integers("strand"))
    elif "edge" in elements and elements["edge"].has("vertex1", "vertex2"):
        ends = elements["edge"].integers("vertex1", "vertex2")
        order, starts = _by_edges(ends, len(points))
    else:
        raise InvalidGroom("The PLY file has neither edges nor strand numbers.")
    return Polylines(
        points[order],
        starts,
        thickness=vertex.floats("thickness")[order, 0] if vertex.has("thickness") else None,
        color_srgb=_colours(vertex)[order] if vertex.has(*_COLOURS) else None,
    )


def encode_ply(lines: Polylines) -> bytes:
    """Binary, with strand numbers for us and edges for others; colours in bytes."""
    columns: list[tuple[str, str, str, np.ndarray]] = [
        (name, "<f4", "float", lines.points[:, axis]) for axis, name in enumerate("xyz")
    ]
    if lines.thickness is not None:
        columns.append(("thickness", "<f4", "float", lines.thickness))
    if lines.color_srgb is not None:
        shown = np.rint(np.clip(lines.color_srgb, 0, 1) * _BYTE_ONE)
        columns += [(n, "u1", "uchar", shown[:, i]) for i, n in enumerate(_COLOURS)]
    columns.append(("strand", "<i4", "int", lines.strand))
    table = np.empty(len(lines.points), [(name, kind) for name, kind, _, _ in columns])
    for name, _, _, values in columns:
        table[name] = values
    inner = np.ones(len(lines.points), bool)
    inner[lines.starts[1:] - 1] = False
    first = np.flatnonzero(inner).astype("<i4")
    header = (
        _HEADER
        + f"element vertex {len(table)}\n"
        + "".join(f"property {kind} {name}\n" for name, _, kind, _ in columns)
        + f"element edge {len(first)}\nproperty int vertex1\nproperty int vertex2\nend_header\n"
    )
    return header.encode() + table.tobytes() + np.stack([first, first + 1], axis=1).tobytes()


def _colours(vertex: PlyElement) -> Float32[np.ndarray, "M 3"]:
    """In [0, 1]: bytes are fractions of 255."""
    values = vertex.floats(*_COLOURS)
    whole = all(np.issubdtype(vertex.table[name].dtype, np.integer) for name in _COLOURS)
    return values / np.float32(_BYTE_ONE) if whole else values


def _by_strand(
    strand: Int64[np.ndarray, "M 1"],
) -> tuple[Int64[np.ndarray, "M"], Int64[np.ndarray, "B"]]:
    """Points in order of their strands, each strand's in the file's order."""
    order = np.argsort(strand[:, 0], kind="stable")
    lengths = np.unique(strand[:, 0], return_counts=True)[1]
    return order.astype(np.int64), starts_of(lengths)


def _by_edges(
    ends: Int64[np.ndarray, "E 2"], points: int
) -> tuple[Int64[np.ndarray, "K"], Int64[np.ndarray, "B"]]:
    """The chains of edges, each from its end with the lower number. Raises InvalidGroom."""
    if len(ends) == 0 or ends.min() < 0 or ends.max() >= points:
        raise InvalidGroom("The PLY file has an edge to a point that it does not have.")
    neighbours = _neighbours(ends, points)
    degree = (neighbours >= 0).sum(axis=1)
    seen = np.zeros(points, bool)
    order: list[int] = []
    lengths: list[int] = []
    links: list[list[int]] = neighbours.tolist()
    for root in np.flatnonzero(degree == 1).tolist():
        if seen[root]:
            continue
        before, at, length = -1, root, 0
        while at >= 0:
            seen[at] = True
            order.append(at)
            length += 1
            one, other = links[at]
            before, at = at, (one if one != before else other)
        lengths.append(length)
    if not seen[degree > 0].all():
        raise InvalidGroom("The PLY file has a strand that is closed to a ring.")
    check_counts(len(lengths), len(order))
    return np.array(order, np.int64), starts_of(np.array(lengths))


def _neighbours(ends: Int64[np.ndarray, "E 2"], points: int) -> Int32[np.ndarray, "M 2"]:
    """Up to two neighbours of each point, -1 for none. Raises InvalidGroom where strands fork."""
    here = ends.ravel()
    there = ends[:, ::-1].ravel()
    order = np.argsort(here, kind="stable")
    counts = np.bincount(here, minlength=points)
    if counts.max() > 2 or (ends[:, 0] == ends[:, 1]).any():
        raise InvalidGroom("The PLY file has strands that fork.")
    place = np.arange(len(here)) - np.repeat(np.cumsum(counts) - counts, counts)
    neighbours = np.full((points, 2), -1, np.int32)
    neighbours[here[order], place] = there[order]
    if ((neighbours[:, 0] == neighbours[:, 1]) & (neighbours[:, 0] >= 0)).any():
        raise InvalidGroom("The PLY file has the same edge twice.")
    return neighbours
