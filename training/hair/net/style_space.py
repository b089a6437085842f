"""Write `models/hair_styles.npz`: styles that photos are compared with.

    python -m training.hair.net.style_space --grooms grooms.npz --basis DIR/basis.npz \
        --out models/hair_styles.npz

Of all drawn grooms those are kept that differ most (farthest-point sampling over their pictures).
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from jaxtyping import Float32, Int64
from tqdm import tqdm

from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.hair.hairstyle import HairGuides
from reconstruction_backend.hair.photo.head_view import VIEW_MIDDLE_M, HairView
from reconstruction_backend.hair.photo.retrieval import coarse_pictures
from reconstruction_backend.hair.photo.style_space import (
    CODE_UNIT,
    DOUBLED_UNIT,
    MASK_UNIT,
    VIEW_YAWS_RAD,
    StyleSpace,
)
from reconstruction_backend.hair.scalp import scalp_of
from reconstruction_backend.head_model import HeadModel, rotation_matrices
from reconstruction_backend.model_store import CAMEO_HEAD_NAME, head_model_path
from training.hair.net.basis import StrandBasis
from training.hair.net.grooms import Grooms
from training.hair.net.heads import FLIP, PHOTO_PX, Head
from training.hair.net.pack import GUIDE_STEP, dense_strands, drawn_view
from training.hair.net.variation import Variant

DISTANCE_M = 1.2
_STRAIGHT_ON = np.zeros(2, np.int64)
_LARGEST_CODE = 127


def camera_from(yaw_rad: float) -> PerspectiveCamera:
    """A level camera that sees the head turned by so much."""
    turn = rotation_matrices(np.array([[0, yaw_rad, 0]]))[0].astype(np.float64)
    rotation = FLIP @ turn
    translation = -rotation @ np.array(VIEW_MIDDLE_M) + [0, 0, DISTANCE_M]
    return PerspectiveCamera.centred(PHOTO_PX, PHOTO_PX, PHOTO_PX, rotation, translation)


def pictures_of(variant: Variant, head: Head) -> tuple[HairView, ...]:
    """Coarse pictures from all sides."""
    strands, there = head.strands(variant.grid), variant.grid.present
    root_uv = scalp_of(head.model).grid()[0]
    guides = HairGuides(root_uv[there], strands[there, ::GUIDE_STEP], variant.grid.wisp[there])
    dense = dense_strands(head, guides, variant.texture, 0)
    pictures: list[HairView] = []
    for yaw in VIEW_YAWS_RAD:
        drawn = drawn_view(head, dense, strands, camera_from(yaw), _STRAIGHT_ON).hair
        pictures.append(coarse_pictures(drawn.mask, drawn.doubled))
    return tuple(pictures)


def most_different(features: Float32[np.ndarray, "M F"], count: int) -> Int64[np.ndarray, "N"]:
    """Farthest-point sampling (Gonzalez 1985): each is farthest from those chosen before it."""
    chosen, far = [0], np.full(len(features), np.inf, np.float32)
    while len(chosen) < min(count, len(features)):
        far = np.minimum(far, ((features - features[chosen[-1]]) ** 2).sum(axis=1))
        chosen.append(int(far.argmax()))
    return np.array(chosen, np.int64)


def build(grooms: Grooms, basis: StrandBasis, model: HeadModel, count: int) -> StyleSpace:
    """Draw all grooms and keep `count` of them."""
    head = Head.of(model, model.template_m)
    pictures = [pictures_of(grooms.variant(index), head) for index in tqdm(range(len(grooms)))]
    mask = np.stack([[each.mask for each in views] for views in pictures])
    doubled = np.stack([[each.doubled for each in views] for views in pictures])
    features = np.concatenate([mask.reshape(len(mask), -1), doubled.reshape(len(mask), -1)], 1)
    kept = most_different(features, count)
    code = np.stack([basis.code(grooms.offsets_m[each].astype(np.float32)) for each in kept])
    return StyleSpace(
        names=tuple(f"style-{each:04d}" for each in kept),
        textures=tuple(grooms.textures[each] for each in kept),
        code=np.rint(code * CODE_UNIT).clip(-_LARGEST_CODE, _LARGEST_CODE).astype(np.int8),
        present=grooms.present[kept],
        tied=grooms.tied[kept],
        wisp=(grooms.wisp[kept] % (np.iinfo(np.uint8).max + 1)).astype(np.uint8),
        mean_m=basis.mean_m[::GUIDE_STEP],
        components_m=basis.components[:, ::GUIDE_STEP] * basis.scale_m[:, None, None],
        mask=np.rint(mask[kept] * MASK_UNIT).astype(np.uint8),
        doubled=np.rint(doubled[kept] * DOUBLED_UNIT).astype(np.int8),
    )


def main(
    grooms: Annotated[Path, typer.Option(help="What training.hair.net.grooms wrote.")],
    basis: Annotated[Path, typer.Option(help="basis.npz of the training views.")],
    out: Annotated[Path, typer.Option(help="The .npz file.")],
    count: Annotated[int, typer.Option(help="How many styles are kept.")] = 420,
    of: Annotated[int, typer.Option(help="Of so many of the grooms.")] = 1000,
) -> None:
    """Write the styles."""
    model = HeadModel.load(head_model_path(CAMEO_HEAD_NAME))
    some = Grooms.load(grooms).first(of)
    build(some, StrandBasis.load(basis), model, count).save(out)


if __name__ == "__main__":
    typer.run(main)
