"""The colour of hair from a photo: the light divided out, highlights and shade left aside.

    hair's pixels ─▶ over the light that falls there ─▶ middle of what is lit ─▶ base colour
                                                    │                             │ pigments, grey
                                                    └▶ where strands are seen: ───┴▶ HairColour
                                                       roots, tips, streaks

The light is that of the texture stage, so hair is balanced as the skin beside it is.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from jaxtyping import Bool, Float, Float32, Int64
from scipy.ndimage import gaussian_filter

from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.color import LUMINANCE, linear_from_srgb
from reconstruction_backend.hair.colour import HairColour
from reconstruction_backend.hair.melanin import fit_pigments
from reconstruction_backend.hair.strands import HairStrands
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.parsing.result import Parsing
from reconstruction_backend.portrait import Portrait
from reconstruction_backend.texture.result import DARKEST_IRRADIANCE, SphericalHarmonicsLight

_SIDE_PX = 320
"""Longest side of the hair's box at which colours are taken: finer is single strands."""
_SURELY_HAIR = 0.9
_FEWEST_PIXELS = 60
_CLIPPED = 0.97
_LIT_BAND = (0.35, 0.9)
"""Quantiles of brightness between which hair is neither in shade nor a highlight."""
_AROUND_PX = 9.0
_SHELL = 1.15
"""Radius of hair over that of the scalp."""
_LIT_SHARE = 1.12
"""Brightness of lit hair as it is drawn in a photo's light, over its strands' colour: highlights
make up for the shade. Measured on drawn hair; deviation 17 % between heads, styles and lights."""
_SATURATION = 1.1
"""Exponent: light passes through several strands and gains colour. From the same drawings."""
_LIGHTEST, _DARKEST = 0.62, 0.004
"""No hair is lighter or darker; where the photo says so, its light is misjudged."""

_SHADE_DEVIATION, _SPREAD_PER_DEVIATION = 0.19, 1.6
"""Unevenness of drawn hair whose strands are all alike; what strands must differ by for more."""
_SPREADS = (0.08, 0.5)

_CELLS, _KNOTS = 10, 6
_SMOOTH_CELLS, _SMOOTH_KNOTS = 1.2, 0.8
_SURE_PIXELS = 4.0
"""Seen per cell for it to count half."""
_MOST_LOG = 1.2
_BRIGHTNESS_KEPT = 0.8
"""Of brightness along and across the hair; the rest is taken for light and shade."""
_BEHIND_M = 0.012
"""Strand points further behind the nearest are hidden."""
_CELL_PX = 2


@dataclass(frozen=True)
class _SeenHair:
    """The pixels that surely show hair, on a reduced photo."""

    camera: PerspectiveCamera
    row: Int64[np.ndarray, "M"]
    column: Int64[np.ndarray, "M"]
    reflected: Float32[np.ndarray, "M 3"]
    """Linear RGB over the light."""
    lit: Bool[np.ndarray, "M"]
    """Neither shade nor highlight, of all hair."""
    lit_here: Bool[np.ndarray, "M"]
    """Likewise of the hair around: dark roots are no shade."""
    deviation: float
    """Of brightness from that of the hair around (natural logarithm)."""


def colour_from_photo(
    portrait: Portrait,
    parsing: Parsing,
    light: SphericalHarmonicsLight,
    camera: PerspectiveCamera,
    model: HeadModel,
    vertices_m: Float[np.ndarray, "V 3"],
    strands: HairStrands | None = None,
) -> HairColour | None:
    """What colours the hair in a portrait; None where too little hair is to be seen.

    `vertices_m` is the head as the camera sees it. With `strands` on that head, what the photo
    shows along and across them is kept too: roots, tips, highlights, streaks.
    """
    seen = _seen_hair(portrait, parsing, light, camera, model, vertices_m)
    if seen is None:
        return None
    middle = np.exp(np.median(np.log(seen.reflected[seen.lit]), axis=0))
    fit = fit_pigments(_strand_colour(middle))
    measured = None if strands is None else _measured(seen, middle, strands)
    plain = HairColour(fit.melanin, fit.tint, fit.grey, spread=_spread(seen))
    if measured is None:
        return plain
    # what was measured says how roots and tips differ; nothing is to be added to that
    return replace(plain, root_darkening=0.0, tip_lightening=0.0, measured=measured)


