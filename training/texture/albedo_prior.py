"""Learn what skin looks like all over the head: a mean and a few directions of variation.

    python -m training.texture.albedo_prior --unwrapped DIR --out FILE.npz

Every unwrapped portrait gives a log albedo, less its own mean tone, where its skin is bare; the
rest is missing. Photos are mirrored too, so the result is symmetric. The mean is a robust weighted
one; the directions come from alternating least squares with missing data, each fit shrunk towards
the mean (probabilistic PCA, Tipping and Bishop 1999, in Roweis' EM form). Where hardly anybody
shows skin (the back of the head) both run out smoothly to zero: the person's own tone.

Scored on portraits kept aside: half of each one's skin, in squares, is hidden and predicted.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from jaxtyping import Float, Float32, Int8

from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.model_store import CAMEO_HEAD
from reconstruction_backend.texture.albedo_prior import AlbedoPrior, load_albedo_prior
from reconstruction_backend.texture.atlas import SKIN_PART, Atlas, atlas_of
from reconstruction_backend.texture.lookup import look_up
from training.texture.unwrap import (
    HELD_OUT_FOLDER,
    TRAINING_FOLDER,
    UNWRAP_SIZE,
    Unwrapped,
    load_unwrapped,
)

PRIOR_SIZE = 256
COMPONENTS = 12
ITERATIONS = 12
SEED = 20231101
TEXEL_SHRINK = 1.5
"""Ridge on a texel's directions, in photos."""
SHRINK = 40.0
"""Ridge on a photo's coefficients, in texels: nothing is fitted to a handful of them."""
OUTLIER = 0.35
"""Log deviation at which a texel loses half of its weight in the mean."""
LEAST_PHOTOS = 4.0
"""Texels that fewer photos show are pulled to their neighbours, and to zero far from any."""
NEIGHBOURHOODS_TEXELS = (16.0, 6.0, 2.0)
BROAD_TEXELS = 14.0
"""Brightness that varies more slowly than this in the mean is shade that all portraits share (below
the jaw) rather than albedo."""
QUANTUM = 0.005
"""Log step of the stored bytes: half a per cent."""
SQUARE = 32
"""Edge in texels of the squares that are hidden when a prior is scored."""


@dataclass(frozen=True)
class Samples:
    """N portraits on the prior's atlas: K skin texels, three channels each."""

    log_albedo: Float32[np.ndarray, "N K 3"]
    """Less the person's own tone."""
    weight: Float32[np.ndarray, "N K"]


def symmetric_albedo(
    photo: Unwrapped, atlas: Atlas
) -> tuple[Float32[np.ndarray, "P P 3"], Float32[np.ndarray, "P P"]]:
    """One portrait and its mirror image averaged, and how surely the average is bare skin."""
    weighted = np.dstack([photo.log_albedo * photo.weight[:, :, None], photo.weight])
    total = np.asarray(weighted + look_up(weighted, atlas.mirror_texel), np.float32)
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
    """On the atlas, pulled to the neighbourhood where few photos show skin, and so to zero."""
    image = np.zeros((PRIOR_SIZE, PRIOR_SIZE, 3), np.float32)
    weight = np.zeros((PRIOR_SIZE, PRIOR_SIZE), np.float32)
    image[skin], weight[skin] = values * support[:, None], support
    expected = np.zeros_like(image)
    for sigma in NEIGHBOURHOODS_TEXELS:
        total = cv2.GaussianBlur(weight, (0, 0), sigma)[:, :, None]
        expected = cv2.GaussianBlur(image, (0, 0), sigma) + LEAST_PHOTOS * expected
        expected /= total + LEAST_PHOTOS
    return (image + LEAST_PHOTOS * expected) / (weight[:, :, None] + LEAST_PHOTOS)


