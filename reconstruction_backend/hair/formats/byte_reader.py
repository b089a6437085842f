"""Arrays out of a file's bytes, never beyond their end."""

import numpy as np
from jaxtyping import Shaped

from reconstruction_backend.hair.formats.polylines import InvalidGroom


class ByteReader:
    """Reads typed arrays from bytes, in order or at an offset.

    No method asks for memory before it knows that the bytes are there; InvalidGroom if they are
    not.
    """

    def __init__(self, data: bytes, what: str) -> None:
        self._data = data
        self._what = what
        self.offset = 0

    @property
    def left(self) -> int:
        """Bytes after the offset."""
        return len(self._data) - self.offset

    def array(self, kind: str, *shape: int) -> Shaped[np.ndarray, "..."]:
        """The next numbers of a dtype such as `<f4`, copied."""
        count = int(np.prod(shape, dtype=np.int64))
        size = np.dtype(kind).itemsize
        if count * size > self.left:
            raise InvalidGroom(f"The {self._what} file ends too early.")
        values = np.frombuffer(self._data, kind, count, self.offset).reshape(shape)
        self.offset += count * size
        return values.astype(values.dtype.newbyteorder("="))

    def array_at(self, offset: int, kind: str, *shape: int) -> Shaped[np.ndarray, "..."]:
        """Numbers that start at an offset of the file."""
        if not 0 <= offset <= len(self._data):
            raise InvalidGroom(f"The {self._what} file ends too early.")
        self.offset = offset
        return self.array(kind, *shape)

    def finish(self) -> None:
        """Raises InvalidGroom where bytes are left over."""
        if self.left:
            raise InvalidGroom(f"The {self._what} file has {self.left} bytes too many.")
