"""The colour of hair from a photo: the light divided out, highlights and shade left aside.

    hair's pixels ─▶ over the light that falls there ─▶ middle of what is lit ─▶ base colour
                                                    │                             │ pigments, grey
                                                    └▶ where strands are seen: ───┴▶ HairColour
                                                       roots, tips, streaks

The light is that of the texture stage, so hair is balanced as the skin beside it is. A cast that
it leaves is not the hair's: a colour near natural hair's is taken for natural, one far from it for
dye. Differences within natural hair are more or less of its pigment; those between left and right
are the light's.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from jaxtyping import Bool, Float, Float32, Int64
from scipy.ndimage import gaussian_filter

from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.color import LUMINANCE, linear_from_srgb
from reconstruction_backend.hair.colour import HairColour
from reconstruction_backend.hair.light import light_on_hair
from reconstruction_backend.hair.melanin import Melanin, PigmentFit, fit_pigments
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
_LIT_BAND, _DARK_BAND = (0.35, 0.9), (0.33, 0.82)
"""Quantiles of brightness between which hair is neither in shade nor a highlight; of dark hair,
whose bright half shines."""
_DARK, _LIGHT = 0.025, 0.15
"""Luminance up to which, and from which, each holds."""
_HERE_BAND = (0.15, 0.95)
"""Likewise of brightness over that of the hair around: only gaps and glints are left aside."""
_AROUND_PX = 9.0
_SHELL = 1.15
"""Radius of hair over that of the scalp."""
_LIT_SHARE = 0.88
"""Brightness of lit hair as it is drawn in a photo's light, over its strands' colour: highlights
make up for the shade. Measured on drawn hair; deviation 17 % between heads, styles and lights."""
_SHEEN_SEEN = 0.005
"""What surfaces mirror, added to that. From the same drawings."""
_LEAST_BARE = 0.3
"""Of dark hair's brightness that is its own at the least."""
_SATURATION = 1.2
"""Exponent: light passes through several strands and gains colour. From the same drawings."""
_LIGHTEST, _DARKEST = 0.62, 0.004
"""No hair is lighter or darker; where the photo says so, its light is misjudged."""

_MOST_VEIL = 0.4
"""Share of dark hair's brightness that is mirrored light where it shows no hue of its own."""
_LEAST_GREY = 0.07
"""Luminance from which hair may have white strands; darker, it is black and shines."""
_NATURAL, _DYED = 8.0, 18.0
"""Distance in a*, b* of CIE Lab from natural hair: up to which it is the light's cast, and from
which the hair's own."""
_REDDISH, _RED = 10.0, 18.0
"""Value of a* up to which red may be a cast, and from which it is red hair."""
_NATURAL_CAST = np.array([1.07, 0.97, 0.97])
"""Natural hair over what the published absorptions of its pigments give: they are greenish."""
_CAST_KEPT = 0.35
"""Share of a cast that is kept: natural hair varies more than two pigments do."""

_SHADE_DEVIATION, _SPREAD_PER_DEVIATION = 0.25, 1.5
"""Unevenness of drawn hair whose strands are all alike; what strands must differ by for more."""
_SPREADS = (0.08, 0.5)

