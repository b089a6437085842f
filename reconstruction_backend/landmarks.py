"""Stage 2: the dense landmarks of the largest face: 478 points of MediaPipe Face Mesh.

    portrait -> face search -> largest face -> square crop -> points -> better crop -> points

Points are found on a crop that is cut again around them until it stands still, so that they do not
depend on where the detector happened to place its box.
"""

import math
from dataclasses import dataclass
from types import TracebackType

import numpy as np
from jaxtyping import Float, Float32, UInt8

from reconstruction_backend.errors import FaceTooSmall, NoFaceFound
from reconstruction_backend.face_crop import cut_square, picture_from_crop, turn
from reconstruction_backend.face_networks import MESH_INPUT_PX, FaceMeshNetwork
from reconstruction_backend.face_search import (
    CROP_MARGIN,
    FaceBox,
    FaceCandidate,
    FaceSearch,
    FaceSquare,
    eye_line_angle,
)
from reconstruction_backend.portrait import Portrait

MIN_EAR_DISTANCE_PX = 80.0
EAR_LANDMARKS = (234, 454)
OUTER_EYE_CORNERS = (33, 263)
"""The subject's right, then left."""
IRIS_START = 468
"""Points from here on lie on the irises: centre and four of the rim, the subject's right first."""

MAX_PASSES = 3
CROP_SETTLED = 0.03
"""Of the crop's side: closer than this, another pass changes nothing that matters."""
UPRIGHT_WITHIN_RAD = math.radians(60)


@dataclass(frozen=True)
class FaceLandmarks:
    """The dense landmarks of the largest face in a portrait."""

    points_px: Float32[np.ndarray, "478 2"]
    """Pixels (docs/conventions.md: the top-left pixel's centre is (0, 0))."""
    depth_px: Float32[np.ndarray, "478"]
    """The detector's relative depth at the scale of x, negative towards the camera."""
    box: FaceBox
    """Of the points."""
    other_faces: tuple[FaceBox, ...]
    """Smaller faces that were left aside, as the detector boxes them (brows to chin)."""
    warnings: tuple[str, ...] = ()
    """One sentence each: other faces, a turned photo."""


class LandmarkDetector:
    """Keeps the networks warm; not thread-safe. Use as a context manager, or close it."""

    def __init__(self) -> None:
        self._search = FaceSearch()
        self._mesh = FaceMeshNetwork()

    def detect(self, portrait: Portrait) -> FaceLandmarks:
        """Find the largest face. Raises NoFaceFound or FaceTooSmall."""
        image = portrait.image
        for candidates in self._search.attempts(image):
            for i, candidate in enumerate(candidates):
                points = self._settled_points(image, candidate.square)
                if points is not None:
                    return _result(points, candidates[i + 1 :])
        raise NoFaceFound(
            "No face was found in the photo, upright or turned; "
            "use one in which the face is large, sharp and seen from the front."
        )

    def close(self) -> None:
        """Release the networks."""
        self._search.close()
        self._mesh.close()

    def __enter__(self) -> "LandmarkDetector":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _settled_points(
        self, image: UInt8[np.ndarray, "H W 3"], square: FaceSquare
    ) -> Float[np.ndarray, "478 3"] | None:
        """Points (x, y, depth) in pixels of the portrait; None where the network sees no face."""
        points = None
        for _ in range(MAX_PASSES):
            in_crop = self._mesh.detect(cut_square(image, square, MESH_INPUT_PX))
            if in_crop is None:
                return None
            portrait_from_crop = picture_from_crop(square, MESH_INPUT_PX)
            xy = in_crop[:, :2] @ portrait_from_crop[:, :2].T + portrait_from_crop[:, 2]
            depth = in_crop[:, 2:] * square.side_px / MESH_INPUT_PX
            points = np.concatenate([xy, depth], axis=1)
            better = _square_around(xy)
            if better.moved_from(square) < CROP_SETTLED:
                break
            square = better
        return points


def _result(points: Float[np.ndarray, "478 3"], others: list[FaceCandidate]) -> FaceLandmarks:
    """Check the size and assemble. Raises FaceTooSmall."""
    right_ear, left_ear = points[EAR_LANDMARKS[0]], points[EAR_LANDMARKS[1]]
    ear_distance = float(np.linalg.norm(left_ear - right_ear))  # with depth, so profiles count
    if ear_distance < MIN_EAR_DISTANCE_PX:
        raise FaceTooSmall(
            f"The face is too small in the photo: {ear_distance:.0f} pixels between the ears, "
            f"and at least {MIN_EAR_DISTANCE_PX:.0f} are needed."
        )
    notes: list[str] = []
    if abs(_square_around(points[:, :2]).angle_rad) > UPRIGHT_WITHIN_RAD:
        notes.append("The face does not stand upright in the photo.")
    if others:
        noun = "another face" if len(others) == 1 else f"{len(others)} other faces"
        notes.append(f"The photo shows {noun}; the largest was taken.")
    (left, top), (right, bottom) = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    return FaceLandmarks(
        points_px=points[:, :2].astype(np.float32),
        depth_px=points[:, 2].astype(np.float32),
        box=FaceBox(float(left), float(top), float(right), float(bottom)),
        other_faces=tuple(other.box for other in others),
        warnings=tuple(notes),
    )


def _square_around(points_px: Float[np.ndarray, "478 2"]) -> FaceSquare:
    """The crop that MediaPipe cuts around the points of the frame before."""
    right, left = points_px[list(OUTER_EYE_CORNERS)]
    angle = eye_line_angle(right, left)
    rotation = turn(angle)
    levelled = points_px[:IRIS_START] @ rotation
    low, high = levelled.min(axis=0), levelled.max(axis=0)
    side = CROP_MARGIN * float((high - low).max())
    return FaceSquare(rotation @ ((low + high) / 2), side, angle)
