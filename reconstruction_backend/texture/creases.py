"""Folds that the photo's expression pressed into the skin, which the neutral head has not.

Where the fitted expression presses skin together (a cheek raised against the nasolabial fold, a
forehead under lifted brows) its shaded folds belong to that expression rather than to the albedo.
The strain is known from the mesh alone: per triangle, the deformation gradient from the neutral to
the expressive face, whose smaller singular value says how much the skin shortened.
"""

import cv2
import numpy as np
from jaxtyping import Float32

from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.texture.atlas import SKIN_PART, Atlas
from reconstruction_backend.texture.masks import FaceZones

STEP = 2
"""Folds are millimetres wide: every n-th texel of the coarse atlas will do."""
FINE_TEXELS, BROAD_TEXELS = 2.5, 14.0
"""The band of folds, of an atlas of 1024 texels: one to six millimetres."""
COMPRESSION_FROM, COMPRESSION_TO = 0.06, 0.25
"""Shortening at which a fold begins to be the expression's, and at which it is."""
TAKEN = 0.8
"""Of such a fold; something of it stays in every face."""


def skin_compression(
    model: HeadModel,
    neutral_m: Float32[np.ndarray, "V 3"],
    expressive_m: Float32[np.ndarray, "V 3"],
) -> Float32[np.ndarray, "V"]:
    """By what share the skin is shortened at most, per vertex; zero where it is stretched."""
    triangles = model.triangles[model.part_triangles(SKIN_PART)]
    rest, length = _gram(neutral_m[triangles])
    moved, _ = _gram(expressive_m[triangles])
    # Singular values of the deformation gradient: eigenvalues of rest^-1 moved, square-rooted.
    determinant = np.maximum(rest[0] * rest[2] - rest[1] ** 2, 1e-9 * length**4)
    trace = (rest[2] * moved[0] - 2 * rest[1] * moved[1] + rest[0] * moved[2]) / determinant
    product = (moved[0] * moved[2] - moved[1] ** 2) / determinant
    smaller = trace / 2 - np.sqrt(np.maximum(trace**2 / 4 - product, 0))
    shortened = np.clip(1 - np.sqrt(np.maximum(smaller, 0)), 0, 1)
    total = np.bincount(triangles.ravel(), np.repeat(shortened, 3), minlength=model.vertex_count)
    count = np.bincount(triangles.ravel(), minlength=model.vertex_count)
    return (total / np.maximum(count, 1)).astype(np.float32)


def crease_shading(
    log_albedo: Float32[np.ndarray, "A A 3"],
    weight: Float32[np.ndarray, "A A"],
    compression: Float32[np.ndarray, "V"],
    zones: FaceZones,
    atlas: Atlas,
) -> Float32[np.ndarray, "A A 3"]:
    """Log light of the folds: the millimetre band of luminance where the skin is compressed."""
    if compression.max() < COMPRESSION_FROM:
        return np.zeros_like(log_albedo)
    pressed = atlas.interpolate(compression[:, None])[::STEP, ::STEP, 0]
    share = np.clip((pressed - COMPRESSION_FROM) / (COMPRESSION_TO - COMPRESSION_FROM), 0, 1)
    share *= TAKEN * np.clip(1 - zones.features[::STEP, ::STEP] * 2, 0, 1)
    thin = np.ascontiguousarray(weight[::STEP, ::STEP])
    luminance = log_albedo[::STEP, ::STEP].mean(axis=2)
    scale = atlas.size / 1024 / STEP
    fine, broad = (
        cv2.GaussianBlur(luminance * thin, (0, 0), sigma * scale)
        / np.maximum(cv2.GaussianBlur(thin, (0, 0), sigma * scale), 1e-3)
        for sigma in (FINE_TEXELS, BROAD_TEXELS)
    )
    band = cv2.GaussianBlur(share, (0, 0), FINE_TEXELS * scale) * (fine - broad) * thin
    size = (atlas.size, atlas.size)
    full = cv2.resize(band.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    return np.repeat(full[:, :, None], 3, axis=2)


def _gram(
    corners_m: Float32[np.ndarray, "F 3 3"],
) -> tuple[tuple[np.ndarray, np.ndarray, np.ndarray], np.ndarray]:
    """Inner products of two edges (aa, ab, bb) per triangle, and a length to compare with."""
    a = (corners_m[:, 1] - corners_m[:, 0]).astype(np.float64)
    b = (corners_m[:, 2] - corners_m[:, 0]).astype(np.float64)
    aa, ab, bb = (np.einsum("fd,fd->f", u, v) for u, v in ((a, a), (a, b), (b, b)))
    return (aa, ab, bb), np.sqrt(np.maximum(aa, bb))
