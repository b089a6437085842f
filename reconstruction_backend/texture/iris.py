"""What the photo tells of both eyes: the iris' colour and pattern, and how bright the white is.

Everything is read in polar coordinates about the detected iris, so that a fit which is off by a
pixel does no harm. Lids, lashes, make-up and mirrored lamps or windows hide parts of an eye; what
they hide takes the ring's colour, a hidden eye takes the other's, and two hidden eyes are brown.
The white of the eye is the nearest thing to a grey card in a portrait: it tells how much light
arrives between the lids, which the light estimated on the skin does not know.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from jaxtyping import Bool, Float, Float32

from reconstruction_backend.lid_margins import RIM, SIDES, Side
from reconstruction_backend.texture.lookup import look_up
from reconstruction_backend.texture.masks import LUMINANCE
from reconstruction_backend.texture.projection import PhotoWindow, smoothstep
from reconstruction_backend.texture.result import DARKEST_IRRADIANCE, SphericalHarmonicsLight

IRIS_CENTRE = {"right": 468, "left": 473}
"""MediaPipe's points; the rim's follow: towards the subject's left, up, right, down."""
RADII, ANGLES = 32, 96
"""Resolution of the polar iris."""
SCLERA = np.array([0.60, 0.54, 0.49], np.float32)
"""Linear albedo of the white: off-white, slightly warm."""
DEFAULT_IRIS = np.array([0.070, 0.036, 0.019], np.float32)
"""Brown: the commonest, where no iris can be seen."""

_STROMA = (0.42, 0.86)
"""Radii between pupil and limbal ring, where an iris shows its colour."""
_LID_SHADE = 0.62
"""Share of the light on the face that reaches an eye between lids and lashes (median)."""
_SMALLEST_IRIS_PX = 2.0
_LEAST_VISIBLE = 0.08
_CLOSED = 0.85
"""Openness below which lashes are all that shows; wide open eyes reach 2."""
_OPEN = 0.8
_HIGHLIGHT, _SHADOW = 2.0, 0.4
"""Pixels brighter or darker than a typical one by these factors are mirrored lamps, or lashes."""
_TYPICAL_PERCENTILE = 40
"""Of luminance: glasses may mirror a window over half of an iris."""
_WHITE_RADII = (1.2, 2.1)
_WHITE_HALF_ANGLE_RAD = 0.5
_WHITE_PERCENTILES = (60, 92)
_WHITE_RANGE = (0.6, 1.2)
_WHITE_TINT = 0.4
"""Share of the white's colour cast that stays: the skin beside it has it too."""
_LARGEST_TINT = 0.2
_CARD_FROM_PX = 10.0
_CARD_REDNESS = (1.9, 1.4)
"""Red over green, relative to a white, that tells skin, and that still may be a white."""
_NARROW = (0.9, 1.3)
"""Openness at which lids and lashes leave nothing of the white, and at which it shows well."""
_CARD_RANGE, _CARD_POWER = (0.25, 1.6), 0.8
"""Bounds of the light that the white tells of over what was expected, and how far it is trusted."""
_VEIL, _LARGEST_VEIL = 0.007, 0.4
"""Albedo that the cornea's mirror image of the surroundings adds over the whole iris, and the
largest share of a channel that is taken to be so."""
_OWN_SHARE = 0.35
"""Of an eye's own colour against both eyes' mean; highlights differ more than irises do."""
_DISAGREEMENT = 0.8
"""Distance of log colours at which one of two eyes must have been misread."""
_DARK_LUMINANCE = (0.016, 0.058)
"""Irises darker than this mirror the sky's colour more than they show their own."""
_DARK_IS_BROWN = 0.8
"""How far the chroma of such an iris goes to brown."""
_CHROMA_RANGE = np.array([[-0.55, -np.inf, -1.4], [0.9, np.inf, 0.75]])
"""Of log colour against green: between blue and brown."""
_LUMINANCE_RANGE = (0.020, 0.17)
_RING_RANGE = 0.4
_DETAIL_RANGE = 0.45
_BLURRED_BELOW_PX, _SHARP_FROM_PX = 5.0, 14.0


@dataclass(frozen=True)
class PolarIris:
    """Linear albedo of an iris by radius (pupil's centre first) and angle, and of its white."""

    rgb: Float32[np.ndarray, "32 96 3"]
    """Angle 0 is the subject's left, a quarter turn is up."""
    seen: Bool[np.ndarray, "32 96"]
    sharpness: float
    """Of the photo's pattern, in [0, 1]; what is missing has to be invented."""
    white: Float32[np.ndarray, "3"]


