"""Train the hair network on packed views; weights are averaged over the steps.

    python -m training.hair.net.train --pack DIR --out OUT --minutes 40

The pack may still be filling. Writes network.pt (averaged weights) and log.txt. One core with
bfloat16 takes about 13 ms a view, so that 40 minutes see 30,000 views six times.
"""

import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from jaxtyping import Int
from torch import Tensor

from reconstruction_backend.hair.photo.head_view import VIEW_PX
from reconstruction_backend.hair.scalp import GRID, scalp_of
from reconstruction_backend.hair.skin_distance import SkinDistance
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.model_store import CAMEO_HEAD_NAME, head_model_path
from training.hair.net.basis import StrandBasis
from training.hair.net.corruption import Corruption, DrawnViews, corrupted_planes
from training.hair.net.heads import Head
from training.hair.net.losses import LossWeights, SkinField, Strands, loss_of
from training.hair.net.network import HairNetwork, Widths
from training.hair.net.pack import DOUBLED_UNIT, POINTS_SEEN, POSITION_UNIT_M, SHARE_UNIT, Pack
from training.hair.net.variation import mirrored_roots

MIRRORED_SHARE = 0.5


@dataclass(frozen=True)
class TrainingOptions:
    """How the network learns."""

    batch: int = 48
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    warm_up: float = 0.03
    """Share of the time in which the learning rate rises."""
    average_over: int = 300
    """Steps over which the weights are averaged at the end."""
    steps: int | None = None
    minutes: float = 40.0
    """The budget, where no number of steps is given."""
    report_every: int = 100
    seed: int = 7
    weights: LossWeights = field(default_factory=LossWeights)
    corruption: Corruption = field(default_factory=Corruption)
    widths: Widths = field(default_factory=Widths)


@dataclass(frozen=True)
class Scalp:
    """What is fixed: where strands begin on the mean head, its skin, and what codes mean."""

    roots_m: Tensor
    """(R, 3)."""
    cells: Tensor
    """(R,): each root's place in the flat 32 x 32 grid."""
    skin: SkinField
    mirror: Tensor
    """(R,): the root on the other side."""
    mean_m: Tensor
    """(Q, 3): of the basis, at the points where errors count."""
    components: Tensor
    """(K, Q * 3): times their scale."""

    @classmethod
    def of(cls, head: Head, basis: StrandBasis) -> "Scalp":
        """Of the mean head."""
        valid = scalp_of(head.model).grid()[1]
        scaled = basis.components[:, POINTS_SEEN] * basis.scale_m[:, None, None]
        return cls(
            torch.as_tensor(head.roots_m),
            torch.as_tensor(np.flatnonzero(valid)),
            skin_field(head.skin),
            torch.as_tensor(mirrored_roots(valid)),
            torch.as_tensor(basis.mean_m[POINTS_SEEN]),
            torch.as_tensor(scaled.reshape(len(scaled), -1)),
        )

    def offsets(self, code: Tensor) -> Tensor:
        """(B, R, K) codes to (B, R, Q, 3), metres from the root."""
        return self.mean_m + (code @ self.components).unflatten(-1, (-1, 3))

    def strands(self, found: tuple[Tensor, Tensor]) -> Strands:
        """What the network gave, at the roots."""
        code = found[0].flatten(2)[:, :, self.cells].transpose(1, 2)
        return Strands(self.offsets(code), found[1].view(-1, GRID * GRID)[:, self.cells])


def skin_field(skin: SkinDistance) -> SkinField:
    """As tensors."""
    cells = torch.tensor(skin.field_m.shape) - 1
    return SkinField(
        torch.as_tensor(np.ascontiguousarray(skin.field_m.transpose(2, 1, 0)))[None, None],
        torch.as_tensor(skin.origin_m),
        cells * skin.cell_m,
    )


@dataclass(frozen=True)
class Batch:
    """Views and what they show."""

    views: DrawnViews
    true: Strands
    seen: Tensor
    """(B, R, Q)."""


def batch_of(pack: Pack, numbers: Int[np.ndarray, "B"], scalp: Scalp) -> Batch:
    """Read views from the pack; ascending numbers are read fastest."""

    def floats(stored: np.ndarray, unit: float) -> Tensor:
        return torch.as_tensor(stored[numbers].astype(np.float32) * np.float32(unit))

    variant = pack.variant[numbers]
    views = DrawnViews(
        floats(pack.doubled, 1 / DOUBLED_UNIT),
        floats(pack.mask, 1 / SHARE_UNIT),
        floats(pack.position, POSITION_UNIT_M),
    )
    code = torch.as_tensor(pack.code[variant].astype(np.float32))
    present = torch.as_tensor(pack.present[variant].astype(np.float32))
    return Batch(views, Strands(scalp.offsets(code), present), floats(pack.seen, 1))


