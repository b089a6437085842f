"""What can be measured of a picture's hair without knowing what kind it is.

Outwards along rays from the head's centre: where hair ends, where the fitted skull ends, what lies
outermost. Its colours and texture beside the face's. How its orientations go together. How far down
it hangs. `evidence` draws the conclusions.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float, Float32

from reconstruction_backend.color import LUMINANCE
from reconstruction_backend.hair.photo.picture import HALF, PIXEL_M, HairPicture, pixels_of

CENTRE_M = (0.0, 0.03, 0.0)
"""Where rays begin, in the head frame: between the tops of the ears."""
BROW_M, NOSE_M = (0.0, 0.063, 0.098), (0.0, 0.0, 0.12)
EAR_M = (0.0, -0.015, 0.0)
"""On the mean head, at rest."""
RAYS, RAYS_TO_RAD, REACH_M = 71, 1.45, 0.26
"""Rays leave upwards and to both sides, as far as this from up."""
TOP_RAD, SIDE_RAD = 0.6, 1.0
"""The top of the head is within the first of up; its sides lie beyond the second."""
WELL_INSIDE = 0.9
FEWEST_PX = 150
"""Of hair, or of skin, to say something of its colours."""
CROWN_RAD, BARE_CROWN = 0.3, 0.35
"""A head is bare on top if of the rays within the first of up no more than the second end in hair:
parsing sees a thin rim of hair on shining scalps."""
_FACE_HALF_M = 0.055
_RIM_PX = 3
"""Left out along the mask's edge, where filters answer to the edge."""
_GREY_FLOOR, _LEVELS = 8.0, 255.0
_GRAIN_PX = (1.2, 3.0, 15.0)
"""Deviations of the Gaussians between which texture is measured, and for the brightness there."""
_REACHES_PX = (4.0, 16.0)
"""Deviations of the Gaussians within which orientations are compared."""
_LOW_QUANTILE = 0.02
_TINY = 1e-6

Plane = Float32[np.ndarray, "S S"]
Region = Bool[np.ndarray, "S S"]


@dataclass(frozen=True)
class Outline:
    """Along rays from the head's centre."""

    worn: float
    """Share of rays in which clothes lie outermost."""
    top_m: float
    """Mean thickness beyond the fitted skull at the top, whatever lies there; as much of it as the
    photo shows."""
    side_m: float
    """The same at the sides."""
    uneven_m: float
    """Deviation of the thickness."""
    band_m: float
    """Mean depth of the hair between where a ray meets it and the silhouette, at the top."""
    bun: "Bun | None"
    """What stands out of the outline like a bun or the root of a tail."""
    bare_from_m: float
    """Height in the head frame above which the head is bare where hair lies beside it, as a wreath
    does; infinite where hair lies at the top too, or nowhere."""


@dataclass(frozen=True)
class Bun:
    """A lump of hair on the outline."""

    angle_rad: float
    """Of its middle from up, positive to the right in the picture."""
    stands_m: float
    """How far it stands out of the outline about it."""
    width_m: float


@dataclass(frozen=True)
class Colours:
    """Of the hair beside the face."""

    above: float
    """Share of hair, of hair and skin, above the brows."""
    apart: float
    """How well brightness tells hair from the face: 0 not, 1 wholly."""
    grain: float
    """Texture of the hair at a few millimetres, as a share of its brightness."""


@dataclass(frozen=True)
class Flow:
    """How orientations go together."""

    confidence: float
    """Mean."""
    alike_near: float
    """1 where orientations agree within the smallest reach, 0 where they cancel out."""
    alike_far: float


@dataclass(frozen=True)
class Extent:
    """How far hair reaches."""

    area_m2: float
    below_ears: float
    """Share of hair that lies below the ears."""
    lowest_m: float
    """How far below the ears hair ends; negative above."""
    leaves_m: float
    """Width over which hair leaves the photo downwards."""


@dataclass(frozen=True)
class HairMeasures:
    """All of them."""

    outline: Outline
    colours: Colours
    flow: Flow
    extent: Extent


