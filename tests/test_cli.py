import json
import os
import shlex
import signal
import subprocess
import sys
import zipfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import typer
from command_line import Outcome, command, run_alone, run_here
from conftest import BALD
from photo_files import astronaut, encode, exif_of_orientation, stored_as
from PIL import Image

from reconstruction_backend.backends import load_backend
from reconstruction_backend.cli import app as command_app
from reconstruction_backend.cli import expression_options
from reconstruction_backend.cli.exits import run_app
from reconstruction_backend.cli.stage_display import stage_display
from reconstruction_backend.errors import InvalidOption
from reconstruction_backend.export import read_archive
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.landmarks import LandmarkDetector
from reconstruction_backend.model_store import CAMEO_HEAD
from reconstruction_backend.pipeline import STAGES, Pipeline, with_focal_length
from reconstruction_backend.portrait import Portrait, decode_portrait
from reconstruction_backend.progress import StageEvent
from reconstruction_backend.rendering import options as rendering_options
from reconstruction_backend.rendering.views import View

EX_USAGE, EX_NOINPUT = 64, 66
SLOW_TO_IMPORT = {"numpy", "scipy", "cv2", "mediapipe", "numba", "PIL", "rich.progress"}


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photo") / "me.jpg"
    path.write_bytes(encode(Image.fromarray(astronaut()), "JPEG", quality=95))
    return path


@pytest.fixture(scope="module")
def archive(photo: Path, pipeline: Pipeline) -> Path:
    path = photo.with_name("avatar.zip")
    pipeline.write_avatar(photo.read_bytes(), path, hair=BALD)
    return path


def read(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture)


def test_help_and_version_load_nothing_heavy() -> None:
    program = (
        "import sys\n"
        "from reconstruction_backend.cli.app import app\n"
        "from reconstruction_backend.cli.exits import run_app\n"
        f"codes = [run_app(app, [each]) for each in ('--help', '--version')]\n"
        f"print(codes, sorted({SLOW_TO_IMPORT!r} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[0, 0] []"


def test_the_choices_are_the_renderers() -> None:
    pairs = (
        (command_app.View, View),
        (command_app.Subject, rendering_options.Subject),
        (command_app.RenderPass, rendering_options.RenderPass),
        (command_app.Rasterizer, rendering_options.RasterizerName),
    )
    for offered, known in pairs:
        assert get_args(offered) == get_args(known)
    fields = rendering_options.RenderOptions.__annotations__
    assert get_args(expression_options.Face) == get_args(fields["expression"])
    assert get_args(command_app.Light) == get_args(fields["light"])


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--nonsense"], "--nonsense"),
        (["frobnicate"], "frobnicate"),
        (["reconstruct", "me.jpg"], "--out"),
        (["reconstruct", "--out", "a.zip"], "PHOTO"),
        (["reconstruct", "me.jpg", "-o", "a.zip", "--texture-size", "17"], "1024, 2048 or 4096"),
        (["reconstruct", "me.jpg", "-o", "a.zip", "--texture-size", "big"], "--texture-size"),
        (["reconstruct", "me.jpg", "-o", "a.zip", "--focal-length-px", "-3"], "focal length"),
        (["reconstruct", "a.jpg", "b.jpg", "-o", "x", "--preview", "p.png"], "one photo"),
        (["reconstruct", "a/me.jpg", "b/me.png", "-o", "x"], "me.zip"),
        (["render", "a.zip", "-o", "a.png", "--view", "above"], "above"),
        (["render", "a.zip", "-o", "a.png", "--size", "0"], "size"),
        (["render", "a.zip", "-o", "a.png", "--view", "photo", "--yaw", "3"], "photo"),
        (["reconstruct", "me.jpg", "-o", "a.zip", "--emotion", "joy=1"], "joy"),
        (["reconstruct", "me.jpg", "-o", "a.zip", "--emotion", "fear=2"], "fear"),
        (["reconstruct", "me.jpg", "-o", "a.zip", "--emotion", "fear"], "NAME=NUMBER"),
        (["reconstruct", "me.jpg", "-o", "a.zip", "--expression", "smile=1"], "smile"),
        (["reconstruct", "me.jpg", "-o", "a.zip", "--gaze", "5"], "YAW,PITCH"),
        (["render", "a.zip", "-o", "a.png", "--neck", "left"], "YAW,PITCH"),
        (["render", "a.zip", "-o", "a.png", "--gaze", "70,0"], "gaze"),
        (["render", "a.zip", "-o", "a.png", "--emotion", "fear=1", "--emotion", "fear=1"], "twice"),
        (["render", "a.zip", "-o", "a.png", "--expression", "sad"], "NAME=NUMBER"),
        (["render", "a.zip", "-o", "p", "--expression", "fitted", "--emotion", "fear=1"], "fitted"),
        (["models"], "command"),
        (["models", "add", "statue", "x"], "statue"),
    ],
)
def test_usage_errors(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, arguments: list[str], named: str
) -> None:
    outcome = run_here(capfd, *arguments)
    assert outcome.exit_code == EX_USAGE
    assert outcome.out == ""
    assert len(outcome.err.splitlines()) == len(outcome.complaints) == 1
    assert named in outcome.err


