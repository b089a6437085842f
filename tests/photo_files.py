"""Photos as bytes, good and bad, for tests of the input."""

import io
import struct
import zlib
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image
from skimage import data


def astronaut() -> UInt8[np.ndarray, "512 512 3"]:
    """The sample portrait (NASA, public domain)."""
    return np.asarray(data.astronaut())


def encode(image: Image.Image, kind: str, **options: Any) -> bytes:
    """An image file of the kind that Pillow calls by this name."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def exif_of_orientation(orientation: int) -> bytes:
    """A metadata block that says how the picture is to be turned."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()


def stored_as(image: UInt8[np.ndarray, "H W 3"], orientation: int) -> UInt8[np.ndarray, "h w 3"]:
    """How a camera stores an upright picture under an EXIF orientation (CIPA DC-008, 4.6.4)."""
    stored = {
        1: image,
        2: image[:, ::-1],
        3: image[::-1, ::-1],
        4: image[::-1],
        5: image.transpose(1, 0, 2),
        6: np.rot90(image, 1),
        7: image[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(image, 3),
    }[orientation]
    return np.ascontiguousarray(stored)


def png(
    width: int,
    height: int,
    bit_depth: int = 8,
    colour_type: int = 2,
    rows: bytes = b"",
    before_data: tuple[tuple[bytes, bytes], ...] = (),
) -> bytes:
    """A PNG of the given header, whatever its data: each row is a filter byte and samples."""
    header = struct.pack(">IIBBBBB", width, height, bit_depth, colour_type, 0, 0, 0)
    chunks = ((b"IHDR", header), *before_data, (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def jpeg_of_size(width: int, height: int) -> bytes:
    """A JPEG whose frame header announces this size."""
    whole = bytearray(encode(Image.new("RGB", (8, 8)), "JPEG"))
    frame = whole.index(b"\xff\xc0")
    whole[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(whole)


def icc_profile_with_red_and_green_swapped() -> bytes:
    """A matrix profile (ICC.1:2001-04) whose first channel is sRGB's green and second its red."""
    columns = {  # sRGB's primaries, adapted to D50
        b"rXYZ": (0.38515, 0.71687, 0.09708),
        b"gXYZ": (0.43607, 0.22249, 0.01392),
        b"bXYZ": (0.14307, 0.06061, 0.71410),
        b"wtpt": (0.96420, 1.0, 0.82491),
    }
    tags = {name: b"XYZ \0\0\0\0" + _fixed(*xyz) for name, xyz in columns.items()}
    steps = np.arange(1024) / 1023
    linear = np.where(steps <= 0.04045, steps / 12.92, ((steps + 0.055) / 1.055) ** 2.4)
    curve = np.round(linear * 65535).astype(">u2").tobytes()
    for name in (b"rTRC", b"gTRC", b"bTRC"):
        tags[name] = b"curv\0\0\0\0" + struct.pack(">I", len(steps)) + curve
    tags[b"desc"] = b"desc\0\0\0\0" + struct.pack(">I", 8) + b"swapped\0" + bytes(79)
    tags[b"cprt"] = b"text\0\0\0\0none\0"
    table, body = b"", b""
    offset = 128 + 4 + 12 * len(tags)
    for name, tag in tags.items():
        table += name + struct.pack(">II", offset + len(body), len(tag))
        body += tag + bytes(-len(tag) % 4)
    size = offset + len(body)
    header = struct.pack(">I4sI4s4s4s", size, b"none", 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    header += bytes(12) + b"acsp" + bytes(28) + _fixed(0.9642, 1.0, 0.82491)
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def _fixed(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)
