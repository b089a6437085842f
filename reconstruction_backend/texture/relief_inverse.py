"""Height from fine shading: the linear inverse of how relief shades skin.

Two things tie the logarithm of fine shading d to a small relief h, both linear in its slopes
(with w the frequency, in texels so that slopes have no unit):

    d = -G · grad h     the light's gradient over normals (linear shape from shading, Pentland 1988)
      + K |grad| h      dark is deep: creases see less light (Langer and Bülthoff 2000), the model
                        of mesoscopic augmentation (Beeler et al. 2010), here free of scale

so that D(w) = (K |w| - i G·w) H(w). Its inverse, 1 / (K - i g cos a) / |w| with a the angle
between w and G, is a Fourier series in a. Three terms of the series make it steerable: G may
differ from texel to texel although the filters are the same everywhere.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex64, Float32
from scipy import fft

DARK_IS_DEEP = 0.5
"""K: log luminance per unit slope that a crease loses."""
STRONGEST_GRADIENT = 1.2
"""Of log irradiance per radian: an estimate above it is not believed."""
FFT_WORKERS = 2


@dataclass(frozen=True)
class Band:
    """Wavelengths that count, in texels; the gain falls to 1/e at either end."""

    shortest: float
    longest: float


def height_of_shading(
    shading: Float32[np.ndarray, "H W"], gradient: Float32[np.ndarray, "H W 2"], band: Band
) -> Float32[np.ndarray, "H W"]:
    """Relief in texels of log shading, which must fall to zero towards the image's border.

    `gradient` is G: the change of log irradiance per unit slope down along x (columns) and
    y (rows).
    """
    height, width = shading.shape
    rows, columns = (int(fft.next_fast_len(n) or n) for n in (height, width))
    frequency = _Frequencies.of(rows, columns, band)
    base = np.asarray(fft.rfft2(shading, (rows, columns), workers=FFT_WORKERS)) * frequency.gain

    def filtered(factor: Complex64[np.ndarray, "R C"]) -> Float32[np.ndarray, "H W"]:
        out = np.asarray(fft.irfft2(base * factor, (rows, columns), workers=FFT_WORKERS))
        return out[:height, :width].astype(np.float32)

    steered = _Series.of(gradient)
    x, y = frequency.x, frequency.y
    result = steered.constant * filtered(np.ones_like(x, np.complex64))
    result += steered.odd_x * filtered(1j * x) + steered.odd_y * filtered(1j * y)
    result += steered.even_cos * filtered((x * x - y * y).astype(np.complex64))
    result += steered.even_sin * filtered((2 * x * y).astype(np.complex64))
    return result


@dataclass(frozen=True)
class _Frequencies:
    gain: Float32[np.ndarray, "R C"]
    """Band-pass over |w|."""
    x: Float32[np.ndarray, "R C"]
    """Cosine of the frequency's direction."""
    y: Float32[np.ndarray, "R C"]
    """Its sine."""

    @classmethod
    def of(cls, rows: int, columns: int, band: Band) -> "_Frequencies":
        y = 2 * np.pi * fft.fftfreq(rows)[:, None]
        x = 2 * np.pi * fft.rfftfreq(columns)[None]
        length = np.maximum(np.hypot(x, y), 1e-6)
        low, high = 2 * np.pi / band.longest, 2 * np.pi / band.shortest
        gain = (1 - np.exp(-((length / low) ** 2))) * np.exp(-((length / high) ** 2)) / length
        return cls(*(a.astype(np.float32) for a in (gain, x / length, y / length)))


@dataclass(frozen=True)
class _Series:
    """Coefficients of 1 / (K - i g cos a) = (c0 + c2 cos 2a + i s1 cos a + ...) / K."""

    constant: Float32[np.ndarray, "H W"]
    odd_x: Float32[np.ndarray, "H W"]
    odd_y: Float32[np.ndarray, "H W"]
    even_cos: Float32[np.ndarray, "H W"]
    even_sin: Float32[np.ndarray, "H W"]

    @classmethod
    def of(cls, gradient: Float32[np.ndarray, "H W 2"]) -> "_Series":
        length = np.sqrt(np.einsum("hwk,hwk->hw", gradient, gradient))
        x, y = np.moveaxis(gradient / np.maximum(length, 1e-6)[:, :, None], 2, 0)
        ratio = np.minimum(length, STRONGEST_GRADIENT) / DARK_IS_DEEP
        root = np.sqrt(1 + ratio**2)
        # (A - sqrt(A² - B²)) / B of the classic series of 1 / (A + B cos b) with b = 2a
        decay = ((root - 1) / np.maximum(ratio, 1e-6)) ** 2
        constant = 1 / root / DARK_IS_DEEP
        odd = constant * ratio * (1 - decay)
        even = -2 * constant * decay
        return cls(constant, odd * x, odd * y, even * (x * x - y * y), even * 2 * x * y)
