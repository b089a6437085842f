"""Dense strands from guides: laws of growing and of editing."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from scipy.spatial import KDTree

from reconstruction_backend.errors import InvalidOption
from reconstruction_backend.hair.edit import HairEdit, edited
from reconstruction_backend.hair.grow import PlainColour, grow
from reconstruction_backend.hair.hairstyle import Bundle, HairGuides, StrandTexture
from reconstruction_backend.hair.resample import lengths_m, resampled
from reconstruction_backend.hair.scalp import scalp_of
from reconstruction_backend.hair.skin_distance import SkinDistance
from reconstruction_backend.hair.strands import HairStrands
from reconstruction_backend.head_model import HeadModel

DEEPEST_M = 0.0005
CURLY = StrandTexture(strands=600, curl_radius_m=0.006, curl_pitch_m=0.02, flyaways=0.1)


@pytest.fixture(scope="module")
def skin(cameo_head: HeadModel) -> SkinDistance:
    return SkinDistance.of(cameo_head, cameo_head.template_m)


@pytest.fixture(scope="module")
def guides(cameo_head: HeadModel) -> HairGuides:
    """Straight out of the skin, 8 cm, parted in the middle."""
    scalp = scalp_of(cameo_head)
    roots = scalp.grid()[0]
    points, _ = scalp.locate(roots)
    at = cameo_head.surface_points(points, cameo_head.template_m)
    normal = scalp.normals(points, cameo_head.template_m)
    lines = at[:, None] + 0.08 * np.linspace(0, 1, 12)[None, :, None] * normal[:, None]
    return HairGuides(roots, lines.astype(np.float32), (at[:, 0] > 0).astype(np.int32))


def grown(
    model: HeadModel,
    guides: HairGuides,
    skin: SkinDistance,
    texture: StrandTexture = CURLY,
    strands: int | None = None,
    points: int | None = 24,
) -> HairStrands:
    return grow(model, model.template_m, guides, texture, PlainColour(), strands, points, skin=skin)


def test_the_same_strands_grow_every_time(
    cameo_head: HeadModel, guides: HairGuides, skin: SkinDistance
) -> None:
    first, second = (grown(cameo_head, guides, skin) for _ in range(2))
    assert np.array_equal(first.points_m, second.points_m)
    assert np.array_equal(first.width_m, second.width_m)


def test_fewer_strands_are_rooted_where_the_first_of_many_are(
    cameo_head: HeadModel, guides: HairGuides, skin: SkinDistance
) -> None:
    many, few = (grown(cameo_head, guides, skin, strands=n) for n in (600, 200))
    assert few.count == 200
    assert np.array_equal(few.root_uv, many.root_uv[:200])


@pytest.mark.parametrize("bundle", ["free", "loc", "twist", "braid"])
def test_strands_leave_the_skin_at_their_roots_and_stay_out_of_it(
    cameo_head: HeadModel, guides: HairGuides, skin: SkinDistance, bundle: Bundle
) -> None:
    texture = replace(CURLY, bundle=bundle, bundle_radius_m=0.004)
    strands = grown(cameo_head, guides, skin, texture)
    assert strands.smooth_m is not None
    for lines in (strands.points_m, strands.smooth_m):
        assert skin.distance(lines).min() > -DEEPEST_M
    scalp = scalp_of(cameo_head)
    roots = cameo_head.surface_points(scalp.locate(strands.root_uv)[0], cameo_head.template_m)
    assert np.abs(strands.points_m[:, 0] - roots).max() < 1e-4


def test_hair_grows_only_where_guides_do(
    cameo_head: HeadModel, guides: HairGuides, skin: SkinDistance
) -> None:
    left = guides.points_m[:, 0, 0] > 0.02
    half = HairGuides(guides.root_uv[left], guides.points_m[left], guides.wisp[left])
    strands = grown(cameo_head, half, skin)
    assert strands.points_m[:, 0, 0].min() > 0.005


def test_no_strand_is_blended_across_a_parting(
    cameo_head: HeadModel, guides: HairGuides, skin: SkinDistance
) -> None:
    """Two sides that lean apart leave nothing between them."""
    lean = np.where(guides.wisp == 1, 0.1, -0.1)[:, None] * np.linspace(0, 1, 12)
    points = guides.points_m.copy()
    points[:, :, 0] += lean
    straight = StrandTexture(strands=600, clump=0.0, frizz_m=0.0, flyaways=0.0, length_spread=0.0)
    strands = grown(cameo_head, replace(guides, points_m=points), skin, straight)
    moved = strands.points_m[:, -1, 0] - strands.points_m[:, 0, 0]
    assert np.abs(moved).min() > 0.05


def test_tips_gather_in_clumps(
    cameo_head: HeadModel, guides: HairGuides, skin: SkinDistance
) -> None:
    def spread(clump: float) -> float:
        texture = StrandTexture(strands=600, clump=clump, flyaways=0.0, frizz_m=0.0)
        tips = grown(cameo_head, guides, skin, texture).points_m[:, -1]
        apart = np.linalg.norm(tips[:, None] - tips[None], axis=2) + np.eye(len(tips))
        return float(np.median(apart.min(axis=1)))

    assert spread(0.9) < 0.5 * spread(0.0)


def test_what_hangs_about_the_smooth_strands_is_their_curl(
    cameo_head: HeadModel, guides: HairGuides, skin: SkinDistance
) -> None:
    texture = replace(CURLY, frizz_m=0.0, flyaways=0.0)
    strands = grown(cameo_head, guides, skin, texture)
    assert strands.smooth_m is not None
    away = np.linalg.norm(strands.points_m - strands.smooth_m, axis=2)
    assert 0.003 < np.median(away[:, -8:]) < 0.012


def test_strands_of_a_lock_wind_as_one(
    cameo_head: HeadModel, guides: HairGuides, skin: SkinDistance
) -> None:
    """Neighbours' curls point the same way where they keep together, and any way where not."""

    def alike(together: float) -> float:
        texture = replace(CURLY, curl_together=together, frizz_m=0.0, flyaways=0.0, clump=0.9)
        strands = grown(cameo_head, guides, skin, texture, points=48)
        assert strands.smooth_m is not None
        curl = (strands.points_m - strands.smooth_m)[:, 24]
        curl /= np.linalg.norm(curl, axis=1, keepdims=True)
        _, near = KDTree(strands.smooth_m[:, 24]).query(strands.smooth_m[:, 24], k=2)
        nearest = np.asarray(near)[:, 1]
        return float(np.median((curl * curl[nearest]).sum(axis=1)))

    assert alike(1.0) > 0.8
    assert alike(0.0) < 0.65


