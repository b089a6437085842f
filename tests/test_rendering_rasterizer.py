"""One contract for every rasterizer, and the conversions into pytorch3d's frames."""

import importlib.util
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.errors import ModelNotAvailable
from reconstruction_backend.head_model import HeadModel, rotation_matrices
from reconstruction_backend.rendering.embree_rasterizer import EmbreeRasterizer
from reconstruction_backend.rendering.pytorch3d_rasterizer import (
    Pytorch3dRasterizer,
    ndc_from_pixels,
    rows_of_samples,
    screen_vertices,
)
from reconstruction_backend.rendering.rasterizer import Rasterizer, sample_positions_px
from reconstruction_backend.rendering.ray_scene import RayScene

HAS_PYTORCH3D = importlib.util.find_spec("pytorch3d") is not None
RasterizerFactory = Callable[[np.ndarray, np.ndarray], Rasterizer]
FACTORIES = [
    pytest.param(lambda v, t: EmbreeRasterizer(RayScene(v, t)), id="embree"),
    pytest.param(
        Pytorch3dRasterizer,
        id="pytorch3d",
        marks=pytest.mark.skipif(not HAS_PYTORCH3D, reason="pytorch3d is on no package registry"),
    ),
]


def oblique_camera(width_px: int = 90, height_px: int = 70) -> PerspectiveCamera:
    """Neither centred nor upright, so that a swapped axis shows."""
    upright = np.diag([1.0, -1.0, -1.0])
    turn = rotation_matrices(np.array([[0.2, -0.3, 0.15]]))[0].astype(np.float64)
    return PerspectiveCamera(
        width_px, height_px, 110.0, (41.3, 37.8), upright @ turn, np.array([0.01, -0.02, 0.4])
    )


def all_pixels(camera: PerspectiveCamera) -> np.ndarray:
    return np.arange(camera.width_px * camera.height_px)


@pytest.mark.parametrize("factory", FACTORIES)
class TestRasterizerContract:
    @pytest.mark.parametrize("per_axis", [1, 3])
    def test_hit_points_project_onto_their_samples(
        self, factory: RasterizerFactory, synthetic_head: HeadModel, per_axis: int
    ) -> None:
        camera = oblique_camera()
        vertices, triangles = synthetic_head.template_m, synthetic_head.triangles
        pixels = all_pixels(camera)[::7]
        found = factory(vertices, triangles).rasterize(camera, pixels, per_axis)
        corners = vertices[triangles[found.triangle[found.hit]]]
        points = np.einsum("nc,ncd->nd", found.barycentric[found.hit], corners).astype(np.float64)
        expected = sample_positions_px(camera.width_px, pixels, per_axis)[found.hit]
        assert found.hit.mean() > 0.2
        np.testing.assert_allclose(camera.project(points), expected, atol=2e-2)
        np.testing.assert_allclose(
            camera.camera_points(points)[:, 2], found.depth_m[found.hit], atol=1e-5
        )

    def test_barycentrics_sum_to_one_at_hits_and_zero_at_misses(
        self, factory: RasterizerFactory, synthetic_head: HeadModel
    ) -> None:
        camera = oblique_camera()
        found = factory(synthetic_head.template_m, synthetic_head.triangles).rasterize(
            camera, all_pixels(camera)
        )
        np.testing.assert_allclose(found.barycentric.sum(axis=1), found.hit, atol=1e-5)
        assert not found.hit.all()
        assert np.isinf(found.depth_m[~found.hit]).all()
        assert (found.barycentric > -1e-4).all()

    def test_the_nearer_of_two_triangles_is_seen_from_either_side(
        self, factory: RasterizerFactory
    ) -> None:
        square = np.array([[-1, -1, 0], [1, -1, 0], [0, 1, 0]], np.float32) * 0.1
        vertices = np.concatenate([square, square + np.array([0, 0, 0.05], np.float32)])
        triangles = np.array([[0, 1, 2], [3, 4, 5]], np.int32)
        rasterizer = factory(vertices, triangles)
        for towards_front, nearer in ((True, 1), (False, 0)):
            facing = np.diag([1.0, -1.0, -1.0]) if towards_front else np.diag([-1.0, -1.0, 1.0])
            camera = PerspectiveCamera.centred(31, 31, 60.0, facing, np.array([0.0, 0.0, 1.0]))
            found = rasterizer.rasterize(camera, np.array([15 * 31 + 15]))
            assert found.triangle.tolist() == [nearer]
            np.testing.assert_allclose(found.depth_m, 0.95 if towards_front else 1.0, atol=1e-5)

    def test_a_disc_covers_its_area_and_centre(self, factory: RasterizerFactory) -> None:
        angle = np.linspace(0, 2 * np.pi, 361)[:-1]
        radius_px, centre_px = 20.0, np.array([32.25, 23.5])
        camera = PerspectiveCamera.centred(
            64, 48, 100.0, np.diag([1.0, -1.0, -1.0]), np.array([0.0, 0.0, 1.0])
        )
        offset = (centre_px - camera.principal_point_px) * [1, -1]
        rim = (offset + radius_px * np.stack([np.cos(angle), np.sin(angle)], 1)) / 100.0
        vertices = np.concatenate(
            [np.append(offset / 100.0, 0)[None], np.pad(rim, ((0, 0), (0, 1)))]
        )
        ring = np.arange(360)
        triangles = np.stack([np.zeros(360, int), 1 + ring, 1 + (ring + 1) % 360], axis=1)
        rasterizer = factory(vertices.astype(np.float32), triangles)
        found = rasterizer.rasterize(camera, all_pixels(camera), per_axis=4)
        seen = sample_positions_px(64, all_pixels(camera), 4)[found.hit]
        assert abs(len(seen) / 16 - np.pi * radius_px**2) < 0.003 * np.pi * radius_px**2
        np.testing.assert_allclose(seen.mean(axis=0), centre_px, atol=0.02)


