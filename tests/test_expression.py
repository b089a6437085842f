"""Laws of emotions: neutral at zero, monotone, bounded, mirrored, and the same in every file."""

from dataclasses import astuple, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from glb_reader import Glb
from hypothesis import given
from hypothesis import strategies as st
from random_avatar import random_avatar

from reconstruction_backend.avatar import Avatar
from reconstruction_backend.errors import (
    InputNotFound,
    InvalidModel,
    InvalidOption,
    ModelNotAvailable,
)
from reconstruction_backend.export import (
    Compression,
    GltfOptions,
    encode_glb,
    read_archive,
    write_archive,
)
from reconstruction_backend.export.emotion_targets import (
    emotion_targets,
    emotion_weights,
    half_name,
    pair_name,
)
from reconstruction_backend.export.manifest import choice_of, manifest_of, parse_manifest
from reconstruction_backend.export.obj import encode_obj
from reconstruction_backend.export.surfaces import surfaces_of
from reconstruction_backend.expression.choice import (
    GAZE_DOWN_DEG,
    GAZE_SIDEWAYS_DEG,
    GAZE_UP_DEG,
    NECK_LIMIT_DEG,
    NEUTRAL,
    ExpressionChoice,
)
from reconstruction_backend.expression.coefficients import (
    ARKIT_NAMES,
    COEFFICIENT_INDEX,
    COEFFICIENT_NAMES,
    MIRRORED,
    mirrored_name,
)
from reconstruction_backend.expression.emotion_mlp import EmotionMlp
from reconstruction_backend.expression.emotions import (
    EMOTIONS,
    EmotionIntensities,
    emotion_name,
)
from reconstruction_backend.expression.rig import ExpressionRig, find_rig, posed_vertices
from reconstruction_backend.expression.visemes import VISEMES
from reconstruction_backend.head_model import JOINT_NAMES, HeadModel
from reconstruction_backend.model_store import EMOTION_MLP

LARGEST_FILE = 200_000
AGREEMENT_M = 1e-4
NECK = JOINT_NAMES.index("neck")

share = st.floats(0, 1)
mixtures = st.tuples(share, share, share, share, share, share)
faces = st.fixed_dictionaries(
    {
        "levels": mixtures,
        "side": st.sampled_from(["left", "right"]),
        "weights": st.dictionaries(st.sampled_from(ARKIT_NAMES), share, max_size=4),
        "gaze": st.none()
        | st.tuples(
            st.floats(-GAZE_SIDEWAYS_DEG, GAZE_SIDEWAYS_DEG), st.floats(-GAZE_DOWN_DEG, GAZE_UP_DEG)
        ),
        "neck": st.none() | st.tuples(*[st.floats(-NECK_LIMIT_DEG, NECK_LIMIT_DEG)] * 3),
    }
)


def made(face: dict[str, Any]) -> ExpressionChoice:
    """Built in the test: beartype's sampling of tuples may not run within a strategy."""
    return ExpressionChoice(
        EmotionIntensities(*face["levels"]),
        face["side"],
        tuple(face["weights"].items()),
        face["gaze"],
        face["neck"],
    )


@pytest.fixture(scope="module")
def mlp() -> EmotionMlp:
    return EmotionMlp.load(EMOTION_MLP)


@pytest.fixture(scope="module")
def rig(synthetic_head: HeadModel) -> ExpressionRig:
    return ExpressionRig.of(synthetic_head)


@pytest.fixture(scope="module")
def head(cameo_head: HeadModel) -> HeadModel:
    return cameo_head


def test_no_emotion_is_exactly_neutral(mlp: EmotionMlp) -> None:
    assert not mlp(EmotionIntensities()).any()


@given(mixtures, st.integers(0, 5), share)
def test_more_of_an_emotion_is_never_less_of_anything(
    mlp: EmotionMlp, levels: tuple[float, ...], which: int, more: float
) -> None:
    raised = np.array(levels)
    raised[which] += more * (1 - raised[which])
    before, after = mlp.evaluate(np.stack([levels, raised]))
    assert (after >= before - 1e-6).all()


@given(mixtures)
def test_coefficients_stay_in_range(mlp: EmotionMlp, levels: tuple[float, ...]) -> None:
    coefficients = mlp(EmotionIntensities(*levels))
    assert coefficients.min() >= 0
    assert coefficients.max() <= 1


