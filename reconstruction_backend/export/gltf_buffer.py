"""The binary part of a glTF asset: buffer views and accessors, plain or meshopt-compressed.

With compression every buffer view names the place where its data would lie uncompressed, in a
second buffer without content, as EXT_meshopt_compression prescribes.
"""

from typing import Any

import numpy as np
from jaxtyping import Int, Integer, Shaped

from reconstruction_backend.bounds import bounds
from reconstruction_backend.export.meshopt import encode_attributes, encode_indices

Json = dict[str, Any]
"""An object of the glTF document; its keys are the format's own."""

ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER = 34962, 34963
COMPONENT_TYPE: dict[np.dtype[Any], int] = {
    np.dtype(np.int8): 5120,
    np.dtype(np.uint8): 5121,
    np.dtype(np.int16): 5122,
    np.dtype(np.uint16): 5123,
    np.dtype(np.uint32): 5125,
    np.dtype(np.float32): 5126,
}
ELEMENT_TYPE = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
ALIGNMENT = 4
MESHOPT_EXTENSION = "EXT_meshopt_compression"


class GltfBuffer:
    """Collects data and hands out the indices of the views and accessors made for it."""

    def __init__(self, *, meshopt: bool) -> None:
        self.meshopt = meshopt
        self.views: list[Json] = []
        self.accessors: list[Json] = []
        self._data = bytearray()
        self._uncompressed_length = 0

    def add_image(self, data: bytes) -> int:
        """The view of an encoded image."""
        return self._add_view(self._append(data))

    def add_attribute(
        self,
        values: Shaped[np.ndarray, "N C"],
        *,
        normalized: bool = False,
        with_bounds: bool = False,
    ) -> int:
        """An accessor over one row per vertex. Rows are padded to four bytes."""
        view = self._add_rows(_padded(values), {"target": ARRAY_BUFFER})
        return self._add_accessor(values, normalized, with_bounds, {"bufferView": view})

    def add_matrices(self, matrices: Shaped[np.ndarray, "N 16"]) -> int:
        """An accessor over 4 x 4 matrices, column-major."""
        view = self._add_view(self._append(matrices.tobytes()))
        return self._add_accessor(matrices, False, False, {"bufferView": view})

    def add_sparse(
        self,
        count: int,
        rows: Int[np.ndarray, "K"],
        values: Shaped[np.ndarray, "K C"],
        *,
        with_bounds: bool = False,
    ) -> int:
        """An accessor of `count` rows that stores the given ones; all others are zero."""
        if not len(rows):  # the format asks for one row at least
            rows, values = np.zeros(1, np.intp), np.zeros((1, values.shape[1]), values.dtype)
        index_type = np.uint16 if count <= np.iinfo(np.uint16).max else np.uint32
        index_view = self._add_view(self._append(rows.astype(index_type).tobytes()))
        value_view = self._add_view(self._append(values.tobytes()))
        sparse: Json = {
            "count": len(rows),
            "indices": {
                "bufferView": index_view,
                "componentType": COMPONENT_TYPE[np.dtype(index_type)],
            },
            "values": {"bufferView": value_view},
        }
        covered = values if len(rows) == count else np.append(values, values[:1] * 0, axis=0)
        accessor = self._add_accessor(covered, False, with_bounds, {"sparse": sparse})
        self.accessors[accessor]["count"] = count
        return accessor

    def add_triangles(self, triangles: Integer[np.ndarray, "F 3"], vertex_count: int) -> int:
        """An accessor over the corners of triangles."""
        # the largest value of the type is reserved for restarting strips
        index_type = np.uint16 if vertex_count < np.iinfo(np.uint16).max else np.uint32
        corners = np.ascontiguousarray(triangles.reshape(-1, 1).astype(index_type))
        if self.meshopt:
            packed = encode_indices(corners.ravel())
            view = self._add_compressed(packed, corners, "INDICES", ELEMENT_ARRAY_BUFFER)
        else:
            view = self._add_view(self._append(corners.tobytes()))
            self.views[view]["target"] = ELEMENT_ARRAY_BUFFER
        return self._add_accessor(corners, False, False, {"bufferView": view})

    def document(self) -> Json:
        """The members `buffers`, `bufferViews` and `accessors`, and extensions where used."""
        buffers: list[Json] = [{"byteLength": len(self._data)}]
        if self.meshopt:
            fallback = {"byteLength": self._uncompressed_length}
            buffers.append({**fallback, "extensions": {MESHOPT_EXTENSION: {"fallback": True}}})
        return {"buffers": buffers, "bufferViews": self.views, "accessors": self.accessors}

    def binary(self) -> bytes:
        """The content of the first buffer."""
        return bytes(self._data)

    def _add_rows(self, rows: Shaped[np.ndarray, "N C"], extra: Json) -> int:
        stride = rows.itemsize * rows.shape[1]
        if self.meshopt:
            packed = encode_attributes(rows)
            return self._add_compressed(packed, rows, "ATTRIBUTES", ARRAY_BUFFER)
        view = self._add_view(self._append(rows.tobytes()))
        self.views[view].update({"byteStride": stride, **extra})
        return view

    def _append(self, data: bytes) -> tuple[int, int]:
        offset = len(self._data)
        self._data += data
        self._data += bytes(-len(self._data) % ALIGNMENT)
        return offset, len(data)

    def _add_view(self, place: tuple[int, int]) -> int:
        self.views.append({"buffer": 0, "byteOffset": place[0], "byteLength": place[1]})
        return len(self.views) - 1

    def _add_compressed(
        self, packed: bytes, rows: Shaped[np.ndarray, "N C"], mode: str, target: int
    ) -> int:
        offset, length = self._append(packed)
        stride = rows.itemsize * rows.shape[1]
        view: Json = {
            "buffer": 1,
            "byteOffset": self._uncompressed_length,
            "byteLength": rows.nbytes,
            "target": target,
        }
        if target == ARRAY_BUFFER:
            view["byteStride"] = stride
        place = {"buffer": 0, "byteOffset": offset, "byteLength": length}
        view["extensions"] = {
            MESHOPT_EXTENSION: {**place, "byteStride": stride, "count": len(rows), "mode": mode}
        }
        self._uncompressed_length += rows.nbytes + -rows.nbytes % ALIGNMENT
        self.views.append(view)
        return len(self.views) - 1

    def _add_accessor(
        self, values: Shaped[np.ndarray, "N C"], normalized: bool, with_bounds: bool, source: Json
    ) -> int:
        accessor: Json = {
            **source,
            "componentType": COMPONENT_TYPE[values.dtype],
            "count": len(values),
            "type": ELEMENT_TYPE[values.shape[1]],
        }
        if normalized:
            accessor["normalized"] = True
        if with_bounds:
            low, high = bounds(values)
            accessor["min"], accessor["max"] = low.tolist(), high.tolist()
        self.accessors.append(accessor)
        return len(self.accessors) - 1


def _padded(values: Shaped[np.ndarray, "N C"]) -> Shaped[np.ndarray, "N D"]:
    """Rows of a multiple of four bytes."""
    spare = -values.shape[1] * values.itemsize % ALIGNMENT // values.itemsize
    return np.pad(values, ((0, 0), (0, spare)))
