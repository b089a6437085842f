"""Laws of hair colour: pigments, grey, roots and tips, what is typed, and what a photo shows."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconstruction_backend.avatar import Avatar
from reconstruction_backend.color import LUMINANCE, linear_from_srgb, srgb_from_linear
from reconstruction_backend.errors import InvalidOption
from reconstruction_backend.hair.colour import PRESETS, HairColour, parse_hair_colour
from reconstruction_backend.hair.colour_photo import colour_from_photo
from reconstruction_backend.hair.melanin import UNPIGMENTED_LINEAR, Melanin, fit_pigments
from reconstruction_backend.hair.strands import HairStrands
from reconstruction_backend.parsing.result import CLASSES, WHOLE, Parsing
from reconstruction_backend.portrait import Portrait

concentration = st.floats(0, 8)
ROOTS = np.random.default_rng(0).random((600, 2), np.float32)


@given(concentration, st.floats(0.01, 2), st.floats(0, 2))
def test_more_pigment_is_darker_in_every_channel(dark: float, more: float, red: float) -> None:
    less = Melanin(dark, red).linear()
    assert (Melanin(dark + more, red).linear() <= less).all()
    assert (Melanin(dark, red + more).linear() <= less).all()


def test_hair_without_pigment_is_white_and_eumelanin_takes_blue_first() -> None:
    np.testing.assert_allclose(Melanin(0.0).linear(), UNPIGMENTED_LINEAR, rtol=1e-6)
    red, green, blue = Melanin(0.3).linear()
    assert red > green > blue


@given(st.floats(0.02, 3), st.floats(0, 1.5))
def test_pigments_are_found_again(dark: float, red: float) -> None:
    wanted = Melanin(dark, red).linear()
    fit = fit_pigments(wanted, with_grey=False)
    np.testing.assert_allclose(fit.melanin.linear() * fit.tint, wanted, rtol=2e-3)
    assert np.abs(np.log(fit.tint)).max() < 0.25


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_a_typed_colour_is_the_mean_of_the_hair(srgb: tuple[int, int, int]) -> None:
    colour = parse_hair_colour("#{:02x}{:02x}{:02x}".format(*srgb))
    got = srgb_from_linear(colour.mean_linear()).astype(int)
    darkest = 4  # the fit knows no colour below a thousandth of white
    assert np.abs(got - np.maximum(srgb, darkest)).max() <= 1


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_parsed_and_give_colours(name: str) -> None:
    colours = parse_hair_colour(f" {name.upper()} ").of_strands(ROOTS, 8)
    assert colours.shape == (600, 8, 3)
    assert colours.dtype == np.float32
    assert colours.min() >= 0
    assert colours.max() <= 1


@pytest.mark.parametrize("text", ["", "brownish", "#12345", "#1234567", "#12345g", "123456"])
def test_other_words_are_refused(text: str) -> None:
    with pytest.raises(InvalidOption, match="no hair colour"):
        parse_hair_colour(text)


def test_natural_presets_run_from_dark_to_light() -> None:
    order = ("black", "soft-black", "dark-brown", "brown", "light-brown", "dark-blond", "blond")
    order += ("light-blond", "platinum")
    brightness = [float(PRESETS[name].mean_linear() @ LUMINANCE) for name in order]
    assert brightness == sorted(brightness)


def test_same_seed_same_strands() -> None:
    colour = PRESETS["salt-and-pepper"]
    np.testing.assert_array_equal(
        colour.of_strands(ROOTS, 5, seed=3), colour.of_strands(ROOTS, 5, seed=3)
    )
    assert (colour.of_strands(ROOTS, 5, seed=3) != colour.of_strands(ROOTS, 5, seed=4)).any()


@pytest.mark.parametrize("grey", [0.0, 0.2, 0.5, 0.8, 1.0])
def test_grey_is_the_share_of_unpigmented_hair(grey: float) -> None:
    roots = np.random.default_rng(1).random((6000, 2), np.float32)
    black = HairColour(Melanin(8.0), grey=grey, spread=0.0, root_darkening=0.0, tip_lightening=0.0)
    mean = black.of_strands(roots, 3).mean(axis=(0, 1))
    dark = Melanin(8.0).linear()
    share = (mean - dark) / (UNPIGMENTED_LINEAR - dark)
    np.testing.assert_allclose(share, grey, atol=0.05)


def test_roots_are_darker_and_tips_lighter() -> None:
    colour = HairColour(Melanin(0.4), root_darkening=0.5, tip_lightening=0.5)
    along = colour.of_strands(ROOTS, 9).mean(axis=0) @ LUMINANCE
    assert (np.diff(along) > 0).all()


def test_measured_field_multiplies_what_grows_there() -> None:
    field = np.zeros((4, 4, 3, 3), np.float32)
    field[:, 2:, :, :] = np.log(2)
    plain = HairColour(Melanin(1.5), spread=0.0)
    streaked = replace(plain, measured=field)
    roots = np.array([[0.1, 0.5], [0.9, 0.5]], np.float32)
    ratio = streaked.of_strands(roots, 4) / plain.of_strands(roots, 4)
    np.testing.assert_allclose(ratio[0], 1, rtol=1e-5)
    np.testing.assert_allclose(ratio[1], 2, rtol=1e-5)


def shell_photo(avatar: Avatar, srgb: tuple[int, int, int]) -> tuple[Portrait, Parsing]:
    """A picture all of one colour whose upper half is hair."""
    camera = avatar.fit.camera
    shape = (camera.height_px, camera.width_px)
    shares = np.zeros((*shape, len(CLASSES)), np.uint8)
    half = camera.height_px // 2
    shares[:half, :, CLASSES.index("hair")] = WHOLE
    shares[half:, :, CLASSES.index("background")] = WHOLE
    return Portrait(np.full((*shape, 3), srgb, np.uint8), None), Parsing(shares)


def found_colour(
    avatar: Avatar, portrait: Portrait, parsing: Parsing, strands: HairStrands | None = None
) -> HairColour | None:
    model, fit = avatar.head_model, avatar.fit
    vertices = model.evaluate(fit.shape, fit.expression, fit.pose_rad)
    light = avatar.texture.light
    return colour_from_photo(portrait, parsing, light, fit.camera, model, vertices, strands)


def test_photo_without_hair_gives_no_colour(synthetic_avatar: Avatar) -> None:
    portrait, parsing = shell_photo(synthetic_avatar, (90, 60, 40))
    shares = np.zeros_like(parsing.shares)
    shares[..., CLASSES.index("background")] = WHOLE
    assert found_colour(synthetic_avatar, portrait, Parsing(shares)) is None


def test_light_is_divided_out(synthetic_avatar: Avatar) -> None:
    """Twice the light on the same hair gives the same colour."""
    portrait, parsing = shell_photo(synthetic_avatar, (90, 60, 40))
    dim = found_colour(synthetic_avatar, portrait, parsing)
    bright = srgb_from_linear(2 * linear_from_srgb(portrait.image))
    light = synthetic_avatar.texture.light
    doubled = replace(light, coefficients=2 * light.coefficients)
    lit = replace(synthetic_avatar, texture=replace(synthetic_avatar.texture, light=doubled))
    found = found_colour(lit, Portrait(bright, None), parsing)
    assert dim is not None
    assert found is not None
    np.testing.assert_allclose(found.mean_linear(), dim.mean_linear(), rtol=0.04)


def test_brighter_and_redder_photos_give_brighter_and_redder_hair(
    synthetic_avatar: Avatar,
) -> None:
    def mean(srgb: tuple[int, int, int]) -> np.ndarray:
        colour = found_colour(synthetic_avatar, *shell_photo(synthetic_avatar, srgb))
        assert colour is not None
        return colour.mean_linear()

    dark, light, red = mean((50, 35, 28)), mean((190, 160, 120)), mean((150, 70, 40))
    assert (light > 3 * dark).all()
    assert red[0] / red[2] > 2 * light[0] / light[2]


def test_a_cast_on_dark_hair_is_the_lights_and_a_strong_dye_the_hairs(
    synthetic_avatar: Avatar,
) -> None:
    def greenness(srgb: tuple[int, int, int]) -> float:
        colour = found_colour(synthetic_avatar, *shell_photo(synthetic_avatar, srgb))
        assert colour is not None
        red, green, blue = colour.mean_linear()
        return float(green / np.sqrt(red * blue))

    def seen(srgb: tuple[int, int, int]) -> float:
        red, green, blue = linear_from_srgb(np.array(srgb, np.uint8))
        return float(green / np.sqrt(red * blue))

    tinged, dyed = (36, 44, 36), (40, 150, 60)
    assert np.log(greenness(tinged)) < 0.6 * np.log(seen(tinged))
    assert np.log(greenness(dyed)) > 0.6 * np.log(seen(dyed))


def test_a_streak_is_found_where_it_is_seen(synthetic_avatar: Avatar) -> None:
    """Strands in two halves of the picture take the halves' colours."""
    portrait, parsing = shell_photo(synthetic_avatar, (60, 40, 30))
    middle = portrait.width_px // 2
    portrait.image[:, middle:] = (150, 110, 80)
    rng = np.random.default_rng(2)
    camera = synthetic_avatar.fit.camera
    pixels = rng.random((3000, 2)) * [camera.width_px - 1, camera.height_px / 2 - 4]
    rays = camera.ray_directions(pixels)
    root = camera.position_m() + 0.6 * rays
    points = (root[:, None] + np.linspace(0, 0.003, 4)[None, :, None] * [0, 1, 0]).astype(
        np.float32
    )
    right = pixels[:, 0] > middle
    uv = np.stack([np.where(right, 0.85, 0.15), rng.random(3000)], axis=1).astype(np.float32)
    strands = HairStrands(
        uv, points, np.full((3000, 4), 1e-4, np.float32), np.full((3000, 4, 3), 0.1, np.float32)
    )
    colour = found_colour(synthetic_avatar, portrait, parsing, strands)
    assert colour is not None
    left_uv, right_uv = (np.array([[u, 0.5]] * 200, np.float32) for u in (0.15, 0.85))
    left = colour.of_strands(left_uv, 4).mean(axis=(0, 1))
    right_side = colour.of_strands(right_uv, 4).mean(axis=(0, 1))
    assert (right_side > 1.8 * left).all()
