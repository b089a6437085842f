"""sRGB: transfer functions and luminance (IEC 61966-2-1)."""

import numpy as np
from jaxtyping import Float, Float32, UInt8

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
"""Weights of linear red, green and blue."""


def linear_from_srgb(srgb: UInt8[np.ndarray, "*shape"]) -> Float32[np.ndarray, "*shape"]:
    """sRGB bytes to linear light in [0, 1], by table."""
    return _LINEAR_FROM_BYTE[srgb]


def srgb_from_linear(linear: Float[np.ndarray, "*shape"]) -> UInt8[np.ndarray, "*shape"]:
    """Linear light to sRGB bytes, by table; values beyond [0, 1] are clipped."""
    steps = np.clip(linear, 0.0, 1.0) * (_ENCODING_STEPS - 1) + 0.5
    return _BYTE_FROM_LINEAR[steps.astype(np.uint16)]


def _decode_table() -> Float32[np.ndarray, "256"]:
    s = np.arange(256) / 255
    return np.where(s <= 0.04045, s / 12.92, ((s + 0.055) / 1.055) ** 2.4).astype(np.float32)


def _encode_table() -> UInt8[np.ndarray, "65536"]:
    linear = np.linspace(0, 1, _ENCODING_STEPS)
    curve = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return (curve * 255 + 0.5).astype(np.uint8)


_ENCODING_STEPS = 65536
"""A twentieth of a byte's step where the curve is steepest."""
_LINEAR_FROM_BYTE = _decode_table()
_BYTE_FROM_LINEAR = _encode_table()
