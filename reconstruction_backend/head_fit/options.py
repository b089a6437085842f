"""Choices of the head fit."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FitOptions:
    """Defaults are what the calibration tuned."""

    iterations: int = 4
    """Levenberg-Marquardt iterations before and after the outline is bound anew, at most."""
    iterations_from_guess: int = 1
    """The same where the network's guess is the start; more change nothing."""
    settling_iterations: int = 2
    """Of the camera and the gaze alone, at the end."""
    tolerance: float = 1e-4
    """Relative fall of the cost at which the fit is done."""
    shape_precision: float = 1.0
    """Of the population prior, per standard deviation, where no regressor gives its own."""
    expression_precision: float = 4.0
    """1 / variance of expression weights."""
    expression_cost: float = 1.0
    """Slope that keeps expressions sparse."""
    jaw_precision: float = 30.0
    """1 / rad², where the jaw's rotation is free (FLAME)."""
    gaze_precision: float = 10.0
    """1 / rad², towards looking straight ahead."""
    depth_m: float = 0.8
    """Typical distance at which portraits are taken."""
    log_depth_precision: float = 3.0
    """1 / variance of the distance's logarithm."""
    focal_over_side: float = 1.6
    """Typical focal length over the photo's longer side."""
    log_focal_precision: float = 0.5
    """1 / variance of the focal length's logarithm."""
