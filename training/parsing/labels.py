"""The teachers' labels of every portrait, in the network's square: the data that it learns from.

    python -m training.parsing.labels --portraits DIR --hair-teacher FILE.tflite --out DIR

`--portraits` holds photos of one face each, in any folders below it. `--hair-teacher` is the
hair_segmentation.tflite of MediaPipe (Apache-2.0, google-ai-edge/mediapipe). Photos without a
usable face are named and left out. Each gives one .npz: the square, soft labels, and where the
fitted head's eyes, nose and ears lie, so that glasses can be drawn on it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from jaxtyping import Float, Float32, UInt8

from reconstruction_backend.backends import Reconstruction, load_backend
from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.errors import CameoError
from reconstruction_backend.face_crop import cut_square, picture_from_crop
from reconstruction_backend.face_search import FaceSquare
from reconstruction_backend.landmarks import LandmarkDetector
from reconstruction_backend.parsing.crop import GREY
from reconstruction_backend.parsing.crop import surroundings as square_around
from reconstruction_backend.portrait import Portrait, load_portrait
from reconstruction_backend.texture.masks import FACE_OVAL
from training.parsing.skin_labels import HeadZones, skin_share
from training.parsing.teachers import HairTeacher, PersonTeacher, both_ways

LABEL_PX = 320
"""Side of the squares that are saved; the network's input is cut from them."""
ANCHORS = (33, 133, 362, 263, 468, 473, 168, 6, 234, 454, 10, 152, 127, 356)
"""Landmarks whose places on the fitted head are kept: corners and centres of the eyes, bridge of
the nose, ears, hairline, chin, temples."""
TIGHT_OVER_SQUARE = 0.72
"""A second, tighter view for the hair teacher: it sees curls better when the head is large."""
CLOSE_PX = 512
FACE_RIM = 0.06
"""Of the face's width: over this the outline's certainty rises from zero to one."""
LOWER_FACE = (234, 454, 1)
"""Ears and tip of the nose: hair below their line and inside the outline is beard, so skin."""
BEARD_RIM = 0.13
"""Of the face's width: strands hang over the outline's rim, beards grow inside it too."""
FRINGE_PX = 9
AS_SEEN_SHARE = 0.6
"""Of the hair's label: the teacher's opinion of the whole photo, neither filtered nor mended."""
HAIR_FILTER, PERSON_FILTER = (4, 4e-4), (3, 4e-4)
"""Radius in pixels and regulariser of the guided filter (He et al. 2010)."""


@dataclass(frozen=True)
class LabelledSquare:
    """One portrait in the network's square."""

    square: UInt8[np.ndarray, "S S 3"]
    inside: UInt8[np.ndarray, "S S"]
    """255 where the photo shows something."""
    person: UInt8[np.ndarray, "S S"]
    hair: UInt8[np.ndarray, "S S"]
    skin: UInt8[np.ndarray, "S S"]
    """255ths: of skin, given that a pixel is a person's and not hair."""
    projection: Float32[np.ndarray, "3 4"]
    """From head space (metres) to homogeneous pixels of the square."""
    anchors_m: Float32[np.ndarray, "14 3"]
    """`ANCHORS` on the fitted head, in head space."""

    def save(self, path: Path) -> None:
        """As compressed arrays."""
        np.savez_compressed(path, **vars(self))


