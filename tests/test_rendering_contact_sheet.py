"""The sheet on which avatars are looked at."""

import numpy as np

from evaluation.contact_sheet import avatar_row, crop_to_cell, failed_row, lay_out, over
from reconstruction_backend.avatar import Avatar

COLUMNS = ("photo", "overlay", "front", "left")


def test_sheet_holds_a_row_per_photo(synthetic_avatar: Avatar) -> None:
    camera = synthetic_avatar.fit.camera
    photo = np.full((camera.height_px, camera.width_px, 3), 90, np.uint8)
    row = avatar_row("someone", photo, synthetic_avatar, COLUMNS, "clay", 64)
    failure = failed_row("no one", "No face was found.", len(COLUMNS), 64)
    sheet = np.asarray(lay_out([row, failure], COLUMNS))
    assert sheet.shape[1] == 4 * 64
    assert sheet.shape[0] > 2 * 64
    photo_cell, overlay_cell, front_cell, left_cell = row.cells
    assert (photo_cell[32, 32] == 90).all()
    assert (overlay_cell[32, 32] != 90).any()
    assert np.abs(front_cell.astype(int) - left_cell).max() > 20


def test_transparent_pictures_leave_the_backdrop() -> None:
    backdrop = np.random.default_rng(0).integers(0, 256, (5, 6, 3), np.uint8)
    clear = np.zeros((5, 6, 4), np.uint8)
    np.testing.assert_array_equal(over(clear, backdrop), backdrop)
    opaque = np.dstack([255 - backdrop, np.full((5, 6), 255, np.uint8)])
    np.testing.assert_array_equal(over(opaque, backdrop), 255 - backdrop)


def test_crop_at_the_cell_s_own_size_changes_no_pixel() -> None:
    image = np.random.default_rng(1).integers(0, 256, (20, 30, 3), np.uint8)
    cell = crop_to_cell(image, np.array([5.0, 3.0, 15.0, 13.0]), 10)
    np.testing.assert_array_equal(cell, image[3:13, 5:15])
