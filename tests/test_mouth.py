"""Laws of the mouth: teeth behind lips, lips free of teeth, darkness inside."""

from dataclasses import replace
from itertools import pairwise

import cv2
import igl
import numpy as np
import pytest
import scipy.sparse as sp
from glb_reader import Glb
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxtyping import Float
from random_avatar import random_avatar
from texture_scene import BACKDROP, Scene, bare_parsing, make_scene, side_light

from reconstruction_backend.avatar import Avatar
from reconstruction_backend.backends import Reconstruction
from reconstruction_backend.color import srgb_from_linear
from reconstruction_backend.export.gltf import Compression, GltfOptions, encode_glb
from reconstruction_backend.export.mouth_shade import SHADE_POWER, mouth_shade
from reconstruction_backend.export.surfaces import surfaces_of
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.landmarks import FaceBox, FaceLandmarks
from reconstruction_backend.portrait import Portrait
from reconstruction_backend.rendering.options import RenderOptions
from reconstruction_backend.rendering.ray_scene import RayScene
from reconstruction_backend.rendering.render import render_avatar
from reconstruction_backend.texture.atlas import atlas_of
from reconstruction_backend.texture.lips import OUTER_LIPS, mouth_opening
from reconstruction_backend.texture.make import TextureOptions, make_texture
from reconstruction_backend.texture.masks import INNER_LIPS
from reconstruction_backend.texture.mouth import ENAMEL, MOUTH_PARTS, MouthTone, paint_mouth
from reconstruction_backend.texture.result import HeadTexture, Provenance

TEETH = ("teeth_upper", "teeth_lower")
CURLED = ("mouthRollUpper", "mouthRollLower", "mouthClose")
"""Lips that wrap around the teeth, and the expression that needs an open jaw."""
DEEPEST_BITE_M, DEEPEST_OF_PAIRS_M = 0.0015, 0.0025
"""Into lips that are five times as thick."""
IN_THE_GUM = 0.97
HAIRLINE = 0.002
"""Share of the rays that may slip between lips that meet to a few hundredths of a millimetre."""
CONTACT_M = 1.5e-4
LIP = np.array([0.45, 0.18, 0.16], np.float32)
SIZE = (160, 240)
BOX = FaceBox(0.0, 0.0, 240.0, 160.0)
PAINTED = (np.array([250, 245, 235]), np.array([4, 2, 2]))
"""sRGB of teeth in full light, and of a mouth in shadow."""
OPEN_SMILE = {"mouthSmileLeft": 0.7, "mouthSmileRight": 0.7, "jawOpen": 0.3}


@pytest.fixture(scope="module")
def head(cameo_head: HeadModel) -> HeadModel:
    return cameo_head


def vertices_of(model: HeadModel, *parts: str) -> np.ndarray:
    return np.unique(model.triangles[model.part_triangles(*parts)])


def depth_in_flesh(model: HeadModel, **weights: float) -> Float[np.ndarray, "K"]:
    """How deep each crown's vertices lie within lips and cheeks, metres; 0 for those outside."""
    posed = model.evaluate(np.zeros(model.shape_count), model.expression_weights(**weights)).astype(
        np.float64
    )
    flesh = model.triangles[model.part_triangles("skin", "mouth_interior")].astype(np.int64)
    teeth = vertices_of(model, *TEETH)
    points = posed[teeth[model.region("tooth_neck")[teeth] < IN_THE_GUM]]
    inside = np.asarray(igl.fast_winding_number(posed, flesh, points)) > 0.5
    depth = np.zeros(len(points))
    if inside.any():
        square = igl.point_mesh_squared_distance(points[inside], posed, flesh)[0]
        depth[inside] = np.sqrt(np.asarray(square))
    return depth


def mouth_expressions(model: HeadModel) -> list[str]:
    names = [n for n in model.expression_names if n.startswith(("mouth", "jaw", "cheek", "nose"))]
    return [name for name in names if name not in CURLED]


def test_no_tooth_is_in_the_lips_at_rest(head: HeadModel) -> None:
    assert depth_in_flesh(head).max() == 0


def test_no_expression_drives_teeth_through_lips(head: HeadModel) -> None:
    deepest = {name: depth_in_flesh(head, **{name: 1.0}).max() for name in mouth_expressions(head)}
    assert max(deepest.values()) < DEEPEST_BITE_M, deepest


@pytest.mark.parametrize("jaw", [0.0, 0.3, 0.6, 1.0])
def test_a_smile_clears_the_teeth_however_far_the_jaw_opens(head: HeadModel, jaw: float) -> None:
    depth = depth_in_flesh(head, mouthSmileLeft=1.0, mouthSmileRight=1.0, jawOpen=jaw)
    assert depth.max() < DEEPEST_OF_PAIRS_M


