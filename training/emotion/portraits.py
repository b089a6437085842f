"""Portraits with known emotions as evidence: what the reconstruction finds in them is the truth.

The labels are a CSV: `file,emotion,intensity`. That of the example set is written by

    python -m training.emotion.portraits sfhq_expression --out labels.csv

Its files are sorted into rows by a text search: angry, surprised, smiling, sad, grim. The search
says which emotion and not how strong, so each counts as half; grim is none of the six.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from jaxtyping import Float

from reconstruction_backend.backends import load_backend
from reconstruction_backend.errors import CameoError, InvalidOption
from reconstruction_backend.expression.coefficients import COEFFICIENT_INDEX, COEFFICIENT_NAMES
from reconstruction_backend.expression.emotions import (
    EmotionIntensities,
    EmotionName,
    emotion_name,
)
from reconstruction_backend.head_fit.fit import NOT_FITTED
from reconstruction_backend.landmarks import LandmarkDetector
from reconstruction_backend.portrait import load_portrait
from training.emotion.sampling import Evidence

COLUMNS = ["file", "emotion", "intensity"]
RESTING_PERCENTILE = 25
"""Of each coefficient over all portraits: what even the calmest show is the fit's habit."""
UNSEEN_PREFIXES = ("eyeLook", "neck", "jawLeft", "jawRight")
"""Says where somebody looks and how the head is held, not what is felt."""
EXAMPLE_ROWS: dict[str, EmotionName] = {
    "0": "anger",
    "1": "surprise",
    "2": "happiness",
    "3": "sadness",
}
EXAMPLE_INTENSITY = 0.5
_EXAMPLE_NAME = re.compile(r"expr_r(\d)c\d\.jpg")


@dataclass(frozen=True)
class LabelledPortrait:
    """A line of the CSV."""

    path: Path
    emotion: EmotionName
    intensity: float


def read_labels(path: Path) -> tuple[LabelledPortrait, ...]:
    """The portraits of a CSV; files are relative to it. Raises InvalidOption for a bad line."""
    with path.open(newline="") as file:
        rows = csv.DictReader(file)
        if rows.fieldnames != COLUMNS:
            raise InvalidOption(f"{path} has other columns than {', '.join(COLUMNS)}.")
        return tuple(_labelled(row, path, line) for line, row in enumerate(rows, start=2))


def _labelled(row: dict[str, str], path: Path, line: int) -> LabelledPortrait:
    try:
        intensity = float(row["intensity"])
    except (TypeError, ValueError) as error:
        raise InvalidOption(f"{path}, line {line}: the intensity is no number.") from error
    emotion = emotion_name(row["emotion"])
    EmotionIntensities(**{emotion: intensity})
    return LabelledPortrait(path.parent / row["file"], emotion, intensity)


def example_labels(folder: Path) -> Iterator[tuple[str, EmotionName, float]]:
    """File, emotion and intensity of the example set."""
    for path in sorted(folder.iterdir()):
        match = _EXAMPLE_NAME.fullmatch(path.name)
        if match and match[1] in EXAMPLE_ROWS:
            yield path.name, EXAMPLE_ROWS[match[1]], EXAMPLE_INTENSITY


def portrait_evidence(portraits: Sequence[LabelledPortrait]) -> Evidence:
    """Reconstruct every portrait. Those without a usable face are left out, and named."""
    backend = load_backend("cameo-head")
    intensities, faces = [], []
    with LandmarkDetector() as detector:
        for labelled in portraits:
            try:
                portrait = load_portrait(labelled.path)
                found = backend.reconstruct(portrait, detector.detect(portrait))
            except CameoError as error:
                typer.echo(f"left out: {labelled.path.name}: {error}", err=True)
                continue
            names = found.head_model.expression_names
            face = dict(zip(names, found.fit.expression.tolist(), strict=True))
            faces.append([face.get(name, 0.0) for name in COEFFICIENT_NAMES])
            felt = EmotionIntensities(**{labelled.emotion: labelled.intensity})
            intensities.append(felt.vector())
    if not faces:
        raise InvalidOption("None of the portraits shows a usable face.")
    return as_evidence(np.array(intensities), np.array(faces))


def as_evidence(
    intensities: Float[np.ndarray, "N 6"], coefficients: Float[np.ndarray, "N 58"]
) -> Evidence:
    """Without what the fit finds in every face, and only where it can see."""
    resting = np.percentile(coefficients, RESTING_PERCENTILE, axis=0)
    weights = np.ones(len(COEFFICIENT_NAMES))
    unseen = [name for name in COEFFICIENT_NAMES if name.startswith(UNSEEN_PREFIXES)]
    weights[[COEFFICIENT_INDEX[name] for name in (*unseen, *NOT_FITTED)]] = 0
    return Evidence(
        intensities.astype(np.float64),
        np.clip(coefficients - resting, 0, 1),
        np.tile(weights, (len(coefficients), 1)),
    )


def main(
    folder: Annotated[Path, typer.Argument(help="sfhq_expression: expr_r0c0.jpg and so on.")],
    out: Annotated[Path, typer.Option(help="The CSV to write, in that folder or above it.")],
) -> None:
    """Write the labels of the example set."""
    with out.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for name, emotion, intensity in example_labels(folder):
            relative = (folder / name).resolve()
            writer.writerow([relative, emotion, intensity])


if __name__ == "__main__":
    typer.run(main)
