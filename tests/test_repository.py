"""Promises of the repository as a whole: its manifest, its files, its set-up, its yardstick."""

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from evaluation.resnet50 import PARAMETER_COUNT, resnet50
from reconstruction_backend.model_catalogue import sha256_of

REPOSITORY = Path(__file__).resolve().parent.parent
MODELS = REPOSITORY / "models"
WEIGHT_SUFFIXES = {".npz", ".onnx", ".safetensors", ".tflite", ".pt", ".pth", ".pkl", ".bin"}
SAFE_SUFFIXES = {".npz", ".onnx", ".safetensors"}
MEGABYTE = 1_000_000

# Paths of somebody's machine, and hosts that a fresh machine may not reach or should not trust.
FOREIGN = re.compile(
    rb"/(?:home|root|Users|work|mnt|opt)/[\w.-]+"
    rb"|https?://(?:[\w.-]*\.)?(?:pypi|pythonhosted|npmjs|yarnpkg|npmmirror)\.[\w.]+"
    rb"|https?://(?:localhost|127\.0\.0\.1|10\.\d+\.\d+\.\d+):\d+/(?:simple|pypi|npm)"
)


def tracked_files() -> list[Path]:
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, check=True, capture_output=True, text=True
    )
    paths = [REPOSITORY / name for name in listing.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def manifest_entries() -> list[dict[str, object]]:
    return json.loads((MODELS / "manifest.json").read_text())["models"]


@pytest.mark.parametrize("entry", manifest_entries(), ids=lambda entry: str(entry["name"]))
def test_the_manifest_tells_the_truth(entry: dict[str, object]) -> None:
    path = MODELS / str(entry["file"])
    assert path.stat().st_size == entry["size_bytes"]
    assert sha256_of(path) == entry["sha256"]
    assert entry["licence"]
    assert entry["trained_on"]
    assert (MODELS / str(entry["card"])).is_file()


def test_every_weight_file_is_in_the_manifest_and_is_of_a_safe_format() -> None:
    weights = [path for path in tracked_files() if path.suffix in WEIGHT_SUFFIXES]
    assert {path.suffix for path in weights} <= SAFE_SUFFIXES
    shipped = {path.name for path in weights if REPOSITORY / "hair_db" not in path.parents}
    assert shipped == {entry["file"] for entry in manifest_entries()}


def test_no_tracked_file_names_a_machine_or_a_registry() -> None:
    found = {
        f"{path.relative_to(REPOSITORY)}: {match.group().decode()}"
        for path in tracked_files()
        if path.suffix not in WEIGHT_SUFFIXES
        for match in FOREIGN.finditer(path.read_bytes())
    }
    assert found == set()


def test_no_tracked_file_is_larger_than_the_head_model_may_be() -> None:
    large = [path.name for path in tracked_files() if path.stat().st_size > 25 * MEGABYTE]
    assert large == []


def test_every_direct_dependency_is_pinned() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *(name for extra in extras.values() for name in extra)]
    pinned = {
        canonical(line.partition("==")[0])
        for line in (REPOSITORY / "constraints.txt").read_text().splitlines()
        if "==" in line
    }
    assert {canonical(re.split(r"[<>=\[; ]", name)[0]) for name in wanted} <= pinned


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_only_one_opencv_is_asked_for() -> None:
    pins = (REPOSITORY / "constraints.txt").read_text().splitlines()
    assert [pin.partition("==")[0] for pin in pins if pin.startswith("opencv")] == [
        "opencv-contrib-python"
    ]


def test_the_readme_and_the_makefile_agree() -> None:
    makefile = (REPOSITORY / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    documents = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md"]
    text = "\n".join(document.read_text() for document in documents)
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE))
    assert {"avatar", "serve", "test"} <= named <= targets


def test_links_between_documents_lead_somewhere() -> None:
    broken = [
        f"{document.relative_to(REPOSITORY)}: {target}"
        for document in tracked_files()
        if document.suffix == ".md"
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text())
        if not (document.parent / target).exists()
    ]
    assert broken == []


@pytest.mark.parametrize("folder", ["frontend", "tests/gltf_validator"])
def test_the_lock_knows_the_packages_of_every_platform(folder: str) -> None:
    # a registry that lacks some of them makes npm write a lock which `npm ci` refuses elsewhere
    lock = json.loads((REPOSITORY / folder / "package-lock.json").read_text())["packages"]
    wanted = {name for entry in lock.values() for name in entry.get("optionalDependencies", {})}
    known = {path.rpartition("node_modules/")[2] for path in lock}
    assert wanted <= known


def test_the_yardstick_is_resnet50() -> None:
    assert sum(p.numel() for p in resnet50().parameters()) == PARAMETER_COUNT