_CELLS, _KNOTS = 16, 8
_SMOOTH_CELLS, _SMOOTH_KNOTS = 1.0, 0.5
_SURE_PIXELS = 2.0
"""Seen per cell for it to count half."""
_MOST_DARKER, _MOST_LIGHTER = 1.1, 0.8
"""Natural logarithms."""
_BRIGHTNESS_KEPT = 0.85
"""Of brightness along and across the hair; the rest is taken for light and shade."""
_MOST_ASIDE = 0.4
"""Of the logarithm of brightness, between hair that looks to a side and hair that looks ahead:
what the light's harmonics may miss."""
_GREEN = np.array([-1, 2, -1]) / np.sqrt(6)
_HUE_KEPT = 0.85
"""Of differences in hue within the hair: a cast of the light would be everywhere."""
_MORE_PIGMENT = 1.25
"""Factor by which natural hair's colours are compared."""
_LEAST_CHROMA, _LEAST_SHARE = 0.5, 0.05
_LEAST_CHANGE = 0.02
"""White hair has no pigment to vary."""
_BEHIND_M = 0.008
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
    aside: Float32[np.ndarray, "M"]
    """How far the hair's surface looks to the subject's left, -1 to 1."""


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
    fit = _believed(_strand_colour(middle))
    measured = None
    if strands is not None:
        measured = _measured(seen, middle, _pigment_direction(fit.melanin), strands)
    plain = HairColour(fit.melanin, fit.tint, fit.grey, spread=_spread(seen))
    if measured is None:
        return plain
    # what was measured says how roots and tips differ; nothing is to be added to that
    return replace(plain, root_darkening=0.0, tip_lightening=0.0, measured=measured)


