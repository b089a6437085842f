"""Laws of the head model that is shipped, and of the code that evaluates any."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxtyping import Float

from reconstruction_backend.errors import InputNotFound, InvalidModel
from reconstruction_backend.head_model import JOINT_NAMES, HeadModel, rotation_matrices
from reconstruction_backend.model_store import CAMEO_HEAD

MIRROR = np.array([-1, 1, 1], np.float32)
NECK, JAW, LEFT_EYE, RIGHT_EYE = 1, 2, 3, 4
ARKIT_WITHOUT_TONGUE = 51


@pytest.fixture(scope="module")
def head(cameo_head: HeadModel) -> HeadModel:
    return cameo_head


@pytest.fixture(scope="module")
def neutral(head: HeadModel) -> Float[np.ndarray, "V 3"]:
    return head.evaluate(zeros(head))


def zeros(head: HeadModel) -> Float[np.ndarray, "S"]:
    return np.zeros(head.shape_count, np.float32)


def pose(joint: int, axis_angle_rad: tuple[float, float, float]) -> Float[np.ndarray, "J 3"]:
    theta = np.zeros((len(JOINT_NAMES), 3), np.float32)
    theta[joint] = axis_angle_rad
    return theta


def mirrored_name(name: str) -> str:
    if name.endswith("Left"):
        return name.removesuffix("Left") + "Right"
    return name.removesuffix("Right") + "Left" if name.endswith("Right") else name


def part_vertices(head: HeadModel, *parts: str) -> np.ndarray:
    return np.unique(head.triangles[head.part_triangles(*parts)])


def test_zero_coefficients_give_the_template(
    head: HeadModel, neutral: Float[np.ndarray, "V 3"]
) -> None:
    np.testing.assert_array_equal(neutral, head.template_m)
    at_rest = head.evaluate(zeros(head), head.expression_weights(), pose(0, (0, 0, 0)))
    np.testing.assert_array_equal(at_rest, head.template_m)


def test_it_has_the_promised_contents(head: HeadModel) -> None:
    assert head.shape_count == 100
    assert head.expression_count == ARKIT_WITHOUT_TONGUE
    assert len(set(head.expression_names)) == head.expression_count
    assert set(np.unique(head.triangle_part)) == set(range(len(head.part_names)))
    assert CAMEO_HEAD.stat().st_size < 25e6
    for name in head.region_names:
        weights = head.region(name)
        assert weights.min() >= 0
        assert weights.max() == 1


def test_components_come_strongest_first(head: HeadModel) -> None:
    skin = part_vertices(head, "skin")
    strength = np.linalg.norm(head.shape_basis_m[:, skin].reshape(head.shape_count, -1), axis=1)
    assert strength[0] > strength[10] > strength[50] > strength[99] > 0


def test_the_rotation_from_the_data_is_orthogonal() -> None:
    with np.load(CAMEO_HEAD, allow_pickle=False) as archive:
        rotation = archive["shape_rotation_from_data"].astype(np.float64)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(len(rotation)), atol=1e-5)


def test_mirroring_is_an_involution_that_keeps_the_surface(head: HeadModel) -> None:
    mirror = head.mirror_vertex
    np.testing.assert_array_equal(mirror[mirror], np.arange(head.vertex_count))
    np.testing.assert_allclose(head.template_m[mirror] * MIRROR, head.template_m, atol=1e-7)
    triangles = {tuple(sorted(t)) for t in head.triangles.tolist()}
    assert {tuple(sorted(t)) for t in mirror[head.triangles].tolist()} == triangles


@settings(max_examples=10)
@given(seed=st.integers(0, 2**32 - 1))
def test_mirrored_expressions_give_the_mirrored_face(head: HeadModel, seed: int) -> None:
    names = np.random.default_rng(seed).choice(head.expression_names, 4, replace=False)
    values = np.random.default_rng(seed).uniform(0, 1, 4)
    weights = dict(zip(names.tolist(), values.tolist(), strict=True))
    other = {mirrored_name(name): value for name, value in weights.items()}
    face = head.evaluate(zeros(head), head.expression_weights(**weights))
    mirrored = head.evaluate(zeros(head), head.expression_weights(**other))
    np.testing.assert_allclose(face[head.mirror_vertex] * MIRROR, mirrored, atol=2e-6)


@settings(max_examples=10)
@given(st.tuples(*[st.floats(-1.5, 1.5)] * 3))
def test_a_global_turn_moves_everything_rigidly(
    head: HeadModel, turn: tuple[float, float, float]
) -> None:
    shape = np.random.default_rng(0).normal(size=head.shape_count)
    rotation = rotation_matrices(pose(0, turn))[0]
    centre = head.joints(shape)[0]
    expected = (head.neutral(shape) - centre) @ rotation.T + centre
    np.testing.assert_allclose(head.evaluate(shape, None, pose(0, turn)), expected, atol=1e-5)


@settings(max_examples=10)
@given(seed=st.integers(0, 2**32 - 1), yaw=st.floats(-0.6, 0.6), pitch=st.floats(-0.6, 0.6))
def test_a_turning_eye_keeps_its_shape_and_moves_nothing_else(
    head: HeadModel, seed: int, yaw: float, pitch: float
) -> None:
    shape = np.random.default_rng(seed).normal(size=head.shape_count)
    turned = head.evaluate(shape, None, pose(LEFT_EYE, (pitch, yaw, 0)))
    still = head.neutral(shape)
    eye = part_vertices(head, "eyeball_left", "cornea_left")
    centre = head.joints(shape)[LEFT_EYE]
    before = np.linalg.norm(still[eye] - centre, axis=1)
    np.testing.assert_allclose(np.linalg.norm(turned[eye] - centre, axis=1), before, atol=1e-6)
    rest = np.setdiff1d(np.arange(head.vertex_count), eye)
    np.testing.assert_allclose(turned[rest], still[rest], atol=1e-6)


@pytest.mark.parametrize("deviations", [-2.0, 0.0, 2.0])
def test_every_iris_is_as_wide_as_an_iris(head: HeadModel, deviations: float) -> None:
    shape = np.full(head.shape_count, deviations / 10)
    points = head.surface_points(head.landmarks_mediapipe, head.neutral(shape))
    for centre in (468, 473):
        rim = points[centre + 1 : centre + 5]
        diameters = np.linalg.norm(rim[:2] - rim[2:], axis=1)
        np.testing.assert_allclose(diameters, 0.0117, atol=0.0003)


def test_skinning_weights_are_a_partition_of_unity(head: HeadModel) -> None:
    assert head.skinning_weights.min() >= 0
    np.testing.assert_allclose(head.skinning_weights.sum(1), 1, atol=1e-6)
    teeth = part_vertices(head, "teeth_lower")
    np.testing.assert_array_equal(head.skinning_weights[teeth, JAW], 1)
    upper = part_vertices(head, "teeth_upper")
    np.testing.assert_array_equal(head.skinning_weights[upper, JAW], 0)


def test_opening_the_jaw_lowers_chin_and_lower_teeth_alone(
    head: HeadModel, neutral: Float[np.ndarray, "V 3"]
) -> None:
    opened = head.evaluate(zeros(head), head.expression_weights(jawOpen=1.0)) - neutral
    chin = head.region("chin") > 0.9
    assert opened[chin, 1].mean() < -0.02
    teeth = part_vertices(head, "teeth_lower")
    assert opened[teeth, 1].max() < -0.01
    still = part_vertices(head, "teeth_upper", "eyeball_left", "eyeball_right")
    assert np.abs(opened[still]).max() < 1e-6
    assert np.abs(opened[head.region("scalp") > 0.5]).max() < 0.002


def test_gaze_goes_where_the_expression_says(
    head: HeadModel, neutral: Float[np.ndarray, "V 3"]
) -> None:
    def pupil(**weights: float) -> np.ndarray:
        vertices = head.evaluate(zeros(head), head.expression_weights(**weights))
        return head.surface_points(head.landmarks_mediapipe, vertices)[473]

    rest = head.surface_points(head.landmarks_mediapipe, neutral)[473]
    assert pupil(eyeLookUpLeft=1.0)[1] > rest[1] + 0.004
    assert pupil(eyeLookDownLeft=1.0)[1] < rest[1] - 0.004
    assert pupil(eyeLookOutLeft=1.0)[0] > rest[0] + 0.004
    assert pupil(eyeLookInLeft=1.0)[0] < rest[0] - 0.004


def test_a_blink_brings_the_lids_together(
    head: HeadModel, neutral: Float[np.ndarray, "V 3"]
) -> None:
    shut = head.evaluate(zeros(head), head.expression_weights(eyeBlinkLeft=1.0))
    upper, lower = (386, 374)

    def gap(vertices: np.ndarray) -> float:
        points = head.surface_points(head.landmarks_mediapipe, vertices)
        return float(np.linalg.norm(points[upper] - points[lower]))

    assert gap(neutral) > 0.007
    assert gap(shut) < 0.0015


def test_landmarks_lie_on_their_side_and_in_their_place(
    head: HeadModel, neutral: Float[np.ndarray, "V 3"]
) -> None:
    ibug = head.surface_points(head.landmarks_ibug68, neutral)
    dense = head.surface_points(head.landmarks_mediapipe, neutral)
    assert ibug[36, 0] < 0 < ibug[45, 0]
    assert dense[33, 0] < 0 < dense[263, 0]
    assert dense[10, 1] > dense[1, 1] > dense[152, 1]
    assert np.argmax(dense[:468, 2]) in {1, 4, 44, 274, 45, 275, 19}  # the tip of the nose
    for points in (head.landmarks_ibug68, head.landmarks_mediapipe):
        assert points.barycentric.min() >= 0
        np.testing.assert_allclose(points.barycentric.sum(1), 1, atol=1e-5)


def test_triangles_are_not_degenerate_and_parts_face_outwards(
    head: HeadModel, neutral: Float[np.ndarray, "V 3"]
) -> None:
    a, b, c = (neutral[head.triangles[:, k]] for k in range(3))
    assert np.linalg.norm(np.cross(b - a, c - a), axis=1).min() > 1e-10
    for part in ("eyeball_left", "eyeball_right", "cornea_left", "cornea_right"):
        own = head.part_triangles(part)
        centre = neutral[np.unique(head.triangles[own])].mean(0)
        normal = np.cross(b[own] - a[own], c[own] - a[own])
        assert np.einsum("fd,fd->f", normal, a[own] - centre).sum() > 0


def test_uv_triangles_do_not_flip_or_overlap(head: HeadModel) -> None:
    corners = head.uv[head.triangles_uv].astype(np.float64)
    assert corners.min() >= 0
    assert corners.max() <= 1
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = (first[:, 1] * second[:, 0] - first[:, 0] * second[:, 1]) / 2
    assert area.min() > 0
    assert covered_twice(corners, texels=1024) == 0
    face = head.region("face")[head.triangles].mean(1) > 0.5
    assert 0.4 < area[face].sum() < 0.6


def covered_twice(corners: Float[np.ndarray, "F 3 2"], texels: int) -> int:
    """Texel centres that lie strictly inside more than one triangle."""
    count = np.zeros((texels, texels), np.int32)
    for triangle in corners * texels - 0.5:
        low = np.ceil(triangle.min(0)).astype(int)
        high = np.floor(triangle.max(0)).astype(int)
        if (high < low).any():
            continue
        x, y = np.meshgrid(np.arange(low[0], high[0] + 1), np.arange(low[1], high[1] + 1))
        inside = np.ones(x.shape, bool)
        for k in range(3):
            (ax, ay), (bx, by) = triangle[k], triangle[(k + 1) % 3]
            inside &= (bx - ax) * (y - ay) - (by - ay) * (x - ax) < -1e-6
        count[y[inside], x[inside]] += 1
    return int((count > 1).sum())


def test_the_skin_chart_is_symmetric_about_the_middle(head: HeadModel) -> None:
    skin = head.part_triangles("skin")
    place = np.full((head.vertex_count, 2), np.nan)
    inner = np.abs(head.template_m[:, 0]) > 1e-4
    place[head.triangles[skin]] = head.uv[head.triangles_uv[skin]]
    known = np.isfinite(place[:, 0]) & inner
    mirrored = place[head.mirror_vertex] * [-1, 1] + [1, 0]
    np.testing.assert_allclose(mirrored[known], place[known], atol=1e-6)
    left = known & (head.template_m[:, 0] > 0)
    assert place[left, 0].min() > 0.5


def test_the_scalp_has_roots_and_nothing_else_has(head: HeadModel) -> None:
    rooted = np.isfinite(head.scalp_uv).all(1)
    assert rooted[head.region("scalp") > 0.5].all()
    assert not rooted[head.region("scalp") == 0].any()
    assert head.scalp_uv[rooted].min() >= 0
    assert head.scalp_uv[rooted].max() <= 1


def test_what_was_saved_is_what_is_loaded(head: HeadModel, tmp_path: Path) -> None:
    path = tmp_path / "again.npz"
    with np.load(CAMEO_HEAD, allow_pickle=False) as archive:
        np.savez(path, **{key: archive[key] for key in archive.files})
    again = HeadModel.load(path)
    shape = np.random.default_rng(1).normal(size=head.shape_count)
    weights = head.expression_weights(mouthSmileLeft=0.5, jawOpen=0.3)
    np.testing.assert_array_equal(again.evaluate(shape, weights), head.evaluate(shape, weights))


def test_a_missing_model_is_reported(tmp_path: Path) -> None:
    with pytest.raises(InputNotFound):
        HeadModel.load(tmp_path / "none.npz")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("format_version", np.int32(99)),
        ("joint_names", np.array(["a", "b", "c", "d", "e"])),
        ("template_m", np.zeros((5, 3), np.float32)),
        ("triangles", np.full((10, 3), 10**6, np.int32)),
        ("expression_names", np.array(["jawOpen"])),
        ("triangle_part", None),
    ],
)
def test_a_malformed_model_is_refused(tmp_path: Path, key: str, value: np.ndarray | None) -> None:
    path = tmp_path / "broken.npz"
    with np.load(CAMEO_HEAD, allow_pickle=False) as archive:
        arrays = {k: archive[k] for k in archive.files}
    if value is None:
        del arrays[key]
    else:
        arrays[key] = value
    np.savez(path, **arrays)
    with pytest.raises(InvalidModel):
        HeadModel.load(path)


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x03\x04 cut off"])
def test_a_file_that_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "noise.npz"
    path.write_bytes(content)
    with pytest.raises(InvalidModel):
        HeadModel.load(path)


def test_unknown_names_are_refused(head: HeadModel) -> None:
    with pytest.raises(InvalidModel, match="wiggleEars"):
        head.expression_weights(wiggleEars=1.0)
    with pytest.raises(InvalidModel, match="tail"):
        head.region("tail")