@given(mixtures)
def test_contempt_can_be_mirrored(mlp: EmotionMlp, levels: tuple[float, ...]) -> None:
    felt = EmotionIntensities(*levels)
    np.testing.assert_array_equal(mlp(felt, "right"), mlp(felt, "left")[MIRRORED])


@given(mixtures)
def test_all_but_contempt_is_symmetric(mlp: EmotionMlp, levels: tuple[float, ...]) -> None:
    coefficients = mlp(replace(EmotionIntensities(*levels), contempt=0.0))
    np.testing.assert_allclose(coefficients, coefficients[MIRRORED], atol=1e-6)


def test_contempt_is_one_sided(mlp: EmotionMlp) -> None:
    shown = mlp(EmotionIntensities(contempt=1.0))
    left, right = (COEFFICIENT_INDEX[f"mouthDimple{side}"] for side in ("Left", "Right"))
    assert shown[left] > 0.5
    assert shown[right] < 0.05


def test_the_eyes_lead_and_the_mouth_follows(mlp: EmotionMlp) -> None:
    half, whole = (mlp(EmotionIntensities(surprise=level)) for level in (0.5, 1.0))
    brow, jaw = COEFFICIENT_INDEX["browInnerUp"], COEFFICIENT_INDEX["jawOpen"]
    assert half[brow] > 0.6 * whole[brow]
    assert half[jaw] < 0.45 * whole[jaw]


@pytest.mark.parametrize(
    ("emotion", "seen"),
    [
        ("happiness", ("mouthSmileLeft", "cheekSquintLeft")),
        ("anger", ("browDownLeft", "eyeSquintLeft")),
        ("sadness", ("browInnerUp", "mouthFrownLeft")),
        ("fear", ("browInnerUp", "eyeWideLeft", "mouthStretchLeft")),
        ("contempt", ("mouthDimpleLeft",)),
        ("surprise", ("browInnerUp", "browOuterUpLeft", "eyeWideLeft", "jawOpen")),
    ],
)
def test_each_emotion_shows_its_action_units(
    mlp: EmotionMlp, emotion: str, seen: tuple[str, ...]
) -> None:
    shown = mlp(EmotionIntensities(**{emotion: 1.0}))
    assert all(shown[COEFFICIENT_INDEX[name]] > 0.5 for name in seen)


def test_the_weights_are_a_small_file_that_comes_back(mlp: EmotionMlp, tmp_path: Path) -> None:
    assert EMOTION_MLP.stat().st_size < LARGEST_FILE
    mlp.save(tmp_path / "mlp.npz")
    again = EmotionMlp.load(tmp_path / "mlp.npz")
    for first, second in zip(astuple(mlp), astuple(again), strict=True):
        np.testing.assert_array_equal(first, second)


def test_weights_that_would_not_be_monotone_are_refused(mlp: EmotionMlp, tmp_path: Path) -> None:
    bad = replace(mlp, hidden_weights=-mlp.hidden_weights)
    bad.save(tmp_path / "mlp.npz")
    with pytest.raises(InvalidModel, match="monotone"):
        EmotionMlp.load(tmp_path / "mlp.npz")
    (tmp_path / "text.npz").write_text("no weights")
    with pytest.raises(InvalidModel, match="not an emotion model"):
        EmotionMlp.load(tmp_path / "text.npz")
    with pytest.raises(InputNotFound):
        EmotionMlp.load(tmp_path / "absent.npz")


def test_names_pair_up() -> None:
    assert len(ARKIT_NAMES) == 52
    assert [mirrored_name(mirrored_name(name)) for name in COEFFICIENT_NAMES] == list(
        COEFFICIENT_NAMES
    )
    assert mirrored_name("neckTiltLeft") == "neckTiltRight"
    assert {COEFFICIENT_NAMES[i] for i in MIRRORED} == set(COEFFICIENT_NAMES)


@given(faces)
def test_choices_stay_in_range(rig: ExpressionRig, face: dict[str, Any]) -> None:
    choice = made(face)
    shown = rig.coefficients(choice)
    assert shown.min() >= 0
    assert shown.max() <= 1 + 1e-6
    index = COEFFICIENT_INDEX
    assert shown[index["mouthClose"]] <= shown[index["jawOpen"]]
    for name, weight in choice.weights:
        if not name.startswith("eyeLook") and name != "mouthClose":
            assert shown[index[name]] >= weight - 1e-6


