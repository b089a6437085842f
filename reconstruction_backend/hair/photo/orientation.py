"""Which way hair runs in a picture: the angle of its strands per pixel, and how sure that is.

A bank of Gabor filters answers to thin bright and dark lines (Paris et al. 2004, "Capture of hair
geometry from multiple images"; its widths are Chai et al.'s, 2012). Even and odd filter together
give the energy whatever the line's phase; the energies of all angles add up as vectors of twice the
angle, so that the angle found is finer than the bank and their agreement is the confidence.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Float, Float32, UInt8

from reconstruction_backend.color import LUMINANCE

ANGLES = 12
WAVELENGTH_PX, ALONG_PX, ACROSS_PX = 4.5, 2.6, 1.8
"""Of the filters; lines two to three pixels wide answer best."""
KERNEL_PX = 13
OCTAVES = 2
"""Fine lines, and those twice as wide, which answer where the photo is soft."""
NOISE = 1.6
"""8-bit levels: the energy of grain and of blocks of compression."""
INPAINT_PX = 6.0
"""How far beyond the mask its colours are handed on, so that its edge is no line."""
SMOOTHING_PX = 1.5
SURE_COHERENCE = 0.45
"""Share of the energy on one angle from which the angle is taken as sure."""


@dataclass(frozen=True)
class OrientationMap:
    """The picture's strands, undirected."""

    angle_rad: Float32[np.ndarray, "H W"]
    """In [0, pi): from the picture's x axis towards its y axis, which points down."""
    confidence: Float32[np.ndarray, "H W"]
    """0 to 1; 0 outside the hair."""


def orientation_map(
    image: UInt8[np.ndarray, "H W 3"], hair_mask: Float[np.ndarray, "H W"]
) -> OrientationMap:
    """The map of an sRGB picture in which a pixel is about 1 to 2 mm of hair.

    `hair_mask` is soft, 0 to 1.
    """
    hair = np.ascontiguousarray(hair_mask, np.float32)
    grey = _inside(image.astype(np.float32) @ LUMINANCE.astype(np.float32), hair)
    doubled = np.zeros((*hair.shape, 2), np.float32)
    total = np.zeros(hair.shape, np.float32)
    for octave in range(OCTAVES):
        vector, energy = _energy(_shrunk(grey, octave))
        doubled += _grown(vector, hair.shape)
        total += _grown(energy, hair.shape)
    weight = hair[:, :, None]
    doubled = cv2.GaussianBlur(doubled * weight, (0, 0), SMOOTHING_PX)
    total = cv2.GaussianBlur(total * hair, (0, 0), SMOOTHING_PX)
    angle = np.mod(np.arctan2(doubled[:, :, 1], doubled[:, :, 0]) / 2, math.pi)
    length = np.hypot(doubled[:, :, 0], doubled[:, :, 1])
    coherence = np.minimum(length / (SURE_COHERENCE * np.maximum(total, 1e-6)), 1)
    floor = OCTAVES * NOISE**2
    confidence = hair * coherence * total / (total + floor)
    return OrientationMap(angle.astype(np.float32), confidence.astype(np.float32))


def _inside(
    grey: Float32[np.ndarray, "H W"], hair: Float32[np.ndarray, "H W"]
) -> Float32[np.ndarray, "H W"]:
    """Hair as it is; around it, hair's own brightness nearby."""
    weight = cv2.GaussianBlur(hair, (0, 0), INPAINT_PX)
    near = cv2.GaussianBlur(grey * hair, (0, 0), INPAINT_PX) / np.maximum(weight, 1e-3)
    return hair * grey + (1 - hair) * near


def _shrunk(grey: Float32[np.ndarray, "H W"], octave: int) -> Float32[np.ndarray, "h w"]:
    if octave == 0:
        return grey
    size = (max(1, grey.shape[1] >> octave), max(1, grey.shape[0] >> octave))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.float32)


def _grown(
    values: Float32[np.ndarray, "h w *c"], shape: tuple[int, ...]
) -> Float32[np.ndarray, "H W *c"]:
    if values.shape[:2] == shape:
        return values
    size = (shape[1], shape[0])
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_LINEAR), np.float32)


def _energy(
    grey: Float32[np.ndarray, "h w"],
) -> tuple[Float32[np.ndarray, "h w 2"], Float32[np.ndarray, "h w"]]:
    """The filters' energies as vectors of the doubled angle, and their sum."""
    vector = np.zeros((*grey.shape, 2), np.float32)
    total = np.zeros(grey.shape, np.float32)
    for angle, even, odd in _bank():
        energy = cv2.filter2D(grey, cv2.CV_32F, even, borderType=cv2.BORDER_REPLICATE) ** 2
        energy += cv2.filter2D(grey, cv2.CV_32F, odd, borderType=cv2.BORDER_REPLICATE) ** 2
        vector[:, :, 0] += math.cos(2 * angle) * energy
        vector[:, :, 1] += math.sin(2 * angle) * energy
        total += energy
    return vector, total


@lru_cache(maxsize=1)
def _bank() -> tuple[tuple[float, Float32[np.ndarray, "K K"], Float32[np.ndarray, "K K"]], ...]:
    """Angle of the lines, even and odd kernel; both blind to a constant."""
    reach = KERNEL_PX // 2
    x, y = np.meshgrid(np.arange(-reach, reach + 1), np.arange(-reach, reach + 1))
    bank: list[tuple[float, Float32[np.ndarray, "K K"], Float32[np.ndarray, "K K"]]] = []
    for angle in np.arange(ANGLES) * math.pi / ANGLES:
        along = x * math.cos(angle) + y * math.sin(angle)
        across = y * math.cos(angle) - x * math.sin(angle)
        window = np.exp(-((along / ALONG_PX) ** 2 + (across / ACROSS_PX) ** 2) / 2)
        window /= window.sum()
        phase = 2 * math.pi / WAVELENGTH_PX * across
        even = window * np.cos(phase)
        even -= window * even.sum()
        odd = window * np.sin(phase)
        bank.append((float(angle), even.astype(np.float32), odd.astype(np.float32)))
    return tuple(bank)
