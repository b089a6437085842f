"""Laws of drawn hair: what hides it, how much it covers, how light falls on it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from reconstruction_backend.avatar import Avatar
from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.color import LUMINANCE
from reconstruction_backend.hair.colour import PRESETS
from reconstruction_backend.hair.hair import Hair
from reconstruction_backend.hair.hairstyle import HairGuides, StrandTexture
from reconstruction_backend.hair.light import light_on_hair
from reconstruction_backend.hair.scalp_tint import scalp_tint
from reconstruction_backend.hair.strands import HairStrands
from reconstruction_backend.hair.worn import strands_worn
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.rendering.hair_hollows import HairHollows
from reconstruction_backend.rendering.hair_layer import FAR_M, HairLayer
from reconstruction_backend.rendering.hair_shading import EvenHair
from reconstruction_backend.rendering.hair_volume import HairVolume
from reconstruction_backend.rendering.head_scene import HeadScene
from reconstruction_backend.rendering.lighting import soft_light, uniform_light, with_key
from reconstruction_backend.rendering.options import RenderOptions, RenderPass
from reconstruction_backend.rendering.render import AvatarRenderer, render_strands
from reconstruction_backend.rendering.views import framed_vertices, orbit_camera
from reconstruction_backend.texture.result import SphericalHarmonicsLight

PX, PER_AXIS = 40, 4
UPRIGHT = np.diag([1.0, -1.0, -1.0])
CAMERA = PerspectiveCamera.centred(PX, PX, 400.0, UPRIGHT, np.array([0.0, 0.0, 1.0]))
PIXEL_M = 1 / 400


def strands_of(
    points_m: np.ndarray,
    width_m: float = 2e-4,
    colour: tuple[float, float, float] = (0.3, 0.2, 0.1),
) -> HairStrands:
    """Even strands without roots."""
    points = np.ascontiguousarray(points_m, np.float32)
    shape = points.shape[:2]
    return HairStrands(
        np.full((len(points), 2), np.nan, np.float32),
        points,
        np.full(shape, width_m, np.float32),
        np.broadcast_to(np.array(colour, np.float32), (*shape, 3)).copy(),
    )


def line(start: tuple[float, float, float], end: tuple[float, float, float]) -> np.ndarray:
    """One straight strand of eight points."""
    return np.linspace(start, end, 8)[None]


def coverage(strands: HairStrands, depth_m: float = float(FAR_M)) -> np.ndarray:
    """Alpha of white strands before an even wall."""
    layer = HairLayer(strands, EvenHair(np.ones(3)), CAMERA, PER_AXIS)
    picture = np.zeros((PX, PX, 4), np.float32)
    depth = np.full((PX * PER_AXIS, PX * PER_AXIS), depth_m, np.float32)
    even = np.full((PX, PX), -1, np.int32)
    drawn = layer.drawn((0, 0), depth)
    drawn.lay(picture, even, np.zeros((0, PER_AXIS**2, 4), np.float32))
    np.testing.assert_allclose(picture[..., :3], picture[..., 3:].repeat(3, axis=2), atol=1e-5)
    return picture[..., 3]


def random_lines(count: int, seed: int = 0) -> np.ndarray:
    ends = np.random.default_rng(seed).uniform(-0.035, 0.035, (2, count, 3)) * [1, 1, 0]
    return np.linspace(ends[0], ends[1], 8, axis=1)


def test_a_strand_is_hidden_by_what_is_nearer_and_hides_what_is_farther() -> None:
    across = strands_of(line((-0.03, 0.003, 0), (0.03, 0.003, 0)), 3 * PIXEL_M)
    assert coverage(across, depth_m=0.9).max() == 0
    assert coverage(across, depth_m=1.1).max() == 1


@pytest.mark.parametrize("width_px", [0.05, 0.2, 0.6, 1.5])
def test_coverage_is_length_times_width(width_px: float) -> None:
    """Far apart lines of any direction, thinner or wider than a sample."""
    total = expected = 0.0
    for seed in range(12):
        points = random_lines(1, seed)
        total += coverage(strands_of(points, width_px * PIXEL_M)).sum()
        expected += np.linalg.norm(points[0, -1] - points[0, 0]) / PIXEL_M * width_px
    fuller = 1.15  # a pixel's alpha grows by that, up to one
    assert expected * 0.93 < total < fuller * expected * 1.07


def test_pictures_of_mirrored_strands_are_mirrored() -> None:
    points = random_lines(60)
    here = coverage(strands_of(points, 0.7 * PIXEL_M))
    mirrored = coverage(strands_of(points * [-1, 1, 1], 0.7 * PIXEL_M))[:, ::-1]
    assert np.abs(here - mirrored).mean() < 0.03
    assert abs(here.sum() / mirrored.sum() - 1) < 0.02


def test_the_same_strands_are_drawn_the_same() -> None:
    strands = strands_of(random_lines(40))
    np.testing.assert_array_equal(coverage(strands), coverage(strands))


def test_what_hair_hides_is_wholly_covered() -> None:
    layer = HairLayer(strands_of(random_lines(900), 3 * PIXEL_M), None, CAMERA, PER_AXIS)
    drawn = layer.drawn((0, 0), np.full((PX * PER_AXIS,) * 2, FAR_M, np.float32))
    behind = np.ones((PX, PX, 4), np.float32)
    drawn.lay(behind, np.full((PX, PX), -1, np.int32), np.zeros((0, PER_AXIS**2, 4), np.float32))
    hidden = drawn.hides()
    assert 0 < hidden.sum() < PX * PX
    assert np.abs(behind[hidden]).max() == 0


def test_gaps_behind_the_hairs_surface_are_dark() -> None:
    """A sheet of hair, part of which lies a centimetre deeper: only that loses light."""
    x, y = np.meshgrid(np.arange(-0.03, 0.03, 0.001), np.arange(-0.03, 0.03, 0.001))
    deep = np.abs(x) < 0.002
    sheet = np.stack([x, y, np.where(deep, -0.01, 0.0)], axis=-1).reshape(-1, 3)
    light = HairHollows(sheet.astype(np.float32), CAMERA).light(sheet.astype(np.float32))
    deep = deep.ravel()
    assert light.max() <= 1
    assert light[~deep & (np.abs(sheet[:, 0]) > 0.012)].min() > 0.95
    assert 0.3 < light[deep].mean() < 0.75


@given(arrays(np.float32, (9, 3), elements=st.floats(-1, 1, width=32)))
def test_light_on_hair_has_one_colour_and_no_black_side(deviation: np.ndarray) -> None:
    coefficients = uniform_light((1.0, 0.9, 0.7)).coefficients + 0.6 * deviation
    light = light_on_hair(SphericalHarmonicsLight(coefficients.astype(np.float32)))
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    around = np.stack([np.cos(angle), np.sin(angle), np.zeros(24)], axis=1)
    arriving = light.irradiance(around) @ LUMINANCE
    assert np.linalg.matrix_rank(light.coefficients, tol=1e-4) <= 1
    if arriving.mean() > 0.2:
        assert arriving.min() > 0.2 * arriving.mean()


def test_even_light_on_hair_stays_as_it_is() -> None:
    even = uniform_light((0.9, 0.8, 0.7))
    np.testing.assert_allclose(light_on_hair(even).coefficients, even.coefficients, atol=1e-5)


BALL_STRANDS = 2500


def ball_of_hair(model: HeadModel, count: int = BALL_STRANDS) -> HairStrands:
    """Straight strands that stand off the scalp of the mean head."""
    random = np.random.default_rng(4)
    scalp = model.template_m[np.isfinite(model.scalp_uv).all(axis=1)]
    roots = scalp[random.integers(len(scalp), size=count)] + random.normal(0, 0.002, (count, 3))
    outward = roots - scalp.mean(axis=0) + [0, 0.04, 0]
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    along = np.linspace(0.002, 0.05, 6)
    return strands_of(roots[:, None] + outward[:, None] * along[None, :, None], 8e-4)


def test_light_fades_into_hair(synthetic_head: HeadModel) -> None:
    """Roots get less of every light than tips; darker hair gets less than lighter hair."""
    scene = HeadScene(synthetic_head, synthetic_head.template_m)
    strands = ball_of_hair(synthetic_head)
    volume = HairVolume(strands, scene)
    points = strands.points_m.reshape(-1, 3)
    dome = volume.dome(uniform_light(), points).reshape(strands.points_m.shape)
    assert dome.min() >= 0
    assert dome.max() <= 1.05
    along = dome.mean(axis=(0, 2))
    assert (np.diff(along) > 0).all()
    above = volume.lamp(np.array([0.0, 1.0, 0.0])).before(points)
    above = above.reshape(strands.points_m.shape[:2])
    assert above[:, 0].mean() > above[:, -1].mean()
    pale = replace(strands, color_linear=np.full_like(strands.color_linear, 0.8))
    assert HairVolume(pale, scene).dome(uniform_light(), points).mean() > dome.mean()


def test_skin_below_hair_is_in_its_shade(synthetic_head: HeadModel) -> None:
    scene = HeadScene(synthetic_head, synthetic_head.template_m)
    share = HairVolume(ball_of_hair(synthetic_head), scene).skin_share
    height = synthetic_head.template_m[:, 1]
    top, bottom = height > np.quantile(height, 0.95), height < np.quantile(height, 0.05)
    assert share[top].mean() < 0.7
    np.testing.assert_allclose(share[bottom].mean(), 1, atol=0.05)


def test_a_lone_lamp_is_found_in_the_harmonics() -> None:
    towards = np.array([[0.48, 0.6, 0.64]])
    light = soft_light(towards, np.array([[1.0, 0.8, 0.6]]))
    ambient = uniform_light((0.5, 0.5, 0.5))
    both = replace(light, coefficients=light.coefficients + ambient.coefficients)
    split = with_key(both)
    np.testing.assert_allclose(split.key_direction, towards[0], atol=1e-5)
    np.testing.assert_allclose(split.everything().coefficients, both.coefficients, atol=1e-5)
    assert (split.key_colour > 0.4).all()
    assert (np.diff(split.key_colour) < 0).all()


def picture_of(model: HeadModel, colour: tuple[float, float, float]) -> np.ndarray:
    strands = ball_of_hair(model)
    strands = replace(
        strands,
        color_linear=np.broadcast_to(np.array(colour, np.float32), (BALL_STRANDS, 6, 3)).copy(),
    )
    camera = orbit_camera(model.template_m, 20.0, 10.0, 64)
    return render_strands(strands, model, model.template_m, camera, edge_samples_per_axis=2)


def test_darker_hair_makes_a_darker_picture_in_the_same_outline(synthetic_head: HeadModel) -> None:
    pictures = [picture_of(synthetic_head, (c, c, c)) for c in (0.02, 0.1, 0.3, 0.7)]
    means = [int(p[..., :3].sum()) for p in pictures]
    assert means == sorted(means)
    for picture in pictures[1:]:
        np.testing.assert_array_equal(picture[..., 3], pictures[0][..., 3])


def test_strands_turn_with_the_skull(synthetic_head: HeadModel) -> None:
    angle = 0.4
    turn = np.array(
        [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
    )
    shift = np.array([0.01, -0.02, 0.03])
    rest = synthetic_head.template_m
    moved = (rest @ turn.T + shift).astype(np.float32)
    strands = ball_of_hair(synthetic_head, 20)
    worn = strands_worn(strands, synthetic_head, rest, moved)
    np.testing.assert_allclose(worn.points_m, strands.points_m @ turn.T + shift, atol=1e-5)


def test_scalp_takes_the_roots_colour_where_they_are_dense(synthetic_head: HeadModel) -> None:
    scalp = np.flatnonzero(np.isfinite(synthetic_head.scalp_uv).all(axis=1))
    at = synthetic_head.template_m[scalp[:1]]
    dense = at + np.random.default_rng(5).normal(0, 0.004, (900, 3))
    short = np.stack([dense, dense + np.array([0, 0.01, 0])], axis=1)
    strands = strands_of(short, colour=(0.4, 0.1, 0.05))
    tint = scalp_tint(strands, synthetic_head.template_m)
    assert tint.weight[scalp[0]] > 0.5
    red, green, blue = tint.color_linear[scalp[0]]
    assert red > green > blue
    assert tint.weight[np.linalg.norm(synthetic_head.template_m - at, axis=1) > 0.05].max() == 0


@pytest.fixture
def haired_avatar(synthetic_avatar: Avatar) -> Avatar:
    """Short hair standing on a few places of the scalp."""
    model = synthetic_avatar.head_model
    rest = model.neutral(synthetic_avatar.fit.shape)
    scalp = np.flatnonzero(np.isfinite(model.scalp_uv).all(axis=1))[::4]
    outward = rest[scalp] - rest.mean(axis=0)
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    points = rest[scalp][:, None] + outward[:, None] * np.linspace(0, 0.03, 8)[None, :, None]
    guides = HairGuides(
        model.scalp_uv[scalp], points.astype(np.float32), np.zeros(len(scalp), np.int32)
    )
    texture = StrandTexture(strands=900, width_m=6e-4)
    hair = Hair("library", "test", guides, texture, PRESETS["brown"], model, rest)
    return replace(synthetic_avatar, hair=hair)


@pytest.mark.parametrize("render_pass", ["shaded", "albedo", "clay", "normals", "mask"])
def test_every_pass_shows_hair_and_only_shows_it_alone(
    haired_avatar: Avatar, render_pass: RenderPass
) -> None:
    renderer = AvatarRenderer(haired_avatar, 64)
    options = RenderOptions(size_px=64, render_pass=render_pass, edge_samples_per_axis=2)
    whole = renderer.render(options)
    bald = AvatarRenderer(replace(haired_avatar, hair=None), 64).render(options)
    assert (whole[..., 3] > bald[..., 3]).sum() > 20
    alone = renderer.render(replace(options, only="hair"))
    assert 0 < (alone[..., 3] > 0).sum() < (whole[..., 3] > 0).sum()
    assert (alone[..., 3] <= whole[..., 3]).all()
    head = renderer.render(replace(options, only="head"))
    total = alone[..., 3].astype(int) + head[..., 3]
    assert np.abs(total - whole[..., 3]).max() <= 2


def test_provenance_is_of_the_surface_alone(haired_avatar: Avatar) -> None:
    options = RenderOptions(view="photo", render_pass="provenance", edge_samples_per_axis=1)
    bald = replace(haired_avatar, hair=None)
    np.testing.assert_array_equal(
        AvatarRenderer(haired_avatar, 64).render(options), AvatarRenderer(bald, 64).render(options)
    )


def test_photo_view_shows_hair_in_the_photos_light(haired_avatar: Avatar) -> None:
    """Under twice the light hair is brighter."""
    texture = haired_avatar.texture
    doubled = replace(texture.light, coefficients=2 * texture.light.coefficients)
    bright = replace(haired_avatar, texture=replace(texture, light=doubled))
    options = RenderOptions(view="photo", only="hair", edge_samples_per_axis=1)
    dim, lit = (AvatarRenderer(a, 64).render(options) for a in (haired_avatar, bright))
    shown = dim[..., 3] > 0
    assert shown.sum() > 20
    assert lit[shown, :3].mean() > 1.2 * dim[shown, :3].mean()


def test_a_picture_grows_upwards_for_high_hair_and_keeps_its_bottom(cameo_head: HeadModel) -> None:
    head = framed_vertices(cameo_head, cameo_head.template_m)
    size, crown = 100, head.max(axis=0)[1]
    bald = orbit_camera(head, 0.0, 0.0, size)
    hair = np.array([[0.0, crown + 0.1, 0.0], [0.05, crown, 0.0]], np.float32)
    wide = orbit_camera(head, 0.0, 0.0, size, hair)
    middle = np.array([[0.0, head.min(axis=0)[1], head.mean(axis=0)[2]]], np.float32)
    assert bald.project(hair)[0, 1] < 0 <= wide.project(hair)[:, 1].min()
    assert wide.project(middle)[0, 1] < bald.project(middle)[0, 1] + size * 0.1
    short = np.array([[0.0, crown + 0.005, 0.0]], np.float32)
    assert np.allclose(orbit_camera(head, 0.0, 0.0, size, short).project(head), bald.project(head))
