"""Painting the eyeballs: the photo's iris with fibres, pupil and limbal ring, and a veined white.

Written in polar coordinates about the eyeball's optical axis, the line from its joint through the
middle of its iris, which on a natural eye points a few degrees outward.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Integer

from reconstruction_backend.head_model import JOINT_NAMES
from reconstruction_backend.tangents import unit
from reconstruction_backend.texture.atlas import Atlas
from reconstruction_backend.texture.iris import ANGLES, IRIS_CENTRE, RADII, PolarIris, Side
from reconstruction_backend.texture.lookup import look_up
from reconstruction_backend.texture.masks import LUMINANCE
from reconstruction_backend.texture.projection import smoothstep

PUPIL_RADIUS = 0.335
"""Of the iris' radius, in a room's light."""
_PUPIL_EDGE = 0.018
_PUPIL = np.array([0.004, 0.0035, 0.003], np.float32)
_LIMBUS = (0.965, 1.10)
"""The iris' pattern fades into the white between these radii."""
_LIMBAL_RING = (0.78, 1.0)
_LIMBAL_DARKNESS = 0.68
_COLLARETTE, _COLLARETTE_WIDTH = 0.52, 0.07
_FIBRE_ROWS, _FIBRE_COLUMNS = 96, 768
_FIBRE_SCALES = ((1.1, 22.0, 1.0), (2.2, 16.0, 0.9), (5.0, 11.0, 0.7), (14.0, 9.0, 0.4))
"""Blur along angle and radius, in texels, and weight of each layer of fibres."""
_FIBRE_SEED = 7
_FIBRE_SWAY, _SWAY_SCALE = 14.0, (30.0, 25.0)
"""How far strands bend, in texels, and the blur of where they do."""
_COLLARETTE_WANDER, _WANDER_SCALE, _COLLARETTE_WEIGHT = 0.035, (12.0, 60.0), 0.9
_CRYPT_SCALE, _CRYPT_FROM, _CRYPT_DEEPEST, _CRYPT_WEIGHT = (10.0, 5.0), 0.9, 1.2, 1.4
_CRYPT_RADIUS, _CRYPT_BAND = 0.6, 0.14
"""Dark pits lie where smooth noise exceeds `_CRYPT_FROM`, in a ring about this radius."""
_CONTRAST = (0.12, 0.20)
"""Of the invented fibres, as a logarithm: dark irises are velvety, light ones show every strand."""
_LIGHT_IRIS = (0.02, 0.10)
_PHOTO_REPLACES = 0.7
"""Share of the invented pattern that a sharp photo makes needless."""
_CONJUNCTIVA = np.array([0.86, 0.50, 0.44], np.float32)
"""Of the corners, relative to the white."""
_ROSE = np.array([0.80, 0.36, 0.31], np.float32)
"""Of the caruncle, likewise."""
_NASAL_CORNER, _OUTER_CORNER = (1.15, 1.75), (1.45, 2.35)
"""Across the eye, in iris radii: where the white begins to redden, and where the lids meet."""
_CORNER_ROSE = 0.5
_CARUNCLE = (1.56, 1.72)
_VEIN = np.array([0.75, 0.27, 0.24], np.float32)
_VEIN_STRENGTH = 0.30
_VEINS, _VEIN_SEED = 9, 11
_VEINED = (1.15, 1.9)
"""Across the eye, in iris radii: where veins begin to show, and where they do."""
_VEIN_REACH, _VEIN_HALF_WIDTH, _VEIN_FADE = (1.2, 1.9), (0.012, 0.03), 0.5
_VEIN_FREQUENCY, _VEIN_BEND, _VEIN_SHAKE = (3.0, 8.0), 0.10, 0.04
_SHAKE_PITCH = 2.7
"""Frequency of a vein's small waves over that of its large ones."""
_GREY_EDGE, _GREY_SHARE = (1.28, 1.02), 0.5
_LIMBAL_GREY = np.array([0.74, 0.80, 0.86], np.float32)
"""The white's edge lets the dark inside of the eye show through, bluish."""


@dataclass(frozen=True, eq=False)
class EyeballTexels:
    """Where the texels of one eyeball lie about its optical axis; hashed by identity."""

    texel: Integer[np.ndarray, "N"]
    """Flat index into the atlas."""
    radius: Float32[np.ndarray, "N"]
    """Distance from the optical axis in iris radii; past the equator it goes on growing."""
    angle: Float32[np.ndarray, "N"]
    """Radians; 0 along the subject's left (+X), a quarter turn is up (+Y)."""
    nasal: Float32[np.ndarray, "N"]
    """Cosine of the angle to the nose's side."""


