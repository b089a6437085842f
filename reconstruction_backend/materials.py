"""What the parts of a head are made of: the one table for the renderer and the exported files."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Material:
    """Surface parameters of one part."""

    roughness: float
    """Perceptual; GGX's alpha is its square."""
    reflectance: float
    """Specular reflectance at normal incidence (F0)."""
    scatter: tuple[float, float, float]
    """How far light wraps around the terminator, per channel; 0 is Lambertian."""
    clay: float
    """Grey of the clay pass, linear light."""


SKIN = Material(roughness=0.54, reflectance=0.028, scatter=(0.32, 0.13, 0.08), clay=0.42)
WET_SKIN = Material(roughness=0.30, reflectance=0.028, scatter=(0.30, 0.12, 0.08), clay=0.30)
TOOTH = Material(roughness=0.22, reflectance=0.045, scatter=(0.20, 0.18, 0.15), clay=0.62)
EYE = Material(roughness=0.16, reflectance=0.025, scatter=(0.20, 0.10, 0.08), clay=0.62)
CORNEA = Material(roughness=0.06, reflectance=0.025, scatter=(0.0, 0.0, 0.0), clay=0.62)
LASH = Material(roughness=0.60, reflectance=0.030, scatter=(0.0, 0.0, 0.0), clay=0.06)

MATERIALS = {
    "skin": SKIN,
    "mouth_interior": WET_SKIN,
    "gums": WET_SKIN,
    "tongue": WET_SKIN,
    "teeth_upper": TOOTH,
    "teeth_lower": TOOTH,
    "eyeball_left": EYE,
    "eyeball_right": EYE,
    "cornea_left": CORNEA,
    "cornea_right": CORNEA,
}
CORNEA_PARTS = ("cornea_left", "cornea_right")
EYE_PARTS = ("eyeball_left", "eyeball_right", *CORNEA_PARTS)
MOUTH_PARTS = ("mouth_interior", "gums", "tongue", "teeth_upper", "teeth_lower")


def material_of(part: str) -> Material:
    """The part's material; parts unknown to this table are skin (FLAME has one part)."""
    return MATERIALS.get(part, SKIN)
