import io
import os
import pickle
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flame_files import FLAME_PARTS, flame_arrays, flame_pickle, gnm_arrays
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from synthetic_head import JAW_OPEN_RAD, build_head_model

from reconstruction_backend.cli.models import add_flame
from reconstruction_backend.errors import InputNotFound, InvalidModel
from reconstruction_backend.expression.choice import ExpressionChoice
from reconstruction_backend.expression.coefficient_map import CoefficientMap
from reconstruction_backend.expression.coefficients import coefficients
from reconstruction_backend.expression.emotions import EmotionIntensities
from reconstruction_backend.expression.rig import ExpressionRig
from reconstruction_backend.head_model import (
    JOINT_NAMES,
    HeadModel,
    SurfacePoints,
    rotation_matrices,
)
from reconstruction_backend.model_import.arkit_map import fit_coefficient_map
from reconstruction_backend.model_import.flame import convert_flame, read_flame
from reconstruction_backend.model_import.gnm import convert_gnm, read_gnm
from reconstruction_backend.model_import.inert_pickle import read_pickled_arrays
from reconstruction_backend.model_import.npz_writer import save_head_model
from reconstruction_backend.model_store import head_model_path

MILLIMETRE = 1e-3


@pytest.fixture(scope="module")
def flame_file(synthetic_head: HeadModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("flame") / "generic_model.pkl"
    path.write_bytes(flame_pickle(flame_arrays(synthetic_head)))
    return path


@pytest.fixture(scope="module")
def flame(flame_file: Path, synthetic_head: HeadModel) -> HeadModel:
    return read_flame(flame_file, synthetic_head)


@pytest.fixture(scope="module")
def gnm(synthetic_head: HeadModel) -> HeadModel:
    return convert_gnm(gnm_arrays(synthetic_head), synthetic_head)


class RunsACommand:
    """What an attacker puts into a pickle."""

    def __init__(self, function: Any, *arguments: object) -> None:
        self._call = (function, arguments)

    def __reduce__(self) -> tuple[Any, tuple[object, ...]]:
        return self._call


def place(points: SurfacePoints, model: HeadModel) -> np.ndarray:
    return model.surface_points(points, model.template_m)


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4])
def test_arrays_come_out_of_every_protocol(protocol: int) -> None:
    rng = np.random.default_rng(protocol)
    whole = {
        "floats": rng.normal(size=(3, 4)),
        "columns first": np.asfortranarray(rng.normal(size=(3, 4)).astype(np.float32)),
        "big-endian": np.arange(5, dtype=">i4"),
        "unsigned": np.array([[2**32 - 1]], np.uint32),
    }
    sparse_ones = {
        "csc": sparse.csc_matrix(np.eye(4, 6)),
        "csr": sparse.csr_matrix(np.eye(4, 6) * 2),
    }
    read = read_pickled_arrays(pickle.dumps({**whole, **sparse_ones}, protocol))
    for key, array in whole.items():
        assert np.array_equal(read.array(key), array)
    for key, matrix in sparse_ones.items():
        assert np.array_equal(read.array(key), matrix.toarray())


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_malicious_pickles_are_refused_and_not_run(tmp_path: Path, protocol: int) -> None:
    trace = tmp_path / "trace"
    attacks = (
        RunsACommand(subprocess.call, ["touch", str(trace)]),
        RunsACommand(eval, f"open({str(trace)!r}, 'w')"),
        RunsACommand(exec, f"open({str(trace)!r}, 'w')"),
        RunsACommand(open, str(trace), "w"),
        RunsACommand(getattr, os, "system"),
        RunsACommand(np.load, str(trace)),
        RunsACommand(np.fromfile, str(trace)),
    )
    for attack in attacks:
        for content in (attack, {"f": attack}, [attack], {"f": [np.zeros(2), attack]}):
            with pytest.raises(InvalidModel):
                read_pickled_arrays(_dumps(content, protocol))
    assert not trace.exists()


def _dumps(content: object, protocol: int) -> bytes:
    try:
        return pickle.dumps(content, protocol)
    except TypeError:  # modules cannot be pickled, but their names can be written
        return b"cos\nsystem\n(S'true'\ntR."


def test_the_refusal_names_what_was_asked_for() -> None:
    with pytest.raises(InvalidModel, match=r"subprocess.call.*nothing in it was run"):
        read_pickled_arrays(pickle.dumps({"f": RunsACommand(subprocess.call, ["true"])}))


@given(st.binary(max_size=200))
def test_any_bytes_give_arrays_or_one_sentence(data: bytes) -> None:
    _read_all(data)


