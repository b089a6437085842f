"""Inner loops of the distance field."""

from math import sqrt
from typing import no_type_check

import numpy as np
from numba import njit

_BAND = 1.8
"""Cells about a triangle that are measured exactly. Above the square root of three, so that no grid
point beyond has a neighbour on the other side of the skin."""
_FAR = np.float32(1e9)
_ROUNDING = 1e-3
"""Cells by which a bound may be wrong."""


@njit(cache=True, nogil=True)
@no_type_check
def closest_on_triangle(px, py, pz, a, b, c):
    """Barycentric coordinates of the closest point (Ericson 2004, section 5.1.5)."""
    abx, aby, abz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    acx, acy, acz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    apx, apy, apz = px - a[0], py - a[1], pz - a[2]
    d1 = abx * apx + aby * apy + abz * apz
    d2 = acx * apx + acy * apy + acz * apz
    if d1 <= 0 and d2 <= 0:
        return 1.0, 0.0, 0.0
    bpx, bpy, bpz = px - b[0], py - b[1], pz - b[2]
    d3 = abx * bpx + aby * bpy + abz * bpz
    d4 = acx * bpx + acy * bpy + acz * bpz
    if d3 >= 0 and d4 <= d3:
        return 0.0, 1.0, 0.0
    vc = d1 * d4 - d3 * d2
    if vc <= 0 and d1 >= 0 and d3 <= 0:
        v = d1 / (d1 - d3)
        return 1 - v, v, 0.0
    cpx, cpy, cpz = px - c[0], py - c[1], pz - c[2]
    d5 = abx * cpx + aby * cpy + abz * cpz
    d6 = acx * cpx + acy * cpy + acz * cpz
    if d6 >= 0 and d5 <= d6:
        return 0.0, 0.0, 1.0
    vb = d5 * d2 - d1 * d6
    if vb <= 0 and d2 >= 0 and d6 <= 0:
        w = d2 / (d2 - d6)
        return 1 - w, 0.0, w
    va = d3 * d6 - d5 * d4
    if va <= 0 and d4 - d3 >= 0 and d5 - d6 >= 0:
        w = (d4 - d3) / ((d4 - d3) + (d5 - d6))
        return 0.0, 1 - w, w
    total = va + vb + vc
    if total <= 0:
        return 1.0, 0.0, 0.0
    return va / total, vb / total, vc / total


@njit(cache=True, nogil=True)
@no_type_check
def near_field(origin, cell, shape, vertices, normals, triangles):
    """Signed distances within a band about the triangles; `_FAR` elsewhere."""
    field = np.full(shape, _FAR, np.float32)
    reach = _BAND * cell
    first, last = np.empty(3, np.int64), np.empty(3, np.int64)
    for t in range(len(triangles)):
        i, j, k = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        a, b, c = vertices[i], vertices[j], vertices[k]
        # a sphere about the triangle, and its plane: bounds from below that spare most of the work
        mx, my, mz = (a[0] + b[0] + c[0]) / 3, (a[1] + b[1] + c[1]) / 3, (a[2] + b[2] + c[2]) / 3
        radius = 0.0
        for corner in (a, b, c):
            radius = max(
                radius,
                sqrt((corner[0] - mx) ** 2 + (corner[1] - my) ** 2 + (corner[2] - mz) ** 2),
            )
        ux = (b[1] - a[1]) * (c[2] - a[2]) - (b[2] - a[2]) * (c[1] - a[1])
        uy = (b[2] - a[2]) * (c[0] - a[0]) - (b[0] - a[0]) * (c[2] - a[2])
        uz = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
        size = max(sqrt(ux * ux + uy * uy + uz * uz), 1e-30)
        ux, uy, uz = ux / size, uy / size, uz / size
        for d in range(3):
            low = min(a[d], b[d], c[d]) - reach - origin[d]
            high = max(a[d], b[d], c[d]) + reach - origin[d]
            first[d] = max(0, int(np.ceil(low / cell)))
            last[d] = min(shape[d] - 1, int(np.floor(high / cell)))
        for x in range(first[0], last[0] + 1):
            px = origin[0] + x * cell
            for y in range(first[1], last[1] + 1):
                py = origin[1] + y * cell
                for z in range(first[2], last[2] + 1):
                    pz = origin[2] + z * cell
                    best = min(abs(field[x, y, z]), reach) + _ROUNDING * cell
                    if abs(ux * (px - mx) + uy * (py - my) + uz * (pz - mz)) > best:
                        continue
                    if (px - mx) ** 2 + (py - my) ** 2 + (pz - mz) ** 2 > (best + radius) ** 2:
                        continue
                    wa, wb, wc = closest_on_triangle(px, py, pz, a, b, c)
                    dx = px - (wa * a[0] + wb * b[0] + wc * c[0])
                    dy = py - (wa * a[1] + wb * b[1] + wc * c[1])
                    dz = pz - (wa * a[2] + wb * b[2] + wc * c[2])
                    length = sqrt(dx * dx + dy * dy + dz * dz)
                    if length < abs(field[x, y, z]) and length <= reach:
                        side = (
                            dx * (wa * normals[i, 0] + wb * normals[j, 0] + wc * normals[k, 0])
                            + dy * (wa * normals[i, 1] + wb * normals[j, 1] + wc * normals[k, 1])
                            + dz * (wa * normals[i, 2] + wb * normals[j, 2] + wc * normals[k, 2])
                        )
                        field[x, y, z] = length if side >= 0 else -length
    return field


