"""Stage 4: dense landmarks to camera, shape, expression, pose and gaze."""

from reconstruction_backend.head_fit.result import HeadFit

__all__ = ["HeadFit"]
