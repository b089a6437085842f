"""Stage 2: the dense landmarks of the largest face: 478 points of MediaPipe Face Mesh.

    portrait -> detector (whole picture; wider reach; turned; tiles) -> largest face
             -> square crop -> points -> better crop -> points

The picture is searched the cheap way first; the rest runs only where that leaves a doubt. Points
are found on a crop that is cut again around them until it stands still, so that they do not depend
on where the detector happened to place its box.
"""

import math
from dataclasses import dataclass
from types import TracebackType

import cv2
import numpy as np
from jaxtyping import Float, Float32, UInt8

from reconstruction_backend.errors import FaceTooSmall, NoFaceFound
from reconstruction_backend.face_networks import (
    MESH_INPUT_PX,
    FaceDetectionNetwork,
    FaceMeshNetwork,
)
from reconstruction_backend.portrait import Portrait

MIN_EAR_DISTANCE_PX = 80.0
EAR_LANDMARKS = (234, 454)
OUTER_EYE_CORNERS = (33, 263)
"""The subject's right, then left."""
MESH_WITHOUT_IRISES = slice(0, 468)

CROP_MARGIN = 1.5
"""Side of the crop over the face's, as the landmark network was trained."""
MAX_PASSES = 3
CROP_SETTLED = 0.03
"""Of the crop's side: closer than this, another pass changes nothing that matters."""
DETECTION_SIDE_PX = 256
"""The detectors take 128 and 192 px; shrunk smoothly to this, the rest costs them nothing."""
SMALL_IN_PICTURE = 0.3
"""Face over the long side; below, the short-range detector may well have missed another face."""
SURE_SCORE = 0.85
"""Upright faces score above this (0.87 to 0.98 on 67 portraits), upside-down ones below (0.83)."""
UPRIGHT_WITHIN_RAD = math.radians(60)
SAME_FACE_OVERLAP = 0.3
TILE_FRACTIONS = (2, 4)
"""Tiles of a half and a quarter of the long side, overlapping by half."""
MIN_TILE_PX = 192


@dataclass(frozen=True)
class FaceBox:
    """Upright bounding box of a face, pixels."""

    left_px: float
    top_px: float
    right_px: float
    bottom_px: float


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


@dataclass(frozen=True)
class _FaceSquare:
    """A turned square around a face, in pixels of the portrait."""

    centre_px: Float[np.ndarray, "2"]
    side_px: float
    angle_rad: float
    """From the picture's x axis to the line from the subject's right eye to the left."""

    def moved_from(self, other: "_FaceSquare") -> float:
        """How far the two squares differ, as a part of the side."""
        shift = float(np.linalg.norm(self.centre_px - other.centre_px))
        growth = abs(self.side_px - other.side_px)
        turn = abs(math.remainder(self.angle_rad - other.angle_rad, math.tau))
        return max(shift / self.side_px, growth / self.side_px, turn / 2)


@dataclass(frozen=True)
class _Candidate:
    """A face of the detector, in pixels of the portrait."""

    box: FaceBox
    square: _FaceSquare
    score: float


@dataclass(frozen=True)
class _View:
    """A picture given to the detector: a part of the portrait, turned by quarters, then shrunk."""

    image: UInt8[np.ndarray, "h w 3"]
    portrait_from_view: Float[np.ndarray, "2 3"]
    """Pixels of the view to pixels of the portrait."""


