"""Where the faces are in a picture, however large, small or turned.

    picture -> detector on the whole -> wider reach -> turned by quarters -> tiles

The picture is searched the cheap way first; the rest runs only where that leaves a doubt.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from reconstruction_backend.face_networks import FaceDetectionNetwork

CROP_MARGIN = 1.5
"""Side of the crop over the face's, as the landmark network was trained."""
DETECTION_SIDE_PX = 256
"""The detectors take 128 and 192 px; shrunk smoothly to this, the rest costs them nothing."""
SMALL_IN_PICTURE = 0.3
"""Face over the long side; below, the short-range detector may well have missed another face."""
SURE_SCORE = 0.85
"""Upright faces score above this (0.87 to 0.98 on 67 portraits), upside-down ones below (0.83)."""
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
class FaceSquare:
    """A turned square around a face, in pixels of the portrait: the crop that shows its points."""

    centre_px: Float[np.ndarray, "2"]
    side_px: float
    angle_rad: float
    """From the picture's x axis to the line from the subject's right eye to the left."""

    def moved_from(self, other: "FaceSquare") -> float:
        """How far the two squares differ, as a part of the side."""
        shift = float(np.linalg.norm(self.centre_px - other.centre_px))
        growth = abs(self.side_px - other.side_px)
        turn = abs(math.remainder(self.angle_rad - other.angle_rad, math.tau))
        edge_shift = turn / 2  # how far a turn moves the middle of an edge
        return max(shift / self.side_px, growth / self.side_px, edge_shift)


@dataclass(frozen=True)
class FaceCandidate:
    """A face of the detector, in pixels of the portrait."""

    box: FaceBox
    square: FaceSquare
    score: float


@dataclass(frozen=True)
class _View:
    """A picture given to the detector: a part of the portrait, turned by quarters, then shrunk."""

    image: UInt8[np.ndarray, "h w 3"]
    portrait_from_view: Float[np.ndarray, "2 3"]
    """Pixels of the view to pixels of the portrait."""


class FaceSearch:
    """Keeps the detectors warm; not thread-safe."""

    def __init__(self) -> None:
        self._short_range = FaceDetectionNetwork("short")
        self._full_range = FaceDetectionNetwork("full")

    def attempts(self, image: UInt8[np.ndarray, "H W 3"]) -> Iterator[list[FaceCandidate]]:
        """Distinct faces, largest first: of the whole picture, then of its parts.

        The second search is expensive and runs only when it is asked for.
        """
        yield self._whole(image)
        yield self._tiles(image)

    def close(self) -> None:
        """Release the networks."""
        self._short_range.close()
        self._full_range.close()

    def _whole(self, image: UInt8[np.ndarray, "H W 3"]) -> list[FaceCandidate]:
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

    def _tiles(self, image: UInt8[np.ndarray, "H W 3"]) -> list[FaceCandidate]:
        """Faces that a detector sees in parts of the picture, largest first."""
        height, width = image.shape[:2]
        found: list[FaceCandidate] = []
        for fraction in TILE_FRACTIONS:
            side = math.ceil(max(height, width) / fraction)
            if side < MIN_TILE_PX:
                break
            for top in _tile_starts(height, side):
                for left in _tile_starts(width, side):
                    found += self._candidates(self._full_range, _view(image, left, top, side))
        return _distinct(found)

    def _candidates(self, network: FaceDetectionNetwork, view: _View) -> list[FaceCandidate]:
        """The network's faces in pixels of the portrait."""
        linear, offset = view.portrait_from_view[:, :2], view.portrait_from_view[:, 2]
        found: list[FaceCandidate] = []
        for face in network.detect(view.image):
            eyes = face.eyes_px @ linear.T + offset
            corners = face.box_px.reshape(2, 2) @ linear.T + offset
            (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
            side = CROP_MARGIN * max(right - left, bottom - top)
            square = FaceSquare(corners.mean(axis=0), side, eye_line_angle(*eyes))
            found.append(FaceCandidate(FaceBox(left, top, right, bottom), square, face.score))
        return found


def eye_line_angle(
    right_eye_px: Float[np.ndarray, "2"], left_eye_px: Float[np.ndarray, "2"]
) -> float:
    """Radians from the picture's x axis to the line from the subject's right eye to the left."""
    x, y = left_eye_px - right_eye_px
    return math.atan2(y, x)


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


def _distinct(candidates: list[FaceCandidate]) -> list[FaceCandidate]:
    """The surest sighting of each face, largest face first."""
    kept: list[FaceCandidate] = []
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
