"""Grooms of others: found on our scalp whatever their unit and axes, and kept as styles."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic_hair import falling_guides

from reconstruction_backend.errors import InvalidOption
from reconstruction_backend.export import write_file
from reconstruction_backend.hair.database import StyleDatabase
from reconstruction_backend.hair.formats.polylines import InvalidGroom, Polylines, starts_of
from reconstruction_backend.hair.groom_fit import AXES, fit_groom
from reconstruction_backend.hair.groom_import import check_new_style, keep_style, style_of_groom
from reconstruction_backend.hair.scalp import scalp_of
from reconstruction_backend.hair.skin_distance import SkinDistance
from reconstruction_backend.head_model import HeadModel


@pytest.fixture(scope="module")
def groom(cameo_head: HeadModel) -> Polylines:
    points = falling_guides(cameo_head, 0.2).points_m
    return Polylines(points.reshape(-1, 3), starts_of(np.full(len(points), points.shape[1])))


def moved(groom: Polylines, axes: str, unit_m: float, shift: np.ndarray) -> Polylines:
    turn = np.array(AXES[axes], np.float32)
    points = (groom.points @ turn) / np.float32(unit_m) + shift  # the inverse of a placement
    return Polylines(points.astype(np.float32), groom.starts)


@settings(max_examples=3)
@given(
    axes=st.sampled_from(sorted(AXES)),
    unit_m=st.sampled_from([1.0, 0.0254, 0.01, 0.001]),
    seed=st.integers(0, 999),
)
def test_unit_axes_and_place_are_found(
    cameo_head: HeadModel, groom: Polylines, axes: str, unit_m: float, seed: int
) -> None:
    shift = np.random.default_rng(seed).uniform(-2, 2, 3).astype(np.float32) / unit_m
    fitted = fit_groom(moved(groom, axes, unit_m, shift), cameo_head)
    assert fitted.axes == axes
    assert fitted.placement.metres_per_unit == pytest.approx(unit_m, rel=0.05)
    assert fitted.residual_m < 0.003
    assert axes in fitted.sentence


def test_what_is_no_groom_of_a_head_is_refused(cameo_head: HeadModel) -> None:
    def lines(roots: np.ndarray) -> Polylines:
        points = np.stack([roots, roots + np.array([0, 0.1, 0])], axis=1).reshape(-1, 3)
        return Polylines(points.astype(np.float32), starts_of(np.full(len(roots), 2)))

    rng = np.random.default_rng(0)
    with pytest.raises(InvalidGroom, match="do not lie on a head"):
        fit_groom(lines(rng.random((300, 3)) * [1, 0.02, 0.5]), cameo_head)
    with pytest.raises(InvalidGroom, match="begin in one point"):
        fit_groom(lines(np.ones((5, 3))), cameo_head)


def test_an_imported_groom_is_a_style(
    cameo_head: HeadModel, groom: Polylines, tmp_path: Path
) -> None:
    imported = style_of_groom(groom, "mine", cameo_head)
    style = imported.style
    on_scalp, inside = scalp_of(cameo_head).locate(style.guides.root_uv)
    assert inside.mean() > 0.99
    at = cameo_head.surface_points(on_scalp, cameo_head.template_m)
    assert np.abs(at - style.guides.points_m[:, 0]).max() < 1e-3
    skin = SkinDistance.of(cameo_head, cameo_head.template_m)
    assert skin.distance(style.guides.points_m).min() > -5e-4
    folder = tmp_path / "hair"
    keep_style(style, "Mine", folder, b"RIFF", write_file)
    keep_style(style, "Mine again", folder, b"RIFF", write_file)
    kept = StyleDatabase.open(folder)
    assert [entry.title for entry in kept.entries] == ["Mine again"]
    assert kept.load("mine").guides.count == style.guides.count


def test_a_name_of_a_shipped_style_is_refused(
    cameo_head: HeadModel, groom: Polylines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    style = style_of_groom(groom, "mine", cameo_head).style
    keep_style(style, "Mine", tmp_path, b"RIFF", write_file)
    monkeypatch.setattr(StyleDatabase, "shipped", lambda: StyleDatabase.open(tmp_path))
    with pytest.raises(InvalidOption, match="'mine'"):
        keep_style(style, "Mine", tmp_path, b"RIFF", write_file)


@pytest.mark.parametrize("name", ["photo", "none", "", "../up", "Bob", "-", "x" * 101, "mine\n"])
def test_a_name_that_no_style_can_have_is_refused(name: str) -> None:
    with pytest.raises(InvalidOption, match="give another --name"):
        check_new_style(name, "Mine")


def test_a_title_longer_than_any_is_refused() -> None:
    with pytest.raises(InvalidOption, match="200 letters"):
        check_new_style("mine", "x" * 201)
