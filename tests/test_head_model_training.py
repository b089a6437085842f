"""Laws of the code that builds the head model, on small made-up meshes."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxtyping import Float, Int

from reconstruction_backend.errors import InvalidModel
from reconstruction_backend.head_model import HeadModel
from training.head_model import slim
from training.head_model.affine_weights import affine_weights
from training.head_model.bases import principal_shapes
from training.head_model.carry_fit import triangles_before_and_after
from training.head_model.data import ARKIT_NAMES, mirrored_name
from training.head_model.intersections import crossing, self_crossing
from training.head_model.landmarks import similarity
from training.head_model.refine import refine
from training.head_model.triangulate import best_triangles, triangulate

SIDE = 7
"""Vertices along a side of the test grid; odd, so that there is a midline."""


def grid(side: int = SIDE) -> tuple[Float[np.ndarray, "N 3"], Int[np.ndarray, "Q 4"]]:
    """A flat square of quads, symmetric in x."""
    x, y = np.meshgrid(np.arange(side) - side // 2, np.arange(side))
    points = np.stack([x, y, np.zeros_like(x)], axis=-1).reshape(-1, 3).astype(float)
    corner = (np.arange(side - 1)[:, None] * side + np.arange(side - 1)).ravel()
    return points, np.stack([corner, corner + 1, corner + side + 1, corner + side], axis=1)


def grid_mirror(side: int = SIDE) -> Int[np.ndarray, "N"]:
    return np.arange(side * side).reshape(side, side)[:, ::-1].ravel()


def symmetric_choice(points: np.ndarray, quads: np.ndarray, rows: set[int]) -> np.ndarray:
    return np.isin(quads[:, 0] // SIDE, list(rows)) & (np.abs(points[quads, 0].mean(1)) < 2)


@pytest.mark.parametrize("rows", [set(), {2}, {1, 2, 3}, {0, 5}])
def test_refinement_keeps_old_vertices_and_reproduces_planes(rows: set[int]) -> None:
    points, quads = grid()
    refined = refine(points, quads, symmetric_choice(points, quads, rows), grid_mirror())
    np.testing.assert_allclose(np.asarray(refined.stencil.sum(1)), 1)
    slanted = points @ np.array([[1, 0, 0.3], [0, 1, -0.7], [0, 0, 1]])
    new = refined.stencil @ slanted
    np.testing.assert_array_equal(new[: len(points)], slanted)
    np.testing.assert_allclose(new[:, 2], 0.3 * new[:, 0] - 0.7 * new[:, 1], atol=1e-12)


def test_refinement_of_a_curved_surface_is_closer_than_its_chords() -> None:
    points, quads = grid()

    def height(p: np.ndarray) -> np.ndarray:
        return 0.05 * (p[:, 0] ** 2 + p[:, 1] ** 2)

    points[:, 2] = height(points)
    split = symmetric_choice(points, quads, {2, 3})
    refined = refine(points, quads, split, grid_mirror())
    new = (refined.stencil @ points)[len(points) :]
    chord = 0.05 / 4
    assert np.abs(new[:, 2] - height(new)).max() < chord / 2


def test_refinement_is_mirror_symmetric_and_covers_the_square_once() -> None:
    points, quads = grid()
    refined = refine(points, quads, symmetric_choice(points, quads, {2, 3}), grid_mirror())
    place = refined.stencil @ points
    mirror = np.concatenate([grid_mirror(), refined.new_mirror])
    np.testing.assert_allclose(place[mirror] * [-1, 1, 1], place, atol=1e-12)
    triangles, source = triangulate(refined.polygons, place, mirror)
    area = slim.signed_areas(place[:, :2], triangles) / 2
    assert area.min() > 0
    assert area.sum() == pytest.approx((SIDE - 1) ** 2)
    assert source.max() == len(refined.polygons) - 1
    found = {tuple(sorted(t)) for t in triangles.tolist()}
    assert {tuple(sorted(t)) for t in mirror[triangles].tolist()} == found


@given(st.integers(3, 8))
def test_a_polygon_falls_into_two_triangles_less_than_it_has_corners(corners: int) -> None:
    angle = 2 * np.pi * np.arange(corners) / corners
    points = np.stack([np.cos(angle), np.sin(angle), np.zeros(corners)], axis=1)
    triangles = np.array(best_triangles(tuple(range(corners)), points))
    assert len(triangles) == corners - 2
    assert (slim.signed_areas(points[:, :2], triangles) > 0).all()


@settings(max_examples=10)
@given(seed=st.integers(0, 2**32 - 1))
def test_principal_shapes_describe_the_same_heads(seed: int) -> None:
    generator = np.random.default_rng(seed)
    modes = generator.normal(size=(5, 12, 3)).astype(np.float32)
    area = generator.uniform(0.1, 1, 12)
    basis = principal_shapes(modes, area)
    rotation = basis.rotation_from_data
    np.testing.assert_allclose(rotation.T @ rotation, np.eye(5), atol=1e-9)
    ours = generator.normal(size=5)
    expected = np.tensordot(rotation @ ours, modes, axes=1)
    np.testing.assert_allclose(np.tensordot(ours, basis.components_m, axes=1), expected, atol=1e-5)
    strength = ((basis.components_m**2).sum(2) * area).sum(1)
    assert (np.diff(strength) <= 1e-6).all()
    flat = (basis.components_m * np.sqrt(area)[:, None]).reshape(5, -1)
    gram = flat @ flat.T
    np.testing.assert_allclose(gram - np.diag(np.diag(gram)), 0, atol=1e-4)


def test_flattening_a_flat_square_finds_it_again() -> None:
    points, quads = grid()
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    middle = points[:, 0] == 0
    squeezed = points[:, :2] * [1.7, 0.4] + 0.2 * points[:, :1] * [0, 1]
    held = np.zeros((len(points), 2), bool)
    held[middle, 0] = True
    flat = slim.flatten(points, triangles, np.ones(len(triangles)), squeezed, held, 60)
    assert flat.energy == pytest.approx(4, abs=1e-3)
    np.testing.assert_array_equal(flat.uv[middle, 0], 0)
    assert (slim.signed_areas(flat.uv, triangles) > 0).all()


def test_tutte_maps_a_disc_without_flips() -> None:
    points, quads = grid()
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    rim = (np.abs(points[:, 0]) == SIDE // 2) | (points[:, 1] % (SIDE - 1) == 0)
    bumpy = points[:, :2].copy()
    bumpy[~rim] = 99
    uv = slim.tutte(triangles, rim, bumpy)
    assert (slim.signed_areas(uv, triangles) > 0).all()


def test_crossing_squares_are_found_and_measured() -> None:
    square = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]) * 0.01
    upright = square[:, [2, 1, 0]]
    two = np.array([[0, 1, 2], [0, 2, 3]])
    vertices = np.concatenate([square, upright])
    found = crossing(vertices, two, two + 4)
    assert found.length_m == pytest.approx(0.02, rel=1e-3)
    both = np.concatenate([two, two + 4])
    assert self_crossing(vertices, both).length_m == pytest.approx(0.02, rel=1e-3)
    apart = np.concatenate([square, upright + np.array([0.1, 0, 0])])
    assert len(self_crossing(apart, both).pairs) == 0


def test_neighbours_do_not_count_as_crossing() -> None:
    points, quads = grid()
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    assert len(self_crossing(points * 0.003, triangles).pairs) == 0


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), scale=st.floats(0.1, 10))
def test_a_similarity_is_recovered(seed: int, scale: float) -> None:
    generator = np.random.default_rng(seed)
    source = generator.normal(size=(20, 3))
    rotation = np.linalg.qr(generator.normal(size=(3, 3)))[0]
    rotation *= np.sign(np.linalg.det(rotation))
    target = scale * source @ rotation.T + generator.normal(size=3)
    np.testing.assert_allclose(similarity(source, target, source), target, atol=1e-9 * scale + 1e-9)


def test_every_expression_has_its_mirror_image() -> None:
    for name in ARKIT_NAMES:
        assert mirrored_name(name) in ARKIT_NAMES
        assert mirrored_name(mirrored_name(name)) == name


@settings(max_examples=10)
@given(st.integers(0, 2**32 - 1))
def test_authored_vertices_follow_every_affine_motion(seed: int) -> None:
    generator = np.random.default_rng(seed)
    cloud = generator.normal(0, 0.01, (300, 3))
    points = generator.normal(0, 0.008, (20, 3))
    weights = affine_weights(points, cloud, np.arange(100, 300))
    matrix, shift = generator.normal(size=(3, 3)), generator.normal(size=3)
    np.testing.assert_allclose(weights @ cloud, points, atol=1e-6)
    np.testing.assert_allclose(
        weights @ (cloud @ matrix + shift), points @ matrix + shift, atol=1e-5
    )
    assert abs(weights[:, :100]).sum() == 0


def test_a_calibration_is_carried_only_past_a_new_mouth(synthetic_head: HeadModel) -> None:
    def moved(part: str) -> HeadModel:
        place = synthetic_head.template_m.copy()
        place[np.unique(synthetic_head.triangles[synthetic_head.part_triangles(part)])] += 0.001
        return replace(synthetic_head, template_m=place)

    here, there = triangles_before_and_after(synthetic_head, moved("tongue"))
    np.testing.assert_array_equal(here, there)
    with pytest.raises(InvalidModel, match="template"):
        triangles_before_and_after(synthetic_head, moved("skin"))
