"""Stage 4: dense landmarks to camera, shape, expression, pose and gaze."""

from reconstruction_backend.head_fit.fit import HeadFitter
from reconstruction_backend.head_fit.options import FitOptions
from reconstruction_backend.head_fit.result import HeadFit

__all__ = ["FitOptions", "HeadFit", "HeadFitter"]
