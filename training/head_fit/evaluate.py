"""How good the calibrated fit is: on renders whose truth is known, and on real portraits.

    python -m training.head_fit.evaluate --renders DIR --data ict_facekit.npz \
        --head models/cameo_head.npz --fit models/head_fit.npz \
        [--network models/head_image.onnx] [--portraits DIR...] [--save NPZ]

Without --network, the fit to landmarks alone is measured.

What --save writes, `python -m evaluation.scan_distance` measures exactly.
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from reconstruction_backend.errors import CameoError
from reconstruction_backend.head_fit.calibration import FitCalibration
from reconstruction_backend.head_fit.fit import HeadFitter
from reconstruction_backend.head_fit.guess import ImageGuess
from reconstruction_backend.head_fit.image_network import ImageNetwork
from reconstruction_backend.head_fit.mirror import MirrorMaps
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.landmarks import LandmarkDetector
from reconstruction_backend.portrait import load_portrait
from training.head_fit.calibration_data import (
    CalibrationSet,
    load_crops,
    load_split,
    shape_rotation,
)
from training.head_fit.face_data import expression_names
from training.head_fit.generate import PHOTO_PX
from training.head_fit.shape_metric import ShapeMetric

RESIDUAL_LIMIT_IOD = 0.02
FRONTAL = 0.25
"""Sine of the yaw."""
CALM_EXPRESSION = 0.5


@dataclass(frozen=True)
class FitScore:
    """Errors of many fits against the average head's."""

    median_mm: float
    average_head_median_mm: float
    mean_ratio: float
    """Mean error over the average head's mean error."""
    median_ratio: float
    """Median over heads of the error over the average head's."""
    closer: float
    """Share of heads that the fit is closer to than the average head is."""
    median_residual_iod: float
    cpu_ms: float

    def __str__(self) -> str:
        return (
            f"{self.median_mm:.2f} mm (average head {self.average_head_median_mm:.2f}), "
            f"ratio mean {self.mean_ratio:.3f} median {self.median_ratio:.3f}, "
            f"closer {100 * self.closer:.1f} %, residual {100 * self.median_residual_iod:.2f} % "
            f"of the eye distance, {self.cpu_ms:.1f} ms"
        )


@dataclass(frozen=True)
class Fits:
    """Fits of many renders."""

    shape: Float[np.ndarray, "N S"]
    residual_iod: Float[np.ndarray, "N"]
    cpu_ms: float
    """Per fit."""


def fit_all(
    fitter: HeadFitter,
    samples: CalibrationSet,
    seen: list[ImageGuess] | None = None,
    focal_given: bool = False,
) -> Fits:
    """Fit every sample as the product would; `seen` is what the image's network says of each."""
    shapes: list[np.ndarray] = []
    residuals: list[float] = []
    start = time.process_time()
    for i in range(len(samples)):
        landmarks = samples.landmarks(i)
        focal = float(samples.focal_length_px[i]) if focal_given else None
        image = None if seen is None else seen[i]
        state = fitter.solve(landmarks, PHOTO_PX, PHOTO_PX, focal, image)
        fit = fitter.result(state, landmarks, PHOTO_PX, PHOTO_PX)
        shapes.append(fit.shape)
        residuals.append(fit.landmark_residual_iod)
    cpu_ms = 1000 * (time.process_time() - start) / len(samples)
    return Fits(np.stack(shapes), np.array(residuals), cpu_ms)


def score(fits: Fits, samples: CalibrationSet, metric: ShapeMetric) -> FitScore:
    """Compare with the truth. Distances to first order, as `shape_metric.py` has them."""
    error = metric.distance_mm(samples.shape - fits.shape)
    average = metric.distance_mm(samples.shape)
    return FitScore(
        float(np.median(error)),
        float(np.median(average)),
        float(error.mean() / average.mean()),
        float(np.median(error / average)),
        float((error < average).mean()),
        float(np.median(fits.residual_iod)),
        fits.cpu_ms,
    )


def evaluate_portraits(fitter: HeadFitter, folders: list[Path]) -> None:
    """Print residuals, failures and expression sums of real photos, folder by folder."""
    detector = LandmarkDetector()
    for folder in folders:
        residuals: list[float] = []
        expressions: list[float] = []
        failed: list[str] = []
        for path in sorted(folder.glob("*.jpg")):
            try:
                portrait = load_portrait(path)
                fit = fitter.fit(portrait, detector.detect(portrait))
            except CameoError as error:
                failed.append(f"{path.name} ({error.code})")
                continue
            residuals.append(fit.landmark_residual_iod)
            expressions.append(float(fit.expression.sum()))
        good = sum(residual < RESIDUAL_LIMIT_IOD for residual in residuals)
        print(
            f"{folder.name}: {good} of {len(residuals)} under {RESIDUAL_LIMIT_IOD:.0%}, "
            f"median {np.median(residuals):.4f}, 95th percentile "
            f"{np.percentile(residuals, 95):.4f}; expression weights sum to "
            f"{np.median(expressions):.2f} (median); {len(failed)} without a fit: {failed}",
            flush=True,
        )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--renders", type=Path, required=True, help="shards of generate.py")
    parser.add_argument("--data", type=Path, required=True, help="ict_facekit.npz")
    parser.add_argument("--head", type=Path, required=True, help="cameo_head.npz")
    parser.add_argument("--fit", type=Path, required=True, help="head_fit.npz")
    parser.add_argument("--network", type=Path, help="head_image.onnx")
    parser.add_argument("--split", default="test", choices=("test", "validation"))
    parser.add_argument("--save", type=Path, help="npz of true and fitted shapes")
    parser.add_argument("--portraits", type=Path, nargs="*", default=[])
    arguments = parser.parse_args()
    model = HeadModel.load(arguments.head)
    calibration = FitCalibration.load(arguments.fit, model)
    network = seen = None
    if arguments.network:
        network = ImageNetwork.load(arguments.network, MirrorMaps.of(model))
        crops = load_crops(arguments.renders, arguments.split)
        seen = [network.look(crop) for crop in crops]
    fitter = HeadFitter.calibrated(model, calibration, network)
    metric = ShapeMetric.of(model)
    samples = load_split(
        arguments.renders,
        arguments.split,
        model,
        shape_rotation(arguments.head),
        expression_names(arguments.data),
    )
    print(f"{len(samples)} {arguments.split} renders")
    fits = fit_all(fitter, samples, seen)
    if arguments.save:
        np.savez(arguments.save, true_shape=samples.shape, fitted_shape=fits.shape)
    print("focal length estimated:", score(fits, samples, metric), flush=True)
    given = fit_all(fitter, samples, seen, focal_given=True)
    print("focal length given:", score(given, samples, metric), flush=True)
    frontal = np.abs(samples.rotation_camera_from_head[:, 2, 0]) < FRONTAL
    calm = frontal & (samples.expression.sum(axis=1) < CALM_EXPRESSION)
    some = Fits(fits.shape[calm], fits.residual_iod[calm], fits.cpu_ms)
    print(f"{calm.sum()} frontal and calm:", score(some, samples.where(calm), metric), flush=True)
    evaluate_portraits(fitter, arguments.portraits)


if __name__ == "__main__":
    main()
