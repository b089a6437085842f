"""What `models/manifest.json` says: models that are shipped, and models that others publish."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from reconstruction_backend.errors import InvalidModel, ModelNotAvailable
from reconstruction_backend.model_store import MODELS_FOLDER, user_model_path

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
class PublishedModel:
    """A file on its authors' server, and what it becomes here."""

    name: str
    url: str
    sha256: str
    size_bytes: int
    licence: str
    trained_on: str

    @property
    def state(self) -> ModelState:
        """Whether it was downloaded and converted."""
        return "downloaded" if user_model_path(self.name).is_file() else "not downloaded"


@dataclass(frozen=True)
class ModelCatalogue:
    """The whole manifest."""

    shipped: tuple[ShippedModel, ...]
    published: tuple[PublishedModel, ...]

    def published_model(self, name: str) -> PublishedModel:
        """By name. Raises ModelNotAvailable."""
        for model in self.published:
            if model.name == name:
                return model
        known = ", ".join(model.name for model in self.published)
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
            PublishedModel(
                entry["name"],
                entry["url"],
                entry["sha256"],
                entry["size_bytes"],
                entry["licence"],
                entry["trained_on"],
            )
            for entry in document["published"]
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidModel(f"The list of models at {manifest} cannot be read.") from error
    return ModelCatalogue(shipped, published)


def sha256_of(path: Path) -> str:
    """In hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
