"""Laws of the eyes: what was painted is found again, and irises look like irises."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from texture_scene import SIZE, SKIN, photographed, side_light

from reconstruction_backend.color import linear_from_srgb
from reconstruction_backend.head_model import JOINT_NAMES, HeadModel
from reconstruction_backend.texture.atlas import atlas_of
from reconstruction_backend.texture.eyes import eyeball_texels, iris_tile, paint_eyeball
from reconstruction_backend.texture.iris import (
    ANGLES,
    DEFAULT_IRIS,
    IRIS_CENTRE,
    RADII,
    SCLERA,
    SIDES,
    PolarIris,
    Side,
    natural_iris,
)
from reconstruction_backend.texture.make import TextureOptions, make_texture
from reconstruction_backend.texture.result import HeadTexture, Provenance

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
IRISES = {
    "brown": (0.070, 0.036, 0.019),
    "hazel": (0.085, 0.062, 0.028),
    "green": (0.075, 0.085, 0.050),
    "blue": (0.065, 0.090, 0.130),
    "grey": (0.095, 0.100, 0.105),
}


@pytest.fixture(scope="module")
def model(cameo_head: HeadModel) -> HeadModel:
    return cameo_head


def even_iris(colour: tuple[float, float, float]) -> PolarIris:
    rgb = np.broadcast_to(np.array(colour, np.float32), (RADII, ANGLES, 3)).copy()
    return PolarIris(rgb, np.ones((RADII, ANGLES), bool), 0.0, SCLERA)


def photographed_eyes(
    model: HeadModel, colours: dict[Side, tuple[float, float, float]]
) -> HeadTexture:
    """The texture made from a photo of a head with irises of known colour."""
    atlas = atlas_of(model, SIZE)
    albedo = np.broadcast_to(SKIN.astype(np.float32), (SIZE, SIZE, 3)).copy()
    for side, colour in colours.items():
        texels = eyeball_texels(atlas, side)
        albedo.reshape(-1, 3)[texels.texel] = paint_eyeball(texels, even_iris(colour))[0]
    scene = photographed(model, side_light(0.0), albedo)
    return make_texture(
        scene.portrait,
        scene.landmarks,
        scene.parsing,
        scene.reconstruction,
        TextureOptions(size=SIZE),
    )


def iris_colour(model: HeadModel, texture: HeadTexture, side: Side) -> np.ndarray:
    texels = eyeball_texels(atlas_of(model, SIZE), side)
    ring = texels.texel[(texels.radius > 0.45) & (texels.radius < 0.75)]
    return linear_from_srgb(texture.albedo.reshape(-1, 3)[ring]).mean(axis=0)


def hue(colour: np.ndarray) -> np.ndarray:
    logs = np.log(colour)
    return logs - logs.mean()


@pytest.mark.parametrize("name", IRISES)
def test_the_colour_of_an_iris_is_found_in_a_photo(model: HeadModel, name: str) -> None:
    truth = np.array(IRISES[name])
    texture = photographed_eyes(model, dict.fromkeys(SIDES, IRISES[name]))
    for side in SIDES:
        found = iris_colour(model, texture, side)
        others = {
            other: np.linalg.norm(hue(found) - hue(np.array(IRISES[other]))) for other in IRISES
        }
        assert min(others, key=others.__getitem__) == name, others
        assert 0.6 < (found @ LUMINANCE) / (truth @ LUMINANCE) < 1.7


def test_both_eyes_agree(model: HeadModel) -> None:
    """One eye that mirrors a bright sky does not turn out lighter than the other."""
    texture = photographed_eyes(model, {"left": IRISES["brown"], "right": (0.20, 0.24, 0.30)})
    left, right = (iris_colour(model, texture, side) for side in SIDES)
    np.testing.assert_allclose(hue(left), hue(right), atol=0.2)
    assert np.linalg.norm(hue(right) - hue(np.array(IRISES["brown"]))) < 0.4


def test_what_the_photo_shows_of_an_eye_is_said_to_be_seen(model: HeadModel) -> None:
    texture = photographed_eyes(model, dict.fromkeys(SIDES, IRISES["blue"]))
    texels = eyeball_texels(atlas_of(model, SIZE), "left")
    provenance = texture.provenance.reshape(-1)[texels.texel]
    assert (provenance[texels.radius > 1.1] == Provenance.INVENTED).all()
    lower = (texels.radius < 0.8) & (texels.radius > 0.5) & (np.sin(texels.angle) < -0.3)
    assert (provenance[lower] == Provenance.SEEN).mean() > 0.7


@pytest.mark.parametrize("side", SIDES)
def test_the_iris_is_painted_where_the_eye_looks(model: HeadModel, side: Side) -> None:
    """On the axis through the model's own iris, so that painted and fitted gaze agree."""
    atlas = atlas_of(model, SIZE)
    texels = eyeball_texels(atlas, side)
    at = atlas.interpolate(model.template_m).reshape(-1, 3)[texels.texel]
    middle = at[texels.radius < 0.2].mean(axis=0)
    iris = model.surface_points(model.landmarks_mediapipe, model.template_m)[IRIS_CENTRE[side]]
    assert np.linalg.norm((middle - iris)[:2]) < 2e-4
    centre = model.joints_template_m[JOINT_NAMES.index(f"{side}Eye")]
    outward = np.sign(centre[0]) * (middle - centre)[0]
    assert 0 < np.degrees(np.arctan2(outward, (middle - centre)[2])) < 6


@pytest.mark.parametrize("side", SIDES)
def test_the_caruncle_lies_beside_the_nose(model: HeadModel, side: Side) -> None:
    atlas = atlas_of(model, SIZE)
    texels = eyeball_texels(atlas, side)
    rgb, _ = paint_eyeball(texels, even_iris(IRISES["blue"]))
    at = atlas.interpolate(model.template_m).reshape(-1, 3)[texels.texel]
    middle = at[texels.radius < 0.2].mean(axis=0)[0]
    band = (texels.radius > 1.65) & (texels.radius < 1.9) & (np.abs(np.sin(texels.angle)) < 0.2)
    redness = rgb[:, 0] / rgb[:, 1]
    nasal = np.abs(at[:, 0]) < abs(middle)
    assert redness[band & nasal].mean() > 1.3 * redness[band & ~nasal].mean()


def test_the_white_is_never_white(model: HeadModel) -> None:
    texels = eyeball_texels(atlas_of(model, SIZE), "left")
    rgb, _ = paint_eyeball(texels, even_iris(IRISES["blue"]))
    white = rgb[texels.radius > 1.1]
    assert white.max() < 0.75
    assert (white[:, 0] >= white[:, 2] * 0.95).all()


channel = st.floats(1e-4, 1.0)


@given(channel, channel, channel)
def test_no_iris_is_violet_or_glows(r: float, g: float, b: float) -> None:
    found = natural_iris(np.array([r, g, b], np.float32))
    assert 0.019 < found @ LUMINANCE < 0.171
    assert found[1] >= 0.99 * min(found[0], found[2])
    assert (found > 0).all()


def test_brown_is_left_as_it_is() -> None:
    np.testing.assert_allclose(natural_iris(DEFAULT_IRIS), DEFAULT_IRIS, rtol=0.02)


def test_the_invented_pattern_has_no_seam() -> None:
    tile = iris_tile()
    assert tile.mean() == pytest.approx(0, abs=1e-5)
    assert tile.std() == pytest.approx(1, abs=1e-4)
    across = np.abs(tile[:, 0] - tile[:, -1])
    assert across.mean() < 2 * np.abs(np.diff(tile, axis=1)).mean()
