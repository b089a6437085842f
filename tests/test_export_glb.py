"""The GLB against the head model that it came from, read back from its bytes alone."""

import dataclasses
import io
import json
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
import trimesh
from glb_reader import Glb
from hypothesis import given, settings
from hypothesis import strategies as st
from random_avatar import random_avatar

from reconstruction_backend.avatar import Avatar
from reconstruction_backend.errors import InvalidModel
from reconstruction_backend.export.gltf import GltfOptions, encode_glb
from reconstruction_backend.export.morph_targets import MorphTarget
from reconstruction_backend.export.surfaces import SURFACE_PARTS, surfaces_of
from reconstruction_backend.head_model import (
    JOINT_NAMES,
    HeadModel,
    joint_transforms,
    rotation_matrices,
)
from reconstruction_backend.lashes import grow_lashes

COMPRESSIONS = ("none", "meshopt")
ATTACHMENTS = ("lashes", "lid_shade")
TOLERANCE_M = 1e-4


@pytest.fixture(scope="module")
def avatar(synthetic_head: HeadModel) -> Avatar:
    return random_avatar(synthetic_head)


@pytest.fixture(scope="module", params=COMPRESSIONS)
def glb(request: pytest.FixtureRequest, avatar: Avatar) -> Glb:
    return Glb.parse(encode_glb(avatar, GltfOptions(compression=request.param)))


def test_validator_finds_no_error_and_no_warning(
    avatar: Avatar, validator: list[str], tmp_path: Path
) -> None:
    plain, packed = (encode_glb(avatar, GltfOptions(compression=c)) for c in COMPRESSIONS)
    unpacked = Glb.parse(packed).uncompressed().dump()
    paths = [tmp_path / name for name in ("plain.glb", "packed.glb", "unpacked.glb")]
    for path, data in zip(paths, (plain, packed, unpacked), strict=True):
        path.write_bytes(data)
    run = subprocess.run(
        [*validator, *map(str, paths)], capture_output=True, text=True, timeout=120, check=False
    )
    reports = [json.loads(line) for line in run.stdout.splitlines()]
    assert run.returncode == 0, [report["issues"] for report in reports]
    found = [{message["code"] for message in report["issues"]["messages"]} for report in reports]
    # the validator does not know the compression, and says so as information
    assert found == [set(), {"UNSUPPORTED_EXTENSION"}, set()]


def test_validator_sees_a_broken_file(avatar: Avatar, validator: list[str], tmp_path: Path) -> None:
    broken = Glb.parse(encode_glb(avatar))
    broken.document["accessors"][0]["max"] = [9.0, 9.0, 9.0]
    path = tmp_path / "broken.glb"
    path.write_bytes(broken.dump())
    run = subprocess.run([*validator, str(path)], capture_output=True, timeout=120, check=False)
    assert run.returncode == 1


def test_rest_shape_is_the_neutral_identity(glb: Glb, avatar: Avatar) -> None:
    neutral = avatar.head_model.neutral(avatar.fit.shape)
    for surface in surfaces_of(avatar.head_model):
        positions = glb.attribute(surface.name, "POSITION")
        np.testing.assert_allclose(positions, neutral[surface.vertex], atol=2e-5)


@pytest.mark.parametrize("name", ["jawOpen", "mouthSmileLeft", "eyeLookUpLeft", "eyeBlinkRight"])
def test_each_target_is_the_expression_at_weight_1(glb: Glb, avatar: Avatar, name: str) -> None:
    model, shape = avatar.head_model, avatar.fit.shape
    expected = model.evaluate(shape, model.expression_weights(**{name: 1.0}))
    assert np.abs(expected - model.neutral(shape)).max() > 1e-3
    for surface in surfaces_of(model):
        np.testing.assert_allclose(
            glb.morphed(surface.name, {name: 1.0}), expected[surface.vertex], atol=TOLERANCE_M
        )


@settings(max_examples=8)
@given(
    turns=st.lists(st.floats(-0.4, 0.4), min_size=15, max_size=15),
    smile=st.floats(0, 1),
    seed=st.integers(0, 3),
)
def test_morphs_and_skeleton_together_recover_the_model(
    synthetic_head: HeadModel, turns: list[float], smile: float, seed: int
) -> None:
    avatar = random_avatar(synthetic_head, seed)
    asset = Glb.parse(encode_glb(avatar))
    pose = np.array(turns, np.float32).reshape(-1, 3)
    weights = synthetic_head.expression_weights(mouthSmileLeft=smile)
    expected = synthetic_head.evaluate(avatar.fit.shape, weights, pose)
    rotations = rotation_matrices(pose)
    names: list[str] = ["root", *JOINT_NAMES[1:]]
    nodes = dict(zip(names, rotations, strict=True))
    for surface in surfaces_of(synthetic_head):
        morphed = asset.morphed(surface.name, {"mouthSmileLeft": smile})
        posed = asset.skinned(surface.name, morphed, nodes)
        np.testing.assert_allclose(posed, expected[surface.vertex], atol=TOLERANCE_M)


