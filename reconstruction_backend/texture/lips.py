"""Where the photo shows the inside of the mouth instead of lips: teeth, gums, tongue, shadow.

The landmarks' inner contours are off by a few pixels, and a lip's texture that takes a row of teeth
with it shows a white line for good. So the opening grows from the contours over what does not look
like the lips: pale as teeth are, or darker than any lip.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float, Float32, Int

from reconstruction_backend.landmarks import FaceLandmarks
from reconstruction_backend.texture.masks import INNER_LIPS, log_luminance_chroma

OUTER_LIPS = (
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185,
)  # fmt: skip
CORNERS = (78, 308)
"""MediaPipe's points in the corners of the mouth."""

_REACH = 0.04
"""How far from the inner contours the opening may grow, over the mouth's width."""
_LIP_CORE = 0.03
"""Lips proper begin this far from their contours, over the mouth's width."""
_PALE = 0.6
"""Share of the lips' redness, log(R/G), below which a pixel is no lip."""
_PALE_LUMINANCE, _GREY_LUMINANCE = -0.1, 0.4
"""How much brighter than the lips teeth are at least, log: in colour, and in a grey photo."""
_LEAST_REDNESS = 0.12
"""Lips with a smaller log(R/G) are in a grey photo."""
_DARK_DEVIATIONS, _LEAST_DARK = 3.0, 0.55
"""Darker than the lips by so many deviations, and by so much (log), is shadow."""
_MIXED_PX = 2.0
"""Pixels around the opening that mix both, or whose bicubic samples do."""
_FEWEST_PIXELS = 12
_SOFT_PX = 0.8


@dataclass(frozen=True)
class _LipColour:
    """The typical lip: log luminance and log(R/G)."""

    luminance: float
    spread: float
    redness: float


def mouth_opening(
    linear: Float32[np.ndarray, "H W 3"], landmarks: FaceLandmarks
) -> Float32[np.ndarray, "H W"]:
    """One where the mouth is open, zero on lips and elsewhere, soft in between."""
    points = landmarks.points_px
    opening = np.zeros(linear.shape[:2], np.float32)
    width_px = float(np.linalg.norm(points[CORNERS[0]] - points[CORNERS[1]]))
    low, high = _box(points[list(OUTER_LIPS)], _REACH * width_px, linear.shape[:2])
    if (high <= low).any() or width_px < 1:
        return opening
    window = (slice(low[1], high[1]), slice(low[0], high[0]))
    shape = (int(high[1] - low[1]), int(high[0] - low[0]))
    inner = _filled(points[list(INNER_LIPS)] - low, shape)
    outer = _filled(points[list(OUTER_LIPS)] - low, shape)
    reach = _dilated(inner, _REACH * width_px) & outer
    grown = reach & _unlike_lips(linear[window], inner, outer, _LIP_CORE * width_px)
    joined = _joined_to(inner, inner | grown)
    hard = _dilated(joined, _MIXED_PX).astype(np.float32)
    opening[window] = np.maximum(cv2.GaussianBlur(hard, (0, 0), _SOFT_PX), joined)
    return opening


def _unlike_lips(
    linear: Float32[np.ndarray, "h w 3"],
    inner: Bool[np.ndarray, "h w"],
    outer: Bool[np.ndarray, "h w"],
    margin_px: float,
) -> Bool[np.ndarray, "h w"]:
    """Pixels that are pale or dark against the lip above or below them."""
    luminance, chroma = log_luminance_chroma(linear)
    core = ~_dilated(~outer, margin_px) & ~_dilated(inner, margin_px)
    middle = np.mean(np.nonzero(inner)[0]) if inner.any() else inner.shape[0] / 2
    above = np.arange(inner.shape[0])[:, None] < middle
    unlike = np.zeros_like(inner)
    for half in (above, ~above):
        lip = core & half
        if lip.sum() < _FEWEST_PIXELS:
            continue
        colour = _lip_colour(luminance[lip], chroma[lip][:, 0])
        if colour.redness > _LEAST_REDNESS:
            pale = chroma[:, :, 0] < _PALE * colour.redness
            pale &= luminance > colour.luminance + _PALE_LUMINANCE
        else:
            pale = luminance > colour.luminance + _GREY_LUMINANCE
        depth = max(_DARK_DEVIATIONS * colour.spread, _LEAST_DARK)
        unlike |= half & (pale | (luminance < colour.luminance - depth))
    return unlike


def _lip_colour(
    luminance: Float32[np.ndarray, "N"], redness: Float32[np.ndarray, "N"]
) -> _LipColour:
    """Medians, and the median absolute deviation."""
    centre = float(np.median(luminance))
    spread = 1.48 * float(np.median(np.abs(luminance - centre)))
    return _LipColour(centre, spread, float(np.median(redness)))


def _box(
    points: Float32[np.ndarray, "N 2"], margin_px: float, shape: tuple[int, ...]
) -> tuple[Int[np.ndarray, "2"], Int[np.ndarray, "2"]]:
    """Corners (x, y) of the points' box inside the picture."""
    size = np.array([shape[1], shape[0]])
    low = np.clip(np.floor(points.min(axis=0) - margin_px) - 2, 0, size).astype(int)
    high = np.clip(np.ceil(points.max(axis=0) + margin_px) + 3, 0, size).astype(int)
    return low, high


def _filled(outline: Float[np.ndarray, "N 2"], shape: tuple[int, int]) -> Bool[np.ndarray, "h w"]:
    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [np.round(outline).astype(np.int32)], (1,))
    return mask > 0


def _dilated(mask: Bool[np.ndarray, "h w"], radius_px: float) -> Bool[np.ndarray, "h w"]:
    edge = 2 * max(1, round(radius_px)) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (edge, edge))
    return cv2.dilate(mask.astype(np.uint8), kernel) > 0


def _joined_to(
    seed: Bool[np.ndarray, "h w"], mask: Bool[np.ndarray, "h w"]
) -> Bool[np.ndarray, "h w"]:
    """The connected pieces of `mask` that touch `seed`."""
    _, found = cv2.connectedComponents(mask.astype(np.uint8))
    labels = np.asarray(found, np.int32)
    return mask & np.isin(labels, np.unique(labels[seed]))