def hair_measures(picture: HairPicture) -> HairMeasures:
    """Measure a picture. What needs more hair or skin than it shows is zero."""
    inside = _well_inside(picture)
    return HairMeasures(
        _outline(picture), _colours(picture, inside), _flow(picture, inside), _extent(picture)
    )


def _outline(picture: HairPicture) -> Outline:
    angle, x, y = _rays(picture)
    side = len(picture.hair)
    within = (x >= 0) & (y >= 0) & (x < side) & (y < side)
    x, y = x.clip(0, side - 1), y.clip(0, side - 1)
    seen = picture.seen[y, x] & within
    hair = np.where(seen, picture.hair[y, x], 0)
    clothes = np.where(seen, picture.clothes[y, x], 0)
    person = hair + clothes + np.where(seen, picture.skin[y, x], 0) > HALF
    last = _last(person)
    beyond = np.minimum(last + 1, x.shape[1] - 1)
    closed = person.any(axis=1) & np.take_along_axis(seen, beyond[:, None], axis=1)[:, 0]
    skull = _last(np.isfinite(picture.skin_depth_m[y, x]) & within)
    rim = _near(last, x.shape[1])
    hairy = closed & ((hair * rim).sum(axis=1) > ((1 - hair) * rim).sum(axis=1))
    worn = closed & ((clothes * rim).sum(axis=1) > ((1 - clothes) * rim).sum(axis=1))
    thick = (last - skull) * PIXEL_M
    weight, there = closed.astype(np.float64), person.any(axis=1).astype(np.float64)
    top, sides = there * (np.abs(angle) < TOP_RAD), there * (np.abs(angle) > SIDE_RAD)
    mean = _mean(thick, weight)
    return Outline(
        worn=_mean(worn, weight),
        top_m=_mean(thick, top),
        side_m=_mean(thick, sides),
        uneven_m=math.sqrt(_mean((thick - mean) ** 2, weight)),
        band_m=_mean((hair > HALF).sum(axis=1) * PIXEL_M, top),
        bun=_bun(angle, last * PIXEL_M, thick, closed),
        bare_from_m=_bare_from(angle, last * PIXEL_M, closed, hairy),
    )


def _bun(
    angle: Float[np.ndarray, "R"],
    radius_m: Float[np.ndarray, "R"],
    thick_m: Float[np.ndarray, "R"],
    closed: Bool[np.ndarray, "R"],
) -> Bun | None:
    """A run of rays that stand out, as narrow as a bun; what the photo cuts off might go on."""
    excess = thick_m - np.quantile(thick_m, _USUAL_QUANTILE)
    out = (excess > BUN_STANDS_M) | ~closed
    ends = np.flatnonzero(np.diff(np.concatenate([[False], out, [False]]).astype(np.int8)))
    for first, end in ends.reshape(-1, 2):
        run = slice(first, end)
        width = float(radius_m[run].mean() * (end - first) * (angle[1] - angle[0]))
        inner = first > 0 and end < len(angle)
        if inner and closed[run].all() and BUN_WIDTH_M[0] < width < BUN_WIDTH_M[1]:
            return Bun(float(angle[run].mean()), float(excess[run].max()), width)
    return None


_USUAL_QUANTILE = 0.4
BUN_STANDS_M, BUN_WIDTH_M = 0.026, (0.02, 0.11)


def _bare_from(
    angle: Float[np.ndarray, "R"],
    radius_m: Float[np.ndarray, "R"],
    closed: Bool[np.ndarray, "R"],
    hairy: Bool[np.ndarray, "R"],
) -> float:
    """Where hair ends going up both sides. A top that the photo cuts off is not seen bare."""
    crown = np.abs(angle) < CROWN_RAD
    if not closed[crown].all() or hairy[crown].mean() > BARE_CROWN or not hairy.any():
        return math.inf
    height = radius_m * np.cos(angle)
    half = len(angle) // 2
    sides = [rays for rays in (slice(half), slice(None, half, -1)) if hairy[rays].any()]
    ends = [_first_run_ends(hairy[rays], height[rays]) for rays in sides]
    if not ends:
        return math.inf
    return CENTRE_M[1] + max(ends)


