"""The renderer that the image's network learns from agrees with the other rasteriser."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from training.head_fit.rasterizer import rasterize  # noqa: E402  # after the check for torch
from training.head_fit.shading import vertex_normals  # noqa: E402
from training.image_shape.zbuffer import EMPTY, Mesh, depth_of  # noqa: E402

SIDE = 24


def soup(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Points (x, y in pixels, depth) and triangles that hide each other."""
    rng = np.random.default_rng(seed)
    points = np.concatenate([rng.uniform(-4, SIDE + 4, (30, 2)), rng.uniform(1, 3, (30, 1))], 1)
    triangles = np.stack([rng.choice(30, 3, replace=False) for _ in range(20)])
    return points.astype(np.float32), triangles.astype(np.int32)


def mesh_of(triangles: np.ndarray) -> Mesh:
    corners = np.zeros((len(triangles), 3, 2), np.float32)
    return Mesh.of(triangles, corners, 30, torch.device("cpu"))


@pytest.mark.parametrize("cull", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_it_shows_what_the_other_rasteriser_shows(seed: int, cull: bool) -> None:
    points, triangles = soup(seed)
    keys = mesh_of(triangles).zbuffer(torch.from_numpy(points[None]), SIDE, cull)
    index, _, inverse = rasterize(points[:, :2].copy(), points[:, 2], triangles, SIDE, SIDE, cull)
    found = keys[0].numpy()
    np.testing.assert_array_equal(found == EMPTY, index < 0)
    seen = index >= 0
    assert (found[seen] & 0xFFFFFFFF == index[seen]).mean() > 0.98
    np.testing.assert_allclose(depth_of(keys)[0].numpy()[seen], 1 / inverse[seen], rtol=1e-3)


def test_attributes_are_interpolated_in_perspective() -> None:
    points, triangles = soup(0)
    mesh, pixels = mesh_of(triangles), torch.from_numpy(points[None])
    keys = mesh.zbuffer(pixels, SIDE, False)
    depth = mesh.resolve(keys, pixels, pixels[..., 2:].contiguous())[0, ..., 0]
    seen = keys[0] != EMPTY
    np.testing.assert_allclose(depth[seen].numpy(), depth_of(keys)[0][seen].numpy(), rtol=1e-3)


def test_normals_are_the_other_modules() -> None:
    points, triangles = soup(1)
    ours = mesh_of(triangles).normals(torch.from_numpy(points[None]))[0].numpy()
    used = np.unique(triangles)
    np.testing.assert_allclose(ours[used], vertex_normals(points, triangles)[used], atol=1e-4)
