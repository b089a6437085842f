"""What `models/manifest.json` says: models that are shipped, and models that others publish."""

import hashlib
import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from reconstruction_backend.errors import InvalidModel, ModelNotAvailable
from reconstruction_backend.model_store import (
    MODELS_FOLDER,
    user_model_path,
    user_models_folder,
)

MANIFEST = MODELS_FOLDER / "manifest.json"
ModelState = Literal["verified", "missing", "damaged", "not downloaded", "downloaded"]


@dataclass(frozen=True)
class ShippedModel:
    """A file beside the manifest."""

    name: str
    path: Path
    sha256: str
    size_bytes: int
    licence: str
    trained_on: str

    @property
    def state(self) -> ModelState:
        """Whether the file is there, and whole."""
        if not self.path.is_file():
            return "missing"
        return "verified" if sha256_of(self.path) == self.sha256 else "damaged"


@dataclass(frozen=True)
class PublishedFile:
    """A file on its authors' server."""

    name: str
    url: str
    sha256: str
    size_bytes: int
    licence: str
    trained_on: str


@dataclass(frozen=True)
class PublishedModel(PublishedFile):
    """A head model that is converted once it is here."""

    @property
    def state(self) -> ModelState:
        """Whether it was downloaded and converted."""
        return "downloaded" if user_model_path(self.name).is_file() else "not downloaded"


@dataclass(frozen=True)
class PublishedWeights(PublishedFile):
    """A network's file that stays as it was published; a metric may need several of one name."""

    @property
    def file(self) -> str:
        """Its name, as its authors gave it."""
        return self.url.rpartition("/")[2]

    @property
    def path(self) -> Path:
        """Where it lies or would lie. Raises ModelNotAvailable for a user without a home."""
        return user_models_folder() / "weights" / self.file

    @property
    def state(self) -> ModelState:
        """Whether it was downloaded, by its size: hashing half a gigabyte takes seconds."""
        if not self.path.is_file():
            return "not downloaded"
        return "downloaded" if self.path.stat().st_size == self.size_bytes else "damaged"


@dataclass(frozen=True)
class ModelCatalogue:
    """The whole manifest."""

    shipped: tuple[ShippedModel, ...]
    published: tuple[PublishedModel, ...]
    weights: tuple[PublishedWeights, ...] = ()
    """Of the metrics in `evaluation`."""

    def weights_of(self, name: str) -> tuple[PublishedWeights, ...]:
        """The files of a metric's network; none where the name is no such metric's."""
        return tuple(each for each in self.weights if each.name == name)

    def weights_file(self, file: str) -> PublishedWeights:
        """By the file's own name. Raises ModelNotAvailable."""
        for each in self.weights:
            if each.file == file:
                return each
        raise ModelNotAvailable(f"There are no weights {file!r} in the list of models.")

    def published_model(self, name: str) -> PublishedModel:
        """By name. Raises ModelNotAvailable."""
        for model in self.published:
            if model.name == name:
                return model
        names = dict.fromkeys(each.name for each in (*self.published, *self.weights))
        known = ", ".join(names)
        raise ModelNotAvailable(f"There is no model {name!r} to download; there is {known}.")


def load_catalogue(manifest: Path = MANIFEST) -> ModelCatalogue:
    """Read the manifest. Raises InvalidModel if it is malformed or missing."""
    try:
        document = json.loads(manifest.read_text())
        shipped = tuple(
            ShippedModel(
                entry["name"],
                manifest.parent / entry["file"],
                entry["sha256"],
                entry["size_bytes"],
                entry["licence"],
                entry["trained_on"],
            )
            for entry in document["models"]
        )
        published = tuple(
            PublishedModel(**_published_file(entry)) for entry in document["published"]
        )
        weights = tuple(
            PublishedWeights(**_published_file(entry))
            for entry in document.get("published_weights", ())
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidModel(f"The list of models at {manifest} cannot be read.") from error
    return ModelCatalogue(shipped, published, weights)


def _published_file(entry: dict[str, Any]) -> dict[str, Any]:
    return {field.name: entry[field.name] for field in fields(PublishedFile)}


def sha256_of(path: Path) -> str:
    """In hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
