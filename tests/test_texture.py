"""The texture stage against photos whose truth is known."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from skimage.color import rgb2lab
from texture_scene import SIZE, Scene, flipped, make_scene, side_light

from reconstruction_backend.avatar import Avatar
from reconstruction_backend.color import linear_from_srgb, srgb_from_linear
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.parsing import CLASSES, Parsing, PixelClass
from reconstruction_backend.portrait import Portrait
from reconstruction_backend.rendering.options import RenderOptions
from reconstruction_backend.rendering.render import render_avatar
from reconstruction_backend.texture.atlas import SKIN_PART, Atlas, atlas_of
from reconstruction_backend.texture.completion import skin_graph
from reconstruction_backend.texture.compose import mottle, pore_map
from reconstruction_backend.texture.fixed_maps import fixed_maps
from reconstruction_backend.texture.lookup import look_up
from reconstruction_backend.texture.make import TextureOptions, make_texture
from reconstruction_backend.texture.masks import landmark_texels, zones_of
from reconstruction_backend.texture.micro_relief import micro_relief
from reconstruction_backend.texture.mouth import mouth_paint
from reconstruction_backend.texture.projection import photo_window
from reconstruction_backend.texture.result import HeadTexture, Provenance, SphericalHarmonicsLight
from reconstruction_backend.texture.scalp import scalp_patches
from reconstruction_backend.texture.visibility import pose_atlas, visible_texels

CHEEKS = ((50, 280), (205, 425), (118, 347), (101, 330))
"""Mesh points on the right cheek and their partners on the left."""


@pytest.fixture(scope="module")
def model(cameo_head: HeadModel) -> HeadModel:
    return cameo_head


@pytest.fixture(scope="module")
def atlas(model: HeadModel) -> Atlas:
    return atlas_of(model, SIZE)


@pytest.fixture(scope="module")
def mottled(model: HeadModel) -> Scene:
    return make_scene(model, side_light(0.0), yaw_deg=25, mottle=0.1)


@pytest.fixture(scope="module")
def mottled_texture(mottled: Scene) -> HeadTexture:
    return texture_of(mottled)


def texture_of(scene: Scene) -> HeadTexture:
    return make_texture(
        scene.portrait,
        scene.landmarks,
        scene.parsing,
        scene.reconstruction,
        TextureOptions(size=SIZE),
    )


KEPT = (micro_relief, pore_map, mouth_paint, zones_of, skin_graph, mottle, scalp_patches)


def test_a_prepared_texture_stage_works_no_fixed_map_out_again(mottled: Scene) -> None:
    for work in fixed_maps(mottled.reconstruction.head_model, SIZE):
        work()
    before = [kept.cache_info() for kept in KEPT]
    texture_of(mottled)
    for kept, was in zip(KEPT, before, strict=True):
        assert kept.cache_info().hits > was.hits
        assert kept.cache_info().misses == was.misses


def everything_is(name: PixelClass, portrait: Portrait) -> Parsing:
    """The parsing of a picture that shows one class alone."""
    shares = np.zeros((portrait.height_px, portrait.width_px, len(CLASSES)), np.uint8)
    shares[:, :, CLASSES.index(name)] = 255
    return Parsing(shares)


def test_seen_albedo_is_recovered(
    mottled: Scene, mottled_texture: HeadTexture, atlas: Atlas
) -> None:
    seen = (mottled_texture.provenance == Provenance.SEEN) & atlas.part_mask(SKIN_PART)
    found = linear_from_srgb(mottled_texture.albedo)[seen]
    ratio = found / mottled.albedo[seen]
    # Light and albedo share one scale, which no photo tells.
    deviation = np.abs(ratio / np.median(ratio, axis=0) - 1)
    assert seen.mean() > 0.15
    assert np.median(deviation) < 0.03
    assert np.percentile(deviation, 95) < 0.15


def test_light_and_albedo_give_the_photo_back(mottled: Scene, mottled_texture: HeadTexture) -> None:
    fit, model = mottled.reconstruction.fit, mottled.reconstruction.head_model
    avatar = Avatar("cameo-head", model, fit, mottled_texture, None, {}, ())
    picture = render_avatar(avatar, RenderOptions(view="photo"))
    inner_face = np.zeros(picture.shape[:2], np.uint8)
    hull = cv2.convexHull(np.round(mottled.landmarks.points_px[:468]).astype(np.int32))
    cv2.fillConvexPoly(inner_face, hull, (1,))
    face = cv2.erode(inner_face, np.ones((41, 41))) > 0
    error = (picture[:, :, :3].astype(float) - mottled.portrait.image)[face] / 255
    assert -10 * np.log10(np.mean(error**2)) > 28


def test_hidden_texels_are_never_called_seen(
    mottled: Scene, mottled_texture: HeadTexture, atlas: Atlas
) -> None:
    """An independent depth buffer: a seen texel is the nearest surface along its ray."""
    fit, model = mottled.reconstruction.fit, mottled.reconstruction.head_model
    vertices = model.neutral(fit.shape)
    posed = pose_atlas(atlas, vertices, fit.camera)
    depth = fit.camera.camera_points(posed.positions_m.reshape(-1, 3))[:, 2].reshape(SIZE, SIZE)
    inside = atlas.inside & ~atlas.part_mask("cornea_left", "cornea_right")
    pixel = np.round(posed.pixels_px[inside]).astype(int)
    kept = ((pixel >= 0) & (pixel < mottled.portrait.width_px)).all(axis=1)
    nearest = np.full(mottled.portrait.image.shape[:2], np.inf)
    np.minimum.at(nearest, (pixel[kept, 1], pixel[kept, 0]), depth[inside][kept])
    seen = (mottled_texture.provenance == Provenance.SEEN) & atlas.part_mask(SKIN_PART)
    at = np.round(posed.pixels_px[seen]).astype(int)
    behind = depth[seen] - nearest[at[:, 1], at[:, 0]]
    assert np.percentile(behind, 99.9) < 0.006
    assert posed.facing[seen].min() > 0


def test_a_plate_before_the_face_hides_it(mottled: Scene, model: HeadModel) -> None:
    coarse = atlas_of(model, 512)
    camera = mottled.reconstruction.fit.camera
    free = visible_texels(pose_atlas(coarse, model.template_m, camera), camera, 0.1)
    moved = model.template_m.copy()
    teeth = np.unique(model.triangles[model.part_triangles("teeth_upper", "teeth_lower")])
    # The teeth, blown up to a wall between camera and head.
    wall = moved[teeth] - moved[teeth].mean(axis=0)
    moved[teeth] = wall * 12 + 0.35 * camera.position_m()
    hidden = visible_texels(pose_atlas(coarse, moved, camera), camera, 0.1)
    assert hidden.sum() < 0.7 * free.sum()
    assert not (hidden & ~free).any()


def test_provenance_partitions_the_chart(mottled_texture: HeadTexture, atlas: Atlas) -> None:
    provenance = mottled_texture.provenance
    assert set(np.unique(provenance)) == set(Provenance)
    np.testing.assert_array_equal(provenance == Provenance.OUTSIDE, ~atlas.inside)


def test_mirrored_texels_have_a_seen_partner(mottled_texture: HeadTexture, atlas: Atlas) -> None:
    skin = atlas.part_mask(SKIN_PART)
    partner = np.round(atlas.mirror_texel).astype(int)
    mirrored = (mottled_texture.provenance == Provenance.MIRRORED) & skin
    of_partner = mottled_texture.provenance[partner[mirrored][:, 1], partner[mirrored][:, 0]]
    assert (of_partner == Provenance.SEEN).mean() > 0.98


def test_flipped_photo_gives_flipped_texture(
    mottled: Scene, mottled_texture: HeadTexture, atlas: Atlas
) -> None:
    other = texture_of(flipped(mottled))
    skin = atlas.part_mask(SKIN_PART) & (atlas.mirror_texel[:, :, 0] >= 0)
    back = look_up(other.albedo, atlas.mirror_texel)
    partner = np.round(atlas.mirror_texel).astype(int)
    provenance = other.provenance[partner[:, :, 1], partner[:, :, 0]]
    both = skin & (mottled_texture.provenance == 1) & (provenance == 1)
    agree = (mottled_texture.provenance == provenance)[skin].mean()
    difference = np.abs(back.astype(int) - mottled_texture.albedo)[both]
    assert agree > 0.97
    assert np.median(difference) <= 3


@pytest.mark.parametrize("sideways", [-0.35, 0.35])
def test_side_light_leaves_equal_cheeks(model: HeadModel, sideways: float) -> None:
    scene = make_scene(model, side_light(sideways))
    albedo = texture_of(scene).albedo
    texels = np.round(landmark_texels(model, SIZE)).astype(int)

    def colour(point: int) -> np.ndarray:
        x, y = texels[point]
        patch = albedo[y - 8 : y + 9, x - 8 : x + 9].reshape(-1, 3)
        return rgb2lab(np.median(patch, axis=0) / 255)

    for right, left in CHEEKS:
        assert np.linalg.norm(colour(right) - colour(left)) < 3


def test_uniform_light_gives_the_albedo_back(model: HeadModel, atlas: Atlas) -> None:
    scene = make_scene(model, side_light(0.0))
    texture = texture_of(scene)
    seen = (texture.provenance == Provenance.SEEN) & atlas.part_mask(SKIN_PART)
    difference = np.linalg.norm(
        rgb2lab(texture.albedo[seen] / 255) - rgb2lab(srgb_from_linear(scene.albedo[seen]) / 255),
        axis=1,
    )
    assert np.median(difference) < 4


def test_light_from_a_side_changes_the_albedo_little(model: HeadModel, atlas: Atlas) -> None:
    even, lit = (texture_of(make_scene(model, side_light(side))) for side in (0.0, 0.35))
    both = (even.provenance == 1) & (lit.provenance == 1) & atlas.part_mask(SKIN_PART)
    difference = rgb2lab(even.albedo[both] / 255) - rgb2lab(lit.albedo[both] / 255)
    # The scale between light and albedo is a convention: colour and pattern are what must stay.
    difference -= np.median(difference, axis=0)
    assert np.median(np.linalg.norm(difference, axis=1)) < 2.5


def test_a_purple_lamp_colours_the_light_and_not_the_skin(model: HeadModel, atlas: Atlas) -> None:
    white = side_light(0.1)
    purple = SphericalHarmonicsLight(white.coefficients * np.array([0.95, 0.75, 1.35], np.float32))
    plain, cast = (texture_of(make_scene(model, light)) for light in (white, purple))
    seen = (plain.provenance == 1) & (cast.provenance == 1) & atlas.part_mask(SKIN_PART)
    a, b = (np.median(rgb2lab(t.albedo[seen] / 255), axis=0)[1:] for t in (plain, cast))
    assert np.linalg.norm(a - b) < 9  # in the photo the two differ by more than twenty
    colour = cast.light.coefficients[0] / plain.light.coefficients[0]
    assert colour[2] > colour[0] > colour[1]


@pytest.mark.parametrize("name", ["background", "hair", "clothes"])
def test_a_face_that_nothing_shows_is_invented(
    mottled: Scene, atlas: Atlas, name: PixelClass
) -> None:
    """Where the parsing sees no skin, skin of an average tone is made up, and called so."""
    covered = everything_is(name, mottled.portrait)
    texture = texture_of(replace(mottled, parsing=covered))
    skin = atlas.part_mask(SKIN_PART)
    # A beard is hair too: around the mouth it is shown as it is.
    told = skin & (zones_of(atlas).beard == 0)
    assert (texture.provenance[told] == Provenance.INVENTED).all()
    assert 40 < texture.albedo[skin].mean() < 220


def test_same_photo_same_texture(mottled: Scene, mottled_texture: HeadTexture) -> None:
    again = texture_of(mottled)
    np.testing.assert_array_equal(again.albedo, mottled_texture.albedo)
    np.testing.assert_array_equal(again.normal, mottled_texture.normal)
    np.testing.assert_array_equal(again.provenance, mottled_texture.provenance)


def test_normals_point_outward_and_are_unit(mottled_texture: HeadTexture) -> None:
    normal = mottled_texture.normal.astype(float) / 127.5 - 1
    assert normal[:, :, 2].min() > 0.5
    np.testing.assert_allclose(np.linalg.norm(normal, axis=2), 1, atol=0.02)
    assert np.isfinite(mottled_texture.light.coefficients).all()


def test_window_is_no_finer_than_the_atlas(mottled: Scene) -> None:
    fit, model = mottled.reconstruction.fit, mottled.reconstruction.head_model
    texel_m = 2e-3
    window = photo_window(
        mottled.portrait.image,
        mottled.landmarks,
        mottled.parsing,
        fit.camera,
        model.neutral(fit.shape),
        texel_m,
    )
    assert window.pixel_m > 0.5 * texel_m
    points = model.surface_points(model.landmarks_mediapipe, model.neutral(fit.shape))
    np.testing.assert_allclose(window.camera.project(points), window.landmarks.points_px, atol=0.3)
