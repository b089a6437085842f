"""Any style on any head: it stays itself, and enters nobody's skin."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic_hair import falling_guides

from reconstruction_backend.hair.alignment import align
from reconstruction_backend.hair.colour import PRESETS
from reconstruction_backend.hair.edit import HairEdit
from reconstruction_backend.hair.hair import Hair, hair_of_style
from reconstruction_backend.hair.hairstyle import HairGuides, Hairstyle, StrandTexture
from reconstruction_backend.hair.resample import lengths_m
from reconstruction_backend.hair.scalp import scalp_of
from reconstruction_backend.hair.skin_distance import SkinDistance
from reconstruction_backend.head_model import HeadModel

DEEPEST_M = 5e-4
STANDARD_DEVIATIONS = 3.0


@pytest.fixture(scope="module")
def long_hair(cameo_head: HeadModel) -> HairGuides:
    return falling_guides(cameo_head, 0.3)


def random_head(model: HeadModel, seed: int) -> np.ndarray:
    bound = STANDARD_DEVIATIONS
    shape = np.random.default_rng(seed).uniform(-bound, bound, model.shape_count)
    return model.neutral(shape.astype(np.float32))


@settings(max_examples=6)
@given(seed=st.integers(0, 2**32 - 1))
def test_on_any_head_roots_are_on_the_skin_and_no_point_is_in_it(
    cameo_head: HeadModel, long_hair: HairGuides, seed: int
) -> None:
    vertices = random_head(cameo_head, seed)
    skin = SkinDistance.of(cameo_head, vertices)
    worn = align(long_hair, cameo_head, vertices, skin)
    roots, _ = scalp_of(cameo_head).locate(long_hair.root_uv)
    on_skin = cameo_head.surface_points(roots, vertices)
    assert np.abs(worn.points_m[:, 0] - on_skin).max() < 1e-5
    assert skin.distance(worn.points_m).min() > -DEEPEST_M


def test_on_its_own_head_a_style_stays_as_it_is(
    cameo_head: HeadModel, long_hair: HairGuides
) -> None:
    worn = align(long_hair, cameo_head, cameo_head.template_m)
    assert np.abs(worn.points_m - long_hair.points_m).max() < 1e-4


def test_long_hair_grows_with_the_head_and_stubble_does_not(
    cameo_head: HeadModel, long_hair: HairGuides
) -> None:
    twice = 1.2 * cameo_head.template_m
    longer = lengths_m(align(long_hair, cameo_head, twice).points_m) / lengths_m(long_hair.points_m)
    assert np.median(longer) == pytest.approx(1.2, abs=0.02)
    stubble = falling_guides(cameo_head, 0.004)
    same = lengths_m(align(stubble, cameo_head, twice).points_m) / lengths_m(stubble.points_m)
    assert np.median(same) == pytest.approx(1.0, abs=0.02)


def test_a_mirrored_head_wears_mirrored_hair(cameo_head: HeadModel, long_hair: HairGuides) -> None:
    vertices = random_head(cameo_head, 3)
    mirror = np.array([-1, 1, 1], np.float32)
    mirrored = vertices[cameo_head.mirror_vertex] * mirror
    over = HairGuides(
        (long_hair.root_uv * [-1, 1] + [1, 0]).astype(np.float32),
        long_hair.points_m * mirror,
        long_hair.wisp,
    )
    one = align(long_hair, cameo_head, vertices).points_m
    other = align(over, cameo_head, mirrored).points_m * mirror
    assert np.quantile(np.abs(one - other).max(axis=(1, 2)), 0.95) < 0.003


def hair(model: HeadModel, guides: HairGuides) -> Hair:
    style = Hairstyle("falling", guides, StrandTexture(strands=600))
    return hair_of_style(style, model, random_head(model, 11), PRESETS["brown"])


def test_the_same_hair_grows_the_same_strands_after_any_edit(
    cameo_head: HeadModel, long_hair: HairGuides
) -> None:
    worn = hair(cameo_head, long_hair)
    first = worn.strands()
    assert worn.strands() is first
    cut = worn.with_edit(HairEdit(length=0.5))
    assert lengths_m(cut.strands().points_m).mean() < 0.65 * lengths_m(first.points_m).mean()
    again = cut.with_edit(worn.edit).strands()
    assert np.array_equal(again.points_m, first.points_m)


def test_no_strand_of_aligned_hair_enters_the_skin(
    cameo_head: HeadModel, long_hair: HairGuides
) -> None:
    worn = hair(cameo_head, long_hair)
    assert worn.skin.distance(worn.strands().points_m).min() > -DEEPEST_M
