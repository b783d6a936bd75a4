"""Decomposition, strengths and holiday effects against known components and published values."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.datasets import co2
from statsmodels.tsa.seasonal import STL

from financial_analytics.stats.seasons import (
    decompose,
    holiday_effects,
    outliers,
    strength,
    strength_interval,
)

DAYS = 3 * 365 + 1
DAY = np.arange(DAYS)
WEEKDAY = DAY % 7 + 1
WEEK = np.array([-0.10, -0.08, -0.03, 0.02, 0.16, 0.14, -0.11])[DAY % 7]
YEAR = 0.15 * np.cos(2 * np.pi * DAY / 365.25)


def _noise(seed: int, scale: float = 0.05) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, scale, DAYS)


def test_strength__of_the_carbon_dioxide_record() -> None:
    """Mauna Loa CO2, monthly: trend and season explain nearly all.

    Cleveland et al. (1990), *J. Official Statistics* 6, show STL on this record: a trend of
    315 to 370 ppm and a season of about six ppm from trough to peak.
    """
    monthly = co2.load_pandas().data["co2"].resample("MS").mean().interpolate()
    fit = STL(monthly, period=12, seasonal=35).fit()
    assert strength(fit.trend, fit.resid) > 0.999
    assert strength(fit.seasonal, fit.resid) > 0.95
    season = fit.seasonal.iloc[120:132]
    assert season.max() - season.min() == pytest.approx(6, abs=1)


def test_decompose__gives_known_components_back() -> None:
    parts = decompose(4 + 0.0002 * DAY + WEEK + YEAR + _noise(1))
    total = parts.trend + parts.weekly + parts.yearly + parts.remainder
    np.testing.assert_allclose(total, 4 + 0.0002 * DAY + WEEK + YEAR + _noise(1), atol=1e-9)
    # a mean over 53 weeks has an error of 0.05 / sqrt(53)
    assert np.sqrt(np.mean((parts.weekly - WEEK) ** 2)) < 0.02
    assert np.corrcoef(parts.yearly, YEAR)[0, 1] > 0.97
    assert parts.trend[-30:].mean() - parts.trend[:30].mean() == pytest.approx(0.21, abs=0.05)
    assert strength(parts.weekly, parts.remainder) > 0.7
    assert strength(parts.yearly, parts.remainder) > 0.6


def test_decompose__noise_has_no_season() -> None:
    """Without smoothing the year of three years of noise has a strength of 0.6 and more."""
    parts = decompose(4 + _noise(2))
    assert strength(parts.weekly, parts.remainder) < 0.1
    assert strength(parts.yearly, parts.remainder) < 0.15


def test_decompose__one_year_has_no_yearly_component() -> None:
    parts = decompose((4 + WEEK + _noise(3))[:400])
    assert parts.yearly is None
    np.testing.assert_allclose(
        parts.trend + parts.weekly + parts.remainder, (4 + WEEK + _noise(3))[:400]
    )


def test_holiday_effects__cover_what_was_planted() -> None:
    """Honest 95 % intervals cover fewer than 34 of 40 times with probability 0.003."""
    names = np.full(DAYS, None, dtype=object)
    names[[50, 415, 780]] = "Carnival"
    names[[200, 565, 930]] = "Harvest"
    names[333] = "Jubilee"
    planted = np.array([0 if name is None else -0.35 for name in names])
    covered = {"mean": 0, "Carnival": 0}
    rejected = {"weekly": 0, "yearly": 0}
    for seed in range(40):
        y = 4 + 0.0001 * DAY + planted + _noise(100 + seed)
        found = holiday_effects(y, WEEKDAY, names, np.ones(DAYS, dtype=bool))
        assert found.mean is not None
        covered["mean"] += found.mean.lower <= -0.35 <= found.mean.upper
        own = found.by_name["Carnival"]
        covered["Carnival"] += own.lower <= -0.35 <= own.upper
        assert set(found.by_name) == {"Carnival", "Harvest"}
        rejected["weekly"] += found.weekly_p_value < 0.05
        rejected["yearly"] += found.yearly_p_value < 0.05
    assert covered["Carnival"] >= 34
    # a robust error from seven days is a little small: 90 % asked for, 30 of 40
    assert covered["mean"] >= 30
    assert max(rejected.values()) <= 8


def test_holiday_effects__week_and_year_are_found() -> None:
    names = np.full(DAYS, None, dtype=object)
    found = holiday_effects(4 + WEEK + YEAR + _noise(4), WEEKDAY, names, np.ones(DAYS, dtype=bool))
    assert found.mean is None
    assert found.weekly_p_value < 1e-10
    assert found.yearly_p_value < 1e-10


def test_outliers__are_found_at_the_ends_and_beside_holidays() -> None:
    y = 4 + _noise(5)
    held = np.zeros(DAYS, dtype=bool)
    held[[50, 150, 250, 415, 515]] = True
    y[held] -= 1.0
    y[[0, 600, DAYS - 1]] += 3
    assert np.flatnonzero(outliers(y, held)).tolist() == [0, 600, DAYS - 1]


def test_strength_interval__holds_the_estimate() -> None:
    rng = np.random.default_rng(6)
    found = strength_interval(WEEK, _noise(7), samples=100, rng=rng)
    assert found.lower <= found.value <= found.upper
    assert found.upper - found.lower < 0.1
    truth = 1 - 0.05**2 / (0.05**2 + WEEK.var())
    assert found.value == pytest.approx(truth, abs=0.03)
