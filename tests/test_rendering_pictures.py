"""Pictures with known answers, and laws that every picture obeys."""

from dataclasses import replace

import numpy as np
import pytest
import trimesh
from synthetic_avatar import SKIN_SRGB

from reconstruction_backend.avatar import Avatar
from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.color import linear_from_srgb
from reconstruction_backend.errors import InvalidOption
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.lashes import grow_lashes
from reconstruction_backend.rendering.drawing import Drawing, draw
from reconstruction_backend.rendering.head_scene import HeadScene
from reconstruction_backend.rendering.options import RenderOptions, RenderPass
from reconstruction_backend.rendering.passes import PROVENANCE_COLOURS, MaskShader
from reconstruction_backend.rendering.render import (
    AvatarRenderer,
    render_avatar,
    render_clay,
    render_preview,
)
from reconstruction_backend.rendering.strand_layer import StrandLayer
from reconstruction_backend.rendering.views import framed_vertices, orbit_camera
from reconstruction_backend.texture.result import Provenance

BALL_RADIUS_M, BALL_DISTANCE_M = 0.1, 0.7


def sphere_head(model: HeadModel) -> HeadModel:
    """The model with a fine sphere for a mesh, one part, and nothing that moves it."""
    ball = trimesh.creation.icosphere(subdivisions=5, radius=BALL_RADIUS_M)
    vertices = np.asarray(ball.vertices, np.float32)
    triangles = np.asarray(ball.faces, np.int32)
    V = len(vertices)

    def still(array: np.ndarray) -> np.ndarray:
        return np.zeros((len(array), V, 3), np.float32)

    return replace(
        model,
        template_m=vertices,
        shape_basis_m=still(model.shape_basis_m),
        expression_basis_m=still(model.expression_basis_m),
        pose_correctives_m=still(model.pose_correctives_m),
        skinning_weights=np.eye(1, 5, dtype=np.float32).repeat(V, axis=0),
        triangles=triangles,
        uv=(vertices[:, :2] * [4, -4] + 0.5).astype(np.float32),
        triangles_uv=triangles,
        triangle_part=np.zeros(len(triangles), np.uint8),
        region_weights=np.zeros((len(model.region_names), V), np.float32),
        mirror_vertex=np.arange(V, dtype=np.int32),
        scalp_uv=np.full((V, 2), np.nan, np.float32),
    )


def ball_camera(width_px: int = 97, height_px: int = 80) -> PerspectiveCamera:
    return PerspectiveCamera(
        width_px,
        height_px,
        150.0,
        (46.6, 41.3),
        np.diag([1.0, -1.0, -1.0]),
        np.array([0.0, 0.0, BALL_DISTANCE_M]),
    )


@pytest.fixture(scope="module")
def renderer(synthetic_avatar: Avatar) -> AvatarRenderer:
    return AvatarRenderer(synthetic_avatar)


@pytest.fixture(scope="module")
def ball_alpha(synthetic_head: HeadModel) -> np.ndarray:
    ball = sphere_head(synthetic_head)
    every = np.ones(len(ball.part_names), np.bool_)
    scene = HeadScene(ball, ball.template_m)
    return draw(Drawing(scene, MaskShader(), None, every, ~every), ball_camera())[..., 3]


class TestSphere:
    """A sphere on the optical axis is a disc of radius f tan(asin(r / d))."""

    def test_silhouette_has_the_disc_s_area(self, ball_alpha: np.ndarray) -> None:
        radius_px = 150.0 * np.tan(np.arcsin(BALL_RADIUS_M / BALL_DISTANCE_M))
        assert abs(ball_alpha.sum() / (np.pi * radius_px**2) - 1) < 0.004

    def test_silhouette_is_centred_on_the_principal_point(self, ball_alpha: np.ndarray) -> None:
        y, x = np.mgrid[: ball_alpha.shape[0], : ball_alpha.shape[1]]
        centre = np.array([(ball_alpha * x).sum(), (ball_alpha * y).sum()]) / ball_alpha.sum()
        np.testing.assert_allclose(centre, [46.6, 41.3], atol=0.02)

    def test_partial_coverage_lies_on_the_rim_alone(self, ball_alpha: np.ndarray) -> None:
        y, x = np.mgrid[: ball_alpha.shape[0], : ball_alpha.shape[1]]
        radius_px = 150.0 * np.tan(np.arcsin(BALL_RADIUS_M / BALL_DISTANCE_M))
        distance = np.hypot(x - 46.6, y - 41.3)
        partial = (ball_alpha > 0) & (ball_alpha < 1)
        assert partial.sum() > 100
        assert np.abs(distance[partial] - radius_px).max() < 0.75
        assert (ball_alpha[distance < radius_px - 0.75] == 1).all()


