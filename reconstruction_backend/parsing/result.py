"""What the parsing stage gives: of every pixel, the probabilities of five classes."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float32, UInt8

PixelClass = Literal["background", "skin", "hair", "clothes", "glasses"]
CLASSES: tuple[PixelClass, ...] = get_args(PixelClass)
WHOLE = 255
"""What the five shares of a pixel add up to."""


@dataclass(frozen=True)
class Parsing:
    """Soft classes at the portrait's size.

    Skin: face, ears, neck and hands, brows and beard included. Clothes: also hats, headscarves,
    jewellery and whatever else a person wears. Glasses: frames, and all that is seen through them.
    """

    shares: UInt8[np.ndarray, "H W 5"]
    """Probabilities in 255ths, in the order of `CLASSES`; they add up to 255 exactly. The network
    looks at a square around the head, down to the shoulders: all beyond counts as background."""

    def probability(self, *classes: PixelClass) -> Float32[np.ndarray, "H W"]:
        """That a pixel belongs to one of these classes, 0 to 1."""
        total = sum(
            (self.shares[:, :, CLASSES.index(name)] for name in classes),
            start=np.zeros(self.shares.shape[:2], np.uint8),
        )
        return total.astype(np.float32) / WHOLE

    @property
    def skin(self) -> Float32[np.ndarray, "H W"]:
        """Probability of bare skin."""
        return self.probability("skin")

    @property
    def hair(self) -> Float32[np.ndarray, "H W"]:
        """Probability of hair of the head."""
        return self.probability("hair")

    @property
    def person(self) -> Float32[np.ndarray, "H W"]:
        """Probability of anything but background."""
        return 1 - self.probability("background")