def test_locks_stray_from_their_guides_and_not_at_the_root(
    cameo_head: HeadModel, guides: HairGuides, skin: SkinDistance
) -> None:
    orderly, straying = (
        grown(cameo_head, guides, skin, replace(CURLY, stray_m=stray, clump=0.9))
        for stray in (0.0, 0.006)
    )
    assert orderly.smooth_m is not None
    assert straying.smooth_m is not None
    moved = np.linalg.norm(straying.smooth_m - orderly.smooth_m, axis=2)
    assert np.array_equal(straying.points_m[:, 0], orderly.points_m[:, 0])
    assert 0.002 < np.median(moved[:, -1]) < 0.012


def test_roots_stand_denser_where_hair_parts(
    cameo_head: HeadModel, guides: HairGuides, skin: SkinDistance
) -> None:
    lean = np.where(guides.wisp == 1, 0.2, -0.2)[:, None] * np.linspace(0, 1, 12)
    points = guides.points_m.copy()
    points[:, :, 0] += lean

    def beside_parting(of: HairGuides) -> float:
        at = grown(cameo_head, of, skin, strands=2000).points_m[:, 0]
        return float((np.abs(at[at[:, 1] > 0.1, 0]) < 0.012).mean())

    assert beside_parting(replace(guides, points_m=points)) > 1.4 * beside_parting(guides)


@given(length=st.floats(0.1, 2), density=st.floats(0.1, 2), thickness=st.floats(0.5, 2))
@hypothesis_settings(max_examples=20)
def test_edits_scale_what_they_name(
    guides: HairGuides, length: float, density: float, thickness: float
) -> None:
    edit = HairEdit(length=length, density=density, thickness=thickness)
    changed, texture = edited(guides, CURLY, edit)
    ratio = lengths_m(changed.points_m) / lengths_m(guides.points_m)
    assert np.allclose(ratio, length, rtol=0.03)
    assert np.array_equal(changed.points_m[:, 0], guides.points_m[:, 0])
    assert texture.strands == pytest.approx(CURLY.strands * density, abs=1)
    assert texture.width_m == pytest.approx(CURLY.width_m * thickness)


def test_cutting_goes_along_the_strand_and_growth_hangs(guides: HairGuides) -> None:
    cut, _ = edited(guides, CURLY, HairEdit(length=0.5))
    assert np.allclose(cut.points_m[:, -1], resampled(guides.points_m, 3)[:, 1], atol=1e-6)
    grown_on, _ = edited(guides, CURLY, HairEdit(length=2.0))
    fall = grown_on.points_m[:, -1] - grown_on.points_m[:, -2]
    assert (fall[:, 1] / np.linalg.norm(fall, axis=1) < 0).mean() > 0.8


def test_no_edit_changes_nothing(guides: HairGuides) -> None:
    assert edited(guides, CURLY, HairEdit()) == (guides, CURLY)


@pytest.mark.parametrize("length", [0.0, 3.0, float("nan")])
def test_edits_out_of_range_are_refused(length: float) -> None:
    with pytest.raises(InvalidOption):
        HairEdit(length=length)
