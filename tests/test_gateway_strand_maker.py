"""What the hair process makes: strands of styles on heads, kept only as long as they are true."""

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from random_avatar import random_avatar
from synthetic_hair import falling_hair, falling_style

from gateway.hair_maker import AvatarHead
from gateway.strand_maker import StrandMaker
from reconstruction_backend.errors import InvalidArchive, InvalidOption
from reconstruction_backend.export import write_archive, write_file
from reconstruction_backend.hair.database import StyleDatabase, UnknownStyle
from reconstruction_backend.hair.groom_import import keep_style
from reconstruction_backend.hair.record import ChosenEdit, ChosenHair
from reconstruction_backend.hair.strand_binary import decode_strand_binary
from reconstruction_backend.head_model import HeadModel

FALLING = ChosenHair(style="falling")


@pytest.fixture
def styles(synthetic_head: HeadModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one style of the synthetic head, which is the only head there is."""
    open_folder = StyleDatabase.open
    monkeypatch.setattr(StyleDatabase, "open", lambda: open_folder(tmp_path))
    monkeypatch.setattr(StyleDatabase, "shipped", lambda: StyleDatabase({}, ()))
    monkeypatch.setattr("gateway.strand_maker.head_model_path", Path)
    monkeypatch.setattr(HeadModel, "load", lambda _: synthetic_head)
    keep_style(falling_style(synthetic_head), "Falling", tmp_path, b"RIFF", write_file)
    return tmp_path


@pytest.fixture(scope="module")
def head(synthetic_head: HeadModel, tmp_path_factory: pytest.TempPathFactory) -> AvatarHead:
    """Of an avatar that wears the falling hair."""
    bald = random_avatar(synthetic_head)
    avatar = replace(
        bald, hair=falling_hair(synthetic_head, synthetic_head.neutral(bald.fit.shape))
    )
    path = tmp_path_factory.mktemp("strands") / "avatar.zip"
    write_archive(avatar, path)
    with zipfile.ZipFile(path) as archive:
        return AvatarHead(archive.read("avatar.json"), archive.read("hair.npz"))


def points_of(data: bytes | None) -> np.ndarray:
    assert data is not None
    return decode_strand_binary(data).points_m


def test_a_style_grows_on_the_mean_head_and_on_an_avatars(styles: Path, head: AvatarHead) -> None:
    maker = StrandMaker()
    mean, own = maker.strands(FALLING, None), maker.strands(FALLING, head)
    assert points_of(mean).shape == points_of(own).shape
    assert np.abs(points_of(mean) - points_of(own)).max() > 1e-3
    assert maker.strands(FALLING, None) == mean
    assert StrandMaker().strands(FALLING, head) == own


def test_edits_do_not_add_up(styles: Path) -> None:
    maker = StrandMaker()
    before = maker.strands(FALLING, None)
    shorter = ChosenHair(style="falling", edit=ChosenEdit(length=0.5))
    assert points_of(maker.strands(shorter, None))[..., 1].min() > points_of(before)[..., 1].min()
    assert maker.strands(shorter, None) == StrandMaker().strands(shorter, None)
    assert maker.strands(FALLING, None) == before


def test_a_style_that_was_imported_anew_is_read_anew(
    styles: Path, synthetic_head: HeadModel
) -> None:
    maker = StrandMaker()
    before = maker.strands(FALLING, None)
    style = falling_style(synthetic_head)
    guides = replace(style.guides, points_m=style.guides.points_m * np.float32(1.1))
    keep_style(replace(style, guides=guides), "Falling", styles, b"RIFF", write_file)
    assert maker.strands(FALLING, None) == StrandMaker().strands(FALLING, None) != before


def test_what_there_is_not_is_said(styles: Path, head: AvatarHead) -> None:
    maker = StrandMaker()
    assert maker.strands(ChosenHair(style="none"), head) is None
    assert maker.strands(ChosenHair(), AvatarHead(head.parameters, None)) is None
    with pytest.raises(UnknownStyle):
        maker.strands(ChosenHair(style="nobody"), None)
    with pytest.raises(InvalidOption, match="photo's hair"):
        maker.strands(ChosenHair(style="photo"), head)


@pytest.mark.parametrize("damaged", ["parameters", "guides"])
def test_damaged_files_of_an_avatar_are_refused(
    damaged: str, styles: Path, head: AvatarHead
) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        file.writestr("points_m.npy", b"no array")
    bad = {"parameters": b"{}", "guides": stream.getvalue()}
    with pytest.raises(InvalidArchive, match="cannot be read"):
        StrandMaker().strands(FALLING, replace(head, **{damaged: bad[damaged]}))