class LandmarkDetector:
    """Keeps the networks warm; not thread-safe. Use as a context manager, or close it."""

    def __init__(self) -> None:
        self._short_range = FaceDetectionNetwork("short")
        self._full_range = FaceDetectionNetwork("full")
        self._mesh = FaceMeshNetwork()

    def detect(self, portrait: Portrait) -> FaceLandmarks:
        """Find the largest face. Raises NoFaceFound or FaceTooSmall."""
        image = portrait.image
        for search in (self._whole, self._tiles):
            candidates = search(image)
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
        for network in (self._short_range, self._full_range, self._mesh):
            network.close()

    def __enter__(self) -> "LandmarkDetector":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _whole(self, image: UInt8[np.ndarray, "H W 3"]) -> list[_Candidate]:
        """Faces that a detector sees in the whole picture, largest first."""
        view = _view(image)
        found = self._candidates(self._short_range, view)
        small = SMALL_IN_PICTURE * CROP_MARGIN * max(image.shape[:2])
        if all(candidate.square.side_px < small for candidate in found):
            found += self._candidates(self._full_range, view)
        if all(candidate.score < SURE_SCORE for candidate in found):
            for quarter_turns in (1, 2, 3):
                turned = _view(image, quarter_turns=quarter_turns)
                found += self._candidates(self._short_range, turned)
        return _distinct(found)

    def _tiles(self, image: UInt8[np.ndarray, "H W 3"]) -> list[_Candidate]:
        """Faces that a detector sees in parts of the picture, largest first."""
        height, width = image.shape[:2]
        found: list[_Candidate] = []
        for fraction in TILE_FRACTIONS:
            side = math.ceil(max(height, width) / fraction)
            if side < MIN_TILE_PX:
                break
            for top in _tile_starts(height, side):
                for left in _tile_starts(width, side):
                    found += self._candidates(self._full_range, _view(image, left, top, side))
        return _distinct(found)

    def _candidates(self, network: FaceDetectionNetwork, view: _View) -> list[_Candidate]:
        """The network's faces in pixels of the portrait."""
        linear, offset = view.portrait_from_view[:, :2], view.portrait_from_view[:, 2]
        found: list[_Candidate] = []
        for face in network.detect(view.image):
            eyes = face.eyes_px @ linear.T + offset
            corners = face.box_px.reshape(2, 2) @ linear.T + offset
            (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
            side = CROP_MARGIN * max(right - left, bottom - top)
            square = _FaceSquare(corners.mean(axis=0), side, _angle(eyes[1] - eyes[0]))
            found.append(_Candidate(FaceBox(left, top, right, bottom), square, face.score))
        return found

    def _settled_points(
        self, image: UInt8[np.ndarray, "H W 3"], square: _FaceSquare
    ) -> Float[np.ndarray, "478 3"] | None:
        """Points (x, y, depth) in pixels of the portrait; None where the network sees no face."""
        points = None
        for _ in range(MAX_PASSES):
            crop, portrait_from_crop = _crop(image, square)
            in_crop = self._mesh.detect(crop)
            if in_crop is None:
                return None
            xy = in_crop[:, :2] @ portrait_from_crop[:, :2].T + portrait_from_crop[:, 2]
            depth = in_crop[:, 2:] * square.side_px / MESH_INPUT_PX
            points = np.concatenate([xy, depth], axis=1)
            better = _square_around(xy)
            if better.moved_from(square) < CROP_SETTLED:
                break
            square = better
        return points


def _result(points: Float[np.ndarray, "478 3"], others: list[_Candidate]) -> FaceLandmarks:
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


def _angle(right_to_left_eye: Float[np.ndarray, "2"]) -> float:
    return math.atan2(right_to_left_eye[1], right_to_left_eye[0])


def _rotation(angle_rad: float) -> Float[np.ndarray, "2 2"]:
    c, s = math.cos(angle_rad), math.sin(angle_rad)
    return np.array([[c, -s], [s, c]])


def _square_around(points_px: Float[np.ndarray, "478 2"]) -> _FaceSquare:
    """The crop that MediaPipe cuts around the points of the frame before."""
    right, left = points_px[list(OUTER_EYE_CORNERS)]
    angle = _angle(left - right)
    rotation = _rotation(angle)
    levelled = points_px[MESH_WITHOUT_IRISES] @ rotation
    low, high = levelled.min(axis=0), levelled.max(axis=0)
    side = CROP_MARGIN * float((high - low).max())
    return _FaceSquare(rotation @ ((low + high) / 2), side, angle)


def _view(
    image: UInt8[np.ndarray, "H W 3"],
    left: int = 0,
    top: int = 0,
    side: int | None = None,
    quarter_turns: int = 0,
) -> _View:
    """A tile of the picture (or all of it), turned counter-clockwise and shrunk for a detector."""
    tile = image[top:, left:] if side is None else image[top : top + side, left : left + side]
    height, width = tile.shape[:2]
    turned = np.rot90(tile, quarter_turns)
    scale = min(1.0, DETECTION_SIDE_PX / max(height, width))
    size = (max(1, round(turned.shape[1] * scale)), max(1, round(turned.shape[0] * scale)))
    shrunk = cv2.resize(turned, size, interpolation=cv2.INTER_AREA)
    # Where np.rot90 takes pixel (x, y) of the turned tile from.
    last_x, last_y = width - 1, height - 1
    turned_back = {
        0: [[1, 0, 0], [0, 1, 0]],
        1: [[0, -1, last_x], [1, 0, 0]],
        2: [[-1, 0, last_x], [0, -1, last_y]],
        3: [[0, 1, 0], [-1, 0, last_y]],
    }[quarter_turns]
    back = np.array(turned_back, np.float64)
    growth = np.array([turned.shape[1] / size[0], turned.shape[0] / size[1]])
    half_pixel = (growth - 1) / 2
    linear = back[:, :2] * growth
    offset = back[:, :2] @ half_pixel + back[:, 2] + [left, top]
    return _View(shrunk, np.column_stack([linear, offset]))


def _tile_starts(length: int, side: int) -> list[int]:
    """Starts of tiles that overlap by half and cover the length."""
    if length <= side:
        return [0]
    count = math.ceil((length - side) / (side / 2)) + 1
    return [round(start) for start in np.linspace(0, length - side, count)]


def _crop(
    image: UInt8[np.ndarray, "H W 3"], square: _FaceSquare
) -> tuple[UInt8[np.ndarray, "192 192 3"], Float[np.ndarray, "2 3"]]:
    """The square at the network's input size, smoothed where it shrinks; and its map back."""
    scale = square.side_px / MESH_INPUT_PX
    linear = scale * _rotation(square.angle_rad)
    middle = np.full(2, (MESH_INPUT_PX - 1) / 2)
    portrait_from_crop = np.column_stack([linear, square.centre_px - linear @ middle])
    shrink = max(1, int(scale))
    source, corner = _shrunk_surroundings(image, square, shrink)
    source_from_crop = portrait_from_crop / shrink
    source_from_crop[:, 2] += (0.5 - corner) / shrink - 0.5
    crop = cv2.warpAffine(
        source,
        source_from_crop,
        (MESH_INPUT_PX, MESH_INPUT_PX),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(crop, np.uint8), portrait_from_crop


def _shrunk_surroundings(
    image: UInt8[np.ndarray, "H W 3"], square: _FaceSquare, shrink: int
) -> tuple[UInt8[np.ndarray, "h w 3"], Float[np.ndarray, "2"]]:
    """The part of the picture around the square, shrunk by a whole factor; and its first pixel."""
    if shrink == 1:
        return image, np.zeros(2)
    size = np.array(image.shape[1::-1])
    reach = square.side_px / math.sqrt(2) + shrink
    low = np.clip(np.floor(square.centre_px - reach), 0, size - shrink).astype(int)
    high = np.clip(np.ceil(square.centre_px + reach), low + shrink, size).astype(int)
    width, height = (high - low) // shrink
    part = image[low[1] : low[1] + height * shrink, low[0] : low[0] + width * shrink]
    shrunk = cv2.resize(part, (int(width), int(height)), interpolation=cv2.INTER_AREA)
    return np.asarray(shrunk, np.uint8), low.astype(np.float64)


def _distinct(candidates: list[_Candidate]) -> list[_Candidate]:
    """The surest sighting of each face, largest face first."""
    kept: list[_Candidate] = []
    for candidate in sorted(candidates, key=lambda each: -each.score):
        if all(_overlap(candidate.box, other.box) < SAME_FACE_OVERLAP for other in kept):
            kept.append(candidate)
    return sorted(kept, key=lambda each: -each.square.side_px)


def _overlap(a: FaceBox, b: FaceBox) -> float:
    """Intersection over union."""
    width = min(a.right_px, b.right_px) - max(a.left_px, b.left_px)
    height = min(a.bottom_px, b.bottom_px) - max(a.top_px, b.top_px)
    shared = max(0.0, width) * max(0.0, height)
    area = sum((box.right_px - box.left_px) * (box.bottom_px - box.top_px) for box in (a, b))
    return shared / (area - shared)
