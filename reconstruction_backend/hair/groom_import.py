"""A groom from a file as a style of the user's own: fitted, rooted in our scalp, kept."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int32
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from reconstruction_backend.errors import InvalidOption, OutputNotWritable, reason_of
from reconstruction_backend.hair.alignment import push_out, rooted
from reconstruction_backend.hair.choice import (
    FROM_PHOTO,
    LONGEST_STYLE_NAME,
    NO_HAIR,
    STYLE_PATTERN,
)
from reconstruction_backend.hair.database import (
    GUIDES_SUFFIX,
    INDEX,
    LONGEST_TITLE,
    THUMBNAIL_SUFFIX,
    StyleAttributes,
    StyleDatabase,
    StyleEntry,
    StyleIndex,
    read_index,
)
from reconstruction_backend.hair.formats.conversion import strands_of
from reconstruction_backend.hair.formats.polylines import Polylines
from reconstruction_backend.hair.groom_fit import FittedPlacement, fit_groom, scalp_samples
from reconstruction_backend.hair.guide_file import encode_guides
from reconstruction_backend.hair.hairstyle import HairGuides, Hairstyle, StrandTexture
from reconstruction_backend.hair.resample import lengths_m
from reconstruction_backend.hair.scalp import scalp_of
from reconstruction_backend.hair.skin_distance import SkinDistance
from reconstruction_backend.hair.texture_record import TextureRecord
from reconstruction_backend.head_model import HeadModel

MOST_GUIDES, POINTS = 2_000, 32
_STRANDS = (12_000, 30_000)
_TEXTURE = StrandTexture(clump=0.15, frizz_m=0.0002, flyaways=0.02, length_spread=0.04)
"""A groom brings its own clumps and curls in its guides."""
_NEIGHBOURS, _SAME_WAY = 6, 0.5
"""Neighbours whose early directions differ by more than 60 degrees lie across a parting."""
_EARLY = 0.35
_SHORT_M, _MEDIUM_M = 0.06, 0.18


@dataclass(frozen=True, eq=False)
class ImportedStyle:
    """A style made of a file, and how the file was understood."""

    style: Hairstyle
    placement: FittedPlacement


def style_of_groom(
    lines: Polylines, name: str, model: HeadModel, metres_per_unit: float | None = None
) -> ImportedStyle:
    """The groom on the model's mean head; its unit is found where it is not given.

    Roots move to the nearest points of the scalp, and what enters the skin is pushed out. Raises
    InvalidGroom where it is no groom of a head.
    """
    fitted = fit_groom(lines, model, metres_per_unit)
    strands = strands_of(lines, fitted.placement, POINTS)
    chosen = np.random.default_rng(0).permutation(strands.count)[:MOST_GUIDES]
    points = strands.points_m[np.sort(chosen)]
    samples = scalp_samples(model)
    on_scalp = model.surface_points(samples, model.template_m).astype(np.float32)
    nearest = KDTree(on_scalp).query(points[:, 0])[1]
    root_uv = scalp_of(model).coordinates(samples)[nearest]
    points = rooted(points, on_scalp[nearest])
    points = push_out(points, SkinDistance.of(model, model.template_m))
    guides = HairGuides(root_uv, points, _wisps(points))
    wanted = int(np.clip(lines.count, *_STRANDS))
    return ImportedStyle(Hairstyle(name, guides, replace(_TEXTURE, strands=wanted)), fitted)


def check_new_style(name: str, title: str) -> None:
    """Raises InvalidOption for what no style of the user's own can be called."""
    if not re.fullmatch(STYLE_PATTERN, name) or len(name) > LONGEST_STYLE_NAME:
        raise InvalidOption(
            f"A hairstyle's name has up to {LONGEST_STYLE_NAME} lower-case letters and digits, "
            f"with hyphens between them; {name!r} does not, so give another --name."
        )
    if name in (FROM_PHOTO, NO_HAIR):
        raise InvalidOption(f"{name!r} already means something else; give another --name.")
    if name in StyleDatabase.shipped().folders:
        raise InvalidOption(f"There is a shipped hairstyle {name!r}; give another --name.")
    if len(title) > LONGEST_TITLE:
        raise InvalidOption(f"A hairstyle's title has at most {LONGEST_TITLE} letters.")


def keep_style(
    style: Hairstyle,
    title: str,
    folder: Path,
    thumbnail: bytes,
    write: Callable[[Path, bytes], None],
) -> Path:
    """Add a style to a folder of the user's own; gives the path of its guides.

    `write` puts bytes into a file, whole or not at all. Raises OutputNotWritable, and
    InvalidOption as `check_new_style` does.
    """
    check_new_style(style.name, title)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputNotWritable(f"Cannot make the folder {folder}: {reason_of(error)}.") from error
    data = encode_guides(style.guides)
    entry = StyleEntry(
        name=style.name,
        title=title,
        attributes=_attributes(style.guides),
        strand_texture=TextureRecord.of(style.texture),
        guides_sha256=hashlib.sha256(data).hexdigest(),
    )
    others = [known for known in read_index(folder).styles if known.name != style.name]
    path = folder / f"{style.name}{GUIDES_SUFFIX}"
    write(path, data)
    write(folder / f"{style.name}{THUMBNAIL_SUFFIX}", thumbnail)
    index = StyleIndex(styles=(*others, entry)).model_dump_json(indent=1)
    write(folder / INDEX, index.encode())
    return path


def _attributes(guides: HairGuides) -> StyleAttributes:
    median = float(np.median(lengths_m(guides.points_m)))
    words = ("short", "medium", "long")
    length = words[int(median > _SHORT_M) + int(median > _MEDIUM_M)]
    return StyleAttributes(length=length, texture="as groomed", categories=("imported",))


def _wisps(points_m: Float32[np.ndarray, "G P 3"]) -> Int32[np.ndarray, "G"]:
    """Neighbours that leave the scalp the same way belong together."""
    count, early = len(points_m), max(1, round(_EARLY * (points_m.shape[1] - 1)))
    way = points_m[:, early] - points_m[:, 0]
    way /= np.maximum(np.linalg.norm(way, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    k = min(_NEIGHBOURS + 1, count)
    near = KDTree(points_m[:, 0]).query(points_m[:, 0], k=k)[1].reshape(count, k)
    same = np.einsum("gd,gkd->gk", way, way[near]) > _SAME_WAY
    here = np.repeat(np.arange(count), k)[same.ravel()]
    links = coo_matrix((np.ones(len(here)), (here, near.ravel()[same.ravel()])), (count, count))
    return connected_components(links, directed=False)[1].astype(np.int32)
