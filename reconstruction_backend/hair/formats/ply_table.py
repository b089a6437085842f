"""The elements of a PLY file (Turk 1994) as tables; lists are passed over where that can be."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64

from reconstruction_backend.hair.formats.byte_reader import ByteReader
from reconstruction_backend.hair.formats.polylines import POINTS_LIMIT, InvalidGroom
from reconstruction_backend.hair.formats.text import whole_numbers

_END = b"end_header"
_HEADER_LIMIT = 1 << 16
_KINDS = {
    "char": "i1",
    "int8": "i1",
    "uchar": "u1",
    "uint8": "u1",
    "short": "i2",
    "int16": "i2",
    "ushort": "u2",
    "uint16": "u2",
    "int": "i4",
    "int32": "i4",
    "uint": "u4",
    "uint32": "u4",
    "float": "f4",
    "float32": "f4",
    "double": "f8",
    "float64": "f8",
}
_ORDERS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}


@dataclass(frozen=True)
class PlyElement:
    """All rows of one element, by the names of its properties."""

    table: np.ndarray
    """Structured."""

    def has(self, *names: str) -> bool:
        """Whether it has all these properties."""
        return set(names) <= set(self.table.dtype.names or ())

    def floats(self, *names: str) -> Float32[np.ndarray, "N C"]:
        """Some properties as columns."""
        return np.stack([self.table[name].astype(np.float32) for name in names], axis=1)

    def integers(self, *names: str) -> Int64[np.ndarray, "N C"]:
        """Some properties as columns of whole numbers."""
        return np.stack([self.table[name].astype(np.int64) for name in names], axis=1)


@dataclass
class _Declared:
    name: str
    count: int
    fields: list[tuple[str, str]]
    has_list: bool = False


def parse_ply(data: bytes) -> dict[str, PlyElement]:
    """The elements by name, as far as they can be read: up to a binary element with lists.

    Raises InvalidGroom.
    """
    order, declared, offset = _parse_header(data)
    if order:
        return _binary(data, offset, declared, order)
    return _text(data, offset, declared)


def _parse_header(data: bytes) -> tuple[str, list[_Declared], int]:
    end = data.find(_END, 0, _HEADER_LIMIT)
    line_end = data.find(b"\n", end)
    if not data.startswith(b"ply") or end < 0 or line_end < 0:
        raise InvalidGroom("The file is not a PLY file.")
    order: str | None = None
    declared: list[_Declared] = []
    for line in data[:end].decode("latin-1").splitlines():
        match line.split():
            case ["format", kind, "1.0"] if kind in _ORDERS:
                order = _ORDERS[kind]
            case ["element", name, count] if count.isdecimal():
                (rows,) = whole_numbers([count], "PLY")
                if rows > POINTS_LIMIT:
                    raise InvalidGroom(f"The PLY file announces {rows:,} rows of {name[:40]}.")
                declared.append(_Declared(name, rows, []))
            case ["property", "list", *_] if declared:
                declared[-1].has_list = True
            case ["property", kind, name] if declared and kind in _KINDS:
                declared[-1].fields.append((name, _KINDS[kind]))
            case ["ply"] | ["comment" | "obj_info", *_] | []:
                pass
            case _:
                raise InvalidGroom(f"The PLY file's header is not understood: {line[:60]!r}.")
    if order is None:
        raise InvalidGroom("The PLY file does not say how it is coded.")
    for element in declared:
        names = [name for name, _ in element.fields]
        if len(set(names)) < len(names):
            raise InvalidGroom(f"The PLY file's {element.name} has two properties of one name.")
    return order, declared, line_end + 1


def _binary(
    data: bytes, offset: int, declared: list[_Declared], order: str
) -> dict[str, PlyElement]:
    reader = ByteReader(data, "PLY")
    reader.offset = offset
    found: dict[str, PlyElement] = {}
    for element in declared:
        if element.has_list:
            break
        kind = np.dtype([(name, order + code) for name, code in element.fields])
        rows = reader.array("u1", element.count, kind.itemsize) if kind.itemsize else None
        if rows is not None:
            found[element.name] = PlyElement(np.ascontiguousarray(rows).view(kind)[:, 0])
    return found


def _text(data: bytes, offset: int, declared: list[_Declared]) -> dict[str, PlyElement]:
    lines = data[offset:].splitlines()
    found: dict[str, PlyElement] = {}
    at = 0
    for element in declared:
        rows, at = lines[at : at + element.count], at + element.count
        if len(rows) < element.count:
            raise InvalidGroom("The PLY file ends too early.")
        if element.has_list or not element.fields:
            continue
        found[element.name] = PlyElement(_text_table(rows, element))
    return found


def _text_table(rows: list[bytes], element: _Declared) -> np.ndarray:
    """Rows of text as a structured array."""
    width = len(element.fields)
    kinds = [(name, "f8" if code[0] == "f" else "i8") for name, code in element.fields]
    table = np.empty(element.count, kinds)
    parsers = [float if kind == "f8" else int for _, kind in kinds]
    try:
        for row, line in enumerate(rows):
            words = line.split()
            if len(words) != width:
                raise InvalidGroom(f"The PLY file has a {element.name} without {width} numbers.")
            table[row] = tuple(parse(word) for parse, word in zip(parsers, words, strict=True))
    except (ValueError, OverflowError) as error:
        raise InvalidGroom(f"The PLY file has a {element.name} that is no number.") from error
    return table