@given(st.integers(0, 10**6), st.integers(0, 255))
def test_a_damaged_pickle_gives_arrays_or_one_sentence(position: int, value: int) -> None:
    data = bytearray(pickle.dumps({"f": np.arange(6), "J": sparse.csc_matrix(np.eye(3))}, 2))
    data[position % len(data)] = value
    _read_all(bytes(data))


def test_a_memo_index_beyond_the_file_is_refused_before_it_is_allocated() -> None:
    with pytest.raises(InvalidModel, match="damaged"):
        read_pickled_arrays(b"}r\xff\xff\xff\x7f.")


@pytest.mark.parametrize("starts", [[0, 1, 2, 0], [0, 3, 1, 3], [1, 1, 2, 3], [0, 1, 2, 9]])
def test_a_sparse_matrix_with_impossible_starts_is_refused(starts: list[int]) -> None:
    matrix = sparse.csc_matrix(np.eye(3))
    matrix.indptr = np.array(starts, np.int32)
    arrays = read_pickled_arrays(pickle.dumps({"J": matrix}, 2))
    with pytest.raises(InvalidModel, match="not a numeric array"):
        arrays.array("J")


def _read_all(data: bytes) -> None:
    try:
        arrays = read_pickled_arrays(data)
        for key in arrays.entries:
            arrays.array(key)
    except InvalidModel:
        pass


def test_what_flame_says_is_kept(flame: HeadModel, synthetic_head: HeadModel) -> None:
    arrays = flame_arrays(synthetic_head)
    assert np.allclose(flame.template_m, arrays["v_template"], atol=1e-6)
    assert np.array_equal(flame.triangles, arrays["f"])
    assert flame.shape_count == synthetic_head.shape_count
    assert flame.expression_count == 100
    assert np.allclose(flame.joints_template_m, synthetic_head.joints_template_m, atol=1e-5)
    assert np.allclose(flame.skinning_weights, arrays["weights"], atol=1e-6)


def test_flames_equations(flame: HeadModel, synthetic_head: HeadModel) -> None:
    """Li et al. 2017, eqs. 1 to 4, written out for one vertex and one turned joint."""
    arrays = flame_arrays(synthetic_head)
    rng = np.random.default_rng(3)
    shape, expression = rng.normal(size=flame.shape_count), rng.normal(size=100)
    pose = np.zeros((5, 3))
    pose[2] = [0.3, 0.1, 0]
    shaped = arrays["v_template"] + arrays["shapedirs"] @ np.concatenate([shape, expression])
    rotations = rotation_matrices(pose).astype(np.float64)
    posed = shaped + arrays["posedirs"] @ (rotations[1:] - np.eye(3)).reshape(-1)
    without_expression = arrays["v_template"] + arrays["shapedirs"][:, :, :-100] @ shape
    jaw = (arrays["J_regressor"] @ without_expression)[2]
    turned = (posed - jaw) @ rotations[2].T + jaw
    weight = arrays["weights"][:, 2:3]
    expected = weight * turned + (1 - weight) * posed
    assert np.allclose(flame.evaluate(shape, expression, pose), expected, atol=1e-5)


def test_what_flame_lacks_is_found(flame: HeadModel, synthetic_head: HeadModel) -> None:
    assert flame.part_names == ("skin", "eyeball_left", "eyeball_right")
    left = flame.template_m[flame.triangles[flame.part_triangles("eyeball_left")]]
    assert left[..., 0].min() > 0
    assert np.array_equal(flame.mirror_vertex[flame.mirror_vertex], np.arange(flame.vertex_count))
    mirrored = flame.template_m[flame.mirror_vertex] * [-1, 1, 1]
    assert np.abs(mirrored - flame.template_m).max() < 1e-5
    for name in ("landmarks_mediapipe", "landmarks_ibug68"):
        theirs, ours = getattr(flame, name), getattr(synthetic_head, name)
        gap = np.linalg.norm(place(theirs, flame) - place(ours, synthetic_head), axis=1)
        assert np.median(gap) < MILLIMETRE
    scalp = np.isfinite(flame.scalp_uv[:, 0]).mean()
    assert scalp == pytest.approx(np.isfinite(synthetic_head.scalp_uv[:, 0]).mean(), abs=0.2)


def test_the_atlas_keeps_to_the_square_and_is_symmetric(flame: HeadModel) -> None:
    assert flame.uv.min() >= 0
    assert flame.uv.max() <= 1
    corners = flame.uv[flame.triangles_uv[flame.part_triangles("skin")]]
    assert corners[..., 0].mean() == pytest.approx(0.5, abs=0.02)
    assert np.quantile(np.ptp(corners[..., 0], axis=1), 0.9) < 0.1  # all but those at the poles


