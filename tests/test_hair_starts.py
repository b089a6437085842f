"""Where hair from a photo starts: the square about the head, curls, network and retrieval."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.errors import InvalidModel, ModelNotAvailable
from reconstruction_backend.hair.hairstyle import StrandTexture
from reconstruction_backend.hair.photo.curl import (
    KINDS,
    TYPICAL,
    CurlKind,
    between_waves_and_curls,
    curl_of,
    with_curl,
)
from reconstruction_backend.hair.photo.head_view import (
    VIEW_MIDDLE_M,
    VIEW_PX,
    HairView,
    HeadView,
    hair_view,
    mirrored,
    skin_positions,
)
from reconstruction_backend.hair.photo.network import HairNetwork
from reconstruction_backend.hair.photo.retrieval import (
    TIED_WEIGHT,
    PhotographedHead,
    coarse_distances,
    coarse_pictures,
    retrieve,
    yaw_of,
)
from reconstruction_backend.hair.photo.strand_drawing import FINER, draw_strands, visibility
from reconstruction_backend.hair.photo.style_space import CELLS, VIEW_YAWS_RAD, StyleSpace
from reconstruction_backend.hair.scalp import scalp_of
from reconstruction_backend.hair.skin_distance import SkinDistance
from reconstruction_backend.head_model import HeadModel, rotation_matrices

_FLIP = np.diag([1.0, -1.0, -1.0])
POINTS = 8


def _camera(yaw_rad: float = 0.0, roll_rad: float = 0.0) -> PerspectiveCamera:
    turns = rotation_matrices(np.array([[0, yaw_rad, 0], [0, 0, roll_rad]])).astype(np.float64)
    rotation = turns[1] @ _FLIP @ turns[0]
    translation = -rotation @ np.array(VIEW_MIDDLE_M) + [0.02, -0.03, 1.2]
    return PerspectiveCamera.centred(400, 500, 700.0, rotation, translation)


@given(roll=st.floats(-0.6, 0.6), yaw=st.floats(-0.7, 0.7))
def test_the_square_is_level_and_of_one_scale(roll: float, yaw: float) -> None:
    view = HeadView.of(_camera(yaw, roll))
    middle = np.array(VIEW_MIDDLE_M)
    pixels = view.camera.project(np.stack([middle, middle + np.array([0, 0.05, 0])]))
    np.testing.assert_allclose(pixels[0], (VIEW_PX - 1) / 2, atol=1e-6)
    up = pixels[1] - pixels[0]
    assert abs(up[0]) < 0.25
    assert up[1] < 0
    photo = _camera(yaw, roll).project(middle[None] + 0.03)[0]
    square = view.camera.project(middle[None] + 0.03)[0]
    np.testing.assert_allclose(view.photo_from_view @ [*square, 1], photo, atol=1e-6)


@given(angle=st.floats(0, math.pi), roll=st.floats(-0.5, 0.5))
@settings(max_examples=15)
def test_a_photos_angle_is_turned_with_the_square(angle: float, roll: float) -> None:
    """An orientation along the head's up axis in the photo is upright in the square."""
    view = HeadView.of(_camera(0, roll))
    ones = np.ones((500, 400), np.float32)
    seen = hair_view(view, ones, ones * np.float32(angle), ones, ones > 0)
    wanted = 2 * (angle + view.turn_rad)
    at = VIEW_PX // 2
    assert seen.doubled[0, at, at] == pytest.approx(math.cos(wanted), abs=1e-4)
    assert seen.doubled[1, at, at] == pytest.approx(math.sin(wanted), abs=1e-4)
    line = view.photo_from_view[:, :2] @ [math.cos(wanted / 2), math.sin(wanted / 2)]
    assert abs(math.sin(math.atan2(line[1], line[0]) - angle)) < 1e-6


