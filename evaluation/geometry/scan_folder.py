"""A folder of scans: what lies in it, and how it is read."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import trimesh
from jaxtyping import Float

from evaluation.geometry.now_protocol import LANDMARKS, Face
from evaluation.runs.photos import SUFFIXES
from reconstruction_backend.errors import CameoError, InputNotFound

MESH_SUFFIXES = (".obj", ".ply", ".stl")
SCAN, LANDMARK_FILE = "scan", "landmarks.txt"
MESH, MESH_LANDMARK_FILE = "mesh", "mesh_landmarks.txt"
MM_PER = {"mm": 1.0, "cm": 10.0, "m": 1000.0}


class InvalidScan(CameoError):
    """A scan, a mesh or its landmarks cannot be read."""

    code = "invalid_scan"
    exit_code = 65


@dataclass(frozen=True)
class ScannedPerson:
    """One person's folder."""

    name: str
    scan: Path
    landmarks: Path
    photos: tuple[Path, ...]
    mesh: Path | None
    """A head that was made elsewhere, instead of photos."""


def find_people(folder: Path) -> tuple[ScannedPerson, ...]:
    """Every folder that holds a scan. Raises InputNotFound."""
    if not folder.is_dir():
        raise InputNotFound(f"There is no folder {folder}.")
    people = [_person(each) for each in sorted(folder.iterdir()) if each.is_dir()]
    found = tuple(each for each in people if each is not None)
    if not found:
        raise InputNotFound(f"{folder} holds no folder with a {SCAN} and its {LANDMARK_FILE}.")
    return found


def read_face(mesh: Path, landmarks: Path, unit: str) -> Face:
    """In millimetres. Raises InvalidScan."""
    try:
        loaded = trimesh.load(mesh, process=False, force="mesh")
    except Exception as error:  # trimesh's readers raise nearly anything
        raise InvalidScan(f"{mesh} cannot be read as a mesh.") from error
    if not isinstance(loaded, trimesh.Trimesh) or len(loaded.faces) == 0:
        raise InvalidScan(f"{mesh} holds no triangles.")
    scale = MM_PER[unit]
    points = read_landmarks(landmarks) * scale
    return Face(np.asarray(loaded.vertices) * scale, np.asarray(loaded.faces), points)


def read_landmarks(path: Path) -> Float[np.ndarray, "7 3"]:
    """Seven lines of x y z, in the order of the protocol. Raises InvalidScan."""
    try:
        rows = [line.split() for line in path.read_text("ascii").splitlines() if line.strip()]
        points = np.array(rows, np.float64)
    except (OSError, ValueError) as error:
        raise InvalidScan(f"{path} cannot be read as points.") from error
    if points.shape != (len(LANDMARKS), 3) or not np.isfinite(points).all():
        raise InvalidScan(f"{path} must hold {len(LANDMARKS)} lines of x y z.")
    return points


def _person(folder: Path) -> ScannedPerson | None:
    scan, landmarks = _mesh_named(folder, SCAN), folder / LANDMARK_FILE
    if scan is None or not landmarks.is_file():
        return None
    photos = [
        each
        for place in (folder, folder / "photos")
        if place.is_dir()
        for each in sorted(place.iterdir())
        if each.suffix.lower() in SUFFIXES
    ]
    return ScannedPerson(folder.name, scan, landmarks, tuple(photos), _mesh_named(folder, MESH))


def _mesh_named(folder: Path, name: str) -> Path | None:
    paths = [folder / f"{name}{suffix}" for suffix in MESH_SUFFIXES]
    return next((path for path in paths if path.is_file()), None)
