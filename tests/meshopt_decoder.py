"""A plain decoder of EXT_meshopt_compression, written from its specification, to test against."""

import struct

import numpy as np

from reconstruction_backend.export.meshopt import BLOCK_BYTES, BLOCK_MAX_ROWS, GROUP


def decode_attributes(data: bytes, count: int, stride: int) -> np.ndarray:
    """Mode ATTRIBUTES: (count, stride) bytes."""
    assert data[0] == 0xA0
    rows = np.zeros((count, stride), np.uint8)
    previous = np.frombuffer(data[-stride:], np.uint8).copy()
    block_rows = min(BLOCK_BYTES // stride // GROUP * GROUP, BLOCK_MAX_ROWS)
    offset = 1
    for start in range(0, count, block_rows):
        block = rows[start : start + block_rows]
        for byte in range(stride):
            deltas, offset = _decode_stream(data, offset, -(-len(block) // GROUP))
            signed = (deltas >> 1) ^ -(deltas & 1)
            block[:, byte] = (previous[byte] + np.cumsum(signed[: len(block)])) & 0xFF
        previous = block[-1]
    assert offset + max(stride, 32) == len(data)
    return rows


def _decode_stream(data: bytes, offset: int, groups: int) -> tuple[np.ndarray, int]:
    header = data[offset : offset + -(-groups // 4)]
    offset += len(header)
    values: list[int] = []
    for group in range(groups):
        bits = (0, 2, 4, 8)[header[group // 4] >> (group % 4 * 2) & 3]
        packed = int.from_bytes(data[offset : offset + GROUP * bits // 8], "big")
        offset += GROUP * bits // 8
        sentinel = (1 << bits) - 1
        for i in range(GROUP):
            value = packed >> (GROUP - 1 - i) * bits & sentinel
            if bits in (2, 4) and value == sentinel:
                value, offset = data[offset], offset + 1
            values.append(value)
    return np.array(values, np.int64), offset


def decode_indices(data: bytes, count: int) -> np.ndarray:
    """Mode INDICES."""
    assert data[0] == 0xD1
    last = [0, 0]
    offset = 1
    indices: list[int] = []
    for _ in range(count):
        value = shift = 0
        while True:
            byte = data[offset]
            offset += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        baseline, zigzag = value & 1, value >> 1
        last[baseline] += (zigzag >> 1) ^ -(zigzag & 1)
        indices.append(last[baseline])
    assert struct.unpack_from("<I", data, offset) == (0,)
    assert offset + 4 == len(data)
    return np.array(indices, np.int64)
