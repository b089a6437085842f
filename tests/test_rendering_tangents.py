"""The tangent basis that renderer, texture and GLB share."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconstruction_backend.head_model import HeadModel, rotation_matrices
from reconstruction_backend.tangents import split_at_seams, vertex_normals, vertex_tangents

QUAD_M = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], np.float64)
QUAD_TRIANGLES = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
UPRIGHT_UV = np.array([[0, 1], [1, 1], [1, 0], [0, 0]], np.float64)  # v runs down, as in glTF


def test_upright_quad_has_tangent_right_and_bitangent_up() -> None:
    normals = vertex_normals(QUAD_M, QUAD_TRIANGLES)
    tangents = vertex_tangents(QUAD_M, normals, UPRIGHT_UV, QUAD_TRIANGLES)
    np.testing.assert_allclose(normals, np.tile([0, 0, 1], (4, 1)), atol=1e-7)
    np.testing.assert_allclose(tangents, np.tile([1, 0, 0, 1], (4, 1)), atol=1e-7)


def test_mirrored_chart_turns_the_tangent_and_the_handedness() -> None:
    normals = vertex_normals(QUAD_M, QUAD_TRIANGLES)
    mirrored = UPRIGHT_UV * [-1, 1] + [1, 0]
    tangents = vertex_tangents(QUAD_M, normals, mirrored, QUAD_TRIANGLES)
    np.testing.assert_allclose(tangents, np.tile([-1, 0, 0, -1], (4, 1)), atol=1e-7)


def test_chart_without_area_still_gives_a_unit_tangent_in_the_plane() -> None:
    normals = vertex_normals(QUAD_M, QUAD_TRIANGLES)
    tangents = vertex_tangents(QUAD_M, normals, np.zeros((4, 2)), QUAD_TRIANGLES)
    np.testing.assert_allclose(np.linalg.norm(tangents[:, :3], axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(np.einsum("ij,ij->i", tangents[:, :3], normals), 0, atol=1e-6)


@given(st.lists(st.floats(-3, 3), min_size=3, max_size=3))
def test_tangents_turn_with_the_mesh(synthetic_head: HeadModel, axis_angle: list[float]) -> None:
    rotation = rotation_matrices(np.array([axis_angle]))[0].astype(np.float64)
    split = split_at_seams(synthetic_head.triangles, synthetic_head.triangles_uv)
    uv = synthetic_head.uv[split.texcoord]

    def basis(vertices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        normals = vertex_normals(vertices, synthetic_head.triangles)[split.vertex]
        return normals, vertex_tangents(vertices[split.vertex], normals, uv, split.triangles)

    normals, tangents = basis(synthetic_head.template_m.astype(np.float64))
    turned_normals, turned = basis(synthetic_head.template_m @ rotation.T)
    np.testing.assert_allclose(turned_normals, normals @ rotation.T, atol=1e-5)
    np.testing.assert_allclose(turned[:, 3], tangents[:, 3])
    np.testing.assert_allclose(turned[:, :3], tangents[:, :3] @ rotation.T, atol=1e-4)


def test_sphere_normals_are_radial(synthetic_head: HeadModel) -> None:
    eye = synthetic_head.part_triangles("eyeball_left")
    triangles = synthetic_head.triangles[eye]
    vertices = synthetic_head.template_m.astype(np.float64)
    used = np.unique(triangles)
    centre = (vertices[used].min(axis=0) + vertices[used].max(axis=0)) / 2
    radial = vertices[used] - centre
    radial /= np.linalg.norm(radial, axis=1, keepdims=True)
    normals = vertex_normals(vertices, triangles)[used]
    assert np.einsum("ij,ij->i", normals, radial).min() > 0.97  # six rows are a coarse sphere


def test_split_keeps_every_corner(synthetic_head: HeadModel) -> None:
    split = split_at_seams(synthetic_head.triangles, synthetic_head.triangles_uv)
    np.testing.assert_array_equal(split.vertex[split.triangles], synthetic_head.triangles)
    np.testing.assert_array_equal(split.texcoord[split.triangles], synthetic_head.triangles_uv)
    pairs = set(zip(split.vertex.tolist(), split.texcoord.tolist(), strict=True))
    assert len(pairs) == len(split.vertex)


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e3])
def test_normals_do_not_depend_on_scale(synthetic_head: HeadModel, scale: float) -> None:
    vertices = synthetic_head.template_m.astype(np.float64)
    np.testing.assert_allclose(
        vertex_normals(vertices * scale, synthetic_head.triangles),
        vertex_normals(vertices, synthetic_head.triangles),
        atol=1e-5,
    )
