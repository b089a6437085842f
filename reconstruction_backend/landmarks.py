"""Stage 2: MediaPipe Face Mesh with iris refinement: 478 points."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from reconstruction_backend.portrait import Portrait


@dataclass(frozen=True)
class FaceBox:
    """Bounding box of a face's landmarks, pixels."""

    left_px: float
    top_px: float
    right_px: float
    bottom_px: float


@dataclass(frozen=True)
class FaceLandmarks:
    """The dense landmarks of the largest face in a portrait."""

    points_px: Float32[np.ndarray, "478 2"]
    """Pixels (docs/conventions.md: the top-left pixel's centre is (0, 0))."""
    depth_px: Float32[np.ndarray, "478"]
    """The detector's relative depth at the scale of x, negative towards the camera."""
    box: FaceBox
    other_faces: tuple[FaceBox, ...]
    """Smaller faces that were left aside."""


class LandmarkDetector:
    """Keeps the detector warm; not thread-safe."""

    def detect(self, portrait: Portrait) -> FaceLandmarks:
        """Find the largest face. Raises NoFaceFound or FaceTooSmall."""
        raise AssertionError("being built")
