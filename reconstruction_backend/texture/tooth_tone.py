"""How bright and how yellow the person's teeth are, as far as the photo tells.

Teeth are the pale and bright pixels between the inner contours of open lips. Where none are seen,
the white of the eyes says how the photo was exposed.
"""

import cv2
import numpy as np
from jaxtyping import Bool, Float32

from reconstruction_backend.texture.iris import SCLERA
from reconstruction_backend.texture.masks import INNER_LIPS, LUMINANCE, log_luminance_chroma
from reconstruction_backend.texture.mouth import ENAMEL, MouthTone
from reconstruction_backend.texture.projection import PhotoWindow
from reconstruction_backend.texture.result import DARKEST_IRRADIANCE, SphericalHarmonicsLight

_UPPER, _LOWER, _CORNERS = 13, 14, (78, 308)
"""MediaPipe's points on the inner contours."""
_OUTER_LIP = (37, 0, 267, 84, 17, 314, 40, 270, 91, 321)
_INNER_LIP = (82, 13, 312, 87, 14, 317, 81, 311, 178, 402)
"""Pairs across the upper and the lower lip."""
_LEAST_GAP, _LEAST_GAP_PX = 0.07, 6.0
"""Height of the opening over its width, and in pixels, from which teeth can be read."""
_RIM_SHARE = 0.15
"""Of the opening's height that is left out along the lips."""
_PALE = 0.6
"""Share of the lips' redness, log(R/G), below which a pixel is pale."""
_BRIGHT = 0.6
"""Share of the opening's bright end from which a pixel is no shadow."""
_BRIGHT_PERCENTILE = 90
_LEAST_SHARE, _LEAST_PIXELS = 0.15, 40
_LIP_SHADE = 0.85
"""Share of the face's light that reaches teeth between smiling lips."""
_LEVEL_RANGE = (0.55, 1.1)
"""Of `ENAMEL`'s luminance: an exposure, or stained teeth."""
_LEAST_HUE, _GREATEST_HUE = np.array([[-0.03, -0.22], [0.12, 0.12]], np.float32)
"""Departures from `ENAMEL` in log(R/G) and log(B/G): teeth are never green."""


def mouth_tone(
    window: PhotoWindow, light: SphericalHarmonicsLight, white: Float32[np.ndarray, "3"]
) -> MouthTone:
    """The tone of teeth and flesh; `white` is the albedo read from the white of the eyes."""
    exposure = float(white @ LUMINANCE / (SCLERA @ LUMINANCE))
    level = float(np.clip(exposure, *_LEVEL_RANGE))
    seen = _seen_teeth(window)
    if seen is None:
        return MouthTone((ENAMEL * level).astype(np.float32), level)
    irradiance = np.maximum(light.irradiance(np.array([0.0, 0.0, 1.0])), DARKEST_IRRADIANCE)
    return MouthTone(_natural(np.median(seen, axis=0) / (irradiance * _LIP_SHADE)), level)


def _natural(rgb: Float32[np.ndarray, "3"]) -> Float32[np.ndarray, "3"]:
    """The nearest tone that teeth have."""
    luminance, hues = log_luminance_chroma(np.stack([rgb, ENAMEL]).astype(np.float32))
    level = np.clip(np.exp(luminance[0] - luminance[1]), *_LEVEL_RANGE)
    hue = hues[1] + np.clip(hues[0] - hues[1], _LEAST_HUE, _GREATEST_HUE)
    tone = np.exp(np.array([hue[0], 0, hue[1]]))
    return (tone * level * (ENAMEL @ LUMINANCE) / (tone @ LUMINANCE)).astype(np.float32)


def _seen_teeth(window: PhotoWindow) -> Float32[np.ndarray, "N 3"] | None:
    """Linear pixels of well lit teeth; None if the photo shows too few."""
    points = window.landmarks.points_px
    gap = float(np.linalg.norm(points[_UPPER] - points[_LOWER]))
    width = float(np.linalg.norm(points[_CORNERS[0]] - points[_CORNERS[1]]))
    if gap < max(_LEAST_GAP * width, _LEAST_GAP_PX):
        return None
    inside = _inside_lips(window, gap)
    pixels = window.linear[inside]
    if len(pixels) < _LEAST_PIXELS:
        return None
    luminance, chroma = log_luminance_chroma(pixels)
    bright = luminance > np.percentile(luminance, _BRIGHT_PERCENTILE) + np.log(_BRIGHT)
    chosen = bright & (chroma[:, 0] < _PALE * _lip_redness(window))
    return pixels[chosen] if chosen.sum() > _LEAST_SHARE * len(pixels) else None


def _inside_lips(window: PhotoWindow, gap_px: float) -> Bool[np.ndarray, "H W"]:
    mask = np.zeros(window.linear.shape[:2], np.uint8)
    outline = np.round(window.landmarks.points_px[list(INNER_LIPS)]).astype(np.int32)
    cv2.fillPoly(mask, [outline], (1,))
    rim = 2 * int(_RIM_SHARE * gap_px) + 1
    return cv2.erode(mask, np.ones((rim, rim), np.uint8)) > 0


def _lip_redness(window: PhotoWindow) -> float:
    """Median log(R/G) half-way between the outer and the inner contours."""
    points = window.landmarks.points_px
    middle = (points[list(_OUTER_LIP)] + points[list(_INNER_LIP)]) / 2
    column, row = np.round(middle).astype(int).T
    height, width = window.linear.shape[:2]
    lips = window.linear[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]
    return float(np.median(log_luminance_chroma(lips)[1][:, 0]))
