"""What the meshopt encoders write, a decoder made from the specification reads back."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from reconstruction_backend.export.meshopt import encode_attributes, encode_indices
from tests.meshopt_decoder import decode_attributes, decode_indices


@settings(max_examples=30)
@given(
    count=st.integers(1, 600),
    stride=st.sampled_from([4, 8, 12, 64]),
    step=st.sampled_from([0, 1, 4, 200]),
    seed=st.integers(0, 2**32 - 1),
)
def test_attributes_round_trip(count: int, stride: int, step: int, seed: int) -> None:
    steps = np.random.default_rng(seed).integers(-step, step + 1, (count, stride))
    rows = np.cumsum(steps, axis=0).astype(np.uint8)
    assert np.array_equal(decode_attributes(encode_attributes(rows), count, stride), rows)


@given(st.lists(st.integers(0, 2**29 - 1) | st.integers(0, 300)))
def test_indices_round_trip(indices: list[int]) -> None:
    array = np.array(indices, np.uint32)
    assert decode_indices(encode_indices(array), len(array)).tolist() == indices


def test_a_constant_attribute_takes_almost_nothing() -> None:
    rows = np.full((4096, 8), 77, np.uint8)
    assert len(encode_attributes(rows)) < rows.nbytes / 50


def test_neighbouring_triangles_take_about_a_byte_a_corner() -> None:
    strip = np.arange(3000)[:, None] + np.arange(3)
    assert len(encode_indices(strip.ravel())) < 1.1 * strip.size
