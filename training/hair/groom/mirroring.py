"""Left and right changed."""

from dataclasses import replace

import numpy as np

from reconstruction_backend.hair.hairstyle import HairGuides
from training.hair.groom.parameters import StyleParameters


def mirrored(parameters: StyleParameters) -> StyleParameters:
    """The same style on the other side."""
    return replace(parameters, mirrored=not parameters.mirrored)


def mirrored_guides(guides: HairGuides) -> HairGuides:
    """Guides reflected in the head's plane of symmetry, in the same order."""
    return HairGuides(
        (guides.root_uv * [-1, 1] + [1, 0]).astype(np.float32),
        guides.points_m * np.array([-1, 1, 1], np.float32),
        guides.wisp,
    )