def test_target_normals_are_those_of_the_morphed_head(glb: Glb, avatar: Avatar) -> None:
    model, shape = avatar.head_model, avatar.fit.shape
    morphed = model.evaluate(shape, model.expression_weights(eyeLookOutLeft=1.0))
    normals = glb.attribute("eyes", "NORMAL") + glb.target("eyes", "eyeLookOutLeft", "NORMAL")
    eyes = next(surface for surface in surfaces_of(model) if surface.name == "eyes")
    rotation = rotation_matrices(
        model.expression_pose_rad[model.expression_index["eyeLookOutLeft"]]
    )[JOINT_NAMES.index("leftEye")]
    turned = np.where(
        model.skinning_weights[eyes.vertex, JOINT_NAMES.index("leftEye")][:, None] > 0,
        glb.attribute("eyes", "NORMAL") @ rotation.T,
        glb.attribute("eyes", "NORMAL"),
    )
    assert np.abs(morphed - model.neutral(shape)).max() > 1e-3
    # faces are weighted by angle at rest and by area in the targets
    assert np.linalg.norm(normals - turned, axis=1).max() < 0.1


def test_surfaces_hold_every_triangle_once(glb: Glb, avatar: Avatar) -> None:
    model = avatar.head_model
    found = {mesh["name"]: len(glb.triangles(mesh["name"])) for mesh in glb.document["meshes"]}
    expected = {name: len(model.part_triangles(*parts)) for name, parts in SURFACE_PARTS.items()}
    assert sum(expected.values()) == len(model.triangles)
    assert found.pop("lashes") == len(grow_lashes(model).triangles)
    assert found.pop("lid_shade") > 0
    assert found == expected


def test_triangles_keep_corners_and_winding(glb: Glb, avatar: Avatar) -> None:
    for surface in surfaces_of(avatar.head_model):
        exported = np.sort(_canonical(glb.triangles(surface.name)), axis=0)
        assert (exported == np.sort(_canonical(surface.triangles), axis=0)).all()


def _canonical(triangles: np.ndarray) -> np.ndarray:
    """One number per triangle that turning its corners does not change, but flipping does."""
    first = triangles.argmin(axis=1)
    turned = np.take_along_axis(triangles, (first[:, None] + np.arange(3)) % 3, axis=1)
    return turned.astype(np.int64) @ [1 << 40, 1 << 20, 1]


def test_texture_coordinates_survive(glb: Glb, avatar: Avatar) -> None:
    for surface in surfaces_of(avatar.head_model):
        if surface.name != "corneas":
            uv = glb.attribute(surface.name, "TEXCOORD_0")
            np.testing.assert_allclose(uv, surface.uv, atol=1e-5)


def test_bounds_are_those_of_the_stored_values(glb: Glb) -> None:
    bounded = [i for i, accessor in enumerate(glb.document["accessors"]) if "min" in accessor]
    assert bounded
    for index in bounded:
        accessor = glb.document["accessors"][index]
        values = glb.accessor(index)
        scale = 32767 if accessor.get("normalized") else 1
        np.testing.assert_allclose(values.min(axis=0) * scale, accessor["min"], rtol=1e-6)
        np.testing.assert_allclose(values.max(axis=0) * scale, accessor["max"], rtol=1e-6)


def test_every_position_has_bounds(glb: Glb) -> None:
    for mesh in glb.document["meshes"]:
        primitive = mesh["primitives"][0]
        for attributes in (primitive["attributes"], *primitive["targets"]):
            assert "min" in glb.document["accessors"][attributes["POSITION"]]


@pytest.mark.parametrize("member", ["nodes", "meshes", "materials", "images", "textures"])
def test_everything_has_a_name_of_its_own(glb: Glb, member: str) -> None:
    names = [entry["name"] for entry in glb.document[member]]
    assert len(set(names)) == len(names)


