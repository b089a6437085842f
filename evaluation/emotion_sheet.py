"""The six emotions on given avatars: `python -m evaluation.emotion_sheet AVATAR.zip... --out PNG`.

A row per emotion and view; for every avatar a column per intensity.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont

from evaluation.contact_sheet import TURNS_DEG, over
from reconstruction_backend.export import read_archive
from reconstruction_backend.expression.choice import ExpressionChoice
from reconstruction_backend.expression.emotions import (
    EMOTIONS,
    EmotionIntensities,
    EmotionName,
    emotion_name,
)
from reconstruction_backend.redress import installed_head_model
from reconstruction_backend.rendering.options import RenderOptions
from reconstruction_backend.rendering.render import AvatarRenderer

DEFAULT_INTENSITIES = "0,0.33,0.66,1"
_BACKDROP = (222, 224, 228)
_INK = (30, 32, 36)
_LABEL_PX = 18
_ZOOM = 1.5
"""How much larger the head is drawn than in other pictures, whose margin is for hair."""
_ABOVE_CENTRE = 0.53
"""Where the crop's centre lies in the whole picture, from its top."""


@dataclass(frozen=True)
class SheetOptions:
    """What the sheet shows."""

    emotions: tuple[EmotionName, ...] = EMOTIONS
    intensities: tuple[float, ...] = (0.0, 0.33, 0.66, 1.0)
    views: tuple[str, ...] = ("front",)
    """Keys of `contact_sheet.TURNS_DEG`."""
    size_px: int = 200


def emotion_sheet(renderers: list[AvatarRenderer], options: SheetOptions) -> Image.Image:
    """The whole sheet, with labels."""
    rows: list[tuple[EmotionName, str]] = [
        (emotion, view) for emotion in options.emotions for view in options.views
    ]
    columns = len(renderers) * len(options.intensities)
    row_px = options.size_px + _LABEL_PX
    sheet = Image.new("RGB", (columns * options.size_px, len(rows) * row_px), _BACKDROP)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=12)
    for y, (emotion, view) in enumerate(rows):
        for x, (label, cell) in enumerate(_cells(renderers, emotion, view, options)):
            corner = (x * options.size_px, y * row_px)
            pen.text((corner[0] + 4, corner[1] + 2), label, _INK, font)
            sheet.paste(Image.fromarray(cell), (corner[0], corner[1] + _LABEL_PX))
    return sheet


def _cells(
    renderers: list[AvatarRenderer], emotion: EmotionName, view: str, options: SheetOptions
) -> Iterator[tuple[str, UInt8[np.ndarray, "S S 3"]]]:
    for renderer in renderers:
        for intensity in options.intensities:
            felt = EmotionIntensities(**{emotion: intensity})
            yield f"{emotion} {intensity:g}", face_picture(renderer, felt, view, options.size_px)


def face_picture(
    renderer: AvatarRenderer, felt: EmotionIntensities, view: str, size_px: int
) -> UInt8[np.ndarray, "S S 3"]:
    """The face close up, on a plain ground."""
    yaw_deg, pitch_deg = TURNS_DEG[view]
    whole_px = round(size_px * _ZOOM)
    drawn = renderer.render(
        RenderOptions(
            yaw_deg=yaw_deg, pitch_deg=pitch_deg, size_px=whole_px, choice=ExpressionChoice(felt)
        )
    )
    left, top = (whole_px - size_px) // 2, round(whole_px * _ABOVE_CENTRE - size_px / 2)
    picture = over(drawn, np.full((whole_px, whole_px, 3), _BACKDROP, np.uint8))
    return picture[max(top, 0) :, left:][:size_px, :size_px]


def main(
    archives: Annotated[list[Path], typer.Argument(help="Avatars made by `cameo reconstruct`.")],
    out: Annotated[Path, typer.Option(help="The picture to write.")],
    emotions: Annotated[str, typer.Option(help="By commas.")] = ",".join(EMOTIONS),
    intensities: Annotated[str, typer.Option(help="By commas.")] = DEFAULT_INTENSITIES,
    views: Annotated[str, typer.Option(help=f"Of {', '.join(TURNS_DEG)}; by commas.")] = "front",
    size: Annotated[int, typer.Option(help="Edge of a picture, pixels.")] = 200,
) -> None:
    """Draw every avatar with every emotion at every intensity."""
    chosen = tuple(views.split(","))
    for view in chosen:
        if view not in TURNS_DEG:
            raise typer.BadParameter(f"{view!r} is none of {', '.join(TURNS_DEG)}.")
    options = SheetOptions(
        tuple(emotion_name(name) for name in emotions.split(",")),
        tuple(float(number) for number in intensities.split(",")),
        chosen,
        size,
    )
    renderers = [AvatarRenderer(read_archive(path, installed_head_model)) for path in archives]
    emotion_sheet(renderers, options).save(out)


if __name__ == "__main__":
    typer.run(main)
