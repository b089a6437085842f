"""What was learned about fitting one head model; `models/head_fit.npz` holds it.

Keys: `format_version`, `head_model`; `landmarks_triangle`, `landmarks_barycentric`, `landmarks_m`;
`bias_by_view_m`, `bias_by_shape_m`, `bias_by_expression_m`,
`whitening` (see `measurement.py`); `regressor_mean`, `regressor_weight_N`, `regressor_bias_N`
(see `regressor.py`); `shape_precision`, `expression_precision`,
`log_depth_precision`, `data_weight`.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from reconstruction_backend.errors import InputNotFound, InvalidModel
from reconstruction_backend.head_fit.measurement import DetectorModel
from reconstruction_backend.head_fit.mirror import MirrorMaps
from reconstruction_backend.head_fit.regressor import LandmarkRegressor
from reconstruction_backend.head_model import HeadModel, SurfacePoints

FORMAT_VERSION = 1
SAME_PLACE_M = 0.001
"""Landmarks further off than this mean that the head model has been rebuilt."""


@dataclass(frozen=True)
class FitCalibration:
    """Where the detector's points lie, its bias and noise, the network, and how far each is to be
    believed."""

    landmarks: SurfacePoints
    """MediaPipe's 478 points on the head model, re-estimated from renders."""
    detector: DetectorModel
    regressor: LandmarkRegressor
    shape_precision: Float32[np.ndarray, "S S"]
    """Inverse covariance of the network's error in shape, scaled by what validation chose."""
    expression_precision: Float32[np.ndarray, "E"]
    """Likewise, per expression."""
    log_depth_precision: float
    data_weight: float
    """Of the landmarks against the network, which has already seen them."""

    def save(self, path: Path, model: HeadModel) -> None:
        """Write an npz; large tables in half precision."""
        half = np.float16
        layers = range(len(self.regressor.weights))
        np.savez_compressed(
            path,
            format_version=FORMAT_VERSION,
            head_model=model.name,
            landmarks_triangle=self.landmarks.triangle,
            landmarks_barycentric=self.landmarks.barycentric,
            landmarks_m=model.surface_points(self.landmarks, model.template_m),
            bias_by_view_m=self.detector.bias_by_view_m,
            bias_by_shape_m=self.detector.bias_by_shape_m.astype(half),
            bias_by_expression_m=self.detector.bias_by_expression_m.astype(half),
            whitening=self.detector.whitening.astype(half),
            regressor_mean=self.regressor.mean,
            shape_precision=self.shape_precision,
            expression_precision=self.expression_precision,
            log_depth_precision=self.log_depth_precision,
            data_weight=self.data_weight,
            **{f"regressor_weight_{i}": self.regressor.weights[i] for i in layers},
            **{f"regressor_bias_{i}": self.regressor.biases[i] for i in layers},
        )

    @classmethod
    def load(cls, path: Path, model: HeadModel) -> "FitCalibration":
        """Read what `save` wrote. Raises InputNotFound or InvalidModel."""
        try:
            with np.load(path, allow_pickle=False) as archive:
                arrays = {key: archive[key] for key in archive.files}
            calibration = _from_arrays(arrays, model)
        except FileNotFoundError as error:
            raise InputNotFound(f"There is no head-fit calibration at {path}.") from error
        except (OSError, ValueError, KeyError) as error:
            raise InvalidModel(f"{path} is not a head-fit calibration: {error}.") from error
        if str(arrays["head_model"]) != model.name:
            raise InvalidModel(f"{path} was made for {arrays['head_model']}, not {model.name}.")
        places = model.surface_points(calibration.landmarks, model.template_m)
        if np.abs(places - arrays["landmarks_m"]).max() > SAME_PLACE_M:
            raise InvalidModel(f"{path} was made for another version of {model.name}.")
        if calibration.detector.bias_by_shape_m.shape[0] != model.shape_count:
            raise InvalidModel(f"{path} was made for another number of shape components.")
        return calibration


def _from_arrays(arrays: dict[str, np.ndarray], model: HeadModel) -> FitCalibration:
    version = int(arrays["format_version"])
    if version != FORMAT_VERSION:
        raise ValueError(f"format version {version} instead of {FORMAT_VERSION}")

    def single(key: str) -> Float32[np.ndarray, "..."]:
        return arrays[key].astype(np.float32)

    layers = range(sum(key.startswith("regressor_weight_") for key in arrays))
    triangles = arrays["landmarks_triangle"].astype(np.int32)
    if triangles.max() >= len(model.triangles):
        raise ValueError("its landmarks lie on triangles that the head model does not have")
    return FitCalibration(
        SurfacePoints(triangles, single("landmarks_barycentric")),
        DetectorModel(
            single("bias_by_view_m"),
            single("bias_by_shape_m"),
            single("bias_by_expression_m"),
            single("whitening"),
        ),
        LandmarkRegressor(
            single("regressor_mean"),
            tuple(single(f"regressor_weight_{i}") for i in layers),
            tuple(single(f"regressor_bias_{i}") for i in layers),
            MirrorMaps.of(model),
        ),
        single("shape_precision"),
        single("expression_precision"),
        float(arrays["log_depth_precision"]),
        float(arrays["data_weight"]),
    )
