"""Lamps as spherical harmonics, and the studio in which turned views are lit.

Ramamoorthi and Hanrahan 2001, "An efficient representation for irradiance environment maps".
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.color import LUMINANCE
from reconstruction_backend.texture.result import (
    SH_CONSTANTS,
    SphericalHarmonicsLight,
    spherical_harmonics,
)

COSINE_LOBE = np.array([1, *[2 / 3] * 3, *[1 / 4] * 5], np.float32)
"""Ramamoorthi's A_l / pi per coefficient: radiance to irradiance over pi."""


def uniform_light(radiance: tuple[float, float, float] = (1, 1, 1)) -> SphericalHarmonicsLight:
    """The same radiance from everywhere."""
    coefficients = np.zeros((9, 3), np.float32)
    coefficients[0] = np.asarray(radiance) / SH_CONSTANTS[0]
    return SphericalHarmonicsLight(coefficients)


def soft_light(
    directions: Float[np.ndarray, "L 3"], colours: Float[np.ndarray, "L 3"]
) -> SphericalHarmonicsLight:
    """Distant lamps as harmonics: each gives about `colour * max(0, n · direction)`."""
    lobes = np.pi * COSINE_LOBE * spherical_harmonics(directions)
    return SphericalHarmonicsLight((lobes.T @ colours).astype(np.float32))


@dataclass(frozen=True)
class RimLamp:
    """A soft lamp behind the head."""

    direction: Float32[np.ndarray, "3"]
    """Unit, from the head towards it, head frame."""
    colour: Float32[np.ndarray, "3"]
    """Irradiance over pi at normal incidence, linear RGB."""


@dataclass(frozen=True)
class StudioLight:
    """A soft dome of fill and rim light, and one key lamp that casts shadows."""

    dome: SphericalHarmonicsLight
    """Everything but the key."""
    key_direction: Float32[np.ndarray, "3"]
    """Unit, from the head towards the lamp, head frame."""
    key_colour: Float32[np.ndarray, "3"]
    """Irradiance over pi at normal incidence, linear RGB."""
    rims: tuple[RimLamp, ...] = ()
    """Lamps behind the head; the dome holds them too, for all that is not as glossy as hair."""

    def without_rims(self) -> SphericalHarmonicsLight:
        """The dome for whom the rims light as lamps."""
        if not self.rims:
            return self.dome
        rims = soft_light(
            np.stack([rim.direction for rim in self.rims]),
            np.stack([rim.colour for rim in self.rims]),
        )
        return SphericalHarmonicsLight(self.dome.coefficients - rims.coefficients)

    def everything(self) -> SphericalHarmonicsLight:
        """Dome and key as one soft light, for what is too thin to cast or catch shadows."""
        key = soft_light(self.key_direction[None], self.key_colour[None])
        return SphericalHarmonicsLight(self.dome.coefficients + key.coefficients)


_KEY_SHARE = 0.8
"""Of a photo's directed light that is taken for one lamp; the rest is softer than that."""
_LEAST_DOME = 0.3
"""Of the light from all round that must stay without the lamp."""


def with_key(light: SphericalHarmonicsLight) -> StudioLight:
    """A photo's light as a lamp where most of it comes from, and the dome that is left.

    The linear harmonics of its luminance tell the direction (Ramamoorthi and Hanrahan 2001).
    """
    grey = light.coefficients @ LUMINANCE
    linear = grey[[3, 1, 2]]
    strength = float(np.linalg.norm(linear))
    direction = (linear / strength if strength > 0 else np.array([0.0, 0.0, 1.0])).astype(
        np.float32
    )
    along = light.coefficients[[3, 1, 2]].T @ direction
    lobe = np.pi * COSINE_LOBE * SH_CONSTANTS
    colour = np.maximum(_KEY_SHARE * along / lobe[1], 0)
    most = (1 - _LEAST_DOME) * np.maximum(light.coefficients[0], 0) / lobe[0]
    colour = np.minimum(colour, most).astype(np.float32)
    key = soft_light(direction[None], colour[None])
    return StudioLight(
        SphericalHarmonicsLight((light.coefficients - key.coefficients).astype(np.float32)),
        direction,
        colour,
    )


_AMBIENT = (0.17, 0.18, 0.195)
# azimuth (towards the picture's right) and elevation in degrees as the camera sees them, colour
_KEY = ((-36.0, 36.0), (1.06, 1.0, 0.93))
_DOME = (
    ((52.0, 5.0), (0.20, 0.215, 0.24)),
    ((-10.0, -55.0), (0.06, 0.05, 0.045)),
)
_RIMS = (
    ((150.0, 35.0), (0.40, 0.42, 0.46)),
    ((-145.0, 30.0), (0.26, 0.27, 0.30)),
)


def studio_light(camera: PerspectiveCamera) -> StudioLight:
    """Key at the upper left of the picture, fill at the right, rims behind; turns with the camera.

    Only the camera's azimuth counts, so that light still falls from above in a view from below.
    """
    to_camera = camera.position_m()
    azimuth_rad = float(np.arctan2(to_camera[0], to_camera[2]))
    soft = (*_DOME, *_RIMS)
    dome = soft_light(
        np.stack([_towards(azimuth_rad, *angles) for angles, _ in soft]),
        np.array([colour for _, colour in soft]),
    )
    rims = (RimLamp(_towards(azimuth_rad, *a), np.array(c, np.float32)) for a, c in _RIMS)
    return StudioLight(
        dome=SphericalHarmonicsLight(dome.coefficients + uniform_light(_AMBIENT).coefficients),
        key_direction=_towards(azimuth_rad, *_KEY[0]),
        key_colour=np.array(_KEY[1], np.float32),
        rims=tuple(rims),
    )


def _towards(
    camera_azimuth_rad: float, azimuth_deg: float, elevation_deg: float
) -> Float32[np.ndarray, "3"]:
    azimuth = camera_azimuth_rad + np.radians(azimuth_deg)
    elevation = np.radians(elevation_deg)
    return np.array(
        [
            np.sin(azimuth) * np.cos(elevation),
            np.sin(elevation),
            np.cos(azimuth) * np.cos(elevation),
        ],
        np.float32,
    )
