"""The making of the emotion network: evidence, portraits' labels, and a fit that keeps the laws."""

from pathlib import Path

import numpy as np
import pytest

from reconstruction_backend.errors import InvalidOption
from reconstruction_backend.expression.coefficients import (
    COEFFICIENT_INDEX,
    COEFFICIENT_NAMES,
    MIRRORED,
)
from reconstruction_backend.expression.emotions import EMOTIONS
from training.emotion import network
from training.emotion.__main__ import mixed, residual
from training.emotion.action_units import ACTION_UNITS
from training.emotion.network import train
from training.emotion.portraits import as_evidence, example_labels, read_labels
from training.emotion.prototypes import PROTOTYPES
from training.emotion.sampling import Evidence, emotion_coefficients, synthetic_evidence


def test_every_action_moves_coefficients_that_exist() -> None:
    for prototype in PROTOTYPES.values():
        for action in (*prototype.core, *prototype.companions):
            moved = ACTION_UNITS[action.unit].coefficients(action.side)
            assert moved
            assert set(moved) <= set(COEFFICIENT_NAMES)


@pytest.mark.parametrize(
    ("emotion", "units"),
    [
        ("happiness", {6, 12}),
        ("sadness", {1, 4, 15}),
        ("surprise", {1, 2, 5, 26}),
        ("fear", {1, 2, 4, 5, 7, 20, 26}),
        ("anger", {4, 5, 7, 23}),
        ("contempt", {12, 14}),
    ],
)
def test_the_core_is_emfacs(emotion: str, units: set[int]) -> None:
    prototype = next(value for name, value in PROTOTYPES.items() if name == emotion)
    assert {action.unit for action in prototype.core} == units


def test_one_side_of_a_unit_is_half_of_it() -> None:
    left, right = (ACTION_UNITS[14].coefficients(side) for side in ("left", "right"))
    assert set(left) == {"mouthDimpleLeft"}
    assert {**left, **right} == ACTION_UNITS[14].coefficients()


def test_evidence_is_in_range_and_symmetric_but_for_contempt() -> None:
    evidence = synthetic_evidence(500, np.random.default_rng(1))
    for values in (evidence.intensities, evidence.coefficients):
        assert values.min() >= 0
        assert values.max() <= 1
    calm = evidence.intensities[:, EMOTIONS.index("contempt")] == 0
    shown = evidence.coefficients[calm]
    np.testing.assert_allclose(shown, shown[:, MIRRORED], atol=1e-12)


def test_a_short_training_keeps_the_laws_and_finds_the_prototypes() -> None:
    rng = np.random.default_rng(2)
    mlp = train(synthetic_evidence(400, rng), rng, iterations=150).mlp
    assert mlp.hidden_weights.min() >= 0
    assert mlp.output_weights.min() >= 0
    felt = np.zeros((1, len(EMOTIONS)))
    assert not mlp.evaluate(felt).any()
    felt[0, EMOTIONS.index("happiness")] = 1
    wanted = emotion_coefficients("happiness", np.ones(1), None)
    smile = COEFFICIENT_INDEX["mouthSmileLeft"]
    assert mlp.evaluate(felt)[0, smile] == pytest.approx(wanted[0, smile], abs=0.2)


def test_the_gradient_is_the_losss() -> None:
    rng = np.random.default_rng(3)
    layout, evidence = network.Layout(), synthetic_evidence(20, rng)
    packed = layout.start(rng)
    gradient = network.loss(layout, packed, evidence)[1]
    direction = rng.normal(size=len(packed))
    step = 1e-6 * direction
    above, below = (network.loss(layout, packed + s, evidence)[0] for s in (step, -step))
    assert gradient @ direction == pytest.approx((above - below) / 2e-6, rel=1e-4)


def test_portraits_take_their_share_of_the_weight() -> None:
    synthetic = synthetic_evidence(30, np.random.default_rng(4))
    felt, faces = np.zeros((4, 6)), np.full((4, len(COEFFICIENT_NAMES)), 0.3)
    faces[0, COEFFICIENT_INDEX["jawOpen"]] = 0.9
    portraits = as_evidence(felt, faces)
    assert portraits.coefficients[0, COEFFICIENT_INDEX["jawOpen"]] == pytest.approx(0.6)
    assert not portraits.coefficients[1].any()  # what all show is no emotion
    assert not portraits.weights[:, COEFFICIENT_INDEX["eyeLookUpLeft"]].any()
    both = mixed(synthetic, portraits, 0.2)
    assert both.weights[30:].sum() == pytest.approx(0.2 * both.weights.sum())


def test_the_residual_counts_what_was_seen() -> None:
    rng = np.random.default_rng(5)
    mlp = train(synthetic_evidence(50, rng), rng, iterations=1).mlp
    felt = rng.uniform(size=(3, 6))
    shown = mlp.evaluate(felt).astype(np.float64)
    off = np.where(np.arange(shown.shape[1]) < 10, shown + 0.5, shown)
    weights = np.broadcast_to(np.arange(shown.shape[1]) >= 10, shown.shape).astype(np.float64)
    assert residual(mlp, Evidence(felt, off, weights)) == pytest.approx(0, abs=1e-9)
    assert residual(mlp, Evidence(felt, off, 1 - weights)) == pytest.approx(0.5)


def test_labels_are_read_and_bad_ones_refused(tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text("file,emotion,intensity\na.jpg,fear,0.7\n")
    (portrait,) = read_labels(labels)
    assert (portrait.path, portrait.emotion) == (tmp_path / "a.jpg", "fear")
    assert portrait.intensity == pytest.approx(0.7)
    for line, named in (("a.jpg,joy,1", "joy"), ("a.jpg,fear,2", "fear"), ("a.jpg,fear,x", "line")):
        labels.write_text(f"file,emotion,intensity\n{line}\n")
        with pytest.raises(InvalidOption, match=named):
            read_labels(labels)
    labels.write_text("name,feeling\n")
    with pytest.raises(InvalidOption, match="columns"):
        read_labels(labels)


def test_the_example_set_is_labelled_by_its_rows(tmp_path: Path) -> None:
    for name in ("expr_r0c1.jpg", "expr_r2c0.jpg", "expr_r4c0.jpg", "other.jpg"):
        (tmp_path / name).touch()
    found = [(name, emotion) for name, emotion, _ in example_labels(tmp_path)]
    assert found == [("expr_r0c1.jpg", "anger"), ("expr_r2c0.jpg", "happiness")]
