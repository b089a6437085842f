"""A texture with smaller copies of itself, sampled without aliasing."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, Float32, Int32, UInt8, UInt16

from reconstruction_backend.color import linear_from_srgb

_FULL_SCALE = 65535
_SMALLEST_LEVEL_PX = 128  # smaller copies would mix neighbouring charts of the atlas
_ROW = 1024  # cv2.remap takes images, so samples are folded into rows
_MOST_ROWS = 16384  # of one call to cv2.remap, which counts them in 16 bits


@dataclass(frozen=True)
class MipTexture:
    """Levels of halving size in one picture: the full size at the left, the others in a column.

    Values in [0, 1] as 16-bit integers; the halvings average those values.
    """

    picture: UInt16[np.ndarray, "T W 3"]
    level_size_px: Int32[np.ndarray, "L"]
    level_corner_px: Int32[np.ndarray, "L 2"]
    """(x, y) of each level's top-left texel."""

    @classmethod
    def from_srgb(cls, image: UInt8[np.ndarray, "T T 3"]) -> "MipTexture":
        """Colours; sampled values are linear light."""
        linear = linear_from_srgb(np.arange(256, dtype=np.uint8)) * _FULL_SCALE
        return _with_halvings(cv2.LUT(image, (linear + 0.5).astype(np.uint16)))

    @classmethod
    def from_values(cls, image: UInt8[np.ndarray, "T T 3"]) -> "MipTexture":
        """Data such as normals; sampled values are byte / 255."""
        return _with_halvings(image.astype(np.uint16) * np.uint16(_FULL_SCALE // 255))

    @property
    def size_px(self) -> int:
        """T."""
        return int(self.level_size_px[0])

    def sample(
        self, uv: Float[np.ndarray, "N 2"], level: Float[np.ndarray, "N"]
    ) -> Float32[np.ndarray, "N 3"]:
        """Trilinear: bilinear in the two levels around `level` (0 is the full size), blended."""
        last = len(self.level_size_px) - 1
        level = np.clip(level, 0, last)
        lower = np.minimum(level.astype(np.int32), max(last - 1, 0))
        weight = (level - lower).astype(np.float32)[:, None]
        fine = self._bilinear(uv, lower)
        coarse = self._bilinear(uv, np.minimum(lower + 1, last))
        return (fine + weight * (coarse - fine)) / np.float32(_FULL_SCALE)

    def _bilinear(
        self, uv: Float[np.ndarray, "N 2"], level: Int32[np.ndarray, "N"]
    ) -> Float32[np.ndarray, "N 3"]:
        """Texel (i, j) has its centre at ((j + 0.5) / S, (i + 0.5) / S); edges are held."""
        size = self.level_size_px[level][:, None].astype(np.float32)
        within = np.minimum(np.maximum(uv.astype(np.float32) * size - 0.5, 0), size - 1)
        texel = within + self.level_corner_px[level]
        folded = np.zeros((2, -(-len(uv) // _ROW) * _ROW), np.float32)
        folded[:, : len(uv)] = texel.T
        x, y = folded.reshape(2, -1, _ROW)
        blocks = [
            cv2.remap(
                self.picture,
                x[start : start + _MOST_ROWS],
                y[start : start + _MOST_ROWS],
                cv2.INTER_LINEAR,
            )
            for start in range(0, len(x), _MOST_ROWS)
        ]
        return np.concatenate(blocks).reshape(-1, 3)[: len(uv)].astype(np.float32)


def _with_halvings(image: UInt16[np.ndarray, "T T 3"]) -> MipTexture:
    size = len(image)
    sizes = [size]
    while sizes[-1] % 2 == 0 and sizes[-1] // 2 >= _SMALLEST_LEVEL_PX:
        sizes.append(sizes[-1] // 2)
    width = size + (sizes[1] if len(sizes) > 1 else 0)
    picture = np.empty((size, width, 3), np.uint16)
    picture[:, :size] = image
    corners = [(0, 0)]
    smaller, y = image, 0
    for edge in sizes[1:]:
        smaller = np.asarray(cv2.resize(smaller, (edge, edge), interpolation=cv2.INTER_AREA))
        picture[y : y + edge, size : size + edge] = smaller
        corners.append((size, y))
        y += edge
    return MipTexture(picture, np.array(sizes, np.int32), np.array(corners, np.int32))
