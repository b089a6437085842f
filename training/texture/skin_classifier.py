"""Teach the small judge of bare skin what the hair teacher and the person mask say together.

    python -m training.texture.skin_classifier --unwrapped DIR --out FILE.npz

A texel is bare skin where the teacher sees no hair, the segmentation sees a person and, outside
the face, the colour is near the person's own tone (there clothes begin, and no teacher knows them).
Photos are mirrored too. Every `HELD_OUT`-th photo is kept aside, and scored at the end.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from jaxtyping import Float32
from sklearn.neural_network import MLPClassifier

from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.model_store import CAMEO_HEAD
from reconstruction_backend.texture.atlas import atlas_of
from reconstruction_backend.texture.masks import position_features, skin_tone, zones_of
from reconstruction_backend.texture.skin import evidence_of
from reconstruction_backend.texture.skin_net import SIZE, SkinNet, texel_features
from training.texture.unwrap import Unwrapped, load_unwrapped

HIDDEN = (32, 24)
SAMPLES_PER_PHOTO = 1500
HELD_OUT = 10
HAIR_ABOVE, BARE_BELOW = 0.5, 0.2
TONE_LIMIT = np.array([0.45, 0.22])
"""Outside the face: largest deviation in log luminance and log chroma of what counts as skin."""
SEED = 20231101
"""Of sampling and of the training's start."""


def labels_of(
    photo: Unwrapped,
    features: Float32[np.ndarray, "S S K"],
    oval_depth_m: Float32[np.ndarray, "S S"],
) -> Float32[np.ndarray, "S S"]:
    """1 bare skin, 0 something else, NaN where nobody can tell."""
    label = np.full(photo.hair.shape, np.nan, np.float32)
    label[photo.hair < BARE_BELOW] = 1
    deviation = np.abs(features[:, :, 0]), np.linalg.norm(features[:, :, 1:3], axis=2)
    odd = (deviation[0] > TONE_LIMIT[0]) | (deviation[1] > TONE_LIMIT[1])
    label[(oval_depth_m < 0) & odd] = 0
    label[(photo.hair > HAIR_ABOVE) | (photo.person < 0.5)] = 0
    label[photo.facing < 0.12] = np.nan
    return label


def main(
    unwrapped: Annotated[Path, typer.Option(help="What training.texture.unwrap wrote.")],
    out: Annotated[Path, typer.Option(help="The .npz to write.")],
) -> None:
    """Train, score on the held-out photos, write the weights."""
    atlas = atlas_of(HeadModel.load(CAMEO_HEAD), SIZE)
    zones, position = zones_of(atlas), position_features(atlas)
    rng = np.random.default_rng(SEED)
    rows: dict[bool, list[np.ndarray]] = {False: [], True: []}
    for index, path in enumerate(sorted(unwrapped.glob("*.npz"))):
        photo = load_unwrapped(path)
        tone = skin_tone(np.exp(photo.log_albedo[zones.seeds]), photo.confidence[zones.seeds])
        evidence = evidence_of(photo.log_albedo, photo.confidence, photo.person, photo.facing, tone)
        features = texel_features(evidence, position, atlas)
        label = labels_of(photo, features, zones.oval_depth_m)
        usable = np.flatnonzero(np.isfinite(label) & (photo.confidence > 0.02))
        chosen = _balanced(rng, usable, label.reshape(-1))
        table = np.column_stack([features.reshape(-1, features.shape[2]), label.reshape(-1)])
        rows[index % HELD_OUT == 0].append(table[chosen])
    train, test = np.concatenate(rows[False]), np.concatenate(rows[True])
    net = _fit(train[:, :-1], train[:, -1])
    _report(net, test)
    _save(net, out)


def _balanced(
    rng: np.random.Generator, usable: np.ndarray, label: Float32[np.ndarray, "N"]
) -> np.ndarray:
    """As many texels of either kind as there are, at most half of `SAMPLES_PER_PHOTO` each."""
    chosen = [usable[label[usable] == kind] for kind in (0, 1)]
    most = SAMPLES_PER_PHOTO // 2
    return np.concatenate([rng.permutation(kind)[:most] for kind in chosen])


def _fit(features: Float32[np.ndarray, "N K"], label: Float32[np.ndarray, "N"]) -> SkinNet:
    mean, deviation = features.mean(axis=0), features.std(axis=0) + 1e-3
    network = MLPClassifier(
        HIDDEN, alpha=1e-4, batch_size=1024, max_iter=25, early_stopping=True, random_state=SEED
    )
    network.fit((features - mean) / deviation, label.astype(int))
    return SkinNet(
        tuple(weight.astype(np.float32) for weight in network.coefs_),
        tuple(bias.astype(np.float32) for bias in network.intercepts_),
        mean.astype(np.float32),
        deviation.astype(np.float32),
    )


def _report(net: SkinNet, test: Float32[np.ndarray, "N K"]) -> None:
    probability = net.probability(test[:, :-1].astype(np.float32))
    bare = test[:, -1] > 0.5
    typer.echo(
        f"held out: {len(test)} texels; kept {np.mean(probability[bare] > 0.5):.3f} of the skin, "
        f"let {np.mean(probability[~bare] > 0.5):.3f} of the rest through"
    )


def _save(net: SkinNet, path: Path) -> None:
    arrays = {f"skin_net_weight_{i}": weight for i, weight in enumerate(net.weights)}
    arrays |= {f"skin_net_bias_{i}": bias for i, bias in enumerate(net.biases)}
    np.savez(
        path,
        skin_net_layers=np.array(len(net.weights)),
        skin_net_mean=net.mean,
        skin_net_deviation=net.deviation,
        **arrays,
    )


if __name__ == "__main__":
    typer.run(main)
