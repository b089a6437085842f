"""The scan-to-mesh distance is exact where it can be known."""

import numpy as np
import pytest
import trimesh
from scipy.spatial.transform import Rotation

from evaluation.scan_distance import Similarity, scan_to_mesh_distance, similarity_between


@pytest.fixture(scope="module")
def ellipsoid() -> trimesh.Trimesh:
    mesh = trimesh.creation.icosphere(subdivisions=4)
    return trimesh.Trimesh(mesh.vertices * [0.07, 0.11, 0.09], mesh.faces, process=False)


def moved(seed: int) -> Similarity:
    rng = np.random.default_rng(seed)
    rotation = Rotation.from_rotvec(rng.normal(size=3)).as_matrix()
    return Similarity(float(np.exp(rng.normal(0, 0.2))), rotation, rng.normal(size=3))


@pytest.mark.parametrize("seed", range(4))
def test_a_similarity_is_found_exactly(seed: int) -> None:
    points = np.random.default_rng(seed).normal(size=(20, 3))
    truth = moved(seed)
    found = similarity_between(points, truth.apply(points))
    assert found.scale == pytest.approx(truth.scale)
    np.testing.assert_allclose(found.rotation, truth.rotation, atol=1e-9)
    np.testing.assert_allclose(found.translation, truth.translation, atol=1e-9)


def test_a_moved_and_scaled_copy_is_at_distance_zero(ellipsoid: trimesh.Trimesh) -> None:
    similarity = moved(1)
    vertices = np.asarray(ellipsoid.vertices)
    landmarks = vertices[::200]
    scan = similarity.apply(np.asarray(ellipsoid.triangles_center))
    distance = scan_to_mesh_distance(
        scan, vertices, np.asarray(ellipsoid.faces), (landmarks, similarity.apply(landmarks))
    )
    assert distance.max() < 1e-9


def test_a_bump_is_measured_at_its_height_in_the_scans_unit(ellipsoid: trimesh.Trimesh) -> None:
    similarity = moved(2)
    height = 0.002
    centres = np.asarray(ellipsoid.triangles_center)
    bump = np.zeros(len(centres))
    bump[centres[:, 0].argmax()] = height
    scan = similarity.apply(centres + bump[:, None] * np.asarray(ellipsoid.face_normals))
    landmarks = np.asarray(ellipsoid.vertices)[::200]
    distance = scan_to_mesh_distance(
        scan,
        np.asarray(ellipsoid.vertices),
        np.asarray(ellipsoid.faces),
        (landmarks, similarity.apply(landmarks)),
    )
    assert distance.max() == pytest.approx(height * similarity.scale, rel=0.02)
    assert np.median(distance) < 1e-5
