"""Laws of what takes light, colour casts and folds out of the albedo."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.texture.atlas import SKIN_PART, Atlas, atlas_of
from reconstruction_backend.texture.creases import crease_shading, skin_compression
from reconstruction_backend.texture.light import (
    CHROMA_PER_LUMINANCE,
    LUMINANCE,
    SKIN_CHROMA,
    light_colour,
    nearest_light,
)
from reconstruction_backend.texture.masks import FaceZones, zones_of
from reconstruction_backend.texture.projection import Observation
from reconstruction_backend.texture.residual_light import BRIGHTEST, DARKEST, unlikely_tone
from reconstruction_backend.texture.result import SphericalHarmonicsLight
from reconstruction_backend.texture.scalp import shaved_scalp

SIZE = 256


@pytest.fixture(scope="module")
def atlas(cameo_head: HeadModel) -> Atlas:
    return atlas_of(cameo_head, SIZE)


@pytest.fixture(scope="module")
def zones(atlas: Atlas) -> FaceZones:
    return zones_of(atlas)


def skin_at(luminance: float) -> np.ndarray:
    """Skin in the middle of the locus, linear RGB."""
    chroma = SKIN_CHROMA + CHROMA_PER_LUMINANCE * (luminance + 1)
    rgb = np.exp(np.array([chroma[0], 0, chroma[1]]))
    return rgb * np.exp(luminance) / (rgb @ LUMINANCE)


@given(st.floats(-3.0, -0.3))
def test_skin_on_the_locus_is_under_white_light(luminance: float) -> None:
    np.testing.assert_allclose(light_colour(skin_at(luminance)), 1, atol=1e-6)


@given(st.floats(-2.5, -0.4), st.floats(-0.6, 0.6), st.floats(-0.6, 0.6))
def test_light_takes_the_hue_and_leaves_the_luminance(
    luminance: float, red: float, blue: float
) -> None:
    seen = skin_at(luminance) * np.exp(np.array([red, 0, blue]))
    albedo = seen / light_colour(seen)
    assert albedo @ LUMINANCE == pytest.approx(seen @ LUMINANCE)
    locus = np.log(skin_at(float(np.log(seen @ LUMINANCE))))

    def departure(rgb: np.ndarray) -> float:
        chroma = np.log(rgb[[0, 2]] / rgb[1])
        return float(np.linalg.norm(chroma - (locus[[0, 2]] - locus[1])))

    assert departure(albedo) <= departure(seen) + 1e-9


def test_the_nearest_light_is_found() -> None:
    rng = np.random.default_rng(5)
    normals = rng.standard_normal((4000, 3)).astype(np.float32)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    coefficients = np.zeros((9, 3), np.float32)
    coefficients[0], coefficients[3] = 3.0, [0.4, 0.3, 0.2]
    truth = SphericalHarmonicsLight(coefficients)
    start = SphericalHarmonicsLight(np.eye(9, 1, dtype=np.float32).repeat(3, axis=1) * 3)
    weights = np.ones(len(normals), np.float32)
    found = nearest_light(truth.irradiance(normals), normals, weights, start)
    np.testing.assert_allclose(found.irradiance(normals), truth.irradiance(normals), rtol=0.1)
    none = nearest_light(truth.irradiance(normals[:3]), normals[:3], weights[:3], start)
    np.testing.assert_array_equal(none.coefficients, start.coefficients)


@settings(max_examples=8)
@given(st.floats(0.3, 1.2))
def test_a_broad_highlight_is_light_and_a_fine_pattern_is_skin(
    zones: FaceZones, height: float
) -> None:
    weight = (zones.oval_depth_m > 0).astype(np.float32)
    rows, columns = np.indices((SIZE, SIZE))
    centre = np.argwhere(zones.seeds).mean(axis=0)
    blob = np.exp(-((rows - centre[0]) ** 2 + (columns - centre[1]) ** 2) / (2 * 12.0**2))
    fine = 0.1 * ((rows + columns) % 2 * 2 - 1)
    for sign, limit in ((1, BRIGHTEST), (-1, DARKEST)):
        departure = (sign * height * blob + fine)[:, :, None] * np.ones(3)
        kept = departure - unlikely_tone(
            departure.astype(np.float32), weight, zones, np.zeros_like(weight)
        )
        free = (zones.core == 0) & (zones.lower_face == 0) & (weight > 0)
        broad = kept.mean(axis=2) - fine
        assert np.abs(broad[free]).max() < limit + 0.08
        assert np.abs(np.diff(kept.mean(axis=2), axis=1)).max() > 0.15  # the pattern is there


def test_an_even_tone_stays(zones: FaceZones) -> None:
    nothing = np.zeros((SIZE, SIZE, 3), np.float32)
    shading = unlikely_tone(nothing, nothing[:, :, 0] + 1, zones, nothing[:, :, 0])
    np.testing.assert_allclose(shading, 0, atol=1e-6)


@settings(max_examples=10)
@given(st.floats(0.5, 1.4), st.floats(-0.3, 0.3))
def test_compression_is_how_much_the_skin_shortened(
    atlas: Atlas, factor: float, turn: float
) -> None:
    model = atlas.model
    still = skin_compression(model, model.template_m, model.template_m)
    np.testing.assert_allclose(still, 0, atol=2e-3)
    c, s = np.cos(turn), np.sin(turn)
    moved = model.template_m * factor @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    found = skin_compression(model, model.template_m, moved.astype(np.float32))
    skin = np.unique(model.triangles[model.part_triangles(SKIN_PART)])
    np.testing.assert_allclose(found[skin], max(1 - factor, 0), atol=5e-3)


def test_folds_stay_where_the_skin_is_not_compressed(atlas: Atlas, zones: FaceZones) -> None:
    folds = np.random.default_rng(2).normal(0, 0.2, (SIZE, SIZE, 3)).astype(np.float32)
    weight = np.ones((SIZE, SIZE), np.float32)
    vertices = atlas.model.vertex_count
    relaxed = crease_shading(folds, weight, np.zeros(vertices, np.float32), zones, atlas)
    np.testing.assert_array_equal(relaxed, 0)
    pressed = crease_shading(folds, weight, np.ones(vertices, np.float32), zones, atlas)
    assert np.abs(pressed).max() > 0.02


def scalp_seen_as(hair: float, skin: float, confidence: float) -> Observation:
    def even(value: float) -> np.ndarray:
        return np.full((SIZE, SIZE), value, np.float32)

    dark = np.full((SIZE, SIZE, 3), 0.03, np.float32)
    return Observation(dark, even(confidence), even(skin), even(hair), even(0))


def test_stubble_grows_where_hair_does(atlas: Atlas) -> None:
    skin = np.array([0.5, 0.3, 0.22], np.float32)
    bald = shaved_scalp(scalp_seen_as(0, 1, 1), skin, atlas)
    hairy = shaved_scalp(scalp_seen_as(1, 0, 1), skin, atlas)
    unknown = shaved_scalp(scalp_seen_as(0, 0, 0), skin, atlas)
    scalp = atlas.interpolate(atlas.model.region("scalp")[:, None])[:, :, 0] > 0.99
    face = atlas.interpolate(atlas.model.region("nose")[:, None])[:, :, 0] > 0.99
    densities = [float(s.density[scalp].mean()) for s in (bald, unknown, hairy)]
    assert densities[0] < 0.02 < densities[1] < densities[2]
    assert hairy.log_darkening[scalp].mean() < -0.1
    for stubble in (bald, hairy, unknown):
        assert stubble.density[face].max() < 0.01
