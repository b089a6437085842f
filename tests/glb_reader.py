"""Reads a GLB from its bytes alone, sharing no code with the writer, and deforms it as engines do.

Compressed buffer views are undone first, which gives the plain asset that the extension stands for.
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from meshopt_decoder import decode_attributes, decode_indices

DTYPES = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}
MESHOPT = "EXT_meshopt_compression"


@dataclass(frozen=True)
class Glb:
    document: dict[str, Any]
    binary: bytes
    _decoded: dict[str, bytes] = field(default_factory=dict)
    """Contents of buffer views, which take a while to decompress here."""

    @classmethod
    def parse(cls, data: bytes) -> "Glb":
        magic, version, length = struct.unpack_from("<4sII", data)
        assert (magic, version, length) == (b"glTF", 2, len(data))
        text_length, text_kind = struct.unpack_from("<I4s", data, 12)
        assert text_kind == b"JSON"
        start = 20 + text_length
        binary_length, binary_kind = struct.unpack_from("<I4s", data, start)
        assert binary_kind == b"BIN\0"
        assert start + 8 + binary_length == len(data)
        return cls(json.loads(data[20:start]), data[start + 8 :])

    def dump(self) -> bytes:
        text = json.dumps(self.document).encode()
        text += b" " * (-len(text) % 4)
        binary = self.binary + bytes(-len(self.binary) % 4)
        head = struct.pack("<4sII", b"glTF", 2, 28 + len(text) + len(binary))
        return (
            head
            + struct.pack("<I4s", len(text), b"JSON")
            + text
            + struct.pack("<I4s", len(binary), b"BIN\0")
            + binary
        )

    def uncompressed(self) -> "Glb":
        """The same asset with its buffer views decoded into one plain buffer."""
        document = json.loads(json.dumps(self.document))
        binary = bytearray()
        for view in document["bufferViews"]:
            content = self._view_bytes(view)
            view.pop("extensions", None)
            view.update(buffer=0, byteOffset=len(binary))
            binary += content + bytes(-len(content) % 4)
        document["buffers"] = [{"byteLength": len(binary)}]
        for key in ("extensionsUsed", "extensionsRequired"):
            document[key] = [name for name in document[key] if name != MESHOPT]
        return Glb(document, bytes(binary))

    def accessor(self, index: int) -> np.ndarray:
        """Its rows as numbers: sparse rows filled in, normalised integers divided."""
        accessor = self.document["accessors"][index]
        dtype = np.dtype(DTYPES[accessor["componentType"]])
        width, count = WIDTHS[accessor["type"]], accessor["count"]
        values = np.zeros((count, width), dtype)
        if "bufferView" in accessor:
            values = self._rows(accessor["bufferView"], dtype, width, count)
        if "sparse" in accessor:
            sparse = accessor["sparse"]
            index_type = np.dtype(DTYPES[sparse["indices"]["componentType"]])
            rows = self._rows(sparse["indices"]["bufferView"], index_type, 1, sparse["count"])
            assert (np.diff(rows[:, 0].astype(int)) > 0).all()
            values = values.copy()
            values[rows[:, 0]] = self._rows(
                sparse["values"]["bufferView"], dtype, width, sparse["count"]
            )
        if accessor.get("normalized"):
            return np.maximum(values / np.iinfo(dtype).max, -1.0)
        return values

    def mesh(self, name: str) -> dict[str, Any]:
        return next(mesh for mesh in self.document["meshes"] if mesh["name"] == name)

    def attribute(self, mesh: str, name: str) -> np.ndarray:
        return self.accessor(self.mesh(mesh)["primitives"][0]["attributes"][name])

    def triangles(self, mesh: str) -> np.ndarray:
        return self.accessor(self.mesh(mesh)["primitives"][0]["indices"]).reshape(-1, 3)

    def target_names(self, mesh: str) -> list[str]:
        return self.mesh(mesh)["extras"]["targetNames"]

    def target(self, mesh: str, name: str, attribute: str = "POSITION") -> np.ndarray:
        targets = self.mesh(mesh)["primitives"][0]["targets"]
        return self.accessor(targets[self.target_names(mesh).index(name)][attribute])

    def morphed(self, mesh: str, weights: dict[str, float]) -> np.ndarray:
        """Rest positions plus weighted targets; a name that the mesh lacks does not move it."""
        positions = self.attribute(mesh, "POSITION").astype(np.float64)
        for name in self.target_names(mesh):
            if weights.get(name):
                positions += weights[name] * self.target(mesh, name)
        return positions

    def skinned(
        self, mesh: str, positions: np.ndarray, turns: Mapping[str, np.ndarray]
    ) -> np.ndarray:
        """Linear blend skinning; `turns` gives local rotations of joints by node name."""
        nodes, skin = self.document["nodes"], self.document["skins"][0]
        world: dict[int, np.ndarray] = {}

        def visit(index: int, parent: np.ndarray) -> None:
            local = np.eye(4)
            local[:3, 3] = nodes[index].get("translation", [0, 0, 0])
            local[:3, :3] = turns.get(nodes[index]["name"], np.eye(3))
            world[index] = parent @ local
            for child in nodes[index].get("children", []):
                visit(child, world[index])

        visit(skin["skeleton"], np.eye(4))
        bind = self.accessor(skin["inverseBindMatrices"]).reshape(-1, 4, 4).transpose(0, 2, 1)
        joints = np.stack([world[j] @ b for j, b in zip(skin["joints"], bind, strict=True)])
        weights = self.attribute(mesh, "WEIGHTS_0")
        per_vertex = np.einsum("vk,vkij->vij", weights, joints[self.attribute(mesh, "JOINTS_0")])
        homogeneous = np.concatenate([positions, np.ones((len(positions), 1))], axis=1)
        return np.einsum("vij,vj->vi", per_vertex, homogeneous)[:, :3]

    def _rows(self, view_index: int, dtype: np.dtype, width: int, count: int) -> np.ndarray:
        view = self.document["bufferViews"][view_index]
        data = self._view_bytes(view)
        packed = dtype.itemsize * width
        stride = view.get("byteStride", packed)
        assert len(data) >= (count - 1) * stride + packed
        rows = np.frombuffer(data.ljust(count * stride, b"\0"), np.uint8, count * stride)
        rows = np.ascontiguousarray(rows.reshape(count, stride)[:, :packed])
        return rows.view(dtype).reshape(count, width)

    def _view_bytes(self, view: dict[str, Any]) -> bytes:
        key = json.dumps(view)
        if key not in self._decoded:
            self._decoded[key] = self._decode_view(view)
        return self._decoded[key]

    def _decode_view(self, view: dict[str, Any]) -> bytes:
        packed = view.get("extensions", {}).get(MESHOPT)
        if packed is None:
            offset = view.get("byteOffset", 0)
            return self.binary[offset : offset + view["byteLength"]]
        source = self.binary[packed["byteOffset"] :][: packed["byteLength"]]
        count, stride = packed["count"], packed["byteStride"]
        if packed["mode"] == "INDICES":
            return decode_indices(source, count).astype(f"<u{stride}").tobytes()
        assert packed["mode"] == "ATTRIBUTES"
        return decode_attributes(source, count, stride).tobytes()
