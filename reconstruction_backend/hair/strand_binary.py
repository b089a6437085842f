"""Strands for the viewer: small integers that a graphics card takes as they are.

docs/strand-format.md has the layout. A point is a smooth part (16 bit) and a detail (8 bit) which
a viewer may weaken or strengthen. The smooth part takes up the rounding of the detail, so that
their sum is as fine as 16 bits allow however strong the curl.
"""

import struct
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import numpy as np
from jaxtyping import Float32, Int8, Int16, UInt8

from reconstruction_backend.bounds import bounds
from reconstruction_backend.color import linear_from_srgb, srgb_from_linear
from reconstruction_backend.errors import EX_DATAERR, CameoError
from reconstruction_backend.hair.strands import HairStrands

MAGIC, VERSION = b"CAMH", 1
HEADER_BYTES = 64
KNOTS = 4
"""Colours along each strand."""
_HEADER = struct.Struct("<4sHHIHH7f20x")
_INT16, _INT8, _UINT8 = (np.iinfo(kind).max for kind in (np.int16, np.int8, np.uint8))
_WITHIN_DETAIL = 0.998
"""Share of all details that fit 8 bits; the rest of a few flyaways goes to the smooth part."""
_FINEST_M = 1e-7
"""Of any step: far below a hair's width, and above zero."""
_STRANDS_LIMIT, _POINTS_LIMIT = 1_000_000, 40_000_000


class InvalidStrands(CameoError):
    """The bytes are no strand file of this version."""

    code = "invalid_strands"
    exit_code = EX_DATAERR


@dataclass(frozen=True)
class _Header:
    points: int
    strands: int
    knots: int
    origin_m: tuple[float, float, float]
    position_step_m: float
    detail_step_m: float
    width_step_m: float
    taper: float

    def packed(self) -> bytes:
        """As it lies in the file."""
        return _HEADER.pack(
            MAGIC,
            VERSION,
            self.points,
            self.strands,
            self.knots,
            0,
            *self.origin_m,
            self.position_step_m,
            self.detail_step_m,
            self.width_step_m,
            self.taper,
        )


def encode_strand_binary(
    strands: HairStrands, colors: Float32[np.ndarray, "N K 3"] | None = None
) -> bytes:
    """The strands in their order, of which any beginning is to be an even thinning.

    `colors` (linear RGB, evenly from root to tip) stand for those of the strands.
    Strands that do not know their smooth part are taken to be smooth.
    """
    points = strands.points_m
    if colors is None:
        colors = strands.color_linear[:, _knot_points(strands)]
    smooth = points if strands.smooth_m is None else strands.smooth_m
    detail, detail_step = _small_detail(points - smooth)
    rest = points - detail * np.float32(detail_step)
    low, high = bounds(rest.reshape(-1, 3))
    origin = ((low + high) / 2).astype(np.float32)
    step = _step(float(np.maximum(high - origin, origin - low).max()), _INT16)
    width_step = _step(float(strands.width_m[:, 0].max()), _UINT8)
    x, y, z = origin.tolist()
    header = _Header(
        strands.points_per_strand,
        strands.count,
        colors.shape[1],
        (x, y, z),
        step,
        detail_step,
        width_step,
        _taper(strands.width_m),
    )
    steps = np.rint((rest - origin) / np.float32(step))
    colour = srgb_from_linear(colors)
    width = np.rint(strands.width_m[:, 0] / width_step).astype(np.uint8)
    return b"".join(
        (
            header.packed(),
            np.clip(steps, -_INT16, _INT16).astype("<i2").tobytes(),
            detail.tobytes(),
            np.ascontiguousarray(colour).tobytes(),
            width.tobytes(),
        )
    )


