"""Photos beside the avatars made of them: `python -m evaluation.contact_sheet PHOTO... --out PNG`.

A row per photo: the photo, the avatar over it at the fitted camera, then the avatar from the
sides. With `--pass clay` the shape alone, with `--pass provenance` what was seen, and so on.
`--hair none` leaves the head bald, `--hair STYLE` puts a style of the database on everyone.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, get_args

import numpy as np
import typer
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw, ImageFont

from reconstruction_backend.avatar import Avatar
from reconstruction_backend.color import linear_from_srgb, srgb_from_linear
from reconstruction_backend.errors import CameoError
from reconstruction_backend.hair.choice import FROM_PHOTO, HairChoice
from reconstruction_backend.pipeline import Pipeline, ReconstructionOptions
from reconstruction_backend.portrait import load_portrait
from reconstruction_backend.rendering.options import RenderOptions, RenderPass
from reconstruction_backend.rendering.render import AvatarRenderer
from reconstruction_backend.rendering.views import VIEW_YAW_DEG, framed_vertices

TURNS_DEG: dict[str, tuple[float, float]] = {
    **{view: (yaw, 0.0) for view, yaw in VIEW_YAW_DEG.items()},
    "three-quarter": (35.0, 0.0),
    "other-three-quarter": (-35.0, 0.0),
    "above": (20.0, 30.0),
    "below": (-20.0, -25.0),
}
"""Yaw and pitch of the camera for each column that is a turned view."""
DEFAULT_COLUMNS = ("photo", "overlay", "front", "left", "three-quarter", "right", "back")
COLUMNS = ("photo", "overlay", *TURNS_DEG)

_BACKDROP = (222, 224, 228)
_INK = (30, 32, 36)
_LABEL_PX = 22
_CROP_MARGIN = 1.35  # of the head's box in the photo


@dataclass(frozen=True)
class Row:
    """One photo's pictures."""

    label: str
    cells: tuple[UInt8[np.ndarray, "C C 3"], ...]


def avatar_row(
    label: str,
    photo: UInt8[np.ndarray, "H W 3"],
    avatar: Avatar,
    columns: tuple[str, ...],
    render_pass: RenderPass,
    cell_px: int,
) -> Row:
    """The pictures of one avatar beside its photo."""
    renderer = AvatarRenderer(avatar)
    crop = head_crop(avatar)

    def cell(column: str) -> UInt8[np.ndarray, "C C 3"]:
        if column == "photo":
            return crop_to_cell(photo, crop, cell_px)
        if column == "overlay":
            drawn = renderer.render(RenderOptions(view="photo", render_pass=render_pass))
            return crop_to_cell(over(drawn, photo), crop, cell_px)
        yaw_deg, pitch_deg = TURNS_DEG[column]
        options = RenderOptions(
            yaw_deg=yaw_deg, pitch_deg=pitch_deg, size_px=cell_px, render_pass=render_pass
        )
        backdrop = np.full((cell_px, cell_px, 3), _BACKDROP, np.uint8)
        return over(renderer.render(options), backdrop)

    return Row(label, tuple(cell(column) for column in columns))


