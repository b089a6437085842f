"""The viewer's strand file gives strands back within its steps, and refuses damage."""

from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconstruction_backend.hair.strand_binary import (
    HEADER_BYTES,
    InvalidStrands,
    decode_strand_binary,
    encode_strand_binary,
)
from reconstruction_backend.hair.strands import HairStrands


def random_strands(seed: int, count: int = 40, points: int = 12) -> HairStrands:
    rng = np.random.default_rng(seed)
    smooth = np.cumsum(rng.normal(0, 0.01, (count, points, 3)), axis=1) + np.array(
        [0.1, -0.2, 0.05]
    )
    curl = rng.normal(0, 0.002, smooth.shape) * rng.choice([1, 30], (count, 1, 1), p=[0.95, 0.05])
    width = rng.uniform(5e-5, 2e-4, (count, 1)) * np.linspace(1, 0.3, points)
    return HairStrands(
        rng.random((count, 2)).astype(np.float32),
        (smooth + curl).astype(np.float32),
        width.astype(np.float32),
        np.repeat(rng.random((count, 1, 3)), points, axis=1).astype(np.float32),
        smooth.astype(np.float32),
    )


@given(seed=st.integers(0, 2**32 - 1))
def test_strands_come_back_within_half_a_step(seed: int) -> None:
    strands = random_strands(seed)
    data = encode_strand_binary(strands)
    read = decode_strand_binary(data)
    position_step, _, width_step, taper = np.frombuffer(data, "<f4", 4, 28).tolist()
    assert np.abs(read.points_m - strands.points_m).max() <= 0.51 * position_step
    assert position_step < 2e-5
    assert np.abs(read.width_m[:, 0] - strands.width_m[:, 0]).max() <= 0.51 * width_step
    assert taper == pytest.approx(0.7, abs=1e-3)
    shade = np.abs(np.sqrt(read.color_linear) - np.sqrt(strands.color_linear))
    assert shade.max() < 0.02


@given(seed=st.integers(0, 2**32 - 1))
def test_without_detail_almost_all_strands_are_smooth_again(seed: int) -> None:
    strands = random_strands(seed)
    data = encode_strand_binary(strands)
    read = decode_strand_binary(data)
    assert read.smooth_m is not None
    assert strands.smooth_m is not None
    step = float(np.frombuffer(data, "<f4", 1, 32)[0])
    off = np.abs(read.smooth_m - strands.smooth_m).max(axis=(1, 2))
    assert (off <= 0.6 * step).mean() >= 0.95


def test_the_size_is_what_the_format_says() -> None:
    strands = random_strands(3, count=7, points=5)
    assert len(encode_strand_binary(strands, strands.color_linear[:, :3])) == HEADER_BYTES + 7 * (
        9 * 5 + 3 * 3 + 1
    )


def test_a_beginning_of_the_strands_is_the_beginning_of_the_file() -> None:
    whole = decode_strand_binary(encode_strand_binary(random_strands(5)))
    assert whole.count == 40
    bald = replace(random_strands(5), smooth_m=None)
    assert np.allclose(
        decode_strand_binary(encode_strand_binary(bald)).points_m, bald.points_m, atol=2e-5
    )


@given(seed=st.integers(0, 2**32 - 1), data=st.data())
def test_damaged_bytes_are_refused_or_read_but_never_crash(seed: int, data: st.DataObject) -> None:
    whole = bytearray(encode_strand_binary(random_strands(seed, count=3, points=3)))
    for _ in range(3):
        whole[data.draw(st.integers(0, HEADER_BYTES - 1))] = data.draw(st.integers(0, 255))
    with suppress(InvalidStrands):
        assert decode_strand_binary(bytes(whole)).count < 1000
    with pytest.raises(InvalidStrands):
        decode_strand_binary(bytes(whole[:-1]))
