"""Train the parsing network: soft cross-entropy and overlap, weights averaged over the steps.

    python -m training.parsing.train --pack DIR/pack.npz --out DIR --device cuda --minutes 6.6
    python -m training.parsing.train --pack DIR/pack.npz --out DIR2 --device cuda --minutes 1.2 \
        --start DIR/network.pt --learning-rate 8e-4

    python -m training.parsing.train --pack DIR/pack.npz --out DIR3 --steps 320 --batch 16 \
        --start DIR2/network.pt --learning-rate 3e-4 --hair-overlap 1 --calm-share 0.8

Writes network.pt (averaged weights, at every report) and log.txt. The second call goes on, with
skin and clothes told apart by the first network too. The third goes on with what hair is judged by,
the mean over pictures of its overlap, on pictures nearly as they are, those drawn most often that
the network gets wrong. On an H200 the first two are 5,000 and 600 steps of 96 pictures; a CPU takes
more than a day for as many, and half an hour for the third.
"""

import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import torch
import typer
from torch import Tensor
from torch.nn import functional

from training.parsing.augment import (
    Batch,
    Portraits,
    calm_batch,
    joined,
    plain_batch,
    random_batch,
)
from training.parsing.network import ParsingNetwork
from training.parsing.pack import load_pack

SELF_TAUGHT_SHARE = 0.65
AVERAGED_WHEN_GOING_ON = 150
"""Steps; a run that goes on from a network is short."""
HAIR = 2
HAIR_EXISTS = 0.008
"""Share of the square: with less hair there is no overlap to speak of."""
FEWEST_DRAWN, MOST_DRAWN, DRAWN_PER_MISS = 0.5, 3.0, 8.0
"""Bounds of how often a portrait is drawn, and how much more often per missing overlap."""


@dataclass(frozen=True)
class TrainingOptions:
    """How the network learns."""

    batch: int = 96
    size_px: int = 256
    learning_rate: float = 2.5e-3
    weight_decay: float = 0.02
    warm_up: float = 0.03
    """Share of the time in which the learning rate rises."""
    average_over: int = 400
    """Steps over which the weights are averaged at the end."""
    dice: float = 0.5
    hair_overlap: float = 0.0
    """Weight of hair's missing overlap (Jaccard), each picture counting alike."""
    calm_share: float = 0.0
    """Of a batch: pictures nearly as they are, the rest as nobody saw them yet."""
    steps: int | None = None
    minutes: float = 7.0
    """The budget, where no number of steps is given."""
    report_every: int = 250
    seed: int = 7
    frozen_statistics: bool = False
    """Keep the batch norms' means and variances, as one does in small batches."""


def colours(image: Tensor) -> Tensor:
    """0..1 to the network's -1..1."""
    return image * 2 - 1


def loss_of(logits: Tensor, batch: Batch, dice: float) -> Tensor:
    """Soft cross-entropy and one minus soft dice, where pixels count."""
    cross = -(batch.shares * logits.log_softmax(1)).sum(1, keepdim=True)
    total = (cross * batch.weight).sum() / batch.weight.sum().clamp_min(1)
    probability = logits.softmax(1) * batch.weight
    wanted = batch.shares * batch.weight
    common = (probability * wanted).sum((2, 3))
    both = (probability**2).sum((2, 3)) + (wanted**2).sum((2, 3))
    overlap = (2 * common + 50) / (both + 50)
    missed = ((1 - overlap) * batch.class_weight).sum() / batch.class_weight.sum()
    return total + dice * missed


def hair_missed(logits: Tensor, batch: Batch) -> Tensor:
    """One minus the Jaccard index of hair, the mean over the pictures that show some.

    Jaccard metric loss (Wang et al. 2023, arXiv:2302.05666): least at the soft labels themselves.
    """
    found = logits.softmax(1)[:, HAIR : HAIR + 1] * batch.weight
    wanted = batch.shares[:, HAIR : HAIR + 1] * batch.weight
    both, apart = (found + wanted).sum((1, 2, 3)), (found - wanted).abs().sum((1, 2, 3))
    shown = (wanted.mean((1, 2, 3)) > HAIR_EXISTS).float()
    missed = 2 * apart / (both + apart).clamp_min(1)
    return (missed * shown).sum() / shown.sum().clamp_min(1)


def overlap_of(shares: Tensor, wanted: Tensor, weight: Tensor) -> Tensor:
    """Intersection over union of two masks cut at one half, per picture; NaN where both empty."""
    first, second = (shares > 0.5) & (weight > 0.5), (wanted > 0.5) & (weight > 0.5)
    union = (first | second).sum((1, 2, 3)).float()
    return torch.where(union > 20, (first & second).sum((1, 2, 3)) / union, torch.nan)


