"""Archives: what is written is read back, and what is wrong is refused in one sentence."""

import dataclasses
import errno
import json
import os
import struct
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_avatar import random_avatar

from reconstruction_backend.avatar import Avatar
from reconstruction_backend.errors import (
    InputNotFound,
    InvalidArchive,
    ModelNotAvailable,
    OutputNotWritable,
)
from reconstruction_backend.export import (
    Compression,
    GltfOptions,
    compression_of,
    read_archive,
    write_archive,
    write_archive_while,
)
from reconstruction_backend.export.images import encode_png
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.progress import StageClock, ignore_progress
from reconstruction_backend.texture.result import no_residual

Members = dict[str, bytes]
EXPECTED = {
    "avatar.json",
    "avatar.glb",
    "head.obj",
    "head.mtl",
    "head_albedo.png",
    "head_normal.png",
    "head_provenance.png",
    "head_light.png",
    "preview.png",
    "LICENSES.txt",
}

REQUIRED = EXPECTED - {"preview.png", "head_light.png"}


@pytest.fixture(scope="module")
def avatar(synthetic_head: HeadModel) -> Avatar:
    return random_avatar(synthetic_head)


@pytest.fixture(scope="module")
def archive(avatar: Avatar, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("archive") / "avatar.zip"
    write_archive(avatar, path)
    return path


@pytest.fixture
def models(synthetic_head: HeadModel) -> Callable[[str], HeadModel]:
    def load(name: str) -> HeadModel:
        if name != synthetic_head.name:
            raise ModelNotAvailable(f"There is no head model {name!r} here.")
        return synthetic_head

    return load


def _assert_same(read: Avatar, written: Avatar) -> None:
    """Every value exactly, through all nested dataclasses."""

    def compare(a: Any, b: Any, where: str) -> None:
        if isinstance(b, HeadModel):
            assert a is b
        elif isinstance(b, np.ndarray):
            np.testing.assert_array_equal(a, b, err_msg=where, strict=True)
        elif dataclasses.is_dataclass(b):
            for field in dataclasses.fields(b):
                name = field.name
                compare(getattr(a, name), getattr(b, name), f"{where}.{name}")
        else:
            assert a == b, where

    compare(read, written, "avatar")


@settings(max_examples=8)
@given(seed=st.integers(0, 2**32 - 1), compressed=st.booleans(), previewed=st.booleans())
def test_round_trip_is_exact(
    synthetic_head: HeadModel,
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
    compressed: bool,
    previewed: bool,
) -> None:
    avatar = random_avatar(synthetic_head, seed)
    if not previewed:
        avatar = dataclasses.replace(avatar, preview=None)
    path = tmp_path_factory.mktemp("round") / "a.zip"
    write_archive(avatar, path, GltfOptions("meshopt" if compressed else "none"))
    _assert_same(read_archive(path, lambda _: synthetic_head), avatar)


def test_members(archive: Path, avatar: Avatar, tmp_path: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        assert set(opened.namelist()) == EXPECTED
        assert opened.testzip() is None
    write_archive(dataclasses.replace(avatar, preview=None), tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as opened:
        assert set(opened.namelist()) == EXPECTED - {"preview.png"}


def test_same_avatar_gives_the_same_bytes(archive: Path, avatar: Avatar, tmp_path: Path) -> None:
    write_archive(avatar, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == archive.read_bytes()
    unseen = dataclasses.replace(avatar, preview=None)
    clock = StageClock(("archive",), ignore_progress)
    path = tmp_path / "while.zip"
    write_archive_while(lambda: avatar, unseen, path, GltfOptions(), clock)
    assert path.read_bytes() == archive.read_bytes()


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_preview_that_fails_leaves_nothing(
    avatar: Avatar, tmp_path: Path, error: type[BaseException]
) -> None:
    def fail() -> Avatar:
        raise error

    clock = StageClock(("archive",), ignore_progress)
    with pytest.raises(error):
        write_archive_while(fail, avatar, tmp_path / "a.zip", GltfOptions(), clock)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("compression", ["none", "meshopt"])
def test_an_archive_says_how_its_glb_is_stored(
    avatar: Avatar, tmp_path: Path, compression: Compression
) -> None:
    path = tmp_path / "a.zip"
    write_archive(avatar, path, GltfOptions(compression))
    assert compression_of(path) == compression
    path.write_bytes(b"PK nothing")
    with pytest.raises(InvalidArchive):
        compression_of(path)


def test_manifest_speaks_for_itself(archive: Path, avatar: Avatar) -> None:
    manifest = json.loads(_members_of(archive)["avatar.json"])
    assert manifest["format"] == "cameo-avatar"
    assert manifest["format_version"] == 1
    assert manifest["head_model"]["name"] == "synthetic-head"
    assert manifest["parameters"]["expression"].keys() == set(avatar.head_model.expression_names)
    assert manifest["stage_ms"] == avatar.stage_ms
    assert manifest["warnings"] == list(avatar.warnings)
    assert sum(manifest["provenance"].values()) == pytest.approx(1)
    assert {entry["component"] for entry in manifest["licences"]} == {
        "likeness and texture",
        "head model synthetic-head",
    }


def test_shares_leave_out_texels_outside_the_charts(archive: Path, avatar: Avatar) -> None:
    provenance = avatar.texture.provenance
    shares = json.loads(_members_of(archive)["avatar.json"])["provenance"]
    assert shares["seen"] == pytest.approx((provenance == 1).sum() / (provenance > 0).sum())


# ---- what is wrong ------------------------------------------------------------------------------


def _members_of(path: Path) -> Members:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _with_json(change: Callable[[dict[str, Any]], None]) -> Callable[[Members], None]:
    def apply(members: Members) -> None:
        manifest = json.loads(members["avatar.json"])
        change(manifest)
        members["avatar.json"] = json.dumps(manifest).encode()

    return apply


def _put(name: str, data: bytes) -> Callable[[Members], None]:
    return lambda members: members.update({name: data})


def _drop(name: str) -> Callable[[Members], None]:
    def apply(members: Members) -> None:
        del members[name]

    return apply


def _truncate(name: str) -> Callable[[Members], None]:
    return lambda members: members.update({name: members[name][: len(members[name]) // 2]})


def _path(*steps: str | int, value: object) -> Callable[[Members], None]:
    def change(manifest: Any) -> None:
        for step in steps[:-1]:
            manifest = manifest[step]
        manifest[steps[-1]] = value

    return _with_json(change)


def _pop(*steps: str | int) -> Callable[[Members], None]:
    def change(manifest: Any) -> None:
        for step in steps[:-1]:
            manifest = manifest[step]
        manifest.pop(steps[-1])

    return _with_json(change)


SMALL_RGB = encode_png(np.zeros((8, 8, 3), np.uint8))
WIDE_RGB = encode_png(np.zeros((8, 16, 3), np.uint8))
GREY = encode_png(np.zeros((32, 32), np.uint8))
SENSELESS = encode_png(np.full((32, 32), 9, np.uint8))

WRONG: dict[str, tuple[Callable[[Members], None], str]] = {
    **{f"no {name}": (_drop(name), name) for name in sorted(REQUIRED)},
    "json is text": (_put("avatar.json", b"hello"), "cameo-avatar"),
    "json is not utf-8": (_put("avatar.json", b"\xff\xfe{}"), "cameo-avatar"),
    "json is nested deeply": (_put("avatar.json", b"[" * 100_000), "cameo-avatar"),
    "json is another's": (_path("format", value="vrm"), "cameo-avatar"),
    "newer version": (_path("format_version", value=2), "format version 2"),
    "version is a word": (_path("format_version", value="new"), "cameo-avatar"),
    "no camera": (_pop("camera"), "camera"),
    "camera of no size": (_path("camera", "width_px", value=0), "camera.width_px"),
    "camera too large": (_path("camera", "width_px", value=10**9), "camera.width_px"),
    "more pixels than any portrait": (
        _with_json(lambda m: m["camera"].update(width_px=65535, height_px=65535)),
        "more pixels",
    ),
    "focal length of nothing": (
        _path("camera", "focal_length_px", value=1e-300),
        "focal_length_px",
    ),
    "head beyond the stars": (_path("camera", "translation_m", 0, value=1e300), "translation_m"),
    "shape beyond float32": (_path("parameters", "shape", 0, value=1e300), "shape"),
    "light beyond float32": (_path("light", 0, 0, value=1e38), "light"),
    "focal length negative": (_path("camera", "focal_length_px", value=-1), "focal_length_px"),
    "rotation mirrors": (
        _path("camera", "rotation_camera_from_head", value=np.diag([1, 1, -1]).tolist()),
        "rotation",
    ),
    "rotation is flat": (
        _path("camera", "rotation_camera_from_head", value=[[1, 0, 0], [0, 1, 0]]),
        "rotation",
    ),
    "infinite": (_path("parameters", "shape", 0, value=float("inf")), "shape"),
    "shape too short": (_pop("parameters", "shape", 0), "3 shape coefficients"),
    "expression missing": (_pop("parameters", "expression", "jawOpen"), "expressions"),
    "joint missing": (_pop("parameters", "pose_rad", "jaw"), "joints"),
    "light too short": (_pop("light", 0), "light"),
    "unknown model": (_path("head_model", "name", value="nobody"), "nobody"),
    "other model": (_path("head_model", "sha256", value="0" * 64), "another version"),
    "albedo cut": (_truncate("head_albedo.png"), "head_albedo.png is damaged"),
    "provenance cut": (_truncate("head_provenance.png"), "head_provenance.png is damaged"),
    "preview cut": (_truncate("preview.png"), "preview.png is damaged"),
    "albedo empty": (_put("head_albedo.png", b""), "head_albedo.png is damaged"),
    "albedo grey": (_put("head_albedo.png", GREY), "head_albedo.png has pixels of kind L"),
    "albedo wide": (_put("head_albedo.png", WIDE_RGB), "not square"),
    "light cut": (_truncate("head_light.png"), "head_light.png is damaged"),
    "light wide": (_put("head_light.png", WIDE_RGB), "head_light.png is not square"),
    "light grey": (_put("head_light.png", GREY), "head_light.png has pixels of kind L"),
    "normal smaller": (_put("head_normal.png", SMALL_RGB), "head_normal.png is not"),
    "provenance senseless": (_put("head_provenance.png", SENSELESS), "no meaning"),
    "too many files": (lambda m: m.update({f"{i}.txt": b"" for i in range(100)}), "files"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_archives_are_refused(
    case: str, archive: Path, models: Callable[[str], HeadModel], tmp_path: Path
) -> None:
    change, clue = WRONG[case]
    members = _members_of(archive)
    change(members)
    path = tmp_path / "wrong.zip"
    with zipfile.ZipFile(path, "w") as rewritten:
        for name, data in members.items():
            rewritten.writestr(name, data)
    _assert_refused(path, models, clue)


def _assert_refused(path: Path, models: Callable[[str], HeadModel], clue: str) -> None:
    with pytest.raises(InvalidArchive) as raised:
        read_archive(path, models)
    message = str(raised.value)
    assert clue in message
    assert str(path) in message
    assert message.endswith(".")
    assert "\n" not in message


@pytest.mark.parametrize("content", [b"", b"\x89PNG", b"PK\x03\x04" + bytes(40), b"PK\x05\x06"])
def test_other_files_are_refused(
    content: bytes, models: Callable[[str], HeadModel], tmp_path: Path
) -> None:
    path = tmp_path / "other.zip"
    path.write_bytes(content)
    _assert_refused(path, models, "not a zip archive")


@given(cut=st.floats(0, 0.999))
@settings(max_examples=20)
def test_cut_archives_are_refused(
    archive: Path, synthetic_head: HeadModel, tmp_path_factory: pytest.TempPathFactory, cut: float
) -> None:
    data = archive.read_bytes()
    path = tmp_path_factory.mktemp("cut") / "cut.zip"
    path.write_bytes(data[: int(len(data) * cut)])
    _assert_refused(path, lambda _: synthetic_head, "not a zip archive")


def test_a_zip_of_a_later_version_is_refused(
    archive: Path, models: Callable[[str], HeadModel], tmp_path: Path
) -> None:
    """zipfile raises NotImplementedError as it opens one, long before a member is read."""
    data = bytearray(archive.read_bytes())
    version_needed = data.index(b"PK\x01\x02") + 6
    data[version_needed] = 148
    path = tmp_path / "later.zip"
    path.write_bytes(data)
    _assert_refused(path, models, "not a zip archive")


@given(place=st.floats(0, 0.999), value=st.integers(1, 255))
@settings(max_examples=60)
def test_damaged_archives_are_read_or_refused(
    archive: Path,
    synthetic_head: HeadModel,
    tmp_path_factory: pytest.TempPathFactory,
    place: float,
    value: int,
) -> None:
    """Any changed byte: an avatar or InvalidArchive, but no other error."""
    data = bytearray(archive.read_bytes())
    data[int(len(data) * place)] ^= value
    path = tmp_path_factory.mktemp("damaged") / "damaged.zip"
    path.write_bytes(data)
    with suppress(InvalidArchive):
        read_archive(path, lambda _: synthetic_head)


def test_a_zip_bomb_is_refused_by_its_announced_size(
    archive: Path, models: Callable[[str], HeadModel], tmp_path: Path
) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bomb:
        for name, data in _members_of(archive).items():
            bomb.writestr(name, bytes(8 << 20) if name == "avatar.json" else data)
    assert path.stat().st_size < 1 << 20
    _assert_refused(path, models, "larger than 4 MiB")


def test_a_bomb_that_lies_about_its_size_is_refused(
    archive: Path, models: Callable[[str], HeadModel], tmp_path: Path
) -> None:
    path = tmp_path / "bomb.zip"
    size = 8 << 20
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bomb:
        for name, data in _members_of(archive).items():
            bomb.writestr(name, bytes(size) if name == "avatar.json" else data)
    path.write_bytes(path.read_bytes().replace(struct.pack("<I", size), struct.pack("<I", 100)))
    _assert_refused(path, models, "avatar.json")


def test_two_members_of_one_name_are_refused(
    archive: Path, models: Callable[[str], HeadModel], tmp_path: Path
) -> None:
    path = tmp_path / "twice.zip"
    path.write_bytes(archive.read_bytes())
    with (
        pytest.warns(UserWarning, match="Duplicate name"),
        zipfile.ZipFile(path, "a") as appended,
    ):
        appended.writestr("avatar.json", b"{}")
    _assert_refused(path, models, "two files of one name")


def test_no_file_and_a_folder(models: Callable[[str], HeadModel], tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.zip", tmp_path):
        with pytest.raises(InputNotFound):
            read_archive(path, models)


def test_newer_members_are_ignored(
    archive: Path, avatar: Avatar, models: Callable[[str], HeadModel], tmp_path: Path
) -> None:
    members = _members_of(archive)
    _path("jewellery", value={"earrings": 2})(members)
    members["earrings.obj"] = b"o earrings"
    path = tmp_path / "newer.zip"
    with zipfile.ZipFile(path, "w") as rewritten:
        for name, data in members.items():
            rewritten.writestr(name, data)
    _assert_same(read_archive(path, models), avatar)


def test_an_archive_from_before_the_residual_light_has_a_neutral_one(
    archive: Path, avatar: Avatar, models: Callable[[str], HeadModel], tmp_path: Path
) -> None:
    members = _members_of(archive)
    del members["head_light.png"]
    path = tmp_path / "older.zip"
    with zipfile.ZipFile(path, "w") as rewritten:
        for name, data in members.items():
            rewritten.writestr(name, data)
    neutral = dataclasses.replace(avatar.texture, residual_light=no_residual())
    _assert_same(read_archive(path, models), dataclasses.replace(avatar, texture=neutral))


# ---- disks that fill up -------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_disk_that_fills_up_leaves_nothing(
    archive: Path, avatar: Avatar, tmp_path: Path, share: float
) -> None:
    room = int(archive.stat().st_size * share)
    real_open = Path.open

    def small_disk(path: Path, *args: Any, **kwargs: Any) -> Any:
        stream = real_open(path, *args, **kwargs)
        if "x" in str(args):
            write = stream.write

            def limited(data: Any) -> int:
                if stream.tell() + len(data) > room:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                return write(data)

            return _Wrapped(stream, limited)
        return stream

    path = tmp_path / "avatar.zip"
    path.write_bytes(b"before")
    with patch.object(Path, "open", small_disk), pytest.raises(OutputNotWritable, match="space"):
        write_archive(avatar, path)
    assert path.read_bytes() == b"before"
    assert [entry.name for entry in tmp_path.iterdir()] == ["avatar.zip"]


class _Wrapped:
    """A stream whose `write` is another's."""

    def __init__(self, stream: Any, write: Callable[[Any], int]) -> None:
        self._stream = stream
        self.write = write

    def __enter__(self) -> "_Wrapped":
        return self

    def __exit__(self, *error: object) -> None:
        self._stream.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@pytest.mark.parametrize("place", ["missing/avatar.zip", "."])
def test_outputs_that_cannot_be(avatar: Avatar, tmp_path: Path, place: str) -> None:
    with pytest.raises(OutputNotWritable):
        write_archive(avatar, tmp_path / place)
    assert list(tmp_path.iterdir()) == []
