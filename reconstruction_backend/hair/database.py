"""The database of hairstyles: what there is to try on, and each style's guides.

A folder with `index.json` and, per style, `<name>.npz` (guides) and `<name>.webp` (thumbnail).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reconstruction_backend.errors import EX_USAGE, CameoError, ModelNotAvailable, reason_of
from reconstruction_backend.hair.choice import LONGEST_STYLE_NAME, STYLE_PATTERN
from reconstruction_backend.hair.guide_file import InvalidStyle, decode_guides
from reconstruction_backend.hair.hairstyle import Hairstyle
from reconstruction_backend.hair.texture_record import TextureRecord
from reconstruction_backend.model_store import CAMEO_HEAD_NAME, HAIR_DATABASE, user_hair_folder

INDEX, GUIDES_SUFFIX, THUMBNAIL_SUFFIX = "index.json", ".npz", ".webp"
FORMAT_VERSION = 1
_CONFIG = ConfigDict(frozen=True, allow_inf_nan=False, extra="ignore")
_Name = Annotated[str, Field(pattern=STYLE_PATTERN, max_length=LONGEST_STYLE_NAME)]
_Word = Annotated[str, Field(max_length=100)]
LONGEST_TITLE = 200


class UnknownStyle(CameoError):
    """A hairstyle is named that the database does not have."""

    code = "unknown_style"
    exit_code = EX_USAGE


class StyleAttributes(BaseModel):
    """What tells styles apart, in words."""

    model_config = _CONFIG

    length: _Word
    texture: _Word
    parting: _Word = "none"
    fringe: _Word = "none"
    volume: _Word = "medium"
    categories: tuple[_Word, ...] = ()
    """Families to browse by: `short`, `afro`, `tied` and the like; none is of one gender."""


class StyleEntry(BaseModel):
    """A style as the index lists it."""

    model_config = _CONFIG

    name: _Name
    title: Annotated[str, Field(max_length=LONGEST_TITLE)]
    attributes: StyleAttributes
    strand_texture: TextureRecord
    guides_sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    """Of the file of guides."""


class StyleIndex(BaseModel):
    """The whole of `index.json`."""

    model_config = _CONFIG

    format_version: Literal[1] = FORMAT_VERSION
    head_model: _Word = CAMEO_HEAD_NAME
    """The model on whose mean head the styles are made."""
    styles: tuple[StyleEntry, ...] = ()


@dataclass(frozen=True)
class StyleDatabase:
    """Styles of one folder or more; guides are read when they are asked for."""

    folders: Mapping[str, Path]
    """Where each style's files lie, by name."""
    entries: tuple[StyleEntry, ...]
    """In the order of the indices."""

    @classmethod
    def open(cls, folder: Path | None = None) -> "StyleDatabase":
        """The shipped styles and those that the user added, or those of one folder.

        A folder without an index has no styles. Raises InvalidStyle for an index that cannot be
        read.
        """
        folders = [folder] if folder is not None else _usual_folders()
        found: dict[str, tuple[Path, StyleEntry]] = {}
        for place in folders:
            for entry in read_index(place).styles:
                found.setdefault(entry.name, (place, entry))
        return cls(
            {name: place for name, (place, _) in found.items()},
            tuple(entry for _, entry in found.values()),
        )

    @classmethod
    def shipped(cls) -> "StyleDatabase":
        """Without what the user added. Raises InvalidStyle."""
        return cls.open(HAIR_DATABASE)

    def entry(self, name: str) -> StyleEntry:
        """A style by name. Raises UnknownStyle."""
        for entry in self.entries:
            if entry.name == name:
                return entry
        raise UnknownStyle(f"There is no hairstyle {name!r}; `cameo hair list` shows all.")

    def load(self, name: str) -> Hairstyle:
        """The style itself. Raises UnknownStyle or InvalidStyle."""
        entry = self.entry(name)
        data = self._read(name, GUIDES_SUFFIX)
        if hashlib.sha256(data).hexdigest() != entry.guides_sha256:
            raise InvalidStyle(f"The guides of the hairstyle {name!r} are not those of the index.")
        return Hairstyle(name, decode_guides(data), entry.strand_texture.texture())

    def thumbnail(self, name: str) -> bytes:
        """Its picture, a WebP. Raises UnknownStyle or InvalidStyle."""
        return self._read(self.entry(name).name, THUMBNAIL_SUFFIX)

    def _read(self, name: str, suffix: str) -> bytes:
        path = self.folders[name] / f"{name}{suffix}"
        try:
            return path.read_bytes()
        except OSError as error:
            raise InvalidStyle(f"Cannot read {path}: {reason_of(error)}.") from error


def read_index(folder: Path) -> StyleIndex:
    """The index of a folder, empty where there is none. Raises InvalidStyle."""
    path = folder / INDEX
    try:
        return StyleIndex.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return StyleIndex()
    except OSError as error:
        raise InvalidStyle(f"Cannot read {path}: {reason_of(error)}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        raise InvalidStyle(f"{path} has a wrong {place}: {first['msg'].lower()}.") from error


def _usual_folders() -> list[Path]:
    try:
        return [HAIR_DATABASE, user_hair_folder()]
    except ModelNotAvailable:  # nobody without a home has added any
        return [HAIR_DATABASE]