def test_lips_meet_at_rest(head: HeadModel) -> None:
    """From in front no tooth is seen between the closed lips, but for a hairline."""
    scene = RayScene(head.template_m, head.triangles)
    teeth = np.isin(head.triangle_part, [head.part_names.index(name) for name in TEETH])
    x, y = np.meshgrid(np.linspace(-0.024, 0.024, 97), np.linspace(-0.055, -0.015, 161))
    origins = np.stack([x.ravel(), y.ravel(), np.full(x.size, 0.3)], axis=1)
    hits = scene.first_hits(origins, np.array([[0.0, 0.0, -1.0]])).triangle
    assert teeth[hits[hits >= 0]].mean() < HAIRLINE


def test_neighbouring_teeth_touch(head: HeadModel) -> None:
    """Along each arch the gap from a tooth's vertices to the next tooth is under 0.15 mm."""
    for part in TEETH:
        triangles = head.triangles[head.part_triangles(part)]
        used, local = np.unique(triangles, return_inverse=True)
        link = local.reshape(-1, 3)
        count, label = mesh_pieces(link, len(used))
        assert count == 14
        points = head.template_m[used].astype(np.float64)
        centres = np.array([points[label == k].mean(0) for k in range(count)])
        around = np.argsort(np.arctan2(centres[:, 0], centres[:, 2] - 0.06))
        for first, second in pairwise(around):
            own = link[label[link[:, 0]] == second].astype(np.int64)
            square = igl.point_mesh_squared_distance(points[label == first], points, own)[0]
            assert np.sqrt(np.asarray(square).min()) < CONTACT_M


def mesh_pieces(triangles: np.ndarray, count: int) -> tuple[int, np.ndarray]:
    """Connected pieces of a mesh."""
    pairs = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]]])
    graph = sp.coo_matrix((np.ones(len(pairs)), pairs.T), shape=(count, count))
    pieces, label = sp.csgraph.connected_components(graph, directed=False)
    return int(pieces), label


def test_the_throat_is_darker_than_the_front_teeth(head: HeadModel) -> None:
    light = head.region("mouth_light")
    front = vertices_of(head, *TEETH)
    front = front[head.template_m[front, 2] > 0.103]
    throat = vertices_of(head, "mouth_interior")
    throat = throat[head.template_m[throat, 2] < 0.04]
    assert np.median(light[throat]) < 0.1 * np.median(light[front])


def test_exported_colours_darken_mouth_and_teeth_alone(head: HeadModel) -> None:
    light = head.region("mouth_light")
    for surface in SHADE_POWER:
        shade = mouth_shade(head, surface)
        assert shade is not None
        order = np.argsort(light)
        assert (np.diff(shade[order, 0].astype(int)) >= 0).all()
        assert (shade[:, 3] == 255).all()
    assert mouth_shade(head, "head") is None
    without = replace(head, region_names=("face",), region_weights=head.region_weights[:1])
    assert mouth_shade(without, "teeth") is None


@pytest.mark.parametrize("compression", ["none", "meshopt"])
def test_the_glb_carries_the_shade(synthetic_head: HeadModel, compression: Compression) -> None:
    avatar = random_avatar(synthetic_head)
    asset = Glb.parse(encode_glb(avatar, GltfOptions(compression)))
    for surface in surfaces_of(synthetic_head):
        shade = mouth_shade(synthetic_head, surface.name)
        if shade is not None:
            colours = asset.attribute(surface.name, "COLOR_0")
            np.testing.assert_allclose(colours, shade[surface.vertex] / 255, atol=1e-6)


@settings(max_examples=5)
@given(st.floats(0.3, 1.0))
def test_a_whiter_tone_changes_the_teeth_alone(synthetic_head: HeadModel, level: float) -> None:
    atlas = atlas_of(synthetic_head, 128)
    pictures = []
    for enamel in (ENAMEL, (ENAMEL * level).astype(np.float32)):
        albedo = np.zeros((128, 128, 3), np.uint8)
        provenance = np.zeros((128, 128), np.uint8)
        paint_mouth(albedo, provenance, atlas, MouthTone(enamel, 1.0))
        assert (provenance[atlas.part_mask(*MOUTH_PARTS)] == Provenance.INVENTED).all()
        pictures.append(albedo.astype(int))
    teeth = atlas.part_mask(*TEETH)
    assert (pictures[0][~teeth] == pictures[1][~teeth]).all()
    assert (pictures[0][teeth] >= pictures[1][teeth]).all()


