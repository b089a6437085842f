"""One posed head, ready to be drawn from any side."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from jaxtyping import Float, Float32, Int32, Integer, UInt8

from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.lid_margins import SIDES
from reconstruction_backend.materials import CORNEA_PARTS, EYE_PARTS
from reconstruction_backend.rendering.embree_rasterizer import EmbreeRasterizer
from reconstruction_backend.rendering.lid_contact import EyeShade, LidContact
from reconstruction_backend.rendering.occlusion import DomeOcclusion, VertexFrame
from reconstruction_backend.rendering.pytorch3d_rasterizer import Pytorch3dRasterizer
from reconstruction_backend.rendering.rasterizer import Fragments, Rasterizer
from reconstruction_backend.rendering.ray_scene import RayScene
from reconstruction_backend.tangents import (
    SeamSplit,
    split_at_seams,
    unit,
    vertex_normals,
    vertex_tangents,
)

RasterizerName = Literal["embree", "pytorch3d"]


@dataclass(frozen=True)
class SurfaceSamples:
    """The surface under N samples of an image; every sample hit something."""

    triangle: Int32[np.ndarray, "N"]
    """Index into the head model's triangles."""
    part: UInt8[np.ndarray, "N"]
    """Index into the head model's part names."""
    barycentric: Float32[np.ndarray, "N 3"]
    normal: Float32[np.ndarray, "N 3"]
    """Unit, interpolated, towards the outside; head frame."""
    tangent: Float32[np.ndarray, "N 4"]
    """Unit along +u, and the bitangent's sign."""
    uv: Float32[np.ndarray, "N 2"]
    to_camera: Float32[np.ndarray, "N 3"]
    """Unit; head frame."""
    footprint_m: Float32[np.ndarray, "N"]
    """Edge of the square that a sample stands for, in the image plane at the surface's depth."""

    def rows(self, chosen: Integer[np.ndarray, "K"]) -> "SurfaceSamples":
        """Some of the samples."""
        return SurfaceSamples(
            self.triangle[chosen],
            self.part[chosen],
            self.barycentric[chosen],
            self.normal[chosen],
            self.tangent[chosen],
            self.uv[chosen],
            self.to_camera[chosen],
            self.footprint_m[chosen],
        )


