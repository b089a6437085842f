"""Bootstrap intervals hold what they promise, and comparisons say what the figures say."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from evaluation_fakes import figures, record, run_of
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation import bootstrap
from evaluation.bootstrap import estimate
from evaluation.runs.comparison import compare
from evaluation.runs.summary import summarise


def test_the_interval_of_the_mean_covers_the_truth_as_often_as_it_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bootstrap, "RESAMPLES", 399)  # enough for coverage, and quick
    rng = np.random.default_rng(0)
    trials, held = 200, 0
    for _ in range(trials):
        interval = estimate(rng.gamma(4.0, 0.5, 40), "mean").interval
        assert interval is not None
        held += interval.low <= 2.0 <= interval.high
    # 0.95 less what 40 skewed values cost; three standard errors of 200 trials are 0.05
    assert 0.88 <= held / trials <= 0.99


@settings(max_examples=25)
@given(st.lists(st.floats(-100, 100), min_size=3, max_size=12), st.sampled_from(["mean", "median"]))
def test_the_value_lies_in_its_interval(numbers: list[float], statistic: str) -> None:
    values = np.array(numbers)
    found = estimate(values, "mean" if statistic == "mean" else "median")
    assert found.interval is not None
    slack = 1e-9 * (1 + abs(found.value))
    assert values.min() - slack <= found.interval.low <= found.interval.high
    assert found.interval.high <= values.max() + slack


def test_more_values_make_it_narrower_and_it_is_the_same_each_time() -> None:
    rng = np.random.default_rng(1)
    few, many = rng.normal(size=20), rng.normal(size=2000)
    narrow, wide = estimate(many, "mean").interval, estimate(few, "mean").interval
    assert narrow is not None
    assert wide is not None
    assert narrow.high - narrow.low < (wide.high - wide.low) / 3
    assert estimate(few, "median") == estimate(few, "median")


def test_what_cannot_be_resampled_has_no_interval() -> None:
    assert estimate(np.array([1.0, 2.0]), "mean").interval is None
    assert estimate(np.array([1.0, np.inf, 2.0]), "mean").interval is None
    flat = estimate(np.array([5.0, 5.0, 5.0]), "median")
    assert flat.interval == bootstrap.Interval(5.0, 5.0)


def test_a_summary_counts_and_leaves_out_what_is_missing(tmp_path: Path) -> None:
    records = [record(i, figures(psnr_head_db=20.0 + i, difd=None)) for i in range(4)]
    summary = summarise(run_of("a", [*records, record(9, None)], tmp_path))
    assert (summary.photos, summary.measured, summary.failed) == (5, 4, 1)
    psnr = summary.metric("psnr_head_db")
    assert psnr is not None
    assert (psnr.count, psnr.mean.value, psnr.worst, psnr.best) == (4, 21.5, 20.0, 23.0)
    assert summary.metric("difd") is None


def test_the_first_avatar_of_a_worker_does_not_count_for_speed(tmp_path: Path) -> None:
    cold = record(0, figures())
    assert cold.cost is not None
    cold = replace(cold, cost=replace(cold.cost, warm=False, reconstruct_s=99.0))
    summary = summarise(run_of("a", [cold, record(1, figures())], tmp_path))
    speed = summary.metric("reconstruct_s")
    assert speed is not None
    assert (speed.count, speed.worst) == (1, 2.0)


def test_a_run_that_is_better_on_every_photo_wins_whatever_the_photos(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    base = rng.normal(22, 4, 30)
    a = run_of(
        "a", [record(i, figures(psnr_head_db=float(v))) for i, v in enumerate(base)], tmp_path
    )
    better = [record(i, figures(psnr_head_db=float(v + 0.3 + 0.1 * rng.normal())))
              for i, v in enumerate(base)]  # fmt: skip
    b = run_of("b", [*better, record(99, figures())], tmp_path)
    comparison = compare(a, b)
    assert (comparison.paired, comparison.only_first, comparison.only_second) == (30, 0, 1)
    psnr = comparison.difference("psnr_head_db")
    assert psnr is not None
    assert psnr.verdict == "second"
    assert psnr.mean.value == pytest.approx(0.3, abs=0.1)
    back = compare(b, a).difference("psnr_head_db")
    assert back is not None
    assert back.verdict == "first"
    assert back.mean.value == pytest.approx(-psnr.mean.value)
    assert back.second_better_share == pytest.approx(1 - psnr.second_better_share)


def test_smaller_is_better_where_it_is_and_equal_runs_stay_open(tmp_path: Path) -> None:
    a = run_of("a", [record(i, figures(difd=0.5 + 0.01 * i)) for i in range(10)], tmp_path)
    b = run_of("b", [record(i, figures(difd=0.4 + 0.011 * i)) for i in range(10)], tmp_path)
    difd = compare(a, b).difference("difd")
    assert difd is not None
    assert difd.verdict == "second"
    same = compare(a, a).difference("difd")
    assert same is not None
    assert (same.verdict, same.second_better_share) == ("open", 0.5)