def test_gaze_turns_the_eyes_by_its_angles(head: HeadModel) -> None:
    pose = ExpressionRig.of(head).pose(ExpressionChoice(gaze_deg=(12.0, -9.0)))
    turned = np.degrees(np.tensordot(pose.expression, head.expression_pose_rad, axes=1))
    for eye in ("leftEye", "rightEye"):
        np.testing.assert_allclose(turned[JOINT_NAMES.index(eye)], [9.0, 12.0, 0.0], atol=0.01)


def test_the_neck_turns_by_its_angles(rig: ExpressionRig) -> None:
    felt = EmotionIntensities(sadness=1.0)
    chosen = rig.pose(ExpressionChoice(felt, neck_deg=(10.0, 5.0, -3.0))).pose_rad
    np.testing.assert_allclose(np.degrees(chosen[NECK]), [-5, 10, 3], atol=1e-4)
    own = rig.pose(ExpressionChoice(felt)).pose_rad
    assert own[NECK, 0] > 0  # bowed


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (lambda: EmotionIntensities(anger=1.1), "anger"),
        (lambda: EmotionIntensities(fear=float("nan")), "fear"),
        (lambda: emotion_name("joy"), "joy"),
        (lambda: ExpressionChoice(weights=(("smile", 0.5),)), "smile"),
        (lambda: ExpressionChoice(weights=(("jawOpen", -0.1),)), "jawOpen"),
        (lambda: ExpressionChoice(weights=(("jawOpen", 0.1), ("jawOpen", 0.2))), "twice"),
        (lambda: ExpressionChoice(gaze_deg=(80.0, 0.0)), "gaze"),
        (lambda: ExpressionChoice(gaze_deg=(0.0, float("nan"))), "gaze"),
        (lambda: ExpressionChoice(neck_deg=(0.0, 90.0, 0.0)), "neck"),
    ],
)
def test_what_no_face_can_do(wrong: object, named: str) -> None:
    assert callable(wrong)
    with pytest.raises(InvalidOption, match=named):
        wrong()


def test_a_head_of_unknown_expressions_knows_no_emotions(synthetic_head: HeadModel) -> None:
    names = tuple(f"mode{i}" for i in range(synthetic_head.expression_count))
    foreign = replace(synthetic_head, name="foreign", expression_names=names)
    assert find_rig(foreign) is None
    shape = np.zeros(foreign.shape_count, np.float32)
    np.testing.assert_array_equal(posed_vertices(foreign, shape, NEUTRAL), foreign.neutral(shape))
    with pytest.raises(ModelNotAvailable, match="foreign"):
        posed_vertices(foreign, shape, ExpressionChoice(EmotionIntensities(anger=0.5)))


def test_targets_are_the_models_own_evaluation(head: HeadModel) -> None:
    avatar = random_avatar(head)
    rig = ExpressionRig.of(head)
    targets = {target.name: target.displacement_m for target in emotion_targets(avatar, rig)}
    neutral = head.neutral(avatar.fit.shape)
    for emotion in EMOTIONS:
        shown = without_neck(head, avatar, rig, EmotionIntensities(**{emotion: 1.0}))
        np.testing.assert_allclose(targets[emotion], shown - neutral, atol=AGREEMENT_M)
    for viseme in VISEMES:
        pose = rig.to_model(viseme.coefficients())
        shown = head.evaluate(avatar.fit.shape, pose.expression, pose.pose_rad)
        np.testing.assert_allclose(targets[viseme.name], shown - neutral, atol=AGREEMENT_M)


def test_corrections_make_halves_and_pairs_right(head: HeadModel) -> None:
    avatar = random_avatar(head)
    rig = ExpressionRig.of(head)
    targets = {target.name: target.displacement_m for target in emotion_targets(avatar, rig)}
    moods = [EmotionIntensities(**{emotion: 0.5}) for emotion in EMOTIONS]
    moods += [EmotionIntensities(**{a: 1.0, b: 1.0}) for a, b in combinations(EMOTIONS, 2)]
    neutral = head.neutral(avatar.fit.shape)
    for mood in moods:
        summed = neutral.copy()
        for name, weight in emotion_weights(mood).items():
            summed += weight * targets[name]
        shown = without_neck(head, avatar, rig, mood)
        assert np.linalg.norm(summed - shown, axis=1).max() < 3 * AGREEMENT_M


