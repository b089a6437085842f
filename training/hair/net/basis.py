"""Strands in few numbers: principal components of offsets from the root.

As strand latent codes on the scalp (Rosu et al. 2022, "Neural Strands"; He et al. 2025, "Perm"),
but linear, so that a network learns on it from the first step. Strands stay in the head frame,
where gravity has one direction; a mirrored basis is the basis again, because styles are mirrored
before it is learned.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32

from training.hair.net.strand_grid import STRAND_POINTS

COEFFICIENTS = 32


@dataclass(frozen=True)
class StrandBasis:
    """offsets = mean + (code * scale) @ components."""

    mean_m: Float32[np.ndarray, "100 3"]
    components: Float32[np.ndarray, "K 100 3"]
    """Orthonormal over all points and axes together."""
    scale_m: Float32[np.ndarray, "K"]
    """Deviation of each coefficient, so that codes are of size one."""

    @classmethod
    def learned(
        cls, offsets_m: Float32[np.ndarray, "N 100 3"], count: int = COEFFICIENTS
    ) -> "StrandBasis":
        """From strands and their mirror images."""
        both = np.concatenate([offsets_m, offsets_m * np.array([-1, 1, 1], np.float32)])
        flat = both.reshape(len(both), -1).astype(np.float64)
        mean = flat.mean(axis=0)
        values, vectors = np.linalg.eigh(np.cov(flat, rowvar=False, bias=True))
        leading = np.argsort(values)[::-1][:count]
        scale = np.sqrt(np.maximum(values[leading], 1e-12))
        return cls(
            mean.reshape(STRAND_POINTS, 3).astype(np.float32),
            vectors[:, leading].T.reshape(count, STRAND_POINTS, 3).astype(np.float32),
            scale.astype(np.float32),
        )

    def code(self, offsets_m: Float[np.ndarray, "N 100 3"]) -> Float32[np.ndarray, "N K"]:
        """The nearest code of each strand."""
        off = (offsets_m - self.mean_m).reshape(len(offsets_m), -1)
        return (off @ self.components.reshape(len(self.scale_m), -1).T / self.scale_m).astype(
            np.float32
        )

    def offsets(self, code: Float[np.ndarray, "N K"]) -> Float32[np.ndarray, "N 100 3"]:
        """The strands of codes, metres from the root."""
        return (self.mean_m + np.tensordot(code * self.scale_m, self.components, 1)).astype(
            np.float32
        )

    def save(self, path: Path) -> None:
        """As npz."""
        np.savez(
            path, mean_m=self.mean_m, components=self.components, scale_m=self.scale_m
        )  # fmt: skip

    @classmethod
    def load(cls, path: Path) -> "StrandBasis":
        """What `save` wrote."""
        with np.load(path, allow_pickle=False) as arrays:
            return cls(arrays["mean_m"], arrays["components"], arrays["scale_m"])
