"""Laws of the relief: its inverse from shading, what is not relief, and the normal map's metric."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from texture_scene import SIZE as SCENE_SIZE
from texture_scene import SKIN, Scene, photographed, side_light

from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.tangents import unit
from reconstruction_backend.texture.atlas import SKIN_PART, Atlas, atlas_of
from reconstruction_backend.texture.make import TextureOptions, make_texture
from reconstruction_backend.texture.masks import zones_of
from reconstruction_backend.texture.micro_relief import UNIT_M, micro_relief, pattern_tile
from reconstruction_backend.texture.normal_map import normal_map, slope_frames, texel_gradients
from reconstruction_backend.texture.relief import WRINKLES_M, log_irradiance_gradient
from reconstruction_backend.texture.relief_inverse import DARK_IS_DEEP, Band, height_of_shading
from reconstruction_backend.texture.relief_trust import (
    ROUND_SHARE,
    FinePattern,
    elongation,
    face_texel_m,
    relief_trust,
)
from reconstruction_backend.texture.result import HeadTexture, SphericalHarmonicsLight

SIZE = 256
BAND = Band(4.0, 60.0)


@pytest.fixture(scope="module")
def model(cameo_head: HeadModel) -> HeadModel:
    return cameo_head


@pytest.fixture(scope="module")
def face(model: HeadModel) -> Atlas:
    return atlas_of(model, 512)


def bumps(seed: int) -> np.ndarray:
    """A relief in texels of wavelengths well inside the band, fading to zero at the border."""
    noise = np.random.default_rng(seed).standard_normal((SIZE, SIZE)).astype(np.float32)
    relief = cv2.GaussianBlur(noise, (0, 0), 2.5) - cv2.GaussianBlur(noise, (0, 0), 5.0)
    return relief / relief.std() * np.outer(np.hanning(SIZE), np.hanning(SIZE)).astype(np.float32)


def shaded(relief: np.ndarray, gradient: tuple[float, float]) -> np.ndarray:
    """The forward model of `relief_inverse`, written in space but for the half Laplacian."""
    y, x = 2 * np.pi * np.fft.fftfreq(SIZE)[:, None], 2 * np.pi * np.fft.fftfreq(SIZE)[None]
    deep = np.fft.ifft2(np.hypot(x, y) * np.fft.fft2(relief)).real
    slope_y, slope_x = np.gradient(relief)
    shading = DARK_IS_DEEP * deep - gradient[0] * slope_x - gradient[1] * slope_y
    return shading.astype(np.float32)


def even(gradient: tuple[float, float]) -> np.ndarray:
    return np.broadcast_to(np.array(gradient, np.float32), (SIZE, SIZE, 2)).copy()


@settings(max_examples=12)
@given(st.integers(0, 99), st.floats(0, 1.1), st.floats(0, 6.28))
def test_a_known_relief_comes_back(seed: int, strength: float, towards: float) -> None:
    """In the right place, with the right sign and about the right height, whatever the light."""
    gradient = (strength * np.cos(towards), strength * np.sin(towards))
    truth = bumps(seed)
    found = height_of_shading(shaded(truth, gradient), even(gradient), BAND)
    assert np.corrcoef(found.ravel(), truth.ravel())[0, 1] > 0.95
    height = float((found * truth).sum() / (truth * truth).sum())
    assert 0.75 < height < 1.15


@settings(max_examples=6)
@given(st.integers(0, 99), st.floats(0, 6.28))
def test_turning_the_light_leaves_the_relief(seed: int, towards: float) -> None:
    truth = bumps(seed)
    found = []
    for turn in (0, np.pi / 2, np.pi):
        gradient = (0.8 * np.cos(towards + turn), 0.8 * np.sin(towards + turn))
        found.append(height_of_shading(shaded(truth, gradient), even(gradient), BAND).ravel())
    assert np.corrcoef(found).min() > 0.9


def test_no_shading_no_relief() -> None:
    flat = np.zeros((SIZE, SIZE), np.float32)
    assert not height_of_shading(flat, even((0.7, 0.2)), BAND).any()


def pattern(atlas: Atlas, luminance: np.ndarray, tone: np.ndarray | None = None) -> FinePattern:
    everywhere = np.ones((atlas.size, atlas.size), np.float32)
    plain = np.zeros((atlas.size, atlas.size, 2), np.float32)
    return FinePattern(luminance.astype(np.float32), plain if tone is None else tone, everywhere)


def test_moles_are_rounder_than_wrinkles(face: Atlas) -> None:
    """A dark round spot counts for little, a dark line of the same width in full."""
    y, x = np.mgrid[: face.size, : face.size].astype(np.float32)
    spot_y, spot_x, width = 200, 150, 1.3e-3 / face_texel_m(face)
    spot = -np.exp(-((x - spot_x) ** 2 + (y - spot_y) ** 2) / width**2)
    line = -np.exp(-((y - spot_y) ** 2) / width**2)
    assert elongation(pattern(face, 0.4 * spot), face)[spot_y, spot_x] < ROUND_SHARE + 0.1
    assert elongation(pattern(face, 0.4 * line), face)[spot_y, spot_x] > 0.95


def test_paint_is_not_relief_but_blush_and_shade_are(face: Atlas) -> None:
    seeds = zones_of(face).seeds
    quiet = np.zeros((face.size, face.size), np.float32)
    dark = np.zeros((face.size, face.size, 2), np.float32)
    dark[:, :, 0] = -0.7
    reddened = dark.copy()
    reddened[:, :, 1] = 0.3
    plain = relief_trust(pattern(face, quiet), face)[seeds].mean()
    assert relief_trust(pattern(face, quiet, dark), face)[seeds].mean() < 0.05
    assert relief_trust(pattern(face, quiet, reddened), face)[seeds].mean() > 0.8 * plain


def striped(atlas: Atlas) -> np.ndarray:
    """Vertical furrows 6 mm apart on the resting face, metres; in the middle of the band."""
    rest = atlas.interpolate(atlas.model.template_m)
    face = atlas.interpolate(atlas.model.region("face")[:, None])[:, :, 0]
    return (1.2e-4 * np.cos(rest[:, :, 0] * (2 * np.pi / 0.006)) * face).astype(np.float32)


def dark_is_deep(height_m: np.ndarray, atlas: Atlas) -> np.ndarray:
    """What creases lose, to be painted where the renderer has no occlusion as fine."""
    y, x = 2 * np.pi * np.fft.fftfreq(atlas.size)[:, None], 2 * np.pi * np.fft.fftfreq(atlas.size)
    deep = np.fft.ifft2(np.hypot(x, y) * np.fft.fft2(height_m / face_texel_m(atlas))).real
    return np.exp(DARK_IS_DEEP * deep)


def slopes(texture: np.ndarray) -> np.ndarray:
    normal = texture.astype(np.float32) / 127.5 - 1
    return -normal[:, :, :2] / normal[:, :, 2:]


@pytest.mark.parametrize("sideways", [-0.45, 0.0, 0.45])
def test_furrows_in_a_photo_come_back_as_slopes(model: HeadModel, sideways: float) -> None:
    """Photographed with their shading under any light, and found with their sign and size."""
    atlas = atlas_of(model, SCENE_SIZE)
    height_m = striped(atlas)
    covered = atlas.part_mask(SKIN_PART)
    truth = normal_map(atlas, height_m, slope_frames(atlas, model.template_m), covered)
    albedo = (SKIN * dark_is_deep(height_m, atlas)[:, :, None]).astype(np.float32)
    scene = photographed(model, side_light(sideways), albedo, normal=truth)
    texture = _texture(scene)
    region = atlas.interpolate(model.region("cheeks")[:, None])[:, :, 0] > 0.8
    wanted, found = slopes(truth)[region][:, 0], slopes(texture.normal)[region][:, 0]
    found = found - found.mean()
    assert np.corrcoef(wanted, found)[0, 1] > 0.85
    assert 0.6 < (found @ wanted) / (wanted @ wanted) < 1.4


def _texture(scene: Scene) -> HeadTexture:
    return make_texture(
        scene.portrait,
        scene.landmarks,
        scene.parsing,
        scene.reconstruction,
        TextureOptions(SCENE_SIZE),
    )


@settings(max_examples=8)
@given(st.floats(0.4, 2.5), st.floats(-0.5, 0.5), st.tuples(*[st.floats(-0.4, 0.4)] * 3))
def test_slopes_do_not_depend_on_the_chart(
    synthetic_head: HeadModel, stretch: float, skew: float, direction: tuple[float, float, float]
) -> None:
    """A height linear in space has one surface gradient, however the chart stretches and skews."""
    squeeze = np.array([[0.3 * stretch, 0], [0.3 * skew, 0.3]], np.float32)
    model = replace(synthetic_head, uv=(synthetic_head.uv @ squeeze + 0.3).astype(np.float32))
    atlas = atlas_of(model, SIZE)
    covered = atlas.part_mask(SKIN_PART)
    slope = np.array(direction, np.float32)
    height_m = atlas.interpolate(model.template_m) @ slope
    frames = slope_frames(atlas, model.template_m)
    found = slopes(normal_map(atlas, height_m, frames, covered))
    inner = cv2.erode(covered.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    wanted = _expected_slopes(atlas, frames, slope)
    error = np.abs(found - wanted)[inner]
    assert np.median(error) < 0.03


def _expected_slopes(atlas: Atlas, frames: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """The linear height's slopes along t and b, softly limited as the map's are."""
    corners = atlas.model.template_m[atlas.model.triangles]
    steps = texel_gradients(atlas, atlas.model.template_m)
    edges = atlas.model.uv[atlas.model.triangles_uv] * atlas.size
    rise = (corners @ slope)[:, 1:] - (corners @ slope)[:, :1]
    per_texel = np.linalg.solve(edges[:, 1:] - edges[:, :1], rise[:, :, None])[:, :, 0]
    in_space = np.einsum("fa,fad->fd", per_texel, steps)
    normal = unit(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]))
    on_surface = slope - normal * (normal @ slope)[:, None]
    np.testing.assert_allclose(in_space, on_surface, atol=2e-3)
    along = np.einsum("fkab,fb->fka", frames.reshape(-1, 3, 2, 2), per_texel).mean(axis=1)
    limited = along / np.sqrt(1 + (along**2).sum(axis=1, keepdims=True) / 0.8**2)
    return limited[atlas.triangle]


def test_flat_height_gives_flat_normals(face: Atlas, model: HeadModel) -> None:
    frames = slope_frames(face, model.template_m)
    flat = np.zeros((face.size, face.size), np.float32)
    normal = normal_map(face, flat, frames, face.part_mask(SKIN_PART))
    assert (normal == np.array([128, 128, 255])).all()


def test_micro_relief_covers_the_skin_evenly(face: Atlas) -> None:
    """Everywhere on the skin there is some, of pores' size, and none elsewhere."""
    skin = face.part_mask(SKIN_PART)
    height_m = micro_relief(face).astype(np.float32) * UNIT_M
    assert not height_m[~skin].any()
    local = cv2.blur(np.abs(height_m), (33, 33))
    inner = cv2.erode(skin.astype(np.uint8), np.ones((33, 33), np.uint8)) > 0
    assert np.percentile(local[inner], 2) > 1e-7
    assert height_m[skin].std() < 1e-4 < WRINKLES_M[0]