@dataclass(frozen=True)
class _Reading:
    """One eye in the photo, light divided out."""

    colour: Float32[np.ndarray, "3"]
    relative: Float32[np.ndarray, "32 96 3"]
    """Log of the iris over its colour."""
    seen: Bool[np.ndarray, "32 96"]
    sharpness: float

    @property
    def weight(self) -> float:
        return float(self.seen.mean()) * (0.2 + self.sharpness)


@dataclass(frozen=True)
class WhiteCard:
    """The white of the eyes as a grey card."""

    ratio: Float32[np.ndarray, "3"]
    """Linear light of the white over what was expected of it."""
    trust: float
    """Whether it is white at all, in [0, 1]."""

    @property
    def level(self) -> float:
        """The ratio's luminance."""
        return max(float(LUMINANCE @ self.ratio), 1e-3)


def white_card(window: PhotoWindow, light: SphericalHarmonicsLight) -> WhiteCard | None:
    """What the whites tell of the light's level; None where none shows. Narrow eyes tell little."""
    ratio = _white_ratio(window, _arriving(light))
    if ratio is None:
        return None
    wide = np.mean([_openness(window, side) for side in SIDES])
    opened = np.clip((wide - _NARROW[0]) / (_NARROW[1] - _NARROW[0]), 0, 1)
    return WhiteCard(ratio, _card_trust(window, ratio) * float(opened))


def read_irises(window: PhotoWindow, light: SphericalHarmonicsLight) -> dict[Side, PolarIris]:
    """Both eyes; one that is hidden takes the other's colours, and brown if both are."""
    arriving = _arriving(light)
    ratio = _white_ratio(window, arriving)
    white = SCLERA
    if ratio is not None:
        white = (SCLERA * _white_level(ratio) * np.exp(_WHITE_TINT * _tint(ratio))).astype(
            np.float32
        )
        # a grey card: what the painted white does not keep of its level and cast is light
        trust = _card_trust(window, ratio)
        level = np.clip((LUMINANCE @ ratio) / _white_level(ratio), *_CARD_RANGE)
        level = level ** (_CARD_POWER * (1 + trust) / 2)  # shaded skin tells half as well
        cast = np.exp((1 - _WHITE_TINT) * trust * _tint(ratio))
        arriving = (arriving * level * cast).astype(np.float32)
    readings = {side: _read_iris(window, arriving, side) for side in SIDES}
    return {
        side: _albedo(reading, white)
        for side, reading in _agreed(readings["left"], readings["right"]).items()
    }


def _arriving(light: SphericalHarmonicsLight) -> Float32[np.ndarray, "3"]:
    """The light between the lids, as far as the skin tells it."""
    irradiance = np.maximum(light.irradiance(np.array([0.0, 0.0, 1.0])), DARKEST_IRRADIANCE)
    return (irradiance * _LID_SHADE).astype(np.float32)


def _white_ratio(
    window: PhotoWindow, arriving: Float32[np.ndarray, "3"]
) -> Float32[np.ndarray, "3"] | None:
    """The whites' linear light over what is expected of them; None where none shows."""
    whites = [white for side in SIDES if (white := _read_white(window, side)) is not None]
    return (np.mean(whites, axis=0) / arriving / SCLERA).astype(np.float32) if whites else None


def _agreed(left: _Reading | None, right: _Reading | None) -> dict[Side, _Reading]:
    """Both eyes with nearly one colour."""
    if left is None or right is None:
        found = left or right or _brown()
        hidden = replace(found, seen=np.zeros_like(found.seen))
        return {"left": left or hidden, "right": right or hidden}
    logs = np.log([left.colour, right.colour])
    shares = np.array([left.weight, right.weight]) / (left.weight + right.weight)
    if np.linalg.norm(logs[0] - logs[1]) > _DISAGREEMENT:
        # a mirrored window or sky makes an eye brighter, never darker
        shares = np.eye(2)[int(np.argmin(logs @ LUMINANCE))]
        common = shares @ logs
        own = np.stack([common, common])
    else:
        common = shares @ logs
        own = _OWN_SHARE * logs + (1 - _OWN_SHARE) * common
    return {
        "left": replace(left, colour=np.exp(own[0]).astype(np.float32)),
        "right": replace(right, colour=np.exp(own[1]).astype(np.float32)),
    }


def _albedo(reading: _Reading, white: Float32[np.ndarray, "3"]) -> PolarIris:
    rgb = natural_iris(reading.colour) * np.exp(reading.relative)
    return PolarIris(rgb.astype(np.float32), reading.seen, reading.sharpness, white)


