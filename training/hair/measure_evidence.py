"""How often a photo's hair is read right, and the weights of cropped hair's length.

    python -m training.hair.measure_evidence --portraits DIR [--fit]

DIR holds portraits in any folders; `hair_labels.csv` beside this file says by eye what each shows.
Prints what was read for what was labelled, then every portrait with hair that would lose it. With
`--fit` it prints the constants of `hair/photo/evidence.py`, by ridge regression on the portraits
not marked as held out, and the deviation of each from a fit without it.
"""

import csv
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from jaxtyping import Float

from reconstruction_backend.backends import ReconstructionBackend, load_backend
from reconstruction_backend.hair.photo.evidence import (
    LONGEST_CROPPED_M,
    HairEvidence,
    hair_evidence,
    length_features,
    may_be_cropped,
)
from reconstruction_backend.hair.photo.picture import hair_picture
from reconstruction_backend.landmarks import LandmarkDetector
from reconstruction_backend.model_store import CAMEO_HEAD_NAME
from reconstruction_backend.parsing import PortraitParser
from reconstruction_backend.portrait import decode_portrait

LABELS = Path(__file__).with_name("hair_labels.csv")
RIDGE = 0.03
SHORT_MM, SHORT_WEIGHT = 6.0, 1.5
CHILD_WEIGHT = 3.0
"""There are two babies; their skulls are fitted worst."""
HAIRY = ("hair", "short", "wreath")


@dataclass(frozen=True)
class Label:
    """What somebody sees on a portrait; empty where the hair is covered."""

    name: str
    cover: str
    kind: str
    length: str
    length_mm: float
    """Of the hair on top, by eye; `LONGEST_CROPPED_M` for all that is longer."""
    role: str
    """`fit`, `child`, or `held-out`."""


@dataclass(frozen=True)
class Read:
    """A label and what was read."""

    label: Label
    evidence: HairEvidence


class Reader:
    """Networks and head model, kept warm."""

    def __init__(self) -> None:
        self._backend: ReconstructionBackend = load_backend(CAMEO_HEAD_NAME)
        self._detector, self._parser = LandmarkDetector(), PortraitParser()

    def read(self, path: Path) -> HairEvidence:
        """Of one portrait. Raises a CameoError where the portrait does not allow it."""
        portrait = decode_portrait(path.read_bytes())
        landmarks = self._detector.detect(portrait)
        parsing = self._parser.parse(portrait, landmarks)
        fit = self._backend.reconstruct(portrait, landmarks).fit
        model = self._backend.head_model
        picture = hair_picture(portrait, parsing, fit.camera, model, model.neutral(fit.shape))
        return hair_evidence(picture)


def labels(path: Path = LABELS) -> list[Label]:
    """The table."""
    with path.open(newline="") as file:
        return [
            Label(
                row["name"], row["cover"], row["kind"], row["length"],
                float(row["length_mm"] or 0), row["role"],
            )
            for row in csv.DictReader(file)
        ]  # fmt: skip


def table(read: list[Read], of: Callable[[Read], tuple[str, str]]) -> str:
    """How often what was read for what was labelled."""
    counts = Counter(of(each) for each in read)
    lines = [f"  {label:9s} read as {found:9s} {n}" for (label, found), n in sorted(counts.items())]
    return "\n".join(lines)


def fitted(
    features: Float[np.ndarray, "N K"],
    log_mm: Float[np.ndarray, "N"],
    weight: Float[np.ndarray, "N"],
) -> tuple[Float[np.ndarray, "K"], Float[np.ndarray, "K"], Float[np.ndarray, "K1"]]:
    """Mean, scale, and weights with the bias last, of the ridge regression."""
    mean, scale = features.mean(axis=0), features.std(axis=0) + 1e-9
    columns = np.column_stack([(features - mean) / scale, np.ones(len(features))])
    weight = weight / weight.mean()
    penalty = RIDGE * len(features) * np.eye(columns.shape[1])
    penalty[-1, -1] = 0
    normal = columns.T @ (weight[:, None] * columns) + penalty
    return mean, scale, np.linalg.solve(normal, columns.T @ (weight * log_mm))


def left_out(
    features: Float[np.ndarray, "N K"],
    log_mm: Float[np.ndarray, "N"],
    weight: Float[np.ndarray, "N"],
) -> Float[np.ndarray, "N"]:
    """Each one's length from a fit to all others."""
    found = np.zeros(len(log_mm))
    for i in range(len(log_mm)):
        rest = np.arange(len(log_mm)) != i
        mean, scale, weights = fitted(features[rest], log_mm[rest], weight[rest])
        found[i] = (features[i] - mean) / scale @ weights[:-1] + weights[-1]
    return found


def fit(read: list[Read]) -> None:
    """Print the constants."""
    used = [
        each for each in read
        if each.label.role != "held-out" and each.label.cover not in ("covered", "wreath")
        and may_be_cropped(each.evidence.measures)
    ]  # fmt: skip
    features = np.stack([length_features(each.evidence.measures) for each in used])
    log_mm = np.array([math.log(each.label.length_mm) for each in used])
    weight = np.where(log_mm < math.log(SHORT_MM), SHORT_WEIGHT, 1.0)
    weight[[each.label.role == "child" for each in used]] = CHILD_WEIGHT
    mean, scale, weights = fitted(features, log_mm, weight)
    for name, value in (("MEAN", mean), ("SCALE", scale), ("WEIGHT", weights[:-1])):
        typer.echo(f"LENGTH_{name} = {[float(f'{each:.5g}') for each in value]}")
    typer.echo(f"LENGTH_BIAS = {weights[-1]:.5g}")
    off = left_out(features, log_mm, weight) - log_mm
    typer.echo(f"{len(used)} portraits; deviation of the logarithm, left out: {off.std():.2f}")


def main(
    portraits: Annotated[Path, typer.Option(help="Folder of the labelled portraits.")],
    refit: Annotated[bool, typer.Option("--fit", help="Print the regression's constants.")] = False,
) -> None:
    """Read all labelled portraits that are there."""
    paths = {path.stem: path for path in portraits.rglob("*.jpg")}
    reader = Reader()
    read = [Read(each, reader.read(paths[each.name])) for each in labels() if each.name in paths]
    typer.echo(f"{len(read)} portraits\ncover")
    typer.echo(table(read, lambda each: (each.label.cover, each.evidence.cover)))
    haired = [each for each in read if each.label.cover == "hair" and each.label.kind]
    typer.echo("kind")
    typer.echo(table(haired, lambda each: (each.label.kind, each.evidence.kind)))
    typer.echo("length")
    typer.echo(table(haired, lambda each: (each.label.length, each.evidence.length)))
    for each in read:
        if each.label.cover in HAIRY and each.evidence.cover in ("bald", "covered"):
            typer.echo(f"loses its hair: {each.label.name}")
        if each.label.cover == "hair" and each.evidence.cropped_length_m < LONGEST_CROPPED_M / 3:
            typer.echo(f"cropped: {each.label.name} {each.evidence.cropped_length_m * 1e3:.0f} mm")
    if refit:
        fit(read)


if __name__ == "__main__":
    typer.run(main)
