"""Forecasts of daily counts: calendar regression, simple rivals, origins, conformal bounds."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import PoissonRegressor

from financial_analytics.errors import InvalidInputError
from financial_analytics.stats.coverage import tails

Floats = NDArray[np.float64]
Days = NDArray[np.datetime64]

WEEK = 7
YEAR = 365.25
YEARLY_PAIRS = 3
PRIOR_SD = 0.5
"""Effects of the calendar are within a factor of e (two of these), unless the data say more."""
LEVEL_DAYS = 56
"""Days whose level corrects the regression's; the mean of the naive rival."""
BANDS = (WEEK, 30)
"""Errors are pooled up to these days ahead, and beyond."""


@dataclass(frozen=True)
class DailyCounts:
    """A series without gaps, and the calendar of the days before and after its end.

    Attributes
    ----------
    counts : ndarray of float64, shape (n,)
        Counts of the first n days.
    days : ndarray of datetime64[D], shape (n + ahead,)
        Each day, one after the other.
    is_holiday : ndarray of bool, shape (n + ahead,)
    """

    counts: Floats
    days: Days
    is_holiday: NDArray[np.bool_]

    @classmethod
    def of(cls, counts: ArrayLike, days: ArrayLike, is_holiday: ArrayLike) -> DailyCounts:
        """Check and take the arrays.

        Raises
        ------
        InvalidInputError
            If a day is missing or twice, a value is NaN, infinite or negative, or there are
            more values than days.
        """
        y = np.asarray(counts, dtype=np.float64)
        when = np.asarray(days, dtype="datetime64[D]")
        held = np.asarray(is_holiday, dtype=np.bool_)
        if len(y) > len(when) or len(when) != len(held):
            raise InvalidInputError(
                f"{len(y)} values, {len(when)} days and {len(held)} flags; a flag per day, and "
                "no more values than days are valid"
            )
        if len(when) and not (np.diff(when) == np.timedelta64(1, "D")).all():
            raise InvalidInputError(
                "days are missing, doubled or unsorted",
                hint="complete the calendar first; a day without events counts 0",
            )
        if not (np.isfinite(y).all() and (y >= 0).all()):
            raise InvalidInputError(
                "counts hold NaN, infinity or negative values",
                hint="a day that no feed tells of ends the series; it is no 0 and no gap",
            )
        return cls(y, when, held)


def calendar_design(series: DailyCounts, *, yearly: bool) -> Floats:
    """Return the regressors of each day, shape (days, columns).

    Weekday, day of the month, its last three days, holidays and the days beside them, trend
    in years; with `yearly` three Fourier pairs. Pure calendar: known for every day ahead.
    """
    days = series.days
    number = days.astype(np.int64)
    month = days.astype("datetime64[M]")
    of_month = (days - month.astype("datetime64[D]")).astype(np.int64)
    to_end = ((month + 1).astype("datetime64[D]") - days).astype(np.int64)
    held = series.is_holiday.astype(np.float64)
    parts = [
        ((number + 3) % WEEK)[:, None] == np.arange(WEEK),
        of_month[:, None] == np.arange(31),
        to_end[:, None] == np.arange(1, 4),
        held[:, None],
        np.append(held[1:], 0.0)[:, None],
        np.append(0.0, held[:-1])[:, None],
        ((number - number[0]) / YEAR)[:, None],
    ]
    if yearly:
        turn = 2 * np.pi * number[:, None] / YEAR * np.arange(1, YEARLY_PAIRS + 1)
        parts += [np.sin(turn), np.cos(turn)]
    return np.hstack([np.asarray(part, dtype=np.float64) for part in parts])


Method = Callable[[Floats, Floats, int], Floats]
"""Values so far, the regression's mean of these and all later days, days ahead; the forecast."""


def _naive(values: Floats, fitted: Floats, ahead: int) -> Floats:
    return np.resize(values[-WEEK:], ahead)


