"""How much light reaches the inside of an open mouth: for textures, as most viewers cast no rays.

The share of a cosine-weighted hemisphere from which the surroundings can be seen past lips, teeth
and cheeks, averaged over some ways of opening the mouth.
"""

import numpy as np
from jaxtyping import Float, Int

from reconstruction_backend.rendering.occlusion import sphere_directions
from reconstruction_backend.rendering.ray_scene import RayScene
from reconstruction_backend.tangents import vertex_normals
from training.head_model.data import ARKIT_NAMES

OPENINGS: tuple[dict[str, float], ...] = (
    {"jawOpen": 0.5, "mouthUpperUp": 0.6, "mouthLowerDown": 0.6},
    {"jawOpen": 0.25, "mouthSmile": 0.9, "mouthUpperUp": 0.5, "mouthLowerDown": 0.5},
    {"jawOpen": 0.9, "mouthUpperUp": 0.4, "mouthSmile": 0.5},
)
"""Weights by ARKit's names, both sides alike."""
DIRECTIONS = 400
ORIGIN_OFFSET_M = 2e-4
BATCH = 1000
"""Vertices at a time."""


def mouth_light(
    rest_m: Float[np.ndarray, "V 3"],
    fields_m: Float[np.ndarray, "E V 3"],
    triangles: Int[np.ndarray, "F 3"],
    inner: Int[np.ndarray, "K 3"],
) -> Float[np.ndarray, "V"]:
    """Shares in [0, 1], the best lit vertex at 1; 0 for vertices that no triangle of `inner` has.

    `fields_m` are the data's displacements, the jaw's motion included.
    """
    vertices = np.unique(inner)
    total = np.zeros(len(vertices))
    for opening in OPENINGS:
        weights = np.array([_weight(name, opening) for name in ARKIT_NAMES])
        total += _seen_share(rest_m + np.tensordot(weights, fields_m, 1), triangles, vertices)
    share = np.zeros(len(rest_m))
    share[vertices] = total / total.max()
    return share


def _weight(name: str, opening: dict[str, float]) -> float:
    return opening.get(name.removesuffix("Left").removesuffix("Right"), 0.0)


def _seen_share(
    posed_m: Float[np.ndarray, "V 3"],
    triangles: Int[np.ndarray, "F 3"],
    vertices: Int[np.ndarray, "K"],
) -> Float[np.ndarray, "K"]:
    scene = RayScene(posed_m, triangles)
    normals = vertex_normals(posed_m.astype(np.float32), triangles.astype(np.int32))
    directions = sphere_directions(DIRECTIONS)
    share = np.zeros(len(vertices))
    for first in range(0, len(vertices), BATCH):
        batch = vertices[first : first + BATCH]
        cosine = np.maximum(normals[batch] @ directions.T, 0)
        row, column = np.nonzero(cosine)
        origins = posed_m[batch] + ORIGIN_OFFSET_M * normals[batch]
        free = ~scene.occluded(origins[row], directions[column])
        seen = np.bincount(row, cosine[row, column] * free, minlength=len(batch))
        share[first : first + BATCH] = seen / np.maximum(cosine.sum(1), 1e-6)
    return share
