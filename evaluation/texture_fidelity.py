"""How faithfully a texture gives its photo back, and how well it was freed of the photo's light.

    python -m evaluation.texture_fidelity PHOTO... --out TABLE.md

The avatar is drawn at the fitted camera with the photo's light put back and compared with the
photo where both show bare skin: PSNR in dB over those pixels, and SSIM (Wang et al. 2004, Gaussian
window, sigma 1.5) averaged over them. The residual light comes back too, so both say what of the
photo survives the atlas, and nothing of whether light and albedo were told apart. That is for the
cheeks' difference, CIE 1976 delta E between the median albedo of patches at mirrored points: of a
portrait lit from one side, half lie in the shade.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from jaxtyping import Bool, Float, UInt8
from skimage.color import rgb2lab
from skimage.metrics import structural_similarity

from reconstruction_backend.avatar import Avatar
from reconstruction_backend.errors import CameoError
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.landmarks import LandmarkDetector
from reconstruction_backend.parsing import PortraitParser
from reconstruction_backend.pipeline import Pipeline
from reconstruction_backend.portrait import load_portrait
from reconstruction_backend.rendering.options import RenderOptions
from reconstruction_backend.rendering.passes import PROVENANCE_COLOURS
from reconstruction_backend.rendering.render import AvatarRenderer
from reconstruction_backend.texture.masks import landmark_texels
from reconstruction_backend.texture.result import HeadTexture, Provenance

CHEEKS = ((50, 280), (205, 425), (118, 347), (101, 330), (187, 411))
"""Mesh points on the right cheek and their partners on the left."""
PATCH_SHARE = 1 / 128
"""Edge of a cheek patch over the atlas' edge: about four millimetres."""
SURE_SKIN = 0.9
RIM = 0.012
"""Width of the rim that is left out, over the head's size in the photo: pixels half of which show
something else."""
LEAST_PSNR_DB, LEAST_SSIM, LARGEST_DELTA_E = 28.0, 0.93, 4.0
LEAST_PIXELS = 500
CLOSE_COLOUR = 12
"""Of drawn provenance: anti-aliased borders mix colours."""
STRONG_SIDE_LIGHT = 0.25


@dataclass(frozen=True)
class TextureFidelity:
    """One portrait's figures."""

    psnr_db: float
    ssim: float
    cheek_delta_e: float
    """Median over the pairs."""
    side_light: float
    """Log ratio of the light on the two cheeks; 0.4 is strong."""

    @property
    def faithful(self) -> bool:
        """Whether the photo comes back: PSNR and SSIM above what is asked."""
        return self.psnr_db > LEAST_PSNR_DB and self.ssim > LEAST_SSIM


def texture_fidelity(
    photo: UInt8[np.ndarray, "H W 3"], avatar: Avatar, skin: Float[np.ndarray, "H W"]
) -> TextureFidelity:
    """Draw the avatar at the fitted camera and compare it; `skin` is the parsing's probability."""
    renderer = AvatarRenderer(avatar)
    drawn = renderer.render(RenderOptions(view="photo"))
    seen = renderer.render(RenderOptions(view="photo", render_pass="provenance"))
    compared = _compared(drawn, seen, skin)
    psnr_db, ssim = masked_similarity(photo, np.ascontiguousarray(drawn[:, :, :3]), compared)
    return TextureFidelity(
        psnr_db, ssim, cheek_delta_e(avatar.texture, avatar.head_model), side_light(avatar)
    )


def masked_similarity(
    photo: UInt8[np.ndarray, "H W 3"],
    drawn: UInt8[np.ndarray, "H W 3"],
    mask: Bool[np.ndarray, "H W"],
) -> tuple[float, float]:
    """PSNR (dB, sRGB values) and mean SSIM over a mask; NaN where the mask is too small."""
    if mask.sum() < LEAST_PIXELS:
        return float("nan"), float("nan")
    error = (photo.astype(np.float64) - drawn)[mask] / 255
    psnr_db = -10 * np.log10(max(float(np.mean(error**2)), 1e-10))
    # Outside the mask both show the same, so that windows across its rim compare skin only.
    filled = np.where(mask[:, :, None], drawn, photo)
    rows, columns = np.nonzero(mask)
    box = (slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1))
    similarity = structural_similarity(
        photo[box], filled[box], channel_axis=2, gaussian_weights=True, sigma=1.5,
        use_sample_covariance=False, full=True,
    )[1]  # fmt: skip
    return float(psnr_db), float(np.asarray(similarity).mean(axis=2)[mask[box]].mean())


