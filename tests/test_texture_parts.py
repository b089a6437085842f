"""Laws of the texture stage's parts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.texture import kernels
from reconstruction_backend.texture.atlas import Atlas, atlas_of
from reconstruction_backend.texture.completion import complete_tone, skin_graph
from reconstruction_backend.texture.eyes import eyeball_texels, paint_eyeball
from reconstruction_backend.texture.grain import pore_strength, pore_tile
from reconstruction_backend.texture.iris import ANGLES, RADII, SCLERA, PolarIris
from reconstruction_backend.texture.light import SkinSamples, estimate_light
from reconstruction_backend.texture.result import SphericalHarmonicsLight, spherical_harmonics

SIZE = 128


@pytest.fixture(scope="module")
def atlas(synthetic_head: HeadModel) -> Atlas:
    return atlas_of(synthetic_head, SIZE)


def sphere(count: int) -> np.ndarray:
    k = np.arange(count) + 0.5
    polar, azimuth = np.arccos(1 - 2 * k / count), np.pi * (1 + 5**0.5) * k
    return np.stack(
        [np.cos(azimuth) * np.sin(polar), np.sin(azimuth) * np.sin(polar), np.cos(polar)], axis=1
    )


def test_spherical_harmonics_are_orthonormal() -> None:
    basis = spherical_harmonics(sphere(20000))
    gram = basis.T @ basis * (4 * np.pi / len(basis))
    np.testing.assert_allclose(gram, np.eye(9), atol=2e-3)


def test_uniform_light_is_one_everywhere() -> None:
    coefficients = np.zeros((9, 3), np.float32)
    coefficients[0] = 1 / 0.282095
    light = SphericalHarmonicsLight(coefficients)
    np.testing.assert_allclose(light.irradiance(sphere(50)), 1, atol=1e-5)


@settings(max_examples=12)
@given(st.floats(-0.5, 0.5), st.floats(-0.3, 0.3), st.floats(0.02, 0.9))
def test_light_on_an_even_face_is_found(sideways: float, up: float, tone: float) -> None:
    """A constant albedo under linear light: what is divided out leaves it constant again."""
    normals = sphere(4000)
    normals = normals[normals[:, 2] > 0.3].astype(np.float32)
    irradiance = 0.8 + 0.1 * normals[:, 2] + sideways * normals[:, 0] + up * normals[:, 1]
    irradiance = np.maximum(irradiance, 0.1)[:, None]
    mirrored = normals * np.array([-1, 1, 1], np.float32)
    mirrored_light = 0.8 + 0.1 * mirrored[:, 2] + sideways * mirrored[:, 0] + up * mirrored[:, 1]
    ones = np.ones(len(normals), np.float32)
    skin = np.array([tone, 0.6 * tone, 0.5 * tone])
    light = estimate_light(
        SkinSamples(
            rgb=(irradiance * skin).astype(np.float32),
            albedo=np.ones((len(normals), 3), np.float32),
            normals=normals,
            weights=ones,
            mirror_rgb=(np.maximum(mirrored_light, 0.1)[:, None] * skin).astype(np.float32),
            mirror_normals=mirrored,
            mirror_weights=ones,
        )
    )
    albedo = irradiance * skin / np.maximum(light.irradiance(normals), 0.02)
    spread = np.percentile(albedo, 90, axis=0) / np.percentile(albedo, 10, axis=0)
    assert (spread < 1.12).all()


def test_texel_centres_lie_where_the_conventions_say(atlas: Atlas) -> None:
    """The corners' UV, interpolated, are the texel's own UV, in every chart."""
    model = atlas.model
    uv = kernels.interpolate(atlas.triangle, atlas.weights, model.triangles_uv, model.uv)
    rows, columns = np.nonzero(atlas.inside)
    expected = np.stack([(columns + 0.5) / SIZE, (rows + 0.5) / SIZE], axis=1)
    np.testing.assert_allclose(uv[rows, columns], expected, atol=1e-4)


def test_some_texels_are_interpolated_as_all_are(atlas: Atlas) -> None:
    texels = np.flatnonzero(atlas.inside).astype(np.int32)[::3]
    everywhere = atlas.interpolate(atlas.model.template_m).reshape(-1, 3)
    some = atlas.interpolate_at(texels, atlas.model.template_m)
    np.testing.assert_array_equal(some, everywhere[texels])


def test_mirror_is_an_involution(atlas: Atlas) -> None:
    texel = atlas.mirror_texel
    rows, columns = np.nonzero(texel[:, :, 0] >= 0)
    there = np.round(texel[rows, columns]).astype(int)
    back = texel[there[:, 1], there[:, 0]]
    known = back[:, 0] >= 0
    distance = np.abs(back - np.stack([columns, rows], axis=1)).max(axis=1)[known]
    assert known.mean() > 0.9
    assert np.percentile(distance, 95) < 1.5


def test_padding_keeps_the_charts(atlas: Atlas) -> None:
    image = np.random.default_rng(0).integers(0, 255, (SIZE, SIZE, 3)).astype(np.uint8)
    padded = atlas.pad(image)
    np.testing.assert_array_equal(padded[atlas.inside], image[atlas.inside])


def test_completion_keeps_a_constant_tone(atlas: Atlas) -> None:
    graph = skin_graph(atlas)
    tone = np.full((len(graph.vertices), 3), -1.3, np.float32)
    confidence = (np.random.default_rng(1).random(len(tone)) > 0.7).astype(np.float32)
    completed = complete_tone(graph, tone, confidence, np.full(3, -1.3))
    np.testing.assert_allclose(completed, -1.3, atol=1e-4)


def test_completion_stays_between_what_it_was_given(atlas: Atlas) -> None:
    """The maximum principle of a harmonic function, where no mirror gradient guides it."""
    graph = skin_graph(atlas)
    position = atlas.model.template_m[graph.vertices]
    confidence = (np.abs(position[:, 0]) < 0.02).astype(np.float32)
    tone = np.where(position[:, 1:2] > 0, -1.0, -2.0) * np.ones((1, 3), np.float32)
    completed = complete_tone(graph, tone.astype(np.float32), confidence, np.full(3, -1.5))
    assert completed.min() >= -2.001
    assert completed.max() <= -0.999


def test_pores_repeat_without_a_seam_and_have_unit_deviation() -> None:
    tile = pore_tile()[:, :, 0]
    inner = np.abs(np.diff(tile, axis=0)).mean()
    assert np.abs(tile[0] - tile[-1]).mean() < 1.3 * inner
    assert tile.std() == pytest.approx(1, abs=1e-3)


@given(st.floats(1e-5, 3e-3), st.floats(1e-5, 3e-3))
def test_coarser_photos_need_more_invented_pores(a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert pore_strength(low) <= pore_strength(high)


def test_iris_keeps_its_colour_and_the_pupil_is_dark(cameo_head: HeadModel) -> None:
    blue = np.array([0.045, 0.075, 0.13], np.float32)
    iris = PolarIris(
        rgb=np.broadcast_to(blue, (RADII, ANGLES, 3)).copy(),
        seen=np.ones((RADII, ANGLES), bool),
        sharpness=0.0,
        white=SCLERA,
    )
    texels = eyeball_texels(atlas_of(cameo_head, 512), "left")
    rgb, seen = paint_eyeball(texels, iris)
    ring = (texels.radius > 0.45) & (texels.radius < 0.75)
    pupil, sclera = texels.radius < 0.25, (texels.radius > 1.2) & (texels.radius < 1.6)
    np.testing.assert_allclose(rgb[ring].mean(axis=0), blue, rtol=0.1)
    assert rgb[pupil].max() < 0.05
    assert rgb[sclera].mean() > 0.3
    assert not seen[texels.radius > 1].any()
