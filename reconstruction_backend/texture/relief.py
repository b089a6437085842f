"""The skin's relief: wrinkles and folds from the photo's shading, pores below them.

Two bands. *Wrinkles* (about 1 to 10 mm) are inverted from fine shading on the coarse atlas, in
metres; what they explain of the shading leaves the albedo. *Pores* are what the composed skin
shows below a millimetre, seen or synthesised alike, so no patch is smooth.

Both are heights above the mesh; `normal_map` turns their sum into normals.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Float, Float32, UInt8

from reconstruction_backend.texture import kernels, relief_kernels
from reconstruction_backend.texture.atlas import SKIN_PART, Atlas
from reconstruction_backend.texture.blur import broad_blur
from reconstruction_backend.texture.grain import PORE_DEVIATION, pore_strength
from reconstruction_backend.texture.light import LUMINANCE
from reconstruction_backend.texture.lookup import look_up
from reconstruction_backend.texture.micro_relief import UNIT_M, micro_relief
from reconstruction_backend.texture.normal_map import normal_map, slope_frames, texel_gradients
from reconstruction_backend.texture.relief_inverse import Band, height_of_shading
from reconstruction_backend.texture.relief_trust import (
    FinePattern,
    elongation,
    face_texel_m,
    relief_trust,
)
from reconstruction_backend.texture.result import (
    DARKEST_IRRADIANCE,
    SH_CONSTANTS,
    SphericalHarmonicsLight,
)
from reconstruction_backend.texture.skin import SeparatedSkin
from reconstruction_backend.texture.visibility import PosedAtlas

WRINKLES_M = (0.0009, 0.010)
"""Shortest and longest wavelength inverted."""
BROADEST_M = 0.003
"""Deviation of the blur whose rest is called fine."""
DEEPEST, BRIGHTEST = 0.6, 0.2
"""Log shading is softly limited: black is hair or a hole, white is a highlight."""
TALLEST_M = 5e-4
"""Heights approach this."""
EXPLAINED = 0.55
"""Share of the relief's shading that leaves the albedo. The rest stays as occlusion, which no
normal map can show."""
PORES_M = (1.2e-4, 3.5e-4)
"""Deviations of the two blurs between which pores lie."""
PORE_GAIN_M = 3.5e-4
"""Height per unit of log luminance."""
PORE_DEPTH_M = 8e-5
LEAST_BLUR = 0.4
"""Texels; a narrower blur does nothing."""
LUMINANCE_32 = LUMINANCE.astype(np.float32)


@dataclass(frozen=True)
class Wrinkles:
    """Relief from the photo on the coarse atlas (A x A)."""

    height_m: Float32[np.ndarray, "A A"]
    """Above the mesh; mirrored where only the other side was seen, else zero."""
    log_shading: Float32[np.ndarray, "A A"]
    """What of the seen skin's log luminance is the relief's and not the albedo's."""
    trust: Float32[np.ndarray, "A A"]
    """Share of the photo's detail that may be relief: zero on brows, beard and lashes."""
    seen: Float32[np.ndarray, "A A"]


def find_wrinkles(
    skin: SeparatedSkin,
    seen: Float32[np.ndarray, "A A"],
    posed: PosedAtlas,
    light: SphericalHarmonicsLight,
) -> Wrinkles:
    """Invert the fine shading of the seen skin."""
    atlas = posed.atlas
    texel_m = face_texel_m(atlas)
    pattern = _fine_pattern(skin, seen, BROADEST_M / texel_m)
    trust = relief_trust(pattern, atlas)
    shading = _limited(pattern.luminance) * seen * trust * elongation(pattern, atlas)
    height_m = np.zeros_like(shading)
    shown = _shown(seen, round(BROADEST_M / texel_m))
    if shown is not None:
        gradient = _light_gradient(posed, light)[shown]
        band = Band(*(length / texel_m for length in WRINKLES_M))
        texels = height_of_shading(np.ascontiguousarray(shading[shown]), gradient, band)
        found_m = texels * smooth_texel_m(atlas)[shown]
        height_m[shown] = TALLEST_M * np.tanh(found_m / TALLEST_M)
    return Wrinkles(_completed(height_m, seen, atlas), EXPLAINED * shading, trust, seen)


def _shown(seen: Float32[np.ndarray, "A A"], margin: int) -> tuple[slice, slice] | None:
    """The rows and columns where anything was seen, and a margin; None where nothing was."""
    left, top, width, height = cv2.boundingRect((seen > 0).astype(np.uint8))
    if width == 0:
        return None
    return (
        slice(max(top - margin, 0), top + height + margin),
        slice(max(left - margin, 0), left + width + margin),
    )


def relief_normals(
    wrinkles: Wrinkles,
    log_luminance: Float32[np.ndarray, "T T"],
    pixel_m: float,
    atlas: Atlas,
    vertices_m: Float32[np.ndarray, "V 3"],
) -> UInt8[np.ndarray, "T T 3"]:
    """The normal map of wrinkles, pores and micro-relief on the neutral head.

    `log_luminance` is the composed skin's detail, seen or synthesised; `pixel_m` the edge of the
    photo's pixels on the face, which says how much of the skin's relief it can show.
    """
    texel_m, size = face_texel_m(atlas), (atlas.size, atlas.size)
    fine, broad = (
        cv2.GaussianBlur(log_luminance, (0, 0), sigma / texel_m)
        if sigma > LEAST_BLUR * texel_m
        else log_luminance
        for sigma in PORES_M
    )
    height_m = relief_kernels.height_of_layers(
        cv2.resize(wrinkles.height_m, size, interpolation=cv2.INTER_CUBIC),
        fine,
        broad,
        PORE_GAIN_M,
        PORE_DEPTH_M,
        micro_relief(atlas),
        _shares(wrinkles, pixel_m),
    )
    covered = atlas.part_mask(SKIN_PART)
    return normal_map(atlas, height_m, slope_frames(atlas, vertices_m), covered)


