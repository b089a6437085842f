"""How sure a mean or median is: bootstrap confidence intervals (Efron 1987, bias-corrected)."""

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float
from scipy import stats

RESAMPLES = 4999
CONFIDENCE = 0.95
SEED = 20230601
"""The same data always give the same interval."""
VALUES_AT_ONCE = 4_000_000
LEAST_VALUES = 3
"""Resampling fewer says nothing about what was not seen."""

Statistic = Literal["mean", "median"]


@dataclass(frozen=True)
class Interval:
    """Bounds within which the statistic lies with `CONFIDENCE`."""

    low: float
    high: float


@dataclass(frozen=True)
class Estimate:
    """A statistic of a sample, and how sure it is."""

    value: float
    interval: Interval | None
    """None of fewer than three values, or where one is not finite."""


def estimate(values: Float[np.ndarray, "N"], statistic: Statistic) -> Estimate:
    """The mean or the median of at least one value, with its interval."""
    of = np.mean if statistic == "mean" else np.median
    value = float(of(values))
    if len(values) < LEAST_VALUES or not np.isfinite(values).all():
        return Estimate(value, None)
    if np.ptp(values) == 0:
        return Estimate(value, Interval(value, value))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of degenerate resamples; the bounds are checked below
        bounds = stats.bootstrap(
            (values,), of, n_resamples=RESAMPLES, confidence_level=CONFIDENCE, method="BCa",
            batch=max(1, VALUES_AT_ONCE // len(values)), rng=np.random.default_rng(SEED),
        ).confidence_interval  # fmt: skip
    if not np.isfinite([bounds.low, bounds.high]).all():  # BCa breaks down where most are equal
        bounds = _percentiles(values, of)
    return Estimate(value, Interval(float(bounds[0]), float(bounds[1])))


def _percentiles(values: Float[np.ndarray, "N"], of: object) -> Float[np.ndarray, "2"]:
    rng = np.random.default_rng(SEED)
    function = np.mean if of is np.mean else np.median
    resampled = [
        float(function(values[rng.integers(0, len(values), len(values))])) for _ in range(RESAMPLES)
    ]
    tail = (1 - CONFIDENCE) / 2
    return np.quantile(resampled, [tail, 1 - tail])
