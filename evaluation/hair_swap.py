"""How long another style takes on a known head: `python -m evaluation.hair_swap ARCHIVE`.

What a server does when a user picks a style: the style from the database, aligned to the head,
grown, coloured, encoded for the viewer. Prints milliseconds, one per style, as a JSON list.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from reconstruction_backend.export import read_archive
from reconstruction_backend.hair.choice import HairChoice
from reconstruction_backend.hair.database import StyleDatabase
from reconstruction_backend.hair.wear import BareHead, dressed
from reconstruction_backend.redress import installed_head_model

STYLES = 12
"""Spread evenly over the database, so long, short, straight and curly."""


def swap_times_ms(archive: Path) -> Iterator[float]:
    """Of some styles on the head of an avatar, warm. Raises a CameoError."""
    avatar = read_archive(archive, installed_head_model)
    head = BareHead(avatar.head_model, avatar.head_model.neutral(avatar.fit.shape))
    styles = StyleDatabase.open()
    names = [entry.name for entry in styles.entries[:: max(len(styles.entries) // STYLES, 1)]]
    for name in (names[0], *names):  # the first once more: compiled code and the head's distances
        begin = time.perf_counter()
        hair = dressed(head, None, HairChoice(style=name), styles)
        if hair is not None:
            hair.for_viewer()
        yield 1e3 * (time.perf_counter() - begin)


def main() -> None:
    """Time the styles on the avatar of an archive."""
    parser = argparse.ArgumentParser(description="Time another style on a known head.")
    parser.add_argument("archive", type=Path)
    _, *warm = swap_times_ms(parser.parse_args().archive)
    sys.stdout.write(json.dumps(warm))


if __name__ == "__main__":
    main()
