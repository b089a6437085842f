import hashlib
import http.server
import io
import json
import os
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from command_line import run_here
from flame_files import flame_arrays, flame_pickle, gnm_arrays

from reconstruction_backend.cli import models as models_command
from reconstruction_backend.errors import DownloadFailed, InvalidModel, ModelNotAvailable
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.model_catalogue import (
    ModelCatalogue,
    PublishedModel,
    ShippedModel,
    load_catalogue,
)
from reconstruction_backend.model_import.download import download
from reconstruction_backend.model_store import head_model_path, user_model_path

EX_DATAERR, EX_NOINPUT, EX_UNAVAILABLE = 65, 66, 69
CONTENT = bytes(range(256)) * 4000


@pytest.fixture(autouse=True)
def data_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own folder, empty."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data"


@contextmanager
def serving(
    content: bytes, breaks_after: int | None = None, knows_ranges: bool = True
) -> Generator[tuple[str, list[str | None]]]:
    """A file on a local server, which may hang up early; and the ranges it was asked for."""
    asked: list[str | None] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            asked.append(wanted)
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and knows_ranges else 0
            part = content[start:]
            self.send_response(206 if knows_ranges else 200)
            self.send_header("Content-Length", str(len(part)))
            self.end_headers()
            self.wfile.write(part if breaks_after is None else part[:breaks_after])

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/model.npz", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def published(url: str, content: bytes = CONTENT) -> PublishedModel:
    digest = hashlib.sha256(content).hexdigest()
    return PublishedModel("gnm", url, digest, len(content), "free", "scans")


def silent(_have_bytes: int) -> None:
    pass


def test_a_download_is_checked_and_kept(tmp_path: Path) -> None:
    with serving(CONTENT) as (url, asked):
        for _ in range(2):
            assert download(published(url), tmp_path, silent).read_bytes() == CONTENT
        assert len(asked) == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_a_download_that_broke_off_goes_on(tmp_path: Path) -> None:
    with serving(CONTENT, breaks_after=300_000) as (url, _), pytest.raises(DownloadFailed):
        download(published(url), tmp_path, silent)
    with serving(CONTENT) as (url, asked):
        assert download(published(url), tmp_path, silent).read_bytes() == CONTENT
    assert asked == ["bytes=300000-"]


def test_a_server_without_ranges_starts_again(tmp_path: Path) -> None:
    with (
        serving(CONTENT, breaks_after=300_000, knows_ranges=False) as (url, _),
        pytest.raises(DownloadFailed),
    ):
        download(published(url), tmp_path, silent)
    with serving(CONTENT, knows_ranges=False) as (url, _):
        assert download(published(url), tmp_path, silent).read_bytes() == CONTENT


@pytest.mark.parametrize("given", [CONTENT[:-1] + b"!", CONTENT + b"more"])
def test_other_content_is_discarded(tmp_path: Path, given: bytes) -> None:
    wanted = published("", CONTENT if len(given) == len(CONTENT) else given[::-1])
    with (
        serving(given) as (url, _),
        pytest.raises(InvalidModel, match="discarded"),
    ):
        download(replace(wanted, url=url), tmp_path, silent)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_and_a_missing_server(tmp_path: Path) -> None:
    with pytest.raises(DownloadFailed, match="no connection"):
        download(published("http://127.0.0.1:9/model.npz"), tmp_path, silent)


def test_the_shipped_models_are_verified() -> None:
    catalogue = load_catalogue()
    assert catalogue.shipped[0].name == "cameo-head"
    assert all(model.licence and len(model.sha256) == 64 for model in catalogue.published)
    assert catalogue.published_model("gnm").url.startswith("https://")
    with pytest.raises(ModelNotAvailable, match="gnm"):
        catalogue.published_model("nothing")


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (lambda path: None, "verified"),
        (Path.unlink, "missing"),
        (lambda p: p.write_text(""), "damaged"),
    ],
)
def test_states_of_a_shipped_model(
    tmp_path: Path, change: Callable[[Path], object], state: str
) -> None:
    path = tmp_path / "model.npz"
    path.write_bytes(CONTENT)
    model = ShippedModel("x", path, hashlib.sha256(CONTENT).hexdigest(), len(CONTENT), "", "")
    change(path)
    assert model.state == state


