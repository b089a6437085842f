"""Whatever is wrong: one clear sentence, the right exit code, nothing half-written."""

import os
import resource
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from command_line import Outcome, run_alone, run_here
from photo_files import astronaut, encode, jpeg_of_size, png
from PIL import Image
from skimage import data

EX_USAGE, EX_DATAERR, EX_NOINPUT, EX_UNAVAILABLE, EX_CANTCREAT = 64, 65, 66, 69, 73
SMALL_DISK_BYTES = 3_000_000
"""Of a file at most: less than an archive, more than what a first run keeps of compiled kernels."""
EXECUTABLE_ONLY = 0o555


def _picture(image: np.ndarray) -> bytes:
    return encode(Image.fromarray(image), "PNG")


WHOLE = encode(Image.fromarray(astronaut()), "JPEG")
BAD_PHOTOS = {
    "text": (b"I am no photo.", "not a JPEG, PNG, WebP or HEIC image"),
    "gif": (encode(Image.new("RGB", (9, 9)), "GIF"), "not a JPEG, PNG, WebP or HEIC image"),
    "empty": (b"", "the file is empty"),
    "truncated": (WHOLE[: len(WHOLE) // 2], "damaged or cut short"),
    "only a header": (WHOLE[:20], "damaged or cut short"),
    "0x0 jpeg": (jpeg_of_size(0, 0), "damaged or cut short"),
    "0x0 png": (png(0, 0), "damaged or cut short"),
    "png bomb": (png(50_000, 50_000), "50000 x 50000 pixels, more than 40 megapixels"),
    "jpeg bomb": (jpeg_of_size(50_000, 50_000), "more than 40 megapixels"),
    "cat": (_picture(np.asarray(data.chelsea())), "no face was found"),
    "black": (_picture(np.zeros((200, 200, 3), np.uint8)), "no face was found"),
    "small face": (
        _picture(np.asarray(cv2.resize(astronaut(), (256, 256), interpolation=cv2.INTER_AREA))),
        "too small in the photo",
    ),
}


def assert_refused(outcome: Outcome, exit_code: int, sentence: str) -> None:
    assert outcome.exit_code == exit_code
    assert outcome.out == ""
    assert len(outcome.complaints) == 1
    assert sentence in outcome.complaints[0]
    assert outcome.complaints[0].endswith(".")
    assert "Traceback" not in outcome.err
    assert "Error" not in outcome.err


@pytest.fixture
def nothing_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command fails where it would load the models."""

    def load(*_: object) -> None:
        pytest.fail("the models were loaded")

    monkeypatch.setattr("reconstruction_backend.cli.reconstruct.Pipeline", load)


@pytest.mark.parametrize("kind", ["text", "truncated", "png bomb"])
@pytest.mark.usefixtures("nothing_is_loaded")
def test_photos_are_refused_before_the_models_are_loaded(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, kind: str
) -> None:
    photo = tmp_path / "me.jpg"
    photo.write_bytes(BAD_PHOTOS[kind][0])
    arguments = (photo, tmp_path / "missing.jpg", "-o", tmp_path / "out")
    outcome = run_here(capfd, "reconstruct", *arguments)
    assert outcome.exit_code == EX_DATAERR
    assert outcome.complaints[-1] == "cameo: 2 of 2 photos failed."


@pytest.mark.parametrize("kind", BAD_PHOTOS)
def test_bad_photos(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, warm_command: None, kind: str
) -> None:
    photo_bytes, sentence = BAD_PHOTOS[kind]
    photo, out = tmp_path / "me.jpg", tmp_path / "me.zip"
    photo.write_bytes(photo_bytes)
    outcome = run_here(capfd, "reconstruct", photo, "-o", out)
    assert_refused(outcome, EX_DATAERR, sentence)
    assert outcome.complaints[0].startswith(f"cameo: {photo}: ")
    assert list(tmp_path.iterdir()) == [photo]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("missing.jpg", "no such file"),
        (".", "a folder, not a photo"),
    ],
)
def test_photos_that_cannot_be_read(
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    warm_command: None,
    name: str,
    sentence: str,
) -> None:
    outcome = run_here(capfd, "reconstruct", tmp_path / name, "-o", tmp_path / "me.zip")
    assert_refused(outcome, EX_NOINPUT, sentence)
    assert list(tmp_path.iterdir()) == []


def test_an_endless_file_does_not_fill_the_memory(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, warm_command: None
) -> None:
    outcome = run_here(capfd, "reconstruct", "/dev/zero", "-o", tmp_path / "me.zip")
    assert_refused(outcome, EX_DATAERR, "larger than")


def _missing_folder(folder: Path) -> Path:
    return folder / "missing" / "me.zip"


def _file_as_folder(folder: Path) -> Path:
    (folder / "file").write_text("")
    return folder / "file" / "me.zip"


def _device(_folder: Path) -> Path:
    return Path("/dev/full")


def _folder(folder: Path) -> Path:
    (folder / "me.zip" / "astronaut.zip").mkdir(parents=True)
    return folder / "me.zip"


def _link_to_itself(folder: Path) -> Path:
    (folder / "me.zip").symlink_to("me.zip")
    return folder / "me.zip"


def _endless_name(folder: Path) -> Path:
    return folder / ("x" * 5000)


PLACES = [_missing_folder, _file_as_folder, _device, _folder, _link_to_itself, _endless_name]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.usefixtures("nothing_is_loaded")
def test_outputs_that_cannot_be_written(
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    sample_photo: Path,
    place: Callable[[Path], Path],
) -> None:
    out = place(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    outcome = run_here(capfd, "reconstruct", sample_photo, "-o", out)
    assert_refused(outcome, EX_CANTCREAT, "cannot write")
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.usefixtures("nothing_is_loaded")
def test_a_preview_that_cannot_be_written_is_refused_before_the_work(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, sample_photo: Path
) -> None:
    preview = tmp_path / "missing" / "me.png"
    arguments = (sample_photo, "-o", tmp_path / "me.zip", "--preview", preview)
    assert_refused(run_here(capfd, "reconstruct", *arguments), EX_CANTCREAT, str(preview))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("nothing_is_loaded")
def test_an_output_never_replaces_what_is_read(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    photo, link, archive = tmp_path / "me.jpg", tmp_path / "link.zip", tmp_path / "me.zip"
    photo.write_bytes(WHOLE)
    archive.write_bytes(b"an avatar")
    link.symlink_to(photo)
    for arguments in (
        ("reconstruct", photo, "-o", photo),
        ("reconstruct", photo, "-o", link),
        ("reconstruct", photo, "-o", tmp_path / "a.zip", "--preview", photo),
        ("reconstruct", photo, "-o", tmp_path / "a.zip", "--preview", tmp_path / "a.zip"),
        ("render", archive, "-o", archive),
    ):
        assert_refused(run_here(capfd, *arguments), EX_USAGE, str(arguments[-1]))
    assert photo.read_bytes() == WHOLE
    assert archive.read_bytes() == b"an avatar"
    assert sorted(tmp_path.iterdir()) == sorted([photo, link, archive])


@pytest.mark.heavy
@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, warm_command: None, sample_photo: Path
) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=EXECUTABLE_ONLY)
    outcome = run_here(capfd, "reconstruct", sample_photo, "-o", locked / "me.zip")
    assert_refused(outcome, EX_CANTCREAT, "permission denied")
    assert list(locked.iterdir()) == []


@pytest.mark.heavy
def test_a_disk_that_fills_up_half_way(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, sample_photo: Path, bald_command: None
) -> None:
    """The system refuses to let a file grow, as a full disk does; what was there stays."""
    out = tmp_path / "me.zip"
    out.write_text("an older avatar")
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL_DISK_BYTES, hard))
    try:
        outcome = run_here(capfd, "reconstruct", sample_photo, "-o", out)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert_refused(outcome, EX_CANTCREAT, "file too large")
    assert list(tmp_path.iterdir()) == [out]
    assert out.read_text() == "an older avatar"


@pytest.mark.heavy
def test_several_faces_are_said_and_the_largest_is_taken(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, bald_command: None
) -> None:
    photo, out = tmp_path / "us.png", tmp_path / "us.zip"
    photo.write_bytes(_picture(np.hstack([astronaut(), astronaut()[:, ::-1]])))
    outcome = run_here(capfd, "reconstruct", photo, "-o", out)
    assert outcome.exit_code == 0
    assert outcome.out == f"{out}\n"
    assert outcome.complaints == [
        f"cameo: {photo}: warning: The photo shows another face; the largest was taken."
    ]


@pytest.mark.heavy
@pytest.mark.parametrize("mode", ["CMYK", "L", "RGBA", "I;16"])
def test_unusual_photos_are_taken(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, bald_command: None, mode: str
) -> None:
    picture = Image.fromarray(astronaut())
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(picture.convert("L"), np.uint16) * 257)
    else:
        picture = picture.convert(mode)
    photo, out = tmp_path / "me.photo", tmp_path / "me.zip"
    photo.write_bytes(encode(picture, "JPEG" if mode == "CMYK" else "PNG"))
    outcome = run_here(capfd, "reconstruct", photo, "-o", out)
    assert outcome.exit_code == 0
    assert outcome.complaints == []
    assert out.is_file()


@pytest.mark.parametrize(
    ("content", "exit_code"),
    [(None, EX_NOINPUT), (b"", EX_DATAERR), (b"PK\x03\x04 nothing", EX_DATAERR)],
)
def test_archives_that_cannot_be_drawn(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, content: bytes | None, exit_code: int
) -> None:
    archive, out = tmp_path / "me.zip", tmp_path / "me.png"
    if content is not None:
        archive.write_bytes(content)
    assert_refused(run_here(capfd, "render", archive, "-o", out), exit_code, str(archive))
    assert not out.exists()


def test_a_backend_that_is_not_here(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, sample_photo: Path
) -> None:
    out = tmp_path / "me.zip"
    outcome = run_here(capfd, "reconstruct", sample_photo, "-o", out, "--backend", "deca")
    assert_refused(outcome, EX_UNAVAILABLE, "deca")


def test_a_process_of_its_own_says_it_in_one_line(tmp_path: Path) -> None:
    photo = tmp_path / "me.jpg"
    photo.write_bytes(b"hello")
    outcome = run_alone("reconstruct", photo, "-o", tmp_path / "me.zip")
    assert outcome.exit_code == EX_DATAERR
    assert outcome.err == f"cameo: {photo}: this is not a JPEG, PNG, WebP or HEIC image.\n"