def _first_run_ends(hairy: Bool[np.ndarray, "R"], height_m: Float[np.ndarray, "R"]) -> float:
    """Height at which the lowest hair of a side ends. Wisps above it are not the wreath's."""
    first = int(np.argmax(hairy))
    gap = hairy[first:] | np.append(hairy[first + 1 :], False)
    length = len(gap) if gap.all() else int(np.argmin(gap))
    return float(height_m[first : first + length].max())


def _rays(
    picture: HairPicture,
) -> tuple[Float[np.ndarray, "R"], np.ndarray, np.ndarray]:
    """Angles from up, and columns and rows of the samples."""
    centre = pixels_of(picture, np.array([CENTRE_M]))[0][0]
    angle = np.linspace(-RAYS_TO_RAD, RAYS_TO_RAD, RAYS)
    way = np.arange(0, REACH_M / PIXEL_M)
    x = np.rint(centre[0] + way * np.sin(angle)[:, None]).astype(int)
    y = np.rint(centre[1] - way * np.cos(angle)[:, None]).astype(int)
    return angle, x, y


def _last(there: Bool[np.ndarray, "R W"]) -> np.ndarray:
    return np.where(there.any(axis=1), there.shape[1] - 1 - there[:, ::-1].argmax(axis=1), 0)


def _near(last: np.ndarray, width: int) -> Bool[np.ndarray, "R W"]:
    """The last pixels of every ray."""
    way = np.arange(width)
    return (way <= last[:, None]) & (way > last[:, None] - _NEAR_PX)


_NEAR_PX = 6


def _mean(values: np.ndarray, weight: np.ndarray) -> float:
    total = float(weight.sum())
    return float((values * weight).sum() / total) if total > 0 else 0.0


def _colours(picture: HairPicture, inside: Region) -> Colours:
    _, brow = _place(picture, BROW_M)
    above = np.zeros(picture.hair.shape, np.bool_)
    above[: max(brow, 0)] = True
    hair, skin = float(picture.hair[above].sum()), float(picture.skin[above].sum())
    share = hair / max(hair + skin, 1)
    strands, face = (picture.hair > WELL_INSIDE) & picture.seen & above, _face(picture)
    if strands.sum() < FEWEST_PX or face.sum() < FEWEST_PX:
        return Colours(share, 0.0, _grain(picture, inside))
    bright = [picture.image[each] @ LUMINANCE / _LEVELS for each in (strands, face)]
    return Colours(share, _apart(*bright), _grain(picture, inside))


def _face(picture: HairPicture) -> Region:
    """Skin between nose and forehead; no beard."""
    column, brow = _place(picture, BROW_M)
    _, nose = _place(picture, NOSE_M)
    wide, high = round(_FACE_HALF_M / PIXEL_M), round(_FOREHEAD_M / PIXEL_M)
    face = np.zeros(picture.hair.shape, np.bool_)
    face[max(brow - high, 0) : max(nose, 0), max(column - wide, 0) : max(column + wide, 0)] = True
    return face & (picture.skin > WELL_INSIDE) & picture.seen & np.isfinite(picture.skin_depth_m)


_FOREHEAD_M = 0.02


def _apart(one: Float[np.ndarray, "N"], other: Float[np.ndarray, "M"]) -> float:
    """Largest difference of the two cumulative distributions (Kolmogorov and Smirnov)."""
    edges = np.linspace(0, 1, 129)
    counts = [np.histogram(each, edges)[0].cumsum() / len(each) for each in (one, other)]
    return float(np.abs(counts[0] - counts[1]).max())


def _place(picture: HairPicture, point_m: tuple[float, float, float]) -> tuple[int, int]:
    """Column and row of a point of the mean head."""
    x, y = pixels_of(picture, np.array([point_m]))[0][0]
    return round(float(x)), round(float(y))


