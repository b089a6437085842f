"""The styles that the network learns from, drawn from the generator and laid on the grid.

    python -m training.hair.net.grooms --count 1200 --out grooms.npz

A parameter set is drawn per groom; its seed is its number, so that more can be added later.
"""

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from jaxtyping import Bool, Float16, Int32

from reconstruction_backend.hair.hairstyle import StrandTexture
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.model_store import CAMEO_HEAD_NAME, head_model_path
from training.hair.net.strand_grid import StrandGrid, strand_grid
from training.hair.net.variation import Variant

_NUMBERS = tuple(each.name for each in fields(StrandTexture) if each.name != "bundle")


@dataclass(frozen=True)
class Grooms:
    """G styles on the grid of the mean head."""

    offsets_m: Float16[np.ndarray, "G R 100 3"]
    present: Bool[np.ndarray, "G R"]
    wisp: Int32[np.ndarray, "G R"]
    textures: tuple[StrandTexture, ...]
    tied: Bool[np.ndarray, "G"]
    """Whether the hair is bound together somewhere."""

    def __len__(self) -> int:
        return len(self.present)

    def variant(self, index: int) -> Variant:
        """One of them, as it was made."""
        offsets = self.offsets_m[index].astype(np.float32)
        grid = StrandGrid(offsets, self.present[index], self.wisp[index])
        return Variant(grid, self.textures[index])

    def first(self, count: int) -> "Grooms":
        """The first `count`."""
        return Grooms(
            self.offsets_m[:count], self.present[:count], self.wisp[:count],
            self.textures[:count], self.tied[:count],
        )  # fmt: skip

    @classmethod
    def of(cls, variants: list[Variant], tied: list[bool]) -> "Grooms":
        """Put them together."""
        return cls(
            np.stack([each.grid.offsets_m for each in variants]).astype(np.float16),
            np.stack([each.grid.present for each in variants]),
            np.stack([each.grid.wisp for each in variants]),
            tuple(each.texture for each in variants),
            np.array(tied),
        )

    def save(self, path: Path) -> None:
        """As npz."""
        numbers = [[float(asdict(each)[name]) for name in _NUMBERS] for each in self.textures]
        np.savez(
            path,
            offsets_m=self.offsets_m,
            present=self.present,
            wisp=self.wisp,
            texture=np.array(numbers),
            texture_names=np.array(_NUMBERS),
            bundle=np.array([each.bundle for each in self.textures]),
            tied=self.tied,
        )

    @classmethod
    def load(cls, path: Path) -> "Grooms":
        """What `save` wrote."""
        with np.load(path, allow_pickle=False) as arrays:
            names = arrays["texture_names"].tolist()
            textures = tuple(
                _texture(dict(zip(names, row, strict=True)), bundle)
                for row, bundle in zip(
                    arrays["texture"].tolist(), arrays["bundle"].tolist(), strict=True
                )
            )
            return cls(
                arrays["offsets_m"], arrays["present"], arrays["wisp"], textures, arrays["tied"]
            )


def _texture(numbers: dict[str, float], bundle: str) -> StrandTexture:
    whole = {**numbers, "strands": int(numbers["strands"]), "bundle": bundle}
    return StrandTexture(**whole)  # pyright: ignore[reportArgumentType]  # names come from the class


def draw(model: HeadModel, first: int, count: int) -> Grooms:
    """Random styles of the generator, laid on the grid."""
    from training.hair.groom.generate import generate
    from training.hair.groom.styles import random_style

    variants: list[Variant] = []
    tied: list[bool] = []
    for seed in range(first, first + count):
        parameters = random_style(np.random.default_rng(seed))
        style = generate(parameters, model)
        variants.append(Variant(strand_grid(style.guides, model), style.texture))
        tied.append(parameters.tie.kind != "none")
    return Grooms.of(variants, tied)


def main(
    out: Annotated[Path, typer.Option(help="The .npz file.")],
    count: Annotated[int, typer.Option(help="How many styles.")] = 1200,
    first: Annotated[int, typer.Option(help="Number of the first.")] = 0,
) -> None:
    """Draw styles."""
    draw(HeadModel.load(head_model_path(CAMEO_HEAD_NAME)), first, count).save(out)


if __name__ == "__main__":
    typer.run(main)