def test_skeleton_is_root_neck_jaw_and_eyes(glb: Glb) -> None:
    nodes = glb.document["nodes"]

    def tree(index: int) -> dict[str, object]:
        children = [tree(child) for child in nodes[index].get("children", [])]
        return {nodes[index]["name"]: children}

    eyes_and_jaw = [{"jaw": []}, {"leftEye": []}, {"rightEye": []}]
    assert tree(glb.document["skins"][0]["skeleton"]) == {"root": [{"neck": eyes_and_jaw}]}


def test_head_carries_all_names_and_eyes_only_those_that_move_them(
    glb: Glb, avatar: Avatar
) -> None:
    expressions = avatar.head_model.expression_names
    assert glb.target_names("head")[: len(expressions)] == list(expressions)
    single = [name for name in glb.target_names("eyes") if name in expressions]
    assert all(name.startswith("eyeLook") for name in single)
    assert len(single) == 8
    assert "jawOpen" in glb.target_names("teeth")


def test_weights_sum_to_one(glb: Glb) -> None:
    for mesh in glb.document["meshes"]:
        weights = glb.attribute(mesh["name"], "WEIGHTS_0")
        np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-12)


def test_maps_are_the_avatars(glb: Glb, avatar: Avatar) -> None:
    for name, expected in (
        ("head_albedo", avatar.texture.albedo),
        ("head_normal", avatar.texture.normal),
    ):
        image = next(entry for entry in glb.document["images"] if entry["name"] == name)
        view = glb.document["bufferViews"][image["bufferView"]]
        data = glb.binary[view["byteOffset"] :][: view["byteLength"]]
        decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
        assert decoded.shape == expected.shape
        assert np.abs(decoded.astype(int) - expected).mean() < 3


def test_extra_targets_follow_the_expressions(avatar: Avatar) -> None:
    lift = np.full_like(avatar.head_model.template_m, 0.002)
    asset = Glb.parse(encode_glb(avatar, extra_targets=[MorphTarget("lift", lift)]))
    for mesh in asset.document["meshes"]:
        assert asset.target_names(mesh["name"])[-1] == "lift"
        np.testing.assert_allclose(asset.target(mesh["name"], "lift"), 0.002, atol=2e-6)


def test_two_targets_of_one_name_are_refused(avatar: Avatar) -> None:
    still = np.zeros_like(avatar.head_model.template_m)
    with pytest.raises(InvalidModel, match="one name"):
        encode_glb(avatar, extra_targets=[MorphTarget("jawOpen", still)])


def test_a_part_that_no_surface_shows_is_refused(avatar: Avatar) -> None:
    model = avatar.head_model
    horned = dataclasses.replace(model, part_names=("horns", *model.part_names[1:]))
    with pytest.raises(InvalidModel, match="horns"):
        encode_glb(dataclasses.replace(avatar, head_model=horned))


def test_a_head_beyond_the_grid_is_refused_where_it_matters(avatar: Avatar) -> None:
    model = avatar.head_model
    giant = dataclasses.replace(model, template_m=model.template_m * np.float32(20))
    large = dataclasses.replace(avatar, head_model=giant)
    assert encode_glb(large)
    with pytest.raises(InvalidModel, match="beyond a metre"):
        encode_glb(large, GltfOptions("meshopt"))


def test_trimesh_reads_the_geometry(avatar: Avatar) -> None:
    scene = trimesh.load_scene(io.BytesIO(encode_glb(avatar)), file_type="glb")
    neutral = avatar.head_model.neutral(avatar.fit.shape)
    bounds = np.stack([neutral.min(axis=0), neutral.max(axis=0)])
    assert set(scene.geometry) == {*SURFACE_PARTS, *ATTACHMENTS}
    scene.delete_geometry(list(ATTACHMENTS))
    np.testing.assert_allclose(scene.bounds, bounds, atol=1e-6)


def test_same_avatar_gives_the_same_bytes(avatar: Avatar) -> None:
    assert encode_glb(avatar) == encode_glb(avatar)


def test_joint_positions_are_the_persons(glb: Glb, avatar: Avatar) -> None:
    joints = avatar.head_model.joints(avatar.fit.shape)
    bind = glb.accessor(glb.document["skins"][0]["inverseBindMatrices"]).reshape(-1, 4, 4)
    np.testing.assert_allclose(bind[:, 3, :3], -joints, atol=1e-7)
    still = np.tile(np.eye(3, dtype=np.float32), (len(joints), 1, 1))
    rotation, offset = joint_transforms(joints, still)
    np.testing.assert_allclose(offset, 0, atol=1e-7)
    np.testing.assert_allclose(rotation, still)
