"""Unwrap portraits onto the atlas, light divided out, with a teacher's opinion of where hair is.

    python -m training.texture.unwrap --portraits DIR --hair-teacher FILE.tflite --out DIR

`--portraits` holds photos of one face each, in any folders below it. `--hair-teacher` is
MediaPipe's hair_segmentation.tflite (Apache-2.0, google-ai-edge/mediapipe). Photos without a
usable face are named and left out. `--skip` leaves out photos whose name begins so (held-out ones).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import typer
from jaxtyping import Float32, UInt8

from reconstruction_backend.backends import Reconstruction, load_backend
from reconstruction_backend.errors import CameoError
from reconstruction_backend.landmarks import FaceLandmarks, LandmarkDetector
from reconstruction_backend.portrait import Portrait, load_portrait
from reconstruction_backend.texture.atlas import atlas_of
from reconstruction_backend.texture.light import estimate_light
from reconstruction_backend.texture.lookup import look_up
from reconstruction_backend.texture.masks import zones_of
from reconstruction_backend.texture.projection import observe, photo_window
from reconstruction_backend.texture.skin import divide_light, light_samples
from reconstruction_backend.texture.visibility import pose_atlas

UNWRAP_SIZE = 512
"""Atlas size of what is saved."""
TEACHER_SIZE = 512
TEACHER_PASSES = 2
"""The teacher takes its own last mask as an input."""


@dataclass(frozen=True)
class Unwrapped:
    """One portrait on the atlas (S x S)."""

    log_albedo: Float32[np.ndarray, "S S 3"]
    confidence: Float32[np.ndarray, "S S"]
    person: Float32[np.ndarray, "S S"]
    facing: Float32[np.ndarray, "S S"]
    hair: Float32[np.ndarray, "S S"]
    """The teacher's probability."""

    def save(self, path: Path) -> None:
        """Compact: half floats, bytes, deflate."""
        visible = self.confidence[:, :, None] > 0
        np.savez_compressed(
            path,
            log_albedo=np.where(visible, self.log_albedo, 0).astype(np.float16),
            **{
                name: np.round(np.clip(getattr(self, name), 0, 1) * 255).astype(np.uint8)
                for name in ("confidence", "person", "facing", "hair")
            },
        )


def load_unwrapped(path: Path) -> Unwrapped:
    """Read what `Unwrapped.save` wrote."""
    with np.load(path, allow_pickle=False) as archive:
        bytes_of = {
            name: archive[name].astype(np.float32) / 255
            for name in ("confidence", "person", "facing", "hair")
        }
        return Unwrapped(archive["log_albedo"].astype(np.float32), **bytes_of)


class HairTeacher:
    """MediaPipe's hair segmentation in LiteRT (package ai-edge-litert)."""

    def __init__(self, path: Path) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._network: Any = Interpreter(str(path), num_threads=1)
        self._network.allocate_tensors()

    def probability(self, image: UInt8[np.ndarray, "H W 3"]) -> Float32[np.ndarray, "H W"]:
        """Of hair, per pixel."""
        size = (TEACHER_SIZE, TEACHER_SIZE)
        given = np.zeros((1, *size, 4), np.float32)
        given[0, :, :, :3] = cv2.resize(image, size, interpolation=cv2.INTER_AREA) / 255
        for _ in range(TEACHER_PASSES):
            self._network.set_tensor(self._network.get_input_details()[0]["index"], given)
            self._network.invoke()
            logits = self._network.get_tensor(self._network.get_output_details()[0]["index"])[0]
            given[0, :, :, 3] = 1 / (1 + np.exp(logits[:, :, 0] - logits[:, :, 1]))
        return cv2.resize(given[0, :, :, 3], (image.shape[1], image.shape[0]))


def unwrap(
    portrait: Portrait,
    landmarks: FaceLandmarks,
    reconstruction: Reconstruction,
    teacher: HairTeacher,
) -> Unwrapped:
    """The first half of `make_texture`, on the small atlas."""
    model, fit = reconstruction.head_model, reconstruction.fit
    atlas = atlas_of(model, UNWRAP_SIZE)
    vertices = model.evaluate(fit.shape, fit.expression, fit.pose_rad)
    texel_m = float(np.median(atlas.texel_m[atlas.part_mask("skin")]))
    window = photo_window(portrait.image, landmarks, fit.camera, vertices, texel_m)
    posed = pose_atlas(atlas, vertices, window.camera)
    observation = observe(window, posed)
    light = estimate_light(light_samples(observation, posed, zones_of(atlas)))
    whole = pose_atlas(atlas, vertices, fit.camera).pixels_px
    return Unwrapped(
        log_albedo=divide_light(observation, posed, light)[0],
        confidence=observation.confidence,
        person=observation.person,
        facing=posed.facing,
        hair=look_up(teacher.probability(portrait.image), whole),
    )


def main(
    portraits: Annotated[Path, typer.Option(help="Folder of photos, searched through.")],
    hair_teacher: Annotated[Path, typer.Option(help="hair_segmentation.tflite.")],
    out: Annotated[Path, typer.Option(help="Where the .npz files go.")],
    skip: Annotated[list[str] | None, typer.Option(help="Beginnings of held-out names.")] = None,
) -> None:
    """Unwrap every photo below a folder."""
    teacher, detector = HairTeacher(hair_teacher), LandmarkDetector()
    backend = load_backend("cameo-head")
    out.mkdir(parents=True, exist_ok=True)
    for path in sorted(portraits.rglob("*.jpg")):
        if path.stem.startswith(tuple(skip or ())):
            continue
        try:
            portrait = load_portrait(path)
            landmarks = detector.detect(portrait)
            reconstruction = backend.reconstruct(portrait, landmarks)
        except CameoError as error:
            typer.echo(f"{path.name}: {error}", err=True)
            continue
        unwrap(portrait, landmarks, reconstruction, teacher).save(out / f"{path.stem}.npz")


if __name__ == "__main__":
    typer.run(main)
