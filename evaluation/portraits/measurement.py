"""What is measured, without the libraries that measure it: quick to import in every process."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, UInt8

from evaluation.portraits.figures import Cost, Figures

GREY = 128
"""sRGB, behind photo and avatar."""

Crop = UInt8[np.ndarray, "256 256 3"]
Mask = Bool[np.ndarray, "256 256"]


@dataclass(frozen=True)
class FacePictures:
    """Everything that the image metrics see of one portrait and one avatar."""

    photo: Crop
    render: Crop
    """At the fitted camera, in the photo's light."""
    head: Mask
    """Skin, hair and glasses in the photo."""
    face: Mask
    """Bare skin inside the hull of the photo's landmarks."""
    hair: Mask
    """Hair in the photo."""
    render_hair: Mask
    """Hair of the avatar, as far as the head does not hide it."""
    yaw_minus: Crop
    yaw_plus: Crop
    """The avatar turned by 30 degrees to either side, cut by its own landmarks."""


MASKS = ("head", "face", "hair", "render_hair")
"""Fields of `FacePictures` that are masks."""


@dataclass(frozen=True)
class Measurement:
    """What a worker gives back of one photo."""

    figures: Figures
    cost: Cost
    pictures: FacePictures


Evaluator = Callable[[bytes], Measurement]
"""A photo's bytes to its measurement. May raise a CameoError."""


@dataclass(frozen=True)
class EvaluatorOptions:
    """What a worker computes. Learned metrics are asked for only where they can be computed."""

    backend: str
    lpips_alex: bool = False
    lpips_vgg: bool = False
    facenet: bool = False


def load_evaluator(options: EvaluatorOptions) -> Evaluator:
    """Load backend and metrics, and keep them warm. Raises ModelNotAvailable or InvalidModel."""
    from evaluation.portraits.measure import PortraitEvaluator

    return PortraitEvaluator(options)
