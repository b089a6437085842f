"""Everything known of one person: what export writes and what `cameo render` reads back."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from reconstruction_backend.expression.choice import NEUTRAL, ExpressionChoice
from reconstruction_backend.hair.hair import Hair
from reconstruction_backend.head_fit.result import HeadFit
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.texture.result import HeadTexture


@dataclass(frozen=True)
class Avatar:
    """A reconstructed head with its maps and its hair."""

    backend: str
    head_model: HeadModel
    fit: HeadFit
    texture: HeadTexture
    preview: UInt8[np.ndarray, "H W 4"] | None
    """Straight-alpha RGBA; rendered before export."""
    stage_ms: dict[str, float]
    """Wall time of each stage, in order."""
    warnings: tuple[str, ...]
    """One sentence each, for the user."""
    choice: ExpressionChoice = NEUTRAL
    """The face that it wears when it is opened, exported or rendered."""
    hair: Hair | None = None
    """On the neutral head; None for a bald one."""
