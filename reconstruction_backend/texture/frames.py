"""Thin frames of glasses that the parsing takes for skin: bridge, arms, rims.

Frames are thin ridges, darker or brighter than the skin on both sides. Where they run is known: a
bridge from one eye's inner corner to the other's, an arm from each lens to the ear, a rim along the
border of the lens. Bridge and arms are found as the ridge's best path along a strip of the photo
(dynamic programming, as in Amini et al. 1990); a rim is what is thin and near the border.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, Float32, Integer, UInt8

from reconstruction_backend.landmarks import OUTER_EYE_CORNERS, FaceLandmarks
from reconstruction_backend.texture.lookup import look_up

INNER_EYE_CORNERS = (133, 362)
EARS = (127, 356)
"""Where the face's outline passes the ears' tops."""
BROWS = (
    (70, 63, 105, 66, 107, 55, 65, 52, 53, 46),
    (300, 293, 334, 296, 336, 285, 295, 282, 283, 276),
)
"""Outlines of both brows."""
WORN_FROM = 0.25
"""Area of the glasses over the squared distance of the eyes' outer corners: less is none."""
WIDEST_M = 0.005
"""Of a frame: what is wider is no ridge."""
BRIDGE_UP_M, BRIDGE_DOWN_M = 0.014, 0.010
ARM_UP_M, ARM_DOWN_M = 0.016, 0.012
"""Half widths of the strips, above and below the line between their ends."""
BEYOND_EAR_M = 0.012
RIDGE_FROM = 0.08
"""Log contrast, averaged along `SUPPORT_M` of the path, from which there is a frame."""
STRONGEST_RIDGE = 0.6
SUPPORT_M = 0.006
HALF_WIDTH_M = 0.0018
BENDING = 0.06
"""Cost of a step across the strip per step along it, as log contrast."""
RIM_REACH_M, RIM_FROM = 0.0045, 0.10
DARKEST = 3e-3


@dataclass(frozen=True)
class _Strip:
    """A straight strip of the photo: from `start` along, from `low` to `high` across."""

    start_px: Float[np.ndarray, "2"]
    along: Float[np.ndarray, "2"]
    across: Float[np.ndarray, "2"]
    length_px: int
    low_px: int
    high_px: int

    def points_px(self) -> Float32[np.ndarray, "V U 2"]:
        """The photo's place of each of the strip's pixels."""
        u = np.arange(self.length_px)[None, :, None]
        v = np.arange(self.low_px, self.high_px + 1)[:, None, None]
        return (self.start_px + u * self.along + v * self.across).astype(np.float32)


def frame_mask(
    linear: Float32[np.ndarray, "H W 3"],
    glasses: Float32[np.ndarray, "H W"],
    landmarks: FaceLandmarks,
    pixel_m: float,
) -> Float32[np.ndarray, "H W"]:
    """One on frames, zero elsewhere; all zero where no glasses are worn.

    `glasses` is the parsing's probability, `pixel_m` the edge of a pixel at the face's distance.
    """
    mask = np.zeros(glasses.shape, np.uint8)
    points = landmarks.points_px.astype(np.float64)
    right, left = points[list(OUTER_EYE_CORNERS)]
    if (glasses > 0.5).sum() < WORN_FROM * float((left - right) @ (left - right)):
        return mask.astype(np.float32)
    ridge = _ridges(linear, pixel_m)
    width = max(1, round(2 * HALF_WIDTH_M / pixel_m + 1))
    for strip in _strips(points, pixel_m):
        for piece in _best_path(strip, ridge, pixel_m):
            cv2.polylines(mask, [piece], False, (1,), width)
    return np.maximum(mask, _rims(ridge, glasses, points, pixel_m)).astype(np.float32)


def _ridges(linear: Float32[np.ndarray, "H W 3"], pixel_m: float) -> Float32[np.ndarray, "H W"]:
    """Log contrast of what is thin, dark or bright."""
    logs = np.log(np.maximum(linear.mean(axis=2), DARKEST))
    size = max(3, round(WIDEST_M / pixel_m)) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    dark = cv2.morphologyEx(logs, cv2.MORPH_BLACKHAT, kernel)
    bright = cv2.morphologyEx(logs, cv2.MORPH_TOPHAT, kernel)
    return np.minimum(np.maximum(dark, bright), STRONGEST_RIDGE).astype(np.float32)


