"""Strands in a picture: thin bands, traced apart from the head and only where they may be seen."""

from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, Float32, Integer

from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.lashes import Lashes
from reconstruction_backend.rendering.embree_rasterizer import EmbreeRasterizer
from reconstruction_backend.rendering.rasterizer import Fragments
from reconstruction_backend.rendering.ray_scene import RayScene
from reconstruction_backend.tangents import unit
from reconstruction_backend.texture.result import SphericalHarmonicsLight

_STEPS_PER_PIXEL = 1.5


@runtime_checkable
class StrandShader(Protocol):
    """The colour of points on strands."""

    def __call__(self, normals: Float32[np.ndarray, "N 3"]) -> Float32[np.ndarray, "N 3"]:
        """One row per point, given unit normals towards the camera, head frame."""
        ...


class StrandLayer:
    """The lashes of one posed head."""

    def __init__(self, lashes: Lashes, vertices_m: Float[np.ndarray, "V 3"]) -> None:
        self.vertices_m = lashes.vertices(vertices_m)
        self._normals = lashes.normals(vertices_m)
        self._triangles = lashes.triangles
        self._rasterizer = EmbreeRasterizer(RayScene(self.vertices_m, self._triangles))

    def covered(self, camera: PerspectiveCamera) -> Bool[np.ndarray, "pixels"]:
        """Pixels of the picture, row by row, that a strand may touch."""
        picture = np.zeros((camera.height_px, camera.width_px), np.bool_)
        if camera.camera_points(self.vertices_m)[:, 2].min() <= 0:
            return ~picture.ravel()
        at = camera.project(self.vertices_m)
        first, second, third = (at[corner] for corner in self._triangles.T)
        for start, end in ((first, second), (second, third), (third, first)):
            longest = np.abs(end - start).max(initial=0)
            for t in np.linspace(0, 1, int(longest * _STEPS_PER_PIXEL) + 2):
                column, row = np.rint(start + t * (end - start)).astype(np.int64).T
                inside = (row >= 0) & (row < camera.height_px)
                inside &= (column >= 0) & (column < camera.width_px)
                picture[row[inside], column[inside]] = True
        return picture.ravel()

    def fragments(
        self, camera: PerspectiveCamera, pixels: Integer[np.ndarray, "P"], per_axis: int
    ) -> Fragments:
        """First hits on strands alone."""
        return self._rasterizer.rasterize(camera, pixels, per_axis)

    def normals(
        self,
        camera: PerspectiveCamera,
        fragments: Fragments,
        rows: Integer[np.ndarray, "K"],
    ) -> Float32[np.ndarray, "K 3"]:
        """Unit normals towards the camera at some of the fragments, all of them hits."""
        corners = self._triangles[fragments.triangle[rows]]
        normal = unit(np.einsum("kc,kcd->kd", fragments.barycentric[rows], self._normals[corners]))
        to_camera = camera.position_m().astype(np.float32) - self.vertices_m[corners[:, 0]]
        facing = np.einsum("kd,kd->k", normal, to_camera)
        return (normal * np.where(facing < 0, -1, 1)[:, None]).astype(np.float32)


class EvenStrands:
    """One colour, whatever the light."""

    def __init__(self, colour: Float[np.ndarray, "3"]) -> None:
        self._colour = np.asarray(colour, np.float32)

    def __call__(self, normals: Float32[np.ndarray, "N 3"]) -> Float32[np.ndarray, "N 3"]:
        """One row per point."""
        return np.broadcast_to(self._colour, normals.shape)


class LitStrands:
    """Strands under a dome: `albedo * irradiance`."""

    def __init__(self, albedo: Float[np.ndarray, "3"], light: SphericalHarmonicsLight) -> None:
        self._albedo = np.asarray(albedo, np.float32)
        self._light = light

    def __call__(self, normals: Float32[np.ndarray, "N 3"]) -> Float32[np.ndarray, "N 3"]:
        """One row per point."""
        return self._albedo * self._light.irradiance(normals)
