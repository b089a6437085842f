"""Hair metrics on strands that are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.hair.depth_order import depth_order_accuracy
from evaluation.hair.mask_overlap import mask_iou
from evaluation.hair.orientation import direction_error_deg, orientation_error_deg
from evaluation.hair.strand_directions import StrandPicture, draw_strands
from reconstruction_backend.camera import PerspectiveCamera

CAMERA = PerspectiveCamera.centred(
    100, 80, 200.0, np.diag([1.0, -1.0, -1.0]), np.array([0.0, 0.0, 1.0])
)


def strand(start: tuple[float, float, float], end: tuple[float, float, float]) -> np.ndarray:
    t = np.linspace(0, 1, 6)[:, None]
    return ((1 - t) * np.array(start) + t * np.array(end)).astype(np.float32)


def curtain(angle: float, z: float = 0.0) -> np.ndarray:
    """Parallel strands that fill the picture, along an angle in the picture."""
    along = 0.4 * np.array([np.cos(angle), -np.sin(angle), 0])  # y points up in the head's frame
    across = np.array([np.sin(angle), np.cos(angle), 0])
    offsets = np.linspace(-0.3, 0.3, 241)
    middle = offsets[:, None] * across + [0, 0, z]
    return np.stack([strand(tuple(m - along), tuple(m + along)) for m in middle])


def turned_strands(angle: float) -> StrandPicture:
    return draw_strands(curtain(angle), CAMERA)


@given(st.integers(0, 1000))
def test_the_overlap_of_masks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.random((2, 20, 20)) > 0.5
    assert mask_iou(a, a) == 1
    assert mask_iou(a, b) == mask_iou(b, a)
    assert mask_iou(a, ~a) == 0
    empty = np.zeros_like(a)
    assert mask_iou(empty, empty) is None
    assert mask_iou(a, empty) == 0


@pytest.mark.parametrize("angle", [0.0, 0.4, 1.5, 2.5, -2.0])
def test_a_curtain_covers_the_picture_in_its_direction(angle: float) -> None:
    picture = turned_strands(angle)
    assert picture.covered.mean() > 0.99
    wanted = np.full(picture.covered.shape, angle)
    error = direction_error_deg(picture.direction_rad, wanted, picture.covered)
    assert error == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("turn_deg", [0, 10, 45, 90])
def test_the_error_is_the_angle_between_fields(turn_deg: int) -> None:
    angle = 0.7
    picture = turned_strands(angle)
    field = np.full(picture.covered.shape, angle + np.radians(turn_deg))
    sure = np.ones_like(field)
    for other in (field, field + np.pi, field - np.pi):  # undirected
        error = orientation_error_deg(picture.direction_rad, other, sure, picture.covered)
        assert error == pytest.approx(turn_deg, abs=1e-3)
    backwards = direction_error_deg(picture.direction_rad, field + np.pi, picture.covered)
    assert backwards == pytest.approx(180 - turn_deg, abs=1e-3)


def test_only_what_the_photo_is_sure_of_counts() -> None:
    picture = turned_strands(0.0)
    field = np.zeros(picture.covered.shape)
    field[:, 50:] = np.pi / 2
    sure = np.where(np.arange(100) < 50, 1.0, 0.0) * np.ones((80, 1))
    where = picture.covered
    assert orientation_error_deg(picture.direction_rad, field, sure, where) == pytest.approx(0)
    assert orientation_error_deg(picture.direction_rad, field, 1 - sure, where) == pytest.approx(90)
    assert orientation_error_deg(picture.direction_rad, field, 0 * sure, where) is None


def test_what_is_in_front_is_seen() -> None:
    near, far = curtain(0.0, z=0.1), curtain(np.pi / 2, z=-0.1)
    for order in (np.concatenate([near, far]), np.concatenate([far, near])):
        picture = draw_strands(order, CAMERA)
        assert np.abs(picture.direction_rad[picture.covered]).max() < 1e-3
        np.testing.assert_allclose(picture.depth_m[picture.covered], 0.9, atol=1e-6)
    head = np.full((80, 100), 0.8)
    assert not draw_strands(near, CAMERA, head).covered.any()
    behind = draw_strands(curtain(0.0, z=2.0), CAMERA)
    assert not behind.covered.any()


@given(st.floats(0.1, 5), st.floats(-1, 1))
def test_the_order_of_depths_knows_no_scale(scale: float, offset: float) -> None:
    true = np.random.default_rng(0).uniform(0.5, 1.5, (30, 30))
    where = np.ones_like(true, bool)
    assert depth_order_accuracy(scale * true + offset, true, where) == 1
    assert depth_order_accuracy(-true, true, where) == 0
    unrelated = np.random.default_rng(1).uniform(0.5, 1.5, (30, 30))
    assert depth_order_accuracy(unrelated, true, where) == pytest.approx(0.5, abs=0.05)
    assert depth_order_accuracy(true, np.ones_like(true), where) is None
    assert depth_order_accuracy(true, true, np.zeros_like(where)) is None
