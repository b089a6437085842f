"""Learn what skin looks like all over the head: a mean and a few directions of variation.

    python -m training.texture.albedo_prior --unwrapped DIR --judge FILE.npz --out FILE.npz

Every unwrapped portrait gives a log albedo, less its own mean tone, where its skin is bare; the
rest is missing. Photos are mirrored too, so the result is symmetric. The mean is a robust weighted
one; the directions come from alternating least squares with missing data, each fit shrunk towards
the mean (probabilistic PCA, Tipping and Bishop 1999, in Roweis' EM form). Where hardly anybody
shows skin (the back of the head) both run out smoothly to zero: the person's own tone.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from jaxtyping import Float, Float32

from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.model_store import CAMEO_HEAD
from reconstruction_backend.texture.atlas import SKIN_PART, Atlas, atlas_of
from reconstruction_backend.texture.lookup import look_up
from reconstruction_backend.texture.masks import log_luminance_chroma, skin_tone, zones_of
from training.texture.unwrap import UNWRAP_SIZE, Unwrapped, load_unwrapped

PRIOR_SIZE = 256
COMPONENTS = 8
ITERATIONS = 12
MARGIN = 5
"""Width in texels by which bare skin is eroded: borders hold hair's shadow."""
SEED = 20231101
TEXEL_SHRINK = 1.5
"""Ridge on a texel's directions, in photos."""
SHRINK = 40.0
"""Ridge on a photo's coefficients, in texels: nothing is fitted to a handful of them."""
BARE_BELOW = 0.1
"""Of the teacher's probability of hair."""
TONE_LIMIT = (0.45, 0.22)
"""Outside the face: largest deviation in log luminance and log chroma of what counts as skin."""
BROAD_TEXELS = 22.0
"""What varies more slowly than this is light that was not divided out rather than albedo."""
OUTLIER = 0.35
"""Log deviation at which a texel loses half of its weight in the mean."""
LEAST_PHOTOS = 4.0
"""Texels that fewer photos show are pulled to their neighbours, and to zero far from any."""
QUANTUM = 0.005
"""Log step of the stored bytes: half a per cent."""


@dataclass(frozen=True)
class Samples:
    """N portraits on the prior's atlas: K skin texels, three channels each."""

    log_albedo: Float32[np.ndarray, "N K 3"]
    """Less the person's own tone."""
    weight: Float32[np.ndarray, "N K"]


def bare_albedo(
    photo: Unwrapped, atlas: Atlas
) -> tuple[Float32[np.ndarray, "P P 3"], Float32[np.ndarray, "P P"]]:
    """One portrait's log albedo less its tone, symmetrised, and how surely it is bare skin."""
    zones = zones_of(atlas)
    tone = skin_tone(np.exp(photo.log_albedo[zones.seeds]), photo.confidence[zones.seeds])
    luminance, chroma = log_luminance_chroma(np.exp(photo.log_albedo))
    like_skin = (photo.hair < BARE_BELOW) & (photo.person > 0.5)
    odd = np.abs(luminance - tone.luminance) > TONE_LIMIT[0]
    odd |= np.linalg.norm(chroma - tone.chroma, axis=2) > TONE_LIMIT[1]
    like_skin &= (zones.oval_depth_m > 0) | ~odd
    weight = (
        cv2.erode(like_skin.astype(np.uint8), np.ones((MARGIN, MARGIN), np.uint8))
        * photo.confidence
    )
    seed_weight = weight[zones.seeds][:, None] + 1e-6
    mean = (photo.log_albedo[zones.seeds] * seed_weight).sum(axis=0) / seed_weight.sum()
    weighted = (photo.log_albedo - mean) * weight[:, :, None]
    mirrored = look_up(np.dstack([weighted, weight]), atlas.mirror_texel)
    total = np.dstack([weighted, weight]) + mirrored
    small = cv2.resize(total, (PRIOR_SIZE, PRIOR_SIZE), interpolation=cv2.INTER_AREA)
    return small[:, :, :3] / np.maximum(small[:, :, 3:], 1e-3), small[:, :, 3]


def robust_mean(samples: Samples) -> Float32[np.ndarray, "K 3"]:
    """Weighted mean, outliers (jewellery, leftover hair) reweighted."""
    weight = samples.weight[:, :, None].astype(np.float32)
    mean = np.zeros(samples.log_albedo.shape[1:], np.float32)
    for _ in range(5):
        deviation = np.linalg.norm(samples.log_albedo - mean, axis=2, keepdims=True)
        robust = weight / (1 + (deviation / OUTLIER) ** 2)
        mean = (samples.log_albedo * robust).sum(axis=0) / np.maximum(robust.sum(axis=0), 1e-6)
    return mean


