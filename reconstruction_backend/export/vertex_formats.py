"""How vertex attributes are stored: floats that every reader takes, or small integers."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32, Int, Int8, Int16

from reconstruction_backend.errors import InvalidModel
from reconstruction_backend.export.gltf_buffer import GltfBuffer

_INDEX_BYTES = 2
_INT8_ONE, _INT16_ONE = np.iinfo(np.int8).max, np.iinfo(np.int16).max
_UINT16_ONE = np.iinfo(np.uint16).max


@dataclass(frozen=True)
class RowChange:
    """A morph target of one mesh: the rows that it changes, and by what."""

    count: int
    """Rows of the mesh, R."""
    rows: Int[np.ndarray, "K"]
    """Ascending."""
    values: Float32[np.ndarray, "K 3"]

    def dense(self) -> Float32[np.ndarray, "R 3"]:
        """All rows, zero where nothing changes."""
        full = np.zeros((self.count, 3), np.float32)
        full[self.rows] = self.values
        return full


@runtime_checkable
class VertexFormat(Protocol):
    """Turns attributes into accessors of a buffer; each method gives the accessor's index."""

    buffer: GltfBuffer
    extensions: tuple[str, ...]
    """Those that a reader must know."""

    def position(self, values_m: Float32[np.ndarray, "R 3"]) -> int:
        """Rest positions, metres."""
        ...

    def normal(self, values: Float32[np.ndarray, "R 3"]) -> int:
        """Unit normals."""
        ...

    def tangent(self, values: Float32[np.ndarray, "R 4"]) -> int:
        """Unit tangents and the bitangent's sign."""
        ...

    def texcoord(self, values: Float32[np.ndarray, "R 2"]) -> int:
        """Texture coordinates in [0, 1]."""
        ...

    def displacement(self, change_m: RowChange) -> int:
        """Positions of a morph target relative to rest, metres."""
        ...

    def normal_change(self, change: RowChange) -> int:
        """Normals of a morph target relative to rest."""
        ...


class FloatVertices:
    """Core glTF 2.0: float32, morph targets sparse where that is smaller."""

    extensions: tuple[str, ...] = ()

    def __init__(self, buffer: GltfBuffer) -> None:
        self.buffer = buffer

    def position(self, values_m: Float32[np.ndarray, "R 3"]) -> int:
        """Rest positions, metres."""
        return self.buffer.add_attribute(values_m, with_bounds=True)

    def normal(self, values: Float32[np.ndarray, "R 3"]) -> int:
        """Unit normals."""
        return self.buffer.add_attribute(values)

    def tangent(self, values: Float32[np.ndarray, "R 4"]) -> int:
        """Unit tangents and the bitangent's sign."""
        return self.buffer.add_attribute(values)

    def texcoord(self, values: Float32[np.ndarray, "R 2"]) -> int:
        """Texture coordinates in [0, 1]."""
        return self.buffer.add_attribute(values)

    def displacement(self, change_m: RowChange) -> int:
        """Positions of a morph target relative to rest, metres."""
        return self._change(change_m, with_bounds=True)

    def normal_change(self, change: RowChange) -> int:
        """Normals of a morph target relative to rest."""
        return self._change(change, with_bounds=False)

    def _change(self, change: RowChange, *, with_bounds: bool) -> int:
        row_bytes = change.values.itemsize * 3
        if len(change.rows) * (row_bytes + _INDEX_BYTES) >= change.count * row_bytes:
            return self.buffer.add_attribute(change.dense(), with_bounds=with_bounds)
        return self.buffer.add_sparse(
            change.count, change.rows, change.values, with_bounds=with_bounds
        )


class QuantizedVertices:
    """KHR_mesh_quantization in a meshopt-compressed buffer.

    Positions are normalised 16-bit integers over [-1, 1] m, a grid of 31 µm, so that no scale has
    to be hidden in a matrix. Targets are dense: runs of zeros cost next to nothing in the codec.
    """

    extensions: tuple[str, ...] = ("KHR_mesh_quantization", "EXT_meshopt_compression")

    def __init__(self, buffer: GltfBuffer) -> None:
        self.buffer = buffer

    def position(self, values_m: Float32[np.ndarray, "R 3"]) -> int:
        """Rest positions, metres. Raises InvalidModel beyond a metre."""
        return self._metres(values_m)

    def normal(self, values: Float32[np.ndarray, "R 3"]) -> int:
        """Unit normals."""
        return self.buffer.add_attribute(_int16(values), normalized=True)

    def tangent(self, values: Float32[np.ndarray, "R 4"]) -> int:
        """Unit tangents and the bitangent's sign."""
        return self.buffer.add_attribute(_int8(values), normalized=True)

    def texcoord(self, values: Float32[np.ndarray, "R 2"]) -> int:
        """Texture coordinates in [0, 1]."""
        steps = np.rint(np.clip(values, 0, 1) * _UINT16_ONE).astype(np.uint16)
        return self.buffer.add_attribute(steps, normalized=True)

    def displacement(self, change_m: RowChange) -> int:
        """Positions of a morph target relative to rest, metres. Raises InvalidModel likewise."""
        return self._metres(change_m.dense())

    def normal_change(self, change: RowChange) -> int:
        """Normals of a morph target relative to rest; a component changes by 1 at most."""
        return self.buffer.add_attribute(_int8(change.dense()), normalized=True)

    def _metres(self, values_m: Float32[np.ndarray, "R 3"]) -> int:
        if np.abs(values_m).max(initial=0) > 1:
            raise InvalidModel("The head reaches beyond a metre, too far for compression.")
        return self.buffer.add_attribute(_int16(values_m), normalized=True, with_bounds=True)


def _int16(values: Float32[np.ndarray, "R C"]) -> Int16[np.ndarray, "R C"]:
    return np.rint(values * _INT16_ONE).astype(np.int16)


def _int8(values: Float32[np.ndarray, "R C"]) -> Int8[np.ndarray, "R C"]:
    return np.rint(np.clip(values, -1, 1) * _INT8_ONE).astype(np.int8)
