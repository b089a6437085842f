"""What the head fit gives."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from reconstruction_backend.camera import PerspectiveCamera


@dataclass(frozen=True)
class HeadFit:
    """The person's identity and the photo's moment, as coefficients of one head model."""

    camera: PerspectiveCamera
    """Of the portrait's own size; its extrinsics carry the head's rotation and position."""
    shape: Float32[np.ndarray, "S"]
    """Standard deviations."""
    expression: Float32[np.ndarray, "E"]
    """ARKit weights in [0, 1] in the photo."""
    pose_rad: Float32[np.ndarray, "J 3"]
    """Joint rotations in the photo beyond what the expression implies; global is zero."""
    landmark_residual_iod: float
    """Mean distance of detected to predicted landmarks over the outer eye corners' distance."""
