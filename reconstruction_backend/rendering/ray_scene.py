"""Ray queries against one triangle mesh, by Embree."""

from dataclasses import dataclass

import numpy as np
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene
from jaxtyping import Bool, Float, Float32, Int32, Integer


@dataclass(frozen=True)
class RayHits:
    """The first intersections of N rays."""

    triangle: Int32[np.ndarray, "N"]
    """-1 where the ray leaves the scene."""
    uv: Float32[np.ndarray, "N 2"]
    """Barycentric weights of the triangle's second and third corner."""
    distance: Float32[np.ndarray, "N"]
    """In lengths of the ray's direction."""


class RayScene:
    """An Embree scene of one mesh. Building takes about 1 µs a triangle, a query 0.15 µs a ray."""

    def __init__(
        self, vertices_m: Float[np.ndarray, "V 3"], triangles: Integer[np.ndarray, "F 3"]
    ) -> None:
        # robust: no ray slips through the edge between two triangles
        self._scene = EmbreeScene(robust=True)
        self._empty = len(triangles) == 0
        if not self._empty:
            TriangleMesh(
                self._scene,
                np.ascontiguousarray(vertices_m, np.float32),
                np.ascontiguousarray(triangles, np.int32),
            )

    def first_hits(
        self,
        origins_m: Float[np.ndarray, "N 3"],
        directions: Float[np.ndarray, "N 3"] | Float[np.ndarray, "1 3"],
    ) -> RayHits:
        """What each ray meets first."""
        count = len(origins_m)
        if self._empty:
            nothing = np.full(count, -1, np.int32)
            return RayHits(
                nothing, np.zeros((count, 2), np.float32), np.full(count, np.inf, np.float32)
            )
        found = self._scene.run(
            np.ascontiguousarray(origins_m, np.float32),
            np.ascontiguousarray(directions, np.float32),
            query="INTERSECT",
            output=True,
        )
        return RayHits(found["primID"], np.stack([found["u"], found["v"]], 1), found["tfar"])

    def occluded(
        self,
        origins_m: Float[np.ndarray, "N 3"],
        directions: Float[np.ndarray, "N 3"] | Float[np.ndarray, "1 3"],
        reach: float = np.inf,
    ) -> Bool[np.ndarray, "N"]:
        """Whether anything lies within `reach` lengths of the direction on each ray."""
        if self._empty:
            return np.zeros(len(origins_m), np.bool_)
        blocker = self._scene.run(
            np.ascontiguousarray(origins_m, np.float32),
            np.ascontiguousarray(directions, np.float32),
            dists=min(reach, float(np.finfo(np.float32).max)),
            query="OCCLUDED",
        )
        return blocker >= 0