@lru_cache(maxsize=8)
def eyeball_texels(atlas: Atlas, side: Side) -> EyeballTexels:
    """Polar coordinates of an eyeball's texels; kept for the next call."""
    model = atlas.model
    centre = model.joints_template_m[JOINT_NAMES.index(f"{side}Eye")]
    points = model.surface_points(model.landmarks_mediapipe, model.template_m)
    first = IRIS_CENTRE[side]
    iris_centre, rim = points[first], points[first + 1 : first + 5]
    iris_radius = float(np.median(np.linalg.norm(rim - iris_centre, axis=1)))
    forward = unit(iris_centre - centre)
    across = unit(np.cross(np.array([0.0, 1.0, 0.0]), forward))
    texel = atlas.part_texels(f"eyeball_{side}")
    offset = atlas.interpolate_at(texel, model.template_m) - centre
    local = offset @ np.stack([across, np.cross(forward, across), forward], axis=1)
    radius = np.linalg.norm(local[:, :2], axis=1) / iris_radius
    equator = np.linalg.norm(local, axis=1) / iris_radius
    radius = np.where(local[:, 2] < 0, 2 * equator - radius, radius)
    angle = np.arctan2(local[:, 1], local[:, 0])
    return EyeballTexels(
        texel,
        radius.astype(np.float32),
        angle.astype(np.float32),
        (np.cos(angle) * (-1 if side == "left" else 1)).astype(np.float32),
    )


def paint_eyeball(
    texels: EyeballTexels, iris: PolarIris
) -> tuple[Float32[np.ndarray, "N 3"], Bool[np.ndarray, "N"]]:
    """Linear albedo of every texel of an eyeball, and whether the photo showed it."""
    rgb = _white(texels) * iris.white
    near = np.flatnonzero(texels.radius < _LIMBUS[1])
    r = texels.radius[near]
    row = np.clip(r * RADII - 0.5, 0, RADII - 1)
    column = (texels.angle[near] / (2 * np.pi) * ANGLES) % ANGLES
    wrapped = np.concatenate([iris.rgb, iris.rgb[:, :1]], axis=1)
    colour = _remap_list(wrapped, np.stack([column, row], axis=1).astype(np.float32))
    light = float(smoothstep(*_LIGHT_IRIS, np.median(iris.rgb @ LUMINANCE, keepdims=True))[0, 0])
    contrast = (_CONTRAST[0] + light * (_CONTRAST[1] - _CONTRAST[0])) * (
        1 - _PHOTO_REPLACES * iris.sharpness
    )
    colour *= np.exp(contrast * _pattern(texels)[near])[:, None]
    colour *= (1 - _LIMBAL_DARKNESS * smoothstep(*_LIMBAL_RING, r))[:, None]
    pupil = smoothstep(PUPIL_RADIUS + _PUPIL_EDGE, PUPIL_RADIUS - _PUPIL_EDGE, r)[:, None]
    colour = colour * (1 - pupil) + _PUPIL * pupil
    outside = smoothstep(*_LIMBUS, r)[:, None]
    rgb[near] = colour * (1 - outside) + rgb[near] * outside
    seen = np.zeros(len(rgb), bool)
    seen[near] = iris.seen[row.astype(int), column.astype(int) % ANGLES] & (r < 1)
    return np.clip(rgb, 0, 1).astype(np.float32), seen


@lru_cache(maxsize=8)
def _pattern(texels: EyeballTexels) -> Float32[np.ndarray, "N"]:
    """Fibres, crypts and a collarette on the iris' texels, zero mean and unit deviation."""
    column = (texels.angle / (2 * np.pi) * _FIBRE_COLUMNS) % _FIBRE_COLUMNS
    row = np.clip(texels.radius * _FIBRE_ROWS - 0.5, 0, _FIBRE_ROWS - 1)
    tile = iris_tile()
    wrapped = np.concatenate([tile, tile[:, :1]], axis=1)
    return _remap_list(wrapped, np.stack([column, row], axis=1).astype(np.float32))