class Labeller:
    """Keeps the teachers and the pipeline's networks warm."""

    def __init__(self, hair_teacher: Path) -> None:
        self._hair, self._person = HairTeacher(hair_teacher), PersonTeacher()
        self._detector, self._backend = LandmarkDetector(), load_backend("cameo-head")

    def label(self, portrait: Portrait) -> LabelledSquare:
        """Raises a CameoError where no face is found."""
        landmarks = self._detector.detect(portrait)
        reconstruction = self._backend.reconstruct(portrait, landmarks)
        square = square_around(landmarks.points_px)
        cut = cut_square(portrait.image, square, LABEL_PX, GREY)
        inside = cut_square(np.full_like(portrait.image, 255), square, LABEL_PX, 0)[:, :, 0]
        to_square = cv2.invertAffineTransform(picture_from_crop(square, LABEL_PX))
        points = landmarks.points_px @ to_square[:, :2].T + to_square[:, 2]
        zones = head_zones(reconstruction, points, to_square)
        guide = cut.astype(np.float32) / 255
        whole = _into_square(both_ways(self._hair, portrait.image), to_square)
        hair = _filtered(guide, self._hair_in(portrait, square, to_square, whole), HAIR_FILTER)
        beardless = 1 - _beard_zone(points)
        hair *= beardless
        seen = _into_square(both_ways(self._person, portrait.image), to_square)
        person = np.maximum(_filtered(guide, seen, PERSON_FILTER), hair)
        skin = skin_share(cut, person, hair, zones)
        hair = hair + _fringe((person - hair) * (1 - skin), hair)
        hair = (1 - AS_SEEN_SHARE) * hair + AS_SEEN_SHARE * whole * beardless
        return LabelledSquare(
            cut, inside, _bytes(np.maximum(person, hair)), _bytes(hair), _bytes(skin),
            square_projection(reconstruction.fit.camera, to_square),
            anchor_points(reconstruction),
        )  # fmt: skip

    def _hair_in(
        self,
        portrait: Portrait,
        square: FaceSquare,
        to_square: Float[np.ndarray, "2 3"],
        whole: Float32[np.ndarray, "S S"],
    ) -> Float32[np.ndarray, "S S"]:
        """The teacher's mean over the whole photo, which is given, and over a closer view."""
        near = FaceSquare(square.centre_px, square.side_px * TIGHT_OVER_SQUARE, square.angle_rad)
        view = cut_square(portrait.image, near, CLOSE_PX, GREY)
        back = cv2.invertAffineTransform(picture_from_crop(near, CLOSE_PX))
        linear = to_square[:, :2] @ np.linalg.inv(back[:, :2])
        offset = to_square[:, 2] - linear @ back[:, 2]
        close = both_ways(self._hair, view)
        near_in_square = _warped(close, np.column_stack([linear, offset]), -1)
        return np.where(near_in_square < 0, whole, (whole + near_in_square) / 2)


def head_zones(
    reconstruction: Reconstruction,
    points: Float[np.ndarray, "478 2"],
    to_square: Float[np.ndarray, "2 3"],
) -> HeadZones:
    """Where the fitted head's parts lie in the square; `points` are the landmarks in it."""
    model, fit = reconstruction.head_model, reconstruction.fit
    vertices = model.evaluate(fit.shape, fit.expression, fit.pose_rad)
    xy = fit.camera.project(vertices) @ to_square[:, :2].T + to_square[:, 2]
    neck_weight = model.region("neck")
    triangles = model.triangles[model.part_triangles("skin")]
    on_neck = neck_weight[triangles].min(axis=1) > 0.5
    head, neck = _silhouette(xy, triangles[~on_neck]), _silhouette(xy, triangles[on_neck])
    chin, top = points[152], points[10]
    height = float(np.linalg.norm(chin - top))
    rows = np.arange(LABEL_PX, dtype=np.float32)[:, None] * np.ones((1, LABEL_PX), np.float32)
    below = np.maximum(rows - chin[1], 0) / height
    end = max(float(xy[neck_weight > 0.5, 1].max() - chin[1]) / height, 0.2)
    width = float(np.ptp(points[list(FACE_OVAL), 0]))
    return HeadZones(
        face=np.clip(_depth_in(points[list(FACE_OVAL)]) / (FACE_RIM * width), 0, 1),
        head=head > 0,
        neck=np.where(neck > 0, np.clip(1 - below / end, 1e-3, 1), 0).astype(np.float32),
        below_chin=below,
    )


def square_projection(
    camera: PerspectiveCamera, to_square: Float[np.ndarray, "2 3"]
) -> Float32[np.ndarray, "3 4"]:
    """Head space to homogeneous pixels of the square."""
    x, y = camera.principal_point_px
    intrinsics = np.array(
        [[camera.focal_length_px, 0, x], [0, camera.focal_length_px, y], [0, 0, 1]]
    )
    pose = np.column_stack([camera.rotation_camera_from_head, camera.translation_m])
    affine = np.vstack([to_square, [0, 0, 1]])
    return (affine @ intrinsics @ pose).astype(np.float32)


def anchor_points(reconstruction: Reconstruction) -> Float32[np.ndarray, "14 3"]:
    """The landmarks of `ANCHORS` on the fitted head, metres."""
    model, fit = reconstruction.head_model, reconstruction.fit
    vertices = model.evaluate(fit.shape, fit.expression, fit.pose_rad)
    points = model.surface_points(model.landmarks_mediapipe, vertices)
    return points[list(ANCHORS)].astype(np.float32)


