"""Training views: varied styles on random heads before random cameras, drawn and stored.

    python -m training.hair.net.pack --grooms grooms.npz --out DIR --variants 7500 --views 4

Strands lie in the mean head's frame, whoever wears them. DIR holds one .npy file per array of
`Pack`, which is read through memory maps, and the basis. Called again with the same DIR and
numbers, it goes on where it stopped.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import typer
from jaxtyping import Bool, Float16, Float32, Int, Int8, Int32, UInt8
from numpy.lib.format import open_memmap
from tqdm import tqdm

from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.hair.grow import PlainColour, grow
from reconstruction_backend.hair.hairstyle import HairGuides, StrandTexture
from reconstruction_backend.hair.photo.head_view import VIEW_PX, HeadView, skin_positions
from reconstruction_backend.hair.photo.strand_drawing import (
    FINER,
    DrawnHair,
    draw_strands,
    visibility,
)
from reconstruction_backend.hair.scalp import scalp_of
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.model_store import CAMEO_HEAD_NAME, head_model_path
from training.hair.net.basis import StrandBasis
from training.hair.net.grooms import Grooms
from training.hair.net.heads import Head, random_camera, random_heads
from training.hair.net.strand_grid import STRAND_POINTS
from training.hair.net.variation import mirrored_roots, varied

DOUBLED_UNIT, POSITION_UNIT_M, SHARE_UNIT = 127, 0.002, 255
"""What a stored byte counts in."""
SEEN_POINTS = 16
"""Points of a strand of which it is known whether they are seen; errors count at them."""
HEADS = 40
BASIS_GROOMS = 600
DRAWN_STRANDS = 1800
GUIDE_STEP = 3
"""Every third of 100 points is handed on to be grown about."""
HELD_OUT_EVERY = 10
"""Grooms whose number is a multiple are for testing."""

POINTS_SEEN = np.linspace(0, STRAND_POINTS - 1, SEEN_POINTS).round().astype(np.int64)


@dataclass(frozen=True)
class Pack:
    """N views of V variants."""

    doubled: Int8[np.ndarray, "N 2 S S"]
    """In 127ths."""
    mask: UInt8[np.ndarray, "N 1 S S"]
    """In 255ths."""
    position: Int8[np.ndarray, "N 3 S S"]
    """In 2 mm; 0 beside the head."""
    seen: UInt8[np.ndarray, "N R 16"]
    """1 where the strand's point is seen."""
    variant: Int32[np.ndarray, "N"]
    code: Float16[np.ndarray, "V R K"]
    present: Bool[np.ndarray, "V R"]
    basis: StrandBasis

    def __len__(self) -> int:
        return len(self.variant)

    @property
    def filled(self) -> int:
        """How many views are drawn by now; they are drawn in order."""
        last = self.variant[::-1] > 0
        return len(self) - int(np.argmax(last)) if last.any() else 0

    @classmethod
    def open(cls, folder: Path, mode: Literal["r", "r+"] = "r") -> "Pack":
        """Read through memory maps; with "r+" to go on filling it."""
        arrays = {
            name: np.load(folder / f"{name}.npy", mmap_mode=mode)
            for name in ("doubled", "mask", "position", "seen", "variant", "code", "present")
        }
        return cls(**arrays, basis=StrandBasis.load(folder / "basis.npz"))

    @classmethod
    def create(
        cls, folder: Path, views: int, variants: int, roots: int, basis: StrandBasis
    ) -> "Pack":
        """Empty, to be filled."""
        folder.mkdir(parents=True, exist_ok=True)
        basis.save(folder / "basis.npz")
        size = VIEW_PX

        def array(name: str, kind: type, *shape: int) -> np.ndarray:
            return open_memmap(folder / f"{name}.npy", "w+", kind, shape)

        return cls(
            array("doubled", np.int8, views, 2, size, size),
            array("mask", np.uint8, views, 1, size, size),
            array("position", np.int8, views, 3, size, size),
            array("seen", np.uint8, views, roots, SEEN_POINTS),
            array("variant", np.int32, views),
            array("code", np.float16, variants, roots, len(basis.scale_m)),
            array("present", np.bool_, variants, roots),
            basis,
        )


def learn_basis(grooms: Grooms, numbers: Int32[np.ndarray, "M"], count: int) -> StrandBasis:
    """From `count` of the grooms, as they were made."""
    chosen = numbers[np.linspace(0, len(numbers) - 1, min(count, len(numbers))).astype(int)]
    offsets = grooms.offsets_m[chosen].astype(np.float32)
    return StrandBasis.learned(offsets[grooms.present[chosen]])


def dense_strands(
    head: Head, guides: HairGuides, texture: StrandTexture, seed: int
) -> Float32[np.ndarray, "N P 3"]:
    """What `hair.grow` makes of them."""
    grown = grow(
        head.model, head.vertices_m, guides, texture, PlainColour(),
        strands=DRAWN_STRANDS, seed=seed, skin=head.skin,
    )  # fmt: skip
    return grown.points_m