def test_pattern_tile_repeats() -> None:
    tile = pattern_tile()
    seam = np.abs(tile[0] - tile[-1]).mean() + np.abs(tile[:, 0] - tile[:, -1]).mean()
    inside = np.abs(np.diff(tile, axis=0)).mean() + np.abs(np.diff(tile, axis=1)).mean()
    assert seam < 1.5 * inside


@settings(max_examples=10)
@given(st.integers(0, 999))
def test_the_lights_gradient_is_its_finite_difference(seed: int) -> None:
    """Along two tangents of random normals, for random lights that are bright everywhere."""
    rng = np.random.default_rng(seed)
    coefficients = rng.normal(0, 0.1, (9, 1)) + np.eye(9)[:, :1] * 3.5
    light = SphericalHarmonicsLight(np.tile(coefficients, 3).astype(np.float32))
    normals = unit(rng.normal(size=(40, 3)))
    tangents = unit(np.cross(normals, rng.normal(size=3)))
    step = 1e-2
    ahead, behind = (
        np.log(light.irradiance(unit(normals + turn * tangents))[:, 0].astype(np.float64))
        for turn in (step, -step)
    )
    found = log_irradiance_gradient(light, normals.astype(np.float32))
    np.testing.assert_allclose(
        np.einsum("vd,vd->v", found, tangents), (ahead - behind) / (2 * step), atol=2e-3
    )
    np.testing.assert_allclose(np.einsum("vd,vd->v", found, normals), 0, atol=1e-5)