def test_a_broken_manifest(tmp_path: Path) -> None:
    for content in ("", "[]", '{"models": [{}]}'):
        path = tmp_path / "manifest.json"
        path.write_text(content)
        with pytest.raises(InvalidModel, match="list of models"):
            load_catalogue(path)


@pytest.mark.parametrize("name", ["../x", "", "a b", "A", "/etc/passwd", "a/b", "-a"])
def test_names_that_leave_the_folder(name: str) -> None:
    with pytest.raises(ModelNotAvailable):
        head_model_path(name)


def test_models_list(capfd: pytest.CaptureFixture[str]) -> None:
    outcome = run_here(capfd, "models", "list", "--json")
    assert outcome.exit_code == 0
    records = {record["name"]: record for record in map(json.loads, outcome.out.splitlines())}
    assert records["gnm"]["state"] == "not downloaded"
    assert "Apache" in records["gnm"]["licence"]
    assert records["cameo-head"]["state"] in ("verified", "damaged")
    lines = run_here(capfd, "models", "list").out.splitlines()
    assert [line.split()[0] for line in lines] == list(records)


def test_pulling_gnm(
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    synthetic_head: HeadModel,
) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, **gnm_arrays(synthetic_head))
    content = buffer.getvalue()
    monkeypatch.setattr(models_command, "_reference", lambda: synthetic_head)
    with serving(content) as (url, _):
        catalogue = ModelCatalogue((), (published(url, content),))
        monkeypatch.setattr(models_command, "load_catalogue", lambda: catalogue)
        outcome = run_here(capfd, "models", "pull", "gnm")
    assert outcome.exit_code == 0
    assert outcome.out == f"{user_model_path('gnm')}\n"
    assert HeadModel.load(head_model_path("gnm")).vertex_count == synthetic_head.vertex_count


def test_pulling_without_a_network(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, data_home: Path
) -> None:
    catalogue = ModelCatalogue((), (published("http://127.0.0.1:9/gnm.npz"),))
    monkeypatch.setattr(models_command, "load_catalogue", lambda: catalogue)
    outcome = run_here(capfd, "models", "pull", "gnm")
    assert outcome.exit_code == EX_UNAVAILABLE
    assert len(outcome.err.splitlines()) == 1
    assert "there is no connection" in outcome.err
    assert not user_model_path("gnm").exists()


def test_adding_flame(
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    synthetic_head: HeadModel,
) -> None:
    path = tmp_path / "generic_model.pkl"
    path.write_bytes(flame_pickle(flame_arrays(synthetic_head)))
    monkeypatch.setattr(models_command, "_reference", lambda: synthetic_head)
    outcome = run_here(capfd, "models", "add", "flame", path)
    assert outcome.exit_code == 0
    assert "licence" in outcome.err
    assert HeadModel.load(head_model_path("flame")).name == "flame"
    assert "flame" in run_here(capfd, "models", "list").out


def test_adding_what_is_no_flame(
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    synthetic_head: HeadModel,
) -> None:
    monkeypatch.setattr(models_command, "_reference", lambda: synthetic_head)
    trace, path = tmp_path / "trace", tmp_path / "evil.pkl"
    path.write_bytes(f"cos\nsystem\n(S'touch {trace}'\ntR.".encode())
    outcome = run_here(capfd, "models", "add", "flame", path)
    assert outcome.exit_code == EX_DATAERR
    assert outcome.err == (
        "cameo: the file asks to load os.system, which no head model needs; "
        "nothing in it was run.\n"
    )
    assert not trace.exists()
    assert run_here(capfd, "models", "add", "flame", os.devnull).exit_code == EX_DATAERR
    missing = run_here(capfd, "models", "add", "flame", tmp_path / "missing.pkl")
    assert missing.exit_code == EX_NOINPUT
    assert len(missing.err.splitlines()) == 1
