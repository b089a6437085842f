"""Calibrate the head fit of `cameo-head` and write models/head_fit.npz.

    python -m training.head_fit.calibrate --renders DIR --data ict_facekit.npz \
        --head models/cameo_head.npz --out models/head_fit.npz

Uses the shards of `generate.py`: the training split for bias, noise and network, the validation
split for how far each is to be believed. The test split is left to `evaluate.py`.
"""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from reconstruction_backend.head_fit.calibration import FitCalibration
from reconstruction_backend.head_fit.fit import HeadFitter
from reconstruction_backend.head_fit.guess import Guess, Trust
from reconstruction_backend.head_fit.measurement import DetectorModel
from reconstruction_backend.head_fit.mirror import MirrorMaps
from reconstruction_backend.head_fit.regressor import LandmarkRegressor
from reconstruction_backend.head_model import HeadModel
from training.head_fit.calibration_data import CalibrationSet, load_split, shape_rotation
from training.head_fit.detector_model import (
    DetectorTraining,
    measure_residuals,
    train_detector_model,
)
from training.head_fit.evaluate import FitScore, fit_all, score
from training.head_fit.face_data import expression_names
from training.head_fit.re_embed import re_embedded
from training.head_fit.shape_metric import ShapeMetric
from training.head_fit.train_regressor import RegressorTraining, train_regressor

LEAST_VARIANCE = 1e-4
"""Of expression errors: an expression that validation never shows is not believed to be exact."""
DATA_WEIGHTS = (0.2, 0.5)
PRIOR_WEIGHTS = (0.5, 1.0)
TUNED_SAMPLES = 200


@dataclass(frozen=True)
class ErrorStatistics:
    """How wrong a guess is, from the validation split."""

    shape_precision: Float32[np.ndarray, "S S"]
    expression_precision: Float32[np.ndarray, "E"]
    log_depth_precision: float


def error_statistics(
    guesses: list[Guess], turn: MirrorMaps, samples: CalibrationSet
) -> ErrorStatistics:
    """Inverse (co)variances of the guesses' errors, shape's shrunk towards its diagonal."""
    shape = samples.shape - np.stack([guess.shape for guess in guesses])
    shape = np.concatenate([shape, shape @ turn.shape.T])
    covariance = shape.T @ shape / len(shape)
    share = min(1.0, shape.shape[1] / len(shape))
    covariance = (1 - share) * covariance + share * np.diag(np.diag(covariance))
    expression = samples.expression - np.stack([guess.expression for guess in guesses])
    expression = np.concatenate([expression, expression[:, turn.expression]])
    depth = np.log(samples.translation_m[:, 2]) - [guess.log_depth for guess in guesses]
    return ErrorStatistics(
        np.linalg.inv(covariance).astype(np.float32),
        (1 / np.maximum((expression**2).mean(axis=0), LEAST_VARIANCE)).astype(np.float32),
        float(1 / np.mean(depth**2)),
    )


def tuned(
    model: HeadModel,
    detector: DetectorModel,
    regressor: LandmarkRegressor,
    samples: CalibrationSet,
    metric: ShapeMetric,
) -> FitCalibration:
    """Weights of landmarks and network that give the smallest surface error on validation."""
    guesses = [regressor.guess(samples.landmarks(i)) for i in range(len(samples))]
    errors = error_statistics(guesses, regressor.mirror, samples)
    chosen = samples.where(np.arange(len(samples)) < TUNED_SAMPLES)
    best: tuple[FitScore, FitCalibration] | None = None
    for data_weight in DATA_WEIGHTS:
        for prior_weight in PRIOR_WEIGHTS:
            calibration = FitCalibration(
                model.landmarks_mediapipe,
                detector,
                regressor,
                Trust(
                    errors.shape_precision * np.float32(prior_weight),
                    errors.expression_precision,
                    errors.log_depth_precision,
                    data_weight,
                ),
                None,
            )
            fits = fit_all(HeadFitter.calibrated(model, calibration), chosen)
            result = score(fits, chosen, metric)
            print(f"landmarks x {data_weight}, network x {prior_weight}: {result}", flush=True)
            if best is None or result.mean_ratio < best[0].mean_ratio:
                best = result, calibration
    assert best is not None
    return best[1]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--renders", type=Path, required=True, help="shards of generate.py")
    parser.add_argument("--data", type=Path, required=True, help="ict_facekit.npz")
    parser.add_argument("--head", type=Path, required=True, help="cameo_head.npz")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    model = HeadModel.load(arguments.head)
    rotation, names = shape_rotation(arguments.head), expression_names(arguments.data)
    mirror, metric = MirrorMaps.of(model), ShapeMetric.of(model)
    training = DetectorTraining()

    def split(name: str) -> CalibrationSet:
        return load_split(arguments.renders, name, model, rotation, names)

    train = split("train")
    model = replace(model, landmarks_mediapipe=re_embedded(model, train))
    fitter = HeadFitter.uncalibrated(model)
    measured = measure_residuals(fitter, train, mirror)
    good = measured.plausible(training.largest_residual_m)
    train = train.where(good[::2] & good[1::2])
    both = np.repeat(good[::2] & good[1::2], 2)
    measured = replace(
        measured, residual_m=measured.residual_m[both], features=measured.features[both]
    )
    print(f"{len(train)} renders of {len(both) // 2} show the face", flush=True)
    detector = train_detector_model(fitter, train, measured, mirror, training)
    regressor = train_regressor(train, mirror, metric, RegressorTraining())
    calibration = tuned(model, detector, regressor, split("validation"), metric)
    calibration.save(arguments.out, model)
    print(f"{arguments.out}: {arguments.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
