"""What every source of hair promises, and what each gives."""

from dataclasses import replace

import numpy as np
import pytest
from photo_files import astronaut
from synthetic_hair import falling_guides
from test_hair_database import written_database

from reconstruction_backend.backends import load_backend
from reconstruction_backend.errors import InvalidOption
from reconstruction_backend.hair.choice import HairChoice, HairEdit
from reconstruction_backend.hair.colour import PRESETS
from reconstruction_backend.hair.database import StyleDatabase, UnknownStyle
from reconstruction_backend.hair.source import (
    BaldSource,
    HairSource,
    HairSubject,
    LibrarySource,
    PhotoSource,
    hair_source,
)
from reconstruction_backend.hair.wear import dressed
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.landmarks import LandmarkDetector
from reconstruction_backend.parsing import PortraitParser
from reconstruction_backend.portrait import Portrait
from reconstruction_backend.texture.result import SphericalHarmonicsLight

STYLE = "box-braids"


@pytest.fixture(scope="module")
def subject(landmark_detector: LandmarkDetector) -> HairSubject:
    portrait = Portrait(astronaut(), None)
    landmarks = landmark_detector.detect(portrait)
    light = np.zeros((9, 3), np.float32)
    light[0] = 1
    return HairSubject(
        portrait,
        PortraitParser().parse(portrait, landmarks),
        load_backend("cameo-head").reconstruct(portrait, landmarks),
        lambda: SphericalHarmonicsLight(light),
    )


@pytest.fixture(scope="module")
def styles(cameo_head: HeadModel, tmp_path_factory: pytest.TempPathFactory) -> StyleDatabase:
    folder = tmp_path_factory.mktemp("hair_db")
    return StyleDatabase.open(written_database(folder, falling_guides(cameo_head, 0.2, 8)))


@pytest.fixture(params=["photo", "library", "none"])
def source_and_choice(
    request: pytest.FixtureRequest, styles: StyleDatabase
) -> tuple[HairSource, HairChoice]:
    return {
        "photo": (PhotoSource(), HairChoice("photo")),
        "library": (LibrarySource(styles), HairChoice(STYLE)),
        "none": (BaldSource(), HairChoice("none")),
    }[request.param]


def test_contract(subject: HairSubject, source_and_choice: tuple[HairSource, HairChoice]) -> None:
    source, choice = source_and_choice
    assert isinstance(source, HairSource)
    found = source.find(subject, choice)
    assert all(warning.endswith(".") for warning in found.warnings)
    if found.hair is None:
        assert choice.style == "none"
        return
    assert found.hair.style == choice.style
    assert found.hair.neutral_m is subject.head.neutral_m
    again = source.find(subject, choice).hair
    assert again is not None
    assert np.array_equal(again.strands().points_m, found.hair.strands().points_m)
    assert found.hair.skin.distance(found.hair.guides.points_m).min() > -5e-4
    cut = source.find(subject, replace(choice, colour="red", edit=HairEdit(density=0.2))).hair
    assert cut is not None
    assert cut.colour is PRESETS["red"]
    assert cut.strands().count < 0.5 * found.hair.strands().count


def test_the_choice_names_the_source() -> None:
    assert isinstance(hair_source(HairChoice("photo")), PhotoSource)
    assert isinstance(hair_source(HairChoice("none")), BaldSource)
    assert isinstance(hair_source(HairChoice(STYLE)), LibrarySource)


def test_what_a_choice_leaves_open_stays(subject: HairSubject, styles: StyleDatabase) -> None:
    head = subject.head
    worn = dressed(head, None, HairChoice(STYLE, "auburn", HairEdit(length=0.5)), styles)
    assert worn is not None
    assert dressed(head, worn, HairChoice(), styles) is worn
    longer = dressed(head, worn, HairChoice(edit=HairEdit(length=1.5)), styles)
    assert longer is not None
    assert (longer.colour, longer.edit.length) == (worn.colour, 1.5)
    assert longer.guides is worn.guides
    assert dressed(head, worn, HairChoice("none"), styles) is None
    with pytest.raises(UnknownStyle):
        dressed(head, worn, HairChoice("nobody"), styles)
    with pytest.raises(InvalidOption, match="photo"):
        dressed(head, worn, HairChoice("photo"), styles)
