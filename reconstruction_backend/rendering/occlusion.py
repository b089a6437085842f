"""How much of the light reaches each vertex, by rays against the head itself.

The diffuse transfer of Sloan et al. 2002 in the nine harmonics of the dome: under the chin, in
the nostrils and in the mouth the dome is partly hidden. Vertices are computed when a view first
sees them and kept.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, Int32, Integer

from reconstruction_backend.rendering.ray_scene import RayScene
from reconstruction_backend.texture.result import spherical_harmonics

_DOME_DIRECTIONS = 56
_KEY_DIRECTIONS = 12
LAMP_RADIUS_RAD = 0.19
"""Angular radius of the key lamp: a softbox, so soft shadows and a round catch light."""
_TURNED_AWAY = -0.5  # cosine; light that wraps around the terminator still needs a shadow
_MIRROR_DIRECTIONS = 6
_MIRROR_LOBE_RADIUS = 0.5  # of the directions around a mirror ray of length 1: a rough surface
_BURIED_SHARE = 0.12  # of the dome; an eye vertex that sees less lies under a lid
_RINGS_UNDER_LIDS = 3
_UNDER_LID = 0.45  # share per ring of vertices: the soft shadow of a lid on its eye
_ORIGIN_OFFSET_M = 0.0004  # steps off the surface, below the thickness of an eyelid
_GOLDEN_ANGLE_RAD = np.pi * (3 - np.sqrt(5))


@dataclass(frozen=True)
class VertexFrame:
    """Where occlusion is asked for."""

    vertices_m: Float32[np.ndarray, "V 3"]
    normals: Float32[np.ndarray, "V 3"]
    eye_edges: Int32[np.ndarray, "E 2"]
    """Pairs of eye vertices that share an edge, both ways round."""


class DomeOcclusion:
    """The share of a dome's irradiance that arrives at each vertex; cached per vertex."""

    def __init__(self, scene: RayScene, frame: VertexFrame) -> None:
        self._scene = scene
        self._frame = frame
        self._directions = sphere_directions(_DOME_DIRECTIONS)
        self._basis = spherical_harmonics(self._directions)
        self._eyes = np.unique(frame.eye_edges)
        count = len(frame.vertices_m)
        self._known = np.zeros(count, np.bool_)
        self._buried = np.zeros(count, np.bool_)
        self._arriving = np.zeros((count, 9), np.float32)
        self._unhindered = np.ones((count, 9), np.float32)

    def share(
        self, vertices: Integer[np.ndarray, "K"], radiance: Float[np.ndarray, "9 3"]
    ) -> Float32[np.ndarray, "K 3"]:
        """Irradiance with the head in the way over irradiance without, in [0, 1] per channel.

        `radiance` holds the dome's harmonics before the cosine lobe.
        """
        self._learn(vertices)
        with_head = self._arriving[vertices] @ radiance
        without = self._unhindered[vertices] @ radiance
        return np.clip(with_head / np.maximum(without, 1e-3), 0, 1).astype(np.float32)

    def buried_eye_vertices(self) -> Bool[np.ndarray, "V"]:
        """Eye vertices under the lids, which no light reaches."""
        self._learn(self._eyes)
        return self._buried

    def _learn(self, vertices: Integer[np.ndarray, "K"]) -> None:
        unknown = vertices[~self._known[vertices]]
        if len(unknown) == 0:
            return
        eyes_too = bool(np.isin(unknown, self._eyes).any())
        batch = np.union1d(unknown, self._eyes) if eyes_too else unknown
        cosine = np.maximum(self._frame.normals[batch] @ self._directions.T, 0)
        row, column = np.nonzero(cosine)
        free = cosine.copy()
        free[row, column] *= ~self._scene.occluded(
            _origins(self._frame, batch)[row], self._directions[column]
        )
        self._unhindered[batch] = cosine @ self._basis
        self._arriving[batch] = free @ self._basis
        self._known[batch] = True
        if eyes_too:
            hidden = free.sum(axis=1) < _BURIED_SHARE * cosine.sum(axis=1)
            self._buried[batch] = hidden & np.isin(batch, self._eyes)
            spread_under_lids(self._arriving, self._buried, self._frame.eye_edges)


class KeyShadow:
    """The share of a key lamp's disc that each vertex sees; cached per vertex."""

    def __init__(
        self,
        scene: RayScene,
        frame: VertexFrame,
        dome: DomeOcclusion,
        direction: Float32[np.ndarray, "3"],
    ) -> None:
        self._scene = scene
        self._frame = frame
        self._dome = dome
        self._direction = direction
        self._eyes = np.unique(frame.eye_edges)
        self._visible = np.full((len(frame.vertices_m), 1), np.nan, np.float32)

    def visible(self, vertices: Integer[np.ndarray, "K"]) -> Float32[np.ndarray, "K 1"]:
        """In [0, 1]; 0 on surfaces turned well away."""
        self._learn(vertices)
        return self._visible[vertices]

    def _learn(self, vertices: Integer[np.ndarray, "K"]) -> None:
        unknown = vertices[np.isnan(self._visible[vertices, 0])]
        if len(unknown) == 0:
            return
        eyes_too = bool(np.isin(unknown, self._eyes).any())
        batch = np.union1d(unknown, self._eyes) if eyes_too else unknown
        facing = batch[self._frame.normals[batch] @ self._direction > _TURNED_AWAY]
        origins = _origins(self._frame, facing)
        blocked = np.zeros(len(facing), np.float32)
        for sample in disc_directions(self._direction, LAMP_RADIUS_RAD, _KEY_DIRECTIONS):
            blocked += self._scene.occluded(origins, np.broadcast_to(sample, origins.shape))
        self._visible[batch] = 0
        self._visible[facing, 0] = 1 - blocked / _KEY_DIRECTIONS
        if eyes_too:
            spread_under_lids(
                self._visible, self._dome.buried_eye_vertices(), self._frame.eye_edges
            )