def _strand_colour(seen: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3"]:
    """What strands must be coloured for their hair to be seen like this; linear RGB."""
    bare = np.maximum(seen - _SHEEN_SEEN, _LEAST_BARE * seen)
    grey = float(bare @ LUMINANCE)
    strand = grey * (bare / grey) ** (1 / _SATURATION) / _LIT_SHARE
    return np.maximum(strand * min(1.0, _LIGHTEST / float(strand.max())), _DARKEST)


def _believed(strand: Float[np.ndarray, "3"]) -> PigmentFit:
    """Pigments of a colour less the light's cast, unless the hair is dyed.

    Dark hair that is less saturated than its pigments has a veil of mirrored light over it.
    """
    dark = float(strand @ LUMINANCE) < _LEAST_GREY
    saturation = _saturation(strand, fit_pigments(strand, with_grey=False)) if dark else 1.0
    bare = strand * (1 - _MOST_VEIL * (1 - saturation))
    fit = fit_pigments(bare, with_grey=not dark)
    natural = _natural(bare, fit, dark=dark)
    off = float(np.linalg.norm((_lab(bare) - _lab(natural))[1:]))
    red = float(np.clip((_lab(bare)[1] - _REDDISH) / (_RED - _REDDISH), 0, 1))
    share = max(float(np.clip((off - _NATURAL) / (_DYED - _NATURAL), 0, 1)), red)
    dyed = share * share * (3 - 2 * share)
    kept = _CAST_KEPT + (1 - _CAST_KEPT) * dyed
    tint = fit.tint * (natural / bare) ** (1 - kept)
    return replace(fit, tint=(float(tint[0]), float(tint[1]), float(tint[2])))


def _saturation(colour: Float[np.ndarray, "3"], fit: PigmentFit) -> float:
    """How much of its pigments' hue a colour has, 0 to 1."""
    hue = _lab(colour / fit.tint)[1:]
    chroma = max(float(np.linalg.norm(hue)), _LEAST_CHROMA)
    return float(np.clip(_lab(colour)[1:] @ hue / chroma**2, 0, 1))


def _natural(
    colour: Float[np.ndarray, "3"], fit: PigmentFit, *, dark: bool
) -> Float[np.ndarray, "3"]:
    """As bright as a colour, in the hue of the pigments that come nearest to it.

    As saturated as the colour where that is more: blonds and reds are, of these pigments. Dark hair
    is as saturated as it looks.
    """
    natural = colour / fit.tint * _NATURAL_CAST ** (1 - fit.grey)
    natural = natural * float(colour @ LUMINANCE) / float(natural @ LUMINANCE)
    lab, own = _lab(natural), _lab(colour)[1:]
    chroma = max(float(np.linalg.norm(lab[1:])), _LEAST_CHROMA)
    hue = lab[1:] / chroma
    lab[1:] = hue * max(float(own @ hue), 0.0 if dark else chroma)
    saturated = np.asarray(cv2.cvtColor(lab[None, None], cv2.COLOR_Lab2LRGB))[0, 0]
    return np.maximum(saturated, _LEAST_SHARE * colour)


def _lab(linear: Float[np.ndarray, "3"]) -> Float32[np.ndarray, "3"]:
    pixel = linear.astype(np.float32)[None, None]
    return np.asarray(cv2.cvtColor(pixel, cv2.COLOR_LRGB2Lab))[0, 0]


def _pigment_direction(melanin: Melanin) -> Float[np.ndarray, "3"]:
    """How the logarithms of linear RGB change with pigment, where their mean changes by one."""
    less, more = melanin.linear(np.array([1 / _MORE_PIGMENT, _MORE_PIGMENT]))
    change = np.log(less / more)
    if float(change @ LUMINANCE) < _LEAST_CHANGE:
        return np.ones(3)
    return change / float(change @ LUMINANCE)


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
    arriving = np.maximum(light_on_hair(light).irradiance(normals), DARKEST_IRRADIANCE)
    reflected = np.maximum(np.asarray(linear)[row, column] / arriving, 1e-4).astype(np.float32)
    brightness = reflected @ LUMINANCE
    around = np.zeros((size[1], size[0], 2), np.float32)
    around[row, column] = np.stack([brightness, np.ones_like(brightness)], axis=1)
    around = np.asarray(cv2.GaussianBlur(around, (0, 0), _AROUND_PX))[row, column]
    here = brightness * around[:, 1] / np.maximum(around[:, 0], 1e-6)
    band = _band(float(np.median(brightness)))
    return _SeenHair(
        small,
        row,
        column,
        reflected,
        _middle_of(brightness, band),
        _middle_of(here, _HERE_BAND),
        _deviation(here),
        normals[:, 0],
    )


def _band(luminance: float) -> tuple[float, float]:
    """Quantiles of brightness for hair as light as this."""
    lightness = np.log(np.array([max(luminance, 1e-4) / _DARK, _LIGHT / _DARK]))
    share = float(np.clip(lightness[0] / lightness[1], 0, 1))
    low, high = (d + share * (b - d) for d, b in zip(_DARK_BAND, _LIT_BAND, strict=True))
    return low, high


def _middle_of(
    brightness: Float[np.ndarray, "M"], band: tuple[float, float]
) -> Bool[np.ndarray, "M"]:
    low, high = np.quantile(brightness, band)
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
    seen: _SeenHair,
    middle: Float[np.ndarray, "3"],
    pigment: Float[np.ndarray, "3"],
    strands: HairStrands,
) -> Float32[np.ndarray, "V U K 3"] | None:
    """How colours differ from the middle over the scalp and along strands, where they are seen."""
    height, width = seen.camera.height_px, seen.camera.width_px
    values = np.full((height, width, 3), np.nan, np.float32)
    lit = seen.lit_here
    values[seen.row[lit], seen.column[lit]] = _own_differences(seen, middle, pigment)
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
    field = _BRIGHTNESS_KEPT * (along + across)
    return np.clip(field, -_MOST_DARKER, _MOST_LIGHTER).astype(np.float32)


def _own_differences(
    seen: _SeenHair,
    middle: Float[np.ndarray, "3"],
    pigment: Float[np.ndarray, "3"],
) -> Float[np.ndarray, "L 3"]:
    """Logarithms of lit hair over the middle, less what the light and its casts may do."""
    lit = seen.lit_here
    difference = np.log(seen.reflected[lit] / middle)
    brightness, aside = difference @ LUMINANCE, seen.aside[lit] - seen.aside[lit].mean()
    cast = difference - brightness[:, None] * pigment
    # hair is not dyed green in places: clothes and leaves behind it shine through
    cast -= np.maximum(cast @ _GREEN, 0)[:, None] * _GREEN
    slope = float(brightness @ aside) / max(float(aside @ aside), 1.0)
    slope = float(np.clip(slope, -_MOST_ASIDE, _MOST_ASIDE))
    own = brightness - slope * aside
    own = (own - np.median(own))[:, None] * pigment
    return own + _HUE_KEPT * cast


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
