"""Inner loops of the views about the head: projection, a z-buffer for skin, and one for strands."""

from math import ceil, floor, sqrt
from typing import no_type_check

import numpy as np
from numba import njit

_EDGE = -1e-5
"""Smallest barycentric coordinate of a pixel in a triangle, rounding allowed for."""


@njit(cache=True, nogil=True)
@no_type_check
def projected(points_m, rotation, translation_m, focal_px, principal_px):
    """x and y in pixels, and depth: `PerspectiveCamera.project` of many points in single floats."""
    out = np.empty_like(points_m)
    for v in range(len(points_m)):
        x, y, z = points_m[v, 0], points_m[v, 1], points_m[v, 2]
        depth = rotation[2, 0] * x + rotation[2, 1] * y + rotation[2, 2] * z + translation_m[2]
        for k in range(2):
            side = rotation[k, 0] * x + rotation[k, 1] * y + rotation[k, 2] * z + translation_m[k]
            out[v, k] = side / depth * focal_px + principal_px[k]
        out[v, 2] = depth
    return out


@njit(cache=True, nogil=True)
@no_type_check
def draw_mesh(projected, vertices_m, triangles, side_px):
    """Nearest surface at each pixel's centre: its place in the head frame and its depth.

    `projected`: x and y in pixels, and depth. Depth is interpolated in perspective, and infinite
    where there is no surface.
    """
    depth = np.full((side_px, side_px), np.inf, np.float32)
    place = np.zeros((3, side_px, side_px), np.float32)
    for f in range(len(triangles)):
        a, b, c = triangles[f, 0], triangles[f, 1], triangles[f, 2]
        ax, ay, az = projected[a, 0], projected[a, 1], projected[a, 2]
        bx, by, bz = projected[b, 0], projected[b, 1], projected[b, 2]
        cx, cy, cz = projected[c, 0], projected[c, 1], projected[c, 2]
        if az <= 0 or bz <= 0 or cz <= 0:
            continue
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area == 0:
            continue
        left, right = max(0, ceil(min(ax, bx, cx))), min(side_px - 1, floor(max(ax, bx, cx)))
        top, bottom = max(0, ceil(min(ay, by, cy))), min(side_px - 1, floor(max(ay, by, cy)))
        for y in range(top, bottom + 1):
            for x in range(left, right + 1):
                wb = ((x - ax) * (cy - ay) - (y - ay) * (cx - ax)) / area
                wc = ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / area
                wa = 1 - wb - wc
                if wa < _EDGE or wb < _EDGE or wc < _EDGE:
                    continue
                pa, pb, pc = wa / az, wb / bz, wc / cz
                near = 1 / (pa + pb + pc)
                if near < depth[y, x]:
                    depth[y, x] = near
                    for k in range(3):
                        place[k, y, x] = near * (
                            pa * vertices_m[a, k] + pb * vertices_m[b, k] + pc * vertices_m[c, k]
                        )
    return place, depth


@njit(cache=True, nogil=True)
@no_type_check
def draw_lines(lines, skin_depth_m, radius_px):
    """Orientation (cosine and sine of twice the angle), coverage and depth of polylines.

    `lines` (N, P, 3): x and y in pixels, and depth.
    """
    size = len(skin_depth_m)
    depth = skin_depth_m.copy()
    doubled = np.zeros((2, size, size), np.float32)
    covered = np.zeros((size, size), np.float32)
    reach = int(np.ceil(radius_px)) if radius_px > 0.5 else 0
    for n in range(len(lines)):
        for p in range(lines.shape[1] - 1):
            x, y, z = lines[n, p]
            dx, dy, dz = lines[n, p + 1] - lines[n, p]
            length = sqrt(dx * dx + dy * dy)
            if length == 0:
                continue
            cosine = (dx * dx - dy * dy) / (length * length)
            sine = 2 * dx * dy / (length * length)
            steps = int(length / max(radius_px, 1.0)) + 1
            for s in range(steps):
                share = s / steps
                here = z + share * dz
                column, row = int(np.rint(x + share * dx)), int(np.rint(y + share * dy))
                for i in range(max(0, row - reach), min(size, row + reach + 1)):
                    for j in range(max(0, column - reach), min(size, column + reach + 1)):
                        off = (i - row) ** 2 + (j - column) ** 2
                        if off <= radius_px * radius_px and here < depth[i, j]:
                            depth[i, j] = here
                            covered[i, j] = 1
                            doubled[0, i, j] = cosine
                            doubled[1, i, j] = sine
    return doubled, covered, depth
