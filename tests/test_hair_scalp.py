"""Scalp coordinates lead to the skin and back."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reconstruction_backend.hair.scalp import GRID, scalp_of
from reconstruction_backend.head_model import HeadModel, SurfacePoints


@given(seed=st.integers(0, 2**32 - 1))
def test_a_point_of_the_scalp_comes_back_from_its_coordinates(
    cameo_head: HeadModel, seed: int
) -> None:
    scalp = scalp_of(cameo_head)
    rng = np.random.default_rng(seed)
    weights = rng.dirichlet(np.ones(3), 50).astype(np.float32)
    points = SurfacePoints(rng.choice(scalp.triangle, 50), weights)
    found, inside = scalp.locate(scalp.coordinates(points))
    assert inside.all()
    before = cameo_head.surface_points(points, cameo_head.template_m)
    after = cameo_head.surface_points(found, cameo_head.template_m)
    assert np.linalg.norm(after - before, axis=1).max() < 1e-4


def test_coordinates_beside_the_scalp_are_told(cameo_head: HeadModel) -> None:
    _, inside = scalp_of(cameo_head).locate(np.array([[0.01, 0.01], [0.99, 0.99], [0.5, 0.5]]))
    assert inside.tolist() == [False, False, True]


def test_the_grid_of_roots_covers_the_scalp_evenly_on_both_sides(cameo_head: HeadModel) -> None:
    roots, valid = scalp_of(cameo_head).grid()
    assert valid.shape == (GRID, GRID)
    assert np.array_equal(valid, valid[:, ::-1])
    assert len(roots) == valid.sum() > GRID * GRID / 2


def test_normals_point_away_from_the_middle_of_the_head(cameo_head: HeadModel) -> None:
    scalp = scalp_of(cameo_head)
    points, _ = scalp.locate(scalp.grid()[0])
    normals = scalp.normals(points, cameo_head.template_m)
    outwards = cameo_head.surface_points(points, cameo_head.template_m) - [0, 0.05, 0]
    assert (np.einsum("nd,nd->n", normals, outwards) > 0).mean() > 0.95
    assert np.allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-5)
