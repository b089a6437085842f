"""The measurement of textures, on pictures and heads whose answer is known."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from texture_scene import Scene, make_scene, side_light

from evaluation.texture_fidelity import (
    TextureFidelity,
    cheek_delta_e,
    masked_similarity,
    table,
    texture_fidelity,
)
from evaluation.texture_fidelity import (
    side_light as measured_side_light,
)
from reconstruction_backend.avatar import Avatar
from reconstruction_backend.color import srgb_from_linear
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.texture.result import HeadTexture, Provenance


@pytest.fixture(scope="module")
def scene(cameo_head: HeadModel) -> Scene:
    return make_scene(cameo_head, side_light(0.25), mottle=0.1)


def true_avatar(scene: Scene) -> Avatar:
    """The avatar whose texture is the truth that the photo was made with."""
    albedo = srgb_from_linear(scene.albedo)
    flat = np.broadcast_to(np.array([128, 128, 255], np.uint8), albedo.shape).copy()
    seen = np.full(albedo.shape[:2], Provenance.SEEN, np.uint8)
    texture = HeadTexture(albedo, flat, seen, scene.light)
    fit, model = scene.reconstruction.fit, scene.reconstruction.head_model
    return Avatar("cameo-head", model, fit, texture, None, {}, ())


@given(st.integers(1, 40))
def test_an_even_error_gives_its_psnr(error: int) -> None:
    photo = np.full((40, 40, 3), 100, np.uint8)
    drawn = photo.copy()
    mask = np.zeros((40, 40), bool)
    mask[5:35, 5:35] = True
    drawn[mask] += np.uint8(error)
    drawn[~mask] = 0  # what lies outside does not count
    psnr_db, _ = masked_similarity(photo, drawn, mask)
    assert psnr_db == pytest.approx(20 * np.log10(255 / error), abs=1e-6)


def test_the_same_picture_is_perfect_and_a_tiny_mask_tells_nothing() -> None:
    photo = np.random.default_rng(0).integers(0, 255, (40, 40, 3)).astype(np.uint8)
    psnr_db, ssim = masked_similarity(photo, photo, np.ones((40, 40), bool))
    assert psnr_db >= 100
    assert ssim == pytest.approx(1)
    assert np.isnan(masked_similarity(photo, photo, np.zeros((40, 40), bool))).all()


def test_the_truth_is_faithful_and_a_wrong_tone_is_not(scene: Scene) -> None:
    avatar = true_avatar(scene)
    skin = scene.parsing.skin
    right = texture_fidelity(scene.portrait.image, avatar, skin)
    assert right.psnr_db > 40
    assert right.faithful
    darker = replace(avatar.texture, albedo=(avatar.texture.albedo * 0.8).astype(np.uint8))
    wrong = texture_fidelity(scene.portrait.image, replace(avatar, texture=darker), skin)
    assert not wrong.faithful


def test_cheeks_of_one_colour_are_equal_and_a_dark_side_is_not(scene: Scene) -> None:
    avatar = true_avatar(scene)
    even = np.full_like(avatar.texture.albedo, 150)
    equal = replace(avatar.texture, albedo=even)
    assert cheek_delta_e(equal, avatar.head_model) == pytest.approx(0, abs=1e-6)
    half = even.copy()
    half[:, : even.shape[1] * 47 // 128] = 110
    assert cheek_delta_e(replace(equal, albedo=half), avatar.head_model) > 10


def test_side_light_is_that_of_the_light(scene: Scene) -> None:
    avatar = true_avatar(scene)
    expected = np.log((0.8 + (0.12 + 0.25) / 2**0.5) / (0.8 + (0.12 - 0.25) / 2**0.5))
    assert measured_side_light(avatar) == pytest.approx(expected, rel=1e-3)


def test_the_table_counts_those_that_pass() -> None:
    good, bad = TextureFidelity(30, 0.95, 2, 0.5), TextureFidelity(30, 0.90, 6, 0.5)
    text = table([("a", good), ("b", bad)])
    assert "1 of 2" in text.splitlines()[-1]
    assert "1 of 2" in text.splitlines()[-2]
