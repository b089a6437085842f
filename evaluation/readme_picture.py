"""The picture at the top of the README: `python -m evaluation.readme_picture`.

Above: the sample portrait, its avatar at the fitted camera in the photo's light, turned, from
behind, happy, and shaved. Below: hairstyles that it tries on.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from evaluation.contact_sheet import crop_to_cell, head_crop, over
from evaluation.sample_portrait import sample_portrait
from reconstruction_backend.avatar import Avatar
from reconstruction_backend.expression.choice import ExpressionChoice
from reconstruction_backend.expression.emotions import EmotionIntensities
from reconstruction_backend.hair.choice import HairChoice
from reconstruction_backend.pipeline import Pipeline
from reconstruction_backend.portrait import Portrait
from reconstruction_backend.redress import wearing
from reconstruction_backend.rendering.options import RenderOptions
from reconstruction_backend.rendering.render import AvatarRenderer

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "images" / "astronaut.jpg"
CELL_PX = 400
JPEG_QUALITY = 90
BACKDROP = (236, 238, 240)
HAPPY = ExpressionChoice(EmotionIntensities(happiness=0.9))
TURNED = (
    RenderOptions(yaw_deg=40, size_px=CELL_PX),
    RenderOptions(yaw_deg=150, size_px=CELL_PX),
    RenderOptions(yaw_deg=-25, size_px=CELL_PX, choice=HAPPY),
)
SHAVED = RenderOptions(yaw_deg=25, size_px=CELL_PX)
TRIED_ON = (
    HairChoice("pixie", "auburn"),
    HairChoice("bob-fringe", "black"),
    HairChoice("long-wavy", "copper"),
    HairChoice("afro", "soft-black"),
    HairChoice("box-braids", "black"),
    HairChoice("two-braids", "blond"),
)
STYLE_YAW_DEG = 25


def picture(photo: UInt8[np.ndarray, "H W 3"], avatar: Avatar) -> UInt8[np.ndarray, "R W 3"]:
    """Two strips of cells."""
    renderer = AvatarRenderer(avatar)
    crop = head_crop(avatar)
    as_photographed = over(renderer.render(RenderOptions(view="photo")), _backdrop(photo.shape))
    cells = [crop_to_cell(photo, crop, CELL_PX), crop_to_cell(as_photographed, crop, CELL_PX)]
    square = _backdrop((CELL_PX, CELL_PX, 3))
    cells += [over(renderer.render(options), square) for options in TURNED]
    shaved = replace(avatar, hair=None)
    cells.append(over(AvatarRenderer(shaved).render(SHAVED), square))
    turned = RenderOptions(yaw_deg=STYLE_YAW_DEG, size_px=CELL_PX)
    styles = [
        over(AvatarRenderer(wearing(avatar, choice)).render(turned), square) for choice in TRIED_ON
    ]
    return np.concatenate(
        [np.concatenate(cells, axis=1), np.concatenate(styles, axis=1)],
    )


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
