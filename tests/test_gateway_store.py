"""The contract of `ArtifactStore`."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.artifact_store import (
    ArtifactNotFound,
    ArtifactStore,
    InvalidArtifactKey,
    check_key,
)
from gateway.folder_store import FolderArtifactStore

OUTSIDE_KEYS = (
    "",
    "..",
    "../secret",
    "a/../../secret",
    "/etc/passwd",
    "a//b",
    "a/./b",
    "a/",
    "a\\..\\b",
    "a\0b",
    "~/x",
    ".hidden",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def store(folder: Path) -> ArtifactStore:
    return FolderArtifactStore(folder)


def test_what_is_written_is_read(store: ArtifactStore) -> None:
    store.write("job/3/avatar.glb", b"first")
    store.write("job/3/avatar.glb", b"second")
    assert store.read("job/3/avatar.glb") == b"second"


@pytest.mark.parametrize("key", ["job", "job/3", "job/3/avatar.glb/x", "other"])
def test_only_files_are_found(store: ArtifactStore, key: str) -> None:
    store.write("job/3/avatar.glb", b"glb")
    with pytest.raises(ArtifactNotFound):
        store.read(key)


def test_delete_takes_all_below_and_may_be_repeated(store: ArtifactStore) -> None:
    store.write("job/photo", b"photo")
    store.write("job/3/avatar.glb", b"glb")
    store.write("other/photo", b"other")
    for _ in range(2):
        store.delete("job/photo")
        with pytest.raises(ArtifactNotFound):
            store.read("job/photo")
    assert store.read("job/3/avatar.glb") == b"glb"
    for _ in range(2):
        store.delete("job")
    with pytest.raises(ArtifactNotFound):
        store.read("job/3/avatar.glb")
    assert store.read("other/photo") == b"other"


@pytest.mark.parametrize("key", OUTSIDE_KEYS)
def test_no_key_leaves_the_store(store: ArtifactStore, tmp_path: Path, key: str) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    for use in (store.read, store.delete, lambda k: store.write(k, b"x")):
        with pytest.raises(InvalidArtifactKey):
            use(key)
    assert (tmp_path / "secret").read_bytes() == b"secret"


@given(st.text(max_size=40))
def test_every_accepted_key_stays_below_its_folder(key: str) -> None:
    try:
        segments = check_key(key)
    except InvalidArtifactKey:
        return
    root = Path("/store")
    resolved = Path(os.path.normpath(root.joinpath(*segments)))
    assert root in resolved.parents
    assert "/".join(segments) == key


def test_a_failed_write_leaves_what_was_there(
    store: ArtifactStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write("job/photo", b"whole")

    def disk_full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", disk_full)
    with pytest.raises(OSError, match="No space"):
        store.write("job/photo", b"half")
    assert store.read("job/photo") == b"whole"
    assert [path.name for path in (folder / "job").iterdir()] == ["photo"]


def test_owners_are_those_long_untouched(store: ArtifactStore, folder: Path) -> None:
    store.write("old/photo", b"x")
    store.write("new/photo", b"x")
    os.utime(folder / "old", (0, 0))
    assert store.owners(untouched_for_s=3600) == ("old",)
    assert set(store.owners(untouched_for_s=-60)) == {"old", "new"}
