"""Laws of the parsing stage, and the shipped network on the sample portrait."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from photo_files import astronaut

from reconstruction_backend.errors import InvalidModel, ModelNotAvailable
from reconstruction_backend.face_search import FaceSquare
from reconstruction_backend.landmarks import FaceLandmarks, LandmarkDetector
from reconstruction_backend.parsing import CLASSES, Parsing, PortraitParser
from reconstruction_backend.parsing.crop import surroundings
from reconstruction_backend.parsing.network import CAMEO_PARSING
from reconstruction_backend.parsing.refine import refined
from reconstruction_backend.portrait import Portrait

SIZE = 64


@pytest.fixture(scope="module")
def parser() -> PortraitParser:
    return PortraitParser()


@pytest.fixture(scope="module")
def portrait() -> Portrait:
    return Portrait(astronaut(), None)


@pytest.fixture(scope="module")
def landmarks(portrait: Portrait, landmark_detector: LandmarkDetector) -> FaceLandmarks:
    return landmark_detector.detect(portrait)


@pytest.fixture(scope="module")
def parsing(parser: PortraitParser, portrait: Portrait, landmarks: FaceLandmarks) -> Parsing:
    return parser.parse(portrait, landmarks)


def test_shares_of_a_portrait_are_whole(parsing: Parsing, portrait: Portrait) -> None:
    assert parsing.shares.shape == (*portrait.image.shape[:2], len(CLASSES))
    assert (parsing.shares.sum(axis=2, dtype=int) == 255).all()
    total = parsing.probability(*CLASSES)
    np.testing.assert_allclose(total, 1, atol=1e-6)
    np.testing.assert_allclose(parsing.person, 1 - parsing.probability("background"))


def test_the_sample_portrait_is_told_apart(parsing: Parsing, landmarks: FaceLandmarks) -> None:
    """Nose, brow, fringe, suit and flag of the astronaut."""

    def share(name: str, x: float, y: float) -> float:
        return float(parsing.probability(name)[round(y), round(x)])  # pyright: ignore[reportArgumentType]

    nose, chin, top = (landmarks.points_px[k] for k in (4, 152, 10))
    face = np.linalg.norm(chin - top)
    assert share("skin", *nose) > 0.95
    assert share("hair", top[0], top[1] - 0.2 * face) > 0.9
    assert share("clothes", chin[0] + 0.9 * face, chin[1] + 0.8 * face) > 0.9
    assert share("background", 20, 20) > 0.95
    assert parsing.probability("glasses").mean() < 0.01


def test_a_mirrored_photo_gives_mirrored_shares(
    parser: PortraitParser,
    parsing: Parsing,
    portrait: Portrait,
    landmark_detector: LandmarkDetector,
) -> None:
    mirrored = Portrait(np.ascontiguousarray(portrait.image[:, ::-1]), None)
    found = parser.parse(mirrored, landmark_detector.detect(mirrored))
    difference = np.abs(found.shares[:, ::-1].astype(int) - parsing.shares) / 255
    assert difference.mean() < 0.02


def test_the_same_photo_gives_the_same_shares(
    parser: PortraitParser, parsing: Parsing, portrait: Portrait, landmarks: FaceLandmarks
) -> None:
    np.testing.assert_array_equal(parser.parse(portrait, landmarks).shares, parsing.shares)


def test_a_missing_network_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelNotAvailable, match="parsing network is missing"):
        PortraitParser(tmp_path / "none.onnx")


def test_a_damaged_network_is_refused(tmp_path: Path) -> None:
    whole = CAMEO_PARSING.read_bytes()
    for name, content in (
        ("cut", whole[: len(whole) // 2]),
        ("text", b"no network"),
        ("empty", b""),
    ):
        path = tmp_path / f"{name}.onnx"
        path.write_bytes(content)
        with pytest.raises(InvalidModel):
            PortraitParser(path)


def _random_shares(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 4, (5, SIZE, SIZE))
    shares = np.exp(logits - logits.max(axis=0))
    return (shares / shares.sum(axis=0)).astype(np.float32)


@settings(max_examples=20)
@given(st.integers(0, 999), st.floats(-0.6, 0.6), st.floats(0.2, 3), st.floats(-30, 60))
def test_refined_shares_are_whole_whatever_the_network_says(
    seed: int, angle: float, scale: float, shift: float
) -> None:
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (50, 70, 3), dtype=np.uint8)
    square = rng.integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)
    c, s = scale * np.cos(angle), scale * np.sin(angle)
    shares = refined(image, square, _random_shares(seed), np.array([[c, -s, shift], [s, c, shift]]))
    assert (shares.sum(axis=2, dtype=int) == 255).all()


def test_beyond_the_square_is_background() -> None:
    image = np.zeros((40, 100, 3), np.uint8)
    square = np.zeros((SIZE, SIZE, 3), np.uint8)
    hair = np.zeros((5, SIZE, SIZE), np.float32)
    hair[CLASSES.index("hair")] = 1
    shares = refined(image, square, hair, np.eye(2, 3))
    np.testing.assert_array_equal(shares[:, :SIZE, CLASSES.index("hair")], 255)
    np.testing.assert_array_equal(shares[:, SIZE:, CLASSES.index("background")], 255)


def test_an_edge_falls_where_the_photo_has_one() -> None:
    """A network that is off by two of its pixels, four times as coarse as the photo."""
    ratio, edge = 4, 130
    image = np.full((SIZE * ratio, SIZE * ratio, 3), 60, np.uint8)
    image[:, edge:] = (200, 150, 120)
    square = image.reshape(SIZE, ratio, SIZE, ratio, 3).mean(axis=(1, 3)).astype(np.uint8)
    columns = np.arange(SIZE)
    skin = 1 / (1 + np.exp(-(columns - edge / ratio - 0.5) / 1.5))
    network = np.zeros((5, SIZE, SIZE), np.float32)
    network[CLASSES.index("skin")], network[CLASSES.index("hair")] = skin, 1 - skin
    to_square = np.array([[1 / ratio, 0, 0.5 / ratio - 0.5], [0, 1 / ratio, 0.5 / ratio - 0.5]])
    found = refined(image, square, network, to_square)[SIZE * 2, :, CLASSES.index("skin")] / 255
    assert found[edge - 1] < 0.25
    assert found[edge] > 0.55
    steps = np.diff(found)
    assert steps.argmax() == edge - 1
    assert steps[edge - 1] > 0.35


@settings(max_examples=20)
@given(st.floats(-1, 1), st.floats(0.5, 3), st.floats(-100, 100))
def test_the_square_turns_and_grows_with_the_face(angle: float, scale: float, shift: float) -> None:
    points = np.random.default_rng(3).uniform(100, 200, (478, 2)).astype(np.float32)
    points[33], points[263] = (120, 140), (180, 140)
    c, s = scale * np.cos(angle), scale * np.sin(angle)
    turn = np.array([[c, -s], [s, c]])
    before = surroundings(points)
    after: FaceSquare = surroundings((points @ turn.T + shift).astype(np.float32))
    assert after.side_px == pytest.approx(scale * before.side_px, rel=1e-3)
    np.testing.assert_allclose(after.centre_px, turn @ before.centre_px + shift, atol=0.1)
    assert after.angle_rad - before.angle_rad == pytest.approx(angle, abs=1e-3)
