"""Forecasts of daily counts: what is planted is found, bounds cover, bad input is refused."""

from __future__ import annotations

import numpy as np
import pytest

from financial_analytics.errors import InvalidInputError
from financial_analytics.models.threads import one_thread
from financial_analytics.stats.forecast import (
    METHODS,
    NAIVE,
    DailyCounts,
    backtest,
    bounds,
    calendar_design,
    conformal_widths,
    forecast,
    honest_coverage,
    mase,
    rolling_origins,
)

AHEAD = 60


def planted(seed: int, days: int = 900) -> tuple[DailyCounts, np.ndarray]:
    """Return counts of a planted calendar, and their means with those of the days ahead."""
    rng = np.random.default_rng(seed)
    day = np.datetime64("2022-01-01") + np.arange(days + AHEAD)
    number = day.astype("datetime64[D]").astype(int)
    first = day.astype("datetime64[M]").astype("datetime64[D]")
    held = rng.random(days + AHEAD) < 0.03
    log_mean = (
        np.log(400) + np.array([0.1, 0, 0, 0, 0.2, -0.4, -0.6])[(number + 3) % 7]
        + 0.5 * (day == first) - 0.4 * held + 0.1 * (number - number[0]) / 365.25
        + 0.1 * np.cos(2 * np.pi * number / 365.25)
    )  # fmt: skip
    mean = np.exp(log_mean)
    return DailyCounts.of(rng.poisson(mean[:days]), day, held), mean


@one_thread
def _judged(seed: int) -> tuple[float, float, float, float]:
    series, mean = planted(seed)
    design = calendar_design(series, yearly=True)[: len(series.counts)]
    origins = rolling_origins(len(series.counts), least=450, step=14)
    tests = backtest(series, design, origins, AHEAD)
    best = tests["calendar_regression"]
    oracle = type(best)(
        best.origins,
        np.array([mean[o : o + AHEAD] for o in best.origins]),
        best.actual,
    )
    held = honest_coverage(best, 0.95)
    return (
        mase(series.counts, best), mase(series.counts, oracle),
        mase(series.counts, tests[NAIVE]), held.share,
    )  # fmt: skip


def test_calendar_regression__errs_little_more_than_the_planted_mean() -> None:
    found = np.array([_judged(seed) for seed in range(6)])
    ours, oracle, naive, covered = found.mean(axis=0)
    assert ours < 1.1 * oracle < naive
    # 6 banks with some 28 correlated origins each
    assert 0.93 < covered < 0.97


@one_thread
def test_forecast__is_the_planted_mean_within_its_bounds() -> None:
    series, mean = planted(3)
    design = calendar_design(series, yearly=True)
    origins = rolling_origins(len(series.counts), least=450, step=14)
    tests = backtest(series, design[: len(series.counts)], origins, AHEAD)
    said = forecast(series, design, "calendar_regression")
    assert np.abs(said / mean[len(series.counts) :] - 1).mean() < 0.03
    low, high = bounds(said, conformal_widths(tests["calendar_regression"], 0.95))
    assert ((mean[len(series.counts) :] > low) & (mean[len(series.counts) :] < high)).all()
    narrow = bounds(said, conformal_widths(tests["calendar_regression"], 0.8))
    assert (narrow[0] >= low).all() and (narrow[1] <= high).all()


def test_naive__repeats_the_last_week_and_has_a_known_error() -> None:
    values = np.tile([10.0, 20, 30, 40, 50, 60, 70], 20) + np.repeat(np.arange(20.0), 7)
    days = np.datetime64("2024-01-01") + np.arange(147)
    series = DailyCounts.of(values, days, np.zeros(147, dtype=bool))
    design = calendar_design(series, yearly=False)
    said = forecast(series, design, NAIVE)
    assert said.tolist() == values[-7:].tolist()
    test = backtest(series, design[:140], [70], 7)[NAIVE]
    # every day is one above the week before: an error of exactly one week's change
    assert mase(series.counts, test) == pytest.approx(1.0)


def test_bounds__with_too_few_outcomes_are_infinite() -> None:
    series, _ = planted(1, days=150)
    design = calendar_design(series, yearly=False)[:150]
    tests = one_thread(backtest)(series, design, [148], 2)
    assert np.isinf(conformal_widths(tests[NAIVE], 0.95)).all()


def test_counts__gaps_and_unknown_days_are_refused() -> None:
    days = np.datetime64("2024-01-01") + np.array([0, 1, 3])
    with pytest.raises(InvalidInputError, match="days are missing"):
        DailyCounts.of([1.0, 2.0], days, [False] * 3)
    days = np.datetime64("2024-01-01") + np.arange(3)
    with pytest.raises(InvalidInputError, match="NaN"):
        DailyCounts.of([1.0, np.nan], days, [False] * 3)
    series = DailyCounts.of([1.0] * 9, np.datetime64("2024-01-01") + np.arange(12), [False] * 12)
    with pytest.raises(InvalidInputError, match="no method"):
        forecast(series, calendar_design(series, yearly=False), "arima")
    assert next(iter(METHODS)) == NAIVE