def principal_directions(
    samples: Samples, mean: Float32[np.ndarray, "K 3"]
) -> Float32[np.ndarray, "C K 3"]:
    """Directions of variation by alternating ridge regressions, strongest first."""
    rng = np.random.default_rng(SEED)
    N, K = samples.weight.shape
    data = samples.log_albedo - mean
    deviation = np.linalg.norm(data, axis=2)
    weight = samples.weight / (1 + (deviation / OUTLIER) ** 2)
    directions = rng.standard_normal((COMPONENTS, K, 3)).astype(np.float32) * 0.1
    for _ in range(ITERATIONS):
        z = np.stack([_coefficients(directions, data[n], weight[n]) for n in range(N)])
        z /= np.maximum(z.std(axis=0), 1e-6)
        gram = np.einsum("nk,nc,nd->kcd", weight, z, z, optimize=True)
        gram += TEXEL_SHRINK * np.eye(COMPONENTS)
        right = np.einsum("nk,nc,nkx->kcx", weight, z, data, optimize=True)
        directions = np.linalg.solve(gram, right).transpose(1, 0, 2).astype(np.float32)
    return _orthogonal(directions)


def _coefficients(
    directions: Float32[np.ndarray, "C K 3"],
    data: Float32[np.ndarray, "K 3"],
    weight: Float32[np.ndarray, "K"],
) -> Float[np.ndarray, "C"]:
    weighted = directions * weight[:, None]
    gram = np.einsum("ckx,dkx->cd", weighted, directions, optimize=True)
    right = np.einsum("ckx,kx->c", weighted, data, optimize=True)
    return np.linalg.solve(gram + SHRINK * np.eye(len(gram)), right)


def _orthogonal(directions: Float32[np.ndarray, "C K 3"]) -> Float32[np.ndarray, "C K 3"]:
    """The same span by singular values; lengths stay those of one standard deviation."""
    flat = directions.reshape(len(directions), -1)
    _, scale, rows = np.linalg.svd(flat, full_matrices=False)
    return (scale[:, None] * rows).reshape(directions.shape)


def spread(
    values: Float32[np.ndarray, "K 3"], support: Float32[np.ndarray, "K"], skin: np.ndarray
) -> Float32[np.ndarray, "P P 3"]:
    """On the atlas, running out smoothly to zero where few photos show skin."""
    image = np.zeros((PRIOR_SIZE, PRIOR_SIZE, 3), np.float32)
    weight = np.zeros((PRIOR_SIZE, PRIOR_SIZE), np.float32)
    image[skin] = values * support[:, None]
    weight[skin] = support
    total, norm = image.copy(), weight + LEAST_PHOTOS * 0.02
    for sigma in (1.5, 4.0, 10.0):
        total += 0.05 * cv2.GaussianBlur(image, (0, 0), sigma)
        norm += 0.05 * cv2.GaussianBlur(weight, (0, 0), sigma)
    return total / norm[:, :, None]


def _broad(
    values: Float32[np.ndarray, "K 3"], support: Float32[np.ndarray, "K"], skin: np.ndarray
) -> Float32[np.ndarray, "K 3"]:
    """The low frequencies of a map, weighted by its support."""
    image = np.zeros((PRIOR_SIZE, PRIOR_SIZE, 4), np.float32)
    image[skin] = np.column_stack([values * support[:, None], support])
    blurred = cv2.GaussianBlur(image, (0, 0), BROAD_TEXELS)[skin]
    return blurred[:, :3] / np.maximum(blurred[:, 3:], 1e-3)


def main(
    unwrapped: Annotated[Path, typer.Option(help="What training.texture.unwrap wrote.")],
    judge: Annotated[Path, typer.Option(help="What training.texture.skin_classifier wrote.")],
    out: Annotated[Path, typer.Option(help="The .npz to write: the judge and the prior.")],
) -> None:
    """Learn the prior and write it beside the judge's weights."""
    model = HeadModel.load(CAMEO_HEAD)
    atlas, small = atlas_of(model, UNWRAP_SIZE), atlas_of(model, PRIOR_SIZE)
    skin = small.part_mask(SKIN_PART)
    pairs = [bare_albedo(load_unwrapped(path), atlas) for path in sorted(unwrapped.glob("*.npz"))]
    samples = Samples(
        np.stack([values[skin] for values, _ in pairs]), np.stack([w[skin] for _, w in pairs])
    )
    mean = robust_mean(samples)
    directions = principal_directions(samples, mean)
    support = samples.weight.sum(axis=0)
    mean = mean - _broad(mean, support, skin)
    maps = np.stack([spread(each, support, skin) for each in (mean, *directions)])
    with np.load(judge, allow_pickle=False) as archive:
        kept = {name: archive[name] for name in archive.files if name.startswith("skin_")}
    quantised = np.clip(np.round(maps / QUANTUM), -127, 127).astype(np.int8)
    np.savez_compressed(out, albedo_maps=quantised, albedo_quantum=np.array(QUANTUM), **kept)
    typer.echo(f"{len(pairs)} portraits; {out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    typer.run(main)
