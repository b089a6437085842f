"""`cameo hair`: list, show and wear; importing has a file of its own."""

import json
from pathlib import Path

import numpy as np
import pytest
from command_line import run_here
from conftest import BALD
from PIL import Image

from reconstruction_backend.cli import hair as hair_command
from reconstruction_backend.export import (
    GltfOptions,
    compression_of,
    read_archive,
    write_archive,
)
from reconstruction_backend.hair.database import StyleDatabase
from reconstruction_backend.hair.formats.files import read_strands
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.pipeline import Pipeline

EX_USAGE = 64
STYLE = "crew"
THIN = ("--density", "0.25")


@pytest.fixture(scope="module")
def bald_archive(
    pipeline: Pipeline, sample_photo: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("bald")
    avatar = pipeline.write_avatar(
        sample_photo.read_bytes(), folder / "plain.zip", hair=BALD
    ).avatar
    write_archive(avatar, folder / "packed.zip", GltfOptions("meshopt"))
    return folder / "packed.zip"


def test_every_style_is_listed(capfd: pytest.CaptureFixture[str]) -> None:
    entries = StyleDatabase.open().entries
    words = run_here(capfd, "hair", "list")
    assert (words.exit_code, words.err) == (0, "")
    assert [line.split()[0] for line in words.out.splitlines()] == [e.name for e in entries]
    told = run_here(capfd, "hair", "list", "--json")
    assert [json.loads(line) for line in told.out.splitlines()] == [
        {"name": each.name, "title": each.title, **each.attributes.model_dump(mode="json")}
        for each in entries
    ]


def test_a_style_is_shown_as_a_picture(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hair_command, "_PICTURE_PX", 96)
    out = tmp_path / "style.png"
    assert run_here(capfd, "hair", "show", STYLE, "-o", out, *THIN).exit_code == 0
    with Image.open(out) as picture:
        assert (picture.size, picture.mode) == ((96, 96), "RGBA")
        assert 0.1 < (np.asarray(picture)[:, :, 3] > 127).mean() < 0.9


def test_a_style_is_written_as_strands(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    counts: list[int] = []
    for density in ("0.25", "0.5"):
        out = tmp_path / f"{density}.hair"
        run_here(capfd, "hair", "show", STYLE, "-o", out, "--density", density)
        counts.append(len(read_strands(out).starts) - 1)
    assert 0 < counts[0] < 0.7 * counts[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", STYLE, "-o", "style.txt"), ".png"),
        (("show", STYLE, "-o", "style.png", "--length", "99"), "length"),
        (("show", "nobody", "-o", "style.png"), "nobody"),
        (("show", "none", "-o", "style.png"), "nothing to show"),
        (("wear", "a.zip", "-o", "a.zip", STYLE), "a.zip"),
    ],
)
def test_what_cannot_be_done_is_said(
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.zip").touch()
    outcome = run_here(capfd, "hair", *arguments)
    assert outcome.exit_code != 0
    assert said in outcome.complaints[0]
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


@pytest.mark.heavy
def test_an_avatar_gets_hair_and_stays_who_it_was(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, bald_archive: Path, cameo_head: HeadModel
) -> None:
    out = tmp_path / "haired.zip"
    outcome = run_here(capfd, "hair", "wear", bald_archive, STYLE, "-o", out, *THIN)
    assert (outcome.exit_code, outcome.out, outcome.complaints) == (0, f"{out}\n", [])
    before, after = (read_archive(path, lambda _: cameo_head) for path in (bald_archive, out))
    assert before.hair is None
    assert after.hair is not None
    assert (after.hair.style, after.hair.edit.density) == (STYLE, 0.25)
    assert np.array_equal(after.texture.albedo, before.texture.albedo)
    assert np.array_equal(after.fit.shape, before.fit.shape)
    assert compression_of(out) == "meshopt"
