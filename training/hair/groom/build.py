"""Build the database of hairstyles: `python -m training.hair.groom.build --out hair_db`.

Every file comes out the same each time: index, guides and thumbnails.
"""

import hashlib
import sys
from argparse import ArgumentParser
from pathlib import Path

from reconstruction_backend.hair.database import (
    GUIDES_SUFFIX,
    INDEX,
    THUMBNAIL_SUFFIX,
    StyleEntry,
    StyleIndex,
)
from reconstruction_backend.hair.guide_file import decode_guides, encode_guides
from reconstruction_backend.hair.hairstyle import Hairstyle
from reconstruction_backend.hair.texture_record import TextureRecord
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.model_store import CAMEO_HEAD
from training.hair.groom.attributes import attributes
from training.hair.groom.generate import generate
from training.hair.groom.shipped import SHIPPED, Shipped
from training.hair.groom.thumbnail import thumbnail


def build(out: Path, model: HeadModel, only: frozenset[str], pictures: bool) -> None:
    """Write the index and every style's files; `only` limits whose files are written."""
    out.mkdir(parents=True, exist_ok=True)
    entries: list[StyleEntry] = []
    for shipped in SHIPPED:
        style = generate(shipped.style, model)
        data = encode_guides(style.guides)
        entries.append(_entry(shipped, style, data))
        if only and style.name not in only:
            continue
        out.joinpath(style.name + GUIDES_SUFFIX).write_bytes(data)
        if pictures:
            seen = Hairstyle(style.name, decode_guides(data), style.texture)
            picture = thumbnail(seen, shipped.colour, model, shipped.from_behind)
            out.joinpath(style.name + THUMBNAIL_SUFFIX).write_bytes(picture)
        sys.stdout.write(f"{style.name}: {style.guides.count} guides, {len(data)} bytes\n")
    index = StyleIndex(head_model=model.name, styles=tuple(entries))
    out.joinpath(INDEX).write_text(index.model_dump_json(indent=1) + "\n")


def _entry(shipped: Shipped, style: Hairstyle, data: bytes) -> StyleEntry:
    return StyleEntry(
        name=style.name,
        title=shipped.title,
        attributes=attributes(shipped.style, style, shipped.categories),
        strand_texture=TextureRecord.of(style.texture),
        guides_sha256=hashlib.sha256(data).hexdigest(),
    )


def main() -> None:
    """Read the command line and build."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the folder to write")
    parser.add_argument("--only", nargs="*", default=[], help="names whose files to write")
    parser.add_argument("--no-pictures", action="store_true", help="leave thumbnails as they are")
    options = parser.parse_args()
    model = HeadModel.load(CAMEO_HEAD)
    build(options.out, model, frozenset(options.only), not options.no_pictures)


if __name__ == "__main__":
    main()
