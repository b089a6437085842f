"""Train the network on renders made as it goes (a GPU with torch and cupy).

    python -m training.image_shape.train --pack pack.npz --out DIR --seconds 500

Every batch is new: random heads, skins, lights and cameras. What is left at the end is the moving
average of the weights.
"""

import argparse
import copy
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from training.image_shape.camera import photograph
from training.image_shape.heads import Moments, draw_moments, random_shapes
from training.image_shape.network import ShapeNetwork
from training.image_shape.packed import Pack
from training.image_shape.posing import pose
from training.image_shape.render import render

LARGEST_GRADIENT = 20.0
SHAPE_RIDGE = 0.01
"""Of the metric's mean, so that modes of the skull alone are learned too."""


@dataclass(frozen=True)
class Options:
    """Length and pace."""

    batch: int = 1024
    photographs: int = 2
    """Taken of every render, each through another camera: rendering costs most."""
    learning_rate: float = 3e-3
    weight_decay: float = 0.03
    warm_up: float = 0.03
    """Share of the time over which the learning rate rises."""
    averaging_steps: float = 300.0
    expression_weight: float = 4.0
    depth_weight: float = 1.0
    pool: int = 400_000
    report_steps: int = 200


@dataclass(frozen=True)
class Loss:
    """Surface error in mm², its predicted variance, expression and distance."""

    factor: torch.Tensor
    """(S, S): coefficient errors times this are independent millimetres."""
    options: Options

    @classmethod
    def of(cls, gram_mm2: np.ndarray, options: Options, device: torch.device) -> "Loss":
        """From the metric of the data's coefficients."""
        modes = len(gram_mm2)
        gram = gram_mm2 + SHAPE_RIDGE * np.trace(gram_mm2) / modes * np.eye(modes)
        values, vectors = np.linalg.eigh(gram)
        factor = vectors * np.sqrt(np.maximum(values, 0))
        return cls(torch.from_numpy(factor.astype(np.float32)).to(device), options)

    def __call__(
        self,
        answer: torch.Tensor,
        log_variance: torch.Tensor,
        shapes: torch.Tensor,
        moments: Moments,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The loss, and the surface's part of it per head, mm²."""
        modes = shapes.shape[1]
        squared = ((answer[:, :modes] - shapes) @ self.factor) ** 2
        surface = squared.sum(dim=1)
        expression = ((answer[:, modes:-1] - moments.expression) ** 2).sum(dim=1)
        depth = (answer[:, -1] - moments.translation_m[:, 2].log()) ** 2
        held = squared.detach().clamp(min=1e-6)
        spread = (held * torch.exp(-log_variance) + log_variance).mean(dim=1)
        total = (
            surface
            + self.options.expression_weight * expression
            + self.options.depth_weight * depth
            + 0.1 * spread
        )
        return total.mean(), surface.detach()


def rate_at(progress: float, options: Options) -> float:
    """Linear warm-up, then a cosine to zero."""
    if progress < options.warm_up:
        return options.learning_rate * progress / options.warm_up
    share = (progress - options.warm_up) / (1 - options.warm_up)
    return options.learning_rate * 0.5 * (1 + math.cos(math.pi * min(share, 1)))


@torch.no_grad()
def average_into(mean: nn.Module, model: nn.Module, share: float) -> None:
    """Move the averaged weights (and batch statistics) towards the model's."""
    for a, b in zip(mean.state_dict().values(), model.state_dict().values(), strict=True):
        if a.dtype.is_floating_point:
            a.lerp_(b, share)


def make_batch(pack: Pack, pool: Moments, count: int) -> tuple[torch.Tensor, torch.Tensor, Moments]:
    """Pictures (linear light), shapes and moments of new heads."""
    device = pack.device
    shapes = random_shapes(count, pack.shape_count, device)
    moments = pool.take(torch.randint(len(pool), (count,), device=device))
    portrait = torch.randint(len(pack.albedo), (count,), device=device)
    with torch.no_grad():
        linear = render(pack, pose(pack, shapes, moments), portrait)
    return linear, shapes, moments


def train(pack: Pack, loss: Loss, options: Options, seconds: float, workers: int) -> nn.Module:
    """Train for so long; the averaged network."""
    device = pack.device
    on_gpu = device.type == "cuda"
    start = time.monotonic()
    pool = draw_moments(options.pool, pack.expression_names, workers, device)
    print(f"pool of {len(pool)} moments: {time.monotonic() - start:.0f} s", flush=True)
    model = ShapeNetwork(pack.shape_count, len(pack.expression_names) + 1).to(device)
    model.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]  # torch's stubs
    mean = copy.deepcopy(model)
    decayed = [p for p in model.parameters() if p.dim() > 1]
    plain = [p for p in model.parameters() if p.dim() <= 1]
    optimizer = torch.optim.AdamW(
        [
            {"params": decayed, "weight_decay": options.weight_decay},
            {"params": plain, "weight_decay": 0.0},
        ],
        lr=options.learning_rate,
    )
    step, total, since, average, batches = 0, torch.zeros((), device=device), 0, 0.0, 0
    model.train()
    while (progress := (time.monotonic() - start) / seconds) < 1:
        for group in optimizer.param_groups:
            group["lr"] = rate_at(progress, options)
        linear, shapes, moments = make_batch(pack, pool, options.batch)
        average += float(((shapes @ loss.factor) ** 2).sum() / len(shapes)) if step < 16 else 0.0
        batches += step < 16
        for _ in range(options.photographs):
            with torch.no_grad():
                inputs = photograph(linear).float().to(memory_format=torch.channels_last)
            with torch.autocast(device.type, torch.bfloat16, enabled=on_gpu):
                answer, spread, _ = model(inputs)
            value, surface = loss(answer.float(), spread.float(), shapes, moments)
            optimizer.zero_grad(set_to_none=True)
            value.backward()
            nn.utils.clip_grad_norm_(model.parameters(), LARGEST_GRADIENT)
            optimizer.step()
            average_into(mean, model, max(1 / (step + 1), 1 / options.averaging_steps))
            step, since, total = step + 1, since + 1, total + surface.mean()
        if step % options.report_steps == 0:
            ratio = (float(total) / since / (average / batches)) ** 0.5
            print(f"step {step}, {time.monotonic() - start:.0f} s: {ratio:.4f}", flush=True)
            since, total = 0, torch.zeros((), device=device)
    return mean.eval()


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pack", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=500)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--batch", type=int, default=Options.batch)
    parser.add_argument("--pool", type=int, default=Options.pool)
    parser.add_argument("--report", type=int, default=Options.report_steps)
    parser.add_argument("--device", default="cuda")
    arguments = parser.parse_args()
    torch.manual_seed(0)
    torch.backends.cuda.matmul.allow_tf32 = True
    torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = True
    device = torch.device(arguments.device)
    options = Options(batch=arguments.batch, pool=arguments.pool, report_steps=arguments.report)
    pack = Pack.load(arguments.pack, device)
    with np.load(arguments.pack, allow_pickle=False) as archive:
        loss = Loss.of(archive["shape_gram_mm2"], options, device)
    model = train(pack, loss, options, arguments.seconds, arguments.workers)
    arguments.out.mkdir(parents=True, exist_ok=True)
    weights = {key: value.cpu().numpy() for key, value in model.state_dict().items()}
    np.savez(arguments.out / "shape_network.npz", **weights)


if __name__ == "__main__":
    main()
