"""Figures of the shipped network on held-out portraits, through the product's own parsing stage.

    python -m training.parsing.evaluate --portraits DIR --hair-teacher FILE.tflite \
        --labels DIR --names DIR/test.txt

Hair and people: intersection over union with each teacher alone, as it is, on the whole photo, at
the photo's resolution. Glasses: drawn onto the portraits without, and the wearers by the list.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from jaxtyping import Bool, UInt8

from reconstruction_backend.landmarks import LandmarkDetector
from reconstruction_backend.parsing.network import CAMEO_PARSING, INPUT_PX, ParsingNetwork
from reconstruction_backend.parsing.parse import PortraitParser
from reconstruction_backend.parsing.result import CLASSES
from reconstruction_backend.portrait import load_portrait
from training.parsing.augment import Portraits, plain_batch
from training.parsing.pack import wears
from training.parsing.teachers import HairTeacher, PersonTeacher
from training.parsing.worn import Scene, glasses

HAIR_EXISTS = 0.02
"""Share of the photo that the teacher calls hair: below, there is none to speak of."""
WORN_FROM = 0.004
"""Share of the square: so much glasses, and a picture counts as showing some."""
SEED = 11
GLASSES = CLASSES.index("glasses")


@dataclass(frozen=True)
class Overlap:
    """Two masks of one picture."""

    common: int
    union: int

    @classmethod
    def of(cls, found: Bool[np.ndarray, "H W"], wanted: Bool[np.ndarray, "H W"]) -> "Overlap":
        """Counted pixels."""
        return cls(int((found & wanted).sum()), int((found | wanted).sum()))

    @property
    def share(self) -> float:
        """Intersection over union; one where both are empty."""
        return self.common / self.union if self.union else 1.0


@dataclass(frozen=True)
class Figures:
    """Of one portrait."""

    name: str
    hair: Overlap
    hair_share: float
    """Of the photo, by the teacher."""
    person: Overlap
    teacher_mirrored: Overlap
    """The hair teacher against itself on the mirrored photo: how much it agrees with itself."""


def portrait_figures(
    names: list[str], portraits: Path, hair_teacher: Path, network: Path
) -> list[Figures]:
    """Every named portrait through the stage and through the teachers."""
    parser, detector = PortraitParser(network), LandmarkDetector()
    hair, person = HairTeacher(hair_teacher), PersonTeacher()
    figures: list[Figures] = []
    for name in names:
        folder, stem = name.split(".")
        portrait = load_portrait(portraits / folder / f"{stem}.jpg")
        parsing = parser.parse(portrait, detector.detect(portrait))
        wanted = hair.probability(portrait.image) > 0.5
        flipped = np.ascontiguousarray(portrait.image[:, ::-1])
        mirrored = hair.probability(flipped)[:, ::-1] > 0.5
        people = person.probability(portrait.image) > 0.5
        figures.append(
            Figures(
                name,
                Overlap.of(parsing.hair > 0.5, wanted),
                float(wanted.mean()),
                Overlap.of(parsing.person > 0.5, people),
                Overlap.of(mirrored, wanted),
            )
        )
    return figures


def summary(figures: list[Figures]) -> str:
    """The lines of the model card."""
    haired = [each for each in figures if each.hair_share >= HAIR_EXISTS]
    mean_hair = np.mean([each.hair.share for each in haired])
    median_hair = np.median([each.hair.share for each in haired])
    people = [each.person.share for each in figures]
    worst = sorted(haired, key=lambda each: each.hair.share)[:6]
    return "\n".join(
        [
            f"hair: mean {mean_hair:.3f}, median {median_hair:.3f} over {len(haired)} with hair; "
            f"pooled {_pooled([each.hair for each in figures]):.3f} over all {len(figures)}",
            f"the hair teacher against its mirror image: mean "
            f"{np.mean([each.teacher_mirrored.share for each in haired]):.3f}",
            f"person: mean {np.mean(people):.3f}, worst {min(people):.3f}; "
            f"pooled {_pooled([each.person for each in figures]):.3f}",
            "least hair overlap: " + ", ".join(f"{e.name} {e.hair.share:.2f}" for e in worst),
        ]
    )


def _pooled(overlaps: list[Overlap]) -> float:
    return sum(each.common for each in overlaps) / sum(each.union for each in overlaps)


def load_squares(names: list[str], labels: Path) -> Portraits:
    """The labelled squares of these names, on the CPU."""
    loaded = [dict(np.load(labels / f"{name}.npz", allow_pickle=False)) for name in names]
    worn, code = wears(), {"glasses": 1, "doubtful": 2}
    planes = [np.stack([each["person"], each["hair"], each["skin"]]) for each in loaded]
    return Portraits(
        torch.as_tensor(np.stack([each["square"].transpose(2, 0, 1) for each in loaded])),
        torch.as_tensor(np.stack(planes)),
        torch.as_tensor(np.stack([each["inside"][None] for each in loaded])),
        torch.as_tensor(np.stack([each["projection"] for each in loaded])),
        torch.as_tensor(np.stack([each["anchors_m"] for each in loaded])),
        torch.as_tensor([code.get(worn.get(name, ""), 0) for name in names]),
    )


def glasses_figures(portraits: Portraits, network: ParsingNetwork) -> str:
    """Precision and recall where glasses were drawn; how many real wearers are found."""
    torch.manual_seed(SEED)
    index = torch.arange(len(portraits))
    plain = plain_batch(portraits, index, INPUT_PX)
    bare = portraits.glasses == 0
    scale = INPUT_PX / portraits.square.shape[-1]
    resize = torch.tensor([[scale, 0, scale / 2 - 0.5], [0, scale, scale / 2 - 0.5], [0, 0, 1]])
    scene = Scene(plain.image, plain.shares, resize @ portraits.projection, portraits.anchors)
    drawn = glasses(scene, torch.ones(len(portraits), 1, 1, 1))
    found = _found(network, drawn.image[bare])
    wanted = (drawn.shares[bare, GLASSES] > 0.5).numpy()
    common = int((found & wanted).sum())
    seen = _worn(_found(network, plain.image))
    wearing = (portraits.glasses == 1).numpy()
    return (
        f"glasses drawn on {int(bare.sum())}: precision {common / found.sum():.3f}, recall "
        f"{common / wanted.sum():.3f}, found in {int(_worn(found).sum())}; real wearers found "
        f"{int(seen[wearing].sum())} of {int(wearing.sum())}; false alarms "
        f"{int(seen[bare.numpy()].sum())} of {int(bare.sum())}"
    )


def _found(network: ParsingNetwork, images: torch.Tensor) -> Bool[np.ndarray, "N S S"]:
    squares: UInt8[np.ndarray, "N S S 3"] = (
        (images * 255).round().byte().permute(0, 2, 3, 1).contiguous().numpy()
    )
    return np.stack([network.probabilities(each)[GLASSES] > 0.5 for each in squares])


def _worn(masks: Bool[np.ndarray, "N S S"]) -> Bool[np.ndarray, "N"]:
    return masks.mean(axis=(1, 2)) > WORN_FROM


def main(
    portraits: Annotated[Path, typer.Option(help="Folder of the sets' folders.")],
    hair_teacher: Annotated[Path, typer.Option(help="hair_segmentation.tflite.")],
    labels: Annotated[Path, typer.Option(help="What training.parsing.labels wrote.")],
    names: Annotated[Path, typer.Option(help="test.txt of training.parsing.pack.")],
    network: Annotated[Path, typer.Option(help="The .onnx file.")] = CAMEO_PARSING,
) -> None:
    """Print the figures."""
    chosen = names.read_text().split()
    typer.echo(summary(portrait_figures(chosen, portraits, hair_teacher, network)))
    typer.echo(glasses_figures(load_squares(chosen, labels), ParsingNetwork(network)))


if __name__ == "__main__":
    typer.run(main)
