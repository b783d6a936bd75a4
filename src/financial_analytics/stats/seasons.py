"""Daily series taken apart: trend, week, year, holidays, and what is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from scipy.ndimage import median_filter
from statsmodels.regression.linear_model import OLS
from statsmodels.tsa.seasonal import MSTL

from financial_analytics.stats.coverage import tails

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Weekdays = NDArray[np.integer[Any]]

WEEK, YEAR = 7, 365
WEEKLY_WINDOW = 53
"""Weeks over which the weekly pattern may change: about a year."""
YEARLY_WINDOW = 11
"""Years over which the yearly pattern may change."""
YEARLY_SMOOTHING = 29
"""Days over which the yearly pattern is averaged: with a few years of data each day of the
year is seen a few times only, and what it shows alone is noise (pure noise has a yearly
strength of 0.6 without this, of 0.05 with it)."""
FOURIER_PAIRS = 3
HAC_LAGS = 7
OUTLIER_SPREADS = 6.0
BLOCK = 28


@dataclass(frozen=True)
class Estimate:
    """An estimate with its interval."""

    value: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Components:
    """Additive components; they add up to the series that was taken apart.

    Attributes
    ----------
    trend, weekly, remainder : ndarray of float64, shape (days,)
    yearly : ndarray of float64, shape (days,), or None
        None under two whole years.
    """

    trend: Floats
    weekly: Floats
    yearly: Floats | None
    remainder: Floats


@dataclass(frozen=True)
class HolidayEffects:
    """Effects on the log scale, and whether week and year matter at all.

    Attributes
    ----------
    mean : Estimate or None
        Of all holidays together, robust to autocorrelation; None without a holiday.
    by_name : dict of str to Estimate
        Of each holiday seen twice or more; ordinary least squares, since a robust error
        from two or three days is none.
    weekly_p_value, yearly_p_value : float
        Wald tests (robust) of no weekday and of no seasonal terms; NaN where not fitted.
    """

    mean: Estimate | None
    by_name: dict[str, Estimate]
    weekly_p_value: float
    yearly_p_value: float


def outliers(values: ArrayLike, expected: Bools | None = None) -> Bools:
    """Say which days lie far from the median of the four weeks around them.

    Far is six median absolute deviations (scaled to a standard deviation) of the distances.

    Parameters
    ----------
    values : array_like of float, shape (days,)
        The series on the scale that it is fitted on.
    expected : ndarray of bool, shape (days,), optional
        Days that are expected to stand out, such as holidays: what is strange among them is
        what lies far from the others.

    Examples
    --------
    >>> series = np.tile([1.0, 1.1, 0.9, 1.2, 1.0, 0.8, 1.0], 8)
    >>> series[20] = 9
    >>> np.flatnonzero(outliers(series)).tolist()
    [20]
    """
    y = np.asarray(values, dtype=np.float64)
    distance = y - median_filter(y, size=BLOCK + 1, mode="mirror")
    if expected is not None and expected.any():
        distance = np.where(expected, distance - np.median(distance[expected]), distance)
    spread = stats.median_abs_deviation(distance, scale="normal")
    return np.asarray(np.abs(distance) > OUTLIER_SPREADS * max(float(spread), 1e-12))


def decompose(values: ArrayLike) -> Components:
    """Return trend, week, year and remainder of a daily series (MSTL).

    Parameters
    ----------
    values : array_like of float, shape (days,)
        No gaps; four weeks at the least. Two years are needed for the yearly component.

    Notes
    -----
    The yearly component of MSTL is averaged over 29 days, around the turn of the year as
    well; what that takes out of it goes to the remainder.

    References
    ----------
    Bandara, K., Hyndman, R. J. and Bergmeir, C. (2021). MSTL: a seasonal-trend decomposition
    algorithm for time series with multiple seasonal patterns. arXiv:2107.13462.
    """
    y = np.asarray(values, dtype=np.float64)
    if len(y) < 2 * YEAR:
        fit = MSTL(y, periods=(WEEK,), windows=(WEEKLY_WINDOW,)).fit()
        weekly = np.asarray(fit.seasonal).reshape(len(y))
        return Components(np.asarray(fit.trend), weekly, None, np.asarray(fit.resid))
    fit = MSTL(y, periods=(WEEK, YEAR), windows=(WEEKLY_WINDOW, YEARLY_WINDOW)).fit()
    seasonal = np.asarray(fit.seasonal)
    # beyond an end stands what the same day shows a year inwards
    raw, half = seasonal[:, 1], YEARLY_SMOOTHING // 2
    whole = np.concatenate([raw[YEAR - half : YEAR], raw, raw[-YEAR : half - YEAR]])
    yearly = np.convolve(whole, np.full(YEARLY_SMOOTHING, 1 / YEARLY_SMOOTHING), mode="valid")
    rest = np.asarray(fit.resid) + raw - yearly
    return Components(np.asarray(fit.trend), seasonal[:, 0], yearly, rest)


def strength(component: ArrayLike, remainder: ArrayLike) -> float:
    """Return the strength of a component: ``max(0, 1 - Var(R) / Var(R + component))``.

    References
    ----------
    Hyndman, R. J. and Athanasopoulos, G. (2021). *Forecasting: principles and practice*,
    3rd ed., section 4.3.

    Examples
    --------
    >>> round(strength([3, -3, 3, -3], [1, 1, -1, -1]), 3)
    0.9
    """
    rest = np.asarray(remainder, dtype=np.float64)
    together = float(np.var(rest + np.asarray(component, dtype=np.float64)))
    return max(0.0, 1 - float(np.var(rest)) / together) if together > 0 else 0.0


def strength_interval(
    component: Floats,
    remainder: Floats,
    *,
    samples: int,
    rng: np.random.Generator,
    confidence: float = 0.95,
) -> Estimate:
    """Return the strength with its interval from a moving-block bootstrap.

    Blocks of 28 days of the pair (component, remainder) are drawn; the decomposition itself is
    taken as given. The interval always holds the estimate.

    References
    ----------
    Kuensch, H. R. (1989). The jackknife and the bootstrap for general stationary
    observations. *Annals of Statistics*, 17(3), 1217-1241.
    """
    value = strength(component, remainder)
    days = len(remainder)
    blocks = -(-days // BLOCK)
    drawn = []
    for _ in range(samples):
        starts = rng.integers(days - BLOCK + 1, size=blocks)
        rows = (starts[:, None] + np.arange(BLOCK)).ravel()[:days]
        drawn.append(strength(component[rows], remainder[rows]))
    lower, upper = np.quantile(drawn, tails(confidence))
    return Estimate(value, float(min(lower, value)), float(max(upper, value)))


def _design(days: int, weekday: Weekdays, with_year: bool) -> tuple[Floats, slice, slice]:
    """Return cubic trend, weekday and Fourier columns, and where the latter two lie."""
    time = np.linspace(-1, 1, days)
    trend = np.column_stack([np.ones(days), time, time**2, time**3])
    week = (weekday[:, None] == np.arange(2, 8)).astype(np.float64)
    angle = 2 * np.pi * np.arange(days)[:, None] / 365.25 * np.arange(1, FOURIER_PAIRS + 1)
    year = np.column_stack([np.cos(angle), np.sin(angle)]) if with_year else np.empty((days, 0))
    first = trend.shape[1]
    return (
        np.column_stack([trend, week, year]),
        slice(first, first + 6),
        slice(first + 6, first + 6 + year.shape[1]),
    )


def holiday_effects(
    values: ArrayLike,
    weekday: Weekdays,
    names: NDArray[np.object_],
    usable: Bools,
    *,
    confidence: float = 0.95,
) -> HolidayEffects:
    """Estimate what holidays change, beside trend, weekday and season.

    Parameters
    ----------
    values : array_like of float, shape (days,)
        The series on the log scale.
    weekday : ndarray of int, shape (days,)
        ISO weekday, Monday 1.
    names : ndarray of object, shape (days,)
        Name of the holiday; None on other days.
    usable : ndarray of bool, shape (days,)
        Days to fit; outliers are left out.
    confidence : float, default 0.95
        Two-sided coverage of the intervals.

    Notes
    -----
    Least squares on a cubic trend, weekday dummies, three Fourier pairs (from two years on)
    and the holiday; the mean effect has Newey-West errors with seven lags.
    """
    y = np.asarray(values, dtype=np.float64)
    with_year = len(y) >= 2 * YEAR
    base, week, year = _design(len(y), weekday, with_year)
    base, y, names = base[usable], y[usable], names[usable]
    held = np.array([name is not None for name in names])
    columns = np.column_stack([base, held]) if held.any() else base
    fit = OLS(y, columns).fit(cov_type="HAC", cov_kwds={"maxlags": HAC_LAGS}, use_t=True)
    mean = None
    if held.any():
        lower, upper = fit.conf_int(alpha=1 - confidence)[-1]
        mean = Estimate(float(fit.params[-1]), float(lower), float(upper))
    seen = sorted({name for name in names if name is not None and (names == name).sum() > 1})
    by_name = {}
    if seen:
        dummies = np.column_stack([(names == name) for name in seen]).astype(np.float64)
        once = held & ~dummies.any(axis=1)
        keep = ~once
        each = OLS(y[keep], np.column_stack([base, dummies])[keep]).fit()
        bounds = each.conf_int(alpha=1 - confidence)[-len(seen) :]
        by_name = {
            name: Estimate(float(each.params[base.shape[1] + k]), *map(float, bounds[k]))
            for k, name in enumerate(seen)
        }
    terms = np.eye(columns.shape[1])
    return HolidayEffects(
        mean=mean,
        by_name=by_name,
        weekly_p_value=float(fit.f_test(terms[week]).pvalue),
        yearly_p_value=float(fit.f_test(terms[year]).pvalue) if with_year else float("nan"),
    )