def ellipse(indices: tuple[int, ...], start: float, half: tuple[float, float]) -> np.ndarray:
    """Points around the mouth's middle, counted from a corner."""
    angle = start + 2 * np.pi * np.arange(len(indices)) / len(indices)
    centre = np.array([SIZE[1] / 2, SIZE[0] / 2])
    return centre + np.stack([half[0] * np.cos(angle), half[1] * np.sin(angle)], axis=1)


def mouth_photo(inside: np.ndarray, gap_px: float) -> tuple[np.ndarray, FaceLandmarks, np.ndarray]:
    """Lips with an opening filled with one colour; the inner contours are 3 px too tight."""
    points = np.full((478, 2), -1, np.float32)
    points[list(OUTER_LIPS)] = ellipse(OUTER_LIPS, np.pi, (90, 44))
    points[list(INNER_LIPS)] = ellipse(INNER_LIPS, np.pi, (77, max(gap_px - 3, 0.5)))
    photo = np.full((*SIZE, 3), LIP, np.float32)
    photo *= np.exp(np.random.default_rng(1).normal(0, 0.05, (*SIZE, 1))).astype(np.float32)
    opening = np.zeros(SIZE, np.uint8)
    centre = (SIZE[1] // 2, SIZE[0] // 2)
    cv2.ellipse(opening, centre, (80, round(gap_px)), 0, 0, 360, (1,), -1)
    photo[opening > 0] = inside
    landmarks = FaceLandmarks(points, np.zeros(478, np.float32), BOX, ())
    return photo, landmarks, opening > 0


@pytest.mark.parametrize(
    "inside", [(0.7, 0.65, 0.55), (0.01, 0.006, 0.005)], ids=["teeth", "shadow"]
)
@pytest.mark.parametrize("gap_px", [8.0, 16.0])
def test_what_is_inside_never_counts_as_lip(inside: tuple[float, ...], gap_px: float) -> None:
    photo, landmarks, opening = mouth_photo(np.array(inside, np.float32), gap_px)
    found = mouth_opening(photo, landmarks)
    assert found[opening].mean() > 0.97
    lips = cv2.dilate(opening.astype(np.uint8), np.ones((11, 11))) == 0
    assert found[lips].max() < 0.05


def smiling_scene(head: HeadModel) -> tuple[Scene, np.ndarray]:
    """A synthetic photo of an open smile, and its opening as a mask."""
    still = make_scene(head, side_light(0.0))
    fit = replace(still.reconstruction.fit, expression=head.expression_weights(**OPEN_SMILE))
    posed = head.evaluate(fit.shape, fit.expression)
    texture = HeadTexture(
        srgb_from_linear(still.albedo),
        np.broadcast_to(np.array([128, 128, 255], np.uint8), still.albedo.shape).copy(),
        np.full(still.albedo.shape[:2], Provenance.SEEN, np.uint8),
        still.light,
    )
    avatar = Avatar("cameo-head", head, fit, texture, None, {}, ())
    drawn = render_avatar(avatar, RenderOptions(view="photo")).astype(np.float32)
    alpha = drawn[:, :, 3:] / 255
    photo = np.round(drawn[:, :, :3] * alpha + BACKDROP * (1 - alpha)).astype(np.uint8)
    points = fit.camera.project(head.surface_points(head.landmarks_mediapipe, posed))
    landmarks = replace(still.landmarks, points_px=points.astype(np.float32))
    opening = np.zeros(photo.shape[:2], np.uint8)
    cv2.fillPoly(opening, [np.round(points[list(INNER_LIPS)]).astype(np.int32)], (1,))
    scene = replace(
        still,
        portrait=Portrait(photo, None),
        landmarks=landmarks,
        reconstruction=Reconstruction("cameo-head", head, fit),
    )
    return scene, opening > 0


def test_lips_do_not_care_what_the_open_mouth_shows(head: HeadModel) -> None:
    scene, opening = smiling_scene(head)
    albedos = []
    for colour in PAINTED:
        photo = scene.portrait.image.copy()
        photo[opening] = colour
        texture = make_texture(
            Portrait(photo, None), scene.landmarks, bare_parsing(photo), scene.reconstruction,
            TextureOptions(1024),
        )  # fmt: skip
        albedos.append(texture.albedo.astype(int))
    lips = atlas_of(head, 1024).interpolate(head.region("lips")[:, None])[:, :, 0] > 0.5
    difference = np.abs(albedos[0] - albedos[1]).max(axis=2)[lips]
    assert np.percentile(difference, 95) <= 3
    assert difference.max() < 25
