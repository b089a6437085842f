"""Hair in an archive: it comes back to the bit, and what is wrong with it is said."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from random_avatar import random_avatar
from synthetic_hair import falling_hair

from reconstruction_backend.avatar import Avatar
from reconstruction_backend.errors import InvalidArchive
from reconstruction_backend.export import read_archive, write_archive
from reconstruction_backend.hair.edit import HairEdit
from reconstruction_backend.hair.formats.conversion import Placement, strands_of
from reconstruction_backend.hair.formats.files import read_strands
from reconstruction_backend.hair.hair import Hair
from reconstruction_backend.hair.strand_binary import decode_strand_binary
from reconstruction_backend.head_model import HeadModel

Members = dict[str, bytes]


@pytest.fixture(scope="module")
def avatar(synthetic_head: HeadModel) -> Avatar:
    bald = random_avatar(synthetic_head)
    hair = falling_hair(synthetic_head, synthetic_head.neutral(bald.fit.shape))
    rng = np.random.default_rng(1)
    measured = rng.normal(0, 0.1, (4, 5, 3, 3)).astype(np.float32)
    hair = hair.with_colour(replace(hair.colour, measured=measured, grey=0.25))
    return replace(bald, hair=hair.with_edit(HairEdit(length=0.8, density=0.5)))


@pytest.fixture(scope="module")
def archive(avatar: Avatar, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("hair") / "avatar.zip"
    write_archive(avatar, path)
    return path


def hair_in(path: Path, model: HeadModel) -> Hair:
    hair = read_archive(path, lambda _: model).hair
    assert hair is not None
    return hair


def test_hair_comes_back_to_the_bit(avatar: Avatar, archive: Path) -> None:
    read, written = hair_in(archive, avatar.head_model), avatar.hair
    assert written is not None
    for name in ("root_uv", "points_m", "wisp"):
        assert np.array_equal(getattr(read.guides, name), getattr(written.guides, name))
    assert (read.texture, read.edit) == (written.texture, written.edit)
    assert (read.source, read.style) == ("library", "falling")
    for name in ("points_m", "width_m", "color_linear", "smooth_m"):
        assert np.array_equal(getattr(read.strands(), name), getattr(written.strands(), name))
    longer = HairEdit(length=1.3)
    assert np.array_equal(
        read.with_edit(longer).strands().points_m, written.with_edit(longer).strands().points_m
    )


def test_the_same_hair_gives_the_same_bytes(avatar: Avatar, archive: Path, tmp_path: Path) -> None:
    write_archive(avatar, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == archive.read_bytes()


def test_all_files_of_hair_show_the_same_strands(
    avatar: Avatar, archive: Path, tmp_path: Path
) -> None:
    assert avatar.hair is not None
    strands = avatar.hair.strands()
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(tmp_path, ["hair.hair", "hair.obj", "hair.strands"])
    exact = strands_of(
        read_strands(tmp_path / "hair.hair"), Placement.in_metres(), strands.points_per_strand
    )
    assert np.allclose(exact.points_m[:, [0, -1]], strands.points_m[:, [0, -1]], atol=1e-6)
    assert np.allclose(exact.width_m[:, 0], strands.width_m[:, 0])
    rough = read_strands(tmp_path / "hair.obj")
    assert np.abs(rough.points.reshape(strands.points_m.shape) - strands.points_m).max() < 1e-5
    small = decode_strand_binary((tmp_path / "hair.strands").read_bytes())
    assert np.abs(small.points_m - strands.points_m).max() < 2e-5


def rewritten(archive: Path, target: Path, change: Callable[[Members], None]) -> Path:
    with zipfile.ZipFile(archive) as opened:
        contents = {name: opened.read(name) for name in opened.namelist()}
    change(contents)
    with zipfile.ZipFile(target, "w") as out:
        for name, data in contents.items():
            out.writestr(name, data)
    return target


def with_guides(**arrays: np.ndarray) -> Callable[[Members], None]:
    def change(contents: Members) -> None:
        with np.load(io.BytesIO(contents["hair.npz"])) as file:
            kept = {name: file[name] for name in file.files} | arrays
        stream = io.BytesIO()
        np.savez(stream, **kept)
        contents["hair.npz"] = stream.getvalue()

    return change


DAMAGES: dict[str, Callable[[Members], None]] = {
    "holds no hair.npz": lambda contents: contents.__delitem__("hair.npz"),
    "hair.npz is damaged": lambda contents: contents.update({"hair.npz": b"PK"}),
    "do not fit": with_guides(wisp=np.zeros(3, np.int32)),
    "not finite": with_guides(root_uv=np.full((3, 2), np.inf, np.float32)),
    "wrong kind": with_guides(points_m=np.zeros((2, 2, 3))),
    "no hair of a head": with_guides(
        root_uv=np.zeros((1, 2), np.float32),
        points_m=np.full((1, 2, 3), 9, np.float32),
        wisp=np.zeros(1, np.int32),
    ),
    "avatar.json has a wrong hair": lambda contents: contents.update(
        {"avatar.json": contents["avatar.json"].replace(b'"flyaways": ', b'"flyaways": -')}
    ),
}


@pytest.mark.parametrize("sentence", DAMAGES)
def test_damaged_hair_is_refused_in_one_sentence(
    sentence: str, archive: Path, synthetic_head: HeadModel, tmp_path: Path
) -> None:
    path = rewritten(archive, tmp_path / "bad.zip", DAMAGES[sentence])
    with pytest.raises(InvalidArchive, match=sentence):
        read_archive(path, lambda _: synthetic_head)


def test_the_objs_map_is_the_albedo_darker_under_hair(avatar: Avatar, archive: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        assert b"map_Kd head_base_color.jpg" in opened.read("head.mtl")
        with Image.open(io.BytesIO(opened.read("head_base_color.jpg"))) as image:
            worn = np.asarray(image).astype(int)
    darker = avatar.texture.albedo.astype(int).mean(axis=2) - worn.mean(axis=2)
    assert darker.min() > -40  # what JPEG loses of noise
    assert darker.mean() > 0.5


def test_an_avatar_without_hair_says_so(synthetic_head: HeadModel, tmp_path: Path) -> None:
    write_archive(random_avatar(synthetic_head), tmp_path / "bald.zip")
    assert read_archive(tmp_path / "bald.zip", lambda _: synthetic_head).hair is None
    with zipfile.ZipFile(tmp_path / "bald.zip") as opened:
        assert not [name for name in opened.namelist() if name.startswith("hair")]
