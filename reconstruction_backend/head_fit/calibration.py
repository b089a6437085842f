"""What was learned about fitting one head model; `models/head_fit.npz` holds it.

Keys: `format_version`, `head_model`; `landmarks_triangle`, `landmarks_barycentric`, `landmarks_m`;
`bias_by_view_m`, `bias_by_shape_m`, `bias_by_expression_m`,
`whitening` (see `measurement.py`); `regressor_mean`, `regressor_weight_N`, `regressor_bias_N`
(see `regressor.py`); `shape_precision`, `expression_precision`,
`log_depth_precision`, `data_weight`. Where the image is read too: `image_network_sha256`,
`image_share`, `image_familiar`, `image_strange`, and the four of `Trust` again, `image_...`.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from reconstruction_backend.errors import DAMAGED_NPZ, InputNotFound, InvalidModel
from reconstruction_backend.head_fit.guess import ImageTrust, Trust
from reconstruction_backend.head_fit.measurement import DetectorModel
from reconstruction_backend.head_fit.mirror import MirrorMaps
from reconstruction_backend.head_fit.regressor import LandmarkRegressor
from reconstruction_backend.head_model import HeadModel, SurfacePoints

FORMAT_VERSION = 1
SAME_PLACE_M = 0.001
"""Landmarks further off than this mean that the head model has been rebuilt."""


@dataclass(frozen=True)
class ImageCalibration:
    """How the image's network joins in."""

    network_sha256: str
    """Of the one file that these numbers were measured with."""
    trust: ImageTrust


@dataclass(frozen=True)
class FitCalibration:
    """Where the detector's points lie, its bias and noise, the network, and how far each is to be
    believed."""

    landmarks: SurfacePoints
    """MediaPipe's 478 points on the head model, re-estimated from renders."""
    detector: DetectorModel
    regressor: LandmarkRegressor
    alone: Trust
    """In the network's guess from landmarks alone."""
    image: ImageCalibration | None
    """None before `training/image_shape/calibrate.py` has run."""

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
            **_trust_arrays("", self.alone),
            **({} if self.image is None else _image_arrays(self.image)),
            **{f"regressor_weight_{i}": self.regressor.weights[i] for i in layers},
            **{f"regressor_bias_{i}": self.regressor.biases[i] for i in layers},
        )

    @classmethod
    def load(cls, path: Path, model: HeadModel) -> "FitCalibration":
        """Read what `save` wrote. Raises InputNotFound or InvalidModel."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
                arrays = {key: archive[key] for key in archive.files}
            calibration = _from_arrays(arrays, model)
        except FileNotFoundError as error:
            raise InputNotFound(f"There is no head-fit calibration at {path}.") from error
        except DAMAGED_NPZ as error:
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
        _trust("", arrays),
        _image(arrays) if "image_share" in arrays else None,
    )


_TRUST = ("shape_precision", "expression_precision", "log_depth_precision", "data_weight")


def _trust_arrays(prefix: str, trust: Trust) -> dict[str, np.ndarray]:
    return {prefix + key: np.asarray(getattr(trust, key)) for key in _TRUST}


def _trust(prefix: str, arrays: dict[str, np.ndarray]) -> Trust:
    return Trust(
        arrays[f"{prefix}shape_precision"].astype(np.float32),
        arrays[f"{prefix}expression_precision"].astype(np.float32),
        float(arrays[f"{prefix}log_depth_precision"]),
        float(arrays[f"{prefix}data_weight"]),
    )


def _image_arrays(image: ImageCalibration) -> dict[str, np.ndarray]:
    trust = image.trust
    return {
        "image_network_sha256": np.asarray(image.network_sha256),
        "image_share": np.asarray(trust.share),
        "image_familiar": np.asarray(trust.familiar),
        "image_strange": np.asarray(trust.strange),
        **_trust_arrays("image_", trust.together),
    }


def _image(arrays: dict[str, np.ndarray]) -> ImageCalibration:
    return ImageCalibration(
        str(arrays["image_network_sha256"]),
        ImageTrust(
            float(arrays["image_share"]),
            float(arrays["image_familiar"]),
            float(arrays["image_strange"]),
            _trust("image_", arrays),
        ),
    )
