"""The seam: every backend that can run here keeps the contract; the others say why not."""

import numpy as np
import pytest
from skimage import data

from reconstruction_backend.backends import (
    available_backends,
    backend_descriptions,
    load_backend,
)
from reconstruction_backend.errors import InvalidOption, ModelNotAvailable
from reconstruction_backend.landmarks import LandmarkDetector
from reconstruction_backend.portrait import Portrait


@pytest.mark.parametrize("name", available_backends())
def test_a_backend_gives_a_head_that_lies_on_the_photo(name: str) -> None:
    photo = Portrait(data.astronaut(), focal_length_px=None)
    with LandmarkDetector() as detector:
        landmarks = detector.detect(photo)
    backend = load_backend(name)
    reconstruction = backend.reconstruct(photo, landmarks)
    fit, model = reconstruction.fit, reconstruction.head_model
    assert backend.name == reconstruction.backend == name
    assert fit.shape.shape == (model.shape_count,)
    assert fit.expression.shape == (model.expression_count,)
    assert fit.landmark_residual_iod < 0.03
    assert (fit.camera.width_px, fit.camera.height_px) == (photo.width_px, photo.height_px)
    vertices = model.evaluate(fit.shape, fit.expression, fit.pose_rad)
    points = fit.camera.project(model.surface_points(model.landmarks_mediapipe, vertices))
    eye_distance = np.linalg.norm(landmarks.points_px[33] - landmarks.points_px[263])
    distance = np.linalg.norm(points - landmarks.points_px, axis=1)
    assert np.median(distance) < 0.06 * eye_distance


def test_the_default_backend_runs_here() -> None:
    assert "cameo-head" in available_backends()


@pytest.mark.parametrize(
    "name", [each.name for each in backend_descriptions() if not each.available]
)
def test_a_backend_that_cannot_run_says_why(name: str) -> None:
    with pytest.raises(ModelNotAvailable, match="needs torch"):
        load_backend(name)


def test_an_unknown_backend_is_a_mistake_in_the_option() -> None:
    with pytest.raises(InvalidOption, match="cameo-head"):
        load_backend("nothing")
