"""A maker without models, and a worker process around it: for tests of everything but the face."""

import os
import sys
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

from gateway.avatar_maker import AvatarMaker
from gateway.worker import main
from reconstruction_backend.errors import NoFaceFound
from reconstruction_backend.expression.choice import NEUTRAL, ExpressionChoice
from reconstruction_backend.hair.choice import SAME_HAIR, HairChoice
from reconstruction_backend.progress import ProgressListener, StageEvent

STAGES = ("portrait", "landmarks", "head_fit", "texture", "export")
HAIR = b"CAMH of the avatar"
PAUSE_VARIABLE = "FAKE_STAGE_PAUSE_S"


@dataclass(frozen=True)
class FakeMaker:
    """Writes an archive of named members; refuses photos with a known ending."""

    stage_pause_s: float = 0.0

    def make(
        self,
        photo: bytes,
        archive_path: Path,
        progress: ProgressListener,
        choice: ExpressionChoice = NEUTRAL,
        texture_size: int | None = None,
        hair: HairChoice = SAME_HAIR,
    ) -> tuple[str, ...]:
        """Tell all stages, pausing in each."""
        for index, stage in enumerate(STAGES):
            progress(StageEvent(stage, "started", index, len(STAGES), 0.0))
            time.sleep(self.stage_pause_s)
            if photo.endswith(b"no face"):
                raise NoFaceFound("No face was found in the photo.")
            if photo.endswith(b"defect"):
                raise ZeroDivisionError
            progress(StageEvent(stage, "finished", index, len(STAGES), 1.5))
        with zipfile.ZipFile(archive_path, "w") as archive:
            for name in (
                "avatar.glb",
                "preview.png",
                "head_provenance.png",
                "head_light.png",
                "avatar.json",
            ):
                archive.writestr(name, name.encode())
            archive.writestr("texture_size", str(texture_size))
            archive.writestr("hair.strands", HAIR)
            archive.comment = repr((choice, hair)).encode()
        return ("Another face was left aside.",)

    def make_again(
        self,
        archive: bytes,
        archive_path: Path,
        progress: ProgressListener,
        choice: ExpressionChoice | None,
        hair: HairChoice = SAME_HAIR,
    ) -> tuple[str, ...]:
        """The same archive; its comment says which face and hair it wears."""
        archive_path.write_bytes(archive)
        with zipfile.ZipFile(archive_path, "a") as written:
            written.comment = repr((choice, hair)).encode()
        return ()


def load_fake_maker() -> AvatarMaker:
    """What the fake worker process loads."""
    return FakeMaker(float(os.environ.get(PAUSE_VARIABLE, "0")))


if __name__ == "__main__":
    sys.exit(main(load_fake_maker))