def _shares(wrinkles: Wrinkles, pixel_m: float) -> Float32[np.ndarray, "A A 2"]:
    """How much of the composed skin's fine band is relief, and how much micro-relief is added."""
    unresolved = pore_strength(pixel_m) / PORE_DEVIATION
    shown = wrinkles.seen * wrinkles.trust
    fine = 1 - wrinkles.seen * (1 - wrinkles.trust)
    micro = UNIT_M * (1 - (1 - unresolved) * shown)
    return np.dstack([fine, micro]).astype(np.float32)


def _fine_pattern(
    skin: SeparatedSkin, seen: Float32[np.ndarray, "A A"], sigma_px: float
) -> FinePattern:
    luminance = skin.log_albedo @ LUMINANCE_32
    mean = skin.mean_log_albedo
    redness = skin.log_albedo[:, :, 0] - skin.log_albedo[:, :, 1]
    tone = cv2.merge([luminance - mean @ LUMINANCE_32, redness - (mean[0] - mean[1])])
    weighted, total = broad_blur(luminance * seen, sigma_px), broad_blur(seen, sigma_px)
    fine = (luminance - weighted / np.maximum(total, 1e-3)) * (seen > 0)
    return FinePattern(fine.astype(np.float32), tone.astype(np.float32), seen)


def _limited(log_shading: Float32[np.ndarray, "A A"]) -> Float32[np.ndarray, "A A"]:
    limit = np.where(log_shading < 0, np.float32(DEEPEST), np.float32(BRIGHTEST))
    return limit * np.tanh(log_shading / limit)


def _light_gradient(
    posed: PosedAtlas, light: SphericalHarmonicsLight
) -> Float32[np.ndarray, "A A 2"]:
    """G of `relief_inverse`: per unit slope in texels of the atlas, whatever the chart's shape.

    A relief turns the normal by minus its surface gradient, so G along a texel axis is the light's
    gradient over normals times that axis' surface gradient, in units of the texel's edge.
    """
    atlas = posed.atlas
    over_normals = log_irradiance_gradient(light, posed.vertex_normals)
    of_triangles = over_normals[atlas.model.triangles].mean(axis=1)
    along = np.einsum("fad,fd->fa", texel_gradients(atlas, posed.vertices_m), of_triangles)
    return _smooth(atlas, along) * smooth_texel_m(atlas)[:, :, None]


def log_irradiance_gradient(
    light: SphericalHarmonicsLight, normals: Float32[np.ndarray, "V 3"]
) -> Float32[np.ndarray, "V 3"]:
    """Derivative of log luminous irradiance over unit normals, along the sphere.

    Irradiance is a quadratic form of the normal, so its gradient is linear in it.
    """
    c = (light.coefficients @ LUMINANCE_32) * SH_CONSTANTS.astype(np.float32)
    constant = c[0] - c[6]
    linear = c[[3, 1, 2]]
    quadratic = np.array(
        [[c[8], c[4] / 2, c[7] / 2], [c[4] / 2, -c[8], c[5] / 2], [c[7] / 2, c[5] / 2, 3 * c[6]]],
        np.float32,
    )
    slope = normals @ quadratic
    irradiance = constant + normals @ linear + np.einsum("vd,vd->v", slope, normals)
    gradient = linear + 2 * slope
    gradient -= normals * np.einsum("vd,vd->v", gradient, normals)[:, None]
    lit = irradiance > DARKEST_IRRADIANCE
    return np.where(lit, 1 / np.where(lit, irradiance, 1), 0)[:, None].astype(np.float32) * gradient


@lru_cache(maxsize=4)
def smooth_texel_m(atlas: Atlas) -> Float32[np.ndarray, "A A"]:
    """`Atlas.texel_m` without steps between triangles; kept for the next call."""
    per_triangle = np.zeros((len(atlas.model.triangles), 1), np.float32)
    per_triangle[atlas.triangle[atlas.inside], 0] = atlas.texel_m[atlas.inside]
    return _smooth(atlas, per_triangle)[:, :, 0]


def _smooth(atlas: Atlas, per_triangle: Float[np.ndarray, "F C"]) -> Float32[np.ndarray, "A A C"]:
    """Values of triangles, averaged to the corners of the chart and interpolated."""
    model = atlas.model
    corners, count = model.triangles_uv.reshape(-1), len(model.uv)
    shared = np.maximum(np.bincount(corners, minlength=count), 1)
    columns = [np.bincount(corners, np.repeat(c, 3), minlength=count) for c in per_triangle.T]
    values = (np.stack(columns, axis=1) / shared[:, None]).astype(np.float32)
    return kernels.interpolate(atlas.triangle, atlas.weights, model.triangles_uv, values)


def _completed(
    height_m: Float32[np.ndarray, "A A"], seen: Float32[np.ndarray, "A A"], atlas: Atlas
) -> Float32[np.ndarray, "A A"]:
    """The other side's relief where only that was seen."""
    mirrored = look_up(height_m, atlas.mirror_texel)
    filled = height_m + (1 - seen) * mirrored
    return np.where(atlas.part_mask(SKIN_PART), filled, 0).astype(np.float32)
