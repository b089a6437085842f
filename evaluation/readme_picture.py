"""The picture at the top of the README: `python -m evaluation.readme_picture`.

From left to right: the sample portrait, its avatar at the fitted camera in the photo's light, and
the neutral avatar turned, as clay, and by provenance.
"""

from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from evaluation.contact_sheet import crop_to_cell, head_crop, over
from evaluation.sample_portrait import sample_portrait
from reconstruction_backend.avatar import Avatar
from reconstruction_backend.pipeline import Pipeline
from reconstruction_backend.portrait import Portrait
from reconstruction_backend.rendering.options import RenderOptions
from reconstruction_backend.rendering.render import AvatarRenderer

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "images" / "astronaut.jpg"
CELL_PX = 400
JPEG_QUALITY = 90
BACKDROP = (236, 238, 240)
TURNED = (
    RenderOptions(yaw_deg=0, size_px=CELL_PX),
    RenderOptions(yaw_deg=35, size_px=CELL_PX),
    RenderOptions(yaw_deg=-35, size_px=CELL_PX, render_pass="clay"),
    RenderOptions(yaw_deg=-35, size_px=CELL_PX, render_pass="provenance"),
)


def picture(photo: UInt8[np.ndarray, "H W 3"], avatar: Avatar) -> UInt8[np.ndarray, "C W 3"]:
    """The strip of cells."""
    renderer = AvatarRenderer(avatar)
    crop = head_crop(avatar)
    as_photographed = over(renderer.render(RenderOptions(view="photo")), _backdrop(photo.shape))
    cells = [crop_to_cell(photo, crop, CELL_PX), crop_to_cell(as_photographed, crop, CELL_PX)]
    square = _backdrop((CELL_PX, CELL_PX, 3))
    cells += [over(renderer.render(options), square) for options in TURNED]
    return np.concatenate(cells, axis=1)


def _backdrop(shape: tuple[int, ...]) -> UInt8[np.ndarray, "H W 3"]:
    return np.broadcast_to(np.array(BACKDROP, np.uint8), shape).copy()


def main() -> None:
    """Reconstruct the sample portrait and write the picture."""
    photo = sample_portrait()
    with Pipeline() as pipeline:
        avatar = pipeline.reconstruct(Portrait(photo, focal_length_px=None))
    PICTURE.parent.mkdir(exist_ok=True)
    Image.fromarray(picture(photo, avatar)).save(PICTURE, quality=JPEG_QUALITY)


if __name__ == "__main__":
    main()