def test_pixel_centre_of_one_sample_is_the_pixel() -> None:
    np.testing.assert_array_equal(
        sample_positions_px(5, np.array([0, 7]), 1), [[0.0, 0.0], [2.0, 1.0]]
    )


@given(st.integers(1, 6), st.integers(2, 40))
def test_samples_divide_the_pixel_evenly(per_axis: int, width_px: int) -> None:
    position = sample_positions_px(width_px, np.array([width_px + 1]), per_axis)
    assert len(position) == per_axis**2
    np.testing.assert_allclose(position.mean(axis=0), [1, 1], atol=1e-12)
    assert (np.abs(position - 1) < 0.5).all()


@pytest.mark.skipif(HAS_PYTORCH3D, reason="pytorch3d is installed")
def test_missing_pytorch3d_is_said_in_one_sentence() -> None:
    with pytest.raises(ModelNotAvailable, match=r"pytorch3d is not installed.*rendering\.md"):
        Pytorch3dRasterizer(np.zeros((3, 3), np.float32), np.array([[0, 1, 2]]))


def _pytorch3d_pixel_centre(index: int, size: int, other: int) -> float:
    """`PixToNonSquareNdc` of pytorch3d's rasterization_utils, for an axis already flipped."""
    span = 2.0 * size / other if size > other else 2.0
    return -span / 2 + (span * index + span / 2) / size


@given(st.integers(2, 50), st.integers(2, 50), st.data())
def test_ndc_agrees_with_pytorch3d_at_pixel_centres(
    width_px: int, height_px: int, data: st.DataObject
) -> None:
    x = data.draw(st.integers(0, width_px - 1))
    y = data.draw(st.integers(0, height_px - 1))
    ndc = ndc_from_pixels(np.array([[x, y]], np.float64), width_px, height_px)[0]
    expected = [
        _pytorch3d_pixel_centre(width_px - 1 - x, width_px, height_px),
        _pytorch3d_pixel_centre(height_px - 1 - y, height_px, width_px),
    ]
    np.testing.assert_allclose(ndc, expected, atol=1e-12)


def test_screen_vertices_put_the_optical_axis_in_the_middle_and_left_to_plus_x() -> None:
    camera = PerspectiveCamera.centred(
        80, 60, 100.0, np.diag([1.0, -1.0, -1.0]), np.array([0.0, 0.0, 2.0])
    )
    head_points = np.array([[0.0, 0, 0], [0.1, 0, 0], [0, 0.1, 0]])
    screen = screen_vertices(camera, head_points)
    np.testing.assert_allclose(screen[0], [0, 0, 2], atol=1e-6)
    # the subject's left (+X) is on the image's right, which is pytorch3d's -X; up stays +Y
    assert screen[1, 0] < 0 < screen[2, 1]


@given(st.integers(1, 4), st.integers(3, 9))
def test_fine_image_rows_hold_the_samples_in_order(per_axis: int, width_px: int) -> None:
    pixels = np.array([0, width_px - 1, 2 * width_px + 1])
    camera = PerspectiveCamera.centred(width_px, 4, 9.0, np.eye(3), np.zeros(3))
    fine = camera.resized(width_px * per_axis, 4 * per_axis)
    rows = rows_of_samples(width_px, pixels, per_axis)
    fine_position = np.stack([rows % fine.width_px, rows // fine.width_px], axis=1)
    back = (fine_position - np.array(fine.principal_point_px)) / per_axis
    expected = sample_positions_px(width_px, pixels, per_axis)
    np.testing.assert_allclose(back + camera.principal_point_px, expected, atol=1e-9)
