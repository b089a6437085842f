"""`python -m gateway.openapi`: the OpenAPI document, for the frontend's generated types."""

import json
import tempfile
from dataclasses import replace
from pathlib import Path

from gateway.application import create_application
from gateway.services import open_local_services
from gateway.settings import Settings


def openapi_text() -> str:
    """The document as committed in frontend/openapi.json."""
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(Settings(), data_dir=Path(folder))
        document = create_application(open_local_services(settings), settings).openapi()
    return json.dumps(document, indent=2) + "\n"


if __name__ == "__main__":
    print(openapi_text(), end="")
