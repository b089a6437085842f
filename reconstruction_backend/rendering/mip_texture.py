"""A texture with smaller copies of itself, sampled without aliasing."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, Float32, UInt8, UInt16

from reconstruction_backend.color import linear_from_srgb

_FULL_SCALE = 65535
_SMALLEST_LEVEL_PX = 128  # smaller copies would mix neighbouring charts of the atlas
_ROW = 1024  # cv2.remap takes images, so samples are folded into rows


@dataclass(frozen=True)
class MipTexture:
    """Levels of halving size; values in [0, 1] as 16-bit integers, averaged in those values."""

    levels: tuple[UInt16[np.ndarray, "_ _ 3"], ...]

    @classmethod
    def from_srgb(cls, image: UInt8[np.ndarray, "T T 3"]) -> "MipTexture":
        """Colours; sampled values are linear light."""
        table = (linear_from_srgb(np.arange(256, dtype=np.uint8)) * _FULL_SCALE + 0.5).astype(
            np.uint16
        )
        return cls(_halvings(cv2.LUT(image, table)))

    @classmethod
    def from_values(cls, image: UInt8[np.ndarray, "T T 3"]) -> "MipTexture":
        """Data such as normals; sampled values are byte / 255."""
        return cls(_halvings(image.astype(np.uint16) * np.uint16(_FULL_SCALE // 255)))

    @property
    def size_px(self) -> int:
        """T."""
        return len(self.levels[0])

    def sample(
        self, uv: Float[np.ndarray, "N 2"], level: Float[np.ndarray, "N"]
    ) -> Float32[np.ndarray, "N 3"]:
        """Trilinear: bilinear in the two levels around `level` (0 is the full size), blended."""
        level = np.clip(level, 0, len(self.levels) - 1)
        lower = np.minimum(level.astype(np.int32), max(len(self.levels) - 2, 0))
        weight = (level - lower).astype(np.float32)[:, None]
        value = np.zeros((len(uv), 3), np.float32)
        for i, image in enumerate(self.levels):
            for rows, share in ((lower == i, 1 - weight), (lower == i - 1, weight)):
                if rows.any():
                    value[rows] += share[rows] * _bilinear(image, uv[rows])
        return value / _FULL_SCALE


def _halvings(image: UInt16[np.ndarray, "T T 3"]) -> tuple[UInt16[np.ndarray, "_ _ 3"], ...]:
    levels = [image]
    while len(levels[-1]) % 2 == 0 and len(levels[-1]) // 2 >= _SMALLEST_LEVEL_PX:
        half = len(levels[-1]) // 2
        levels.append(
            np.asarray(cv2.resize(levels[-1], (half, half), interpolation=cv2.INTER_AREA))
        )
    return tuple(levels)


def _bilinear(
    image: UInt16[np.ndarray, "S S 3"], uv: Float[np.ndarray, "N 2"]
) -> Float32[np.ndarray, "N 3"]:
    """Texel (i, j) has its centre at ((j + 0.5) / S, (i + 0.5) / S); edges are held."""
    count = len(uv)
    folded = np.zeros((2, -(-count // _ROW) * _ROW), np.float32)
    folded[:, :count] = uv.T * len(image) - 0.5
    x, y = folded.reshape(2, -1, _ROW)
    # a call's rows are limited to 2^15 as its columns are
    blocks = [
        cv2.remap(image, x_part, y_part, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        for x_part, y_part in zip(
            np.array_split(x, -(-len(x) // _ROW)),
            np.array_split(y, -(-len(y) // _ROW)),
            strict=True,
        )
    ]
    return np.concatenate(blocks).reshape(-1, 3)[:count].astype(np.float32)