def mirrored(batch: Batch, which: Tensor, scalp: Scalp) -> Batch:
    """The batch with some of its heads mirrored: those where `which` (B,) is true."""
    flip = torch.tensor([-1.0, 1.0, 1.0])
    views, true = batch.views, batch.true
    turned = (
        views.doubled.flip(3) * torch.tensor([1.0, -1.0]).view(2, 1, 1),
        views.mask.flip(3),
        views.position_m.flip(3) * flip.view(3, 1, 1),
        true.offsets_m[:, scalp.mirror] * flip,
        true.presence[:, scalp.mirror],
        batch.seen[:, scalp.mirror],
    )
    straight = (
        views.doubled, views.mask, views.position_m, true.offsets_m, true.presence, batch.seen,
    )  # fmt: skip
    mixed = [
        torch.where(which.view(-1, *[1] * (first.ndim - 1)), first, second)
        for first, second in zip(turned, straight, strict=True)
    ]
    return Batch(DrawnViews(*mixed[:3]), Strands(*mixed[3:5]), mixed[5])


def train(
    pack: Pack,
    head: Head,
    options: TrainingOptions,
    say: Callable[[str], None],
    start: dict[str, Tensor] | None = None,
) -> HairNetwork:
    """The averaged network after the given steps or minutes, from the weights `start` or from
    random ones. `head` is the mean head."""
    torch.manual_seed(options.seed)
    rng = np.random.default_rng(options.seed)
    generator = torch.Generator().manual_seed(options.seed)
    scalp = Scalp.of(head, pack.basis)
    network = HairNetwork(VIEW_PX, len(pack.basis.scale_m), options.widths)
    if start is not None:
        network.load_state_dict(start)
    averaged = deepcopy(network).eval()
    optimizer = torch.optim.AdamW(
        network.parameters(), options.learning_rate, weight_decay=options.weight_decay
    )
    began, step, done = time.perf_counter(), 0, 0.0
    while done < 1:
        _set_rate(optimizer, options, done)
        filled = pack.filled
        numbers = np.sort(rng.choice(filled, min(options.batch, filled), replace=False))
        which = torch.rand(len(numbers), generator=generator) < MIRRORED_SHARE
        batch = mirrored(batch_of(pack, numbers, scalp), which, scalp)
        planes = corrupted_planes(batch.views, options.corruption, generator)
        with torch.autocast("cpu", torch.bfloat16):
            code, logit = network(planes)
        found = scalp.strands((code.float(), logit.float()))
        loss, terms = loss_of(
            found, batch.true, batch.seen, scalp.roots_m, scalp.skin, options.weights
        )
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        _average(averaged, network, step, options.average_over)
        step += 1
        spent = (time.perf_counter() - began) / 60
        done = step / options.steps if options.steps else spent / options.minutes
        if step % options.report_every == 0 or done >= 1:
            error = 1e3 * point_error(found, batch.true)
            parts = " ".join(f"{name} {value:.3f}" for name, value in terms.items())
            say(f"{step} {spent:.2f} min loss {float(loss.detach()):.4f} {error:.1f} mm; {parts}")
    return averaged


@torch.no_grad()
def point_error(found: Strands, true: Strands) -> float:
    """Mean distance of corresponding points, metres, where hair grows."""
    off = (found.offsets_m - true.offsets_m).norm(dim=3).mean(dim=2)
    return float((off * true.presence).sum() / true.presence.sum().clamp_min(1))


def _set_rate(optimizer: torch.optim.Optimizer, options: TrainingOptions, done: float) -> None:
    """Up linearly, down along a cosine."""
    cosine = 0.5 * (1 + np.cos(np.pi * min(done, 1)))
    for group in optimizer.param_groups:
        group["lr"] = options.learning_rate * min(done / options.warm_up + 1e-3, cosine + 1e-3)


@torch.no_grad()
def _average(averaged: HairNetwork, network: HairNetwork, step: int, over: int) -> None:
    decay = min(1 - 1 / over, (step + 1) / (step + 10))
    for mean, value in zip(
        averaged.state_dict().values(), network.state_dict().values(), strict=True
    ):
        if mean.is_floating_point():
            mean.lerp_(value, 1 - decay)
        else:
            mean.copy_(value)


def main(
    pack: Annotated[Path, typer.Option(help="Folder of training.hair.net.pack.")],
    out: Annotated[Path, typer.Option(help="Where the weights and the log go.")],
    minutes: Annotated[float, typer.Option(help="How long to train.")] = 40.0,
    batch: Annotated[int, typer.Option(help="Views at a time.")] = 48,
    start: Annotated[Path | None, typer.Option(help="network.pt to go on from.")] = None,
) -> None:
    """Train the network on one thread."""
    torch.set_num_threads(1)
    out.mkdir(parents=True, exist_ok=True)
    model = HeadModel.load(head_model_path(CAMEO_HEAD_NAME))
    with (out / "log.txt").open("a") as log:

        def say(line: str) -> None:
            log.write(line + "\n")
            log.flush()

        options = TrainingOptions(minutes=minutes, batch=batch)
        mean = Head.of(model, model.template_m)
        weights = torch.load(start, weights_only=True) if start else None
        network = train(Pack.open(pack), mean, options, say, weights)
    torch.save(network.state_dict(), out / "network.pt")


if __name__ == "__main__":
    typer.run(main)
