"""How hair looks in each picture: lit, or taken apart."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, Float32

from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.hair.strands import HairStrands
from reconstruction_backend.rendering import hair_shading_kernels as kernels
from reconstruction_backend.rendering.hair_hollows import HairHollows
from reconstruction_backend.rendering.hair_volume import HairVolume
from reconstruction_backend.rendering.reflection import softly_clipped
from reconstruction_backend.tangents import unit
from reconstruction_backend.texture.result import SphericalHarmonicsLight

_ROUGHNESS, _ROUGHNESS_SPREAD = 0.28, 0.06
_TILT_RAD, _TILT_SPREAD_RAD = 0.045, 0.03
"""Of the cuticle's scales: R is shifted by twice that towards the root."""
_GLOSS = 1.5
_LEAST_OPEN = np.float32(1e-4)


@dataclass(frozen=True)
class Lamp:
    """A distant lamp that casts shadows."""

    direction: Float32[np.ndarray, "3"]
    """Unit, from the head towards it, head frame."""
    colour: Float32[np.ndarray, "3"]
    """Irradiance over pi at normal incidence, linear RGB."""
    radius_rad: float
    sharp: bool = True
    """Whether its shadows are worked out strand by strand, or as coarsely as the dome's."""


@runtime_checkable
class HairShader(Protocol):
    """The colour of points on strands; three channels of any meaning."""

    def __call__(
        self, strands: HairStrands, used: Bool[np.ndarray, "N P"]
    ) -> Float32[np.ndarray, "N P 3"]:
        """One per point where `used`; anything elsewhere."""
        ...


@dataclass(frozen=True)
class LitHair:
    """Under a dome and lamps, in its own colour or in an even one."""

    volume: HairVolume
    dome: SphericalHarmonicsLight
    lamps: tuple[Lamp, ...]
    camera: PerspectiveCamera
    clay: Float32[np.ndarray, "3"] | None = None

    def __call__(
        self, strands: HairStrands, used: Bool[np.ndarray, "N P"]
    ) -> Float32[np.ndarray, "N P 3"]:
        """Linear RGB."""
        colours = strands.color_linear
        if self.clay is not None:
            colours = np.broadcast_to(self.clay, colours.shape)
        out = np.zeros(strands.points_m.shape, np.float32)
        every = strands.points_m.reshape(-1, 3)
        seen = np.flatnonzero(used.ravel())
        row = np.full(used.size, -1, np.int32)
        row[seen] = np.arange(len(seen), dtype=np.int32)
        points = every[seen]
        kernels.shade(
            strands.points_m,
            row.reshape(used.shape),
            np.ascontiguousarray(colours, np.float32),
            self.volume.dome(self.dome, points),
            HairHollows(every, self.camera).light(points),
            self.camera.position_m().astype(np.float32),
            np.array([lamp.direction for lamp in self.lamps], np.float32).reshape(-1, 3),
            np.array([lamp.colour for lamp in self.lamps], np.float32).reshape(-1, 3),
            np.array([lamp.radius_rad for lamp in self.lamps], np.float32),
            self._before(points),
            np.float32(_GLOSS),
            _own(strands.count),
            out,
        )
        out[used] = softly_clipped(out[used])
        return out

    def _before(self, points_m: Float32[np.ndarray, "K 3"]) -> Float32[np.ndarray, "L K"]:
        """Optical depth of what lies between each lamp and each point."""
        depth = np.empty((len(self.lamps), len(points_m)), np.float32)
        sharp = [lamp.sharp for lamp in self.lamps]
        for index in np.flatnonzero(sharp):
            depth[index] = self.volume.lamp(self.lamps[index].direction).before(points_m)
        soft = np.flatnonzero(np.logical_not(sharp))
        if len(soft):
            directions = np.stack([self.lamps[index].direction for index in soft])
            share = self.volume.openness(directions, points_m)
            depth[soft] = -np.log(np.maximum(share.T, _LEAST_OPEN))
        return depth


class HairAlbedo:
    """The strands' own colour, without light."""

    def __call__(
        self, strands: HairStrands, used: Bool[np.ndarray, "N P"]
    ) -> Float32[np.ndarray, "N P 3"]:
        """Linear RGB."""
        return strands.color_linear


@dataclass(frozen=True)
class EvenHair:
    """One value everywhere."""

    value: Float[np.ndarray, "3"]

    def __call__(
        self, strands: HairStrands, used: Bool[np.ndarray, "N P"]
    ) -> Float32[np.ndarray, "N P 3"]:
        """The value."""
        return np.broadcast_to(np.asarray(self.value, np.float32), strands.points_m.shape).copy()


@dataclass(frozen=True)
class HairNormals:
    """Of each strand, the normal that faces the viewer, as (n + 1) / 2 in the viewer's frame."""

    camera: PerspectiveCamera

    def __call__(
        self, strands: HairStrands, used: Bool[np.ndarray, "N P"]
    ) -> Float32[np.ndarray, "N P 3"]:
        """Values in [0, 1]."""
        along = unit(np.gradient(strands.points_m, axis=1))
        to_camera = unit(self.camera.position_m().astype(np.float32) - strands.points_m)
        sine = np.einsum("npd,npd->np", along, to_camera)[..., None]
        in_camera = unit(to_camera - sine * along) @ self.camera.rotation_camera_from_head.T
        return ((in_camera * np.array([1, -1, -1]) + 1) / 2).astype(np.float32)


def _own(count: int) -> Float32[np.ndarray, "count 2"]:
    """Roughness and tilt of each strand: no two shine at quite the same place."""
    random = 2 * np.random.default_rng(1).random((count, 2), np.float32) - 1
    spread = np.array([_ROUGHNESS_SPREAD, _TILT_SPREAD_RAD], np.float32)
    return np.array([_ROUGHNESS, _TILT_RAD], np.float32) + spread * random


def strand_random(count: int) -> Float32[np.ndarray, "count"]:
    """A number in [0, 1) that stays with each strand."""
    return np.random.default_rng(0).random(count, np.float32)
