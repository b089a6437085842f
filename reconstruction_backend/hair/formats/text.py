"""Lines and numbers of text formats."""

from array import array
from collections.abc import Iterator, Sequence

from reconstruction_backend.hair.formats.polylines import InvalidGroom


def text_lines(data: bytes, what: str) -> Iterator[str]:
    """The lines that are not empty, one at a time. Raises InvalidGroom for what is no text."""
    start = 0
    while start < len(data):
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        try:
            line = data[start:end].decode("utf-8").strip()
        except UnicodeDecodeError as error:
            raise InvalidGroom(f"The {what} file is not text.") from error
        if line:
            yield line
        start = end + 1


def numbers(words: Sequence[str], count: int, what: str) -> list[float]:
    """The first `count` words as numbers. Raises InvalidGroom where they are not."""
    try:
        values = [float(word) for word in words[:count]]
    except ValueError:
        values = []
    if len(values) < count:
        raise InvalidGroom(f"The {what} file has {' '.join(words)[:40]!r} for {count} numbers.")
    return values


def whole_numbers(words: Sequence[str], what: str) -> list[int]:
    """All words as whole numbers of 64 bits. Raises InvalidGroom where one is not."""
    try:
        return array("q", map(int, words)).tolist()
    except (ValueError, OverflowError) as error:
        raise InvalidGroom(
            f"The {what} file has {' '.join(words)[:40]!r} for whole numbers."
        ) from error