def test_an_unknown_backend(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, sample_photo: Path
) -> None:
    outcome = run_here(
        capfd, "reconstruct", sample_photo, "-o", tmp_path / "a.zip", "--backend", "magic"
    )
    assert outcome.exit_code == EX_USAGE
    assert "no backend 'magic'" in outcome.complaints[0]


def test_no_arguments_show_the_help(capfd: pytest.CaptureFixture[str]) -> None:
    outcome = run_here(capfd)
    assert outcome.exit_code == 0
    assert "reconstruct" in outcome.out


def test_backends_are_listed(capfd: pytest.CaptureFixture[str]) -> None:
    outcome = run_here(capfd, "backends")
    assert outcome.exit_code == 0
    assert outcome.out.splitlines()[0].split()[:2] == ["cameo-head", "ready"]


def test_the_sample_portrait(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "sample.png"
    assert run_here(capfd, "sample-portrait", "--out", path) == Outcome(0, "", "")
    assert np.array_equal(read(path), astronaut())


@pytest.mark.heavy
def test_one_photo(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, photo: Path, warm_command: None
) -> None:
    out, preview = tmp_path / "me.zip", tmp_path / "me.png"
    outcome = run_here(capfd, "reconstruct", photo, "-o", out, "--preview", preview, "--json")
    assert outcome.exit_code == 0
    assert outcome.complaints == []
    report = json.loads(outcome.out)
    assert report["photo"] == str(photo)
    assert report["archive"] == str(out)
    assert report["backend"] == "cameo-head"
    assert tuple(report["stages_ms"]) == STAGES
    assert all(ms >= 0 for ms in report["stages_ms"].values())
    assert report["total_ms"] >= sum(report["stages_ms"].values()) - 1
    assert report["peak_rss_mb"] > 50
    assert 0 < report["landmark_residual_iod"] < 0.05
    assert sum(report["provenance"].values()) == pytest.approx(1, abs=1e-3)
    assert report["provenance"]["seen"] > 0.05
    assert report["warnings"] == []
    assert read(preview).shape[2] == 4
    with zipfile.ZipFile(out) as archive:
        assert "avatar.glb" in archive.namelist()
    assert {path.name for path in tmp_path.iterdir()} == {"me.zip", "me.png"}
    stages = [line for line in outcome.err.splitlines() if line.endswith(" ms")]
    assert len(stages) == len(STAGES)


@pytest.mark.heavy
def test_one_photo_that_fails_does_not_stop_the_others(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, photo: Path, bald_command: None
) -> None:
    folder = tmp_path / "new" / "folder"
    missing, text = tmp_path / "missing.jpg", tmp_path / "text.jpg"
    text.write_text("hello")
    outcome = run_here(capfd, "reconstruct", missing, photo, text, "-o", folder, "--json")
    assert outcome.exit_code == EX_NOINPUT
    lines = [json.loads(line) for line in outcome.out.splitlines()]
    assert [line.get("error", {}).get("code") for line in lines] == [
        "input_not_found",
        None,
        "invalid_image",
    ]
    assert outcome.complaints[-1] == "cameo: 2 of 3 photos failed."
    assert len(outcome.complaints) == 3
    assert [path.name for path in folder.iterdir()] == ["me.zip"]


@pytest.mark.heavy
def test_a_name_that_is_no_unicode(
    capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path, photo: Path, bald_command: None
) -> None:
    name = os.fsencode(tmp_path) + b"/m\xff.jpg"
    archive = os.fsencode(tmp_path) + b"/m\xff.zip"
    Path(os.fsdecode(name)).write_bytes(photo.read_bytes())
    arguments = ["reconstruct", os.fsdecode(name), "-o", os.fsdecode(archive)]
    assert run_app(command_app.app, arguments) == 0
    assert capfdbinary.readouterr().out == archive + b"\n"
    assert run_app(command_app.app, [*arguments, "--json"]) == 0
    assert json.loads(capfdbinary.readouterr().out)["archive"] == os.fsdecode(archive)


def test_an_absurd_focal_length_is_refused() -> None:
    portrait = Portrait(np.zeros((40, 30, 3), np.uint8), None)
    assert with_focal_length(portrait, 55.0).focal_length_px == 55.0
    for focal_length_px in (1e-9, 3.9, 4001.0, 1e12):
        with pytest.raises(InvalidOption, match="between 4 and 4000 pixels"):
            with_focal_length(portrait, focal_length_px)


@pytest.mark.heavy
def test_the_focal_length_is_obeyed(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, photo: Path
) -> None:
    out = tmp_path / "me.zip"
    options = ("--focal-length-px", "700", "--texture-size", "1024", "--hair", "none")
    run_here(capfd, "reconstruct", photo, "-o", out, *options)
    avatar = read_archive(out, lambda _: HeadModel.load(CAMEO_HEAD))
    assert avatar.fit.camera.focal_length_px == pytest.approx(700)


@pytest.mark.heavy
def test_orientations_give_the_same_head(landmark_detector: LandmarkDetector) -> None:
    backend = load_backend("cameo-head")
    vertices: list[np.ndarray] = []
    for orientation in (1, 6, 7):  # test_portrait.py has all eight, pixel by pixel
        stored = Image.fromarray(stored_as(astronaut(), orientation))
        photo = encode(stored, "PNG", exif=exif_of_orientation(orientation))
        portrait = decode_portrait(photo)
        head = backend.reconstruct(portrait, landmark_detector.detect(portrait))
        vertices.append(head.head_model.neutral(head.fit.shape))
    assert all(np.array_equal(each, vertices[0]) for each in vertices)


@pytest.mark.heavy
@pytest.mark.parametrize("view", get_args(View))
def test_render(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, archive: Path, view: str
) -> None:
    out = tmp_path / "out.png"
    arguments = ("--view", view, "--size", "96", "--pass", "clay", "-o", out)
    assert run_here(capfd, "render", archive, *arguments) == Outcome(0, "", "")
    picture = read(out)
    assert picture.shape == ((512, 512, 4) if view == "photo" else (96, 96, 4))
    assert 0.02 < (picture[:, :, 3] > 127).mean() < 0.9


@pytest.mark.heavy
def test_an_interrupt_leaves_nothing_behind(tmp_path: Path, photo: Path) -> None:
    arguments = command("reconstruct", photo, "-o", tmp_path / "me.zip")
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
    assert process.returncode == 128 + signal.SIGINT
    assert "Traceback" not in first + rest
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_a_library_swallowed(asked: signal.Signals) -> None:
    reached: list[str] = []
    app = typer.Typer()

    @app.command()
    def stages(photo: Path) -> None:  # pyright: ignore[reportUnusedFunction]
        with stage_display(photo) as listener:
            with suppress(BaseException):
                signal.raise_signal(asked)
            listener(StageEvent("texture", "finished", 4, 7, 1.0))
            reached.append("end of the stage")
            listener(StageEvent("preview", "started", 5, 7, 0.0))
            reached.append("next stage")

    with kept_handlers():
        if asked == signal.SIGINT:
            assert run_app(app, ["me.jpg"]) == 128 + asked
        else:
            with pytest.raises(SystemExit) as stop:
                run_app(app, ["me.jpg"])
            assert stop.value.code == 128 + asked
    assert reached == ["end of the stage"]


@contextmanager
def kept_handlers() -> Generator[None]:
    """The handlers of signals are put back afterwards."""
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


def test_a_reader_that_went_away() -> None:
    with subprocess.Popen(
        command("--help"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        complaint = process.stderr.read()
    assert process.returncode == 1
    assert complaint == ""


def test_standard_output_that_was_closed() -> None:
    shell = f"{shlex.join(command('--version'))} >&-"
    done = subprocess.run(["sh", "-c", shell], stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_user_without_a_home(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_home() -> Path:
        raise RuntimeError

    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    outcome = run_here(capfd, "models", "list")
    assert outcome.exit_code == 69
    assert outcome.complaints == [
        "cameo: you have no home folder in which models could lie; set XDG_DATA_HOME."
    ]


def test_standard_output_that_is_full() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command("--help"), stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 74
    assert done.stderr == "cameo: cannot write the output: no space left on device.\n"


def test_the_installed_command_exists() -> None:
    from importlib.metadata import entry_points

    (entry,) = entry_points(group="console_scripts", name="cameo")
    assert entry.load() is command_app.main
    assert run_alone("--version").out.startswith("cameo ")
