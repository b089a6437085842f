"""The first seam: how a portrait becomes head-model coefficients."""

from dataclasses import dataclass
from typing import Protocol

from reconstruction_backend.head_fit.result import HeadFit
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.landmarks import FaceLandmarks
from reconstruction_backend.portrait import Portrait


@dataclass(frozen=True)
class Reconstruction:
    """What every backend gives; texture, hair, emotion and export build on it alone."""

    backend: str
    head_model: HeadModel
    fit: HeadFit


class ReconstructionBackend(Protocol):
    """Portrait and landmarks to a head model's coefficients."""

    @property
    def name(self) -> str:
        """What the command line and avatar.json call it."""
        ...

    def reconstruct(self, portrait: Portrait, landmarks: FaceLandmarks) -> Reconstruction:
        """Fit the model. Raises a CameoError where the portrait does not allow it."""
        ...