def _weekday_mean(values: Floats, fitted: Floats, ahead: int) -> Floats:
    weeks = values[len(values) % WEEK :].reshape(-1, WEEK)[-LEVEL_DAYS // WEEK :]
    return np.resize(weeks.mean(axis=0), ahead)


def _calendar(values: Floats, fitted: Floats, ahead: int) -> Floats:
    return fitted[len(values) : len(values) + ahead]


def _calendar_level(values: Floats, fitted: Floats, ahead: int) -> Floats:
    n = len(values)
    near = slice(max(0, n - LEVEL_DAYS), n)
    base = fitted[near].sum()
    ratio = values[near].sum() / base if base > 0 else 1.0
    return fitted[n : n + ahead] * ratio


METHODS: Mapping[str, Method] = {
    "seasonal_naive": _naive,
    "weekday_mean": _weekday_mean,
    "calendar_regression": _calendar,
    "calendar_regression_at_recent_level": _calendar_level,
}
"""In order of simplicity: of two that are equally good the first is served."""
NAIVE = "seasonal_naive"


def fit_calendar(values: Floats, design: Floats) -> Floats:
    """Return the mean of a Poisson regression on the calendar, shape (days of the design,).

    Fitted on the days of `values`, with a normal prior of sd `PRIOR_SD` on each effect.
    """
    n = len(values)
    if values.sum() == 0:
        return np.zeros(len(design))
    # the prior, in the units of PoissonRegressor's mean loss
    weight = 1 / (n * PRIOR_SD**2)
    model = PoissonRegressor(alpha=weight, solver="newton-cholesky", max_iter=100, tol=1e-8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(design[:n], values)
    return np.asarray(model.predict(design), dtype=np.float64)


def forecast(series: DailyCounts, design: Floats, method: str) -> Floats:
    """Return the forecast of the days after the values, shape (days - n,).

    Raises
    ------
    InvalidInputError
        If no method has this name, or the series is shorter than a week.
    """
    if method not in METHODS:
        raise InvalidInputError(f"no method {method!r}", hint="valid are " + ", ".join(METHODS))
    n = len(series.counts)
    if n < WEEK:
        raise InvalidInputError(f"{n} days are given; a week is the least")
    fitted = fit_calendar(series.counts, design)
    return METHODS[method](series.counts, fitted, len(series.days) - n)


@dataclass(frozen=True)
class Backtest:
    """Forecasts from past origins, each made from what lies before it.

    Attributes
    ----------
    origins : ndarray of int64, shape (origins,)
        Index of the first day forecast.
    forecast : ndarray of float64, shape (origins, ahead)
    actual : ndarray of float64, shape (origins, ahead)
        NaN past the end of the series.
    """

    origins: NDArray[np.int64]
    forecast: Floats
    actual: Floats

    @property
    def error(self) -> Floats:
        """Actual less forecast, shape (origins, ahead)."""
        return self.actual - self.forecast


def rolling_origins(n: int, *, least: int, step: int) -> NDArray[np.int64]:
    """Return origins `step` days apart, the last one a step before the end, none below `least`.

    Examples
    --------
    >>> rolling_origins(100, least=60, step=14).tolist()
    [72, 86]
    """
    return np.arange(n - step, least - 1, -step, dtype=np.int64)[::-1]


def backtest(
    series: DailyCounts, design: Floats, origins: Sequence[int] | NDArray[np.int64], ahead: int
) -> dict[str, Backtest]:
    """Return what each method would have forecast from each origin, by its name."""
    at = np.asarray(origins, dtype=np.int64)
    padded = np.append(series.counts, np.full(ahead, np.nan))
    actual = np.array([padded[origin : origin + ahead] for origin in at]).reshape(len(at), ahead)
    made = {name: np.full((len(at), ahead), np.nan) for name in METHODS}
    for row, origin in enumerate(at):
        known = min(ahead, len(design) - int(origin))
        seen = series.counts[:origin]
        fitted = fit_calendar(seen, design[: origin + known])
        for name, method in METHODS.items():
            made[name][row, :known] = method(seen, fitted, known)
    return {name: Backtest(at, values, actual) for name, values in made.items()}


def mase(values: Floats, test: Backtest) -> float:
    """Return the mean absolute scaled error over all origins and days ahead.

    Each origin's errors are in units of the mean absolute difference to the same weekday of the
    week before, among the days that the origin knew (Hyndman and Koehler 2006, *International
    Journal of Forecasting* 22, 679-688). NaN where that scale is 0 or nothing was forecast.
    """
    change = np.abs(values[WEEK:] - values[:-WEEK])
    total = np.cumsum(change)
    scale = np.array([total[origin - WEEK - 1] / (origin - WEEK) for origin in test.origins])
    known = np.isfinite(test.error)
    if not known.any() or (scale <= 0).any():
        return float("nan")
    return float((np.abs(test.error) / scale[:, None])[known].mean())


def _band_of(ahead: int) -> NDArray[np.int64]:
    return np.searchsorted(np.array(BANDS), np.arange(1, ahead + 1), side="left")


def _unit(forecast: Floats) -> Floats:
    """Return what an error is measured in: the root of the forecast, as counts vary."""
    return np.sqrt(np.maximum(forecast, 1.0))


def conformal_widths(test: Backtest, coverage: float, *, before: int | None = None) -> Floats:
    """Return the half-width of the interval by days ahead, in roots of the forecast.

    Parameters
    ----------
    test : Backtest
    coverage : float
        Wanted coverage, above 0 and below 1.
    before : int, optional
        Only outcomes of days before this index are known.

    Returns
    -------
    ndarray of float64, shape (ahead,)
        Infinite where too few outcomes are known for the coverage.

    References
    ----------
    Lei, J., et al. (2018). Distribution-free predictive inference for regression. *JASA* 113.
    """
    ahead = test.forecast.shape[1]
    day = test.origins[:, None] + np.arange(ahead)
    seen = np.isfinite(test.error)
    if before is not None:
        seen &= day < before
    score = np.abs(test.error) / _unit(test.forecast)
    band = np.broadcast_to(_band_of(ahead), score.shape)
    widths = np.full(ahead, np.inf)
    # what is further ahead is no surer than what is nearer
    least = 0.0
    for which in range(len(BANDS) + 1):
        pool = np.sort(score[seen & (band == which)])
        rank = int(np.ceil((len(pool) + 1) * coverage))
        if rank <= len(pool):
            least = max(least, float(pool[rank - 1]))
            widths[_band_of(ahead) == which] = least
    return widths


def bounds(forecast: Floats, widths: Floats) -> tuple[Floats, Floats]:
    """Return lower and upper bound of forecasts of counts; never below 0."""
    half = widths * _unit(forecast)
    return np.maximum(forecast - half, 0.0), forecast + half


@dataclass(frozen=True)
class Coverage:
    """How often bounds held that knew only the past.

    Attributes
    ----------
    share, lower, upper : float
        Share of days within the bounds; its interval from the spread over origins.
    n : int
        Days judged.
    origins : int
    """

    share: float
    lower: float
    upper: float
    n: int
    origins: int


def honest_coverage(
    test: Backtest, coverage: float, *, least_origins: int = 8, confidence: float = 0.95
) -> Coverage:
    """Return the coverage of bounds that each origin could have stated.

    An origin's bounds come from outcomes of the days before it; the first `least_origins`
    only serve the later ones.
    """
    shares: list[float] = []
    counts: list[int] = []
    for row in range(least_origins, len(test.origins)):
        widths = conformal_widths(test, coverage, before=int(test.origins[row]))
        lower, upper = bounds(test.forecast[row], widths)
        actual = test.actual[row]
        seen = np.isfinite(actual) & np.isfinite(upper)
        if seen.any():
            inside = (actual[seen] >= np.floor(lower[seen])) & (
                actual[seen] <= np.ceil(upper[seen])
            )
            shares.append(float(inside.mean()))
            counts.append(int(seen.sum()))
    if not counts:
        return Coverage(float("nan"), float("nan"), float("nan"), 0, 0)
    weight = np.array(counts) / sum(counts)
    share = float(weight @ np.array(shares))
    spread = float(np.sqrt((weight**2 * (np.array(shares) - share) ** 2).sum()))
    half = float(norm.ppf(tails(confidence)[1])) * spread
    return Coverage(
        share, max(0.0, share - half), min(1.0, share + half),
        sum(counts), len(counts),
    )  # fmt: skip