class MirrorVisibility:
    """How much of what each vertex mirrors towards the camera is not the head; cached."""

    def __init__(
        self, scene: RayScene, frame: VertexFrame, camera_m: Float32[np.ndarray, "3"]
    ) -> None:
        self._scene = scene
        self._frame = frame
        self._camera_m = camera_m
        self._visible = np.full((len(frame.vertices_m), 1), np.nan, np.float32)

    def visible(self, vertices: Integer[np.ndarray, "K"]) -> Float32[np.ndarray, "K 1"]:
        """In [0, 1]; grazing mirrors lose the half of their lobe that lies below the surface."""
        unknown = vertices[np.isnan(self._visible[vertices, 0])]
        normals = self._frame.normals[unknown]
        to_camera = self._camera_m - self._frame.vertices_m[unknown]
        to_camera /= np.linalg.norm(to_camera, axis=1, keepdims=True)
        axis = 2 * np.einsum("nd,nd->n", normals, to_camera)[:, None] * normals - to_camera
        origins = _origins(self._frame, unknown)
        free = np.zeros(len(unknown), np.float32)
        for offset in _MIRROR_LOBE_RADIUS * sphere_directions(_MIRROR_DIRECTIONS):
            direction = axis + offset
            above = np.einsum("nd,nd->n", normals, direction) > 0
            free += above & ~self._scene.occluded(origins, direction)
        self._visible[unknown, 0] = free / _MIRROR_DIRECTIONS
        return self._visible[vertices]


def spread_under_lids(
    values: Float32[np.ndarray, "V C"],
    buried: Bool[np.ndarray, "V"],
    edges: Integer[np.ndarray, "E 2"],
) -> None:
    """Give buried vertices, in place, a share of what their lit neighbours have.

    Otherwise the lid's full darkness would bleed out along the eyeball's coarse triangles.
    """
    known = ~buried
    for _ in range(_RINGS_UNDER_LIDS):
        source, target = edges[known[edges[:, 0]] & ~known[edges[:, 1]]].T
        if len(target) == 0:
            return
        reached, group = np.unique(target, return_inverse=True)
        counts = np.bincount(group)
        for channel in values.T:
            channel[reached] = _UNDER_LID * np.bincount(group, channel[source]) / counts
        known[reached] = True


def sphere_directions(count: int) -> Float32[np.ndarray, "count 3"]:
    """Unit directions spread evenly over the sphere (Fibonacci lattice)."""
    index = np.arange(count) + 0.5
    y = 1 - 2 * index / count
    ring = np.sqrt(1 - y * y)
    angle = index * _GOLDEN_ANGLE_RAD
    return np.stack([ring * np.cos(angle), y, ring * np.sin(angle)], axis=1).astype(np.float32)


def disc_directions(
    axis: Float[np.ndarray, "3"], radius_rad: float, count: int
) -> Float32[np.ndarray, "count 3"]:
    """Unit directions spread evenly over a small disc about an axis."""
    side = np.cross(axis, np.eye(3)[np.abs(axis).argmin()])
    side /= np.linalg.norm(side)
    index = np.arange(count) + 0.5
    radius = np.tan(radius_rad) * np.sqrt(index / count)
    angle = index * _GOLDEN_ANGLE_RAD
    around = np.outer(np.cos(angle), side) + np.outer(np.sin(angle), np.cross(axis, side))
    directions = axis + radius[:, None] * around
    return (directions / np.linalg.norm(directions, axis=1, keepdims=True)).astype(np.float32)


def interreflection(
    share: Float32[np.ndarray, "N 3"], albedo: Float32[np.ndarray, "N 3"]
) -> Float32[np.ndarray, "N 3"]:
    """Light that bounces inside a cavity brightens it (Jimenez et al. 2016, eq. 10)."""
    a = 2.0404 * albedo - 0.3324
    b = -4.7951 * albedo + 0.6417
    c = 2.7552 * albedo + 0.6903
    return np.maximum(share, ((share * a + b) * share + c) * share)


def _origins(
    frame: VertexFrame, vertices: Integer[np.ndarray, "K"] | Bool[np.ndarray, "V"]
) -> Float32[np.ndarray, "K 3"]:
    return frame.vertices_m[vertices] + np.float32(_ORIGIN_OFFSET_M) * frame.normals[vertices]
