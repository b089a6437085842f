"""Where the face is cut out: the square of the FFHQ data set (Karras et al. 2019).

Two eyes and the mouth fix a turned square: it stands upright with the face, and its side is four
eye distances or 3.6 times the way from eyes to mouth, whichever is more. Photo and render are cut
by the same square, which depends on the photo alone, so that no backend chooses its own crop.
"""

import math

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.face_crop import cut_square, picture_from_crop
from reconstruction_backend.face_search import FaceSquare

CROP_PX = 256
RIGHT_EYE = (33, 160, 158, 133, 153, 144)
LEFT_EYE = (362, 385, 387, 263, 373, 380)
MOUTH_CORNERS = (61, 291)
"""Points of MediaPipe Face Mesh: those of the subject's right and left eye that iBUG-68 has too."""
EYE_DISTANCES, EYE_TO_MOUTHS = 2.0, 1.8
"""Half the side, in eye distances and in ways from eyes to mouth."""
DOWNWARDS = 0.1
"""From the middle of the eyes to the square's, in ways from eyes to mouth."""


def ffhq_square(points_px: Float[np.ndarray, "478 2"]) -> FaceSquare:
    """The square around a face whose 478 points are known, in pixels of its picture."""
    right, left = points_px[list(RIGHT_EYE)].mean(axis=0), points_px[list(LEFT_EYE)].mean(axis=0)
    eyes, mouth = (right + left) / 2, points_px[list(MOUTH_CORNERS)].mean(axis=0)
    eye_to_eye, eye_to_mouth = (left - right).astype(float), (mouth - eyes).astype(float)
    # across the face: along the eyes, and square to the way down, so that neither alone decides
    across = eye_to_eye + np.array([eye_to_mouth[1], -eye_to_mouth[0]])
    half = max(
        EYE_DISTANCES * np.linalg.norm(eye_to_eye), EYE_TO_MOUTHS * np.linalg.norm(eye_to_mouth)
    )
    return FaceSquare(
        eyes + DOWNWARDS * eye_to_mouth, 2 * float(half), math.atan2(across[1], across[0])
    )


def cut_face(
    image: UInt8[np.ndarray, "H W 3"], square: FaceSquare, beyond: int
) -> UInt8[np.ndarray, "256 256 3"]:
    """The square at 256 px, smoothed where it shrinks; `beyond` stands outside the picture."""
    return cut_square(image, square, CROP_PX, beyond)


def cut_map(values: UInt8[np.ndarray, "H W"], square: FaceSquare) -> UInt8[np.ndarray, "256 256"]:
    """The same of a map of one channel, zero outside the picture."""
    return cut_face(np.repeat(values[:, :, None], 3, axis=2), square, 0)[:, :, 0]


def crop_points(
    points_px: Float[np.ndarray, "N 2"], square: FaceSquare
) -> Float[np.ndarray, "N 2"]:
    """Pixels of the picture to pixels of its crop."""
    crop_from_picture = cv2.invertAffineTransform(picture_from_crop(square, CROP_PX))
    return points_px @ crop_from_picture[:, :2].T + crop_from_picture[:, 2]


def crop_camera(camera: PerspectiveCamera, square: FaceSquare) -> PerspectiveCamera:
    """The camera whose picture is the crop: turned about its axis, and zoomed."""
    crop_from_picture = cv2.invertAffineTransform(picture_from_crop(square, CROP_PX))
    zoom = float(np.sqrt(abs(np.linalg.det(crop_from_picture[:, :2]))))
    roll = np.eye(3)
    roll[:2, :2] = crop_from_picture[:, :2] / zoom
    principal = crop_from_picture @ np.array([*camera.principal_point_px, 1.0])
    return PerspectiveCamera(
        CROP_PX,
        CROP_PX,
        camera.focal_length_px * zoom,
        (float(principal[0]), float(principal[1])),
        roll @ camera.rotation_camera_from_head,
        roll @ camera.translation_m,
    )
