"""What a photo says of its hair: drawn heads of known hair are read again."""

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.hair.photo.curl import KINDS
from reconstruction_backend.hair.photo.evidence import (
    LONGEST_CROPPED_M,
    hair_evidence,
    kind_probabilities,
)
from reconstruction_backend.hair.photo.head_view import HeadView
from reconstruction_backend.hair.photo.measures import (
    CENTRE_M,
    Flow,
    HairMeasures,
    hair_measures,
)
from reconstruction_backend.hair.photo.orientation import OrientationMap
from reconstruction_backend.hair.photo.picture import PIXEL_M, SIDE_PX, HairPicture, pixels_of
from training.hair.measure_evidence import fitted, labels

CAMERA = HeadView.of(
    PerspectiveCamera.centred(
        900, 900, 1400.0, np.diag([1.0, -1.0, -1.0]), np.array([0.0, 0.0, 0.9])
    ),
    SIDE_PX,
).camera
SKIN, HAIR = np.array([200, 160, 140]), np.array([60, 45, 35])
SKULL_M, FACE_M = (0.078, 0.112), (0.058, 0.10)
"""Half width and half height."""
FACE_BELOW_M = 0.035
"""How far the face's middle lies below the skull's."""


def _distance_px(half_m: tuple[float, float], below_m: float = 0.0) -> np.ndarray:
    """About how far outside an ellipse about the rays' centre pixels lie."""
    x, y = _centre()
    rows, columns = np.mgrid[:SIDE_PX, :SIDE_PX]
    wide, high = (each / PIXEL_M for each in half_m)
    reach = np.hypot((columns - x) / wide, (rows - y - below_m / PIXEL_M) / high)
    return (reach - 1) * (wide + high) / 2


def _centre() -> tuple[float, float]:
    blank = np.zeros((SIDE_PX, SIDE_PX), np.float32)
    middle = pixels_of(_picture(blank, blank), np.array([CENTRE_M]))[0][0]
    return float(middle[0]), float(middle[1])


def _picture(hair: np.ndarray, skull: np.ndarray, grain: float = 20.0) -> HairPicture:
    """Hair over a skull; its strands run straight down."""
    noise = np.random.default_rng(1).normal(0, grain, (*hair.shape, 1))
    worn = np.clip(HAIR + noise, 0, 255)
    nothing = np.zeros_like(hair)
    return HairPicture(
        camera=CAMERA,
        image=np.where(hair[:, :, None] > 0, worn, SKIN).astype(np.uint8),
        hair=hair,
        skin=skull * (1 - hair),
        clothes=nothing,
        seen=np.ones(hair.shape, np.bool_),
        skin_depth_m=np.where(skull > 0, 0.9, np.inf).astype(np.float32),
        orientation=OrientationMap(np.full_like(hair, math.pi / 2), hair),
    )


def _cap(thickness_m: float, grain: float = 20.0) -> HairPicture:
    """A cap of hair that thick all over, down to the ears."""
    outside = _distance_px(SKULL_M)
    hair = (outside < thickness_m / PIXEL_M) & (_distance_px(FACE_M, FACE_BELOW_M) > 0)
    hair[round(_centre()[1] + 0.02 / PIXEL_M) :] = False
    return _picture(hair.astype(np.float32), (outside < 0).astype(np.float32), grain)


def _with(picture: HairPicture, more: np.ndarray) -> HairPicture:
    hair = np.maximum(picture.hair, more).astype(np.float32)
    return _picture(hair, np.isfinite(picture.skin_depth_m).astype(np.float32))


def _disc(right_m: float, up_m: float, radius_m: float) -> np.ndarray:
    x, y = _centre()
    disc = np.zeros((SIDE_PX, SIDE_PX), np.float32)
    place = (round(x + right_m / PIXEL_M), round(y - up_m / PIXEL_M))
    return np.asarray(cv2.circle(disc, place, round(radius_m / PIXEL_M), (1.0,), -1))


def test_skin_alone_is_bald() -> None:
    skull = (_distance_px(SKULL_M) < 0).astype(np.float32)
    evidence = hair_evidence(_picture(np.zeros_like(skull), skull))
    assert evidence.cover == "bald"
    assert evidence.cover_confidence > 0.9


def test_what_is_worn_covers() -> None:
    picture = _cap(0.02)
    worn = replace(picture, hair=np.zeros_like(picture.hair), clothes=picture.hair)
    evidence = hair_evidence(worn)
    assert evidence.cover == "covered"
    assert evidence.cover_confidence > 0.9


def test_a_hat_over_hair_covers_it() -> None:
    picture = _cap(0.03)
    brim = round(_centre()[1] - 0.03 / PIXEL_M)
    hat = picture.hair.copy()
    hat[brim:] = 0
    assert hair_evidence(replace(picture, hair=picture.hair - hat, clothes=hat)).cover == "covered"


def test_less_hair_is_shorter() -> None:
    lengths = [
        hair_evidence(_cap(thickness, grain)).cropped_length_m
        for thickness, grain in ((0.0, 2.0), (0.003, 6.0), (0.008, 12.0), (0.03, 20.0))
    ]
    assert lengths == sorted(lengths)
    assert lengths[0] < 0.006
    assert lengths[-1] == LONGEST_CROPPED_M


@pytest.mark.parametrize("thickness_m", [0.02, 0.035, 0.06])
def test_nobody_with_hair_loses_it(thickness_m: float) -> None:
    assert hair_evidence(_cap(thickness_m)).cover == "hair"


