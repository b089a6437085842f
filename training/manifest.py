"""Bring `models/manifest.json` up to date with the files: `python -m training.manifest`.

Run it after a model was trained anew; it recomputes size and hash of every entry that names a file.
A new model gets its entry by hand: name, file, licence, what it was trained on, and its card.
"""

import json
import sys
from pathlib import Path

from reconstruction_backend.model_catalogue import MANIFEST, sha256_of


def update(manifest: Path) -> list[str]:
    """Rewrite the manifest with the files' sizes and hashes; return the names that changed."""
    document = json.loads(manifest.read_text())
    changed: list[str] = []
    for entry in document["models"]:
        path = manifest.parent / entry["file"]
        facts = {"sha256": sha256_of(path), "size_bytes": path.stat().st_size}
        if any(entry.get(key) != value for key, value in facts.items()):
            entry.update(facts)
            changed.append(entry["name"])
    manifest.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    return changed


if __name__ == "__main__":
    changed = update(MANIFEST)
    sys.stdout.write(f"updated: {', '.join(changed)}\n" if changed else "nothing changed\n")