def test_normals_of_a_sphere_point_from_its_centre(
    synthetic_avatar: Avatar, synthetic_head: HeadModel
) -> None:
    model = sphere_head(synthetic_head)
    avatar = replace(synthetic_avatar, head_model=model)
    size = 101
    picture = render_avatar(avatar, RenderOptions(render_pass="normals", size_px=size))
    camera = orbit_camera(model.template_m, 0.0, 0.0, size)
    for x, y in ((50, 43), (70, 50), (50, 30), (35, 62)):
        ray = camera.ray_directions(np.array([[x, y]], np.float64))[0]
        origin = camera.position_m()
        along = -origin @ ray
        reach = along - np.sqrt(BALL_RADIUS_M**2 - origin @ origin + along**2)
        normal = (origin + reach * ray) / BALL_RADIUS_M  # seen from the front: viewer's axes
        assert abs(picture[y, x, :3] - 127.5 * (normal + 1)).max() < 2.5


def test_uniform_light_gives_the_albedo_exactly(
    synthetic_avatar: Avatar, renderer: AvatarRenderer
) -> None:
    picture = renderer.render(RenderOptions(light="photo", only="head"))
    eyes = renderer.render(RenderOptions(light="photo", only="eyes"))
    model = synthetic_avatar.head_model
    neutral = model.neutral(synthetic_avatar.fit.shape)
    camera = orbit_camera(framed_vertices(model, neutral), 0.0, 0.0, len(picture))
    lashes = StrandLayer(grow_lashes(model), neutral).covered(camera).reshape(eyes.shape[:2])
    opaque = (picture[..., 3] == 255) & (eyes[..., 3] == 0) & ~lashes
    albedo = renderer.render(RenderOptions(render_pass="albedo"))[opaque]
    assert opaque.sum() > 10_000
    np.testing.assert_array_equal(picture[opaque][:, :3], np.tile(SKIN_SRGB, (opaque.sum(), 1)))
    np.testing.assert_array_equal(albedo[:, :3], picture[opaque][:, :3])


def test_edges_keep_the_colour_in_straight_alpha(renderer: AvatarRenderer) -> None:
    picture = renderer.render(RenderOptions(render_pass="albedo", size_px=128))
    partial = (picture[..., 3] > 0) & (picture[..., 3] < 255)
    assert partial.sum() > 50
    np.testing.assert_array_equal(picture[partial][:, :3], np.tile(SKIN_SRGB, (partial.sum(), 1)))
    assert (picture[picture[..., 3] == 0] == 0).all()


def test_photo_overlays_the_portrait(synthetic_avatar: Avatar, renderer: AvatarRenderer) -> None:
    fit, model = synthetic_avatar.fit, synthetic_avatar.head_model
    mask = renderer.render(RenderOptions(view="photo", render_pass="mask"))
    assert mask.shape == (fit.camera.height_px, fit.camera.width_px, 4)
    vertices = model.evaluate(fit.shape, fit.expression, fit.pose_rad)
    projected = fit.camera.project(vertices.astype(np.float64))
    nearest = np.rint(projected).astype(int)
    # a vertex on the silhouette covers part of its pixel or its neighbours
    padded = np.pad(mask[..., 3], 1)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3)).max(axis=(2, 3))
    assert (windows[nearest[:, 1], nearest[:, 0]] > 0).all()
    rows, columns = np.nonzero(mask[..., 3])
    np.testing.assert_allclose([columns.min(), rows.min()], projected.min(axis=0), atol=1.0)
    np.testing.assert_allclose([columns.max(), rows.max()], projected.max(axis=0), atol=1.0)


@pytest.mark.parametrize("render_pass", ["shaded", "clay", "normals", "mask"])
def test_a_full_turn_changes_nothing(renderer: AvatarRenderer, render_pass: RenderPass) -> None:
    still = renderer.render(RenderOptions(render_pass=render_pass, yaw_deg=25.0, size_px=96))
    turned = renderer.render(RenderOptions(render_pass=render_pass, yaw_deg=385.0, size_px=96))
    difference = np.abs(still.astype(int) - turned)
    assert (difference.max(axis=2) > 2).mean() < 2e-3  # rays through an edge may go either way


def test_named_views_are_turns_of_the_front(renderer: AvatarRenderer) -> None:
    left = renderer.render(RenderOptions(view="left", size_px=96))
    turned = renderer.render(RenderOptions(yaw_deg=90.0, size_px=96))
    np.testing.assert_array_equal(left, turned)


def test_left_and_right_of_a_symmetric_head_mirror_each_other(renderer: AvatarRenderer) -> None:
    left = renderer.render(RenderOptions(view="left", render_pass="mask", size_px=128))
    right = renderer.render(RenderOptions(view="right", render_pass="mask", size_px=128))
    assert np.abs(left[:, ::-1, 3].astype(int) - right[..., 3]).max() <= 16  # one subsample


