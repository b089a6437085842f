"""`python -m gateway.openapi`: what the frontend's types are generated from.

The application's OpenAPI document, with the schema of avatar.json added: the web process hands that
file on without reading it, but the page reads it.
"""

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from gateway.application import create_application
from gateway.services import open_local_services
from gateway.settings import Settings
from reconstruction_backend.export.manifest import Manifest

SCHEMAS = "#/components/schemas/"


def openapi_text() -> str:
    """The document as committed in frontend/openapi.json."""
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(Settings(), data_dir=Path(folder))
        document = create_application(open_local_services(settings), settings).openapi()
    document["components"]["schemas"].update(_manifest_schemas())
    return json.dumps(document, indent=2) + "\n"


def _manifest_schemas() -> dict[str, Any]:
    schema = Manifest.model_json_schema(mode="serialization", ref_template=SCHEMAS + "{model}")
    return {**schema.pop("$defs"), Manifest.__name__: schema}


if __name__ == "__main__":
    print(openapi_text(), end="")