def test_a_wreath_is_bare_on_top_and_other_hair_is_not() -> None:
    picture = _cap(0.015)
    ends = 0.06
    sides = picture.hair.copy()
    sides[: round(_centre()[1] - ends / PIXEL_M)] = 0
    wreath = _picture(sides, np.isfinite(picture.skin_depth_m).astype(np.float32))
    found = hair_evidence(wreath)
    assert abs(found.bare_from_m - (CENTRE_M[1] + ends)) < 0.006
    assert found.cover == "hair"
    assert math.isinf(hair_evidence(picture).bare_from_m)


@pytest.mark.parametrize("side", [-1, 1])
def test_a_bun_is_found_where_it_is(side: int) -> None:
    tied = hair_evidence(_with(_cap(0.012), _disc(side * 0.04, 0.15, 0.03)))
    assert tied.bun is not None
    assert 0.1 < side * tied.bun.angle_rad < 0.5
    assert tied.tied_back > 0.5
    loose = hair_evidence(_cap(0.012))
    assert loose.bun is None
    assert loose.tied_back < 0.5


def test_hair_is_as_long_as_it_is_seen() -> None:
    x, y = _centre()
    found: list[str] = []
    for down_m in (0.0, 0.09, 0.15, 1.0):
        curtain = np.zeros((SIDE_PX, SIDE_PX), np.float32)
        end = round(y + down_m / PIXEL_M)
        for middle in (x - 0.08 / PIXEL_M, x + 0.08 / PIXEL_M):
            curtain[round(y) : end, round(middle) - 15 : round(middle) + 15] = 1
        picture = _with(_cap(0.02), curtain)
        picture.seen[round(y + 0.2 / PIXEL_M) :] = False
        found.append(hair_evidence(picture).length)
    assert found == ["ears", "chin", "shoulders", "beyond"]


@pytest.mark.parametrize(
    ("kind", "size_px", "sure"), [("straight", 30.0, 0.9), ("curly", 2.0, 0.8), ("coily", 2.0, 0.3)]
)
def test_kinds_of_curls(kind: str, size_px: float, sure: float) -> None:
    """Angles that stay alike over `size_px`, known that surely."""
    picture = _cap(0.035)
    noise = np.random.default_rng(0).normal(size=(2, *picture.hair.shape))
    cosine, sine = (cv2.GaussianBlur(each, (0, 0), size_px) for each in noise)
    angle = np.mod(np.arctan2(sine, cosine) / 2, math.pi).astype(np.float32)
    curled = replace(picture, orientation=OrientationMap(angle, sure * picture.hair))
    evidence = hair_evidence(curled)
    assert evidence.kind == kind
    assert sum(evidence.kinds) == pytest.approx(1)


def test_the_mirrored_picture_says_the_same() -> None:
    picture = _with(_cap(0.02), _disc(0.06, 0.13, 0.03))
    tilted = np.where(picture.hair > 0, 1.0, 0.0).astype(np.float32)
    picture = replace(picture, orientation=OrientationMap(tilted, picture.hair))
    shift = round(2 * _centre()[0]) - (SIDE_PX - 1)
    flipped = replace(
        picture,
        **{
            name: np.roll(getattr(picture, name)[:, ::-1], shift, axis=1)
            for name in ("image", "hair", "skin", "clothes", "skin_depth_m")
        },
        orientation=OrientationMap(
            np.roll(math.pi - tilted[:, ::-1], shift, axis=1),
            np.roll(picture.hair[:, ::-1], shift, axis=1),
        ),
    )
    one, other = hair_evidence(picture), hair_evidence(flipped)
    assert one.cover == other.cover
    assert one.kinds == pytest.approx(other.kinds, abs=0.02)
    assert one.bun is not None
    assert other.bun is not None
    assert one.bun.angle_rad == pytest.approx(-other.bun.angle_rad, abs=0.05)


@given(
    confidence=st.floats(0.05, 1),
    side_m=st.floats(-0.02, 0.1),
    alike=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_the_more_orientations_agree_the_straighter(
    measured: HairMeasures, confidence: float, side_m: float, alike: tuple[float, float]
) -> None:
    outline = replace(measured.outline, side_m=side_m)
    less, more = (
        kind_probabilities(replace(measured, outline=outline, flow=Flow(confidence, near, 0.0)))
        for near in sorted(alike)
    )
    for each in (less, more):
        assert sum(each) == pytest.approx(1)
        assert min(each) >= -1e-12
    assert more[0] >= less[0] - 1e-9


@pytest.fixture(scope="module")
def measured() -> HairMeasures:
    return hair_measures(_cap(0.02))


def test_the_regression_finds_known_weights() -> None:
    generator = np.random.default_rng(0)
    features = generator.normal(size=(400, 4)) * [1, 2, 3, 4] + [0, 1, 0, -1]
    truth = features @ [0.5, -0.2, 0.1, 0.0] + 2
    mean, scale, weights = fitted(features, truth, np.ones(400))
    found = (features - mean) / scale @ weights[:-1] + weights[-1]
    assert np.corrcoef(found, truth)[0, 1] > 0.999
    assert found.mean() == pytest.approx(truth.mean())


def test_labels_are_whole() -> None:
    table = labels()
    assert len({each.name for each in table}) == len(table)
    for each in table:
        assert each.cover in ("bald", "stubble", "short", "wreath", "hair", "covered")
        assert each.kind in ("", *KINDS)
        assert each.role in ("fit", "child", "held-out")
        assert (each.length_mm > 0) == (each.cover != "covered")