def broad_shade(
    values: Float32[np.ndarray, "K 3"], support: Float32[np.ndarray, "K"], skin: np.ndarray
) -> Float32[np.ndarray, "K 1"]:
    """The low frequencies of a map's brightness, weighted by its support."""
    image = np.zeros((PRIOR_SIZE, PRIOR_SIZE, 2), np.float32)
    image[skin] = np.column_stack([values.mean(axis=1) * support, support])
    blurred = cv2.GaussianBlur(image, (0, 0), BROAD_TEXELS)[skin]
    return blurred[:, :1] / np.maximum(blurred[:, 1:], 1e-3)


def quantised(log_maps: Float32[np.ndarray, "*n"]) -> Int8[np.ndarray, "*n"]:
    """Bytes of `QUANTUM`."""
    return np.clip(np.round(log_maps / QUANTUM), -127, 127).astype(np.int8)


def prediction_error(prior: AlbedoPrior, photo: Unwrapped) -> tuple[float, float, float] | None:
    """RMS log error on the hidden half of a portrait's skin: even tone, mean, fitted directions.

    None where too little skin is seen to hide half of it.
    """
    rows, columns = np.indices(photo.weight.shape) // SQUARE
    hidden = (rows + columns) % 2 == 1
    weight = photo.weight * hidden
    if min(weight.sum(), (photo.weight * ~hidden).sum()) < SQUARE**2:
        return None
    size = photo.weight.shape[::-1]
    shade = cv2.resize(prior.shade, size, interpolation=cv2.INTER_LINEAR)
    log_albedo = photo.log_albedo - shade[:, :, None]
    fitted = prior.fit(log_albedo, photo.weight * ~hidden)

    def error(expected: Float32[np.ndarray, "P P 3"]) -> float:
        whole = cv2.resize(expected, size, interpolation=cv2.INTER_LINEAR)
        squared = ((log_albedo - whole) ** 2).mean(axis=2)
        return float(np.sqrt((squared * weight).sum() / weight.sum()))

    return error(np.zeros_like(fitted)), error(prior.mean), error(fitted)


def main(
    unwrapped: Annotated[Path, typer.Option(help="What training.texture.unwrap wrote.")],
    out: Annotated[Path, typer.Option(help="The .npz to write.")],
) -> None:
    """Learn the prior from one folder of unwrapped portraits and score it on the other."""
    model = HeadModel.load(CAMEO_HEAD)
    atlas, small = atlas_of(model, UNWRAP_SIZE), atlas_of(model, PRIOR_SIZE)
    skin = small.part_mask(SKIN_PART)
    paths = sorted((unwrapped / TRAINING_FOLDER).glob("*.npz"))
    pairs = [symmetric_albedo(load_unwrapped(path), atlas) for path in paths]
    samples = Samples(
        np.stack([values[skin] for values, _ in pairs]), np.stack([w[skin] for _, w in pairs])
    )
    mean = robust_mean(samples)
    directions = principal_directions(samples, mean)
    support = samples.weight.sum(axis=0)
    shade = broad_shade(mean, support, skin)
    mean = mean - shade
    maps = np.stack([spread(each, support, skin) for each in (mean, *directions)])
    shade_map = spread(np.repeat(shade, 3, axis=1), support, skin)[:, :, 0]
    np.savez_compressed(
        out,
        albedo_maps=quantised(maps),
        shade_map=quantised(shade_map),
        albedo_quantum=np.array(QUANTUM),
    )
    typer.echo(f"{len(pairs)} portraits; {out.stat().st_size / 1e6:.2f} MB")
    prior = load_albedo_prior(out)
    held_out = sorted((unwrapped / HELD_OUT_FOLDER).glob("*.npz"))
    errors = [prediction_error(prior, load_unwrapped(path)) for path in held_out]
    told = np.array([error for error in errors if error is not None])
    even, average, fitted = np.median(told, axis=0)
    typer.echo(
        f"hidden skin of {len(told)} portraits, median RMS log error: even tone {even:.3f}, "
        f"mean {average:.3f}, directions {fitted:.3f}"
    )


if __name__ == "__main__":
    typer.run(main)
