"""The head cut into the meshes that an engine shows or hides one by one."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float32, Int32

from reconstruction_backend.errors import InvalidModel
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.tangents import split_at_seams

SURFACE_PARTS = {
    "head": ("skin",),
    "mouth": ("mouth_interior", "gums", "tongue"),
    "teeth": ("teeth_upper", "teeth_lower"),
    "eyes": ("eyeball_left", "eyeball_right"),
    "corneas": ("cornea_left", "cornea_right"),
}
"""Which parts of the model each exported mesh holds, in order."""


@dataclass(frozen=True)
class Surface:
    """Some parts of the model as one mesh, its vertices doubled at the seams of the atlas."""

    name: str
    """A key of SURFACE_PARTS; the mesh, its node and its material are called so."""
    vertex: Int32[np.ndarray, "R"]
    """The model's vertex of each exported vertex; morph targets and skinning follow it."""
    uv: Float32[np.ndarray, "R 2"]
    triangles: Int32[np.ndarray, "F 3"]
    """Indices into the exported vertices."""


@lru_cache(maxsize=2)
def surfaces_of(model: HeadModel) -> tuple[Surface, ...]:
    """Every triangle of the model in exactly one surface; kept for the next avatar.

    Raises InvalidModel for unknown parts.
    """
    known = {part for parts in SURFACE_PARTS.values() for part in parts}
    unknown = [part for part in model.part_names if part not in known]
    if unknown:
        raise InvalidModel(f"{model.name} has parts that no surface shows: {', '.join(unknown)}.")
    cut = (_surface(model, name, parts) for name, parts in SURFACE_PARTS.items())
    return tuple(surface for surface in cut if len(surface.triangles))


def surface_of_part(part: str) -> str:
    """The surface that shows a part of the model."""
    return next(name for name, parts in SURFACE_PARTS.items() if part in parts)


def _surface(model: HeadModel, name: str, parts: tuple[str, ...]) -> Surface:
    chosen = model.part_triangles(*parts)
    split = split_at_seams(model.triangles[chosen], model.triangles_uv[chosen])
    return Surface(name, split.vertex, model.uv[split.texcoord], split.triangles)
