"""The hair of an avatar as members of its archive, and back.

Guides are kept to the bit, so that hair that was read can be edited, recoloured and grown again as
if it had never been written.
"""

import io
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from reconstruction_backend.export import members
from reconstruction_backend.hair.formats.conversion import polylines_of
from reconstruction_backend.hair.formats.hair import encode_hair
from reconstruction_backend.hair.formats.obj import encode_obj
from reconstruction_backend.hair.hair import Hair
from reconstruction_backend.hair.hairstyle import HairGuides
from reconstruction_backend.hair.npz import read_npz
from reconstruction_backend.hair.record import ColourRecord, EditRecord, HairRecord
from reconstruction_backend.hair.strands import HairStrands
from reconstruction_backend.hair.texture_record import TextureRecord
from reconstruction_backend.head_model import HeadModel

OBJ_STRANDS = 5_000
"""Text is large: the OBJ has an even thinning, all strands are in the HAIR file."""
_OBJ_DECIMALS = 5
_OBJ_HEADER = "# Cameo: hair, root first; metres, +Y up, the face looks along +Z\n"
_FARTHEST_M = 3.0
_MEASURED = "colour_measured"
_DIMENSIONS = {"root_uv": 2, "points_m": 3, "wisp": 1, _MEASURED: 4}
_KINDS = {"root_uv": "<f4", "points_m": "<f4", "wisp": "<i4", _MEASURED: "<f4"}


def hair_members(hair: Hair) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the members of an archive that hold hair."""
    strands = hair.strands()
    yield members.HAIR_GUIDES, _encode_guides(hair)
    yield members.HAIR_STRANDS, hair.for_viewer()
    yield members.HAIR, encode_hair(polylines_of(strands))
    few = polylines_of(first_strands(strands, OBJ_STRANDS))
    yield (
        members.HAIR_OBJ,
        encode_obj(replace(few, thickness=None, color_srgb=None), _OBJ_DECIMALS, _OBJ_HEADER),
    )


def first_strands(strands: HairStrands, count: int) -> HairStrands:
    """An even thinning to at most `count` strands: the beginning of the row."""
    smooth = strands.smooth_m
    return HairStrands(
        strands.root_uv[:count],
        strands.points_m[:count],
        strands.width_m[:count],
        strands.color_linear[:count],
        None if smooth is None else smooth[:count],
    )


def hair_record(hair: Hair) -> HairRecord:
    """What avatar.json says of hair."""
    return HairRecord(
        source=hair.source,
        style=hair.style,
        colour=ColourRecord.of(hair.colour),
        texture=TextureRecord.of(hair.texture),
        edit=EditRecord.of(hair.edit),
        strands=hair.strands().count,
    )


def hair_of(record: HairRecord, data: bytes, model: HeadModel, neutral_m: np.ndarray) -> Hair:
    """The hair that a record and the bytes of hair.npz describe.

    Raises ValueError, with a clause that says what is wrong.
    """
    arrays = _arrays(data)
    guides = HairGuides(arrays["root_uv"], arrays["points_m"], arrays["wisp"])
    colour = replace(record.colour.colour(), measured=arrays.get(_MEASURED))
    return Hair(
        record.source,
        record.style,
        guides,
        record.texture.texture(),
        colour,
        model,
        neutral_m,
        record.edit.edit(),
    )


def _encode_guides(hair: Hair) -> bytes:
    """Uncompressed: the archive compresses it."""
    guides = hair.guides
    arrays = {"root_uv": guides.root_uv, "points_m": guides.points_m, "wisp": guides.wisp}
    if hair.colour.measured is not None:
        arrays[_MEASURED] = hair.colour.measured
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def _arrays(data: bytes) -> dict[str, np.ndarray]:
    """The arrays of an npz from anywhere, checked. Raises ValueError."""
    arrays = read_npz(data, _KINDS, members.HAIR_BYTES_LIMIT)
    for name in ("root_uv", "points_m", "wisp"):
        if name not in arrays:
            raise ValueError(f"holds no {name}")
    for name, array in arrays.items():
        if array.dtype != np.dtype(_KINDS[name]) or array.ndim != _DIMENSIONS[name]:
            raise ValueError(f"has a {name} of the wrong kind")
        if not np.isfinite(array).all():
            raise ValueError(f"has a {name} that is not finite")
    _check_guides(arrays)
    return arrays


def _check_guides(arrays: dict[str, np.ndarray]) -> None:
    count, points = arrays["points_m"].shape[:2]
    shapes = {"root_uv": (count, 2), "points_m": (count, points, 3), "wisp": (count,)}
    if any(arrays[name].shape != shape for name, shape in shapes.items()):
        raise ValueError("has arrays that do not fit each other")
    if count < 1 or points < 2 or np.abs(arrays["points_m"]).max() > _FARTHEST_M:
        raise ValueError("holds no hair of a head")
    measured = arrays.get(_MEASURED)
    if measured is not None and (measured.shape[-1] != 3 or 0 in measured.shape):
        raise ValueError(f"has a {_MEASURED} of the wrong shape")
