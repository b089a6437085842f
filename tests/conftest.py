"""Fixtures that several test files share."""

from collections.abc import Generator

import pytest
from synthetic_avatar import build_avatar
from synthetic_head import build_head_model

from reconstruction_backend.avatar import Avatar
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.landmarks import LandmarkDetector


@pytest.fixture(scope="session")
def synthetic_head() -> HeadModel:
    """A small, symmetric head of ellipsoids with every part of the real model."""
    return build_head_model()


@pytest.fixture(scope="session")
def synthetic_avatar(synthetic_head: HeadModel) -> Avatar:
    """The synthetic head in one skin colour, under uniform light."""
    return build_avatar(synthetic_head)


@pytest.fixture(scope="session")
def landmark_detector() -> Generator[LandmarkDetector]:
    """Warm networks."""
    with LandmarkDetector() as detector:
        yield detector
