"""The grooming generator and what it shipped: laws of styles."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from reconstruction_backend.hair.database import StyleDatabase
from reconstruction_backend.hair.grow import PlainColour, grow
from reconstruction_backend.hair.guide_file import encode_guides
from reconstruction_backend.hair.resample import lengths_m
from reconstruction_backend.hair.scalp import scalp_of
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.model_store import HAIR_DATABASE
from training.hair.groom.catalogue import BASES, base
from training.hair.groom.generate import generate, template_skin
from training.hair.groom.mirroring import mirrored
from training.hair.groom.shipped import SHIPPED
from training.hair.groom.styles import blended, perturbed, random_style
from training.hair.groom.ties import ROUTE_SHARE
from training.hair.groom.variations import every_style

DEEPEST_M = 0.0005
SHIPPED_AT_LEAST, DECLARED_AT_LEAST = 64, 343
BYTES_AT_MOST = 30 << 20
FEW = ("buzz", "bob", "ponytail", "cornrows")


@pytest.fixture(scope="module")
def shipped() -> StyleDatabase:
    return StyleDatabase.open(HAIR_DATABASE)


def test_the_database_holds_what_is_declared(shipped: StyleDatabase) -> None:
    assert [entry.name for entry in shipped.entries] == [entry.style.name for entry in SHIPPED]
    assert [entry.title for entry in shipped.entries] == [entry.title for entry in SHIPPED]
    assert len(shipped.entries) >= SHIPPED_AT_LEAST
    size = sum(path.stat().st_size for path in HAIR_DATABASE.iterdir())
    assert size < BYTES_AT_MOST


def test_every_shipped_style_has_a_thumbnail(shipped: StyleDatabase) -> None:
    for entry in shipped.entries:
        with Image.open(HAIR_DATABASE / f"{entry.name}.webp") as picture:
            assert picture.format == "WEBP"
            assert picture.width == picture.height


@pytest.mark.parametrize("name", FEW)
def test_the_builder_makes_the_shipped_files_again(
    shipped: StyleDatabase, cameo_head: HeadModel, name: str
) -> None:
    made = encode_guides(generate(base(name), cameo_head).guides)
    assert hashlib.sha256(made).hexdigest() == shipped.entry(name).guides_sha256


def test_no_strand_of_a_shipped_style_enters_the_head(
    shipped: StyleDatabase, cameo_head: HeadModel
) -> None:
    skin = template_skin(cameo_head)
    for entry in shipped.entries:
        style = shipped.load(entry.name)
        strands = grow(
            cameo_head,
            cameo_head.template_m,
            style.guides,
            replace(style.texture, strands=600),
            PlainColour(),
            skin=skin,
        )
        assert strands.count > 100, entry.name
        assert skin.distance(strands.points_m).min() > -DEEPEST_M, entry.name


def test_every_style_has_a_name_of_its_own() -> None:
    names = [style.name for style in every_style()]
    assert len(names) == len(set(names)) >= DECLARED_AT_LEAST


@pytest.mark.parametrize("name", FEW)
def test_a_style_is_the_same_every_time(cameo_head: HeadModel, name: str) -> None:
    first, second = (generate(base(name), cameo_head) for _ in range(2))
    assert np.array_equal(first.guides.points_m, second.guides.points_m)
    assert np.array_equal(first.guides.root_uv, second.guides.root_uv)


@pytest.mark.parametrize("name", FEW)
def test_mirrored_parameters_give_mirrored_guides(cameo_head: HeadModel, name: str) -> None:
    style = generate(base(name), cameo_head).guides
    other = generate(mirrored(base(name)), cameo_head).guides
    assert np.array_equal(other.points_m, style.points_m * np.array([-1, 1, 1], np.float32))
    scalp = scalp_of(cameo_head)
    roots = cameo_head.surface_points(scalp.locate(other.root_uv)[0], cameo_head.template_m)
    assert np.abs(roots - other.points_m[:, 0]).max() < 1e-3


@pytest.mark.parametrize("factor", [0.7, 0.85])
def test_lengths_follow_the_field(cameo_head: HeadModel, factor: float) -> None:
    style = base("spiky")
    lengths = style.lengths
    cut = replace(
        lengths,
        top_m=factor * lengths.top_m,
        front_m=factor * lengths.front_m,
        crown_m=factor * lengths.crown_m,
    )
    long, short = (
        generate(replace(style, lengths=choice), cameo_head).guides for choice in (lengths, cut)
    )
    top = long.points_m[:, 0, 1] > 0.118
    ratio = lengths_m(short.points_m)[top] / lengths_m(long.points_m)[top]
    assert np.median(ratio) == pytest.approx(factor, rel=0.05)


def test_scissors_leave_nothing_below_the_hem(cameo_head: HeadModel) -> None:
    style = base("bob")
    tips = generate(style, cameo_head).guides.points_m[:, -1, 1]
    assert np.quantile(tips, 0.02) > style.lengths.hem_m - style.lengths.hem_front_m - 0.02


def test_a_parting_throws_hair_to_both_sides(cameo_head: HeadModel) -> None:
    guides = generate(base("long-straight"), cameo_head).guides
    roots, tips = guides.points_m[:, 0], guides.points_m[:, -1]
    front = (roots[:, 2] > 0) & (np.abs(roots[:, 0]) > 0.01)
    assert (np.sign(roots[front, 0]) == np.sign(tips[front, 0])).mean() > 0.97


def test_no_guide_of_loose_long_hair_falls_over_the_eyes(cameo_head: HeadModel) -> None:
    points = generate(base("long-straight"), cameo_head).guides.points_m
    x, y, z = points.reshape(-1, 3).T
    before = (z > 0.06) & (np.abs(x) < 0.045) & (y > -0.05) & (y < 0.06)
    assert before.mean() < 0.002


@pytest.mark.parametrize("name", ["taper", "side-part", "crew"])
def test_short_hair_lies_on_the_sides_of_the_head(cameo_head: HeadModel, name: str) -> None:
    points = generate(base(name), cameo_head).guides.points_m
    above_ears = (np.abs(points[..., 0]) > 0.05) & (points[..., 1] > 0.02) & (points[..., 1] < 0.08)
    off_m = template_skin(cameo_head).distance(points[above_ears])
    assert np.quantile(off_m, 0.95) < 0.012


def test_tied_hair_passes_through_its_band(cameo_head: HeadModel) -> None:
    style = base("ponytail")
    points = generate(style, cameo_head).guides.points_m
    at_band = points[:, round(ROUTE_SHARE * points.shape[1]) - 1]
    off_m = np.linalg.norm(at_band - at_band.mean(axis=0), axis=1)
    assert off_m.max() < 1.5 * style.tie.band_m


def test_a_bun_is_round(cameo_head: HeadModel) -> None:
    points = generate(base("bun"), cameo_head).guides.points_m
    wound = points[:, round(ROUTE_SHARE * points.shape[1]) + 6 :].reshape(-1, 3)
    extent_m = np.ptp(np.quantile(wound, [0.02, 0.98], axis=0), axis=0)
    assert extent_m.max() < 0.1
    assert extent_m.min() > 0.7 * extent_m.max()


def test_a_strip_leaves_the_sides_short(cameo_head: HeadModel) -> None:
    style = base("mohawk")
    points = generate(style, cameo_head).guides.points_m
    beside = np.abs(points[:, 0, 0]) > style.hairline.strip_m
    assert lengths_m(points[beside]).max() < 1.5 * style.lengths.sides_m
    assert lengths_m(points[~beside]).min() > 0.01


@pytest.mark.parametrize("seed", range(8))
def test_random_styles_are_sound(cameo_head: HeadModel, seed: int) -> None:
    style = generate(random_style(np.random.default_rng(seed)), cameo_head)
    points = style.guides.points_m
    assert np.isfinite(points).all()
    assert template_skin(cameo_head).distance(points[:, 0]).max() < 0.002
    assert lengths_m(points).max() < 1.2


def test_blending_reaches_both_ends() -> None:
    bob, long = base("bob"), base("long-straight")
    assert blended(bob, long, 0.0) == bob
    ends = (blended(bob, long, 1.0).lengths.hem_m, blended(bob, long, 1.0).flow.volume_m)
    assert ends == pytest.approx((long.lengths.hem_m, long.flow.volume_m))
    assert perturbed(bob, np.random.default_rng(0), 0.0) == bob


def test_bases_have_names_of_their_own() -> None:
    assert len({style.name for style in BASES}) == len(BASES)
