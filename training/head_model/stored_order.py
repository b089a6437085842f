"""The order in which the model is stored: skin, eyes, then the mouth.

What is authored anew most often comes last, so that whatever names triangles of skin or irises by
number (the head fit's landmarks do) outlives a new mouth.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from training.head_model.template import PARTS

LAST_PARTS = ("mouth_interior", "gums", "tongue", "teeth_upper", "teeth_lower")


@dataclass(frozen=True)
class StoredOrder:
    """Permutations: `stored = built[order]`."""

    vertices: Int[np.ndarray, "V"]
    triangles: Int[np.ndarray, "F"]
    new_vertex: Int[np.ndarray, "V"]
    """Stored number of each built vertex."""
    new_triangle: Int[np.ndarray, "F"]


def stored_order(
    triangles: Int[np.ndarray, "F 3"], triangle_part: Int[np.ndarray, "F"], vertex_count: int
) -> StoredOrder:
    """Triangles of the mouth go last, and so do vertices that only they use."""
    late = np.isin(triangle_part, [PARTS.index(name) for name in LAST_PARTS])
    early_vertex = np.zeros(vertex_count, bool)
    early_vertex[triangles[~late]] = True
    by_vertex = np.argsort(~early_vertex, kind="stable")
    by_triangle = np.argsort(late, kind="stable")
    return StoredOrder(by_vertex, by_triangle, np.argsort(by_vertex), np.argsort(by_triangle))