def test_left_shows_the_subject_s_left_with_the_face_to_the_picture_s_left(
    synthetic_avatar: Avatar,
) -> None:
    shape = synthetic_avatar.fit.shape
    camera = orbit_camera(synthetic_avatar.head_model.neutral(shape), 90.0, 0.0, 200)
    left_ear, nose = camera.project(np.array([[0.07, 0, 0], [0, 0, 0.1]]))
    assert camera.position_m()[0] > 0.3
    assert nose[0] < left_ear[0]


def test_every_side_has_the_same_scale(synthetic_avatar: Avatar) -> None:
    at_rest = synthetic_avatar.head_model.neutral(synthetic_avatar.fit.shape)
    poles = at_rest[[at_rest[:, 1].argmax(), at_rest[:, 1].argmin()]].astype(np.float64)
    poles[:, [0, 2]] = 0
    spans = [
        np.ptp(orbit_camera(at_rest, yaw, 0.0, 256).project(poles)[:, 1])
        for yaw in (0.0, 90.0, 180.0)
    ]
    np.testing.assert_allclose(spans, spans[0], rtol=0.02)


def test_parts_that_are_not_asked_for_hide_but_do_not_show(renderer: AvatarRenderer) -> None:
    everything = renderer.render(RenderOptions(size_px=128))
    eyes = renderer.render(RenderOptions(size_px=128, only="eyes"))
    behind = renderer.render(RenderOptions(size_px=128, only="eyes", view="back"))
    solid = eyes[..., 3] == 255
    assert 20 < solid.sum() < 0.05 * (everything[..., 3] == 255).sum()
    np.testing.assert_array_equal(eyes[solid], everything[solid])
    assert behind[..., 3].max() == 0


def test_hair_of_a_bald_avatar_is_an_empty_picture(renderer: AvatarRenderer) -> None:
    assert renderer.render(RenderOptions(only="hair", size_px=64)).max() == 0


def test_studio_puts_a_catch_light_on_the_eyes_and_shadow_under_the_head(
    renderer: AvatarRenderer,
) -> None:
    picture = renderer.render(RenderOptions(only="eyes"))
    eyes = linear_from_srgb(picture[picture[..., 3] == 255][:, :3]).mean(axis=1)
    assert eyes.max() > 2 * np.median(eyes)
    clay = renderer.render(RenderOptions(render_pass="clay"))
    rows = np.flatnonzero(clay[:, 256, 3] == 255)
    luminance = linear_from_srgb(clay[rows, 256, :3]).mean(axis=1)
    assert luminance[: len(rows) // 3].mean() > 1.3 * luminance[-len(rows) // 6 :].mean()


def test_provenance_keeps_its_documented_colours(
    synthetic_avatar: Avatar, renderer: AvatarRenderer
) -> None:
    picture = renderer.render(RenderOptions(render_pass="provenance", size_px=64))
    opaque = picture[..., 3] == 255
    expected = PROVENANCE_COLOURS[Provenance.SEEN]
    np.testing.assert_array_equal(picture[opaque][:, :3], np.tile(expected, (opaque.sum(), 1)))


def test_mask_reads_the_same_in_colour_and_alpha(renderer: AvatarRenderer) -> None:
    mask = renderer.render(RenderOptions(render_pass="mask", size_px=64))
    assert (mask[..., :3] == mask[..., 3:]).all()
    shaded = renderer.render(RenderOptions(size_px=64))
    np.testing.assert_array_equal(mask[..., 3], shaded[..., 3])


def test_normal_map_tilts_along_the_tangents(synthetic_avatar: Avatar) -> None:
    tilted = synthetic_avatar.texture.normal.copy()
    tilted[...] = (180, 128, 243)  # towards +u, which runs to the subject's left
    texture = replace(synthetic_avatar.texture, normal=tilted)
    options = RenderOptions(render_pass="normals", size_px=64)
    flat = render_avatar(synthetic_avatar, options)[40, 32].astype(int)
    turned = render_avatar(replace(synthetic_avatar, texture=texture), options)[40, 32]
    assert turned[0] > flat[0] + 30
    assert abs(turned[1] - flat[1]) < 6


def test_preview_and_clay_have_their_sizes(synthetic_avatar: Avatar) -> None:
    assert render_preview(synthetic_avatar).shape == (512, 512, 4)
    model = synthetic_avatar.head_model
    camera = orbit_camera(model.template_m, 0.0, 0.0, 48)
    clay = render_clay(model, model.template_m, camera)
    assert clay.shape == (48, 48, 4)
    assert clay[24, 24, 3] == 255


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"size_px": 4}, "size"),
        ({"size_px": 100_000}, "size"),
        ({"pitch_deg": 91.0}, "pitch"),
        ({"yaw_deg": float("nan")}, "yaw"),
        ({"view": "photo", "yaw_deg": 10.0}, "turned"),
    ],
)
def test_impossible_options_are_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidOption, match=message):
        RenderOptions(**wrong)  # pyright: ignore[reportArgumentType]
