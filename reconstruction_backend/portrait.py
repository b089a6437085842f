"""Stage 1: bytes to an upright sRGB portrait, with everything else dropped."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8


@dataclass(frozen=True)
class Portrait:
    """A decoded photo, upright, without metadata."""

    image: UInt8[np.ndarray, "H W 3"]
    """sRGB, RGB order."""
    focal_length_px: float | None
    """From EXIF (35 mm equivalent or sensor data) where the photo says so, else None."""

    @property
    def width_px(self) -> int:
        """W."""
        return self.image.shape[1]

    @property
    def height_px(self) -> int:
        """H."""
        return self.image.shape[0]


def decode_portrait(data: bytes) -> Portrait:
    """Decode JPEG, PNG, WebP or HEIC. Raises InvalidImage or ImageTooLarge."""
    raise AssertionError("being built")


def load_portrait(path: Path) -> Portrait:
    """Read and decode a file. Raises InputNotFound, InvalidImage or ImageTooLarge."""
    raise AssertionError("being built")
