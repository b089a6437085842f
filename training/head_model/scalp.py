"""Root coordinates for hair: the scalp flattened with little distortion into the unit square."""

import igl
import numpy as np
from jaxtyping import Float, Int

from training.head_model import slim
from training.head_model.data import FaceKit
from training.head_model.regions import Regions
from training.head_model.template import PARTS, Template

MARGIN = 0.01
ITERATIONS = 40
MIDDLE = 0.5


def scalp_coordinates(
    kit: FaceKit, template: Template, regions: Regions
) -> Float[np.ndarray, "V 2"]:
    """Coordinates in [0, 1] for vertices of the scalp's triangles, NaN elsewhere.

    The left half is flattened isometrically with the midline held on u = 0.5 and mirrored; v
    grows from the forehead to the nape. One scale for both directions.
    """
    vertices = template.vertices(kit)
    weight = regions["scalp"][: len(vertices)]
    skin = template.triangles[template.triangle_part == PARTS.index("skin")]
    on_scalp = _largest_piece(skin[(weight[skin] > 0).all(1)])
    left = on_scalp[vertices[on_scalp].mean(1)[:, 0] > 0]
    used, local = np.unique(left, return_inverse=True)
    flat = _flatten_half(vertices[used], local.reshape(-1, 3))
    size = max(2 * flat[:, 0].max(), float(np.ptp(flat[:, 1]))) / (1 - 2 * MARGIN)
    v_middle = (flat[:, 1].max() + flat[:, 1].min()) / 2
    half = np.stack([MIDDLE + flat[:, 0] / size, MIDDLE - (flat[:, 1] - v_middle) / size], axis=1)
    coordinates = np.full((len(vertices), 2), np.nan)
    coordinates[template.mirror[used]] = half * [-1, 1] + [1, 0]
    coordinates[used] = half
    return coordinates


def _largest_piece(triangles: Int[np.ndarray, "F 3"]) -> Int[np.ndarray, "K 3"]:
    label = np.asarray(igl.facet_components(np.ascontiguousarray(triangles, dtype=np.int64))[1])
    return triangles[label == np.bincount(label).argmax()]


def _flatten_half(
    points: Float[np.ndarray, "V 3"], triangles: Int[np.ndarray, "F 3"]
) -> Float[np.ndarray, "V 2"]:
    """x to the left of the head, y from nape to forehead; the midline on x = 0."""
    loops = igl.boundary_loop_all(np.asfortranarray(triangles, dtype=np.int64))
    loop = np.array(max(loops, key=len))
    middle = np.abs(points[loop, 0]) < 1e-9
    loop = np.roll(loop, -int(np.flatnonzero(middle & ~np.roll(middle, 1))[0]))
    middle = np.abs(points[loop, 0]) < 1e-9
    count = int(middle.sum())
    position = np.zeros((len(points), 2))
    # counter-clockwise with x outwards: the midline runs downwards, the hairline back up
    position[loop[:count], 1] = np.linspace(1, -1, count)
    angle = np.linspace(-np.pi / 2, np.pi / 2, len(loop) - count + 2)[1:-1]
    position[loop[count:]] = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    on_boundary = np.zeros(len(points), bool)
    on_boundary[loop] = True
    initial = slim.tutte(triangles, on_boundary, position)
    area = np.linalg.norm(
        np.cross(
            points[triangles[:, 1]] - points[triangles[:, 0]],
            points[triangles[:, 2]] - points[triangles[:, 0]],
        ),
        axis=1,
    ).sum()
    scale = np.full(len(triangles), np.sqrt(np.pi / area))
    held = np.zeros((len(points), 2), bool)
    held[loop[:count], 0] = True
    held[loop[0], 1] = True
    return slim.flatten(points, triangles, scale, initial, held, ITERATIONS).uv