def _well_inside(picture: HairPicture) -> Region:
    well = (picture.hair > WELL_INSIDE) & picture.seen
    size = 2 * _RIM_PX + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    inner = cv2.erode(well.astype(np.uint8), kernel) > 0
    return inner if inner.sum() >= FEWEST_PX else well


def _grain(picture: HairPicture, inside: Region) -> float:
    if inside.sum() < FEWEST_PX:
        return 0.0
    box = _box(inside)
    weight = (picture.hair * picture.seen)[box]
    grey = picture.image[box].astype(np.float32) @ LUMINANCE.astype(np.float32)
    planes = np.dstack([grey * weight, weight])
    at = inside[box]
    sharp, soft, local = (_share(_blurred(planes, each))[at] for each in _GRAIN_PX)
    return float(np.sqrt(np.mean(((sharp - soft) / (local + _GREY_FLOOR)) ** 2)))


def _box(inside: Region) -> tuple[slice, slice]:
    """About the region, with room for the filters."""
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    low, left = max(int(rows[0]) - _ROOM_PX, 0), max(int(columns[0]) - _ROOM_PX, 0)
    return slice(low, int(rows[-1]) + _ROOM_PX), slice(left, int(columns[-1]) + _ROOM_PX)


_ROOM_PX = 12


def _blurred(planes: Float32[np.ndarray, "h w c"], deviation_px: float) -> np.ndarray:
    """Gaussian; wide ones on a smaller picture, where they cost little."""
    shrink = max(1, int(deviation_px / _FINE_ENOUGH_PX))
    height, width = planes.shape[:2]
    if shrink > 1:
        size = (max(1, width // shrink), max(1, height // shrink))
        planes = np.asarray(cv2.resize(planes, size, interpolation=cv2.INTER_AREA), np.float32)
    blurred = cv2.GaussianBlur(planes, (0, 0), deviation_px / shrink)
    if shrink > 1:
        blurred = cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(blurred, np.float32)


_FINE_ENOUGH_PX = 1.9
"""Deviation at which a Gaussian still has enough samples."""


def _share(planes: Float32[np.ndarray, "h w 2"]) -> Float32[np.ndarray, "h w"]:
    return planes[:, :, 0] / np.maximum(planes[:, :, 1], _TINY)


def _flow(picture: HairPicture, inside: Region) -> Flow:
    if inside.sum() < FEWEST_PX:
        return Flow(0.0, 0.0, 0.0)
    box = _box(inside)
    at = inside[box]
    angle = picture.orientation.angle_rad[box]
    sure = np.where(at, picture.orientation.confidence[box], 0)
    doubled = np.dstack([sure * np.cos(2 * angle), sure * np.sin(2 * angle), sure])
    alike = [_alike(_blurred(doubled, each)[at]) for each in _REACHES_PX]
    return Flow(float(sure[at].mean()), *alike)


def _alike(mean: Float32[np.ndarray, "N 3"]) -> float:
    """Length of mean vectors as a share of the longest they can be."""
    return float(np.hypot(mean[:, 0], mean[:, 1]).sum() / max(float(mean[:, 2].sum()), _TINY))


def _extent(picture: HairPicture) -> Extent:
    hair = (picture.hair > HALF) & picture.seen
    _, ear = _place(picture, EAR_M)
    rows = hair.sum(axis=1)
    total = float(rows.sum())
    if total == 0:
        return Extent(0.0, 0.0, 0.0, 0.0)
    below = np.cumsum(rows[::-1])[::-1] / total
    lowest = int(np.flatnonzero(below > _LOW_QUANTILE)[-1])
    leaves = hair[:-1] & ~picture.seen[1:]
    leaves[: max(ear, 0)] = False
    return Extent(
        area_m2=total * PIXEL_M**2,
        below_ears=float(below[np.clip(ear, 0, len(below) - 1)]),
        lowest_m=(lowest - ear) * PIXEL_M,
        leaves_m=float(leaves.sum()) * PIXEL_M,
    )
