"""From a relief in metres to a tangent-space normal map, whatever the UV chart does to lengths.

The slopes are taken along the tangents that the GLB and the renderer use (`tangents`): the
surface gradient of the height is h_u grad u + h_v grad v, and the gradients of u and v are fixed
per triangle. Along a tangent t its slope is h_u (grad u · t) + h_v (grad v · t). So stretched and
skewed charts (scalp, neck) get the slopes of the surface, and a mirrored chart the right signs.
"""

import numpy as np
from jaxtyping import Bool, Float32, UInt8

from reconstruction_backend.tangents import split_at_seams, vertex_normals, vertex_tangents
from reconstruction_backend.texture import relief_kernels
from reconstruction_backend.texture.atlas import Atlas

STEEPEST_SLOPE = 0.8
"""Slopes approach this; steeper normals only alias."""


def slope_frames(
    atlas: Atlas, vertices_m: Float32[np.ndarray, "V 3"]
) -> Float32[np.ndarray, "F 3 4"]:
    """Per triangle corner, what turns (dh/dcolumn, dh/drow) into slopes along t and b.

    Columns (t_column, t_row, b_column, b_row), in texels per metre along the surface. Zero for
    triangles without area, in space or in the chart.
    """
    model = atlas.model
    gradients = texel_gradients(atlas, vertices_m)
    split = split_at_seams(model.triangles, model.triangles_uv)
    normals = vertex_normals(vertices_m, model.triangles)[split.vertex]
    uv = model.uv[split.texcoord]
    tangents = vertex_tangents(vertices_m[split.vertex], normals, uv, split.triangles)
    return relief_kernels.slope_frames(gradients, split.triangles, normals, tangents)


def normal_map(
    atlas: Atlas,
    height_m: Float32[np.ndarray, "T T"],
    frames: Float32[np.ndarray, "F 3 4"],
    covered: Bool[np.ndarray, "T T"],
) -> UInt8[np.ndarray, "T T 3"]:
    """Tangent-space normals of a height over the covered texels, flat elsewhere."""
    geometry = (atlas.triangle, atlas.weights, frames, covered)
    return relief_kernels.normals_of_height(height_m, *geometry, STEEPEST_SLOPE)


def texel_gradients(
    atlas: Atlas, vertices_m: Float32[np.ndarray, "V 3"]
) -> Float32[np.ndarray, "F 2 3"]:
    """Surface gradients of the texel's column and row, per triangle, 1/m."""
    model = atlas.model
    texel = model.uv * np.float32(atlas.size)
    return relief_kernels.texel_gradients(vertices_m, model.triangles, texel, model.triangles_uv)
