"""`cameo hair`: which styles there are, how they look, the user's own, and other hair for keeps."""

import json
import sys
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from reconstruction_backend.cli.outputs import check_outputs
from reconstruction_backend.errors import InvalidOption
from reconstruction_backend.export import encode_png, write_file
from reconstruction_backend.export.images import encode_webp
from reconstruction_backend.export.strand_files import write_strands
from reconstruction_backend.hair.choice import HairChoice
from reconstruction_backend.hair.database import StyleDatabase
from reconstruction_backend.hair.formats.conversion import polylines_of
from reconstruction_backend.hair.formats.files import GROOM_FORMATS, read_strands
from reconstruction_backend.hair.hair import Hair, hair_of_style
from reconstruction_backend.hair.wear import USUAL_COLOUR, BareHead, dressed
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.model_store import CAMEO_HEAD_NAME, head_model_path, user_hair_folder
from reconstruction_backend.redress import rewrite_archive

PICTURE_SUFFIX = ".png"
_PICTURE_PX, _THUMBNAIL_PX, _YAW_DEG = 768, 320, 28.0
_BACKGROUND = 232
"""Grey behind a thumbnail."""


def list_styles(as_json: bool) -> None:
    """One line per style, the shipped ones first."""
    for entry in StyleDatabase.open().entries:
        attributes = entry.attributes
        if as_json:
            print(json.dumps({"name": entry.name, "title": entry.title, **attributes.model_dump()}))
        else:
            print(
                f"{entry.name:<28} {attributes.length:<10} {attributes.texture:<10} {entry.title}"
            )


def show_style(name: str, out: Path, choice: HairChoice) -> None:
    """A style on the mean head: its picture, or its strands. Raises a CameoError."""
    known = (PICTURE_SUFFIX, *GROOM_FORMATS)
    if out.suffix.lower() not in known:
        raise InvalidOption(f"A style is written as {', '.join(known)}, not {out.suffix!r}.")
    check_outputs([out], [])
    model = HeadModel.load(head_model_path(CAMEO_HEAD_NAME))
    head = BareHead(model, model.template_m)
    hair = dressed(head, None, HairChoice(name, choice.colour, choice.edit), StyleDatabase.open())
    if hair is None:
        raise InvalidOption("There is nothing to show of no hair.")
    if out.suffix.lower() == PICTURE_SUFFIX:
        write_file(out, encode_png(_picture(hair, _PICTURE_PX)))
    else:
        write_strands(out, polylines_of(hair.strands()))


def import_groom(file: Path, name: str | None, title: str | None, unit_m: float | None) -> None:
    """Keep a groom of the user's own as a style. Raises a CameoError."""
    if unit_m is not None and not 0 < unit_m < float("inf"):
        raise InvalidOption("The unit must be a number of metres above zero.")
    from reconstruction_backend.hair.groom_import import (
        check_new_style,
        keep_style,
        style_of_groom,
    )

    name, title = name or _name_of(file), title or file.stem
    check_new_style(name, title)
    model = HeadModel.load(head_model_path(CAMEO_HEAD_NAME))
    imported = style_of_groom(read_strands(file), name, model, unit_m)
    style = imported.style
    hair = hair_of_style(style, model, model.template_m, USUAL_COLOUR)
    picture = encode_webp(_picture(hair, _THUMBNAIL_PX), _BACKGROUND)
    print(keep_style(style, title, user_hair_folder(), picture, write_file))
    print(imported.placement.sentence, file=sys.stderr)


def wear(archive: Path, out: Path, choice: HairChoice) -> None:
    """The avatar of an archive with other hair, as another archive. Raises a CameoError."""
    check_outputs([out], [archive])
    rewrite_archive(archive, out, None, hair=choice)
    print(out)


def _picture(hair: Hair, size_px: int) -> UInt8[np.ndarray, "H W 4"]:
    """On a clay head, three quarters."""
    from reconstruction_backend.rendering.render import render_strands
    from reconstruction_backend.rendering.views import framed_vertices, orbit_camera

    framed = framed_vertices(hair.model, hair.neutral_m)
    camera = orbit_camera(framed, _YAW_DEG, 0.0, size_px, hair.guides.points_m)
    return render_strands(hair.strands(), hair.model, hair.neutral_m, camera)


def _name_of(file: Path) -> str:
    """A style's name from a file's: lower case, hyphens."""
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in file.stem.lower()).split()
    return "-".join(words) or "groom"
