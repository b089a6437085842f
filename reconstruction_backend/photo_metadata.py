"""What a photo's EXIF says that matters here: which way is up, and how long the lens is.

EXIF is written by hundreds of programs and kept through crops by many, so nothing here raises:
what is malformed or implausible counts as absent.
Tags: CIPA DC-008 (Exif 2.32), section 4.6.
"""

import math
import struct

from PIL import ExifTags, Image

FULL_FRAME_DIAGONAL_MM = math.hypot(36.0, 24.0)
PLAUSIBLE_35MM_FOCAL_LENGTHS = (14.0, 400.0)
"""Millimetres; outside, the tag or the crop is wrong."""
CAMERA_ASPECTS = (4 / 3, 3 / 2, 16 / 9)
"""Long side over short. A photo of another shape was cropped, and its EXIF no longer fits."""
ASPECT_TOLERANCE = 0.015
UPRIGHT = 1
MILLIMETRES_PER_PLANE_UNIT = {2: 25.4, 3: 10.0, 4: 1.0, 5: 0.001}
"""FocalPlaneResolutionUnit: inch, centimetre, millimetre, micrometre."""
_MALFORMED = (OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, struct.error)
"""What Pillow raises on EXIF that is no EXIF."""


def orientation(photo: Image.Image) -> int:
    """EXIF orientation 1 to 8; 1 where it is absent or nonsense."""
    value = _exif(photo).get(ExifTags.Base.Orientation, UPRIGHT)
    return value if isinstance(value, int) and 1 <= value <= 8 else UPRIGHT


def focal_length_px(photo: Image.Image) -> float | None:
    """The lens' focal length in pixels of this photo, or None where EXIF does not say it credibly.

    Turning the photo upright does not change it: pixels are square. A photo that was scaled is
    handled; one that was cropped is recognised by its shape, unless it was cropped to the same one.
    """
    width, height = photo.size
    long_side, short_side = max(width, height), min(width, height)
    if not any(
        math.isclose(long_side / short_side, aspect, rel_tol=ASPECT_TOLERANCE)
        for aspect in CAMERA_ASPECTS
    ):
        return None
    try:
        details = _exif(photo).get_ifd(ExifTags.IFD.Exif)
    except _MALFORMED:
        return None
    if not _shape_as_taken(details, width, height):
        return None
    diagonal_px = math.hypot(width, height)
    for focal_px in (_from_35mm(details, diagonal_px), _from_sensor(details, width)):
        if focal_px is None:
            continue
        equivalent_mm = focal_px / diagonal_px * FULL_FRAME_DIAGONAL_MM
        if PLAUSIBLE_35MM_FOCAL_LENGTHS[0] <= equivalent_mm <= PLAUSIBLE_35MM_FOCAL_LENGTHS[1]:
            return focal_px
    return None


def _exif(photo: Image.Image) -> Image.Exif:
    try:
        return photo.getexif()
    except _MALFORMED:
        return Image.Exif()


def _shape_as_taken(details: dict[int, object], width: int, height: int) -> bool:
    """Whether the photo still has the aspect that the camera recorded, scaled or not."""
    taken_width = _positive(details.get(ExifTags.Base.ExifImageWidth))
    taken_height = _positive(details.get(ExifTags.Base.ExifImageHeight))
    if taken_width is None or taken_height is None:
        return True
    taken = taken_width / taken_height
    return any(
        math.isclose(taken, aspect, rel_tol=ASPECT_TOLERANCE)
        for aspect in (width / height, height / width)  # some programs turn the pixels, not the tag
    )


def _from_35mm(details: dict[int, object], diagonal_px: float) -> float | None:
    equivalent_mm = _positive(details.get(ExifTags.Base.FocalLengthIn35mmFilm))
    if equivalent_mm is None:
        return None
    return equivalent_mm * diagonal_px / FULL_FRAME_DIAGONAL_MM


def _from_sensor(details: dict[int, object], width: int) -> float | None:
    focal_mm = _positive(details.get(ExifTags.Base.FocalLength))
    resolution = _positive(details.get(ExifTags.Base.FocalPlaneXResolution))
    taken_width = _positive(details.get(ExifTags.Base.ExifImageWidth))
    unit = _positive(details.get(ExifTags.Base.FocalPlaneResolutionUnit, 2))
    unit_mm = MILLIMETRES_PER_PLANE_UNIT.get(int(unit)) if unit else None
    if focal_mm is None or resolution is None or taken_width is None or unit_mm is None:
        return None
    return focal_mm * resolution / unit_mm * width / taken_width


def _positive(value: object) -> float | None:
    """A finite number above zero, or None."""
    try:
        number = float(value)  # pyright: ignore[reportArgumentType]
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if math.isfinite(number) and number > 0 else None
