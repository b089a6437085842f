"""Laws of the lids' edges and of what grows on them, on the shipped head model."""

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import KDTree

from reconstruction_backend.head_model import HeadModel, rotation_matrices
from reconstruction_backend.lashes import (
    DARKEST,
    LIGHTEST,
    STYLES,
    Lashes,
    grow_lashes,
    lash_colour,
    lash_points,
)
from reconstruction_backend.lid_margins import LIDS, SIDES, lid_margin
from reconstruction_backend.lid_shade import LidShade

TENTH_MM = 1e-4
PER_EYE = sum(style.count for style in STYLES.values())
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
LID_EXPRESSIONS = ("eyeBlink", "eyeSquint", "eyeWide", "cheekSquint", "eyeLookUp")


@pytest.fixture(scope="module")
def head(cameo_head: HeadModel) -> HeadModel:
    return cameo_head


@pytest.fixture(scope="module")
def lashes(head: HeadModel) -> Lashes:
    return grow_lashes(head)


def person(head: HeadModel, seed: int) -> np.ndarray:
    """Shape coefficients of somebody not too far from the average."""
    return 0.7 * np.random.default_rng(seed).standard_normal(head.shape_count)


def worn(head: HeadModel, seed: int, weights: dict[str, float]) -> np.ndarray:
    both = {f"{name}{side}": w for name, w in weights.items() for side in ("Left", "Right")}
    return head.evaluate(person(head, seed), head.expression_weights(**both))


