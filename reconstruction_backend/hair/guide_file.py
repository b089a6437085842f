"""Guides of a style as a small npz: 16-bit points and roots, no pickled objects."""

import io

import numpy as np

from reconstruction_backend.errors import EX_DATAERR, CameoError
from reconstruction_backend.hair.hairstyle import HairGuides
from reconstruction_backend.hair.npz import read_npz

BYTES_LIMIT = 32 << 20
"""Of the arrays together, before they are taken out of the file."""
_INT16, _UINT16 = np.iinfo(np.int16).max, np.iinfo(np.uint16).max
_KINDS = {"root_uv": np.uint16, "points": np.int16, "wisp": np.uint16, "step_m": np.float32}


class InvalidStyle(CameoError):
    """A file of the database of styles is damaged or missing."""

    code = "invalid_style"
    exit_code = EX_DATAERR


def encode_guides(guides: HairGuides) -> bytes:
    """Points in steps of the largest coordinate over 32767 (some 20 µm), roots of 1/65535."""
    step = np.float32(np.abs(guides.points_m).max() / _INT16)
    steps = np.rint(guides.points_m / step).astype(np.int16)
    # differences along each strand are small numbers, which deflate packs well
    steps[:, 1:] -= steps[:, :-1].copy()
    stream = io.BytesIO()
    np.savez_compressed(
        stream,
        root_uv=np.rint(guides.root_uv * _UINT16).astype(np.uint16),
        points=steps,
        wisp=guides.wisp.astype(np.uint16),
        step_m=step,
    )
    return stream.getvalue()


def decode_guides(data: bytes) -> HairGuides:
    """The guides within half a step. Raises InvalidStyle."""
    try:
        arrays = read_npz(data, _KINDS, BYTES_LIMIT)
    except ValueError as error:
        raise InvalidStyle(f"A style's file of guides {error}.") from error
    if len(arrays) < len(_KINDS) or not _sound(arrays):
        raise InvalidStyle("A style's guides are not those of a style.")
    steps = np.cumsum(arrays["points"], axis=1, dtype=np.int16)
    return HairGuides(
        arrays["root_uv"].astype(np.float32) / np.float32(_UINT16),
        steps.astype(np.float32) * arrays["step_m"],
        arrays["wisp"].astype(np.int32),
    )


def _sound(arrays: dict[str, np.ndarray]) -> bool:
    """Whether the arrays fit each other, and what a style is."""
    points = arrays["points"]
    return (
        all(arrays[name].dtype == kind for name, kind in _KINDS.items())
        and points.ndim == 3
        and len(points) > 0
        and points.shape[1] >= 2
        and points.shape[2] == 3
        and arrays["root_uv"].shape == (len(points), 2)
        and arrays["wisp"].shape == (len(points),)
        and arrays["step_m"].shape == ()
        and bool(np.isfinite(arrays["step_m"]))
    )
