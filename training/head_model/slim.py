"""Flip-free flattening with a wanted scale per triangle and coordinates that may be held.

Minimises the symmetric Dirichlet energy by scalable locally injective mappings (Rabinovich,
Poranne, Panozzo and Sorkine-Hornung 2017). libigl's own SLIM holds whole points; here single
coordinates are held, so that a boundary slides along its side of a rectangle.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from jaxtyping import Bool, Float, Int
from scipy.sparse.linalg import spsolve

BACKTRACKS = 30
SUFFICIENT_DECREASE = 1e-4
NEAR_ONE = 1e-4


@dataclass(frozen=True)
class Flattening:
    """A planar triangulation without flipped triangles."""

    uv: Float[np.ndarray, "V 2"]
    energy: float
    """Mean symmetric Dirichlet energy; 4 is an isometry at the wanted scale."""
    iterations: int


def tutte(
    triangles: Int[np.ndarray, "F 3"],
    held: Bool[np.ndarray, "V"],
    position: Float[np.ndarray, "V 2"],
) -> Float[np.ndarray, "V 2"]:
    """Each free vertex in the mean of its neighbours: injective for a convex held boundary."""
    count = len(position)
    pairs = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    link = sp.coo_matrix((np.ones(len(pairs)), pairs.T), shape=(count, count)).tocsr()
    link = ((link + link.T) > 0).astype(float)
    laplacian = sp.diags(np.asarray(link.sum(1)).ravel()) - link
    free = ~held
    uv = position.copy()
    right = -laplacian[free][:, held] @ position[held]
    uv[free] = spsolve(laplacian[free][:, free].tocsc(), right)
    return uv


def flatten(
    vertices: Float[np.ndarray, "V 3"],
    triangles: Int[np.ndarray, "F 3"],
    scale: Float[np.ndarray, "F"],
    initial_uv: Float[np.ndarray, "V 2"],
    held: Bool[np.ndarray, "V 2"],
    iterations: int,
    weight: Float[np.ndarray, "F"] | None = None,
) -> Flattening:
    """Flatten from an injective start. `held` coordinates keep their initial value."""
    gradient_x, gradient_y, area = _gradients(vertices, triangles, scale)
    area = area if weight is None else area * weight
    x = initial_uv.T.reshape(-1).copy()
    free = ~held.T.reshape(-1)
    energy = _energy(_jacobians(gradient_x, gradient_y, x), area)
    done = 0
    for _ in range(iterations):
        target = _proxy_minimum(gradient_x, gradient_y, area, x, free)
        step = target - x
        limit = min(1.0, 0.9 * _largest_step(x, step, triangles))
        x, new_energy = _search(gradient_x, gradient_y, area, x, step, limit, energy)
        done += 1
        if energy - new_energy < 1e-6 * energy:
            energy = new_energy
            break
        energy = new_energy
    return Flattening(x.reshape(2, -1).T.copy(), energy / float(area.sum()), done)


def signed_areas(
    uv: Float[np.ndarray, "V 2"], triangles: Int[np.ndarray, "F 3"]
) -> Float[np.ndarray, "F"]:
    """Twice the signed area of each triangle, positive if counter-clockwise with v up."""
    a, b, c = (uv[triangles[:, k]] for k in range(3))
    return (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]


def _gradients(
    vertices: Float[np.ndarray, "V 3"],
    triangles: Int[np.ndarray, "F 3"],
    scale: Float[np.ndarray, "F"],
) -> tuple[sp.csr_matrix, sp.csr_matrix, Float[np.ndarray, "F"]]:
    """Operators from values at vertices to their derivatives in each scaled triangle's plane."""
    edge1 = vertices[triangles[:, 1]] - vertices[triangles[:, 0]]
    edge2 = vertices[triangles[:, 2]] - vertices[triangles[:, 0]]
    length = np.linalg.norm(edge1, axis=1)
    x2 = (edge1 * edge2).sum(1) / length * scale
    y2 = np.linalg.norm(np.cross(edge1, edge2), axis=1) / length * scale
    x1 = length * scale
    double = x1 * y2
    zero = np.zeros_like(x1)
    derivative_x = np.stack([-y2, y2, zero], axis=1) / double[:, None]
    derivative_y = np.stack([x2 - x1, -x2, x1], axis=1) / double[:, None]
    row = np.repeat(np.arange(len(triangles)), 3)
    shape = (len(triangles), len(vertices))
    return (
        sp.csr_matrix((derivative_x.ravel(), (row, triangles.ravel())), shape=shape),
        sp.csr_matrix((derivative_y.ravel(), (row, triangles.ravel())), shape=shape),
        double / 2,
    )