def _brown() -> _Reading:
    shape = (RADII, ANGLES)
    nothing = np.zeros((*shape, 3), np.float32)
    return _Reading(DEFAULT_IRIS, nothing, np.zeros(shape, bool), 0.0)


def natural_iris(colour: Float32[np.ndarray, "3"]) -> Float32[np.ndarray, "3"]:
    """The nearest linear albedo that irises have: brown to blue, not violet, not glowing."""
    luminance = np.clip((colour @ LUMINANCE).astype(np.float32)[None], *_LUMINANCE_RANGE)
    logs = np.log(np.maximum(colour, 1e-4))
    chroma = logs - logs[1]
    dark = 1 - smoothstep(*_DARK_LUMINANCE, luminance)
    brown = np.log(DEFAULT_IRIS / DEFAULT_IRIS[1])
    chroma = chroma + _DARK_IS_BROWN * dark * (brown - chroma)
    violet = max(min(float(chroma[0]), float(chroma[2])), 0.0)
    chroma = np.clip(chroma - violet * np.array([1, 0, 1]), *_CHROMA_RANGE)
    rgb = np.exp(chroma)
    return (rgb * luminance / (LUMINANCE @ rgb)).astype(np.float32)


def _read_iris(
    window: PhotoWindow, arriving: Float32[np.ndarray, "3"], side: Side
) -> _Reading | None:
    """The iris as the photo shows it, light divided out; None if too little of it is visible."""
    radius_px = _radius_px(window, side)
    if radius_px < _SMALLEST_IRIS_PX or _openness(window, side) < _CLOSED:
        return None
    radius = ((np.arange(RADII) + 0.5) / RADII)[:, None]
    angle = (np.arange(ANGLES) / ANGLES * 2 * np.pi)[None]
    rgb, visible = _sample(window, side, radius, angle)
    stroma = np.broadcast_to((radius > _STROMA[0]) & (radius < _STROMA[1]), visible.shape)
    visible &= ~_foreign(rgb @ LUMINANCE, visible & stroma, radius_px)
    chosen = visible & stroma
    if chosen[stroma].mean() < _LEAST_VISIBLE:
        return None
    # the lower half lies in the open, the upper in the shadow of lid and lashes
    weight = chosen * (1.0 - 0.75 * np.clip(np.sin(angle), 0, 1))
    logs = np.log(np.maximum(rgb / arriving, 1e-4))
    logs = _without_veil(logs)
    colour = np.array([_weighted_median(logs[..., c][chosen], weight[chosen]) for c in range(3)])
    sharpness = float(np.clip((radius_px - _BLURRED_BELOW_PX) / _SHARP_FROM_PX, 0, 1))
    relative = _complete((logs - colour).astype(np.float32), chosen, sharpness)
    return _Reading(np.exp(colour).astype(np.float32), relative, visible, sharpness)