def cheek_delta_e(texture: HeadTexture, model: HeadModel) -> float:
    """Median CIE delta E between the two cheeks' albedo."""
    size = len(texture.albedo)
    half = max(2, round(size * PATCH_SHARE / 2))
    texels = np.round(landmark_texels(model, size)).astype(int)

    def colour(point: int) -> Float[np.ndarray, "3"]:
        x, y = texels[point]
        patch = texture.albedo[y - half : y + half + 1, x - half : x + half + 1]
        return rgb2lab(np.median(patch.reshape(-1, 3), axis=0) / 255)

    return float(
        np.median([float(np.linalg.norm(colour(right) - colour(left))) for right, left in CHEEKS])
    )


def side_light(avatar: Avatar) -> float:
    """Absolute log ratio of the photo's light on surfaces that face 45 degrees to either side."""
    sideways = np.array([[-1.0, 0.0, 1.0], [1.0, 0.0, 1.0]], np.float32) / np.sqrt(np.float32(2))
    right, left = avatar.texture.light.irradiance(sideways).mean(axis=1)
    return float(abs(np.log(max(right, 1e-3) / max(left, 1e-3))))


def _compared(
    drawn: UInt8[np.ndarray, "H W 4"],
    provenance: UInt8[np.ndarray, "H W 4"],
    skin: Float[np.ndarray, "H W"],
) -> Bool[np.ndarray, "H W"]:
    """Surely skin in the photo, covered by the head, painted from the photo, off the rims."""
    colour = np.array(PROVENANCE_COLOURS[Provenance.SEEN], int)
    seen = np.abs(provenance[:, :, :3].astype(int) - colour).max(axis=2) < CLOSE_COLOUR
    mask = (drawn[:, :, 3] == 255) & seen & (skin > SURE_SKIN)
    columns = np.flatnonzero((drawn[:, :, 3] > 0).any(axis=0))
    rim = max(1, round(RIM * len(columns)))
    return cv2.erode(mask.astype(np.uint8), np.ones((2 * rim + 1, 2 * rim + 1), np.uint8)) > 0


def table(rows: list[tuple[str, TextureFidelity]]) -> str:
    """Markdown: a line per portrait, then how many pass."""
    lines = ["| portrait | PSNR dB | SSIM | cheeks dE | side light |", "|---|---|---|---|---|"]
    lines += [
        f"| {name} | {f.psnr_db:.1f} | {f.ssim:.3f} | {f.cheek_delta_e:.1f} | {f.side_light:.2f} |"
        for name, f in rows
    ]
    faithful = sum(f.faithful for _, f in rows)
    lit = [f for _, f in rows if f.side_light > STRONG_SIDE_LIGHT]
    equal = sum(f.cheek_delta_e < LARGEST_DELTA_E for f in lit)
    lines += [
        "",
        f"PSNR above {LEAST_PSNR_DB:g} dB and SSIM above {LEAST_SSIM:g}: "
        f"{faithful} of {len(rows)}.",
        f"Cheeks below {LARGEST_DELTA_E:g} where the light comes from a side: "
        f"{equal} of {len(lit)}.",
    ]
    return "\n".join(lines) + "\n"


def main(
    photos: Annotated[list[Path], typer.Argument(help="Portraits.")],
    out: Annotated[
        Path | None, typer.Option(help="Where the table goes; else it is shown.")
    ] = None,
) -> None:
    """Measure each portrait's texture."""
    rows: list[tuple[str, TextureFidelity]] = []
    parser = PortraitParser()
    with Pipeline() as pipeline, LandmarkDetector() as detector:
        for path in photos:
            try:
                portrait = load_portrait(path)
                avatar = pipeline.reconstruct(portrait)
                skin = parser.parse(portrait, detector.detect(portrait)).skin
            except CameoError as error:
                typer.echo(f"{path.name}: {error}", err=True)
                continue
            rows.append((path.stem, texture_fidelity(portrait.image, avatar, skin)))
    if out is None:
        typer.echo(table(rows))
    else:
        out.write_text(table(rows))


if __name__ == "__main__":
    typer.run(main)
