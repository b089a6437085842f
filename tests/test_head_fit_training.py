"""The training of the head fit, piece by piece: known pictures, known offsets, honest splits."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from reconstruction_backend.head_model import HeadModel
from training.head_fit.generate import SPLIT_SHARES, shard_plan, split_of
from training.head_fit.random_heads import random_head
from training.head_fit.rasterizer import interpolate, rasterize
from training.head_fit.re_embed import bind_to_skin, vertex_motion
from training.head_fit.sampling import sample_points
from training.head_fit.shading import sh_basis, vertex_normals
from training.head_fit.shape_metric import ShapeMetric

SIZE = 32
EYE_LOOKS = tuple(f"eyeLook{way}_{side}" for way in ("In", "Out", "Up", "Down") for side in "LR")


@pytest.fixture(scope="module")
def model(cameo_head: HeadModel) -> HeadModel:
    return cameo_head


def square(depth: float) -> tuple[np.ndarray, np.ndarray]:
    """Pixels and depths of a square that covers the picture, as four vertices."""
    corners = np.array([[0, 0], [SIZE, 0], [SIZE, SIZE], [0, SIZE]], np.float32)
    return corners, np.full(4, depth, np.float32)


def test_the_nearer_surface_hides_the_farther_and_no_pixel_is_missed() -> None:
    near, near_depth = square(1.0)
    far, far_depth = square(2.0)
    triangles = np.array([[4, 5, 6], [4, 6, 7], [0, 1, 2], [0, 2, 3]], np.int32)
    pixels = np.concatenate([near, far])
    depths = np.concatenate([near_depth, far_depth])
    for order in (triangles, triangles[::-1].copy()):
        index, _, inverse = rasterize(pixels, depths, order, SIZE, SIZE, False)
        assert (order[index].max(axis=-1) < 4).all()
        np.testing.assert_allclose(inverse, 1.0, rtol=1e-5)


def test_culling_leaves_one_side_only() -> None:
    pixels, depths = square(1.0)
    triangles = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    seen = [
        (rasterize(pixels, depths, side, SIZE, SIZE, True)[0] >= 0).any()
        for side in (triangles, triangles[:, ::-1].copy())
    ]
    assert sorted(seen) == [False, True]


def test_interpolation_is_correct_in_perspective() -> None:
    pixels = np.array([[0, 0], [SIZE, 0], [0, SIZE]], np.float32)
    depths = np.array([1.0, 2.0, 4.0], np.float32)
    triangles = np.array([[0, 1, 2]], np.int32)
    index, weights, inverse = rasterize(pixels, depths, triangles, SIZE, SIZE, False)
    seen = index >= 0
    depth = interpolate(depths[:, None], triangles[index[seen]], weights[seen])[:, 0]
    np.testing.assert_allclose(depth, 1 / inverse[seen], rtol=1e-4)


def test_sampling_is_exact_at_pixel_centres() -> None:
    image = np.random.default_rng(0).integers(0, 255, (20, 30, 3)).astype(np.uint8)
    rows, columns = np.mgrid[:20, :30]
    places = np.stack([columns.ravel(), rows.ravel()], axis=1).astype(np.float32)
    np.testing.assert_array_equal(sample_points(image, places), image.reshape(-1, 3))


def test_normals_point_outwards(model: HeadModel) -> None:
    normals = vertex_normals(model.template_m, model.triangles)
    nose = int(model.template_m[:, 2].argmax())
    assert normals[nose, 2] > 0.8
    assert sh_basis(normals[:5].astype(np.float64)).shape == (5, 9)


def test_every_portrait_has_one_split_and_shards_keep_the_shares() -> None:
    names = [Path(f"{i}.jpg") for i in range(400)]
    splits = Counter(split_of(name) for name in names)
    assert set(splits) == {"train", "validation", "test"}
    assert splits["train"] > 250
    assert [split_of(name) for name in names] == [split_of(name) for name in names]
    shards = Counter(split for _, split in shard_plan(25_000))
    for split, share in SPLIT_SHARES:
        assert shards[split] == pytest.approx(100 * share, abs=1)


class _Names:
    """What `random_head` needs to know of the data."""

    identity_m = np.zeros((100, 1, 3), np.float32)
    expression_names = (*EYE_LOOKS, "jawOpen", "mouthSmile_L", "mouthSmile_R", "mouthClose")


@pytest.mark.parametrize("seed", range(20))
def test_random_heads_are_in_front_of_the_camera_with_weights_in_the_box(seed: int) -> None:
    head = random_head(np.random.default_rng(seed), _Names(), 256)
    assert head.translation_m[2] > 0.2
    assert np.linalg.det(head.rotation_camera_from_head) == pytest.approx(1, abs=1e-5)
    assert head.expression.min() >= 0
    assert head.expression.max() <= 1
    assert head.expression[-1] == 0  # mouthClose needs an open jaw


def test_the_models_own_points_are_bound_where_they_are(model: HeadModel) -> None:
    own = model.landmarks_mediapipe
    places = model.surface_points(own, model.template_m)[:468]
    corners = vertex_motion(model)[model.triangles[own.triangle[:468]]]
    motion = np.einsum("lc,lcm->lm", own.barycentric[:468], corners)
    bound = bind_to_skin(model, places, motion)
    again = model.surface_points(bound, model.template_m)
    assert np.median(np.linalg.norm(again - places, axis=1)) < 1e-4
    corners = vertex_motion(model)[model.triangles[bound.triangle]]
    moved = np.einsum("lc,lcm->lm", bound.barycentric, corners)
    upper_and_lower_lip = [13, 14]
    np.testing.assert_allclose(moved[upper_and_lower_lip], motion[upper_and_lower_lip], atol=0.004)


def test_moving_or_scaling_a_face_costs_nothing(model: HeadModel) -> None:
    metric = ShapeMetric.of(model, stride=20)
    points = metric.vertex_mm.shape[0] // 3
    assert metric.normal_mm.shape == (points, model.shape_count)
    error = np.random.default_rng(0).normal(size=(1, model.shape_count))
    assert metric.distance_mm(error) == pytest.approx(metric.distance_mm(-error))
    assert metric.distance_mm(2 * error)[0] == pytest.approx(2 * metric.distance_mm(error)[0])
    mean_move = (metric.vertex_mm @ error[0]).reshape(-1, 3).mean(axis=0)
    np.testing.assert_allclose(mean_move, 0, atol=1e-6)
