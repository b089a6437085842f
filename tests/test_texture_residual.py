"""The photo's residual light: what the albedo was freed of comes back at the photo's camera."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from texture_scene import SIZE, SKIN, Scene, photographed, side_light

from evaluation.texture_fidelity import cheek_delta_e, texture_fidelity
from reconstruction_backend.avatar import Avatar
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.parsing import CLASSES, Parsing
from reconstruction_backend.rendering.options import RenderOptions
from reconstruction_backend.rendering.render import render_avatar
from reconstruction_backend.texture.atlas import SKIN_PART, atlas_of
from reconstruction_backend.texture.make import TextureOptions, make_texture
from reconstruction_backend.texture.masks import landmark_texels
from reconstruction_backend.texture.result import (
    NEUTRAL_RESIDUAL,
    encode_residual,
    no_residual,
    residual_factor,
)

SHADED_CHEEK, SHADOW = 280, 0.5
"""Mesh point in the middle of the shadow, and the share of the light that reaches it."""
BETWEEN_BROWS = 9
SHADOW_RADIUS_M, SHADOW_EDGE_M = 0.022, 0.003


@pytest.fixture(scope="module")
def scene(cameo_head: HeadModel) -> Scene:
    """An even head with a cast shadow on its left cheek."""
    model = cameo_head
    rest = atlas_of(model, SIZE).interpolate(model.template_m)
    x, y = np.round(landmark_texels(model, SIZE)[SHADED_CHEEK]).astype(int)
    distance_m = np.linalg.norm(rest - rest[y, x], axis=2)
    lit = 1 / (1 + np.exp((SHADOW_RADIUS_M - distance_m) / SHADOW_EDGE_M))
    light = SHADOW + (1 - SHADOW) * lit
    return photographed(model, side_light(0.1), (SKIN * light[:, :, None]).astype(np.float32))


@pytest.fixture(scope="module")
def avatar(scene: Scene) -> Avatar:
    options = TextureOptions(size=SIZE)
    texture = make_texture(
        scene.portrait, scene.landmarks, scene.parsing, scene.reconstruction, options
    )
    fit, model = scene.reconstruction.fit, scene.reconstruction.head_model
    return Avatar("cameo-head", model, fit, texture, None, {}, ())


def without(avatar: Avatar) -> Avatar:
    return replace(avatar, texture=replace(avatar.texture, residual_light=no_residual()))


def test_a_cast_shadow_leaves_the_albedo_and_comes_back_in_the_photo_s_light(
    scene: Scene, avatar: Avatar
) -> None:
    photo, skin = scene.portrait.image, scene.parsing.skin
    assert cheek_delta_e(avatar.texture, avatar.head_model) < 4
    flat, back = (texture_fidelity(photo, a, skin) for a in (without(avatar), avatar))
    assert flat.psnr_db < 32
    assert back.psnr_db > max(flat.psnr_db + 6, 38)
    assert back.ssim > 0.97


def test_the_studio_knows_nothing_of_it(avatar: Avatar) -> None:
    options = RenderOptions(size_px=96)
    np.testing.assert_array_equal(
        render_avatar(avatar, options), render_avatar(without(avatar), options)
    )


def test_it_is_neutral_on_eyes_and_far_from_what_was_seen(avatar: Avatar) -> None:
    residual = avatar.texture.residual_light
    atlas = atlas_of(avatar.head_model, len(residual))
    assert (residual[atlas.inside & ~atlas.part_mask(SKIN_PART)] == NEUTRAL_RESIDUAL).all()
    back_of_head = atlas.interpolate(avatar.head_model.template_m)[:, :, 2] < -0.05
    assert (residual[back_of_head & atlas.part_mask(SKIN_PART)] == NEUTRAL_RESIDUAL).all()


def test_it_ends_without_a_step(avatar: Avatar) -> None:
    residual = avatar.texture.residual_light.astype(int)
    atlas = atlas_of(avatar.head_model, len(residual))
    skin = atlas.part_mask(SKIN_PART)
    beside = skin[:, 1:] & skin[:, :-1]
    steps = np.abs(np.diff(residual, axis=1))[beside]
    # the shadow's own edge is log 2 over twelve millimetres; lips and lids end within few texels
    assert np.percentile(steps, 99.9) < 10


def test_a_brow_that_nothing_shows_has_none(scene: Scene) -> None:
    """Around the mouth a beard would be shown as it is, whatever the parsing calls it."""
    hidden = Parsing(np.zeros_like(scene.parsing.shares))
    hidden.shares[:, :, CLASSES.index("background")] = 255
    texture = make_texture(
        scene.portrait, scene.landmarks, hidden, scene.reconstruction, TextureOptions(size=SIZE)
    )
    model = scene.reconstruction.head_model
    rest = atlas_of(model, len(texture.residual_light)).interpolate(model.template_m)
    brow_m = model.surface_points(model.landmarks_mediapipe, model.template_m)[BETWEEN_BROWS]
    assert (texture.residual_light[rest[:, :, 1] > brow_m[1]] == NEUTRAL_RESIDUAL).all()


@given(st.floats(-1.9, 1.9))
def test_factors_survive_their_bytes(log_factor: float) -> None:
    coded = encode_residual(np.full((2, 2, 3), log_factor, np.float32))
    found = np.log(residual_factor(coded.astype(np.float32)))
    np.testing.assert_allclose(found, log_factor, atol=0.5 / 64 + 1e-4)


def test_what_bytes_cannot_hold_is_limited() -> None:
    coded = encode_residual(np.array([[[-9.0, 0.0, 9.0]]], np.float32))
    assert coded.tolist() == [[[0, NEUTRAL_RESIDUAL, 255]]]
    assert residual_factor(no_residual().astype(np.float32)).tolist() == [[[1, 1, 1]]]
