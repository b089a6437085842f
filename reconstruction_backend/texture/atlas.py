"""The head model's UV atlas as texels: which point of which triangle each texel shows.

All of it depends on the head model and the size alone, so it is computed once and kept.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Bool, Float, Float32, Int32, Integer, UInt8

from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.texture import kernels

SKIN_PART = "skin"
CLEAR_PARTS = ("cornea_left", "cornea_right")
PADDING = 0.02
"""How far charts are padded, of the atlas' edge: farther than the smallest mip level bleeds."""
MIRROR_JUMP = 0.05
"""A mirrored triangle whose corners lie further apart than this in UV straddles a seam."""


@dataclass(frozen=True, eq=False)
class Atlas:
    """Texels of one head model at one size; T is `size`. Equal and hashed by identity."""

    model: HeadModel
    size: int
    triangle: Integer[np.ndarray, "T T"]
    """Index into `model.triangles`, -1 outside every chart."""
    weights: Float32[np.ndarray, "T T 2"]
    """Barycentric weights of the triangle's first two corners."""
    part: UInt8[np.ndarray, "T T"]
    """Index into `model.part_names`, 255 outside every chart."""
    mirror_texel: Float32[np.ndarray, "T T 2"]
    """(x, y) in texels of the skin point on the other side of the face; -1 where there is none."""
    outside: Integer[np.ndarray, "N"]
    """Flat indices of the texels outside every chart, but near one."""
    nearest_inside: Integer[np.ndarray, "N"]
    """For each of them that of the nearest texel inside, to pad charts against bleeding."""
    texel_m: Float32[np.ndarray, "T T"]
    """Edge of a texel on the average head's surface, metres; 0 outside."""

    @property
    def inside(self) -> Bool[np.ndarray, "T T"]:
        """Texels that some chart covers."""
        return self.triangle >= 0

    def part_mask(self, *names: str) -> Bool[np.ndarray, "T T"]:
        """Texels of the named parts; read-only."""
        return _part_mask(self, names)

    def part_texels(self, *names: str) -> Int32[np.ndarray, "N"]:
        """Flat indices of the texels of the named parts; read-only."""
        return _part_texels(self, names)

    def interpolate(self, values: Float[np.ndarray, "V C"]) -> Float32[np.ndarray, "T T C"]:
        """Vertex values over the atlas, 0 outside."""
        return kernels.interpolate(
            self.triangle,
            self.weights,
            self.model.triangles,
            np.ascontiguousarray(values, np.float32),
        )

    def interpolate_at(
        self, texels: Int32[np.ndarray, "N"], values: Float[np.ndarray, "V C"]
    ) -> Float32[np.ndarray, "N C"]:
        """Vertex values at some texels (flat indices) that lie in charts: `interpolate`'s."""
        a, b, c = self.model.triangles[self.triangle.reshape(-1)[texels]].T
        weights = self.weights.reshape(-1, 2)[texels]
        wa, wb = weights[:, :1], weights[:, 1:]
        rows = values.astype(np.float32, copy=False)
        return wa * rows[a] + wb * rows[b] + (1 - wa - wb) * rows[c]

    def pad(self, image: np.ndarray) -> np.ndarray:
        """Fill the texels outside, but near, a chart with its border."""
        padded = image.reshape(self.size * self.size, *image.shape[2:]).copy()
        padded[self.outside] = padded[self.nearest_inside]
        return padded.reshape(image.shape)


@lru_cache(maxsize=64)
def _part_mask(atlas: Atlas, names: tuple[str, ...]) -> Bool[np.ndarray, "T T"]:
    wanted = np.zeros(256, bool)
    wanted[[i for i, name in enumerate(atlas.model.part_names) if name in names]] = True
    mask = wanted[atlas.part]
    mask.setflags(write=False)
    return mask


@lru_cache(maxsize=64)
def _part_texels(atlas: Atlas, names: tuple[str, ...]) -> Int32[np.ndarray, "N"]:
    texels = np.flatnonzero(_part_mask(atlas, names)).astype(np.int32)
    texels.setflags(write=False)
    return texels


def atlas_of(model: HeadModel, size: int) -> Atlas:
    """The atlas of a model, kept for the next call with the same model object."""
    return _cached_atlas(_Identity(model), size)


@dataclass(frozen=True, eq=False)
class _Identity:
    """Hashes a model by which object it is (its arrays cannot be hashed)."""

    model: HeadModel

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and other.model is self.model

    def __hash__(self) -> int:
        return id(self.model)


