"""`cameo models`: what is here, what can be fetched, and the user's own."""

import json
import sys
from pathlib import Path

from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.model_catalogue import PublishedModel, load_catalogue
from reconstruction_backend.model_import.arkit_map import fit_coefficient_map
from reconstruction_backend.model_import.download import download
from reconstruction_backend.model_import.flame import FLAME_LICENCE, read_flame
from reconstruction_backend.model_import.gnm import read_gnm
from reconstruction_backend.model_import.npz_writer import save_head_model
from reconstruction_backend.model_store import (
    CAMEO_HEAD_NAME,
    expression_map_path,
    head_model_path,
    user_model_path,
    user_models_folder,
)

MEGABYTE = 1_000_000
FLAME = "flame"


def list_models(as_json: bool) -> None:
    """Shipped, published and added models, one line each."""
    catalogue = load_catalogue()
    rows = [
        (model.name, model.state, model.size_bytes, model.licence, model.trained_on)
        for model in (*catalogue.shipped, *catalogue.published)
    ]
    added = user_model_path(FLAME)
    if added.is_file():
        rows.append((FLAME, "added", added.stat().st_size, FLAME_LICENCE, "see its authors"))
    for name, state, size_bytes, licence, trained_on in rows:
        if as_json:
            record = {
                "name": name,
                "state": state,
                "size_bytes": size_bytes,
                "licence": licence,
                "trained_on": trained_on,
            }
            print(json.dumps(record, ensure_ascii=False))
        else:
            print(f"{name:<12} {state:<14} {size_bytes / MEGABYTE:6.1f} MB  {licence}")


def pull_model(name: str) -> None:
    """Fetch, check, convert. Raises a CameoError."""
    model = load_catalogue().published_model(name)
    fetched = download(model, user_models_folder() / "downloads", _Progress(model))
    path = user_model_path(model.name)
    save_head_model(read_gnm(fetched, _reference()), path)
    print(path)
    print(f"{model.name}: {model.licence}.", file=sys.stderr)


def add_flame(pickle_path: Path) -> None:
    """Convert the user's own FLAME, and teach it ARKit's expressions. Raises a CameoError."""
    path, reference = user_model_path(FLAME), _reference()
    save_head_model(read_flame(pickle_path, reference), path)
    flame = HeadModel.load(path)
    fit_coefficient_map(reference, flame).save(expression_map_path(FLAME), flame)
    print(path)
    print(FLAME_LICENCE, file=sys.stderr)


def _reference() -> HeadModel:
    return HeadModel.load(head_model_path(CAMEO_HEAD_NAME))


class _Progress:
    """Prints every tenth of a download on standard error."""

    def __init__(self, model: PublishedModel) -> None:
        self._model = model
        self._tenths = 0

    def __call__(self, have_bytes: int) -> None:
        tenths = 10 * have_bytes // self._model.size_bytes
        if tenths > self._tenths:
            self._tenths = tenths
            print(f"{self._model.name}: {tenths}0 %", file=sys.stderr)
