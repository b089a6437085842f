"""Whole files or none, whatever the disk does."""

import errno
import os
import resource
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from reconstruction_backend.errors import OutputNotWritable
from reconstruction_backend.export.atomic_file import atomic_file, write_file

OLD, NEW = b"old content", b"new content"


def test_a_new_file_is_all_that_is_left(tmp_path: Path) -> None:
    write_file(tmp_path / "a.bin", NEW)
    assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]
    assert (tmp_path / "a.bin").read_bytes() == NEW


def test_a_file_is_replaced_only_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(OLD)
    with atomic_file(path) as stream:
        stream.write(NEW)
        stream.flush()
        assert path.read_bytes() == OLD
    assert path.read_bytes() == NEW


def test_the_umask_decides_who_may_read(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_file(tmp_path / "a.bin", NEW)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.bin").stat().st_mode) == 0o640


@pytest.mark.parametrize("failure", [KeyboardInterrupt, ValueError])
def test_an_interrupted_writer_leaves_nothing(tmp_path: Path, failure: type[BaseException]) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(OLD)

    def write_and_fail() -> None:
        with atomic_file(path) as stream:
            stream.write(NEW)
            raise failure

    with pytest.raises(failure):
        write_and_fail()
    assert path.read_bytes() == OLD
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("function", ["os.fsync", "pathlib.Path.replace"])
def test_a_full_disk_leaves_what_was_there(tmp_path: Path, function: str) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(OLD)
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with patch(function, side_effect=full), pytest.raises(OutputNotWritable, match="no space"):
        write_file(path, NEW)
    assert path.read_bytes() == OLD
    assert len(list(tmp_path.iterdir())) == 1


def test_a_limit_of_the_system_leaves_nothing(tmp_path: Path) -> None:
    """A real failure half way: the process may write 4 kB a file and tries 64 kB."""
    code = (
        "import sys; from pathlib import Path;"
        "from reconstruction_backend.export.atomic_file import write_file;"
        "from reconstruction_backend.errors import OutputNotWritable\n"
        "try: write_file(Path(sys.argv[1]), bytes(65536))\n"
        "except OutputNotWritable as error: print(error)"
    )

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    run = subprocess.run(
        [sys.executable, "-B", "-c", code, str(tmp_path / "a.bin")],
        preexec_fn=limit,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert run.stdout.strip() == f"Cannot write {tmp_path / 'a.bin'}: file too large."
    assert list(tmp_path.iterdir()) == []


def _unwritable(folder: Path) -> Iterator[Path]:
    yield folder
    yield folder / "missing" / "a.bin"
    (folder / "file").write_bytes(OLD)
    yield folder / "file" / "a.bin"
    os.mkfifo(folder / "pipe")
    yield folder / "pipe"
    yield Path("/dev/full")
    yield folder / ("x" * 300)
    yield Path("/")


def test_places_that_take_no_file(tmp_path: Path) -> None:
    for path in _unwritable(tmp_path):
        with pytest.raises(OutputNotWritable) as raised:
            write_file(path, NEW)
        message = str(raised.value)
        assert message.startswith("Cannot write ")
        assert message.endswith(".")
        assert "\n" not in message
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "pipe"]


def test_a_link_stays_and_what_it_names_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    target, link, dangling = tmp_path / "far" / "a.bin", tmp_path / "link", tmp_path / "dangling"
    target.write_bytes(OLD)
    link.symlink_to(target)
    dangling.symlink_to(tmp_path / "far" / "b.bin")
    write_file(link, NEW)
    write_file(dangling, NEW)
    assert link.is_symlink()
    assert target.read_bytes() == (tmp_path / "far" / "b.bin").read_bytes() == NEW
    assert sorted(path.name for path in (tmp_path / "far").iterdir()) == ["a.bin", "b.bin"]


def test_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(link)
    with pytest.raises(OutputNotWritable, match="symbolic links"):
        write_file(link, NEW)


def test_the_longest_name(tmp_path: Path) -> None:
    path = tmp_path / ("x" * os.pathconf(tmp_path, "PC_NAME_MAX"))
    write_file(path, NEW)
    assert path.read_bytes() == NEW


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputNotWritable, match="permission"):
        write_file(tmp_path / "a.bin", NEW)
