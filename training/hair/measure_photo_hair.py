"""How well hair from the photo agrees with portraits: what it covers, and which way it runs.

    python -m training.hair.measure_photo_hair PHOTO_OR_FOLDER... [--csv FILE]

Of every portrait: intersection over union of its dense strands, projected with the head's
occlusion and closed by a small kernel, with the parsed hair mask; and the median angle between
the foremost strands and the photo's orientations where those are sure. `--plain` leaves curls and
frizz out of the angle: the flow alone.
"""

import argparse
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reconstruction_backend.backends import ReconstructionBackend, load_backend
from reconstruction_backend.errors import CameoError
from reconstruction_backend.hair.grow import PlainColour, grow
from reconstruction_backend.hair.photo.agreement import Agreement, agreement, projected
from reconstruction_backend.hair.photo.picture import hair_picture
from reconstruction_backend.hair.photo.presence import NoHair
from reconstruction_backend.hair.photo.reconstruct import hair_from_picture
from reconstruction_backend.hair.photo.starts import PhotoStarts
from reconstruction_backend.hair.scalp import scalp_of
from reconstruction_backend.hair.skin_distance import SkinDistance
from reconstruction_backend.landmarks import LandmarkDetector
from reconstruction_backend.parsing import PortraitParser
from reconstruction_backend.portrait import decode_portrait

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
IOU_AIM, ANGLE_AIM_DEG = 0.80, 20.0


@dataclass(frozen=True)
class Measured:
    """One portrait."""

    photo: str
    start: str
    """Which start won, or why there is no hair."""
    agreement: Agreement | None
    """None where there is no hair."""


class Measurement:
    """Networks and head model, kept warm."""

    def __init__(self, plain: bool) -> None:
        self._backend: ReconstructionBackend = load_backend("cameo-head")
        self._detector, self._parser = LandmarkDetector(), PortraitParser()
        self._starts = PhotoStarts()
        self._plain = plain

    def of(self, path: Path) -> Measured:
        """Reconstruct and compare. Raises a CameoError where the portrait does not allow it."""
        portrait = decode_portrait(path.read_bytes())
        landmarks = self._detector.detect(portrait)
        parsing = self._parser.parse(portrait, landmarks)
        fit = self._backend.reconstruct(portrait, landmarks).fit
        model = self._backend.head_model
        vertices = model.neutral(fit.shape)
        skin = SkinDistance.of(model, vertices)
        picture = hair_picture(portrait, parsing, fit.camera, model, vertices)
        hair = hair_from_picture(
            picture,
            scalp_of(model),
            vertices,
            skin,
            lambda evidence: self._starts.of(picture, evidence, model, vertices, skin),
        )
        if isinstance(hair, NoHair):
            return Measured(path.name, hair.reason, None)
        strands = grow(
            model, vertices, hair.guides, hair.texture, PlainColour(), points=None, skin=skin
        )
        points = strands.points_m
        if self._plain and strands.smooth_m is not None:
            points = strands.smooth_m
        body = float(picture.camera.camera_points(np.array([[0.0, 0.05, 0.0]]))[0, 2])
        shown = agreement(picture, projected(picture, points, body))
        return Measured(path.name, hair.start, shown)


def photos(paths: list[Path]) -> Iterator[Path]:
    """The pictures among files and in folders, by name."""
    for path in paths:
        if path.is_dir():
            yield from sorted(each for each in path.iterdir() if each.suffix.lower() in SUFFIXES)
        else:
            yield path


def summary(measured: list[Measured]) -> str:
    """Medians, and shares that reach the aims."""
    shown = [each.agreement for each in measured if each.agreement is not None]
    if not shown:
        return "no hair on any of them"
    iou = np.array([each.iou for each in shown])
    angle = np.array([each.angle_deg for each in shown])
    wins: dict[str, int] = {}
    for each in measured:
        wins[each.start] = wins.get(each.start, 0) + 1
    won = ", ".join(f"{name} {count}" for name, count in sorted(wins.items()))
    return (
        f"{len(shown)} with hair of {len(measured)}\n"
        f"IoU: median {np.median(iou):.3f}, least {iou.min():.3f}, "
        f"{(iou >= IOU_AIM).mean():.0%} reach {IOU_AIM}\n"
        f"angle: median {np.median(angle):.1f} deg, "
        f"{(angle < ANGLE_AIM_DEG).mean():.0%} below {ANGLE_AIM_DEG:.0f}\n"
        f"starts: {won}"
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Agreement of hair from the photo.")
    parser.add_argument("photos", type=Path, nargs="+", help="portraits, or folders of them")
    parser.add_argument("--csv", type=Path, help="one row per portrait")
    parser.add_argument("--plain", action="store_true", help="angles of the flow, without curls")
    arguments = parser.parse_args()
    measurement = Measurement(arguments.plain)
    measured: list[Measured] = []
    for path in photos(arguments.photos):
        try:
            measured.append(measurement.of(path))
        except CameoError as error:
            measured.append(Measured(path.name, f"error: {error}", None))
        last = measured[-1]
        figures = ""
        if last.agreement is not None:
            figures = f"IoU {last.agreement.iou:.3f}  {last.agreement.angle_deg:5.1f} deg"
        print(f"{last.photo:28} {last.start:18} {figures}", flush=True)
    print(summary(measured))
    if arguments.csv is not None:
        with arguments.csv.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["photo", "start", "iou", "angle_deg"])
            for each in measured:
                found = each.agreement
                writer.writerow(
                    [each.photo, each.start, *((found.iou, found.angle_deg) if found else ("", ""))]
                )


if __name__ == "__main__":
    main()
