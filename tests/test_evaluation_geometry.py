"""The NoW protocol is exact where the answer is known."""

import json
from dataclasses import replace
from pathlib import Path

import igl
import numpy as np
import pytest
import trimesh
from command_line import run_here
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from evaluation.geometry.now_protocol import Face, face_crop, now_error
from evaluation.geometry.regions import face_coordinates, regions_of
from evaluation.geometry.scan_folder import InvalidScan, read_landmarks
from evaluation.scan_distance import Similarity
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.model_store import CAMEO_HEAD

LANDMARK_DIRECTIONS = np.array(
    [[-45, 30, 80], [-18, 28, 90], [18, 28, 90], [45, 30, 80], [0, -12, 110], [-25, -42, 85],
     [25, -42, 85]], float
)  # fmt: skip


def ellipsoid(subdivisions: int) -> Face:
    """A face-sized surface, millimetres, without any symmetry of rotation."""
    sphere = trimesh.creation.icosphere(subdivisions)
    size = np.array([70.0, 100.0, 85.0])
    on_sphere = LANDMARK_DIRECTIONS / np.linalg.norm(LANDMARK_DIRECTIONS, axis=1, keepdims=True)
    vertices = np.asarray(sphere.vertices)
    bumps = 1 + 0.05 * np.sin(7 * vertices[:, :1]) * np.cos(5 * vertices[:, 1:2] + 1)
    landmark_bumps = 1 + 0.05 * np.sin(7 * on_sphere[:, :1]) * np.cos(5 * on_sphere[:, 1:2] + 1)
    return Face(
        vertices * size * bumps, np.asarray(sphere.faces), on_sphere * size * landmark_bumps
    )


def moved(face: Face, similarity: Similarity) -> Face:
    return Face(similarity.apply(face.vertices), face.triangles, similarity.apply(face.landmarks))


def similarity(seed: int, scale: float) -> Similarity:
    rng = np.random.default_rng(seed)
    return Similarity(
        scale, Rotation.from_rotvec(rng.normal(size=3)).as_matrix(), rng.normal(size=3) * 200
    )


@settings(max_examples=12)
@given(st.integers(0, 10_000), st.floats(0.2, 5), st.booleans())
def test_a_moved_mesh_is_at_distance_zero(seed: int, scale: float, metrical: bool) -> None:
    scan = ellipsoid(4)
    mesh = moved(scan, similarity(seed, 1.0 if metrical else scale))
    error = now_error(scan, mesh, metrical)
    assert error.distance.max() < 1e-6
    assert error.alignment.scale == pytest.approx(1.0 if metrical else 1 / scale, rel=1e-9)


def test_wrong_landmarks_are_mended_by_the_refinement() -> None:
    scan = ellipsoid(4)
    clicked = scan.landmarks + np.random.default_rng(0).normal(0, 2.0, (7, 3))
    mesh = moved(replace(scan, landmarks=clicked), similarity(3, 0.001))
    assert now_error(scan, mesh).distance.max() < 1e-3


def test_a_known_bump_is_found_at_its_height() -> None:
    """A few raised points hardly move the alignment; the rest stays at zero."""
    mesh = ellipsoid(5)
    normals = trimesh.Trimesh(mesh.vertices, mesh.triangles, process=False).vertex_normals
    tip = int(np.argmax(mesh.vertices @ [0.2, 0.3, 1.0]))
    height = 3.0
    raised = mesh.vertices.copy()
    raised[tip] += height * np.asarray(normals)[tip]
    error = now_error(replace(mesh, vertices=raised), mesh)
    assert error.distance.max() == pytest.approx(height, rel=0.02)
    assert np.median(error.distance) < 0.01


def test_without_scale_a_larger_head_is_wrong_by_its_size() -> None:
    scan = ellipsoid(4)
    larger = moved(scan, Similarity(1.1, np.eye(3), np.zeros(3)))
    assert now_error(scan, larger).distance.mean() < 1e-6
    assert now_error(scan, larger, metrical=True).distance.mean() > 0.5


def test_the_alignment_is_a_minimum() -> None:
    """No small motion of the mesh brings it closer, wherever the shapes differ."""
    scan, mesh = ellipsoid(4), ellipsoid(4)
    stretched = replace(mesh, vertices=mesh.vertices * [1.05, 1.0, 0.95])
    error = now_error(scan, stretched)
    cost = (error.distance**2).sum()
    aligned = error.alignment.apply(stretched.vertices)
    for axis in np.eye(3):
        for step in (-0.05, 0.05):
            shifted = aligned + step * axis
            squared = igl.point_mesh_squared_distance(error.points, shifted, mesh.triangles)[0]
            assert np.sum(squared) >= cost


