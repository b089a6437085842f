"""A photo's hair as the networks see it: a small square about the head, level, of one scale.

However large the portrait is and however the head is tilted in it, the square spans the same part
of space about the head. Beside mask and orientations it carries where each pixel's ray meets the
skin, in the head frame, so that whoever reads it knows the pose.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float, Float32, Int32

from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.hair.photo import view_kernels
from reconstruction_backend.head_model import HeadModel

VIEW_PX = 96
VIEW_SPAN_M = 0.58
"""Side of the square at the depth of its middle: from above an afro to hair on the shoulders."""
VIEW_MIDDLE_M = (0.0, -0.03, 0.01)
"""In the head frame; between nose and neck."""
_DRAWN_PARTS = ("skin", "eyeball_left", "eyeball_right")
_MOST_SAMPLES = 8
"""Along each edge of a pixel of the square, where the photo is large."""
_HALF_TURN_ONLY = 2
"""A direction without sign has half the circle: its angle is doubled before it is averaged."""


@dataclass(frozen=True)
class HeadView:
    """The square's place in a photo, and the camera that sees just the square."""

    camera: PerspectiveCamera
    photo_from_view: Float[np.ndarray, "2 3"]
    """Affine: pixels of the square to pixels of the photo."""

    @classmethod
    def of(cls, camera: PerspectiveCamera, side_px: int = VIEW_PX) -> "HeadView":
        """The square about a head that a photo's camera sees."""
        middle = camera.camera_points(np.array([VIEW_MIDDLE_M]))[0]
        scale = side_px / VIEW_SPAN_M * middle[2] / camera.focal_length_px
        up = camera.rotation_camera_from_head[:2, 1]
        up = up / np.linalg.norm(up)
        turn = np.array([[-up[1], up[0]], [-up[0], -up[1]]])  # takes up to (0, -1)
        back = turn.T / scale
        centre = np.full(2, (side_px - 1) / 2)
        middle_px = camera.project(np.array([VIEW_MIDDLE_M]))[0]
        place = np.concatenate([back, (middle_px - back @ centre)[:, None]], axis=1)
        return cls(_camera_through(camera, place, side_px), place)

    @property
    def side_px(self) -> int:
        """Pixels along an edge of the square."""
        return self.camera.width_px

    @property
    def turn_rad(self) -> float:
        """What a direction's angle in the photo gains in the square."""
        return float(np.arctan2(self.photo_from_view[0, 1], self.photo_from_view[0, 0]))


def _camera_through(
    camera: PerspectiveCamera, photo_from_view: Float[np.ndarray, "2 3"], side_px: int
) -> PerspectiveCamera:
    """A turned and scaled picture is what a camera of another roll and focal length sees."""
    linear = np.linalg.inv(photo_from_view[:, :2])
    scale = float(np.sqrt(np.linalg.det(linear)))
    roll = np.eye(3)
    roll[:2, :2] = linear / scale
    x, y = linear @ (np.asarray(camera.principal_point_px) - photo_from_view[:, 2])
    return PerspectiveCamera(
        side_px,
        side_px,
        float(camera.focal_length_px * scale),
        (float(x), float(y)),
        roll @ camera.rotation_camera_from_head,
        roll @ camera.translation_m,
    )


@dataclass(frozen=True)
class HairView:
    """Hair in the square of S x S pixels."""

    doubled: Float32[np.ndarray, "2 S S"]
    """Mean cosine and sine of twice the strands' angle (x right, y down) over the pixel, weighted
    with mask and confidence: short where orientations disagree."""
    mask: Float32[np.ndarray, "S S"]
    """Share of hair."""
    seen: Float32[np.ndarray, "S S"]
    """Share that the photo shows."""


def hair_view(
    view: HeadView,
    hair: Float32[np.ndarray, "H W"],
    angle_rad: Float32[np.ndarray, "H W"],
    confidence: Float32[np.ndarray, "H W"],
    seen: Bool[np.ndarray, "H W"],
) -> HairView:
    """A picture's hair in the square, averaged over each of the square's pixels.

    `hair` is a soft mask; `angle_rad` runs from x (right) to y (down) in the picture, and has no
    sign; `confidence` is 0 beside hair; `seen` is False where a picture goes beyond its photo.
    """
    matrix = view.photo_from_view
    step = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    samples = int(np.clip(np.ceil(step), 1, _MOST_SAMPLES))
    place = (np.arange(view.side_px * samples) + 0.5) / samples - 0.5
    x, y = np.meshgrid(place, place)
    column = np.rint(matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2]).astype(np.int64)
    row = np.rint(matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2]).astype(np.int64)
    height, width = hair.shape
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    column, row = column.clip(0, width - 1), row.clip(0, height - 1)
    inside &= seen[row, column]
    weight = confidence[row, column]
    doubled = _HALF_TURN_ONLY * (angle_rad[row, column] + view.turn_rad)
    planes = np.stack([weight * np.cos(doubled), weight * np.sin(doubled), hair[row, column]])
    planes = np.concatenate([planes * inside, inside[None]])
    mean = planes.reshape(4, view.side_px, samples, view.side_px, samples).mean(axis=(2, 4))
    mean = mean.astype(np.float32)
    return HairView(mean[:2], mean[2], mean[3])


def skin_positions(
    view: HeadView, model: HeadModel, vertices_m: Float[np.ndarray, "V 3"]
) -> tuple[Float32[np.ndarray, "3 S S"], Float32[np.ndarray, "S S"]]:
    """Head-frame point of the skin at each pixel, metres (0 beside the head), and its depth
    (infinite there)."""
    vertices = np.ascontiguousarray(vertices_m, np.float32)
    return view_kernels.draw_mesh(
        projected(view.camera, vertices), vertices, _drawn_triangles(model), view.side_px
    )


def projected(
    camera: PerspectiveCamera, points_m: Float32[np.ndarray, "N 3"]
) -> Float32[np.ndarray, "N 3"]:
    """x and y in pixels, and depth in metres."""
    return view_kernels.projected(
        points_m,
        np.ascontiguousarray(camera.rotation_camera_from_head, np.float32),
        camera.translation_m.astype(np.float32),
        camera.focal_length_px,
        np.array(camera.principal_point_px, np.float32),
    )


@lru_cache(maxsize=4)
def _drawn_triangles(model: HeadModel) -> Int32[np.ndarray, "F 3"]:
    return np.ascontiguousarray(model.triangles[model.part_triangles(*_DRAWN_PARTS)])


def mirrored(view: HairView) -> HairView:
    """The hair of the mirrored head."""
    doubled = view.doubled[:, :, ::-1] * np.array([1, -1], np.float32)[:, None, None]
    return replace(view, doubled=doubled, mask=view.mask[:, ::-1], seen=view.seen[:, ::-1])


POSITION_UNIT_M = 0.1
_CHANNELS = 7


def network_input(
    hair: HairView, position_m: Float32[np.ndarray, "3 S S"]
) -> Float32[np.ndarray, "7 S S"]:
    """The planes that the network reads: orientation, mask, what is seen, skin positions."""
    planes = np.concatenate(
        [hair.doubled, hair.mask[None], hair.seen[None], position_m / POSITION_UNIT_M]
    )
    assert len(planes) == _CHANNELS
    return planes.astype(np.float32)
