import cv2
import numpy as np
import pytest
from jaxtyping import UInt8
from photo_files import astronaut
from skimage import data

from reconstruction_backend.errors import FaceTooSmall, NoFaceFound
from reconstruction_backend.landmarks import FaceLandmarks, LandmarkDetector
from reconstruction_backend.portrait import Portrait

Picture = UInt8[np.ndarray, "H W 3"]
MESH = slice(0, 468)
OUTER_EYE_CORNERS = (33, 263)


@pytest.fixture(scope="module")
def face(landmark_detector: LandmarkDetector) -> FaceLandmarks:
    return landmark_detector.detect(Portrait(astronaut(), None))


def eye_distance_px(face: FaceLandmarks) -> float:
    right, left = face.points_px[list(OUTER_EYE_CORNERS)]
    return float(np.linalg.norm(left - right))


def enlarged(picture: Picture, factor: float) -> Picture:
    return np.asarray(
        cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC), np.uint8
    )


def quarter_turned_points(points_px: np.ndarray, turns: int, width: int, height: int) -> np.ndarray:
    """Where np.rot90 takes the pixels of an upright picture."""
    x, y = points_px.T
    return {
        1: np.stack([y, width - 1 - x], axis=1),
        2: np.stack([width - 1 - x, height - 1 - y], axis=1),
        3: np.stack([height - 1 - y, x], axis=1),
    }[turns]


def test_the_points_lie_on_the_astronauts_face(face: FaceLandmarks) -> None:
    """Places read off the picture by eye."""
    right_iris, left_iris, nose_tip = face.points_px[468], face.points_px[473], face.points_px[1]
    assert np.linalg.norm(right_iris - [203, 101]) < 1.5
    assert np.linalg.norm(left_iris - [246.5, 103]) < 1.5
    assert np.linalg.norm(nose_tip - [223, 129]) < 3
    assert face.warnings == ()
    assert face.other_faces == ()


def test_the_box_is_that_of_the_points(face: FaceLandmarks) -> None:
    low, high = face.points_px.min(axis=0), face.points_px.max(axis=0)
    assert (face.box.left_px, face.box.top_px) == pytest.approx(tuple(low), abs=1e-3)
    assert (face.box.right_px, face.box.bottom_px) == pytest.approx(tuple(high), abs=1e-3)


def test_the_nose_is_nearest(face: FaceLandmarks) -> None:
    ears = face.depth_px[[234, 454]]
    assert face.depth_px[1] < ears.min() - 0.3 * eye_distance_px(face)


def test_the_same_photo_gives_the_same_points(
    landmark_detector: LandmarkDetector, face: FaceLandmarks
) -> None:
    again = landmark_detector.detect(Portrait(astronaut(), None))
    assert np.array_equal(again.points_px, face.points_px)
    assert np.array_equal(again.depth_px, face.depth_px)


@pytest.mark.parametrize("factor", [2, 4, 7])
def test_pixel_centres_under_enlargement(
    landmark_detector: LandmarkDetector, face: FaceLandmarks, factor: int
) -> None:
    """The top-left pixel's centre is (0, 0), so x becomes factor (x + 1/2) - 1/2."""
    large = landmark_detector.detect(Portrait(enlarged(astronaut(), factor), None))
    error = large.points_px - ((face.points_px + 0.5) * factor - 0.5)
    assert np.abs(error.mean(axis=0)).max() < 0.002 * factor * eye_distance_px(face)
    assert np.abs(error).mean() < 0.01 * factor * eye_distance_px(face)
    assert np.median(large.depth_px / face.depth_px) == pytest.approx(factor, rel=0.05)


def test_pixel_centres_under_mirroring(
    landmark_detector: LandmarkDetector, face: FaceLandmarks
) -> None:
    """The mesh is symmetric, so its mean goes to width - 1 - x."""
    mirrored = landmark_detector.detect(Portrait(np.ascontiguousarray(astronaut()[:, ::-1]), None))
    mean, mirrored_mean = face.points_px[MESH].mean(axis=0), mirrored.points_px[MESH].mean(axis=0)
    tolerance = 0.01 * eye_distance_px(face)
    assert abs(mirrored_mean[0] - (511 - mean[0])) < tolerance
    assert abs(mirrored_mean[1] - mean[1]) < tolerance


@pytest.mark.parametrize(("left", "top"), [(40, 0), (0, 75), (301, 133)])
def test_margins_move_the_points_along(
    landmark_detector: LandmarkDetector, face: FaceLandmarks, left: int, top: int
) -> None:
    framed = np.pad(astronaut(), ((top, 60), (left, 20), (0, 0)), mode="edge")
    moved = landmark_detector.detect(Portrait(framed, None)).points_px - [left, top]
    assert np.abs(moved - face.points_px).mean() < 0.01 * eye_distance_px(face)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_photo_is_found_and_said(
    landmark_detector: LandmarkDetector, face: FaceLandmarks, turns: int
) -> None:
    picture = astronaut()
    turned = landmark_detector.detect(
        Portrait(np.ascontiguousarray(np.rot90(picture, turns)), None)
    )
    expected = quarter_turned_points(face.points_px, turns, 512, 512)
    assert np.abs(turned.points_px - expected).mean() < 0.01 * eye_distance_px(face)
    assert any("upright" in warning for warning in turned.warnings)


def test_a_small_face_in_a_large_picture(
    landmark_detector: LandmarkDetector, face: FaceLandmarks
) -> None:
    scene = np.full((3000, 4000, 3), 110, np.uint8)
    scene[1900:2412, 3000:3512] = astronaut()
    found = landmark_detector.detect(Portrait(scene, None)).points_px - [3000, 1900]
    assert np.abs(found - face.points_px).mean() < 0.02 * eye_distance_px(face)


def test_the_largest_of_several_faces(
    landmark_detector: LandmarkDetector, face: FaceLandmarks
) -> None:
    portrait = astronaut()
    larger = enlarged(portrait[:341, 100:400], 1.5)
    both = landmark_detector.detect(Portrait(np.hstack([portrait, larger[:512]]), None))
    assert both.box.left_px > 512
    assert len(both.other_faces) == 1
    other = both.other_faces[0]
    eyes = face.points_px[[468, 473]]
    assert other.left_px < eyes[:, 0].min() < eyes[:, 0].max() < other.right_px
    assert both.warnings == ("The photo shows another face; the largest was taken.",)


def test_a_face_too_small(landmark_detector: LandmarkDetector) -> None:
    with pytest.raises(FaceTooSmall, match="pixels between the ears"):
        landmark_detector.detect(Portrait(enlarged(astronaut(), 0.5), None))


def noise() -> Picture:
    return np.random.default_rng(0).integers(0, 256, (400, 300, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(noise(), id="noise"),
        pytest.param(np.asarray(data.chelsea()), id="cat"),
        pytest.param(np.asarray(data.coffee()), id="cup"),
        pytest.param(np.zeros((64, 64, 3), np.uint8), id="black"),
        pytest.param(np.zeros((1, 1, 3), np.uint8), id="one pixel"),
        pytest.param(np.full((1, 5000, 3), 200, np.uint8), id="one row"),
    ],
)
def test_no_face(landmark_detector: LandmarkDetector, picture: Picture) -> None:
    with pytest.raises(NoFaceFound, match="No face was found"):
        landmark_detector.detect(Portrait(picture, None))


def test_opening_and_using_the_networks_says_nothing(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with LandmarkDetector() as detector:
        detector.detect(Portrait(astronaut(), None))
    assert capfd.readouterr() == ("", "")
