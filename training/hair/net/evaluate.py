"""Errors of the exported hair network on held-out synthetic heads.

    python -m training.hair.net.evaluate --pack TEST --network models/hair_net.onnx

`TEST` is a pack of styles and heads that were not trained on (`training.hair.net.pack --test`).
Prints two lines: of the drawings as they are, and of the same drawings made as bad as photos.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from jaxtyping import Float, Float32

from reconstruction_backend.hair.photo.head_view import POSITION_UNIT_M, HairView
from reconstruction_backend.hair.photo.network import PRESENT_FROM, HairNetwork
from reconstruction_backend.hair.scalp import scalp_of
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.model_store import CAMEO_HEAD_NAME, head_model_path
from training.hair.net.corruption import Corruption, clean_planes, corrupted_planes
from training.hair.net.heads import Head
from training.hair.net.pack import POINTS_SEEN, Pack
from training.hair.net.train import Scalp, batch_of

SEED = 11


@dataclass(frozen=True)
class Errors:
    """Means over views."""

    point_mm: float
    """Between corresponding points, where hair grows."""
    seen_point_mm: float
    """The same, of points that the view shows."""
    direction_deg: float
    """Median angle in space between corresponding segments."""
    seen_direction_deg: float
    presence: float
    """Share of roots of which it is told rightly whether they have hair."""
    mean_strand_mm: float
    """What `point_mm` would be, were each strand the mean one: the floor."""


def errors_of(
    found_m: Float32[np.ndarray, "R Q 3"],
    true_m: Float32[np.ndarray, "R Q 3"],
    there: Float32[np.ndarray, "R"],
    seen: Float32[np.ndarray, "R Q"],
) -> tuple[float, float, float, float]:
    """Point and direction errors of one view; those of what is seen are NaN where nothing is."""
    off = 1e3 * np.linalg.norm(found_m - true_m, axis=2)
    angle = _angle_deg(np.diff(found_m, axis=1), np.diff(true_m, axis=1))
    hair = np.broadcast_to(there[:, None] > 0, off.shape)
    shown = hair & (seen > 0)
    return (
        float(off[hair].mean()),
        float(off[shown].mean()) if shown.any() else float("nan"),
        float(np.median(angle[hair[:, 1:]])),
        float(np.median(angle[shown[:, 1:]])) if shown[:, 1:].any() else float("nan"),
    )


def _angle_deg(
    first: Float32[np.ndarray, "R P 3"], second: Float32[np.ndarray, "R P 3"]
) -> Float[np.ndarray, "R P"]:
    product = (first * second).sum(axis=2)
    size = np.linalg.norm(first, axis=2) * np.linalg.norm(second, axis=2)
    return np.degrees(np.arccos((product / np.maximum(size, 1e-12)).clip(-1, 1)))


def evaluate(network: HairNetwork, pack: Pack, head: Head, corruption: Corruption | None) -> Errors:
    """Over all views of a pack; `head` is the mean head."""
    scalp, generator = Scalp.of(head, pack.basis), torch.Generator().manual_seed(SEED)
    valid = scalp_of(head.model).grid()[1]
    rows: list[tuple[float, ...]] = []
    for n in range(pack.filled):
        batch = batch_of(pack, np.array([n]), scalp)
        if not batch.true.presence.any():
            continue
        planes = (
            corrupted_planes(batch.views, corruption, generator)
            if corruption
            else clean_planes(batch.views)
        )[0].numpy()
        view = HairView(planes[:2], planes[2], planes[3])
        made = network.hair(view, planes[4:] * np.float32(POSITION_UNIT_M))
        found = made.offsets_m[valid][:, POINTS_SEEN]
        true, there = batch.true.offsets_m[0].numpy(), batch.true.presence[0].numpy()
        mean = np.linalg.norm(true[there > 0] - scalp.mean_m.numpy(), axis=2).mean()
        right = ((made.presence[valid] > PRESENT_FROM) == (there > 0)).mean()
        rows.append((*errors_of(found, true, there, batch.seen[0].numpy()), right, 1e3 * mean))
    return Errors(*(float(each) for each in np.nanmean(rows, axis=0)))


def main(
    pack: Annotated[Path, typer.Option(help="Pack of held-out styles and heads.")],
    network: Annotated[Path, typer.Option(help="The .onnx file.")],
) -> None:
    """Print the errors."""
    model = HeadModel.load(head_model_path(CAMEO_HEAD_NAME))
    head, opened, loaded = Head.of(model, model.template_m), Pack.open(pack), HairNetwork(network)
    for name, corruption in (("as drawn", None), ("corrupted", Corruption(clean=0.0))):
        typer.echo(f"{name}: {evaluate(loaded, opened, head, corruption)}")


if __name__ == "__main__":
    typer.run(main)
