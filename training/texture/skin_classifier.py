"""Teach the small judge of bare skin what the hair teacher and the person mask say together.

    python -m training.texture.skin_classifier --unwrapped DIR --out FILE.npz

A texel is bare skin where the teacher sees no hair, the segmentation sees a person and, outside
the face, the colour is near the person's own tone (there clothes begin, and no teacher knows them).
Photos are mirrored at random, and hair is dyed at random, so that no colour of hair is trusted.
Every `HELD_OUT`-th photo is kept aside, and scored at the end.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import torch
import typer
from jaxtyping import Float32
from torch import Tensor, nn

from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.model_store import CAMEO_HEAD
from reconstruction_backend.texture.atlas import Atlas, atlas_of
from reconstruction_backend.texture.masks import position_features, skin_tone, zones_of
from reconstruction_backend.texture.skin import evidence_of
from reconstruction_backend.texture.skin_net import (
    LAYERS,
    SIZE,
    SkinNet,
    TexelEvidence,
    judge_channels,
    load_skin_net,
    reduce_evidence,
)
from training.texture.unwrap import UNWRAP_SIZE, load_unwrapped

HELD_OUT = 10
EPOCHS, BATCH, LEARNING_RATE = 12, 8, 4e-3
CHANNELS = 13
WIDTH = {"full": 16, "half": 24, "quarter": 32, "eighth": 32}
HAIR_ON_FACE = 6.0
"""Weight of what is rare and matters most: texels of the face that are no skin."""
FRINGE_SHARE = 0.04
"""Photos with more of the face covered than this are shown three times an epoch."""
DYED_SHARE, DYE = 0.5, 0.5
"""How many photos have their hair dyed, and how far: deviation in log colour."""
TONE_LIMIT = (0.45, 0.22)
"""Outside the face: largest deviation in log luminance and log chroma of what counts as skin."""
SEED = 20231101


@dataclass(frozen=True)
class Example:
    """One photo on the judge's atlas."""

    evidence: TexelEvidence
    target: Float32[np.ndarray, "S S"]
    """Probability of bare skin."""
    weight: Float32[np.ndarray, "S S"]
    """Zero where nobody can tell."""
    hair: Float32[np.ndarray, "S S"]