def train(
    portraits: Portraits,
    validation: Portraits,
    options: TrainingOptions,
    say: Callable[[str], None],
    start: ParsingNetwork | None = None,
    keep: Callable[[ParsingNetwork], None] | None = None,
) -> ParsingNetwork:
    """The averaged network after the given steps or minutes, from `start` or from nothing.

    `say` is told the figures at every report, and `keep` is given the averaged network.
    """
    torch.manual_seed(options.seed)
    device = portraits.square.device
    network = (start or ParsingNetwork()).to(device)
    network = network.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]  # torch's stubs lack it for modules
    averaged = deepcopy(network).eval()
    network.train(not options.frozen_statistics)
    decayed = [each for each in network.parameters() if each.ndim > 1]
    plain = [each for each in network.parameters() if each.ndim <= 1]
    groups = [
        {"params": decayed, "weight_decay": options.weight_decay},
        {"params": plain, "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=options.learning_rate)
    began, step, done = time.perf_counter(), 0, 0.0
    while done < 1:
        _set_rate(optimizer, options, done)
        loss = _step(network, portraits, optimizer, options)
        _average(averaged, network, step, options.average_over)
        step += 1
        spent = (time.perf_counter() - began) / 60
        done = step / options.steps if options.steps else spent / options.minutes
        if step % options.report_every == 0 or done >= 1:
            figures = scores(averaged, validation, options.size_px)
            say(f"{step} {spent:.2f} min loss {loss:.4f} {figures}")
            if keep is not None:
                keep(averaged)
    return averaged


def _set_rate(optimizer: torch.optim.Optimizer, options: TrainingOptions, done: float) -> None:
    """Up linearly, down along a cosine."""
    cosine = 0.5 * (1 + torch.cos(torch.tensor(torch.pi * min(done, 1))).item())
    for group in optimizer.param_groups:
        group["lr"] = options.learning_rate * min(done / options.warm_up + 1e-3, cosine + 1e-3)


def _step(
    network: ParsingNetwork,
    portraits: Portraits,
    optimizer: torch.optim.Optimizer,
    options: TrainingOptions,
) -> float:
    device = portraits.square.device
    with torch.no_grad():
        batch = _batch(portraits, options)
    image = colours(batch.image).contiguous(memory_format=torch.channels_last)
    with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
        logits = network(image)
    loss = loss_of(logits.float(), batch, options.dice)
    if options.hair_overlap:
        loss = loss + options.hair_overlap * hair_missed(logits.float(), batch)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimizer.step()
    return loss.detach()  # pyright: ignore[reportReturnType]  # read only when it is reported


def _batch(portraits: Portraits, options: TrainingOptions) -> Batch:
    calm = round(options.calm_share * options.batch)
    parts = [(calm_batch, calm), (random_batch, options.batch - calm)]
    return joined(*(make(portraits, count, options.size_px) for make, count in parts if count > 0))


@torch.no_grad()
def _average(averaged: ParsingNetwork, network: ParsingNetwork, step: int, over: int) -> None:
    decay = min(1 - 1 / over, (step + 1) / (step + 10))
    for mean, value in zip(
        averaged.state_dict().values(), network.state_dict().values(), strict=True
    ):
        if mean.is_floating_point():
            mean.lerp_(value, 1 - decay)
        else:
            mean.copy_(value)


@torch.no_grad()
def scores(network: ParsingNetwork, portraits: Portraits, size_px: int) -> dict[str, float]:
    """Mean overlaps with the teachers' labels, and of glasses drawn on portraits."""
    device = portraits.square.device
    batch = plain_batch(portraits, torch.arange(len(portraits), device=device), size_px)
    found = _probabilities(network, batch.image)
    hair = overlap_of(found[:, 2:3], batch.shares[:, 2:3], batch.weight)
    person = overlap_of(1 - found[:, :1], 1 - batch.shares[:, :1], batch.weight)
    skin = overlap_of(found[:, 1:2], batch.shares[:, 1:2], batch.weight)
    clothes = overlap_of(found[:, 3:4], batch.shares[:, 3:4], batch.weight)
    drawn = random_batch(portraits, 2 * len(portraits), size_px)
    worn = overlap_of(
        _probabilities(network, drawn.image)[:, 4:], drawn.shares[:, 4:], drawn.weight
    )
    values = (
        ("hair", hair),
        ("person", person),
        ("skin", skin),
        ("clothes", clothes),
        ("glasses", worn),
    )
    return {name: round(float(each.nanmean()), 4) for name, each in values}


def _probabilities(network: ParsingNetwork, image: Tensor, portion: int = 64) -> Tensor:
    parts = [network(colours(part)).softmax(1) for part in image.split(portion)]
    return torch.cat(parts)


@torch.no_grad()
def self_taught(portraits: Portraits, network: ParsingNetwork, size_px: int) -> Portraits:
    """The portraits with skin and clothes told apart by the network too (self-training).

    What a photo's own colours got wrong (a black jacket in a black shade) it has seen right in
    others. Hair and background stay the teachers'.
    """
    device = portraits.square.device
    full = portraits.square.shape[-1]
    parts: list[Tensor] = []
    for squares in portraits.square.split(64):
        image = functional.interpolate(
            squares.float() / 255, size=(size_px, size_px), mode="bilinear", antialias=True
        )
        found = _probabilities(network.to(device).eval(), image)
        skin = found[:, 1:2] / (found[:, 1:2] + found[:, 3:4] + 1e-4)
        parts.append(functional.interpolate(skin, size=(full, full), mode="bilinear"))
    mixed = torch.lerp(portraits.labels[:, 2:].float() / 255, torch.cat(parts), SELF_TAUGHT_SHARE)
    decided = mixed**2 / (mixed**2 + (1 - mixed) ** 2)
    labels = torch.cat([portraits.labels[:, :2], (decided * 255).round().byte()], dim=1)
    return replace(portraits, labels=labels)


@torch.no_grad()
def drawn_by_need(portraits: Portraits, network: ParsingNetwork, size_px: int) -> Portraits:
    """The portraits, drawn the more often the worse the network finds their hair."""
    index = torch.arange(len(portraits), device=portraits.square.device)
    overlaps: list[Tensor] = []
    for part in index.split(64):
        batch = plain_batch(portraits, part, size_px)
        found = _probabilities(network, batch.image)
        overlaps.append(
            overlap_of(found[:, HAIR : HAIR + 1], batch.shares[:, HAIR : HAIR + 1], batch.weight)
        )
    missed = 1 - torch.cat(overlaps).nan_to_num(1.0)
    return replace(portraits, chances=(DRAWN_PER_MISS * missed).clamp(FEWEST_DRAWN, MOST_DRAWN))


def _loaded(path: Path | None) -> ParsingNetwork | None:
    if path is None:
        return None
    network = ParsingNetwork()
    network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return network


def main(
    pack: Annotated[Path, typer.Option(help="pack.npz of training.parsing.pack.")],
    out: Annotated[Path, typer.Option(help="Where the weights and the log go.")],
    device: Annotated[str, typer.Option(help="cpu, or cuda.")] = "cpu",
    minutes: Annotated[float, typer.Option(help="Budget.")] = 7.0,
    steps: Annotated[int, typer.Option(help="Instead of the budget, where not 0.")] = 0,
    batch: Annotated[int, typer.Option(help="Pictures a step.")] = 96,
    report_every: Annotated[int, typer.Option(help="Steps between reports.")] = 250,
    start: Annotated[Path | None, typer.Option(help="A network.pt to go on from.")] = None,
    learning_rate: Annotated[float, typer.Option(help="At its highest.")] = 2.5e-3,
    hair_overlap: Annotated[float, typer.Option(help="Weight of hair's overlap.")] = 0.0,
    calm_share: Annotated[float, typer.Option(help="Of pictures nearly as they are.")] = 0.0,
) -> None:
    """Train and write the weights."""
    out.mkdir(parents=True, exist_ok=True)
    loaded = load_pack(pack)
    held = torch.as_tensor(loaded.validation)
    place = torch.device(device)
    learning = Portraits.of(loaded, torch.nonzero(~held)[:, 0], place)
    validation = Portraits.of(loaded, torch.nonzero(held)[:, 0], place)
    log = (out / "log.txt").open("w")

    def say(line: str) -> None:
        typer.echo(line)
        log.write(line + "\n")
        log.flush()

    options = TrainingOptions(
        batch=batch,
        learning_rate=learning_rate,
        average_over=AVERAGED_WHEN_GOING_ON if start else 400,
        minutes=minutes,
        steps=steps or None,
        report_every=report_every,
        hair_overlap=hair_overlap,
        calm_share=calm_share,
        frozen_statistics=start is not None,
    )
    first = _loaded(start)
    if first is not None:
        learning = self_taught(learning, first, options.size_px)
    if first is not None and hair_overlap > 0:
        learning = drawn_by_need(learning, first, options.size_px)

    def keep(network: ParsingNetwork) -> None:
        weights = {key: value.cpu() for key, value in network.state_dict().items()}
        torch.save(weights, out / "network.pt")

    train(learning, validation, options, say, first, keep)


if __name__ == "__main__":
    typer.run(main)