def _strand_colour(seen: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3"]:
    """What strands must be coloured for their hair to be seen like this; linear RGB."""
    grey = float(seen @ LUMINANCE)
    paler = grey * (seen / grey) ** (1 / _SATURATION)
    strand = paler / _LIT_SHARE
    return np.maximum(strand * min(1.0, _LIGHTEST / float(strand.max())), _DARKEST)


def _spread(seen: _SeenHair) -> float:
    """How much strands differ so that, with the shade among them, hair is as uneven as here."""
    own = np.sqrt(max(seen.deviation**2 - _SHADE_DEVIATION**2, 0))
    return float(np.clip(own * _SPREAD_PER_DEVIATION, *_SPREADS))


def _deviation(here: Float[np.ndarray, "M"]) -> float:
    return float(np.log(np.maximum(here, 1e-3)).std())


def _seen_hair(
    portrait: Portrait,
    parsing: Parsing,
    light: SphericalHarmonicsLight,
    camera: PerspectiveCamera,
    model: HeadModel,
    vertices_m: Float[np.ndarray, "V 3"],
) -> _SeenHair | None:
    hair = parsing.hair
    rows, columns = np.nonzero(hair > _SURELY_HAIR)
    if len(rows) < _FEWEST_PIXELS:
        return None
    extent = max(np.ptp(rows), np.ptp(columns)) + 1
    scale = min(1.0, _SIDE_PX / float(extent))
    size = (max(round(portrait.width_px * scale), 1), max(round(portrait.height_px * scale), 1))
    linear = cv2.resize(linear_from_srgb(portrait.image), size, interpolation=cv2.INTER_AREA)
    surely = cv2.resize(hair, size, interpolation=cv2.INTER_AREA) > _SURELY_HAIR
    surely = cv2.erode(surely.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    surely &= np.asarray(linear).max(axis=2) < _CLIPPED
    row, column = np.nonzero(surely)
    if len(row) < _FEWEST_PIXELS:
        return None
    small = camera.resized(*size)
    normals = _shell_normals(small, row, column, model, vertices_m)
    arriving = np.maximum(light.irradiance(normals), DARKEST_IRRADIANCE)
    reflected = np.maximum(np.asarray(linear)[row, column] / arriving, 1e-4).astype(np.float32)
    brightness = reflected @ LUMINANCE
    around = np.zeros((size[1], size[0], 2), np.float32)
    around[row, column] = np.stack([brightness, np.ones_like(brightness)], axis=1)
    around = np.asarray(cv2.GaussianBlur(around, (0, 0), _AROUND_PX))[row, column]
    here = brightness * around[:, 1] / np.maximum(around[:, 0], 1e-6)
    return _SeenHair(
        small, row, column, reflected, _middle_of(brightness), _middle_of(here), _deviation(here)
    )


def _middle_of(brightness: Float[np.ndarray, "M"]) -> Bool[np.ndarray, "M"]:
    low, high = np.quantile(brightness, _LIT_BAND)
    return (brightness >= low) & (brightness <= high)


def _shell_normals(
    camera: PerspectiveCamera,
    row: Int64[np.ndarray, "M"],
    column: Int64[np.ndarray, "M"],
    model: HeadModel,
    vertices_m: Float[np.ndarray, "V 3"],
) -> Float32[np.ndarray, "M 3"]:
    """Of a ball about the scalp, drawn out downwards as hair falls; unit, head frame."""
    scalp = vertices_m[np.isfinite(model.scalp_uv).all(axis=1)]
    centre = (scalp.min(axis=0) + scalp.max(axis=0)) / 2
    radius = _SHELL * float(np.linalg.norm(scalp - centre, axis=1).mean())
    rays = camera.ray_directions(np.stack([column, row], axis=1).astype(np.float64))
    origin = camera.position_m()
    nearest = origin + rays * (rays @ (centre - origin))[:, None]
    axis = np.repeat(centre[None].astype(np.float64), len(rays), axis=0)
    axis[:, 1] = np.minimum(axis[:, 1], nearest[:, 1])
    offset = nearest - axis
    beside = np.linalg.norm(offset, axis=1, keepdims=True)
    towards = np.sqrt(np.maximum(radius**2 - beside**2, 0))
    normal = offset - rays * towards
    return (normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)).astype(
        np.float32
    )


def _measured(
    seen: _SeenHair, middle: Float[np.ndarray, "3"], strands: HairStrands
) -> Float32[np.ndarray, "V U K 3"] | None:
    """How colours differ from the middle over the scalp and along strands, where they are seen."""
    height, width = seen.camera.height_px, seen.camera.width_px
    values = np.full((height, width, 3), np.nan, np.float32)
    lit = seen.lit_here
    values[seen.row[lit], seen.column[lit]] = np.log(seen.reflected[lit] / middle)
    strand, place, row, column = _front_points(seen.camera, strands)
    difference = values[row, column]
    known = np.isfinite(difference[:, 0]) & np.isfinite(strands.root_uv[strand]).all(axis=1)
    if known.sum() < _FEWEST_PIXELS:
        return None
    uv, difference = np.clip(strands.root_uv[strand[known]], 0, 1), difference[known]
    cell = np.rint(uv * (_CELLS - 1)).astype(int)
    knot = np.rint(place[known] * (_KNOTS - 1)).astype(int)
    total = np.zeros((_CELLS, _CELLS, _KNOTS, 4))
    np.add.at(total, (cell[:, 1], cell[:, 0], knot), np.insert(difference, 3, 1, axis=1))
    along = _smoothed(total.sum(axis=(0, 1)), (_SMOOTH_KNOTS,))
    own = total.copy()
    own[..., :3] -= total[..., 3:] * along
    across = _smoothed(own, (_SMOOTH_CELLS, _SMOOTH_CELLS, _SMOOTH_KNOTS))
    field = along + across
    grey = field @ LUMINANCE
    field -= (1 - _BRIGHTNESS_KEPT) * grey[..., None]
    return np.clip(field, -_MOST_LOG, _MOST_LOG).astype(np.float32)


def _smoothed(total: Float[np.ndarray, "*n 4"], sigma: tuple[float, ...]) -> np.ndarray:
    """Means of summed values (their count last), drawn to zero where little was seen."""
    soft = gaussian_filter(total, (*sigma, 0), mode="nearest")
    return soft[..., :3] / (soft[..., 3:] + _SURE_PIXELS)


def _front_points(
    camera: PerspectiveCamera, strands: HairStrands
) -> tuple[
    Int64[np.ndarray, "F"], Float[np.ndarray, "F"], Int64[np.ndarray, "F"], Int64[np.ndarray, "F"]
]:
    """Points of strands that nothing hides: strand, place along it (0 to 1), row, column."""
    points = strands.points_per_strand
    placed = camera.camera_points(strands.points_m.reshape(-1, 3))
    pixel = camera.project(strands.points_m.reshape(-1, 3))
    column, row = np.rint(pixel).astype(np.int64).T
    inside = (row >= 0) & (row < camera.height_px) & (column >= 0) & (column < camera.width_px)
    inside &= placed[:, 2] > 0
    index = np.flatnonzero(inside)
    across = camera.width_px // _CELL_PX + 1
    cell = row[index] // _CELL_PX * across + column[index] // _CELL_PX
    nearest = np.full((camera.height_px // _CELL_PX + 1) * across, np.inf)
    np.minimum.at(nearest, cell, placed[index, 2])
    front = index[placed[index, 2] < nearest[cell] + _BEHIND_M]
    return front // points, front % points / (points - 1), row[front], column[front]