def load_example(path: Path, large: Atlas, small: Atlas) -> Example:
    """Turn an unwrapped photo into evidence and target."""
    photo = load_unwrapped(path)
    seeds = zones_of(large).seeds
    tone = skin_tone(np.exp(photo.log_albedo[seeds]), photo.confidence[seeds])
    evidence = evidence_of(photo.log_albedo, photo.confidence, photo.person, photo.facing, tone)
    reduced = reduce_evidence(evidence, SIZE)
    hair = cv2.resize(photo.hair, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    target = (1 - hair) * (reduced.person > 0.5)
    odd = np.abs(reduced.colour[:, :, 0]) > TONE_LIMIT[0]
    odd |= np.linalg.norm(reduced.colour[:, :, 1:], axis=2) > TONE_LIMIT[1]
    target[(zones_of(small).oval_depth_m < 0) & odd] = 0
    weight = ((reduced.confidence > 0) & (reduced.facing > 0.12)).astype(np.float32)
    weight[(zones_of(small).oval_depth_m > 0) & (target < 0.5)] *= HAIR_ON_FACE
    return Example(reduced, target.astype(np.float32), weight, hair)


class JudgeNetwork(nn.Module):
    """`SkinNet` in torch, layer by layer."""

    def __init__(self) -> None:
        super().__init__()
        full, half, quarter, eighth = WIDTH.values()
        ends = {
            "mix": (4 * CHANNELS, full), "full": (full, full),
            "half_a": (full, half), "half_b": (half, half),
            "quarter_a": (half, quarter), "quarter_b": (quarter, quarter),
            "eighth_a": (quarter, eighth), "eighth_b": (eighth, eighth),
            "up_quarter": (eighth + quarter, quarter), "up_half": (quarter + half, half),
            "up_full": (half + full, full), "out": (full, 4),
        }  # fmt: skip
        self.convolutions = {
            name: nn.Conv2d(*ends[name], kernel, padding=kernel // 2) for name, kernel in LAYERS
        }
        self.registered = nn.ModuleDict(self.convolutions)

    def forward(self, channels: Tensor) -> Tensor:
        """Logits (N, S, S) of channels (N, 13, S, S)."""

        def layer(name: str, image: Tensor) -> Tensor:
            return torch.relu(self.convolutions[name](image))

        def up(image: Tensor) -> Tensor:
            return nn.functional.interpolate(image, scale_factor=2, mode="nearest")

        halve = nn.functional.avg_pool2d
        full = layer("full", layer("mix", _space_to_depth(channels)))
        half = layer("half_b", layer("half_a", halve(full, 2)))
        quarter = layer("quarter_b", layer("quarter_a", halve(half, 2)))
        eighth = layer("eighth_b", layer("eighth_a", halve(quarter, 2)))
        image = layer("up_quarter", torch.cat([up(eighth), quarter], dim=1))
        image = layer("up_half", torch.cat([up(image), half], dim=1))
        image = layer("up_full", torch.cat([up(image), full], dim=1))
        return nn.functional.pixel_shuffle(self.convolutions["out"](image), 2)[:, 0]

    def export(self) -> SkinNet:
        """The same weights for numpy: taps in row-major order."""
        weights: dict[str, np.ndarray] = {}
        biases: dict[str, np.ndarray] = {}
        for name, convolution in self.convolutions.items():
            state = convolution.state_dict()
            kernel = state["weight"].numpy()
            weights[name] = kernel.transpose(2, 3, 1, 0).reshape(-1, *kernel.shape[1::-1])
            biases[name] = state["bias"].numpy()
        return SkinNet(weights, biases)


def _space_to_depth(image: Tensor) -> Tensor:
    """As `SkinNet` orders it: block row, block column, channel."""
    count, channels, height, width = image.shape
    blocks = image.reshape(count, channels, height // 2, 2, width // 2, 2)
    return blocks.permute(0, 3, 5, 1, 2, 4).reshape(count, -1, height // 2, width // 2)


def _augmented(
    example: Example, position: Float32[np.ndarray, "S S 6"], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    evidence = example.evidence
    colour = evidence.colour + rng.normal(0, 0.04, 3).astype(np.float32)
    if rng.random() < DYED_SHARE:
        dye = rng.normal(0, DYE, 3) * np.array([0.6, 1, 1])
        colour = colour + (example.hair[:, :, None] * dye).astype(np.float32)
    shaken = TexelEvidence(colour, evidence.confidence, evidence.person, evidence.facing)
    parts = judge_channels(shaken, position), example.target, example.weight
    if rng.random() < 0.5:
        return parts[0][:, ::-1], parts[1][:, ::-1], parts[2][:, ::-1]
    return parts


def train(examples: list[Example], position: Float32[np.ndarray, "S S 6"]) -> JudgeNetwork:
    """Adam on the weighted cross-entropy, the step size falling as a cosine."""
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    network = JudgeNetwork()
    optimizer = torch.optim.Adam(network.parameters(), LEARNING_RATE)
    covered = [np.mean(e.weight == HAIR_ON_FACE) for e in examples]
    shown = np.where(np.array(covered) > FRINGE_SHARE, 3, 1)
    steps = EPOCHS * (int(shown.sum()) // BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for epoch in range(EPOCHS):
        losses = []
        order = rng.permutation(np.repeat(np.arange(len(examples)), shown))
        for start in range(0, len(order) - BATCH + 1, BATCH):
            batch = [_augmented(examples[i], position, rng) for i in order[start : start + BATCH]]
            channels, target, weight = (
                torch.from_numpy(np.stack([np.ascontiguousarray(part) for part in column]))
                for column in zip(*batch, strict=True)
            )
            loss = nn.functional.binary_cross_entropy_with_logits(
                network(channels.permute(0, 3, 1, 2)), target, weight
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(float(loss.detach()))
        typer.echo(f"epoch {epoch}: {np.mean(losses):.4f}")
    return network


def score(net: SkinNet, examples: list[Example], position: Float32[np.ndarray, "S S 6"]) -> str:
    """Shares of the held-out photos' texels that are judged rightly."""
    kept, through = [], []
    for example in examples:
        probability = net.probability(judge_channels(example.evidence, position))
        told = example.weight > 0
        kept.append((probability > 0.5)[told & (example.target > 0.8)])
        through.append((probability > 0.5)[told & (example.target < 0.5)])
    return (
        f"{len(examples)} held-out photos: {np.concatenate(kept).mean():.3f} of the skin kept, "
        f"{np.concatenate(through).mean():.3f} of the rest let through"
    )


def main(
    unwrapped: Annotated[Path, typer.Option(help="What training.texture.unwrap wrote.")],
    out: Annotated[Path, typer.Option(help="The .npz to write.")],
) -> None:
    """Train, write the weights, score them as the product will read them."""
    model = HeadModel.load(CAMEO_HEAD)
    large, small = atlas_of(model, UNWRAP_SIZE), atlas_of(model, SIZE)
    examples = [load_example(path, large, small) for path in sorted(unwrapped.glob("*.npz"))]
    position = position_features(small)
    network = train([e for i, e in enumerate(examples) if i % HELD_OUT], position)
    net = network.export()
    arrays = {f"skin_{name}_weight": net.weights[name].astype(np.float16) for name, _ in LAYERS}
    arrays |= {f"skin_{name}_bias": net.biases[name] for name, _ in LAYERS}
    np.savez_compressed(out, **arrays)
    typer.echo(score(load_skin_net(out), examples[::HELD_OUT], position))


if __name__ == "__main__":
    typer.run(main)
