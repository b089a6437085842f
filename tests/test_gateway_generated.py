"""Files of the page that are generated from Python: committed as they would be generated now."""

from pathlib import Path

from gateway.openapi import openapi_text
from gateway.page_hair_colours import page_hair_colours_text
from gateway.page_materials import page_materials_text

FRONTEND = Path(__file__).parent.parent / "frontend"


def test_the_committed_openapi_document_is_current() -> None:
    committed = FRONTEND / "openapi.json"
    assert committed.read_text() == openapi_text(), "run `npm run generate` in frontend/"


def test_the_page_takes_its_materials_from_the_renderer() -> None:
    committed = FRONTEND / "src" / "scene" / "materials.ts"
    assert committed.read_text() == page_materials_text(), "run `npm run generate` in frontend/"


def test_the_page_takes_its_hair_colours_from_the_melanin_model() -> None:
    committed = FRONTEND / "src" / "scene" / "hairColours.ts"
    assert committed.read_text() == page_hair_colours_text(), "run `npm run generate` in frontend/"
