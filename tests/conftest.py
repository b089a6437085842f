"""Fixtures that several test files share."""

import pytest
from synthetic_head import build_head_model

from reconstruction_backend.head_model import HeadModel


@pytest.fixture(scope="session")
def synthetic_head() -> HeadModel:
    """A small, symmetric head of ellipsoids with every part of the real model."""
    return build_head_model()