def distance_from_ball(head: HeadModel, vertices: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Of points near the left eye, radially from its outer surface; negative inside."""
    ball = head.part_triangles("eyeball_left", "cornea_left")
    centre = vertices[np.unique(head.triangles[head.part_triangles("eyeball_left")])].mean(axis=0)
    mesh = trimesh.Trimesh(vertices, head.triangles[ball], process=False)
    reach = np.linalg.norm(points - centre, axis=1)
    hits, ray, _ = mesh.ray.intersects_location(
        np.repeat(centre[None], len(points), axis=0), (points - centre) / reach[:, None]
    )
    surface = np.zeros(len(points))
    np.maximum.at(surface, ray, np.linalg.norm(hits - centre, axis=1))
    return reach - surface


def distance_from_skin(head: HeadModel, vertices: np.ndarray, points: np.ndarray) -> np.ndarray:
    """In metres; worked out in millimetres, for trimesh's tolerances are absolute."""
    corners = 1e3 * vertices[head.triangles[head.part_triangles("skin")]].astype(np.float64)
    near = np.asarray(KDTree(corners.mean(axis=1)).query(1e3 * points, k=24)[1])
    to = np.repeat(1e3 * points.astype(np.float64), near.shape[1], axis=0)
    closest = trimesh.triangles.closest_point(corners[near].reshape(-1, 3, 3), to)
    return np.linalg.norm(closest - to, axis=1).reshape(near.shape).min(axis=1) / 1e3


@settings(max_examples=6)
@given(st.integers(0, 99), st.sampled_from(LID_EXPRESSIONS), st.floats(0, 1))
def test_roots_lie_on_the_lids_edge(
    head: HeadModel, lashes: Lashes, seed: int, expression: str, weight: float
) -> None:
    vertices = worn(head, seed, {expression: weight})
    roots = lash_points(lashes, vertices)[:, 0]
    assert distance_from_skin(head, vertices, roots).max() < TENTH_MM
    edges = [
        lid_margin(head, side, lid, "front").positions(head, vertices)
        for side in SIDES
        for lid in LIDS
    ]
    apart = np.linalg.norm(roots[:, None] - np.concatenate(edges)[None], axis=2).min(axis=1)
    assert apart.max() < TENTH_MM


@pytest.mark.parametrize("lid", LIDS)
def test_nothing_of_the_lid_lies_beyond_its_back_edge(head: HeadModel, lid: str) -> None:
    """The edge is the farthest that the skin reaches into the opening, cut by cut."""
    margin = lid_margin(head, "left", "upper" if lid == "upper" else "lower", "back")
    edge = margin.positions(head, head.template_m)
    inner = slice(20, -10)
    towards = -margin.up if lid == "upper" else margin.up
    skin = head.template_m[np.unique(head.triangles[head.part_triangles("skin")])]
    for place, outward in zip(edge[inner], margin.outward[inner], strict=True):
        offset = skin - place
        near = np.abs(offset @ np.cross(outward, margin.up)) < TENTH_MM
        near &= np.linalg.norm(offset, axis=1) < 0.002
        assert (offset[near] @ towards).max(initial=0) < 2 * TENTH_MM


@settings(max_examples=6)
@given(st.integers(0, 99), st.floats(0, 1))
def test_no_lash_is_deeper_in_the_eyeball_than_its_lid_in_a_blink(
    head: HeadModel, lashes: Lashes, seed: int, blink: float
) -> None:
    """Half-closed lids of some heads dip into the cornea (models/cameo_head.md)."""
    vertices = worn(head, seed, {"eyeBlink": blink}).astype(np.float64)
    points = lash_points(lashes, vertices)[:PER_EYE].reshape(-1, 3)
    edges = [lid_margin(head, "left", lid, "front").positions(head, vertices) for lid in LIDS]
    lids = distance_from_ball(head, vertices, np.concatenate(edges)).min()
    assert distance_from_ball(head, vertices, points).min() > min(lids, 0) - TENTH_MM


@pytest.mark.parametrize("expression", ["eyeSquint", "eyeWide", "eyeLookUp"])
def test_no_lash_enters_the_eyeball(head: HeadModel, lashes: Lashes, expression: str) -> None:
    vertices = worn(head, 3, {expression: 1.0}).astype(np.float64)
    points = lash_points(lashes, vertices)[:PER_EYE].reshape(-1, 3)
    assert distance_from_ball(head, vertices, points).min() > 0


def test_both_eyes_are_mirror_images(head: HeadModel, lashes: Lashes) -> None:
    points = lash_points(lashes, head.template_m)
    left, right = points[:PER_EYE], points[PER_EYE:]
    np.testing.assert_allclose(right * [-1, 1, 1], left, atol=1e-6)


def test_lashes_go_where_the_head_goes(head: HeadModel, lashes: Lashes) -> None:
    turn = rotation_matrices(np.array([[0.3, -0.5, 0.2]]))[0]
    moved = head.template_m @ turn.T + np.array([0.1, 0.0, -0.2], np.float32)
    expected = lash_points(lashes, head.template_m) @ turn.T + [0.1, 0.0, -0.2]
    np.testing.assert_allclose(lash_points(lashes, moved), expected, atol=3e-5)


@settings(max_examples=5)
@given(st.integers(0, 99), st.floats(0, 1), st.floats(0, 1))
def test_lashes_keep_their_length(
    head: HeadModel, lashes: Lashes, seed: int, blink: float, squint: float
) -> None:
    def lengths(vertices: np.ndarray) -> np.ndarray:
        steps = np.diff(lash_points(lashes, vertices), axis=1)
        return np.linalg.norm(steps, axis=2).sum(axis=1)

    vertices = worn(head, seed, {"eyeBlink": blink, "eyeSquint": squint})
    np.testing.assert_allclose(lengths(vertices), lengths(head.template_m), rtol=1e-2)


def test_lashes_are_as_many_and_as_long_as_lashes_are(head: HeadModel, lashes: Lashes) -> None:
    assert 2000 <= len(lashes.triangles) <= 4000
    steps = np.diff(lash_points(lashes, head.template_m), axis=1)
    length_mm = 1000 * np.linalg.norm(steps, axis=2).sum(axis=1)[:PER_EYE]
    upper, lower = np.split(length_mm, [STYLES["upper"].count])
    assert 7.0 < np.median(upper) < 9.5
    assert upper.max() < 11.0
    assert 4.5 < np.median(lower) < 6.0


def test_morphs_are_the_difference_of_two_poses(head: HeadModel, lashes: Lashes) -> None:
    rest = head.neutral(person(head, 1))
    blink = worn(head, 1, {"eyeBlink": 1.0})
    (moved,) = lashes.displacements(rest, [blink - rest])
    expected = lashes.vertices(blink) - lashes.vertices(rest)
    np.testing.assert_allclose(moved, expected, atol=2e-4)
    assert np.linalg.norm(moved, axis=1).max() > 0.005


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))
def test_lashes_are_dark_whatever_the_brows(head: HeadModel, r: int, g: int, b: int) -> None:
    albedo = np.full((64, 64, 3), (r, g, b), np.uint8)
    level = float(lash_colour(head, albedo) @ LUMINANCE)
    assert DARKEST * 0.99 <= level <= LIGHTEST * 1.01


def test_darker_brows_never_make_lighter_lashes(head: HeadModel) -> None:
    greys = [lash_colour(head, np.full((64, 64, 3), grey, np.uint8)) for grey in range(0, 256, 15)]
    levels = np.array(greys) @ LUMINANCE
    assert (np.diff(levels) >= -1e-6).all()


@settings(max_examples=5)
@given(st.integers(0, 99), st.sampled_from([0.0, 1.0]))
def test_the_lids_shade_lies_on_the_eye(head: HeadModel, seed: int, blink: float) -> None:
    """Thin and close: over the eyeball, under a millimetre above it, but for the lids' own edge."""
    vertices = worn(head, seed, {"eyeBlink": blink}).astype(np.float64)
    shade = LidShade(head)
    points, alpha = shade.vertices(vertices), shade.alpha
    left = np.arange(len(points)) < len(points) // 2
    inner = left & ~np.isin(alpha, [alpha.max(), np.unique(alpha)[-3]])
    height = distance_from_ball(head, vertices, points[inner])
    assert height.min() > -5e-5
    assert np.median(height) < 5e-4


def test_the_lids_shade_faces_outward(head: HeadModel) -> None:
    shade = LidShade(head)
    corners = shade.vertices(head.template_m)[shade.triangles]
    face = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = shade.normals(head.template_m)[shade.triangles].mean(axis=1)
    assert (np.einsum("fd,fd->f", face, normals) > 0).mean() > 0.95
