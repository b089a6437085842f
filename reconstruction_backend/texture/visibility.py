"""Which texels the camera sees: facing it, inside the picture, and nothing in between (Embree)."""

from dataclasses import dataclass

import cv2
import numpy as np
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene
from jaxtyping import Bool, Float32, Integer

from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.texture import kernels
from reconstruction_backend.texture.atlas import CLEAR_PARTS, Atlas

RAY_STEP = 2
"""Every n-th texel along either axis has a ray of its own; its neighbours share it."""
RAY_OFFSET_M = 3e-4
"""Rays start this far above the surface, so that they do not hit the triangle they leave."""


@dataclass(frozen=True)
class PosedAtlas:
    """The head in the photo's pose, over the texels of an atlas (A x A)."""

    atlas: Atlas
    vertices_m: Float32[np.ndarray, "V 3"]
    vertex_normals: Float32[np.ndarray, "V 3"]
    positions_m: Float32[np.ndarray, "A A 3"]
    normals: Float32[np.ndarray, "A A 3"]
    """Unit, head frame; zero outside the charts."""
    pixels_px: Float32[np.ndarray, "A A 2"]
    """Where the camera sees the texel, if nothing hides it; -1e4 outside the charts."""
    facing: Float32[np.ndarray, "A A"]
    """Cosine between the normal and the direction to the camera."""


def pose_atlas(
    atlas: Atlas, vertices_m: Float32[np.ndarray, "V 3"], camera: PerspectiveCamera
) -> PosedAtlas:
    """Evaluate geometry on an atlas."""
    vertex_normals = normals_of_vertices(vertices_m, atlas.model.triangles)
    positions, normals, facing = kernels.pose(
        atlas.triangle,
        atlas.weights,
        atlas.model.triangles,
        vertices_m,
        vertex_normals,
        camera.position_m().astype(np.float32),
    )
    return PosedAtlas(
        atlas,
        vertices_m,
        vertex_normals,
        positions,
        normals,
        project_texels(atlas, vertices_m, camera),
        facing,
    )


def project_texels(
    atlas: Atlas, vertices_m: Float32[np.ndarray, "V 3"], camera: PerspectiveCamera
) -> Float32[np.ndarray, "T T 2"]:
    """Pixel of each texel; -1e4 outside the charts."""
    return kernels.project(
        atlas.triangle,
        atlas.weights,
        atlas.model.triangles,
        camera.camera_points(vertices_m).astype(np.float32),
        camera.focal_length_px,
        *camera.principal_point_px,
        -1e4,
    )


def visible_texels(
    posed: PosedAtlas, camera: PerspectiveCamera, minimum_facing: float
) -> Bool[np.ndarray, "A A"]:
    """Skin texels with a free line of sight to the camera, and inside the picture."""
    x, y = posed.pixels_px[:, :, 0], posed.pixels_px[:, :, 1]
    candidates = (posed.facing > minimum_facing) & posed.atlas.part_mask("skin")
    candidates &= (x >= 0) & (x <= camera.width_px - 1) & (y >= 0) & (y <= camera.height_px - 1)
    every = (slice(None, None, RAY_STEP),) * 2
    cast = np.flatnonzero(candidates[every])
    origins = posed.positions_m[every].reshape(-1, 3)[cast]
    origins += RAY_OFFSET_M * posed.normals[every].reshape(-1, 3)[cast]
    directions = camera.position_m().astype(np.float32) - origins
    scene = _occluders(posed.atlas.model, posed.vertices_m)
    free = np.zeros(candidates[every].shape, np.uint8)
    free.reshape(-1)[cast] = np.asarray(scene.run(origins, directions, query="OCCLUDED")) < 0
    size = (posed.atlas.size, posed.atlas.size)
    return candidates & (cv2.resize(free, size, interpolation=cv2.INTER_NEAREST) > 0)


def normals_of_vertices(
    vertices_m: Float32[np.ndarray, "V 3"], triangles: Integer[np.ndarray, "F 3"]
) -> Float32[np.ndarray, "V 3"]:
    """Area-weighted unit vertex normals."""
    corners = vertices_m[triangles]
    face = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.empty_like(vertices_m)
    for axis in range(3):
        normals[:, axis] = np.bincount(
            triangles.reshape(-1), np.repeat(face[:, axis], 3), minlength=len(vertices_m)
        )
    return _unit(normals)


def _unit(vectors: Float32[np.ndarray, "... 3"]) -> Float32[np.ndarray, "... 3"]:
    length = np.sqrt(np.einsum("...k,...k->...", vectors, vectors))[..., None]
    return vectors / np.maximum(length, np.float32(1e-12))


def _occluders(model: HeadModel, vertices_m: Float32[np.ndarray, "V 3"]) -> EmbreeScene:
    hides = np.ones(len(model.triangles), np.bool_)
    hides[model.part_triangles(*CLEAR_PARTS)] = False
    scene = EmbreeScene()
    TriangleMesh(scene, vertices_m, model.triangles[hides])
    return scene
