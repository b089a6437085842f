"""What figures depend on: so that one run never mixes two versions of the code."""

import hashlib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import evaluation
import reconstruction_backend
from reconstruction_backend.model_catalogue import MANIFEST

MEASURING = ("face_alignment.py", "image_metrics.py", "perceptual", "portraits", "hair")
"""Parts of `evaluation` that a figure depends on; the rest sums up and draws."""


def code_sha256() -> str:
    """Of the library, of what measures, and of the list of models with their hashes."""
    folder = Path(evaluation.__file__).parent
    sources = sorted(Path(reconstruction_backend.__file__).parent.rglob("*.py"))
    for name in MEASURING:
        path = folder / name
        sources += sorted(path.rglob("*.py")) if path.is_dir() else [path]
    digest = hashlib.sha256()
    for path in (*sources, MANIFEST):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def package_version() -> str:
    """As installed."""
    try:
        return version("cameo-avatar")
    except PackageNotFoundError:
        return "not installed"
