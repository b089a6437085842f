"""The OBJ against the head model, read back by trimesh and by hand."""

import re
from pathlib import Path

import numpy as np
import pytest
import trimesh
from random_avatar import random_avatar

from reconstruction_backend.avatar import Avatar
from reconstruction_backend.export.images import encode_png
from reconstruction_backend.export.obj import encode_mtl, encode_obj
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.lashes import grow_lashes

HALF_MICROMETRE = 0.51e-6


@pytest.fixture(scope="module")
def avatar(synthetic_head: HeadModel) -> Avatar:
    return random_avatar(synthetic_head)


@pytest.fixture(scope="module")
def folder(avatar: Avatar, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("obj")
    (folder / "head.obj").write_bytes(encode_obj(avatar, "head.mtl"))
    (folder / "head.mtl").write_bytes(encode_mtl(avatar, "head_albedo.png", "head_normal.png"))
    (folder / "head_albedo.png").write_bytes(encode_png(avatar.texture.albedo))
    (folder / "head_normal.png").write_bytes(encode_png(avatar.texture.normal))
    return folder


def test_trimesh_reads_every_triangle_where_it_was(folder: Path, avatar: Avatar) -> None:
    scene = trimesh.load_scene(folder / "head.obj", process=False)
    model = avatar.head_model
    scene.delete_geometry("lashes")
    corners = [np.asarray(mesh.triangles).reshape(-1, 9) for mesh in scene.geometry.values()]
    expected = model.neutral(avatar.fit.shape)[model.triangles].reshape(-1, 9)
    found = np.concatenate(corners)
    assert len(found) == len(expected)
    nearest = _ordered(found) - _ordered(expected)
    assert np.abs(nearest).max() < HALF_MICROMETRE


def test_lashes_are_an_object_of_their_own(folder: Path, avatar: Avatar) -> None:
    model = avatar.head_model
    head, written = (folder / "head.obj").read_text().split("o lashes")
    vertices = np.array([line.split()[1:] for line in _lines(written, "v")], float)
    faces = np.array([line.split()[1:] for line in _lines(written, "f")], int) - 1
    lashes = grow_lashes(model)
    expected = lashes.vertices(model.neutral(avatar.fit.shape))
    np.testing.assert_allclose(vertices, expected, atol=HALF_MICROMETRE, rtol=0)
    np.testing.assert_array_equal(faces - len(_lines(head, "v")), lashes.triangles)


def _ordered(rows: np.ndarray) -> np.ndarray:
    """Rows in an order that rounding does not change."""
    return rows[np.lexsort(np.rint(rows.T * 1e4))]


def test_numbers_are_the_models_to_the_written_precision(folder: Path, avatar: Avatar) -> None:
    text = (folder / "head.obj").read_text()
    model = avatar.head_model
    head = text.split("o lashes")[0]
    vertices = np.array([line.split()[1:] for line in _lines(head, "v")], float)
    np.testing.assert_allclose(
        vertices, model.neutral(avatar.fit.shape), atol=HALF_MICROMETRE, rtol=0
    )
    uv = np.array([line.split()[1:] for line in _lines(text, "vt")], float)
    np.testing.assert_allclose(uv[:, 0], model.uv[:, 0], atol=HALF_MICROMETRE)
    np.testing.assert_allclose(1 - uv[:, 1], model.uv[:, 1], atol=HALF_MICROMETRE)


def test_groups_are_the_parts_with_their_triangles(folder: Path, avatar: Avatar) -> None:
    model = avatar.head_model
    text = (folder / "head.obj").read_text().split("o lashes")[0]
    sections = re.split(r"^g (\w+)\n", text, flags=re.MULTILINE)[1:]
    groups = dict(zip(sections[::2], sections[1::2], strict=True))
    assert set(groups) == set(model.part_names)
    for part, body in groups.items():
        faces = np.array([re.split("[ /]", line)[1:] for line in _lines(body, "f")], int) - 1
        chosen = model.part_triangles(part)
        np.testing.assert_array_equal(faces[:, 0::3], model.triangles[chosen])
        np.testing.assert_array_equal(faces[:, 1::3], model.triangles_uv[chosen])


def test_materials_exist_and_name_the_maps(folder: Path) -> None:
    used = set(re.findall(r"^usemtl (\w+)", (folder / "head.obj").read_text(), re.MULTILINE))
    materials = (folder / "head.mtl").read_text()
    assert used == set(re.findall(r"^newmtl (\w+)", materials, re.MULTILINE))
    for name in re.findall(r"^(?:map_Kd|norm) (\S+)", materials, re.MULTILINE):
        assert (folder / name).exists()
    assert "norm head_normal.png" in materials


def _lines(text: str, keyword: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(keyword + " ")]
