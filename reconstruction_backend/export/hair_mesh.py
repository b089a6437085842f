"""Hair in the glTF document: one mesh a level of detail, bound to the skull."""

from collections.abc import Sequence

import numpy as np

from reconstruction_backend.avatar import Avatar
from reconstruction_backend.export.gltf_buffer import Json
from reconstruction_backend.export.hair_ribbons import HairBands, hair_levels
from reconstruction_backend.export.skeleton import vertex_influences
from reconstruction_backend.export.vertex_formats import VertexFormat

HAIR_NODE = "hair"
LEVELS_EXTENSION = "MSFT_lod"
"""Optional: to a reader that does not know it, hair has its finest level."""
SCREEN_SHARES = (0.35, 0.12, 0.0)
"""How high on the screen hair is at least for each level."""


def hair_meshes(
    avatar: Avatar, triangles: int, material: int, vertex_format: VertexFormat
) -> list[Json]:
    """Meshes `hair`, `hair_lod1` and so on, or none for a bald head."""
    if avatar.hair is None or triangles == 0:
        return []
    model = avatar.head_model
    scalp = np.isfinite(model.scalp_uv).all(axis=1)
    carried = model.skinning_weights[scalp].mean(axis=0)
    levels = hair_levels(avatar.hair, triangles)
    names = [HAIR_NODE, *(f"{HAIR_NODE}_lod{i}" for i in range(1, len(levels)))]
    return [
        _mesh(name, bands, carried, material, vertex_format)
        for name, bands in zip(names, levels, strict=True)
    ]


def level_nodes(
    meshes: Sequence[Json], first_mesh: int, first_node: int
) -> tuple[Json, list[Json]]:
    """The finest level's node, and those of the others, which no scene holds.

    `first_mesh` and `first_node` are the places of the first mesh, and of the second level's node,
    in the document.
    """
    nodes = [
        {"name": mesh["name"], "mesh": first_mesh + i, "skin": 0} for i, mesh in enumerate(meshes)
    ]
    others = list(range(first_node, first_node + len(nodes) - 1))
    finest: Json = {
        **nodes[0],
        "extensions": {LEVELS_EXTENSION: {"ids": others}},
        "extras": {"MSFT_screencoverage": list(SCREEN_SHARES)},
    }
    return finest, nodes[1:]


def _mesh(
    name: str,
    bands: HairBands,
    carried: np.ndarray,
    material: int,
    vertex_format: VertexFormat,
) -> Json:
    buffer, count = vertex_format.buffer, len(bands.points_m)
    influences = vertex_influences(np.broadcast_to(carried, (count, len(carried))))
    attributes: Json = {
        "POSITION": vertex_format.position(bands.points_m),
        "NORMAL": vertex_format.normal(bands.normals),
        "TANGENT": vertex_format.tangent(bands.tangents),
        "TEXCOORD_0": vertex_format.texcoord(bands.uv),
        "COLOR_0": buffer.add_attribute(bands.color, normalized=True),
        "JOINTS_0": buffer.add_attribute(influences.joints),
        "WEIGHTS_0": buffer.add_attribute(influences.weights, normalized=True),
    }
    triangles = buffer.add_triangles(bands.triangles, count)
    primitive: Json = {"attributes": attributes, "indices": triangles, "material": material}
    return {"name": name, "primitives": [primitive]}