def without_neck(
    head: HeadModel, avatar: Avatar, rig: ExpressionRig, mood: EmotionIntensities
) -> np.ndarray:
    pose = rig.pose(ExpressionChoice(mood))
    still = pose.pose_rad.copy()
    still[NECK] = 0
    return head.evaluate(avatar.fit.shape, pose.expression, still)


def test_the_glb_carries_them_in_order_and_starts_with_the_choice(
    synthetic_head: HeadModel,
) -> None:
    choice = ExpressionChoice(
        EmotionIntensities(happiness=0.8, surprise=0.3),
        weights=(("cheekPuff", 0.5),),
        neck_deg=(10.0, 0.0, 0.0),
    )
    avatar = replace(random_avatar(synthetic_head), choice=choice)
    document = Glb.parse(encode_glb(avatar)).document
    mesh = document["meshes"][0]
    names = mesh["extras"]["targetNames"]
    pairs = [pair_name(a, b) for a, b in combinations(EMOTIONS, 2)]
    assert names == [
        *synthetic_head.expression_names,
        *EMOTIONS,
        *(viseme.name for viseme in VISEMES),
        *map(half_name, EMOTIONS),
        *pairs,
        "contempt_mirrored",
        "contempt_mirrored_half",
    ]
    start = {name: weight for name, weight in zip(names, mesh["weights"], strict=True) if weight}
    assert start.pop("happiness") == pytest.approx(0.8)
    assert start.pop("surprise") == pytest.approx(0.3)
    assert start.pop("happiness_half") == pytest.approx(0.64)
    assert start.pop("surprise_half") == pytest.approx(0.84)
    assert start.pop("happiness_surprise") == pytest.approx(0.24)
    assert start.pop("cheekPuff") == pytest.approx(0.5)
    assert not start
    neck = next(node for node in document["nodes"] if node["name"] == "neck")
    np.testing.assert_allclose(
        neck["rotation"], [0, np.sin(np.radians(5)), 0, np.cos(np.radians(5))]
    )
    assert set(document["asset"]["extras"]["cameo"]["emotionNeck"]) == set(EMOTIONS)


@pytest.mark.parametrize("compression", ["none", "meshopt"])
def test_the_glbs_emotions_and_visemes_are_the_models(
    synthetic_head: HeadModel, rig: ExpressionRig, compression: Compression
) -> None:
    avatar = random_avatar(synthetic_head)
    asset = Glb.parse(encode_glb(avatar, GltfOptions(compression)))
    shown = {
        emotion: without_neck(synthetic_head, avatar, rig, EmotionIntensities(**{emotion: 1.0}))
        for emotion in EMOTIONS
    }
    for viseme in VISEMES:
        pose = rig.to_model(viseme.coefficients())
        shown[viseme.name] = synthetic_head.evaluate(
            avatar.fit.shape, pose.expression, pose.pose_rad
        )
    for surface in surfaces_of(synthetic_head):
        for name, expected in shown.items():
            morphed = asset.morphed(surface.name, {name: 1.0})
            gap = np.linalg.norm(morphed - expected[surface.vertex], axis=1)
            assert gap.max() < AGREEMENT_M


def test_the_obj_wears_the_choice(synthetic_head: HeadModel) -> None:
    choice = ExpressionChoice(EmotionIntensities(anger=1.0))
    avatar = replace(random_avatar(synthetic_head), choice=choice)
    lines = encode_obj(avatar, "head.mtl").decode().splitlines()
    written = np.array([line.split()[1:] for line in lines if line.startswith("v ")], float)
    shown = posed_vertices(synthetic_head, avatar.fit.shape, choice)
    np.testing.assert_allclose(written[: len(shown)], shown, atol=1e-6)  # then come the lashes


@given(face=faces)
def test_a_choice_comes_back_from_the_manifest(
    synthetic_head: HeadModel, face: dict[str, Any]
) -> None:
    choice = made(face)
    avatar = replace(random_avatar(synthetic_head), choice=choice)
    data = manifest_of(avatar).model_dump_json().encode()
    assert choice_of(parse_manifest(data)) == choice


def test_a_choice_comes_back_from_an_archive(synthetic_head: HeadModel, tmp_path: Path) -> None:
    choice = ExpressionChoice(EmotionIntensities(fear=0.4), "right", (("jawOpen", 0.2),))
    avatar = replace(random_avatar(synthetic_head), choice=choice)
    write_archive(avatar, tmp_path / "a.zip")
    assert read_archive(tmp_path / "a.zip", lambda _: synthetic_head).choice == choice