@lru_cache(maxsize=4)
def _cached_atlas(identity: _Identity, size: int) -> Atlas:
    model = identity.model
    corners_px = (model.uv[model.triangles_uv] * size - 0.5).astype(np.float32)
    # Clear parts first: where a cornea shares texels with the iris below it, the iris is painted.
    order = np.argsort(
        ~np.isin(np.arange(len(model.triangles)), model.part_triangles(*CLEAR_PARTS))
    )
    triangle, weights = kernels.rasterise(corners_px[order], order.astype(np.int32), size)
    part = np.where(triangle >= 0, model.triangle_part[triangle], 255).astype(np.uint8)
    outside, nearest_inside = _surroundings(triangle >= 0)
    return Atlas(
        model=model,
        size=size,
        triangle=triangle,
        weights=weights,
        part=part,
        mirror_texel=_mirror_texels(model, triangle, weights, size),
        outside=outside,
        nearest_inside=nearest_inside,
        texel_m=_texel_edges(model, triangle, corners_px),
    )


def _texel_edges(
    model: HeadModel, triangle: Integer[np.ndarray, "T T"], corners_px: Float32[np.ndarray, "F 3 2"]
) -> Float32[np.ndarray, "T T"]:
    """Square root of surface area over texel area, per triangle."""
    corners_m = model.template_m[model.triangles]
    area_m2 = np.linalg.norm(
        np.cross(corners_m[:, 1] - corners_m[:, 0], corners_m[:, 2] - corners_m[:, 0]), axis=1
    )
    edge = corners_px[:, 1:] - corners_px[:, :1]
    area_px = np.abs(edge[:, 0, 0] * edge[:, 1, 1] - edge[:, 0, 1] * edge[:, 1, 0])
    length = np.sqrt(area_m2 / np.maximum(area_px, 1e-6)).astype(np.float32)
    return np.where(triangle >= 0, length[triangle], np.float32(0))


def _surroundings(
    inside: Bool[np.ndarray, "T T"],
) -> tuple[Int32[np.ndarray, "N"], Int32[np.ndarray, "N"]]:
    """Flat indices of the outside texels near a chart, and for each the nearest inside one."""
    distance, label = cv2.distanceTransformWithLabels(
        (~inside).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    near = ~inside & (np.asarray(distance) < PADDING * len(inside))
    flat_of_label = np.zeros(int(label.max()) + 1, np.int32)
    flat_inside = np.flatnonzero(inside)
    flat_of_label[label.reshape(-1)[flat_inside]] = flat_inside
    return np.flatnonzero(near).astype(np.int32), flat_of_label[label[near]]


def _mirror_texels(
    model: HeadModel,
    triangle: Integer[np.ndarray, "T T"],
    weights: Float32[np.ndarray, "T T 2"],
    size: int,
) -> Float32[np.ndarray, "T T 2"]:
    """Where the mirrored skin point lies, through the triangle on the mirrored vertices."""
    corner_uv = _mirrored_corner_uv(model)
    valid = np.isfinite(corner_uv).all(axis=(1, 2))
    valid &= np.ptp(np.nan_to_num(corner_uv), axis=1).max(axis=1) < MIRROR_JUMP
    values = (np.nan_to_num(corner_uv) * size - 0.5).reshape(-1, 2).astype(np.float32)
    own_corners = np.arange(len(values), dtype=np.int32).reshape(-1, 3)
    kept = np.where((triangle >= 0) & valid[triangle], triangle, -1)
    texel = kernels.interpolate(kept, weights, own_corners, values)
    return np.where((kept >= 0)[:, :, None], texel, np.float32(-1))


def _mirrored_corner_uv(model: HeadModel) -> Float32[np.ndarray, "F 3 2"]:
    """UV of each triangle corner's mirror vertex, in the mirrored triangle; NaN without one."""
    skin = model.part_triangles(SKIN_PART)
    corners = model.triangles[skin]
    mirrored = model.mirror_vertex[corners]
    key, mirrored_key = _vertex_set(corners), _vertex_set(mirrored)
    order = np.argsort(key)
    place = np.minimum(np.searchsorted(key[order], mirrored_key), len(key) - 1)
    partner = order[place]
    exists = key[partner] == mirrored_key
    # Which corner of the partner is the mirror image of which corner.
    corner = np.argmax(corners[partner][:, None, :] == mirrored[:, :, None], axis=2)
    uv_index = np.take_along_axis(model.triangles_uv[skin][partner], corner, axis=1)
    corner_uv = np.full((len(model.triangles), 3, 2), np.nan, np.float32)
    corner_uv[skin[exists]] = model.uv[uv_index[exists]]
    return corner_uv


def _vertex_set(triangles: Integer[np.ndarray, "F 3"]) -> Integer[np.ndarray, "F"]:
    """One number per triangle that does not depend on its corners' order."""
    low, middle, high = np.sort(triangles.astype(np.int64), axis=1).T
    base = 1 << 20  # more vertices than any head model has; three fit into 63 bits
    return (low * base + middle) * base + high