def _strips(points: Float[np.ndarray, "478 2"], pixel_m: float) -> list[_Strip]:
    """The bridge's and both arms'."""
    outer = points[list(OUTER_EYE_CORNERS)]
    inner, ears = points[list(INNER_EYE_CORNERS)], points[list(EARS)]
    up = np.array([outer[1, 1] - outer[0, 1], outer[0, 0] - outer[1, 0]])
    up /= np.linalg.norm(up)
    strips = [_strip(inner[0], inner[1], up, (BRIDGE_UP_M, BRIDGE_DOWN_M), pixel_m)]
    for corner, ear in zip(outer, ears, strict=True):
        outward = (ear - corner) / max(float(np.linalg.norm(ear - corner)), 1e-6)
        end = ear + outward * BEYOND_EAR_M / pixel_m
        strips.append(_strip(corner, end, up, (ARM_UP_M, ARM_DOWN_M), pixel_m))
    return strips


def _strip(
    start: Float[np.ndarray, "2"],
    end: Float[np.ndarray, "2"],
    up: Float[np.ndarray, "2"],
    reach_m: tuple[float, float],
    pixel_m: float,
) -> _Strip:
    length = max(2, round(float(np.linalg.norm(end - start))))
    above, below = (max(1, round(reach / pixel_m)) for reach in reach_m)
    return _Strip(start, (end - start) / length, up, length, -below, above)


def _best_path(
    strip: _Strip, ridge: Float32[np.ndarray, "H W"], pixel_m: float
) -> list[Integer[np.ndarray, "N 2"]]:
    """The pieces of the strip's strongest path along which there is a frame, in pixels."""
    places = strip.points_px()
    gain = look_up(ridge, places)
    rows = _path_rows(gain)
    columns = np.arange(strip.length_px)
    window = max(1, round(SUPPORT_M / pixel_m))
    support = np.convolve(gain[rows, columns], np.ones(window) / window, "same") > RIDGE_FROM
    path = np.round(places[rows, columns]).astype(np.int32)
    cuts = np.flatnonzero(np.diff(support.astype(np.int8))) + 1
    pieces = np.split(np.arange(strip.length_px), cuts)
    return [path[piece] for piece in pieces if support[piece[0]]]


def _path_rows(gain: Float32[np.ndarray, "V U"]) -> Integer[np.ndarray, "U"]:
    """The row of each column on the path of greatest gain that moves a row a column at most."""
    rows, length = gain.shape
    best = gain[:, 0].astype(np.float64)
    steps = np.zeros((rows, length), np.int64)
    for u in range(1, length):
        padded = np.pad(best, 1, constant_values=-np.inf)
        options = np.stack([padded[:-2] - BENDING, padded[1:-1], padded[2:] - BENDING])
        steps[:, u] = options.argmax(axis=0) - 1
        best = options.max(axis=0) + gain[:, u]
    path = np.zeros(length, np.int64)
    path[-1] = int(best.argmax())
    for u in range(length - 1, 0, -1):
        path[u - 1] = path[u] + steps[path[u], u]
    return path


def _rims(
    ridge: Float32[np.ndarray, "H W"],
    glasses: Float32[np.ndarray, "H W"],
    points: Float[np.ndarray, "478 2"],
    pixel_m: float,
) -> UInt8[np.ndarray, "H W"]:
    """Ridges along the lenses' borders, but for brows."""
    lens = (glasses > 0.5).astype(np.uint8)
    depth = cv2.distanceTransform(lens, cv2.DIST_L2, 5)
    height = cv2.distanceTransform(1 - lens, cv2.DIST_L2, 5)
    rim = ((depth + height) < RIM_REACH_M / pixel_m) & (ridge > RIM_FROM)
    brows = np.zeros_like(lens)
    for outline in BROWS:
        cv2.fillPoly(brows, [np.round(points[list(outline)]).astype(np.int32)], (1,))
    return (rim & (brows == 0)).astype(np.uint8)
