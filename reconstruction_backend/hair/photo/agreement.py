"""How well strands agree with a picture: what they cover of its hair, and how they run in it."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float, Float32

from reconstruction_backend.hair.photo import projection_kernels
from reconstruction_backend.hair.photo.picture import HALF, HairPicture

CLOSING_PX = 7
"""Holes between drawn strands narrower than this (9 mm) are hair: dense strands hide them."""
SURE = 0.5
"""Confidence from which an orientation is compared."""


@dataclass(frozen=True)
class Agreement:
    """Of projected strands with a picture's hair, where the photo shows something."""

    iou: float
    """Intersection over union of what strands cover and the mask."""
    angle_deg: float
    """Median difference of directions where the picture's is sure; 90 where none is."""


@dataclass(frozen=True)
class ProjectedStrands:
    """What a picture of strands alone would show."""

    covered: Bool[np.ndarray, "S S"]
    angle_rad: Float32[np.ndarray, "S S"]
    """Of the foremost strand, in [0, pi); NaN where there is none."""


def projected(
    picture: HairPicture, points_m: Float[np.ndarray, "N P 3"], body_depth_m: float
) -> ProjectedStrands:
    """Draw strands that the head does not hide. Behind clothes and skin that the model lacks, they
    are hidden beyond `body_depth_m`."""
    camera = picture.camera
    angle = projection_kernels.draw(
        np.ascontiguousarray(points_m, np.float32),
        camera.rotation_camera_from_head,
        camera.translation_m,
        camera.focal_length_px,
        np.asarray(camera.principal_point_px),
        hidden_from(picture, body_depth_m),
    )
    drawn = np.isfinite(angle).astype(np.uint8)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (CLOSING_PX, CLOSING_PX))
    return ProjectedStrands(cv2.morphologyEx(drawn, cv2.MORPH_CLOSE, kernel) > 0, angle)


def agreement(picture: HairPicture, strands: ProjectedStrands) -> Agreement:
    """Compare."""
    hair, covered = (picture.hair >= HALF) & picture.seen, strands.covered & picture.seen
    iou = float((hair & covered).sum() / max((hair | covered).sum(), 1))
    sure = hair & np.isfinite(strands.angle_rad) & (picture.orientation.confidence > SURE)
    if not sure.any():
        return Agreement(iou, 90.0)
    apart = np.abs(strands.angle_rad[sure] - picture.orientation.angle_rad[sure])
    apart = np.minimum(apart, np.pi - apart)
    return Agreement(iou, float(np.degrees(np.median(apart))))


def hidden_from(picture: HairPicture, body_depth_m: float) -> Float32[np.ndarray, "S S"]:
    """Depth from which something in the picture hides hair."""
    worn = (picture.clothes + picture.skin > HALF) & ~np.isfinite(picture.skin_depth_m)
    return np.where(worn, body_depth_m, picture.skin_depth_m).astype(np.float32)