def test_a_moved_and_scaled_head_gets_its_landmarks(synthetic_head: HeadModel) -> None:
    arrays = flame_arrays(synthetic_head)
    centre = np.array([0.0, 0.03, -0.02])
    arrays["v_template"] = arrays["v_template"] * 1.1 + centre
    arrays["shapedirs"] = arrays["shapedirs"] * 1.1
    moved = read_moved(arrays, synthetic_head)
    expected = place(synthetic_head.landmarks_mediapipe, synthetic_head) * 1.1 + centre
    gap = np.linalg.norm(place(moved.landmarks_mediapipe, moved) - expected, axis=1)
    assert np.median(gap) < 3 * MILLIMETRE


def read_moved(arrays: dict[str, Any], reference: HeadModel) -> HeadModel:
    return convert_flame(read_pickled_arrays(flame_pickle(arrays)), reference)


@pytest.mark.parametrize("name", ["flame", "gnm"])
def test_a_converted_model_is_written_and_read(
    request: pytest.FixtureRequest, tmp_path: Path, name: str
) -> None:
    model: HeadModel = request.getfixturevalue(name)
    path = tmp_path / "new" / "model.npz"
    save_head_model(model, path)
    again = HeadModel.load(path)
    assert again.name == name
    assert again.sha256 == model.sha256
    assert np.array_equal(again.landmarks_ibug68.triangle, model.landmarks_ibug68.triangle)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("v_template", np.zeros((7, 2))),
        ("v_template", np.full((7, 3), np.nan)),
        ("shapedirs", np.zeros((3, 3, 400))),
        ("posedirs", np.zeros((3, 3, 36))),
        ("weights", np.zeros((3, 5))),
        ("f", np.full((4, 3), 10**6)),
        ("f", np.array(["a"])),
        ("kintree_table", np.zeros((2, 5))),
        ("J_regressor", "text"),
    ],
)
def test_a_pickle_that_is_not_flame(synthetic_head: HeadModel, key: str, value: object) -> None:
    arrays = flame_arrays(synthetic_head)
    if key == "shapedirs":
        data = flame_pickle({**arrays, key: value})
    else:
        data = pickle.dumps({**arrays, key: value}, 2)
    with pytest.raises(InvalidModel):
        convert_flame(read_pickled_arrays(data), synthetic_head)


@pytest.mark.parametrize("key", ["v_template", "f", "shapedirs", "posedirs", "weights"])
def test_a_pickle_without_an_array(synthetic_head: HeadModel, key: str) -> None:
    arrays = flame_arrays(synthetic_head)
    del arrays[key]
    with pytest.raises(InvalidModel, match=key):
        convert_flame(read_pickled_arrays(pickle.dumps(arrays, 2)), synthetic_head)


def test_gnm_keeps_its_shape_and_motion(gnm: HeadModel, synthetic_head: HeadModel) -> None:
    arrays = gnm_arrays(synthetic_head)
    rng = np.random.default_rng(5)
    shape = rng.normal(size=gnm.shape_count)
    assert np.allclose(gnm.neutral(shape), synthetic_head.neutral(shape), atol=1e-6)
    pose = np.zeros((5, 3))
    pose[3] = [0.2, -0.1, 0]
    turn = rotation_matrices(pose)[3].astype(np.float64)
    regressor = arrays["pose_correctives_regressor"].astype(np.float64)
    features = np.zeros(36)
    features[18:27] = (turn - np.eye(3)).reshape(-1)  # GNM's third joint is the left eye
    corrected = arrays["template_vertex_positions"] + (features @ regressor).reshape(-1, 3)
    eye = arrays["template_joint_positions"][2]
    weight = arrays["skinning_weights"][2][:, None]
    expected = weight * ((corrected - eye) @ turn.T + eye) + (1 - weight) * corrected
    assert np.allclose(gnm.evaluate(np.zeros(gnm.shape_count), None, pose), expected, atol=1e-5)


def test_gnms_parts_and_landmarks(gnm: HeadModel, synthetic_head: HeadModel) -> None:
    for part in ("skin", "eyeball_left", "cornea_right", "tongue", "teeth_lower"):
        assert np.array_equal(gnm.part_triangles(part), synthetic_head.part_triangles(part))
    gap = place(gnm.landmarks_mediapipe, gnm) - place(
        synthetic_head.landmarks_mediapipe, synthetic_head
    )
    assert np.median(np.linalg.norm(gap, axis=1)) < MILLIMETRE


