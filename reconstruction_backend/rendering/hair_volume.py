"""Hair as something that light has to get through: what reaches its strands and the skin below."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Float32, Int32
from scipy.ndimage import maximum_filter

from reconstruction_backend.bounds import bounds
from reconstruction_backend.hair.strands import HairStrands
from reconstruction_backend.rendering import hair_volume_kernels as kernels
from reconstruction_backend.rendering.head_scene import HeadScene
from reconstruction_backend.rendering.lighting import COSINE_LOBE
from reconstruction_backend.rendering.occlusion import sphere_directions
from reconstruction_backend.texture.result import SphericalHarmonicsLight, spherical_harmonics

_VOXEL_M = 0.006
_MOST_VOXELS = 96
"""Along the longest edge; longer hair gets coarser voxels."""
_MARGIN_VOXELS = 3
_DIRECTIONS = 32
_SKIN_DIRECTIONS = 48
_SKIN_LIFT_VOXELS = 0.6
"""Where the light of skin is asked for, above it."""
_FREE_STEPS = 2
"""Voxels next to a strand in which the head does not count: the strand itself grows there."""
_HAIRS_PER_STRAND = 1.0
"""How much more a strand hides than its own width."""
_HALF_SPHERE = 2 * np.pi
"""Solid angle over which the harmonics of a point in the open are taken."""
_FAR = np.float32(1e6)
"""Stands for infinity where compiled code assumes finite numbers."""
_DARK = 8
"""Optical depth through which nothing gets."""
_ROOTED_M = 0.004
"""Within this the head does not stand between a strand and a lamp."""
_EVERY_STRAND = 50
_MOST_ABSORBED, _PASSED_ON = 0.55, 0.65
"""Of light from all round: by black hair, and how much less by white."""
_OPACITY_TEXELS = 320
_LAYER_EDGES_M = np.cumsum([0.001, 0.0015, 0.002, 0.003, 0.005, 0.010, 0.025, 0.25]).astype(
    np.float32
)
"""Ends of the layers behind the first hair that a lamp meets: thin where shadows begin."""


@dataclass(frozen=True)
class _Grid:
    origin_m: Float32[np.ndarray, "3"]
    voxel_m: float
    depth: Float32[np.ndarray, "X Y Z"]
    """Optical depth across a voxel."""
    solid: Bool[np.ndarray, "X Y Z"]
    """Where the head is."""

    def places(self, points_m: Float32[np.ndarray, "K 3"]) -> Float32[np.ndarray, "K 3"]:
        return ((points_m - self.origin_m) / np.float32(self.voxel_m)).astype(np.float32)


class HairVolume:
    """One head of hair on one posed head; lamps are worked out when asked for."""

    def __init__(self, strands: HairStrands, head: HeadScene) -> None:
        self._points = np.ascontiguousarray(strands.points_m, np.float32)
        self._widths = np.ascontiguousarray(strands.width_m * _HAIRS_PER_STRAND, np.float32)
        self._head = head
        self._grid = _grid(self._points, self._widths, head)
        self._scattering = _absorbed(strands)
        self._lamps: dict[tuple[float, ...], LampOpacity] = {}

    def dome(
        self, light: SphericalHarmonicsLight, points_m: Float32[np.ndarray, "K 3"]
    ) -> Float32[np.ndarray, "K 3"]:
        """Light from all round that reaches points on strands, past hair and head; linear RGB.

        As much as a surface in the open gets is 1 under a uniform white light.
        """
        radiance = (light.coefficients / COSINE_LOBE[:, None]).astype(np.float32)
        return self._at(np.maximum(self._transfer[1] @ radiance, 0), points_m)

    def openness(
        self, directions: Float[np.ndarray, "L 3"], points_m: Float32[np.ndarray, "K 3"]
    ) -> Float32[np.ndarray, "K L"]:
        """Share of soft lamps' light that reaches points on strands, past hair and head.

        From the same harmonics as the dome: coarse, at hardly any cost.
        """
        toward = spherical_harmonics(np.asarray(directions)).astype(np.float32)
        open_share = np.float32(_HALF_SPHERE) * (self._transfer[1] @ toward.T)
        return self._at(np.clip(open_share, 0, 1), points_m)

    def _at(
        self, per_voxel: Float32[np.ndarray, "M C"], points_m: Float32[np.ndarray, "K 3"]
    ) -> Float32[np.ndarray, "K C"]:
        grid, out = self._grid, np.zeros((len(points_m), per_voxel.shape[1]), np.float32)
        kernels.gather(points_m, grid.origin_m, grid.voxel_m, self._transfer[0], per_voxel, out)
        return out

    def lamp(self, direction: Float[np.ndarray, "3"]) -> "LampOpacity":
        """What a distant lamp meets, in the unit direction towards it."""
        key = tuple(float(x) for x in direction)
        if key not in self._lamps:
            self._lamps[key] = LampOpacity(self._points, self._widths, direction, self._head)
        return self._lamps[key]

    @cached_property
    def skin_share(self) -> Float32[np.ndarray, "V"]:
        """Share of an even dome's irradiance that the hair lets through to each head vertex."""
        frame, grid = self._head.frame, self._grid
        lifted = frame.vertices_m + frame.normals * np.float32(_SKIN_LIFT_VOXELS * grid.voxel_m)
        directions = sphere_directions(_SKIN_DIRECTIONS)
        empty = np.zeros_like(grid.solid)
        return kernels.skin_share(grid.places(lifted), frame.normals, grid.depth, empty, directions)

    @cached_property
    def _transfer(self) -> tuple[Int32[np.ndarray, "X Y Z"], Float32[np.ndarray, "K 9"]]:
        """Rows of voxels near hair, and the harmonics of the light that reaches them."""
        grid = self._grid
        near = maximum_filter(grid.depth > 0, size=2)
        places = np.argwhere(near).astype(np.float32)
        index = np.full(near.shape, -1, np.int32)
        index[near] = np.arange(len(places), dtype=np.int32)
        directions = sphere_directions(_DIRECTIONS)
        basis = spherical_harmonics(directions).astype(np.float32)
        absorbing = grid.depth * self._scattering
        transfer = kernels.dome_transfer(
            places, absorbing, grid.solid, directions, basis, _FREE_STEPS
        )
        return index, transfer


