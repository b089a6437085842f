"""Laws of what hair, beards, frames and a dark exposure do to the skin."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.landmarks import FaceBox, FaceLandmarks
from reconstruction_backend.texture.atlas import Atlas, atlas_of
from reconstruction_backend.texture.exposure import MARGIN, SKIN_LOG_LUMINANCE, missing_exposure
from reconstruction_backend.texture.frames import frame_mask
from reconstruction_backend.texture.grain import grain_tile
from reconstruction_backend.texture.hair_shadow import clear_of_hair, hair_shading
from reconstruction_backend.texture.masks import FaceZones, zones_of
from reconstruction_backend.texture.projection import Observation
from reconstruction_backend.texture.residual_light import beard_share

SIZE = 512
PIXEL_M = 1e-3


@pytest.fixture(scope="module")
def zones(cameo_head: HeadModel) -> FaceZones:
    return zones_of(atlas_of(cameo_head, SIZE))


@pytest.fixture(scope="module")
def fringe(cameo_head: HeadModel) -> Observation:
    """Hair down to a third of the atlas, skin below."""
    atlas: Atlas = atlas_of(cameo_head, SIZE)
    hair = np.zeros((SIZE, SIZE), np.float32)
    hair[: SIZE // 6] = 1
    everywhere = atlas.part_mask("skin").astype(np.float32)
    none = np.zeros_like(hair)
    return Observation(np.ones((SIZE, SIZE, 3), np.float32), everywhere, 1 - hair, hair, none)


def test_skin_is_clear_of_hair_away_from_it(fringe: Observation, zones: FaceZones) -> None:
    clear = clear_of_hair(fringe, zones)
    middle = clear[SIZE // 12 :, SIZE // 2]  # the rows above are no skin
    assert middle[: SIZE // 12].max() < 0.01
    assert middle[SIZE // 12 + SIZE // 24 :].min() > 0.99
    assert (np.diff(middle) >= -1e-6).all()
    bald = Observation(
        fringe.rgb, fringe.confidence, fringe.skin + fringe.hair, 0 * fringe.hair, fringe.glasses
    )
    np.testing.assert_array_equal(clear_of_hair(bald, zones), 1)


@settings(max_examples=6)
@given(st.floats(-0.8, -0.2), st.floats(-0.3, 0.3))
def test_a_fringe_s_shadow_is_light_and_the_tone_runs_on(
    fringe: Observation, zones: FaceZones, depth: float, tone: float
) -> None:
    clear, bare = clear_of_hair(fringe, zones), fringe.skin * fringe.confidence
    shaded = tone + depth * (1 - clear)
    departure = (shaded[:, :, None] * np.ones(3)).astype(np.float32)
    kept = (departure - hair_shading(departure, bare, clear, zones)).mean(axis=2)
    column = slice(SIZE // 6 + 8, SIZE // 3), SIZE // 2
    plain = zones.features[column] < 0.01
    np.testing.assert_allclose(kept[column][plain], tone, atol=0.35 * abs(depth))
    assert np.abs(kept - tone)[column].mean() < 0.5 * np.abs(shaded - tone)[column].mean() + 1e-3


def test_even_skin_beside_hair_stays_as_it_is(fringe: Observation, zones: FaceZones) -> None:
    nothing = np.zeros((SIZE, SIZE, 3), np.float32)
    shading = hair_shading(nothing, fringe.skin, clear_of_hair(fringe, zones), zones)
    np.testing.assert_allclose(shading, 0, atol=1e-6)


def test_hairs_are_a_beard_and_a_smooth_chin_is_none(zones: FaceZones) -> None:
    weight = np.ones((SIZE, SIZE), np.float32)
    smooth = np.zeros((SIZE, SIZE, 3), np.float32)
    np.testing.assert_allclose(beard_share(smooth, weight, zones), 0, atol=1e-6)
    hairs = np.random.default_rng(4).normal(0, 0.8, (SIZE, SIZE, 1)).astype(np.float32)
    share = beard_share(hairs * np.ones(3, np.float32), weight, zones)
    assert share[(zones.lower_face == 1) & (zones.lips == 0)].mean() > 0.8
    assert share[zones.lower_face == 0].mean() < 0.01


@given(st.floats(-3.5, -0.3), st.floats(-3.5, -0.5), st.floats(0, 1))
def test_a_photo_is_never_made_darker(seen: float, told: float, trust: float) -> None:
    gain = missing_exposure(seen, told, trust)
    assert gain >= 0
    assert seen + gain <= max(seen, told, SKIN_LOG_LUMINANCE) + 1e-9


@given(st.floats(-3.0, -1.3), st.floats(0.1, 1.5))
def test_bright_whites_say_that_dark_skin_is_dark(seen: float, difference: float) -> None:
    dark_photo = missing_exposure(seen, seen + difference, 1.0)
    dark_skin = missing_exposure(seen, seen, 1.0)
    assert dark_skin < dark_photo or dark_photo == 0
    assert missing_exposure(SKIN_LOG_LUMINANCE - MARGIN, SKIN_LOG_LUMINANCE, 1.0) == 0


def _face() -> FaceLandmarks:
    points = np.zeros((478, 2), np.float32)
    points[[33, 133, 362, 263]] = [[60, 60], [85, 60], [115, 60], [140, 60]]
    points[[127, 356]] = [[25, 60], [175, 60]]
    depth = np.zeros(478, np.float32)
    return FaceLandmarks(points, depth, FaceBox(10.0, 0.0, 180.0, 200.0), ())


@settings(max_examples=8)
@given(st.floats(-6, 6), st.sampled_from([0.25, 0.5, 2.0]))
def test_arms_and_bridge_are_found_where_glasses_are_worn(height: float, factor: float) -> None:
    rows, columns = np.indices((200, 200)).astype(np.float32)
    lenses = (np.abs(columns - 72.5) < 20) | (np.abs(columns - 127.5) < 20)
    glasses = (lenses & (np.abs(rows - 60) < 14)).astype(np.float32)
    arm = np.abs(rows - 60 + height) < 1.2
    linear = np.where(arm[:, :, None], 0.3 * factor, np.float32(0.3)) * np.ones(3, np.float32)
    linear = linear.astype(np.float32)
    found = frame_mask(linear, glasses, _face(), PIXEL_M)
    between = found[:, 95:105]
    assert (between[np.abs(rows[:, 95:105] - 60 + height) < 1] == 1).all()
    assert (found[:, 30:48].sum(axis=0) >= 2).all()
    assert found[100:].max() == 0
    np.testing.assert_array_equal(frame_mask(linear, 0 * glasses, _face(), PIXEL_M), 0)


def test_grain_of_lined_skin_has_no_lines(cameo_head: HeadModel) -> None:
    atlas = atlas_of(cameo_head, SIZE)
    rows = np.arange(SIZE)[:, None, None] * np.ones((1, SIZE, 3))
    noise = np.random.default_rng(6).normal(0, 0.01, (SIZE, SIZE, 3))
    wrinkled = (0.05 * np.sin(2.0 * rows) + noise).astype(np.float32)
    tile = grain_tile(atlas, wrinkled, np.ones((SIZE, SIZE), np.float32))[:, :, 0]
    assert tile.std() > 0.005
    across, along = np.diff(tile, axis=0).std(), np.diff(tile, axis=1).std()
    assert 0.8 < across / along < 1.25
    seam = np.abs(tile[0] - tile[-1]).std()
    assert seam < 1.5 * np.abs(np.diff(tile, axis=0)).std()
