"""Fixtures that several test files share."""

import shutil
import subprocess
from collections.abc import Generator
from contextlib import nullcontext
from pathlib import Path

import pytest
from hypothesis import settings
from photo_files import astronaut, encode
from PIL import Image
from synthetic_avatar import build_avatar
from synthetic_head import build_head_model

from reconstruction_backend.avatar import Avatar
from reconstruction_backend.expression.choice import NEUTRAL, ExpressionChoice
from reconstruction_backend.hair.choice import NO_HAIR, HairChoice
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.landmarks import LandmarkDetector
from reconstruction_backend.model_store import head_model_path
from reconstruction_backend.pipeline import (
    Pipeline,
    ReconstructionOptions,
    TextureSize,
    WrittenAvatar,
)
from reconstruction_backend.progress import ProgressListener, ignore_progress

BALD = HairChoice(NO_HAIR)
VALIDATOR = Path(__file__).parent / "gltf_validator"

# A busy machine is no failure, and a red run is the doing of the change that it tests.
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def synthetic_head() -> HeadModel:
    """A small, symmetric head of ellipsoids with every part of the real model."""
    return build_head_model()


@pytest.fixture(scope="session")
def cameo_head() -> HeadModel:
    """The head model that is shipped."""
    return HeadModel.load(head_model_path("cameo-head"))


@pytest.fixture(scope="session")
def synthetic_avatar(synthetic_head: HeadModel) -> Avatar:
    """The synthetic head in one skin colour, under uniform light."""
    return build_avatar(synthetic_head)


@pytest.fixture(scope="session")
def landmark_detector() -> Generator[LandmarkDetector]:
    """Warm networks."""
    with LandmarkDetector() as detector:
        yield detector


@pytest.fixture(scope="session")
def sample_photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The astronaut as a PNG file."""
    path = tmp_path_factory.mktemp("sample") / "astronaut.png"
    path.write_bytes(encode(Image.fromarray(astronaut()), "PNG"))
    return path


@pytest.fixture(scope="session")
def pipeline() -> Generator[Pipeline]:
    """The real pipeline, warm, with the smallest texture."""
    with Pipeline(ReconstructionOptions(texture_size=1024)) as pipeline:
        yield pipeline


@pytest.fixture
def warm_command(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """`cameo reconstruct` with default options takes the warm pipeline instead of loading one."""

    def warm(options: ReconstructionOptions) -> nullcontext[Pipeline]:
        assert options == ReconstructionOptions()
        return nullcontext(pipeline)

    monkeypatch.setattr("reconstruction_backend.cli.reconstruct.Pipeline", warm)


class _WithoutHair(Pipeline):
    """The warm pipeline for what hair has no part in: in half the time."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    def write_avatar(
        self,
        photo: bytes,
        archive: Path,
        progress: ProgressListener = ignore_progress,
        choice: ExpressionChoice = NEUTRAL,
        texture_size: TextureSize | None = None,
        hair: HairChoice = BALD,
    ) -> WrittenAvatar:
        return self._pipeline.write_avatar(photo, archive, progress, choice, texture_size, hair)


@pytest.fixture
def bald_command(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """`warm_command`, of which all avatars are bald."""

    def warm(options: ReconstructionOptions) -> nullcontext[_WithoutHair]:
        assert options == ReconstructionOptions()
        return nullcontext(_WithoutHair(pipeline))

    monkeypatch.setattr("reconstruction_backend.cli.reconstruct.Pipeline", warm)


@pytest.fixture(scope="session")
def validator() -> list[str]:
    """The command line of the Khronos validator, installed from its lock file if it is not."""
    if not (VALIDATOR / "node_modules" / "gltf-validator").is_dir():
        npm = shutil.which("npm")
        assert npm, "npm is needed to install the glTF validator"
        command = [npm, "--prefix", str(VALIDATOR), "ci", "--no-fund", "--no-audit", "--silent"]
        subprocess.run(command, check=True, timeout=300)
    node = shutil.which("node")
    assert node, "node is needed to run the glTF validator"
    return [node, str(VALIDATOR / "validate.mjs")]