def decode_strand_binary(data: bytes) -> HairStrands:
    """The strands again, with NaN for their roots' coordinates. Raises InvalidStrands."""
    header = _parse_header(data)
    count, points, knots = header.strands, header.points, header.knots
    sizes = [count * points * 6, count * points * 3, count * knots * 3, count]
    if len(data) != HEADER_BYTES + sum(sizes):
        raise InvalidStrands("The strand file is damaged: it has another size than it announces.")
    bounds = np.cumsum([HEADER_BYTES, *sizes])
    steps, detail, colour, width = (data[start:end] for start, end in pairwise(bounds))
    rest = _numbers(steps, "<i2", (count, points, 3)) * np.float32(header.position_step_m)
    smooth = rest + np.array(header.origin_m, np.float32)
    curls = _numbers(detail, "i1", (count, points, 3)) * np.float32(header.detail_step_m)
    root_width = np.frombuffer(width, np.uint8) * np.float32(header.width_step_m)
    along = np.linspace(1, 1 - header.taper, points, dtype=np.float32)
    return HairStrands(
        root_uv=np.full((count, 2), np.nan, np.float32),
        points_m=(smooth + curls).astype(np.float32),
        width_m=(root_width[:, None] * along).astype(np.float32),
        color_linear=_between_knots(
            np.frombuffer(colour, np.uint8).reshape(count, knots, 3), points
        ),
        smooth_m=smooth.astype(np.float32),
    )


def _parse_header(data: bytes) -> _Header:
    if len(data) < HEADER_BYTES:
        raise InvalidStrands("The strand file ends within its header.")
    magic, version, points, strands, knots, _, *numbers = _HEADER.unpack_from(data)
    if magic != MAGIC or version != VERSION:
        raise InvalidStrands(f"The bytes are no strand file of version {VERSION}.")
    if points < 2 or knots < 2 or strands > _STRANDS_LIMIT or strands * points > _POINTS_LIMIT:
        raise InvalidStrands("The strand file announces strands that cannot be.")
    if not np.isfinite(numbers).all():
        raise InvalidStrands("The strand file has a header with a number that is not finite.")
    x, y, z, position, detail, width, taper = cast("list[float]", numbers)
    return _Header(points, strands, knots, (x, y, z), position, detail, width, taper)


def _small_detail(
    detail_m: Float32[np.ndarray, "N P 3"],
) -> tuple[Int8[np.ndarray, "N P 3"], float]:
    """In 8-bit steps, and the step; what is larger than almost all others is cut off."""
    size = np.abs(detail_m)
    step = _step(float(np.quantile(size.max(axis=(1, 2)), _WITHIN_DETAIL)), _INT8)
    return np.clip(np.rint(detail_m / np.float32(step)), -_INT8, _INT8).astype(np.int8), step


def _step(largest: float, steps: int) -> float:
    """So that the largest number is `steps` steps; exact in float32, as the header has it."""
    return float(np.float32(max(largest / steps, _FINEST_M)))


def _taper(width_m: Float32[np.ndarray, "N P"]) -> float:
    root = width_m[:, 0].sum(dtype=np.float64)
    return float(1 - width_m[:, -1].sum(dtype=np.float64) / root) if root > 0 else 0.0


def _knot_points(strands: HairStrands) -> Int16[np.ndarray, "K"]:
    last = strands.points_per_strand - 1
    return np.rint(np.linspace(0, last, KNOTS)).astype(np.int16)


def _between_knots(knots: UInt8[np.ndarray, "N K 3"], points: int) -> Float32[np.ndarray, "N P 3"]:
    place = np.linspace(0, knots.shape[1] - 1, points)
    lower = np.minimum(place.astype(int), knots.shape[1] - 2)
    part = (place - lower).astype(np.float32)[:, None]
    linear = linear_from_srgb(knots)
    return (linear[:, lower] * (1 - part) + linear[:, lower + 1] * part).astype(np.float32)


def _numbers(data: bytes, kind: str, shape: tuple[int, ...]) -> Float32[np.ndarray, "..."]:
    return np.frombuffer(data, kind).reshape(shape).astype(np.float32)
