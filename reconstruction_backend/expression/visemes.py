"""The fifteen visemes of Oculus Lip Sync as ARKit weights, for engines that speak in visemes.

Names and sounds are those of Meta's *Viseme Reference* (developers.meta.com, Oculus Lipsync); the
weights follow the positions of lips, teeth and jaw that it shows for each sound.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from reconstruction_backend.expression.coefficients import coefficients, on_both_sides


@dataclass(frozen=True)
class Viseme:
    """A mouth shape."""

    name: str
    sounds: str
    weights: tuple[tuple[str, float], ...]
    """Coefficients; a stem without side stands for both."""

    def coefficients(self) -> Float32[np.ndarray, "58"]:
        """In the order of COEFFICIENT_NAMES."""
        named = {name: weight for stem, weight in self.weights for name in on_both_sides(stem)}
        return coefficients(**named)


VISEMES = (
    Viseme("viseme_sil", "silence", ()),
    Viseme(
        "viseme_PP",
        "p, b, m",
        (("mouthPress", 0.55), ("mouthRollLower", 0.12), ("mouthRollUpper", 0.08)),
    ),
    Viseme(
        "viseme_FF",
        "f, v",
        (("jawOpen", 0.06), ("mouthRollLower", 0.5), ("mouthUpperUp", 0.35)),
    ),
    Viseme(
        "viseme_TH",
        "th",
        (("jawOpen", 0.16), ("mouthLowerDown", 0.25), ("mouthUpperUp", 0.15)),
    ),
    Viseme(
        "viseme_DD",
        "t, d",
        (("jawOpen", 0.12), ("mouthLowerDown", 0.35), ("mouthUpperUp", 0.15)),
    ),
    Viseme(
        "viseme_kk",
        "k, g",
        (("jawOpen", 0.2), ("mouthLowerDown", 0.3), ("mouthUpperUp", 0.2), ("mouthStretch", 0.15)),
    ),
    Viseme(
        "viseme_CH",
        "ch, j, sh",
        (("jawOpen", 0.06), ("mouthFunnel", 0.6), ("mouthPucker", 0.2), ("mouthLowerDown", 0.15)),
    ),
    Viseme(
        "viseme_SS",
        "s, z",
        (("mouthStretch", 0.35), ("mouthLowerDown", 0.4), ("mouthUpperUp", 0.2)),
    ),
    Viseme(
        "viseme_nn",
        "n, l",
        (("jawOpen", 0.14), ("mouthLowerDown", 0.25), ("mouthUpperUp", 0.1)),
    ),
    Viseme(
        "viseme_RR",
        "r",
        (("jawOpen", 0.12), ("mouthFunnel", 0.4), ("mouthPucker", 0.3)),
    ),
    Viseme(
        "viseme_aa",
        "a as in car",
        (("jawOpen", 0.55), ("mouthLowerDown", 0.2), ("mouthUpperUp", 0.15)),
    ),
    Viseme(
        "viseme_E",
        "e as in bed",
        (("jawOpen", 0.28), ("mouthStretch", 0.35), ("mouthSmile", 0.15), ("mouthLowerDown", 0.2)),
    ),
    Viseme(
        "viseme_I",
        "i as in tip",
        (("jawOpen", 0.18), ("mouthSmile", 0.3), ("mouthStretch", 0.25), ("mouthLowerDown", 0.2)),
    ),
    Viseme(
        "viseme_O",
        "o as in toe",
        (("jawOpen", 0.4), ("mouthFunnel", 0.55), ("mouthPucker", 0.2)),
    ),
    Viseme(
        "viseme_U",
        "u as in book",
        (("jawOpen", 0.14), ("mouthPucker", 0.7), ("mouthFunnel", 0.25)),
    ),
)
"""In Meta's order; `viseme_sil` is the neutral mouth."""