def _beard_zone(points: Float[np.ndarray, "478 2"]) -> Float32[np.ndarray, "S S"]:
    """One in the lower face, away from the outline at which strands may hang; soft."""
    oval = points[list(FACE_OVAL)]
    width = float(np.ptp(oval[:, 0]))
    level = float(points[list(LOWER_FACE), 1].mean())
    rows = np.arange(LABEL_PX, dtype=np.float32)[:, None]
    low = np.clip((rows - level) / (0.1 * width), 0, 1)
    chin = np.clip((rows - float(points[13, 1])) / (0.2 * width), 0, 1)
    depth = _depth_in(oval) / width
    rim = BEARD_RIM * (1 - 0.9 * chin)
    return (low * np.clip((depth - rim) / 0.05 + 0.5, 0, 1)).astype(np.float32)


def _fringe(
    clothes: Float32[np.ndarray, "S S"], hair: Float32[np.ndarray, "S S"]
) -> Float32[np.ndarray, "S S"]:
    """What is thin and lies along hair is loose hair that the teacher left out, not clothes."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (FRINGE_PX, FRINGE_PX))
    thin = clothes - cv2.morphologyEx(clothes, cv2.MORPH_OPEN, kernel)
    return thin * cv2.dilate(hair, kernel)


def _depth_in(polygon: Float[np.ndarray, "N 2"]) -> Float32[np.ndarray, "S S"]:
    inside = np.zeros((LABEL_PX, LABEL_PX), np.uint8)
    cv2.fillPoly(inside, [np.round(polygon).astype(np.int32)], (1,))
    return cv2.distanceTransform(inside, cv2.DIST_L2, 5)


def _silhouette(xy: Float[np.ndarray, "V 2"], triangles: np.ndarray) -> UInt8[np.ndarray, "S S"]:
    mask = np.zeros((LABEL_PX, LABEL_PX), np.uint8)
    corners = np.round(xy[triangles] * 16).astype(np.int32)
    for corner in corners:
        cv2.fillConvexPoly(mask, corner, (255,), shift=4)
    return mask


def _filtered(
    guide: Float32[np.ndarray, "S S 3"],
    mask: Float32[np.ndarray, "S S"],
    radius_eps: tuple[int, float],
) -> Float32[np.ndarray, "S S"]:
    return np.clip(cv2.ximgproc.guidedFilter(guide, mask, *radius_eps), 0, 1)


def _into_square(
    mask: Float32[np.ndarray, "H W"], to_square: Float[np.ndarray, "2 3"]
) -> Float32[np.ndarray, "S S"]:
    return _warped(mask, to_square, 0)


def _warped(
    mask: Float32[np.ndarray, "H W"], to_square: Float[np.ndarray, "2 3"], border: float
) -> Float32[np.ndarray, "S S"]:
    scale = float(np.sqrt(abs(np.linalg.det(to_square[:, :2]))))
    if scale < 0.5:
        mask = cv2.GaussianBlur(mask, (0, 0), 0.35 / scale)
    size = (LABEL_PX, LABEL_PX)
    return cv2.warpAffine(
        mask, to_square, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT,
        borderValue=(border,),
    )  # fmt: skip


def _bytes(share: Float32[np.ndarray, "S S"]) -> UInt8[np.ndarray, "S S"]:
    return np.round(np.clip(share, 0, 1) * 255).astype(np.uint8)


def main(
    portraits: Annotated[Path, typer.Option(help="Folder of photos, searched through.")],
    hair_teacher: Annotated[Path, typer.Option(help="hair_segmentation.tflite.")],
    out: Annotated[Path, typer.Option(help="Where the .npz files go.")],
    only: Annotated[str, typer.Option(help="Pattern of the photos' names.")] = "*.jpg",
) -> None:
    """Label every photo below a folder."""
    labeller = Labeller(hair_teacher)
    out.mkdir(parents=True, exist_ok=True)
    for path in sorted(portraits.rglob(only)):
        try:
            labeller.label(load_portrait(path)).save(out / f"{path.parent.name}.{path.stem}.npz")
        except CameoError as error:
            typer.echo(f"{path.name}: {error}", err=True)


if __name__ == "__main__":
    typer.run(main)
