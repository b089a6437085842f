"""How surfaces reflect: wrapped diffuse light for skin, GGX highlights, mirror-like tears."""

import numpy as np
from jaxtyping import Float32

_SHOULDER = 0.7
"""Linear light from which highlights are compressed."""


def wrapped_cosine(
    cosine: Float32[np.ndarray, "N"], wrap: Float32[np.ndarray, "N 3"]
) -> Float32[np.ndarray, "N 3"]:
    """Diffuse light that bleeds past the terminator by `wrap` per channel; keeps its energy.

    The cheap stand-in for subsurface scattering of Green 2004 (GPU Gems, ch. 16), normalised as
    McGuire 2010 derives.
    """
    return np.maximum(cosine[:, None] + wrap, 0) / (1 + wrap) ** 2


def ggx_highlight(
    normal: Float32[np.ndarray, "N 3"],
    to_camera: Float32[np.ndarray, "N 3"],
    to_lamp: Float32[np.ndarray, "3"],
    roughness: Float32[np.ndarray, "N"],
    reflectance: Float32[np.ndarray, "N"],
) -> Float32[np.ndarray, "N"]:
    """The BRDF times pi and the lamp's cosine (Walter et al. 2007; Schlick 1994)."""
    half = to_camera + to_lamp
    half /= np.maximum(np.linalg.norm(half, axis=1, keepdims=True), 1e-6)
    n_h = np.maximum(np.einsum("nd,nd->n", normal, half), 0)
    n_l = np.maximum(normal @ to_lamp, 0)
    n_v = np.maximum(np.einsum("nd,nd->n", normal, to_camera), 1e-3)
    alpha2 = roughness**4
    density = alpha2 / np.maximum((n_h * n_h * (alpha2 - 1) + 1) ** 2, 1e-9)  # times pi
    # height-correlated Smith masking over 4 n_l n_v (Heitz 2014)
    masking = 0.5 / np.maximum(
        n_l * np.sqrt(n_v * n_v * (1 - alpha2) + alpha2)
        + n_v * np.sqrt(n_l * n_l * (1 - alpha2) + alpha2),
        1e-4,
    )
    fresnel = schlick(np.maximum(half @ to_lamp, 0), reflectance)
    return density * masking * fresnel * n_l


def schlick(
    cosine: Float32[np.ndarray, "N"], reflectance: Float32[np.ndarray, "N"]
) -> Float32[np.ndarray, "N"]:
    """Fresnel's reflectance at an angle of incidence (Schlick 1994)."""
    return reflectance + (1 - reflectance) * (1 - cosine) ** 5


def surroundings_share(
    cosine: Float32[np.ndarray, "N"],
    roughness: Float32[np.ndarray, "N"],
    reflectance: Float32[np.ndarray, "N"],
) -> Float32[np.ndarray, "N"]:
    """How much of an even surrounding a rough surface mirrors (Karis 2014, mobile fit)."""
    x = 1 - roughness
    bend = np.minimum(x * x, np.exp2(-9.28 * cosine)) * x + 0.0425 - 0.0275 * roughness
    scale = -1.04 * bend + 1.04 - 0.572 * roughness
    bias = 1.04 * bend - 0.04 + 0.022 * roughness
    return np.maximum(reflectance * scale + bias, 0)


def softly_clipped(light: Float32[np.ndarray, "N 3"]) -> Float32[np.ndarray, "N 3"]:
    """Light above the shoulder approaches 1 instead of being cut off; below it is unchanged."""
    over = np.maximum(light - _SHOULDER, 0) / (1 - _SHOULDER)
    return np.minimum(light, _SHOULDER) + (1 - _SHOULDER) * (1 - np.exp(-over))


def mirrored(
    normal: Float32[np.ndarray, "N 3"], to_camera: Float32[np.ndarray, "N 3"]
) -> Float32[np.ndarray, "N 3"]:
    """Where a mirror at the surface shows."""
    return 2 * np.einsum("nd,nd->n", normal, to_camera)[:, None] * normal - to_camera


def lamp_in_mirror(
    direction: Float32[np.ndarray, "N 3"], to_lamp: Float32[np.ndarray, "3"], radius_rad: float
) -> Float32[np.ndarray, "N"]:
    """The lamp's disc as seen along each direction: radiance per irradiance over pi, soft rim."""
    solid_angle = 2 * np.pi * (1 - np.cos(radius_rad))
    angle = np.arccos(np.clip(direction @ to_lamp, -1, 1))
    inside = np.clip((1.25 * radius_rad - angle) / (0.5 * radius_rad), 0, 1)
    return (inside * inside * (3 - 2 * inside) * np.pi / solid_angle).astype(np.float32)