class HeadScene:
    """A head model's mesh at given vertices, with what every view of it shares.

    Corneas are clear: first hits pass through them to the iris, and `corneas` finds them apart.
    """

    def __init__(
        self,
        model: HeadModel,
        vertices_m: Float[np.ndarray, "V 3"],
        rasterizer: RasterizerName = "embree",
    ) -> None:
        self.model = model
        vertices_m = np.asarray(vertices_m, np.float32)
        eyes = model.triangles[model.part_triangles(*EYE_PARTS)]
        self.frame = VertexFrame(
            vertices_m,
            vertex_normals(vertices_m, model.triangles),
            np.concatenate([eyes[:, [0, 1]], eyes[:, [1, 2]], eyes[:, [2, 0]]]),
        )
        self._rasterizer_name: RasterizerName = rasterizer
        self._corneas = model.part_triangles(*CORNEA_PARTS)
        self._opaque = np.setdiff1d(
            np.arange(len(model.triangles), dtype=np.int32), self._corneas, assume_unique=True
        )
        self.rays = RayScene(self.frame.vertices_m, model.triangles[self._opaque])

    @property
    def vertices_m(self) -> Float32[np.ndarray, "V 3"]:
        """Head frame."""
        return self.frame.vertices_m

    @cached_property
    def dome_occlusion(self) -> DomeOcclusion:
        """How the head hides the surrounding light from itself."""
        return DomeOcclusion(self.rays, self.frame)

    def lid_shade(self, samples: SurfaceSamples) -> EyeShade:
        """What the lids do to the light of samples on the eyes; nothing to all others."""
        light = np.ones(len(samples.part), np.float32)
        tear = np.zeros(len(samples.part), np.float32)
        for side in SIDES:
            names = (f"eyeball_{side}", f"cornea_{side}")
            rows = np.flatnonzero(np.isin(self.model.part_names, names)[samples.part])
            if len(rows):
                points = self.per_sample(self.vertices_m, samples.rows(rows))
                shade = self._lid_contact.shade(side, points)
                light[rows], tear[rows] = shade.light, shade.tear
        return EyeShade(light, tear)

    @cached_property
    def _lid_contact(self) -> LidContact:
        return LidContact(self.model, self.vertices_m)

    @cached_property
    def _rasterizer(self) -> Rasterizer:
        if self._rasterizer_name == "embree":
            return EmbreeRasterizer(self.rays)
        return Pytorch3dRasterizer(self.vertices_m, self.model.triangles[self._opaque])

    @cached_property
    def _cornea_rasterizer(self) -> EmbreeRasterizer:
        return EmbreeRasterizer(RayScene(self.vertices_m, self.model.triangles[self._corneas]))

    @cached_property
    def _split(self) -> SeamSplit:
        return split_at_seams(self.model.triangles, self.model.triangles_uv)

    @cached_property
    def _vertex_data(self) -> Float32[np.ndarray, "R 9"]:
        """Per split vertex: normal, tangent, texture coordinate."""
        split = self._split
        normals = self.frame.normals[split.vertex]
        uv = self.model.uv[split.texcoord]
        tangents = vertex_tangents(self.vertices_m[split.vertex], normals, uv, split.triangles)
        return np.concatenate([normals, tangents, uv], axis=1)

    @cached_property
    def texture_density(self) -> Float32[np.ndarray, "F"]:
        """Edge of the atlas (as 1) over a metre on the surface, per triangle."""
        corners = self.vertices_m[self.model.triangles]
        area_m2 = np.linalg.norm(
            np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1
        )
        uv = self.model.uv[self.model.triangles_uv]
        a, b = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
        area_uv = np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])
        return np.sqrt(area_uv / np.maximum(area_m2, 1e-12)).astype(np.float32)

    def opaque_fragments(
        self, camera: PerspectiveCamera, pixels: Integer[np.ndarray, "P"], per_axis: int = 1
    ) -> Fragments:
        """First hits through the corneas; triangles index the head model's."""
        found = self._rasterizer.rasterize(camera, pixels, per_axis)
        triangle = np.where(found.hit, self._opaque[found.triangle], found.triangle)
        return Fragments(triangle, found.barycentric, found.depth_m)

    def cornea_fragments(
        self, camera: PerspectiveCamera, pixels: Integer[np.ndarray, "P"], per_axis: int = 1
    ) -> Fragments:
        """First hits on the corneas alone; triangles index the head model's."""
        found = self._cornea_rasterizer.rasterize(camera, pixels, per_axis)
        if len(self._corneas) == 0:
            return found
        triangle = np.where(found.hit, self._corneas[found.triangle], found.triangle)
        return Fragments(triangle, found.barycentric, found.depth_m)

    def surface(
        self,
        camera: PerspectiveCamera,
        fragments: Fragments,
        rows: Integer[np.ndarray, "K"],
        per_axis: int,
    ) -> SurfaceSamples:
        """What lies under the fragments of the given rows, all of which must be hits."""
        triangle, barycentric = fragments.triangle[rows], fragments.barycentric[rows]
        data = self._interpolate(self._vertex_data, self._split.triangles[triangle], barycentric)
        points = self._interpolate(self.vertices_m, self.model.triangles[triangle], barycentric)
        return SurfaceSamples(
            triangle=triangle,
            part=self.model.triangle_part[triangle],
            barycentric=barycentric,
            normal=unit(data[:, :3]),
            tangent=np.concatenate([unit(data[:, 3:6]), np.sign(data[:, 6:7])], axis=1),
            uv=data[:, 7:],
            to_camera=unit(camera.position_m().astype(np.float32) - points),
            footprint_m=fragments.depth_m[rows] / np.float32(camera.focal_length_px * per_axis),
        )

    def per_sample(
        self, values: Float32[np.ndarray, "V C"], samples: SurfaceSamples
    ) -> Float32[np.ndarray, "N C"]:
        """Values at the vertices, interpolated to the samples."""
        return self._interpolate(
            values, self.model.triangles[samples.triangle], samples.barycentric
        )

    def vertices_of(self, samples: SurfaceSamples) -> Int32[np.ndarray, "K"]:
        """The vertices that the samples lie between, ascending."""
        used = np.zeros(len(self.vertices_m), np.bool_)
        used[self.model.triangles[samples.triangle]] = True
        return np.flatnonzero(used).astype(np.int32)

    @staticmethod
    def _interpolate(
        values: Float32[np.ndarray, "X C"],
        corners: Int32[np.ndarray, "N 3"],
        barycentric: Float32[np.ndarray, "N 3"],
    ) -> Float32[np.ndarray, "N C"]:
        total = values[corners[:, 0]] * barycentric[:, :1]
        total += values[corners[:, 1]] * barycentric[:, 1:2]
        total += values[corners[:, 2]] * barycentric[:, 2:]
        return total