def failed_row(label: str, message: str, columns: int, cell_px: int) -> Row:
    """What stands in place of an avatar that could not be made."""
    strip = Image.new("RGB", (columns * cell_px, cell_px), _BACKDROP)
    ImageDraw.Draw(strip).text((12, cell_px // 2), message, _INK, _font())
    return Row(label, tuple(np.split(np.asarray(strip), columns, axis=1)))


def head_crop(avatar: Avatar) -> Float[np.ndarray, "4"]:
    """A square (left, top, right, bottom) around the head in the photo, pixels, moved inside."""
    fit, model = avatar.fit, avatar.head_model
    vertices = model.evaluate(fit.shape, fit.expression, fit.pose_rad)
    projected = fit.camera.project(framed_vertices(model, vertices).astype(np.float64))
    low, high = projected.min(axis=0), projected.max(axis=0)
    size = np.array([fit.camera.width_px, fit.camera.height_px])
    edge = min((high - low).max() * _CROP_MARGIN, size.min())
    corner = np.clip((low + high - edge) / 2, 0, size - edge)
    return np.concatenate([corner, corner + edge])


def crop_to_cell(
    image: UInt8[np.ndarray, "H W 3"], crop_px: Float[np.ndarray, "4"], cell_px: int
) -> UInt8[np.ndarray, "C C 3"]:
    """Part of an image at the cell's size."""
    left, top, right, bottom = np.rint(crop_px).astype(int).tolist()
    picture = Image.fromarray(image).crop((left, top, right, bottom))
    return np.asarray(picture.resize((cell_px, cell_px), Image.Resampling.LANCZOS))


def over(
    drawn: UInt8[np.ndarray, "H W 4"], backdrop: UInt8[np.ndarray, "H W 3"]
) -> UInt8[np.ndarray, "H W 3"]:
    """Straight-alpha RGBA over an opaque picture, in linear light."""
    alpha = drawn[..., 3:].astype(np.float32) / 255
    light = linear_from_srgb(drawn[..., :3]) * alpha + linear_from_srgb(backdrop) * (1 - alpha)
    return srgb_from_linear(light)


def lay_out(rows: list[Row], columns: tuple[str, ...]) -> Image.Image:
    """The sheet with its labels."""
    cell_px = rows[0].cells[0].shape[0]
    row_px = cell_px + _LABEL_PX
    sheet = Image.new("RGB", (len(columns) * cell_px, len(rows) * row_px), _BACKDROP)
    pen = ImageDraw.Draw(sheet)
    for y, row in enumerate(rows):
        for x, (column, cell) in enumerate(zip(columns, row.cells, strict=True)):
            corner = (x * cell_px, y * row_px)
            label = row.label if x == 0 else column
            pen.text((corner[0] + 6, corner[1] + 3), label, _INK, _font())
            sheet.paste(Image.fromarray(cell), (corner[0], corner[1] + _LABEL_PX))
    return sheet


def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=14)


def main(
    photos: Annotated[list[Path], typer.Argument(help="Portraits.")],
    out: Annotated[Path, typer.Option(help="The PNG to write.")],
    views: Annotated[
        str, typer.Option(help=f"Columns, by commas: {', '.join(COLUMNS)}.")
    ] = ",".join(DEFAULT_COLUMNS),
    render_pass: Annotated[
        str, typer.Option("--pass", help=f"One of {', '.join(get_args(RenderPass))}.")
    ] = "shaded",
    size: Annotated[int, typer.Option(help="Edge of a picture, pixels.")] = 256,
    hair: Annotated[str, typer.Option(help="`photo`, `none` or a style's name.")] = FROM_PHOTO,
    hair_color: Annotated[
        str | None, typer.Option(help="A preset or #rrggbb; else the photo's.")
    ] = None,
) -> None:
    """Reconstruct each portrait and lay the avatars out beside them."""
    columns = tuple(views.split(","))
    for column in columns:
        if column not in COLUMNS:
            raise typer.BadParameter(f"{column!r} is none of {', '.join(COLUMNS)}.")
    chosen = next((name for name in get_args(RenderPass) if name == render_pass), None)
    if chosen is None:
        raise typer.BadParameter(f"{render_pass!r} is no pass.")
    rows: list[Row] = []
    options = ReconstructionOptions(hair=HairChoice(style=hair, colour=hair_color))
    with Pipeline(options) as pipeline:
        for path in photos:
            try:
                portrait = load_portrait(path)
                avatar = pipeline.reconstruct(portrait)
                rows.append(avatar_row(path.stem, portrait.image, avatar, columns, chosen, size))
            except CameoError as error:
                rows.append(failed_row(path.stem, str(error), len(columns), size))
    lay_out(rows, columns).save(out)


if __name__ == "__main__":
    typer.run(main)
