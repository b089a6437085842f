"""Hair from a photo: what a drawn head of hair tells is found again."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.hair.alignment import align
from reconstruction_backend.hair.database import StyleDatabase
from reconstruction_backend.hair.grow import PlainColour, grow
from reconstruction_backend.hair.hairstyle import HairGuides
from reconstruction_backend.hair.photo.agreement import agreement, projected
from reconstruction_backend.hair.photo.chart import Chart
from reconstruction_backend.hair.photo.chart_kernels import sample_many
from reconstruction_backend.hair.photo.field import hair_field, splatted, surface_orientation
from reconstruction_backend.hair.photo.growth import grown
from reconstruction_backend.hair.photo.head_view import HeadView, skin_positions
from reconstruction_backend.hair.photo.orientation import OrientationMap, orientation_map
from reconstruction_backend.hair.photo.picture import SIDE_PX, HairPicture
from reconstruction_backend.hair.photo.presence import NoHair
from reconstruction_backend.hair.photo.reconstruct import hair_from_picture
from reconstruction_backend.hair.photo.refine import PhotoHair
from reconstruction_backend.hair.photo.silhouette import to_silhouette, with_lengths
from reconstruction_backend.hair.photo.starts import PhotoStarts
from reconstruction_backend.hair.photo.volume import HairVolume, hair_volume
from reconstruction_backend.hair.resample import lengths_m, resampled
from reconstruction_backend.hair.scalp import scalp_of
from reconstruction_backend.hair.skin_distance import SkinDistance
from reconstruction_backend.head_model import HeadModel

FAR = PerspectiveCamera.centred(
    900, 900, 1400.0, np.diag([1.0, -1.0, -1.0]), np.array([0.0, 0.0, 0.9])
)
"""From the front, a little tele."""
SKIN = (200, 160, 140)


@pytest.fixture(scope="module")
def skin(cameo_head: HeadModel) -> SkinDistance:
    return SkinDistance.of(cameo_head, cameo_head.template_m)


@pytest.fixture(scope="module")
def bald(cameo_head: HeadModel) -> HairPicture:
    """The mean head alone, before a background."""
    view = HeadView.of(FAR, SIDE_PX)
    depth = skin_positions(view, cameo_head, cameo_head.template_m)[1]
    nothing = np.zeros((SIDE_PX, SIDE_PX), np.float32)
    return HairPicture(
        camera=view.camera,
        image=np.full((SIDE_PX, SIDE_PX, 3), SKIN, np.uint8),
        hair=nothing,
        skin=np.isfinite(depth).astype(np.float32),
        clothes=nothing,
        seen=np.ones((SIDE_PX, SIDE_PX), np.bool_),
        skin_depth_m=depth,
        orientation=OrientationMap(nothing, nothing),
    )


def _drawn(bald: HairPicture, points_m: np.ndarray) -> HairPicture:
    """The picture of the head with strands, as sure of their angles as can be; they glisten."""
    body = float(bald.camera.camera_points(np.zeros((1, 3)))[0, 2])
    strands = projected(bald, points_m, body)
    hair = strands.covered.astype(np.float32)
    known = np.isfinite(strands.angle_rad)
    angle = np.where(known, strands.angle_rad, 0).astype(np.float32)
    grain = np.random.default_rng(0).integers(0, 90, (*hair.shape, 1)).astype(np.uint8)
    return replace(
        bald,
        image=np.where(strands.covered[:, :, None], grain, SKIN).astype(np.uint8),
        hair=hair,
        skin=bald.skin * (1 - hair),
        orientation=OrientationMap(angle, known.astype(np.float32)),
    )


@pytest.fixture(scope="module")
def found(
    cameo_head: HeadModel, skin: SkinDistance, bald: HairPicture
) -> dict[str, tuple[HairPicture, HairGuides, PhotoHair]]:
    """Styles of the database, drawn, and what is made of their pictures."""
    styles = StyleDatabase.open()
    made: dict[str, tuple[HairPicture, HairGuides, PhotoHair]] = {}
    for name in ("long-straight", "side-part"):
        guides = align(styles.load(name).guides, cameo_head, cameo_head.template_m, skin)
        picture = _drawn(bald, guides.points_m)
        hair = _made(picture, cameo_head, skin)
        assert isinstance(hair, PhotoHair)
        made[name] = picture, guides, hair
    return made


def _made(picture: HairPicture, model: HeadModel, skin: SkinDistance) -> PhotoHair | NoHair:
    vertices = model.template_m
    return hair_from_picture(
        picture,
        scalp_of(model),
        vertices,
        skin,
        lambda evidence: PhotoStarts().of(picture, evidence, model, vertices, skin),
    )


@settings(max_examples=8)
@given(angle=st.floats(0, math.pi, exclude_max=True), width=st.floats(4, 7))
def test_stripes_have_their_angle(angle: float, width: float) -> None:
    y, x = np.mgrid[:96, :96]
    across = y * math.cos(angle) - x * math.sin(angle)
    grey = (128 + 50 * np.sin(2 * math.pi / width * across)).astype(np.uint8)
    mask = np.zeros((96, 96), np.float32)
    mask[16:80, 16:80] = 1
    found = orientation_map(np.repeat(grey[:, :, None], 3, axis=2), mask)
    inside = (slice(28, 68),) * 2
    apart = np.abs(found.angle_rad[inside] - angle)
    assert np.degrees(np.minimum(apart, math.pi - apart)).max() < 3
    assert found.confidence[inside].min() > 0.8
    assert (found.confidence[mask == 0] == 0).all() or found.confidence[:8].max() == 0


def test_noise_has_no_angle() -> None:
    grain = np.random.default_rng(0).normal(128, 3, (96, 96, 3)).clip(0, 255).astype(np.uint8)
    found = orientation_map(grain, np.ones((96, 96)))
    assert np.median(found.confidence) < 0.2


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=8)
def test_the_chart_leads_back_to_its_directions(cameo_head: HeadModel, seed: int) -> None:
    chart = Chart.of(scalp_of(cameo_head), cameo_head.template_m)
    radius = np.random.default_rng(seed).uniform(0.05, 0.2, (100, 112)).astype(np.float32)
    place = chart.coordinates(chart.points(radius).reshape(-1, 3)).reshape(100, 112, 3)
    rows, columns = np.mgrid[:100, :112]
    assert np.abs(place[..., 0] - rows).max() < 0.02
    turn = np.mod(place[..., 1] - columns + 56, 112) - 56
    assert np.abs(turn).max() < 0.02
    assert np.allclose(place[..., 2], radius, atol=1e-5)


def test_a_bald_head_gets_no_hair(
    cameo_head: HeadModel, skin: SkinDistance, bald: HairPicture
) -> None:
    nothing = _made(bald, cameo_head, skin)
    assert isinstance(nothing, NoHair)
    assert nothing.reason == "bald"


def test_what_is_worn_over_the_head_is_no_hair(
    cameo_head: HeadModel,
    skin: SkinDistance,
    bald: HairPicture,
    found: dict[str, tuple[HairPicture, HairGuides, PhotoHair]],
) -> None:
    picture = found["side-part"][0]
    worn = replace(picture, hair=np.zeros_like(picture.hair), clothes=picture.hair)
    nothing = _made(worn, cameo_head, skin)
    assert isinstance(nothing, NoHair)
    assert nothing.reason == "covered"


@pytest.mark.parametrize("name", ["long-straight", "side-part"])
def test_strands_agree_with_the_picture_they_are_made_from(
    cameo_head: HeadModel,
    skin: SkinDistance,
    found: dict[str, tuple[HairPicture, HairGuides, PhotoHair]],
    name: str,
) -> None:
    picture, _, hair = found[name]
    vertices = cameo_head.template_m
    dense = grow(cameo_head, vertices, hair.guides, hair.texture, PlainColour(), 8000, skin=skin)
    body = float(picture.camera.camera_points(np.zeros((1, 3)))[0, 2])
    shown = agreement(picture, projected(picture, dense.points_m, body))
    assert shown.iou > 0.75
    assert shown.angle_deg < 20


def test_long_hair_is_long_and_short_hair_is_short(
    found: dict[str, tuple[HairPicture, HairGuides, PhotoHair]],
) -> None:
    lowest = {name: hair.guides.points_m[..., 1].min() for name, (_, _, hair) in found.items()}
    assert lowest["long-straight"] < -0.12 < lowest["side-part"]


@pytest.mark.parametrize("name", ["long-straight", "side-part"])
def test_guides_stay_out_of_the_skin_and_are_rooted_in_it(
    found: dict[str, tuple[HairPicture, HairGuides, PhotoHair]], skin: SkinDistance, name: str
) -> None:
    points = found[name][2].guides.points_m
    assert np.isfinite(points).all()
    assert skin.distance(points).min() > -0.0008
    assert np.abs(skin.distance(points[:, 0])).max() < 0.0015


def test_the_same_picture_gives_the_same_guides(
    cameo_head: HeadModel,
    skin: SkinDistance,
    found: dict[str, tuple[HairPicture, HairGuides, PhotoHair]],
) -> None:
    picture, _, before = found["side-part"]
    after = _made(picture, cameo_head, skin)
    assert isinstance(after, PhotoHair)
    assert np.array_equal(after.guides.points_m, before.guides.points_m)
    assert np.array_equal(after.guides.wisp, before.guides.wisp)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=15)
def test_strands_get_the_lengths_that_are_wanted(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lines = np.zeros((6, 12, 3), np.float32)
    lines[:, :, 1] = -np.linspace(0, 1, 12) * rng.uniform(0.05, 0.3, (6, 1))
    wanted = lengths_m(lines) * rng.uniform(0.3, 2.0, 6)
    np.testing.assert_allclose(lengths_m(with_lengths(lines, wanted)), wanted, rtol=1e-3)


@pytest.fixture(scope="module")
def bob(
    cameo_head: HeadModel, skin: SkinDistance, bald: HairPicture
) -> tuple[HairPicture, HairVolume, HairGuides]:
    """A style, its picture, and the volume that the picture allows."""
    vertices = cameo_head.template_m
    guides = align(StyleDatabase.open().load("bob").guides, cameo_head, vertices, skin)
    picture = _drawn(bald, guides.points_m)
    scalp = scalp_of(cameo_head)
    rooted = vertices[np.unique(cameo_head.triangles[scalp.triangle])]
    volume = hair_volume(picture, Chart.of(scalp, vertices), skin, rooted)
    return picture, volume, guides


def test_thin_hair_is_thickened_to_the_silhouette(
    bob: tuple[HairPicture, HairVolume, HairGuides],
) -> None:
    picture, volume, guides = bob
    flat = guides.points_m.reshape(-1, 3)
    place = volume.chart.coordinates(flat)
    over = place[:, 2] - sample_many(volume.draped_m, place)
    sunk = flat - 0.5 * np.maximum(over, 0)[:, None] * volume.chart.outward(flat)
    thin = sunk.reshape(guides.points_m.shape).astype(np.float32)
    thin[:, 0] = guides.points_m[:, 0]
    back = to_silhouette(thin, volume)
    assert np.array_equal(back[:, 0], thin[:, 0])
    unions = [
        agreement(picture, projected(picture, each, volume.body_depth_m)).iou
        for each in (thin, back)
    ]
    assert unions[1] > unions[0] + 0.02


def test_where_the_photo_says_nothing_a_start_is_followed(
    bob: tuple[HairPicture, HairVolume, HairGuides],
) -> None:
    picture, volume, guides = bob
    nothing = np.zeros_like(picture.hair)
    silent = replace(picture, orientation=OrientationMap(nothing, nothing))
    seen = surface_orientation(silent, volume)
    field = hair_field(volume, seen, splatted(volume, guides.points_m))
    points = grown(silent, volume, field, guides.points_m, seen)
    away = np.linalg.norm(points - resampled(guides.points_m, points.shape[1]), axis=2)
    assert np.median(away) < 0.002
    assert np.quantile(away, 0.9) < 0.02
