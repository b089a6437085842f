"""Choose how far the image's network is believed, and add that to models/head_fit.npz.

    python -m training.image_shape.calibrate --renders DIR --data ict_facekit.npz \
        --head models/cameo_head.npz --fit models/head_fit.npz \
        --network models/head_image.onnx --out models/head_fit.npz

On validation renders only: the share of the image in the joint guess, the covariance of the joint
guess' errors, and the weight of the landmarks beside it.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from reconstruction_backend.head_fit.calibration import FitCalibration, ImageCalibration
from reconstruction_backend.head_fit.fit import HeadFitter
from reconstruction_backend.head_fit.guess import Guess, ImageGuess, ImageTrust, Trust, joined
from reconstruction_backend.head_fit.image_evidence import CROP_PX
from reconstruction_backend.head_fit.image_network import ImageNetwork
from reconstruction_backend.head_fit.mirror import MirrorMaps
from reconstruction_backend.head_model import HeadModel
from training.head_fit.calibrate import error_statistics
from training.head_fit.calibration_data import (
    CalibrationSet,
    load_crops,
    load_split,
    shape_rotation,
)
from training.head_fit.evaluate import FitScore, fit_all, score
from training.head_fit.face_data import expression_names
from training.head_fit.shape_metric import ShapeMetric

SHARES = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 1.0)
DATA_WEIGHTS = (0.05, 0.1, 0.2)
TUNED_SAMPLES = 400
FAMILIAR_PERCENTILE = 99.9
"""Of the strangeness of renders. Photos lie among them (see the card)."""
FACELESS_PICTURES = 60
EQUALLY_GOOD = 1.01
"""Of the smallest error: among such weights the largest lies closest on the photo."""


def faceless_pictures() -> UInt8[np.ndarray, "N 128 128 3"]:
    """Flat colours and noise from fine to coarse: what must count as strange."""
    rng = np.random.default_rng(0)
    pictures: list[np.ndarray] = []
    for i in range(FACELESS_PICTURES):
        cells = (1, 6, 24, CROP_PX)[i % 4]
        noise = rng.integers(0, 256, (cells, cells, 3), np.uint8)
        pictures.append(cv2.resize(noise, (CROP_PX, CROP_PX), interpolation=cv2.INTER_LINEAR))
    return np.stack(pictures).astype(np.uint8)


def look_at_all(network: ImageNetwork, crops: UInt8[np.ndarray, "N 128 128 3"]) -> list[ImageGuess]:
    """What the network says of every crop."""
    return [network.look(crop) for crop in crops]


def joint_guesses(
    landmarks: list[Guess], alone: Trust, seen: list[ImageGuess], share: float
) -> list[Guess]:
    """Both guesses of every sample as one, each face counting as familiar."""
    familiar = max(image.strangeness for image in seen)
    trust = ImageTrust(share, familiar, 2 * familiar, alone)
    return [
        joined(guess, alone, image, trust)[0] for guess, image in zip(landmarks, seen, strict=True)
    ]


def best_share(
    landmarks: list[Guess],
    alone: Trust,
    seen: list[ImageGuess],
    samples: CalibrationSet,
    metric: ShapeMetric,
) -> float:
    """The share that gives the smallest mean distance from the true surface."""
    errors: dict[float, float] = {}
    for share in SHARES:
        shapes = np.stack([g.shape for g in joint_guesses(landmarks, alone, seen, share)])
        errors[share] = float(metric.distance_mm(samples.shape - shapes).mean())
        print(f"share {share}: {errors[share]:.4f} mm", flush=True)
    return min(errors, key=lambda share: errors[share])


def image_trust(
    calibration: FitCalibration,
    network: ImageNetwork,
    seen: list[ImageGuess],
    samples: CalibrationSet,
    metric: ShapeMetric,
) -> ImageTrust:
    """Everything but the weight of the landmarks."""
    count = range(len(samples))
    landmarks = [calibration.regressor.guess(samples.landmarks(i)) for i in count]
    share = best_share(landmarks, calibration.alone, seen, samples, metric)
    guesses = joint_guesses(landmarks, calibration.alone, seen, share)
    errors = error_statistics(guesses, calibration.regressor.mirror, samples)
    familiar = float(np.percentile([image.strangeness for image in seen], FAMILIAR_PERCENTILE))
    strange = float(
        np.median([image.strangeness for image in look_at_all(network, faceless_pictures())])
    )
    if strange <= familiar:
        raise SystemExit("The network tells renders of faces from noise no longer.")
    together = Trust(
        errors.shape_precision,
        errors.expression_precision,
        errors.log_depth_precision,
        calibration.alone.data_weight,
    )
    return ImageTrust(share, familiar, strange, together)


def tuned(
    model: HeadModel,
    calibration: FitCalibration,
    network: ImageNetwork,
    trust: ImageTrust,
    samples: CalibrationSet,
    seen: list[ImageGuess],
    metric: ShapeMetric,
) -> FitCalibration:
    """The largest weight of the landmarks of those that give about the smallest surface error."""
    tried: list[tuple[FitScore, FitCalibration]] = []
    for weight in DATA_WEIGHTS:
        weighted = replace(trust, together=replace(trust.together, data_weight=weight))
        candidate = replace(calibration, image=ImageCalibration(network.sha256, weighted))
        fits = fit_all(HeadFitter.calibrated(model, candidate, network), samples, seen)
        result = score(fits, samples, metric)
        print(f"landmarks x {weight}: {result}", flush=True)
        tried.append((result, candidate))
    limit = EQUALLY_GOOD * min(result.mean_ratio for result, _ in tried)
    return [candidate for result, candidate in tried if result.mean_ratio <= limit][-1]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--renders", type=Path, required=True, help="shards of generate.py")
    parser.add_argument("--data", type=Path, required=True, help="ict_facekit.npz")
    parser.add_argument("--head", type=Path, required=True, help="cameo_head.npz")
    parser.add_argument("--fit", type=Path, required=True, help="what head_fit/calibrate.py wrote")
    parser.add_argument("--network", type=Path, required=True, help="what export.py wrote")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    model = HeadModel.load(arguments.head)
    calibration = FitCalibration.load(arguments.fit, model)
    network = ImageNetwork.load(arguments.network, MirrorMaps.of(model))
    metric = ShapeMetric.of(model)
    samples = load_split(
        arguments.renders,
        "validation",
        model,
        shape_rotation(arguments.head),
        expression_names(arguments.data),
    )
    seen = look_at_all(network, load_crops(arguments.renders, "validation"))
    trust = image_trust(calibration, network, seen, samples, metric)
    print(f"familiar to {trust.familiar:.2f}, strange from {trust.strange:.2f}")
    some = samples.where(np.arange(len(samples)) < TUNED_SAMPLES)
    tuned(model, calibration, network, trust, some, seen[:TUNED_SAMPLES], metric).save(
        arguments.out, model
    )


if __name__ == "__main__":
    main()