@lru_cache(maxsize=1)
def iris_tile() -> Float32[np.ndarray, "96 768"]:
    """The invented pattern by radius and angle: radial strands that sway, dark crypts between."""
    rng = np.random.default_rng(_FIBRE_SEED)
    tile = np.zeros((_FIBRE_ROWS, _FIBRE_COLUMNS), np.float32)
    for across, along, weight in _FIBRE_SCALES:
        tile += weight * _noise(rng, across, along)
    sway = _FIBRE_SWAY * _noise(rng, *_SWAY_SCALE)
    y, x = np.mgrid[:_FIBRE_ROWS, :_FIBRE_COLUMNS].astype(np.float32)
    bent = np.stack([(x + sway) % (_FIBRE_COLUMNS - 1), y], axis=-1).astype(np.float32)
    tile = look_up(tile, bent)
    r = (y + 0.5) / _FIBRE_ROWS
    ring = _COLLARETTE + _COLLARETTE_WANDER * _noise(rng, *_WANDER_SCALE)
    collarette = np.exp(-(((r - ring) / _COLLARETTE_WIDTH) ** 2))
    crypts = np.clip(_noise(rng, *_CRYPT_SCALE) - _CRYPT_FROM, 0, _CRYPT_DEEPEST)
    crypts = crypts * np.exp(-(((r - _CRYPT_RADIUS) / _CRYPT_BAND) ** 2))
    tile = tile / tile.std() + _COLLARETTE_WEIGHT * collarette - _CRYPT_WEIGHT * crypts
    return ((tile - tile.mean()) / tile.std()).astype(np.float32)


def _noise(rng: np.random.Generator, across: float, along: float) -> Float32[np.ndarray, "96 768"]:
    """Smooth noise, periodic in angle, unit deviation."""
    noise = rng.standard_normal((_FIBRE_ROWS, _FIBRE_COLUMNS)).astype(np.float32)
    margin = int(4 * across) + 1
    wide = np.concatenate([noise[:, -margin:], noise, noise[:, :margin]], axis=1)
    soft = cv2.GaussianBlur(wide, (0, 0), across, sigmaY=along)[:, margin:-margin]
    return soft / soft.std()


@lru_cache(maxsize=8)
def _white(texels: EyeballTexels) -> Float32[np.ndarray, "N 3"]:
    """The white relative to the person's: rose and veined towards the corners, the caruncle."""
    r, across = texels.radius, np.abs(np.cos(texels.angle))
    nasal = smoothstep(*_NASAL_CORNER, r * texels.nasal)
    corner = np.maximum(nasal, smoothstep(*_OUTER_CORNER, -r * texels.nasal))[:, None]
    caruncle = smoothstep(*_CARUNCLE, r * texels.nasal)[:, None]
    vein = (_veins(texels) * smoothstep(*_VEINED, r * across) * _VEIN_STRENGTH)[:, None]
    rgb = np.ones((len(r), 3), np.float32)
    rgb = rgb * (1 - vein) + _VEIN * vein
    rose = _CORNER_ROSE * corner
    rgb = rgb * (1 - rose) + _CONJUNCTIVA * rose
    rgb = rgb * (1 - caruncle) + _ROSE * caruncle
    grey = smoothstep(*_GREY_EDGE, r)[:, None]
    rgb *= 1 - _GREY_SHARE * grey * (1 - _LIMBAL_GREY)
    return rgb.astype(np.float32)


def _veins(texels: EyeballTexels) -> Float32[np.ndarray, "N"]:
    """Thin wavy lines that run from the corners towards the iris and fade."""
    r, phi = texels.radius, texels.angle
    rng = np.random.default_rng(_VEIN_SEED)
    vein = np.zeros_like(r)
    for _ in range(_VEINS):
        level, frequency = rng.uniform(-1.0, 1.0), rng.uniform(*_VEIN_FREQUENCY)
        phase = rng.uniform(0, 6.3)  # a little over a full turn
        reach, width = rng.uniform(*_VEIN_REACH), rng.uniform(*_VEIN_HALF_WIDTH)
        bend = _VEIN_BEND * np.sin(frequency * r + phase)
        bend += _VEIN_SHAKE * np.sin(_SHAKE_PITCH * frequency * r + level)
        line = np.exp(-(((r * np.sin(phi) - level - bend) / width) ** 2))
        vein += line * smoothstep(reach, reach + _VEIN_FADE, r * np.abs(np.cos(phi)))
    return np.clip(vein, 0, 1).astype(np.float32)


def _remap_list(image: np.ndarray, at: Float32[np.ndarray, "N 2"]) -> np.ndarray:
    """Bilinear samples at a list of points (OpenCV's maps must stay under 32,768 wide)."""
    width = 4096
    padded = np.pad(at, ((0, -len(at) % width), (0, 0)))
    out = look_up(image, padded.reshape(-1, width, 2))
    return out.reshape(-1, *image.shape[2:])[: len(at)]
