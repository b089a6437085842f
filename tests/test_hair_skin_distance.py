"""The distance field says what a sphere's and a head's distances are."""

import numpy as np
import pytest
import trimesh

from reconstruction_backend.hair.skin_distance import SkinDistance
from reconstruction_backend.head_model import HeadModel

FINEST_M = 1e-4


@pytest.fixture(scope="module")
def field(cameo_head: HeadModel) -> SkinDistance:
    return SkinDistance.of(cameo_head, cameo_head.template_m)


def _scattered(seed: int, model: HeadModel) -> np.ndarray:
    """Points within about two centimetres of the scalp."""
    rng = np.random.default_rng(seed)
    scalp = np.flatnonzero(model.region("scalp") > 0)
    at = model.template_m[rng.choice(scalp, 200)] + rng.normal(0, 0.008, (200, 3))
    return at.astype(np.float32)


def test_it_agrees_with_exact_distances_about_the_scalp(
    cameo_head: HeadModel, field: SkinDistance
) -> None:
    points = _scattered(0, cameo_head)
    above = points[(points[:, 1] > 0.07) & (points[:, 2] < 0.06)]
    corners = cameo_head.template_m[cameo_head.triangles[cameo_head.part_triangles("skin")]]
    closest = [
        trimesh.triangles.closest_point(corners, np.tile(p, (len(corners), 1))) for p in above
    ]
    exact = np.array(
        [np.linalg.norm(c - p, axis=1).min() for c, p in zip(closest, above, strict=True)]
    )
    found = field.distance(above)
    near = exact < 0.003
    assert np.abs(np.abs(found) - exact)[near].max() < FINEST_M
    assert np.abs(np.abs(found) / exact - 1)[~near].max() < 0.12
    radius = np.linalg.norm(above - [0, 0.05, 0], axis=1)
    assert radius[found > 0.005].min() > np.quantile(radius[found < -0.005], 0.1)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("clearance", [0.0, 0.0005, 0.01])
def test_what_is_pushed_is_out_and_what_was_out_stays(
    cameo_head: HeadModel, field: SkinDistance, seed: int, clearance: float
) -> None:
    points = _scattered(seed, cameo_head)
    before = field.distance(points)
    pushed = field.push_out(points, clearance)
    assert np.array_equal(pushed[before >= clearance], points[before >= clearance])
    assert field.distance(pushed).min() > 0.85 * clearance - FINEST_M  # between ear and head


def test_it_changes_no_faster_than_one_walks(field: SkinDistance) -> None:
    above_the_eyes = int((0.08 - field.origin_m[1]) / field.cell_m)
    for axis in range(3):
        slope = np.abs(np.diff(field.field_m[:, above_the_eyes:], axis=axis)) / field.cell_m
        assert slope.max() < 1.15


def test_far_points_are_outside(cameo_head: HeadModel, field: SkinDistance) -> None:
    far = np.array([[1.0, 0, 0], [0, 1.0, 0], [0, 0, -1.0], [0.9, -0.4, 0.9]], np.float32)
    triangles = cameo_head.triangles[cameo_head.part_triangles("skin")]
    skin = cameo_head.template_m[np.unique(triangles)]
    nearest = np.linalg.norm(far[:, None] - skin, axis=2).min(axis=1)
    assert np.allclose(field.distance(far), nearest, rtol=0.12)


def test_the_bust_is_solid_to_its_end_and_the_air_beside_it_is_not(field: SkinDistance) -> None:
    bottom = field.field_m[:, 0]
    assert (bottom[[0, -1]] > 0).all()
    assert (bottom[:, [0, -1]] > 0).all()
    assert bottom.min() < -0.03
