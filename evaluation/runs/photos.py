"""Which photos a run measures, in which order."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reconstruction_backend.errors import CameoError, InputNotFound, InvalidOption
from reconstruction_backend.portrait import read_photo

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".heic")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
NAME_LENGTH = 60
UNREADABLE = "-"


@dataclass(frozen=True)
class PhotoFile:
    """A photo by its path and content."""

    path: Path
    sha256: str
    """`-` where it cannot be read."""

    @property
    def key(self) -> tuple[str, str]:
        """As records are found by."""
        return str(self.path), self.sha256

    @property
    def name(self) -> str:
        """For files about it: readable, safe, and its own among photos of one name."""
        stem = _UNSAFE.sub("_", self.path.stem)[:NAME_LENGTH]
        return f"{stem}-{hashlib.sha256(repr(self.key).encode()).hexdigest()[:8]}"


def find_photos(named: Sequence[Path], sample: int | None) -> tuple[PhotoFile, ...]:
    """Files as named, folders' photos by name; each once. Raises InputNotFound, InvalidOption.

    `sample` of them, evenly spread over that order, so that the same ones are taken each time.
    """
    paths: dict[Path, None] = {}
    for path in named:
        if path.is_dir():
            inside = sorted(each for each in path.iterdir() if each.suffix.lower() in SUFFIXES)
            if not inside:
                raise InputNotFound(f"{path} holds no photos.")
            paths |= dict.fromkeys(inside)
        else:
            paths[path] = None
    chosen = list(paths)
    if sample is not None:
        if sample < 1:
            raise InvalidOption("A sample must hold at least one photo.")
        places = np.linspace(0, len(chosen) - 1, min(sample, len(chosen)))
        chosen = [chosen[i] for i in np.rint(places).astype(int)]
    return tuple(PhotoFile(path, _sha256(path)) for path in chosen)


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(read_photo(path)).hexdigest()
    except CameoError:  # told when its turn comes
        return UNREADABLE
