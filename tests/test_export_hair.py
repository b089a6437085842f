"""Hair in the GLB: bands on the strands, within the budget, without a word of the validator."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from glb_reader import Glb
from random_avatar import random_avatar
from synthetic_hair import falling_hair

from reconstruction_backend.avatar import Avatar
from reconstruction_backend.errors import InvalidOption
from reconstruction_backend.export.bundle_picture import bundle_png
from reconstruction_backend.export.gltf import GltfOptions, encode_glb
from reconstruction_backend.export.hair_ribbons import WIDEST_M, hair_levels
from reconstruction_backend.export.images import decode_png
from reconstruction_backend.export.licences import licences_of
from reconstruction_backend.export.skin_shade import skin_shade
from reconstruction_backend.head_model import HeadModel

BUDGET = 2_000


@pytest.fixture(scope="module")
def avatar(synthetic_head: HeadModel) -> Avatar:
    bald = random_avatar(synthetic_head)
    return replace(bald, hair=falling_hair(synthetic_head, synthetic_head.neutral(bald.fit.shape)))


def test_validator_finds_no_error_and_no_warning_in_hair(
    avatar: Avatar,
    validator: list[str],
    tmp_path: Path,
) -> None:
    paths = [tmp_path / "none.glb", tmp_path / "meshopt.glb"]
    for path, compression in zip(paths, ("none", "meshopt"), strict=True):
        path.write_bytes(encode_glb(avatar, GltfOptions(compression, BUDGET)))  # pyright: ignore[reportArgumentType]
    run = subprocess.run(
        [*validator, *map(str, paths)], capture_output=True, text=True, timeout=120, check=False
    )
    reports = [json.loads(line) for line in run.stdout.splitlines()]
    assert [
        report["issues"]["messages"] for report in reports if report["issues"]["numErrors"]
    ] == []
    assert run.returncode == 0, run.stdout


def test_levels_keep_to_the_budget_and_lie_on_the_strands(avatar: Avatar) -> None:
    assert avatar.hair is not None
    strands = avatar.hair.strands()
    levels = hair_levels(avatar.hair, BUDGET)
    counts = [len(level.triangles) for level in levels]
    assert 0.9 * BUDGET <= counts[0] <= BUDGET
    assert counts[0] > 3 * counts[1] > 6 * counts[2]
    for level in levels:
        pairs = level.points_m.reshape(-1, 2, 3)
        middle = pairs.mean(axis=1)
        assert np.allclose(np.linalg.norm(level.normals, axis=1), 1, atol=1e-4)
        roots = middle[level.uv.reshape(-1, 2, 2)[:, 0, 1] == 0]
        assert np.allclose(roots, strands.points_m[: len(roots), 0], atol=1e-6)
        across = np.einsum("wd,wd->w", level.normals, level.tangents[:, :3])
        assert np.abs(across).max() < 0.7
    widths = np.linalg.norm(np.diff(levels[0].points_m.reshape(-1, 2, 3), axis=1), axis=2)
    assert 0 < widths.min() < widths.max() <= WIDEST_M * 1.001


def test_hair_turns_with_the_skull_and_coarser_levels_are_in_no_scene(avatar: Avatar) -> None:
    document = Glb.parse(encode_glb(avatar, GltfOptions(hair_triangles=BUDGET))).document
    names = [node["name"] for node in document["nodes"]]
    finest = document["nodes"][names.index("hair")]
    coarser = [names.index("hair_lod1"), names.index("hair_lod2")]
    assert finest["extensions"]["MSFT_lod"]["ids"] == coarser
    assert not set(coarser) & set(document["scenes"][0]["nodes"])
    assert names.index("hair") in document["scenes"][0]["nodes"]
    material = document["materials"][
        document["meshes"][finest["mesh"]]["primitives"][0]["material"]
    ]
    assert (material["name"], material["alphaMode"], material["doubleSided"]) == (
        "hair",
        "MASK",
        True,
    )


def test_scalp_is_dark_under_hair_and_the_rest_of_the_head_is_not(avatar: Avatar) -> None:
    shade = skin_shade(avatar)
    assert shade is not None
    assert avatar.hair is not None
    roots = avatar.hair.strands().points_m[:, 0]
    rest = avatar.hair.neutral_m
    away = np.linalg.norm(rest[:, None] - roots[None, ::20], axis=2).min(axis=1)
    all_hair = avatar.hair.strands().points_m[:, ::2].reshape(-1, 3)
    bare = np.array([np.linalg.norm(all_hair - v, axis=1).min() > 0.05 for v in rest])
    assert bare.any()
    assert (shade[bare] == 255).all()
    assert shade[away < 0.004, :3].mean() < 0.8 * 255
    assert skin_shade(replace(avatar, hair=None)) is None


def test_no_hair_on_a_bald_head_or_without_a_budget(avatar: Avatar) -> None:
    for bald in (
        encode_glb(replace(avatar, hair=None)),
        encode_glb(avatar, GltfOptions(hair_triangles=0)),
    ):
        document = Glb.parse(bald).document
        assert not [mesh for mesh in document["meshes"] if mesh["name"].startswith("hair")]
        assert "MSFT_lod" not in document["extensionsUsed"]
    with pytest.raises(InvalidOption, match="triangles"):
        GltfOptions(hair_triangles=-1)


def test_bundles_have_gaps_and_end_unevenly() -> None:
    alpha = decode_png(bundle_png(), "RGBA", 4096)[..., 3] > 102
    share = alpha.mean(axis=1)
    assert 0.4 < share[64] < 0.95
    assert share[-1] < 0.5 * share[64]


def test_terms_of_a_style_that_is_not_shipped_are_its_makers(avatar: Avatar) -> None:
    (entry,) = [entry for entry in licences_of(avatar) if entry.component.startswith("hairstyle")]
    assert (entry.component, entry.licence) == ("hairstyle falling", "the groom's own licence")