def test_the_crop_is_a_ball_around_the_face() -> None:
    scan = ellipsoid(4)
    bridge = scan.landmarks[1:3].mean(axis=0)
    base = scan.landmarks[4]
    radius = 0.7 * (
        np.linalg.norm(scan.landmarks[0] - scan.landmarks[3]) + np.linalg.norm(bridge - base)
    )
    kept = face_crop(scan)
    centre = base + 0.3 * (bridge - base)
    assert np.linalg.norm(kept - centre, axis=1).max() <= radius
    assert len(kept) == (np.linalg.norm(scan.vertices - centre, axis=1) <= radius).sum()


def test_regions_lie_where_their_names_say_and_do_not_depend_on_the_pose() -> None:
    face = ellipsoid(4)
    regions = np.array(regions_of(face.landmarks, face.landmarks))
    assert regions.tolist() == ["eyes", "eyes", "eyes", "eyes", "nose", "mouth", "mouth"]
    turned = moved(face, similarity(1, 3.0))
    points = face_crop(face)
    assert regions_of(points, face.landmarks) == regions_of(
        similarity(1, 3.0).apply(points), turned.landmarks
    )
    across, up = face_coordinates(points, face.landmarks)
    named = np.array(regions_of(points, face.landmarks))
    assert up[named == "forehead"].min() > up[named == "chin"].max()
    assert np.abs(across[named == "nose"]).max() < np.abs(across[named == "cheeks"]).max()


@pytest.mark.parametrize("content", ["", "1 2 3\n", "a b c\n" * 7, "nan 0 0\n" * 7])
def test_landmarks_that_are_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "landmarks.txt"
    path.write_text(content)
    with pytest.raises(InvalidScan):
        read_landmarks(path)


def write_person(folder: Path, scan: Face, mesh: Face) -> None:
    folder.mkdir(parents=True)
    for name, face in (("scan", scan), ("mesh", mesh)):
        trimesh.Trimesh(face.vertices, face.triangles, process=False).export(folder / f"{name}.ply")
    np.savetxt(folder / "landmarks.txt", scan.landmarks)
    np.savetxt(folder / "mesh_landmarks.txt", mesh.landmarks)


def test_a_folder_of_scans(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    scan = ellipsoid(4)
    write_person(tmp_path / "scans/anna", scan, moved(scan, similarity(1, 0.1)))
    flat = replace(scan, vertices=scan.vertices * [1, 1, 0.9])
    write_person(tmp_path / "scans/ben", scan, flat)
    write_person(tmp_path / "scans/carl", scan, scan)
    (tmp_path / "scans/carl/mesh_landmarks.txt").write_text("no points\n")
    outcome = run_here(capfd, "evaluate-scans", tmp_path / "scans", "--out", tmp_path / "report")
    assert outcome.exit_code == 0, outcome.err
    assert "carl" in outcome.err
    summary = json.loads((tmp_path / "report/summary.json").read_text())
    assert (summary["heads"], summary["failed"]) == (2, 1)
    heads = [
        json.loads(line) for line in (tmp_path / "report/scans.jsonl").read_text().splitlines()
    ]
    assert heads[0]["mean_mm"] < 1e-4
    assert heads[0]["scale"] == pytest.approx(10, rel=1e-4)
    assert heads[1]["mean_mm"] > 0.1
    page = (tmp_path / "report/report.html").read_text()
    assert "anna" in page
    assert "carl" in page


def test_a_known_head_of_the_shipped_model_is_found() -> None:
    """The same head as scan and mesh: exact; another person's: as far as people differ."""
    model = HeadModel.load(CAMEO_HEAD)

    def face(shape: np.ndarray) -> Face:
        from evaluation.geometry.head_error import SKIN
        from evaluation.geometry.now_protocol import IBUG68_POINTS

        vertices = model.neutral(shape).astype(np.float64) * 1000
        points = model.surface_points(model.landmarks_ibug68, vertices)[list(IBUG68_POINTS)]
        return Face(vertices, model.triangles[model.part_triangles(SKIN)], points)

    shape = np.random.default_rng(0).normal(size=model.shape_count).astype(np.float32)
    person, average = face(shape), face(np.zeros_like(shape))
    scan = replace(person, vertices=person.vertices[np.unique(person.triangles)])
    assert now_error(scan, moved(person, similarity(5, 0.3))).distance.max() < 1e-4
    assert 0.5 < now_error(scan, average).distance.mean() < 4