@njit(cache=True, nogil=True)
@no_type_check
def hand_on(field, cell):
    """Fill what is `_FAR` from its neighbours, in two sweeps, signs included."""
    nx, ny, nz = field.shape
    steps = np.empty((13, 3), np.int64)
    length = np.empty(13, np.float32)
    count = 0
    for dx in range(-1, 2):
        for dy in range(-1, 2):
            for dz in range(-1, 2):
                if (dx, dy, dz) < (0, 0, 0):
                    steps[count, 0], steps[count, 1], steps[count, 2] = dx, dy, dz
                    length[count] = sqrt(dx * dx + dy * dy + dz * dz) * cell
                    count += 1
    for sweep in range(2):
        sign = 1 if sweep == 0 else -1
        for i in range(nx):
            x = i if sweep == 0 else nx - 1 - i
            for j in range(ny):
                y = j if sweep == 0 else ny - 1 - j
                for k in range(nz):
                    z = k if sweep == 0 else nz - 1 - k
                    best = field[x, y, z]
                    if abs(best) <= _BAND * cell:
                        continue
                    inner = 0 < x < nx - 1 and 0 < y < ny - 1 and 0 < z < nz - 1
                    for s in range(13):
                        u = x + sign * steps[s, 0]
                        v = y + sign * steps[s, 1]
                        w = z + sign * steps[s, 2]
                        if not inner and (u < 0 or v < 0 or w < 0 or u >= nx or v >= ny or w >= nz):
                            continue
                        value = field[u, v, w]
                        if abs(value) + length[s] < abs(best):
                            best = value + length[s] if value >= 0 else value - length[s]
                    field[x, y, z] = best


@njit(cache=True, nogil=True, inline="always")
@no_type_check
def _cell_of(at, size):
    """The lower grid point and the share of the way to the next, clamped to the grid."""
    at = min(max(at, 0.0), size - 1.0)
    low = min(int(at), size - 2)
    return low, at - low


@njit(cache=True, nogil=True)
@no_type_check
def value_at(field, origin, cell, px, py, pz):
    """Trilinear interpolation; beyond the grid the way to it is added."""
    nx, ny, nz = field.shape
    gx, gy, gz = (px - origin[0]) / cell, (py - origin[1]) / cell, (pz - origin[2]) / cell
    x, fx = _cell_of(gx, nx)
    y, fy = _cell_of(gy, ny)
    z, fz = _cell_of(gz, nz)
    near = field[x, y, z] * (1 - fz) + field[x, y, z + 1] * fz
    low = field[x, y + 1, z] * (1 - fz) + field[x, y + 1, z + 1] * fz
    near = near * (1 - fy) + low * fy
    far = field[x + 1, y, z] * (1 - fz) + field[x + 1, y, z + 1] * fz
    low = field[x + 1, y + 1, z] * (1 - fz) + field[x + 1, y + 1, z + 1] * fz
    far = far * (1 - fy) + low * fy
    ox, oy, oz = gx - (x + fx), gy - (y + fy), gz - (z + fz)
    beyond = sqrt(ox * ox + oy * oy + oz * oz) * cell
    return near * (1 - fx) + far * fx + beyond


@njit(cache=True, nogil=True)
@no_type_check
def sample(field, origin, cell, points):
    """Distances of many points."""
    out = np.empty(len(points), np.float32)
    for n in range(len(points)):
        out[n] = value_at(field, origin, cell, points[n, 0], points[n, 1], points[n, 2])
    return out


@njit(cache=True, nogil=True)
@no_type_check
def push_out(field, origin, cell, points, clearance, pushes):
    """Move points along the field's slope to where it is `clearance`, in place."""
    h = np.float32(0.5) * cell
    for n in range(len(points)):
        for _ in range(pushes):
            x, y, z = points[n, 0], points[n, 1], points[n, 2]
            missing = clearance - value_at(field, origin, cell, x, y, z)
            if missing <= 0:
                break
            gx = value_at(field, origin, cell, x + h, y, z)
            gx -= value_at(field, origin, cell, x - h, y, z)
            gy = value_at(field, origin, cell, x, y + h, z)
            gy -= value_at(field, origin, cell, x, y - h, z)
            gz = value_at(field, origin, cell, x, y, z + h)
            gz -= value_at(field, origin, cell, x, y, z - h)
            slope = sqrt(gx * gx + gy * gy + gz * gz)
            if slope < 1e-9:
                break
            points[n, 0] = x + gx / slope * missing
            points[n, 1] = y + gy / slope * missing
            points[n, 2] = z + gz / slope * missing
