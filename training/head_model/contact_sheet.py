"""The model in one picture: `python -m training.head_model.contact_sheet --out head.png`.

Neutral from five sides, the ten strongest components at -2 and +2, every expression, the jaw at
20 degrees, the gaze to four sides, close-ups of eyes and mouth; in clay.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw

from reconstruction_backend.head_model import JOINT_NAMES, HeadModel
from reconstruction_backend.rendering.render import render_clay
from reconstruction_backend.rendering.views import orbit_camera

SIDES_DEG = ((0, 0), (45, 0), (90, 0), (180, 0), (0, 40))
COMPONENTS, DEVIATIONS = 10, 2.0
JAW_DEG, GAZE_DEG = 20.0, 25.0
COLUMNS = 10
CLOSE_UPS = {
    "eye": ("eyeBlinkLeft", "eyeWideLeft", "eyeLookDownLeft"),
    "mouth": ("jawOpen", "mouthPucker", "mouthSmileLeft", "mouthRollUpper"),
}
EYE_BOX_M = np.array([[-0.040, 0.018, 0.08], [0.040, 0.060, 0.10]])
MOUTH_BOX_M = np.array([[-0.035, -0.075, 0.09], [0.035, 0.000, 0.12]])
HEAD_BOX_M = np.array([[-0.10, -0.12, -0.09], [0.10, 0.15, 0.13]])
FACE_BOX_M = np.array([[-0.085, -0.095, 0.0], [0.085, 0.115, 0.11]])


@dataclass(frozen=True)
class Cell:
    """One picture to take."""

    label: str
    vertices_m: Float[np.ndarray, "V 3"]
    framed_m: Float[np.ndarray, "K 3"]
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0


def cells(model: HeadModel) -> Iterator[Cell]:
    """All pictures of the sheet in order."""
    rest = np.zeros(model.shape_count, np.float32)
    neutral = model.neutral(rest)
    for yaw, pitch in SIDES_DEG:
        yield Cell(f"neutral {yaw} {pitch}", neutral, HEAD_BOX_M, yaw, pitch)
    for component in range(min(COMPONENTS, model.shape_count)):
        for sign in (-1, 1):
            shape = rest.copy()
            shape[component] = sign * DEVIATIONS
            yield Cell(
                f"shape {component} {sign * DEVIATIONS:+.0f}", model.neutral(shape), HEAD_BOX_M
            )
    for name in model.expression_names:
        expression = model.expression_weights(**{name: 1.0})
        yield Cell(name, model.evaluate(rest, expression), FACE_BOX_M)
    yield from _posed(model)
    for box, names in ((EYE_BOX_M, CLOSE_UPS["eye"]), (MOUTH_BOX_M, CLOSE_UPS["mouth"])):
        yield Cell("close", neutral, box)
        for name in names:
            expression = model.expression_weights(**{name: 1.0})
            yield Cell(name, model.evaluate(rest, expression), box)


def _posed(model: HeadModel) -> Iterator[Cell]:
    rest = np.zeros(model.shape_count, np.float32)
    jaw = np.zeros((len(JOINT_NAMES), 3), np.float32)
    jaw[JOINT_NAMES.index("jaw"), 0] = np.deg2rad(JAW_DEG)
    for yaw in (0, 60):
        yield Cell(f"jaw {JAW_DEG:.0f}", model.evaluate(rest, None, jaw), FACE_BOX_M, yaw)
    eyes = [JOINT_NAMES.index("leftEye"), JOINT_NAMES.index("rightEye")]
    for label, axis in (("up", (-1, 0)), ("down", (1, 0)), ("left", (0, 1)), ("right", (0, -1))):
        gaze = np.zeros((len(JOINT_NAMES), 3), np.float32)
        gaze[eyes, :2] = np.deg2rad(GAZE_DEG) * np.array(axis)
        yield Cell(f"gaze {label}", model.evaluate(rest, None, gaze), FACE_BOX_M)


def contact_sheet(model: HeadModel, cell_px: int) -> UInt8[np.ndarray, "H W 3"]:
    """All cells in rows of `COLUMNS`."""
    pictures = [_picture(model, cell, cell_px) for cell in cells(model)]
    rows = -(-len(pictures) // COLUMNS)
    sheet = np.full((rows * cell_px, COLUMNS * cell_px, 3), 255, np.uint8)
    for i, picture in enumerate(pictures):
        top, left = (i // COLUMNS) * cell_px, (i % COLUMNS) * cell_px
        sheet[top : top + cell_px, left : left + cell_px] = picture
    return sheet


def _picture(model: HeadModel, cell: Cell, cell_px: int) -> UInt8[np.ndarray, "C C 3"]:
    camera = orbit_camera(cell.framed_m, cell.yaw_deg, cell.pitch_deg, cell_px)
    rendered = Image.fromarray(render_clay(model, cell.vertices_m, camera), "RGBA")
    canvas = Image.new("RGBA", rendered.size, "white")
    canvas.alpha_composite(rendered)
    ImageDraw.Draw(canvas).text((4, 2), cell.label, fill="black")
    return np.asarray(canvas.convert("RGB"))


def main(
    out: Annotated[Path, typer.Option(help="The PNG to write.")],
    model: Annotated[Path, typer.Option(exists=True)] = Path("models/cameo_head.npz"),
    cell_px: int = 200,
) -> None:
    """Draw the sheet."""
    Image.fromarray(contact_sheet(HeadModel.load(model), cell_px)).save(out)


if __name__ == "__main__":
    typer.run(main)
