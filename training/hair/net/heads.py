"""Heads that wear the styles in training, and the cameras that see them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.hair.photo.head_view import VIEW_MIDDLE_M
from reconstruction_backend.hair.scalp import scalp_of
from reconstruction_backend.hair.skin_distance import SkinDistance
from reconstruction_backend.head_model import HeadModel, rotation_matrices
from training.hair.net.strand_grid import StrandGrid

CLEARANCE_M = 0.001
"""Between skin and the strands of the grid."""
SHAPE_SPREAD = 0.9
PHOTO_PX = 600
"""Side of the imagined photo; the view is cut from it."""
YAW_RAD, PITCH_RAD, ROLL_RAD = 0.3, 0.13, 0.1
LARGEST_YAW_RAD = 0.9
DISTANCE_M = (0.45, 2.5)
FLIP = np.diag([1.0, -1.0, -1.0])
"""From the head frame to a camera straight before the face."""


@dataclass(frozen=True, eq=False)
class Head:
    """One identity at rest."""

    model: HeadModel
    vertices_m: Float32[np.ndarray, "V 3"]
    roots_m: Float32[np.ndarray, "R 3"]
    """Of the grid."""
    normals: Float32[np.ndarray, "R 3"]
    skin: SkinDistance
    scale: float
    """Its size over the mean head's; strands grow with it, about as in `hair.alignment`."""

    @classmethod
    def of(cls, model: HeadModel, vertices_m: Float32[np.ndarray, "V 3"]) -> "Head":
        """Work out its roots and its distance field."""
        scalp = scalp_of(model)
        points = scalp.locate(scalp.grid()[0])[0]
        roots = model.surface_points(points, vertices_m).astype(np.float32)
        mean = model.surface_points(points, model.template_m)
        return cls(
            model,
            vertices_m,
            roots,
            scalp.normals(points, vertices_m),
            SkinDistance.of(model, vertices_m),
            float(roots.std(axis=0).mean() / mean.std(axis=0).mean()),
        )

    def strands(self, grid: StrandGrid) -> Float32[np.ndarray, "R 100 3"]:
        """The grid's strands on this head, none in its skin; the roots stay."""
        points = np.float32(self.scale) * grid.offsets_m + self.roots_m[:, None]
        points[:, 1:] = self.skin.push_out(points[:, 1:], CLEARANCE_M)
        return points


def random_heads(model: HeadModel, count: int, rng: np.random.Generator) -> tuple[Head, ...]:
    """Identities of the model's own space."""
    shapes = rng.normal(0, SHAPE_SPREAD, (count, model.shape_count)).astype(np.float32)
    return tuple(Head.of(model, model.neutral(shape)) for shape in shapes)


def random_camera(rng: np.random.Generator) -> PerspectiveCamera:
    """A portrait's camera: mostly from the front."""
    yaw = np.clip(rng.normal(0, YAW_RAD), -LARGEST_YAW_RAD, LARGEST_YAW_RAD)
    angles = np.array([rng.normal(0, PITCH_RAD), yaw, rng.normal(0, ROLL_RAD)])
    turns = rotation_matrices(np.diag(angles)).astype(np.float64)
    rotation = turns[2] @ FLIP @ turns[0] @ turns[1]
    low, high = DISTANCE_M
    distance = low * (high / low) ** rng.random()
    translation = -rotation @ np.array(VIEW_MIDDLE_M) + [0, 0, distance]
    focal = PHOTO_PX * distance / 0.5
    return PerspectiveCamera.centred(PHOTO_PX, PHOTO_PX, focal, rotation, translation)
