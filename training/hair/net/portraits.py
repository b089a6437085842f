"""Which start of a photo's hair wins, and how well the hair agrees then, on a folder of portraits.

    python -m training.hair.net.portraits --portraits DIR

Every portrait is reconstructed once with the starts and once without. One line per portrait: its
name, the kind of its curls, which start won, and union and angle with starts and without; at the
end the medians and how often each start won.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from reconstruction_backend.backends import LandmarkFitBackend, load_backend
from reconstruction_backend.errors import CameoError
from reconstruction_backend.hair.photo.agreement import Agreement
from reconstruction_backend.hair.photo.curl import hair_curl
from reconstruction_backend.hair.photo.picture import HairPicture, hair_picture
from reconstruction_backend.hair.photo.presence import NoHair
from reconstruction_backend.hair.photo.reconstruct import hair_from_picture
from reconstruction_backend.hair.photo.starts import PhotoStarts
from reconstruction_backend.hair.scalp import scalp_of
from reconstruction_backend.hair.skin_distance import SkinDistance
from reconstruction_backend.landmarks import LandmarkDetector
from reconstruction_backend.model_store import CAMEO_HEAD_NAME
from reconstruction_backend.parsing import PortraitParser
from reconstruction_backend.portrait import decode_portrait

PHOTOS = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True)
class Comparison:
    """One portrait with hair."""

    kind: str
    winner: str
    agreement: Agreement
    without_starts: Agreement

    def __str__(self) -> str:
        with_starts, without = self.agreement, self.without_starts
        return (
            f"{self.kind:8s} {self.winner:10s} {with_starts.iou:.3f} {with_starts.angle_deg:5.1f}"
            f"   without {without.iou:.3f} {without.angle_deg:5.1f}"
        )


class Comparer:
    """Networks and models, kept warm."""

    def __init__(self) -> None:
        backend = load_backend(CAMEO_HEAD_NAME)
        assert isinstance(backend, LandmarkFitBackend)
        self._backend, self._parser = backend, PortraitParser()
        self._detector, self._starts = LandmarkDetector(), PhotoStarts()

    def compare(self, photo: bytes) -> Comparison | NoHair:
        """With starts and without. Raises a CameoError where the photo does not allow it."""
        portrait = decode_portrait(photo)
        landmarks = self._detector.detect(portrait)
        fit = self._backend.reconstruct(portrait, landmarks).fit
        vertices = self._backend.head_model.neutral(fit.shape)
        parsing = self._parser.parse(portrait, landmarks)
        return self.of_picture(
            hair_picture(portrait, parsing, fit.camera, self._backend.head_model, vertices),
            vertices,
        )

    def of_picture(self, picture: HairPicture, vertices_m: np.ndarray) -> Comparison | NoHair:
        """The same of a picture; `vertices_m` is the head at rest."""
        model = self._backend.head_model
        scalp, skin = scalp_of(model), SkinDistance.of(model, vertices_m)
        plain = hair_from_picture(picture, scalp, vertices_m, skin)
        if isinstance(plain, NoHair):
            return plain
        starts = self._starts.of(picture, model, vertices_m, skin)
        hair = hair_from_picture(picture, scalp, vertices_m, skin, starts)
        if isinstance(hair, NoHair):
            return hair
        kind = hair_curl(picture).kind
        return Comparison(kind, hair.start, hair.agreement, plain.agreement)


def main(portraits: Annotated[Path, typer.Option(help="Folder of photos.")]) -> None:
    """Compare all photos of a folder."""
    comparer = Comparer()
    found: list[Comparison] = []
    for path in sorted(each for each in portraits.iterdir() if each.suffix.lower() in PHOTOS):
        try:
            comparison = comparer.compare(path.read_bytes())
        except CameoError as error:
            typer.echo(f"{path.name}: {error}")
            continue
        typer.echo(f"{path.name}: {comparison}")
        if isinstance(comparison, Comparison):
            found.append(comparison)
    for name, chosen in (
        ("with starts", [each.agreement for each in found]),
        ("without", [each.without_starts for each in found]),
    ):
        union = float(np.median([each.iou for each in chosen]))
        angle = float(np.median([each.angle_deg for each in chosen]))
        typer.echo(f"{name}: median union {union:.3f}, median angle {angle:.1f} degrees")
    typer.echo(f"won: {dict(Counter(each.winner for each in found))}")


if __name__ == "__main__":
    typer.run(main)
