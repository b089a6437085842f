"""Strands rooted in a head's skin: lashes now, hair by the same binding.

A root is a point of a triangle. The skin around it (a patch of vertices, weighted by nearness)
says how the surface turned since rest, by the best rotation of all of them (Kabsch 1976), so that
a strand follows every shape, expression and pose without being sheared or shaken by single small
triangles. Lengths are metres on every head: a strand is turned and moved, never stretched.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int32, Integer
from scipy.spatial import KDTree

from reconstruction_backend.head_model import HeadModel, SurfacePoints
from reconstruction_backend.tangents import unit

_UNTURNED = 1e-9
"""Square metres: far below the spread of any patch that tells how skin turned."""


@dataclass(frozen=True)
class StrandBinding:
    """Where N strands are rooted, and how the skin about G groups of roots lay at rest."""

    roots: SurfacePoints
    group: Int32[np.ndarray, "N"]
    """Neighbours of one group turn together."""
    patch_vertex: Int32[np.ndarray, "G K"]
    patch_lever_m: Float32[np.ndarray, "G K 3"]
    """The patch about its weighted mean in the model's template, times its weights."""

    @property
    def count(self) -> int:
        """N."""
        return len(self.roots.triangle)

    def of_groups(self, chosen: Integer[np.ndarray, "M"]) -> "StrandBinding":
        """The strands of some groups, in their order; `chosen` ascends."""
        rows = np.flatnonzero(np.isin(self.group, chosen))
        return StrandBinding(
            SurfacePoints(self.roots.triangle[rows], self.roots.barycentric[rows]),
            np.searchsorted(chosen, self.group[rows]).astype(np.int32),
            self.patch_vertex[chosen],
            self.patch_lever_m[chosen],
        )

    def frames(self, vertices_m: Float[np.ndarray, "V 3"]) -> Float32[np.ndarray, "N 3 3"]:
        """Rotation of each root's skin since rest: `direction = frame @ direction_at_rest`."""
        patch = vertices_m[self.patch_vertex].astype(np.float32)
        # the rest is centred, so the moved patch need not be
        covariance = patch.transpose(0, 2, 1) @ self.patch_lever_m
        # where vertices are too sparse to tell, the skin is taken not to have turned
        u, _, vt = np.linalg.svd(covariance + _UNTURNED * np.eye(3, dtype=np.float32))
        u[:, :, 2] *= np.sign(np.linalg.det(u @ vt))[:, None]
        return (u @ vt).astype(np.float32)[self.group]

    def carry(
        self,
        offsets_m: Float[np.ndarray, "N P 3"],
        model: HeadModel,
        vertices_m: Float[np.ndarray, "V 3"],
    ) -> Float32[np.ndarray, "N P 3"]:
        """Points given relative to their root at rest, on a head of other vertices."""
        turned = offsets_m @ self.frames(vertices_m).transpose(0, 2, 1)
        roots = model.surface_points(self.roots, vertices_m)
        return (turned + roots[:, None]).astype(np.float32)

    def skinning_weights(self, model: HeadModel) -> Float32[np.ndarray, "N J"]:
        """The joints' weights at each root; a strand has its root's from end to end."""
        corners = model.skinning_weights[model.triangles[self.roots.triangle]]
        return np.einsum("nc,ncj->nj", self.roots.barycentric, corners).astype(np.float32)


def bind(
    model: HeadModel,
    roots: SurfacePoints,
    group: Int32[np.ndarray, "N"],
    part: str,
    radius_m: float,
    patch_size: int,
) -> StrandBinding:
    """Bind strands to the skin of a part of the model about their roots.

    `group` numbers, from 0 and without a gap, the roots that turn together; the `patch_size`
    vertices nearest to a group's middle make its patch, weighted by a Gaussian of a third of
    `radius_m`.
    """
    vertices = np.unique(model.triangles[model.part_triangles(part)])
    positions = model.template_m[vertices]
    at = model.surface_points(roots, model.template_m)
    sums = np.stack([np.bincount(group, column) for column in at.T], axis=1)
    middle = sums / np.bincount(group)[:, None]
    distance, nearest = KDTree(positions).query(middle, k=min(patch_size, len(vertices)))
    exponent = -4.5 * (np.asarray(distance) / radius_m) ** 2
    weight = np.exp(exponent - exponent.max(axis=1, keepdims=True))
    weight /= weight.sum(axis=1, keepdims=True)
    rest = positions[nearest]
    lever = (rest - np.einsum("gk,gkd->gd", weight, rest)[:, None]) * weight[..., None]
    return StrandBinding(roots, group, vertices[nearest].astype(np.int32), lever.astype(np.float32))


@dataclass(frozen=True)
class Ribbons:
    """Strands as thin flat bands that taper to a point; R = 2P - 1 vertices each."""

    offsets_m: Float32[np.ndarray, "N R 3"]
    """Of the vertices from their strand's root, at rest."""
    normals: Float32[np.ndarray, "N R 3"]
    """Unit, across the band's flat side, at rest."""
    triangles: Int32[np.ndarray, "F 3"]
    """Indices into the vertices of all strands, strand by strand."""


def ribbons(
    curves_m: Float[np.ndarray, "N P 3"],
    across: Float[np.ndarray, "N 3"],
    half_width_m: Float[np.ndarray, "N P"],
) -> Ribbons:
    """Bands about polylines that begin at the origin; `across` says whither a band is wide.

    The last point of a strand is its tip, whatever its width.
    """
    along = unit(np.gradient(curves_m, axis=1))
    wide = across[:, None] - along * np.einsum("nd,npd->np", across, along)[..., None]
    wide = unit(wide)
    reach = wide * half_width_m[..., None]
    sides = np.stack([curves_m - reach, curves_m + reach], axis=2)
    normal = np.repeat(np.cross(wide, along)[:, :, None], 2, axis=2)
    count, points = curves_m.shape[:2]
    offsets = np.concatenate([sides[:, :-1].reshape(count, -1, 3), curves_m[:, -1:]], axis=1)
    normals = np.concatenate([normal[:, :-1].reshape(count, -1, 3), normal[:, -1:, 0]], axis=1)
    one = _band_triangles(points)
    start = np.arange(count)[:, None, None] * (2 * points - 1)
    return Ribbons(
        offsets.astype(np.float32),
        normals.astype(np.float32),
        (one + start).reshape(-1, 3).astype(np.int32),
    )


def _band_triangles(points: int) -> Int32[np.ndarray, "F 3"]:
    """Of one band: two per segment, one at the tip."""
    first = 2 * np.arange(points - 2)[:, None]
    lower = first + np.array([[0, 1, 3]])
    upper = first + np.array([[0, 3, 2]])
    tip = np.array([[2 * points - 4, 2 * points - 3, 2 * points - 2]])
    return np.concatenate([np.stack([lower, upper], axis=1).reshape(-1, 3), tip]).astype(np.int32)
