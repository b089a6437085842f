"""Encoders of EXT_meshopt_compression (Khronos, appendix A): attributes and index sequences.

Written here because the reference library has no wheels, and installing Cameo compiles nothing.

Attributes: rows are cut into blocks; in a block, each byte of the row is a stream of its own, as
differences to the row before, zigzag-coded, in groups of 16. A group takes 0, 2, 4 or 8 bits a
value, whichever is smallest; values that do not fit follow the group as whole bytes.
"""

import numpy as np
from jaxtyping import Bool, Integer, Shaped, UInt8

ATTRIBUTES_HEADER = 0xA0
INDICES_HEADER = 0xD1
BLOCK_BYTES = 8192
BLOCK_MAX_ROWS = 256
GROUP = 16
TAIL_MIN_BYTES = 32
INDICES_TAIL = bytes(4)
VARINT_BYTES = 5
"""Of the longest 32-bit number at seven bits a byte."""


def encode_attributes(rows: Shaped[np.ndarray, "N C"]) -> bytes:
    """One row or more, of a multiple of four bytes (at most 256) each, in mode ATTRIBUTES."""
    data = np.ascontiguousarray(rows).view(np.uint8)
    stride = data.shape[1]
    first = data[0].tobytes()
    before = np.concatenate([data[:1], data[:-1]])
    deltas = _zigzag8(data - before)
    block_rows = min(BLOCK_BYTES // stride // GROUP * GROUP, BLOCK_MAX_ROWS)
    whole = len(deltas) // block_rows * block_rows
    blocks = _encode_blocks(deltas[:whole].reshape(-1, block_rows, stride))
    rest = _encode_blocks(deltas[None, whole:])
    return bytes([ATTRIBUTES_HEADER]) + blocks + rest + first.rjust(TAIL_MIN_BYTES, b"\0")


def encode_indices(indices: Integer[np.ndarray, "N"]) -> bytes:
    """Indices below 2 ** 29 in mode INDICES: differences as zigzag varints."""
    differences = np.diff(indices.astype(np.int64), prepend=0)
    zigzag = (differences << 1) ^ (differences >> 63)
    # the lowest bit names one of two predecessors; this encoder always takes the same
    digits = ((zigzag << 1)[:, None] >> (7 * np.arange(VARINT_BYTES))) & 0x7F
    length = VARINT_BYTES - (digits[:, ::-1] != 0).argmax(axis=1)
    length[~digits.any(axis=1)] = 1
    place = np.arange(VARINT_BYTES)
    digits[place < length[:, None] - 1] |= 0x80
    return bytes([INDICES_HEADER]) + _selected(digits, place < length[:, None]) + INDICES_TAIL


def _encode_blocks(deltas: UInt8[np.ndarray, "B N stride"]) -> bytes:
    """Each byte's stream in turn: two bits a group that say its width, then the groups."""
    if deltas.size == 0:
        return b""
    padded = np.pad(deltas, ((0, 0), (0, -deltas.shape[1] % GROUP), (0, 0)))
    streams = padded.transpose(0, 2, 1).reshape(-1, padded.shape[1])
    packed, used, width_code = _pack_groups(streams.reshape(-1, GROUP))
    header = _pack_bits(
        _padded_to(width_code.reshape(len(streams), -1), 4), bits=2, first_lowest=True
    )
    return _selected(
        np.concatenate([header, packed.reshape(len(streams), -1)], axis=1),
        np.concatenate([np.ones(header.shape, bool), used.reshape(len(streams), -1)], axis=1),
    )


def _pack_groups(
    groups: UInt8[np.ndarray, "G 16"],
) -> tuple[UInt8[np.ndarray, "G 32"], Bool[np.ndarray, "G 32"], UInt8[np.ndarray, "G"]]:
    """Each group at its best width: bytes, which of them count, and the width's code."""
    size = np.stack(
        [
            np.where(groups.any(axis=1), GROUP + 1, 0),
            GROUP // 4 + (groups >= 3).sum(axis=1),
            GROUP // 2 + (groups >= 15).sum(axis=1),
            np.full(len(groups), GROUP),
        ]
    )
    width_code = size.argmin(axis=0).astype(np.uint8)
    packed = np.zeros((len(groups), 2 * GROUP), np.uint8)
    used = np.zeros(packed.shape, bool)
    for code, bits in ((1, 2), (2, 4)):
        chosen = width_code == code
        sentinel = (1 << bits) - 1
        fixed = GROUP * bits // 8
        values = groups[chosen]
        packed[chosen, :fixed] = _pack_bits(np.minimum(values, sentinel), bits, first_lowest=False)
        used[chosen, :fixed] = True
        packed[chosen, GROUP:] = values
        used[chosen, GROUP:] = values >= sentinel
    whole = width_code == 3
    packed[whole, :GROUP] = groups[whole]
    used[whole, :GROUP] = True
    return packed, used, width_code


def _pack_bits(
    values: UInt8[np.ndarray, "G N"], bits: int, *, first_lowest: bool
) -> UInt8[np.ndarray, "G M"]:
    per_byte = 8 // bits
    shift = bits * np.arange(per_byte)
    digits = values.reshape(len(values), values.shape[1] // per_byte, per_byte)
    return (digits << (shift if first_lowest else shift[::-1])).sum(axis=2).astype(np.uint8)


def _padded_to(rows: UInt8[np.ndarray, "G N"], multiple: int) -> UInt8[np.ndarray, "G M"]:
    return np.pad(rows, ((0, 0), (0, -rows.shape[1] % multiple)))


def _selected(values: Integer[np.ndarray, "G N"], used: Bool[np.ndarray, "G N"]) -> bytes:
    return values[used].astype(np.uint8).tobytes()


def _zigzag8(delta: UInt8[np.ndarray, "N stride"]) -> UInt8[np.ndarray, "N stride"]:
    return (delta << 1) ^ np.where(delta & 0x80, 0xFF, 0).astype(np.uint8)