def _read_white(window: PhotoWindow, side: Side) -> Float32[np.ndarray, "3"] | None:
    """Linear light of the brighter half of the white; None where lids or size hide it."""
    small = _radius_px(window, side) < 2 * _SMALLEST_IRIS_PX
    if small or _openness(window, side) < _CLOSED:
        return None
    radius = np.linspace(*_WHITE_RADII, RADII)[:, None]
    half = np.linspace(-_WHITE_HALF_ANGLE_RAD, _WHITE_HALF_ANGLE_RAD, ANGLES // 4)
    rgb, visible = _sample(window, side, radius, np.concatenate([half, half + np.pi])[None])
    if visible.mean() < _LEAST_VISIBLE:
        return None
    luminance = rgb @ LUMINANCE
    low, high = np.percentile(luminance[visible], _WHITE_PERCENTILES)
    return rgb[visible & (luminance >= low) & (luminance <= high)].mean(axis=0)


def _white_level(ratio: Float[np.ndarray, "3"]) -> float:
    """How bright the white is painted, given the photo's over what was expected of it."""
    return float(np.clip(np.sqrt(LUMINANCE @ ratio), *_WHITE_RANGE))


def _tint(ratio: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3"]:
    """The colour cast of a ratio, as a bounded logarithm."""
    logs = np.log(np.maximum(ratio, 1e-3) / max(float(LUMINANCE @ ratio), 1e-3))
    return np.clip(logs, -_LARGEST_TINT, _LARGEST_TINT)


def _card_trust(window: PhotoWindow, ratio: Float[np.ndarray, "3"]) -> float:
    """In small pictures and narrow eyes the white mixes with the lids' skin: no grey card."""
    smaller = min(_radius_px(window, side) for side in SIDES)
    reddest, reddish = _CARD_REDNESS
    redness = float(ratio[0] / max(float(ratio[1]), 1e-6))
    like_white = np.clip((reddest - redness) / (reddest - reddish), 0, 1)
    return float(np.clip(smaller / _CARD_FROM_PX, 0, 1) * like_white)


def _radius_px(window: PhotoWindow, side: Side) -> float:
    first = IRIS_CENTRE[side]
    rim = window.landmarks.points_px[first + 1 : first + 5]
    return float(np.median(np.linalg.norm(rim - window.landmarks.points_px[first], axis=1)))


def _openness(window: PhotoWindow, side: Side) -> float:
    """Area between the lids over the iris' disc."""
    x, y = window.landmarks.points_px[list(RIM[side])].T.astype(np.float64)
    area = abs(x @ np.roll(y, 1) - y @ np.roll(x, 1)) / 2
    return float(area / (np.pi * max(_radius_px(window, side), 1e-6) ** 2))


def _sample(
    window: PhotoWindow, side: Side, radius: np.ndarray, angle: np.ndarray
) -> tuple[Float32[np.ndarray, "R A 3"], Bool[np.ndarray, "R A"]]:
    """Linear light at iris-relative polar places, and which of them lie between the lids."""
    first = IRIS_CENTRE[side]
    centre = window.landmarks.points_px[first]
    left, up, right, down = window.landmarks.points_px[first + 1 : first + 5]
    along_x, along_y = (left - right) / 2, (up - down) / 2
    offset = np.cos(angle)[..., None] * along_x + np.sin(angle)[..., None] * along_y
    at = (centre + radius[..., None] * offset).astype(np.float32)
    aperture = cv2.erode(window.opening, np.ones((3, 3), np.uint8))
    return look_up(window.linear, at), look_up(aperture, at) > _OPEN


def _foreign(
    luminance: Float32[np.ndarray, "32 96"], trusted: Bool[np.ndarray, "32 96"], radius_px: float
) -> Bool[np.ndarray, "32 96"]:
    """Mirrored lights with their soft rims, and lashes."""
    if not trusted.any():
        return np.ones_like(trusted)
    typical = float(np.percentile(luminance[trusted], _TYPICAL_PERCENTILE))
    bright = (luminance > _HIGHLIGHT * typical).astype(np.uint8)
    grow = 3 if radius_px < _SHARP_FROM_PX else 5
    dark = (luminance < _SHADOW * typical) & trusted
    return (cv2.dilate(bright, np.ones((grow, grow))) > 0) | dark


def _complete(
    relative: Float32[np.ndarray, "32 96 3"], chosen: Bool[np.ndarray, "32 96"], sharpness: float
) -> Float32[np.ndarray, "32 96 3"]:
    """A smooth profile by radius, with the photo's own pattern where it is seen."""
    counts = chosen.sum(axis=1)
    rings = np.zeros((RADII, 3), np.float32)
    for ring in np.flatnonzero(counts):
        rings[ring] = np.median(relative[ring][chosen[ring]], axis=0)
    soft = cv2.GaussianBlur(rings * counts[:, None].astype(np.float32), (1, 0), 1.5)
    norm = cv2.GaussianBlur(counts.astype(np.float32)[:, None], (1, 0), 1.5)
    profile = np.clip(soft / (norm + 0.1 * ANGLES), -_RING_RANGE, _RING_RANGE)
    first, last = (int(share * RADII) for share in _STROMA)
    profile[:first], profile[last:] = profile[first], profile[last - 1]
    detail = np.clip(relative - profile[:, None], -_DETAIL_RANGE, _DETAIL_RANGE)
    weight = cv2.GaussianBlur(np.tile(chosen.astype(np.float32), (1, 3)), (0, 0), 1.2)
    weight = np.minimum(weight[:, ANGLES : 2 * ANGLES], chosen) * sharpness
    return (profile[:, None] + detail * weight[..., None]).astype(np.float32)


def _without_veil(logs: Float32[np.ndarray, "32 96 3"]) -> Float32[np.ndarray, "32 96 3"]:
    """Log albedo without what the cornea mirrors, which greys dark irises most."""
    albedo = np.exp(logs)
    return np.log(albedo - np.minimum(_VEIL, _LARGEST_VEIL * albedo.min(axis=2, keepdims=True)))


def _weighted_median(values: Float[np.ndarray, "N"], weights: Float[np.ndarray, "N"]) -> float:
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order[np.searchsorted(total, total[-1] / 2)]])