def _jacobians(
    gradient_x: sp.csr_matrix, gradient_y: sp.csr_matrix, x: Float[np.ndarray, "N"]
) -> Float[np.ndarray, "F 2 2"]:
    u, v = x.reshape(2, -1)
    rows = [[gradient_x @ u, gradient_y @ u], [gradient_x @ v, gradient_y @ v]]
    return np.array(rows).transpose(2, 0, 1)


def _energy(jacobians: Float[np.ndarray, "F 2 2"], area: Float[np.ndarray, "F"]) -> float:
    determinant = np.linalg.det(jacobians)
    if determinant.min() <= 0:
        return np.inf
    square = (jacobians**2).sum((1, 2))
    return float((area * square * (1 + 1 / determinant**2)).sum())


def _proxy_minimum(
    gradient_x: sp.csr_matrix,
    gradient_y: sp.csr_matrix,
    area: Float[np.ndarray, "F"],
    x: Float[np.ndarray, "N"],
    free: Bool[np.ndarray, "N"],
) -> Float[np.ndarray, "N"]:
    """Minimise sum of area |W (J - R)|^2 with the weights that match the energy's gradient."""
    left, singular, right = np.linalg.svd(_jacobians(gradient_x, gradient_y, x))
    rotation = left @ right
    gap = np.where(np.abs(singular - 1) < NEAR_ONE, NEAR_ONE, singular - 1)
    near = singular + np.where(np.abs(singular - 1) < NEAR_ONE, NEAR_ONE, 0)
    ratio = (near - near**-3) / gap
    weights = np.einsum("fij,fj,fkj->fik", left, np.sqrt(ratio), left)
    root = np.sqrt(area)
    blocks, wanted = [], []
    for i in range(2):
        for gradient, column in ((gradient_x, 0), (gradient_y, 1)):
            first = sp.diags(root * weights[:, i, 0]) @ gradient
            second = sp.diags(root * weights[:, i, 1]) @ gradient
            blocks.append(sp.hstack([first, second]))
            wanted.append(root * np.einsum("fk,fk->f", weights[:, i], rotation[:, :, column]))
    matrix = sp.vstack(blocks).tocsc()
    residual = np.concatenate(wanted) - matrix[:, ~free] @ x[~free]
    inner = matrix[:, free]
    normal = (inner.T @ inner).tocsc()
    solution = x.copy()
    solution[free] = spsolve(normal, inner.T @ residual)
    return solution


def _largest_step(
    x: Float[np.ndarray, "N"], step: Float[np.ndarray, "N"], triangles: Int[np.ndarray, "F 3"]
) -> float:
    """Smallest positive root of the triangles' area along the step (Smith and Schaefer 2015)."""
    here, move = x.reshape(2, -1).T, step.reshape(2, -1).T
    a, b, c = (here[triangles[:, k]] for k in range(3))
    p, q, r = (move[triangles[:, k]] for k in range(3))

    def cross(m: np.ndarray, n: np.ndarray) -> np.ndarray:
        return m[:, 0] * n[:, 1] - m[:, 1] * n[:, 0]

    constant = cross(b - a, c - a)
    linear = cross(b - a, r - p) + cross(q - p, c - a)
    square = cross(q - p, r - p)
    with np.errstate(divide="ignore", invalid="ignore"):
        discriminant = np.sqrt(linear**2 - 4 * square * constant)
        # the stable form of both roots, valid for a vanishing square term too
        helper = -0.5 * (linear + np.where(linear < 0, -1, 1) * discriminant)
        roots = np.stack([helper / square, constant / helper])
    positive = roots[np.isfinite(roots) & (roots > 0)]
    return float(positive.min()) if len(positive) else np.inf


def _search(
    gradient_x: sp.csr_matrix,
    gradient_y: sp.csr_matrix,
    area: Float[np.ndarray, "F"],
    x: Float[np.ndarray, "N"],
    step: Float[np.ndarray, "N"],
    limit: float,
    energy: float,
) -> tuple[Float[np.ndarray, "N"], float]:
    length = limit
    for _ in range(BACKTRACKS):
        candidate = x + length * step
        found = _energy(_jacobians(gradient_x, gradient_y, candidate), area)
        if found < energy * (1 - SUFFICIENT_DECREASE * 1e-6):
            return candidate, found
        length *= 0.6
    return x, energy
