"""Calibration shards in the terms of a head model: truth as coefficients, and detections."""

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32, Int32, UInt8

from reconstruction_backend.errors import InputNotFound, InvalidModel
from reconstruction_backend.head_fit.landmark_model import Moment
from reconstruction_backend.head_fit.solver import HeadState
from reconstruction_backend.head_fit.view import View
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.landmarks import FaceBox, FaceLandmarks
from training.head_fit.generate import PHOTO_PX

SIDES = {"_L": "Left", "_R": "Right"}


@dataclass(frozen=True)
class CalibrationSet:
    """N renders of one split."""

    shape: Float32[np.ndarray, "N S"]
    """Of the head model, not of the data."""
    expression: Float32[np.ndarray, "N E"]
    """Without eyeLook, which follows from the gaze."""
    gaze_rad: Float32[np.ndarray, "N 2 3"]
    """Axis-angle, left and right."""
    rotation_camera_from_head: Float32[np.ndarray, "N 3 3"]
    translation_m: Float32[np.ndarray, "N 3"]
    focal_length_px: Float32[np.ndarray, "N"]
    principal_point_px: Float32[np.ndarray, "N 2"]
    portrait: Int32[np.ndarray, "N"]
    detected: Float32[np.ndarray, "N 478 3"]

    def __len__(self) -> int:
        return len(self.shape)

    def where(self, chosen: Bool[np.ndarray, "N"]) -> "CalibrationSet":
        """Some of the samples."""
        return CalibrationSet(*(getattr(self, field.name)[chosen] for field in fields(self)))

    def truth(self, i: int) -> HeadState:
        """Sample i as a fit would have it."""
        return HeadState(
            View(
                self.rotation_camera_from_head[i].astype(np.float64),
                self.translation_m[i].astype(np.float64),
                float(self.focal_length_px[i]),
                self.principal_point_px[i].astype(np.float64),
            ),
            self.shape[i].astype(np.float64),
            Moment(
                self.expression[i].astype(np.float64),
                np.zeros(3),
                self.gaze_rad[i].astype(np.float64),
            ),
        )

    def landmarks(self, i: int) -> FaceLandmarks:
        """Sample i's detection."""
        points = self.detected[i]
        box = FaceBox(0.0, 0.0, float(PHOTO_PX), float(PHOTO_PX))
        return FaceLandmarks(points[:, :2].copy(), points[:, 2].copy(), box, ())


def load_split(
    folder: Path,
    split: str,
    model: HeadModel,
    shape_from_data: Float32[np.ndarray, "S S"],
    data_names: tuple[str, ...],
) -> CalibrationSet:
    """All shards of a split, in the terms of a head model. Raises InputNotFound.

    `shape_from_data` is Q of `shape_rotation`, `data_names` the data's expression names.
    """
    paths = sorted(folder.glob(f"{split}_*[0-9].npz"))
    if not paths:
        raise InputNotFound(f"There is no shard {split}_*.npz in {folder}.")
    columns: dict[str, list[np.ndarray]] = {}
    for path in paths:
        with np.load(path, allow_pickle=False) as shard:
            for key in shard.files:
                if key != "crop":
                    columns.setdefault(key, []).append(shard[key])
    joined = {key: np.concatenate(values) for key, values in columns.items()}
    gaze = joined["gaze_rad"]
    axis_angle = np.stack([-gaze[..., 1], gaze[..., 0], np.zeros_like(gaze[..., 0])], axis=-1)
    return CalibrationSet(
        shape=joined["shape"] @ shape_from_data,
        expression=model_expressions(joined["expression"], data_names, model),
        gaze_rad=axis_angle,
        rotation_camera_from_head=joined["rotation_camera_from_head"],
        translation_m=joined["translation_m"],
        focal_length_px=joined["focal_length_px"],
        principal_point_px=joined["principal_point_px"],
        portrait=joined["portrait"],
        detected=joined["landmarks"],
    )


def load_crops(
    folder: Path, split: str, limit: int | None = None
) -> UInt8[np.ndarray, "N 128 128 3"]:
    """What the image's network is shown of the renders of `load_split`, in the same order.

    Raises InputNotFound, or InvalidModel for shards of before there were crops.
    """
    crops: list[np.ndarray] = []
    for path in sorted(folder.glob(f"{split}_*[0-9].npz")):
        with np.load(path, allow_pickle=False) as shard:
            if "crop" not in shard.files:
                raise InvalidModel(f"{path} holds no crops; generate it anew.")
            crops.append(shard["crop"])
        if limit is not None and sum(map(len, crops)) >= limit:
            break
    if not crops:
        raise InputNotFound(f"There is no shard {split}_*.npz in {folder}.")
    return np.concatenate(crops)[:limit]


def shape_rotation(model_path: Path) -> Float32[np.ndarray, "S S"]:
    """Q with beta_data = Q @ beta_model, which cameo_head.npz carries for this purpose."""
    with np.load(model_path, allow_pickle=False) as archive:
        if "shape_rotation_from_data" not in archive.files:
            raise InvalidModel(f"{model_path} does not say how its shapes relate to the data's.")
        return archive["shape_rotation_from_data"].astype(np.float32)


def model_expressions(
    weights: Float32[np.ndarray, "N D"], data_names: tuple[str, ...], model: HeadModel
) -> Float32[np.ndarray, "N E"]:
    """Expressions of the data in the model's terms: a linear map.

    `mouthSmile_L` becomes `mouthSmileLeft`; halves of a centred expression are averaged.
    """
    result = np.zeros((len(weights), model.expression_count), np.float32)
    for column, name in enumerate(data_names):
        stem, side = (name[:-2], name[-2:]) if name[-2:] in SIDES else (name, "")
        if stem.startswith("eyeLook"):
            continue
        if stem in model.expression_index:
            share = 0.5 if side else 1.0
            result[:, model.expression_index[stem]] += share * weights[:, column]
        elif stem + SIDES.get(side, "") in model.expression_index:
            result[:, model.expression_index[stem + SIDES[side]]] = weights[:, column]
    return result
