"""Lay portraits out on the head model's atlas: the albedo of their bare skin.

    python -m training.texture.unwrap --portraits DIR --out DIR

What the texture stage itself sees of each photo (visible texels, bare skin by the parsing, light
divided out) but with no prior, since that is what is to be learned. The portraits: SFHQ
(SelfishGene/SFHQ-dataset, MIT) and unitedstates/images (public domain). Every `HELD_OUT`-th photo
in the order of names goes to a folder of its own, to score the prior on.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from jaxtyping import Float32

from reconstruction_backend.backends import Reconstruction, load_backend
from reconstruction_backend.errors import CameoError
from reconstruction_backend.landmarks import FaceLandmarks, LandmarkDetector
from reconstruction_backend.parsing import Parsing, PortraitParser
from reconstruction_backend.portrait import Portrait, load_portrait
from reconstruction_backend.texture.atlas import SKIN_PART, atlas_of
from reconstruction_backend.texture.creases import skin_compression
from reconstruction_backend.texture.light import estimate_light
from reconstruction_backend.texture.masks import zones_of
from reconstruction_backend.texture.projection import observe, photo_window
from reconstruction_backend.texture.skin import light_samples, separate_skin
from reconstruction_backend.texture.visibility import pose_atlas

UNWRAP_SIZE = 512
"""Atlas size of what is saved."""
HELD_OUT = 6
TRAINING_FOLDER, HELD_OUT_FOLDER = "training", "held_out"


@dataclass(frozen=True)
class Unwrapped:
    """One portrait on the atlas (S x S)."""

    log_albedo: Float32[np.ndarray, "S S 3"]
    """Against the person's own tone."""
    weight: Float32[np.ndarray, "S S"]
    """How surely the texel shows bare skin, in [0, 1]."""

    def save(self, path: Path) -> None:
        """Compact: half floats, bytes, deflate."""
        seen = self.weight[:, :, None] > 0
        np.savez_compressed(
            path,
            log_albedo=np.where(seen, self.log_albedo, 0).astype(np.float16),
            weight=np.round(np.clip(self.weight, 0, 1) * 255).astype(np.uint8),
        )


def load_unwrapped(path: Path) -> Unwrapped:
    """Read what `Unwrapped.save` wrote."""
    with np.load(path, allow_pickle=False) as archive:
        weight = archive["weight"].astype(np.float32) / 255
        return Unwrapped(archive["log_albedo"].astype(np.float32), weight)


def unwrap(
    portrait: Portrait,
    landmarks: FaceLandmarks,
    parsing: Parsing,
    reconstruction: Reconstruction,
) -> Unwrapped:
    """The first half of `make_texture`, on the small atlas."""
    model, fit = reconstruction.head_model, reconstruction.fit
    atlas = atlas_of(model, UNWRAP_SIZE)
    zones = zones_of(atlas)
    vertices = model.evaluate(fit.shape, fit.expression, fit.pose_rad)
    texel_m = float(np.median(atlas.texel_m[atlas.part_mask(SKIN_PART)]))
    window = photo_window(portrait.image, landmarks, parsing, fit.camera, vertices, texel_m)
    posed = pose_atlas(atlas, vertices, window.camera)
    observation = observe(window, posed)
    light = estimate_light(light_samples(observation, posed, zones))
    compression = skin_compression(model, model.neutral(fit.shape), vertices)
    skin = separate_skin(observation, posed, zones, light, compression, None)
    return Unwrapped(skin.log_albedo - skin.mean_log_albedo, skin.weight)


def main(
    portraits: Annotated[Path, typer.Option(help="Folder of photos, searched through.")],
    out: Annotated[Path, typer.Option(help="Where the .npz files go.")],
) -> None:
    """Unwrap every photo below a folder."""
    detector, parser = LandmarkDetector(), PortraitParser()
    backend = load_backend("cameo-head")
    for number, path in enumerate(sorted(portraits.rglob("*.jpg"), key=lambda path: path.name)):
        folder = out / (HELD_OUT_FOLDER if number % HELD_OUT == 0 else TRAINING_FOLDER)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            portrait = load_portrait(path)
            landmarks = detector.detect(portrait)
            reconstruction = backend.reconstruct(portrait, landmarks)
            parsing = parser.parse(portrait, landmarks)
        except CameoError as error:
            typer.echo(f"{path.name}: {error}", err=True)
            continue
        unwrap(portrait, landmarks, parsing, reconstruction).save(folder / f"{path.stem}.npz")


if __name__ == "__main__":
    typer.run(main)