@dataclass(frozen=True)
class View:
    """One picture and what it shows."""

    hair: DrawnHair
    position_m: Float32[np.ndarray, "3 S S"]
    seen: Float32[np.ndarray, "R 16"]


def drawn_view(
    head: Head,
    dense_m: Float32[np.ndarray, "N P 3"],
    grid_m: Float32[np.ndarray, "R 100 3"],
    camera: PerspectiveCamera,
    off: Int[np.ndarray, "2"],
) -> View:
    """What `camera` sees. The skin's positions are wrong by `off` finer pixels (about 3 mm each):
    no fit is perfect."""
    fine = HeadView.of(camera, FINER * VIEW_PX)
    position, depth = skin_positions(fine, head.model, head.vertices_m)
    hair = draw_strands(dense_m, fine.camera, depth)
    moved = np.roll(position, tuple(off), axis=(1, 2))[:, ::FINER, ::FINER]
    return View(hair, moved, visibility(grid_m[:, POINTS_SEEN], fine.camera, hair.depth_m))


def fill(
    pack: Pack,
    grooms: Grooms,
    numbers: Int32[np.ndarray, "M"],
    heads: tuple[Head, ...],
    seed: tuple[int, ...],
) -> None:
    """Draw the views that are not drawn yet of all variants: each variant on one head, before
    several cameras. A variant's draws follow from `seed` and its number alone."""
    model = heads[0].model
    scalp = scalp_of(model)
    root_uv, valid = scalp.grid()
    mirror, mean = mirrored_roots(valid), Head.of(model, model.template_m)
    views = len(pack) // len(pack.present)
    for v in tqdm(range(pack.filled // views, len(pack.present))):
        rng = np.random.default_rng([*seed, v])
        own, other = rng.choice(numbers, 2)
        variant = varied(
            grooms.variant(own), grooms.variant(other), mirror, root_uv, mean.normals, rng
        )
        settled = mean.strands(variant.grid) - mean.roots_m[:, None]
        grid = replace(variant.grid, offsets_m=settled)
        pack.code[v] = pack.basis.code(settled)
        pack.present[v] = grid.present
        head = heads[rng.integers(len(heads))]
        strands = head.strands(grid)
        there = grid.present
        guides = HairGuides(root_uv[there], strands[there, ::GUIDE_STEP], grid.wisp[there])
        dense = dense_strands(head, guides, variant.texture, int(rng.integers(2**31)))
        for n in range(v * views, (v + 1) * views):
            off = rng.integers(-1, 2, 2)
            _store(pack, n, drawn_view(head, dense, strands, random_camera(rng), off))
            pack.variant[n] = v


def _store(pack: Pack, n: int, view: View) -> None:
    pack.doubled[n] = np.rint(view.hair.doubled * DOUBLED_UNIT)
    pack.mask[n, 0] = np.rint(view.hair.mask * SHARE_UNIT)
    pack.position[n] = np.rint(view.position_m / POSITION_UNIT_M).clip(-127, 127)
    pack.seen[n] = view.seen


def held_out(count: int, test: bool) -> Int32[np.ndarray, "M"]:
    """Numbers of the grooms for testing, or of all others."""
    numbers = np.arange(count, dtype=np.int32)
    return numbers[(numbers % HELD_OUT_EVERY == 0) == test]


def main(
    grooms: Annotated[Path, typer.Option(help="What training.hair.net.grooms wrote.")],
    out: Annotated[Path, typer.Option(help="Folder for the views.")],
    variants: Annotated[int, typer.Option(help="Varied styles.")] = 7500,
    views: Annotated[int, typer.Option(help="Pictures of each.")] = 4,
    test: Annotated[bool, typer.Option(help="Of the held-out styles, on other heads.")] = False,
    basis: Annotated[Path | None, typer.Option(help="basis.npz of another pack.")] = None,
    seed: Annotated[int, typer.Option(help="Of all that is random.")] = 0,
) -> None:
    """Draw the views."""
    drawn = Grooms.load(grooms)
    model = HeadModel.load(head_model_path(CAMEO_HEAD_NAME))
    numbers = held_out(len(drawn), test)
    heads = random_heads(model, HEADS, np.random.default_rng([seed, test]))
    if (out / "variant.npy").exists():
        pack = Pack.open(out, "r+")
    else:
        learned = StrandBasis.load(basis) if basis else learn_basis(drawn, numbers, BASIS_GROOMS)
        roots = drawn.present.shape[1]
        pack = Pack.create(out, variants * views, variants, roots, learned)
    fill(pack, drawn, numbers, heads, (seed, int(test)))


if __name__ == "__main__":
    typer.run(main)
