"""Random identities, expressions, gazes and cameras: what a portrait may show."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from jaxtyping import Float, Float32
from scipy.spatial.transform import Rotation

NOT_DRAWN = ("PupilDilate_L", "PupilDilate_R", "cheekRaiser_L", "cheekRaiser_R", "mouthClose")
EYE_LOOK = "eyeLook"
LOOK_AT_WEIGHT_1_RAD = np.radians(30.0)
FLIP_TO_CAMERA = np.diag([1.0, -1.0, -1.0])
HEAD_CENTRE_M = np.array([0.0, 0.0, 0.06])
FACE_HEIGHT_M = 0.19


class HeadSpace(Protocol):
    """What must be known of the data to draw from it."""

    @property
    def identity_m(self) -> Float32[np.ndarray, "S V 3"]:
        """One mode per shape coefficient."""
        ...

    @property
    def expression_names(self) -> tuple[str, ...]:
        """As the data spells them."""
        ...


@dataclass(frozen=True)
class RandomHead:
    """The truth behind one render."""

    shape: Float32[np.ndarray, "S"]
    expression: Float32[np.ndarray, "E"]
    """The data's expression weights, eyeLook included (it moves the lids)."""
    gaze_rad: Float32[np.ndarray, "2 2"]
    """Left, right eye: yaw towards +X and pitch towards +Y of the optical axis, head frame."""
    rotation_camera_from_head: Float32[np.ndarray, "3 3"]
    translation_m: Float32[np.ndarray, "3"]
    focal_length_px: float
    principal_point_px: Float32[np.ndarray, "2"]


def random_head(rng: np.random.Generator, data: HeadSpace, size_px: int) -> RandomHead:
    """Draw one."""
    shape = rng.normal(size=len(data.identity_m)) * np.exp(rng.normal(0, 0.12))
    rotation, translation, focal, principal = _random_camera(rng, size_px)
    gaze = _random_gaze(rng, -rotation.T @ translation)
    expression = _random_expression(rng, data.expression_names)
    for eye, side in enumerate("LR"):
        _look(expression, data.expression_names, gaze[eye], side)
    return RandomHead(
        shape.astype(np.float32),
        expression.astype(np.float32),
        gaze.astype(np.float32),
        rotation.astype(np.float32),
        translation.astype(np.float32),
        float(focal),
        principal.astype(np.float32),
    )


def _random_camera(
    rng: np.random.Generator, size_px: int
) -> tuple[Float[np.ndarray, "3 3"], Float[np.ndarray, "3"], float, Float[np.ndarray, "2"]]:
    """Distances of portraits: selfies from 0.3 m, studio from 2 m; most faces nearly frontal."""
    wide = rng.random() < 0.2
    yaw = np.clip(rng.normal(0, 26 if wide else 11), -50, 50)
    pitch = np.clip(rng.normal(0, 9 if wide else 6), -20, 20)
    roll = np.clip(rng.normal(0, 5), -15, 15)
    turn = Rotation.from_euler("yxz", [yaw, pitch, roll], degrees=True).as_matrix()
    rotation = FLIP_TO_CAMERA @ turn
    distance = np.clip(np.exp(rng.normal(np.log(0.85), 0.55)), 0.27, 3.0)
    face_px = rng.uniform(0.5, 0.78) * size_px
    focal = face_px * distance / FACE_HEIGHT_M
    principal = np.full(2, (size_px - 1) / 2) + rng.normal(0, 0.04, 2) * size_px
    place_px = rng.normal(0, 0.035, 2) * size_px + (size_px - 1) / 2
    centre = np.r_[(place_px - principal) / focal, 1.0] * distance
    return rotation, centre - rotation @ HEAD_CENTRE_M, focal, principal


def _random_gaze(
    rng: np.random.Generator, camera_m: Float[np.ndarray, "3"]
) -> Float[np.ndarray, "2 2"]:
    if rng.random() < 0.6:
        towards = camera_m - np.array([0, 0.036, 0.08])
        both = np.array(
            [np.arctan2(towards[0], towards[2]), np.arctan2(towards[1], np.hypot(*towards[::2]))]
        )
        both += rng.normal(0, np.radians(2.5), 2)
    else:
        both = rng.normal(0, np.radians([12, 7]))
    both = np.clip(both, -np.radians([32, 22]), np.radians([32, 22]))
    squint = np.array([rng.normal(0, np.radians(1.2)), 0])
    return np.stack([both - squint, both + squint])


def _look(
    expression: Float[np.ndarray, "E"],
    names: tuple[str, ...],
    gaze_rad: Float[np.ndarray, "2"],
    side: str,
) -> None:
    """Set the eyeLook weights of one eye (the lids follow the eyeball)."""
    yaw, pitch = gaze_rad / LOOK_AT_WEIGHT_1_RAD
    outwards = yaw if side == "L" else -yaw
    for name, weight in (
        ("Out", outwards),
        ("In", -outwards),
        ("Up", pitch),
        ("Down", -pitch),
    ):
        expression[names.index(f"{EYE_LOOK}{name}_{side}")] = np.clip(weight, 0, 1)


def _random_expression(rng: np.random.Generator, names: tuple[str, ...]) -> Float[np.ndarray, "E"]:
    """Sparse, mostly symmetric: a third neutral, a third smiling or talking, a third anything."""
    expression = np.zeros(len(names))

    def add(name: str, weight: float) -> None:
        for full in (name, f"{name}_L", f"{name}_R"):
            if full in names:
                side = weight * np.exp(rng.normal(0, 0.12)) if full != name else weight
                expression[names.index(full)] += side

    kind = rng.random()
    if kind > 0.36:
        if rng.random() < 0.5:
            smile = rng.beta(1.6, 1.8)
            add("mouthSmile", smile)
            add("cheekSquint", smile * rng.uniform(0, 0.8))
            add("eyeSquint", smile * rng.uniform(0, 0.6))
            add("mouthUpperUp", smile * rng.uniform(0, 0.5) * (rng.random() < 0.5))
        if rng.random() < 0.35:
            add("jawOpen", rng.beta(1.1, 3.2))
        if rng.random() < 0.25:
            add("eyeBlink", rng.beta(1, 2.5))
        if rng.random() < 0.25:
            add(rng.choice(["browInnerUp", "browDown", "browOuterUp"]), rng.beta(1.5, 2))
    if kind > 0.68:
        drawn = [n for n in names if n not in NOT_DRAWN and not n.startswith(EYE_LOOK)]
        for name in rng.choice(drawn, rng.integers(1, 4), replace=False):
            stem = name.removesuffix("_L").removesuffix("_R")
            if rng.random() < 0.65:
                add(stem, rng.beta(1.3, 2))
            else:
                expression[names.index(name)] += rng.beta(1.3, 2)
    if kind < 0.18:
        for name in ("mouthSmile", "browDown", "mouthPress", "eyeSquint", "eyeWide"):
            add(name, max(0.0, rng.normal(0, 0.06)))
    return np.clip(expression, 0, 1)