def test_beyond_the_photo_nothing_is_seen() -> None:
    view = HeadView.of(_camera())
    ones = np.ones((500, 400), np.float32)
    half = np.zeros((500, 400), np.bool_)
    half[:250] = True
    seen = hair_view(view, ones, ones, ones, half)
    assert seen.seen[10, VIEW_PX // 2] == 1
    assert seen.seen[-1].max() == 0
    assert (seen.mask <= seen.seen + 1e-6).all()


@given(angle=st.floats(-1.5, 1.5), yaw=st.floats(-0.5, 0.5))
@settings(max_examples=15)
def test_a_drawn_strand_has_the_angle_at_which_it_is_seen(angle: float, yaw: float) -> None:
    fine = HeadView.of(_camera(yaw), FINER * VIEW_PX).camera
    start = np.array(VIEW_MIDDLE_M)
    step = 0.1 * (fine.rotation_camera_from_head.T @ [math.cos(angle), math.sin(angle), 0])
    strand = np.stack([start, start + step])[None].astype(np.float32)
    nothing = np.full((FINER * VIEW_PX,) * 2, np.inf, np.float32)
    drawn = draw_strands(strand, fine, nothing)
    covered = drawn.mask > 0.9
    assert covered.sum() >= 4
    found = np.arctan2(drawn.doubled[1][covered], drawn.doubled[0][covered])
    np.testing.assert_allclose(np.cos(found - 2 * angle), 1, atol=1e-3)
    assert visibility(strand, fine, drawn.depth_m).min() == 1


def test_the_skin_hides_what_lies_behind_it(cameo_head: HeadModel) -> None:
    fine = HeadView.of(_camera(), FINER * VIEW_PX)
    place, depth = skin_positions(fine, cameo_head, cameo_head.template_m)
    behind = np.array([[[-0.03, 0.1, -0.2], [0.03, 0.1, -0.2]]], np.float32)
    drawn = draw_strands(behind, fine.camera, depth)
    assert drawn.mask.max() == 0
    assert visibility(behind, fine.camera, drawn.depth_m).max() == 0
    seen = np.isfinite(depth)
    pixels = fine.camera.project(place[:, seen].T.astype(np.float64))
    row, column = np.nonzero(seen)
    np.testing.assert_allclose(pixels, np.stack([column, row], axis=1), atol=0.05)


@pytest.mark.parametrize("kind", KINDS)
def test_typical_curls_are_of_their_kind(kind: CurlKind) -> None:
    assert curl_of(TYPICAL[kind]) == kind
    for other in KINDS:
        assert curl_of(with_curl(TYPICAL[other], kind)) == kind
    own = StrandTexture(curl_radius_m=0.0081, curl_pitch_m=0.03)
    assert with_curl(own, curl_of(own)) is own


@given(share=st.floats(0, 1))
@settings(max_examples=20)
def test_between_waves_and_curls_lies_neither_beyond_waves_nor_curls(share: float) -> None:
    waves, curls = TYPICAL["wavy"], TYPICAL["curly"]
    mixed = between_waves_and_curls(StrandTexture(), share)
    assert between_waves_and_curls(StrandTexture(), 0.0).curl_radius_m == waves.curl_radius_m
    assert between_waves_and_curls(StrandTexture(), 1.0).curl_radius_m == curls.curl_radius_m
    for name in ("curl_radius_m", "curl_pitch_m", "stray_m", "clump"):
        low, high = sorted((getattr(waves, name), getattr(curls, name)))
        assert low - 1e-9 <= getattr(mixed, name) <= high + 1e-9


def _offsets(model: HeadModel, length_m: float, sideways: float) -> np.ndarray:
    """Strands that leave the skin, then fall, all to one side."""
    scalp = scalp_of(model)
    normals = scalp.normals(scalp.locate(scalp.grid()[0])[0], model.template_m)
    along = np.linspace(0, 1, POINTS, dtype=np.float32)[None, :, None]
    fall = np.array([sideways, -1, 0], np.float32)
    return along * 0.015 * normals[:, None] + along**2 * length_m * fall


@pytest.fixture(scope="module")
def space(cameo_head: HeadModel) -> StyleSpace:
    """Four styles; the components are their own strands, so that codes are exact."""
    model = cameo_head
    kinds = ((0.05, 0.0), (0.2, 0.0), (0.2, 0.5), (0.1, -0.4))
    styles = np.stack([_offsets(model, *each) for each in kinds])
    flat = styles.reshape(-1, POINTS * 3)
    _, _, rows = np.linalg.svd(flat, full_matrices=False)
    components = rows[:9] * 0.35
    code = np.rint(flat @ rows[:9].T / 0.35 * 32).clip(-127, 127)
    roots, count = styles.shape[1], len(kinds)
    made = StyleSpace(
        names=tuple(f"style-{n}" for n in range(count)),
        textures=(StrandTexture(),) * count,
        tied=np.zeros(count, np.bool_),
        code=code.reshape(count, roots, 9).astype(np.int8),
        present=np.ones((count, roots), np.bool_),
        wisp=np.zeros((count, roots), np.uint8),
        mean_m=np.zeros((POINTS, 3), np.float32),
        components_m=components.reshape(9, POINTS, 3).astype(np.float32),
        mask=np.zeros((count, len(VIEW_YAWS_RAD), CELLS, CELLS), np.uint8),
        doubled=np.zeros((count, len(VIEW_YAWS_RAD), 2, CELLS, CELLS), np.int8),
    )
    for n in range(count):
        for v, yaw in enumerate(VIEW_YAWS_RAD):
            coarse = coarse_pictures(*_photo(made, n, model, yaw)[:2])
            made.mask[n, v] = np.rint(coarse.mask * 255)
            made.doubled[n, v] = np.rint(coarse.doubled * 127)
    return made


def _photo(
    space: StyleSpace, index: int, model: HeadModel, yaw: float
) -> tuple[np.ndarray, np.ndarray]:
    """Mask and orientations of a style, drawn as retrieval draws it."""
    fine = HeadView.of(_camera(yaw), FINER * VIEW_PX)
    depth = skin_positions(fine, model, model.template_m)[1]
    strands, scalp = space.strands(index), scalp_of(model)
    roots = model.surface_points(scalp.locate(scalp.grid()[0])[0], model.template_m)
    points = (roots[strands.root][:, None] + strands.offsets_m).astype(np.float32)
    drawn = draw_strands(points, fine.camera, depth, 2.5, shrunk_px=2)
    return drawn.mask, drawn.doubled


@pytest.fixture(scope="module")
def skin(cameo_head: HeadModel) -> SkinDistance:
    return SkinDistance.of(cameo_head, cameo_head.template_m)


@pytest.mark.parametrize("index", range(4))
def test_a_style_is_found_by_its_own_picture(
    cameo_head: HeadModel, space: StyleSpace, skin: SkinDistance, index: int
) -> None:
    yaw = VIEW_YAWS_RAD[index]
    mask, doubled = _photo(space, index, cameo_head, yaw)
    hair = HairView(doubled, mask, np.ones_like(mask))
    far = coarse_distances(space, hair, yaw, "straight")
    assert far[index, 0] == far.min() < 0.02
    head = PhotographedHead(cameo_head, cameo_head.template_m, HeadView.of(_camera(yaw)), skin)
    assert yaw_of(head.view) == pytest.approx(yaw, abs=1e-6)
    found = retrieve(space, head, hair, "straight")[0]
    assert found.name == f"style-{index}"
    assert skin.distance(found.guides.points_m[:, 1:]).min() > -0.0005


def test_the_mirrored_photo_finds_the_mirrored_style(
    cameo_head: HeadModel, space: StyleSpace
) -> None:
    mask, doubled = _photo(space, 2, cameo_head, 0.3)
    photo = mirrored(HairView(doubled, mask, np.ones_like(mask)))
    far = coarse_distances(space, photo, -0.3, "straight")
    assert far[2, 1] == far.min()
    np.testing.assert_allclose(
        far[:, ::-1], coarse_distances(space, mirrored(photo), 0.3, "straight"), atol=1e-6
    )


def test_curls_of_another_kind_are_farther(cameo_head: HeadModel, space: StyleSpace) -> None:
    mask, doubled = _photo(space, 1, cameo_head, 0.0)
    photo = HairView(doubled, mask, np.ones_like(mask))
    far = [coarse_distances(space, photo, 0.0, kind).min() for kind in KINDS]
    assert far == sorted(far)
    assert far[0] < far[1] < far[3]


def test_hair_that_is_drawn_back_is_sought_among_tied_styles(
    cameo_head: HeadModel, space: StyleSpace, skin: SkinDistance
) -> None:
    mask, doubled = _photo(space, 1, cameo_head, 0.0)
    photo = HairView(doubled, mask, np.ones_like(mask))
    head = PhotographedHead(cameo_head, cameo_head.template_m, HeadView.of(_camera(0.0)), skin)
    ties = replace(space, tied=np.arange(len(space)) == 1)
    loose, tied = (retrieve(ties, head, photo, "straight", 8, tied=each) for each in (0.0, 1.0))
    assert tied[0].tied
    assert tied[0].name == "style-1"
    untied = min(each.distance for each in loose if each.name == "style-1")
    assert untied == pytest.approx(tied[0].distance + TIED_WEIGHT, abs=1e-5)


def test_the_space_comes_back_from_its_file(space: StyleSpace, tmp_path: Path) -> None:
    space.save(tmp_path / "styles.npz")
    back = StyleSpace.open(tmp_path / "styles.npz")
    assert back.names == space.names
    assert back.textures[0].curl_pitch_m == pytest.approx(space.textures[0].curl_pitch_m)
    np.testing.assert_array_equal(back.code, space.code)
    np.testing.assert_array_equal(back.tied, space.tied)
    np.testing.assert_allclose(
        back.strands(2).offsets_m, space.strands(2).offsets_m, atol=2e-3
    )  # components are stored as half floats


def test_missing_and_damaged_files_are_told(tmp_path: Path) -> None:
    for load in (StyleSpace.open, HairNetwork):
        with pytest.raises(ModelNotAvailable, match="missing"):
            load(tmp_path / "nothing")
        damaged = tmp_path / "damaged"
        damaged.write_bytes(b"PK\x03\x04 no archive")
        with pytest.raises(InvalidModel):
            load(damaged)


def test_the_shipped_network_gives_a_mirrored_head_mirrored_hair(cameo_head: HeadModel) -> None:
    rng = np.random.default_rng(2)
    mask = np.zeros((VIEW_PX, VIEW_PX), np.float32)
    mask[18:60, 25:60] = 1
    hair = HairView(
        rng.normal(0, 0.4, (2, *mask.shape)).astype(np.float32) * mask, mask, mask * 0 + 1
    )
    position = skin_positions(HeadView.of(_camera(0.3)), cameo_head, cameo_head.template_m)[0]
    flipped = position[:, :, ::-1] * np.array([-1, 1, 1], np.float32)[:, None, None]
    network = HairNetwork()
    straight, turned = network.hair(hair, position), network.hair(mirrored(hair), flipped)
    np.testing.assert_allclose(turned.presence, straight.presence[:, ::-1], atol=1e-4)
    back = turned.offsets_m[:, ::-1] * np.array([-1, 1, 1], np.float32)
    np.testing.assert_allclose(back, straight.offsets_m, atol=1e-4)
    assert np.linalg.norm(straight.offsets_m[:, :, -1], axis=-1).max() < 1.5