class LampOpacity:
    """How much hair lies before each point on its way to a lamp."""

    def __init__(
        self,
        points_m: Float32[np.ndarray, "N P 3"],
        widths_m: Float32[np.ndarray, "N P"],
        direction: Float[np.ndarray, "3"],
        head: HeadScene,
    ) -> None:
        axis = np.asarray(direction, np.float64)
        side = np.cross(axis, np.eye(3)[np.abs(axis).argmin()])
        side /= np.linalg.norm(side)
        self._frame = np.stack([side, np.cross(axis, side), -axis]).astype(np.float32)
        turned = points_m @ self._frame.T
        flat = turned[..., :2].reshape(-1, 2)
        low, high = bounds(flat)
        self._texel_m = float((high - low).max()) / (_OPACITY_TEXELS - 4)
        self._corner_m = np.append(low - 2 * self._texel_m, 0).astype(np.float32)
        light = self._texels(turned)
        nearest = np.full((_OPACITY_TEXELS, _OPACITY_TEXELS), _FAR, np.float32)
        kernels.first_depths(light, _OPACITY_TEXELS, nearest)
        layers = np.zeros((*nearest.shape, len(_LAYER_EDGES_M)), np.float32)
        texel_m = np.float32(self._texel_m)
        kernels.splat_layers(light, widths_m, texel_m, nearest, _LAYER_EDGES_M, layers)
        self._nearest = nearest
        self._cumulative = np.cumsum(layers, axis=2, dtype=np.float32)
        self._head = head
        self._direction = axis.astype(np.float32)

    def before(self, points_m: Float32[np.ndarray, "K 3"]) -> Float32[np.ndarray, "K"]:
        """Optical depth of hair before points on strands; huge where the head is in the way."""
        depth = self._look_up(self._texels(points_m @ self._frame.T))
        free = np.flatnonzero(depth < _DARK)  # what is dark already needs no ray
        origins = points_m[free] + np.float32(_ROOTED_M) * self._direction
        hidden = self._head.rays.occluded(origins, np.broadcast_to(self._direction, origins.shape))
        depth[free[hidden]] = _FAR
        return depth

    def through(self, points_m: Float32[np.ndarray, "K 3"]) -> Float32[np.ndarray, "K"]:
        """Share of the lamp's light that hair lets through to any points."""
        return np.exp(-self._look_up(self._texels(points_m @ self._frame.T)))

    def _texels(self, turned_m: Float32[np.ndarray, "*n 3"]) -> Float32[np.ndarray, "*n 3"]:
        scale = np.array([1 / self._texel_m, 1 / self._texel_m, 1], np.float32)
        return (turned_m - self._corner_m) * scale

    def _look_up(self, light: Float32[np.ndarray, "K 3"]) -> Float32[np.ndarray, "K"]:
        out = np.zeros(len(light), np.float32)
        kernels.look_up_layers(light, self._nearest, _LAYER_EDGES_M, self._cumulative, out)
        return out


def _absorbed(strands: HairStrands) -> np.float32:
    """Share of the light met by hair that does not go on: less where it is light."""
    lightness = float(np.sqrt(strands.color_linear[::_EVERY_STRAND].mean()))
    return np.float32(_MOST_ABSORBED * (1 - _PASSED_ON * lightness))


def _grid(
    points_m: Float32[np.ndarray, "N P 3"], widths_m: Float32[np.ndarray, "N P"], head: HeadScene
) -> _Grid:
    flat = points_m.reshape(-1, 3)
    low, high = bounds(flat)
    inner = _MOST_VOXELS - 2 * _MARGIN_VOXELS
    voxel = max(_VOXEL_M, float((high - low).max()) / inner)
    origin = (low - _MARGIN_VOXELS * voxel).astype(np.float32)
    shape = tuple(int(n) for n in np.ceil((high - low) / voxel) + 2 * _MARGIN_VOXELS + 1)
    depth = np.zeros(shape, np.float32)
    kernels.splat_strands(points_m, widths_m, origin, np.float32(voxel), depth)
    depth *= np.float32(voxel)
    solid = np.zeros(shape, np.bool_)
    kernels.mark_solid(head.vertices_m, head.model.triangles, origin, np.float32(voxel), solid)
    return _Grid(origin, voxel, depth, solid)