def test_gnms_jaw_moves_nothing(gnm: HeadModel) -> None:
    pose = np.zeros((5, 3))
    pose[2] = [0.4, 0, 0]
    assert np.allclose(gnm.evaluate(np.zeros(gnm.shape_count), None, pose), gnm.template_m)


def test_files_that_are_no_gnm(tmp_path: Path, synthetic_head: HeadModel) -> None:
    with pytest.raises(InputNotFound):
        read_gnm(tmp_path / "missing.npz", synthetic_head)
    buffer = io.BytesIO()
    np.savez(buffer, joint_names=np.array(["neck", "head", "left_eye", "right_eye"]))
    for content in (b"", b"hello", buffer.getvalue()):
        path = tmp_path / "gnm.npz"
        path.write_bytes(content)
        with pytest.raises(InvalidModel):
            read_gnm(path, synthetic_head)


def test_gnms_parts_lie_apart_in_the_atlas(gnm: HeadModel) -> None:
    boxes: list[tuple[np.ndarray, np.ndarray]] = []
    for part in gnm.part_names:
        corners = gnm.uv[gnm.triangles_uv[gnm.part_triangles(part)]].reshape(-1, 2)
        boxes.append((corners.min(axis=0), corners.max(axis=0)))
    for i, (low, high) in enumerate(boxes):
        assert low.min() >= 0
        assert high.max() <= 1 + 1e-6
        for other_low, other_high in boxes[:i]:
            assert ((high <= other_low + 1e-6) | (other_high <= low + 1e-6)).any()


def test_arkit_expressions_carry_over_to_flames_own(synthetic_head: HeadModel) -> None:
    """A FLAME whose expressions are mixtures of ARKit's shows ARKit's again."""
    arrays = flame_arrays(synthetic_head)
    kept = np.isin(
        synthetic_head.triangle_part,
        [synthetic_head.part_names.index(name) for name in FLAME_PARTS],
    )
    used = np.unique(synthetic_head.triangles[kept])
    fields = synthetic_head.expression_basis_m[:, used].astype(np.float64)
    mixing = np.random.default_rng(3).normal(size=(100, len(fields))) / np.sqrt(len(fields))
    mixed = np.einsum("me,evd->mvd", mixing, fields)
    arrays["shapedirs"][:, :, -100:] = mixed.transpose(1, 2, 0)
    flame = convert_flame(read_pickled_arrays(flame_pickle(arrays)), synthetic_head)
    to_flame = fit_coefficient_map(synthetic_head, flame)
    face = flame.region("face") > 0.5
    for name in ("mouthSmileLeft", "browInnerUp", "cheekPuff"):
        pose = to_flame(coefficients(**{name: 1.0}))
        shown = np.tensordot(pose.expression, flame.expression_basis_m, axes=1)
        wanted = fields[synthetic_head.expression_index[name]]
        assert np.abs(shown - wanted)[face].max() < 0.1 * np.abs(wanted).max()


def test_flames_map_opens_the_jaw_and_comes_back_from_its_file(
    flame: HeadModel, synthetic_head: HeadModel, tmp_path: Path
) -> None:
    to_flame = fit_coefficient_map(synthetic_head, flame)
    opened = to_flame(coefficients(jawOpen=0.5)).pose_rad[JOINT_NAMES.index("jaw")]
    np.testing.assert_allclose(opened, [0.5 * JAW_OPEN_RAD, 0, 0], atol=1e-6)
    assert np.isfinite(to_flame.expression).all()
    to_flame.save(tmp_path / "map.npz", flame)
    again = CoefficientMap.load(tmp_path / "map.npz", flame)
    np.testing.assert_array_equal(again.expression, to_flame.expression)
    np.testing.assert_array_equal(again.pose_rad, to_flame.pose_rad)
    with pytest.raises(InvalidModel, match="another version"):
        CoefficientMap.load(tmp_path / "map.npz", synthetic_head)


def test_an_added_flame_knows_emotions(
    flame_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr("reconstruction_backend.cli.models._reference", build_head_model)
    add_flame(flame_file)
    flame = HeadModel.load(head_model_path("flame"))
    rig = ExpressionRig.of(flame)
    shown = rig.pose(ExpressionChoice(EmotionIntensities(surprise=1.0)))
    assert shown.pose_rad[JOINT_NAMES.index("jaw"), 0] > 0.05
    assert not rig.pose(ExpressionChoice()).expression.any()
