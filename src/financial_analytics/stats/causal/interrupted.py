"""Interrupted time series: what a level answers to a price that changes on known dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.diagnostic import acorr_breusch_godfrey

from financial_analytics.errors import InvalidInputError
from financial_analytics.stats.causal.effect import CausalEffect
from financial_analytics.stats.causal.hac import HacFit, hac_fit
from financial_analytics.stats.causal.inversion import Inversion
from financial_analytics.stats.coverage import tails
from financial_analytics.stats.inference import NAN, Floats

LEAST_PERIODS = 18
LEAST_CHANGES = 2
"""With one change nothing tells it from whatever else happened then."""
LEADS = 3
AFTER = 6
_CHANGE = 1e-9


@dataclass(frozen=True)
class _Series:
    """A series with what was before and after each period; NaN past its ends."""

    y: Floats
    price: Floats
    others: Floats

    @property
    def trend(self) -> Floats:
        return np.arange(len(self.y), dtype=np.float64)

    def step(self, lead: int = 0) -> Floats:
        """Return the change of price, `lead` periods ahead."""
        return _shifted(np.diff(self.price, prepend=np.nan), -lead)

    def fit(self, *more: Floats, y: Floats | None = None) -> tuple[HacFit | None, Floats, Floats]:
        """Regress on these columns first, then constant, trend and others; known periods only."""
        left = self.y if y is None else y
        x = np.column_stack([*more, np.ones(len(left)), self.trend, self.others])
        keep = np.isfinite(left) & np.isfinite(x).all(axis=1)
        return hac_fit(left[keep], x[keep]), left[keep], x[keep]


def partial_adjustment(
    y: ArrayLike,
    price: ArrayLike,
    others: ArrayLike | None = None,
    *,
    horizon: int = 12,
    confidence: float = 0.95,
    seed: int = 0,
) -> CausalEffect:
    """Return what a level moves by within so many periods of a change of price, per unit of it.

    Each period a share of the gap to a target is closed, and the target is linear in price and
    time: ``y(t) = c + d t + rho y(t-1) + beta price(t)``. After h periods that is
    ``beta (1 + rho + ... + rho^(h-1))``, and ``beta / (1 - rho)`` in the long run.

    Parameters
    ----------
    y, price : array_like of float, shape (periods,)
        In the order of time, one value per period; NaN where not known. `price` changes in steps.
    others : array_like of float, shape (periods, columns), optional
        What else moves the target.
    horizon : int, default 12
        Periods, that of the change included.
    confidence : float, default 0.95
    seed : int
        Of the draws behind the interval.

    Returns
    -------
    CausalEffect
        `treated` counts the changes, `n` the periods used. Not identified (NaN) below 18 periods,
        with fewer than 2 changes, or where the data reject no effect on one side.
        Diagnostics: ``speed`` (share of a gap closed in a period), ``long_run``, ``changes``,
        ``simple`` (slope on the price alone), ``others_p`` (the others move nothing, adjusted for
        their number), ``pretrend_p`` (changes of the next three periods move nothing yet, adjusted
        likewise), ``placebo`` and ``placebo_p`` (the same changes, dated halfway to those before
        them, on top of the real ones), ``autocorrelation_p`` (what is left is white; Breusch and
        Godfrey).

    Raises
    ------
    InvalidInputError
        If shapes differ, or `horizon` is below 1.

    Notes
    -----
    Errors are the larger of White's and Newey and West's, both of leave-one-out residuals. In short
    series the estimate over its error is far from normal where nothing answers the price, for then
    little tells how fast the level returns. The interval therefore holds the effects that are not
    rejected, each by its own critical value: that of series drawn with that effect, the rest of the
    equation fitted to it (Hansen 1999), its persistence freed of bias (Kilian 1998), the signs of
    its residuals at random (Davidson and Flachaire 2008). The standard error is that of a normal
    interval as wide. Tests of dates take the critical value at the estimate.

    References
    ----------
    Hansen, B. E. (1999). The grid bootstrap and the autoregressive model. *Review of Economics and
    Statistics*, 81(4), 594-607.

    Kilian, L. (1998). Small-sample confidence intervals for impulse response functions. *Review of
    Economics and Statistics*, 80(2), 218-230.

    Nerlove, M. (1958). Distributed lags and estimation of long-run supply and demand elasticities.
    *Journal of Farm Economics*, 40(2), 301-311.

    Examples
    --------
    >>> rng = np.random.default_rng(2)
    >>> price = np.repeat([1.0, 2.0, 1.5, 3.0], 12)
    >>> y = np.zeros(48)
    >>> for t in range(1, 48):
    ...     y[t] = y[t - 1] + 0.3 * (0.2 * price[t] - y[t - 1]) + 0.002 * rng.normal()
    >>> found = partial_adjustment(y, price)
    >>> found.lower < 0.2 * (1 - 0.7**12) < found.upper, round(found.diagnostics["speed"], 1)
    (True, 0.3)
    """
    if horizon < 1:
        raise InvalidInputError(f"the horizon is {horizon}", hint="give one of at least 1 period")
    series = _checked(y, price, others)
    steps = series.step()
    known = np.isfinite(series.y) & np.isfinite(series.price)
    count = int((np.abs(steps[known & np.isfinite(steps)]) > _CHANGE).sum())
    before = _shifted(series.y, 1)
    main, left, x = series.fit(series.price, before)
    tests: dict[str, float] = {"changes": float(count)}
    if main is None or len(left) < LEAST_PERIODS or count < LEAST_CHANGES:
        return CausalEffect(n=len(left), treated=count, diagnostics=tests)
    beta, rho = (float(value) for value in main.coefficient[:2])
    follows = np.diff(np.flatnonzero(_complete(series, before)), prepend=-9) == 1
    drawn = Inversion(left, x, follows, horizon, confidence, seed)
    value, error, reach = drawn.value, drawn.error, drawn.reach
    quantile = float(stats.t.ppf(tails(confidence)[1], main.degrees_of_freedom))
    stretch = max(1.0, drawn.critical(value) / quantile)
    lower, upper = (drawn.bound(side) for side in (-1, 1))
    left_over = OLS(left, x).fit()
    tests |= {
        "speed": 1 - rho,
        "long_run": beta / (1 - rho) if rho < 1 else NAN,
        "others_p": _smallest(main, range(4, 4 + series.others.shape[1]), stretch),
        "simple": float(np.polyfit(series.price[known], series.y[known], 1)[0]),
        "autocorrelation_p": float(
            acorr_breusch_godfrey(left_over, nlags=3, result_object=False)[3]
        ),
        **_tests(series, before, reach, stretch),
    }
    if not np.isfinite(upper - lower):
        return CausalEffect(n=len(left), treated=count, diagnostics=tests)
    scale = max(1.0, drawn.critical(0.0) / quantile)  # so that p is 0.05 where a bound is zero
    return CausalEffect(
        value, lower, upper, (upper - lower) / (2 * quantile),
        float(2 * stats.t.sf(abs(value) / (error * scale), main.degrees_of_freedom)),
        len(left), count, diagnostics=tests,
    )  # fmt: skip


def _complete(series: _Series, before: Floats) -> NDArray[np.bool_]:
    """Whether all that the equation needs is known, by period."""
    columns = np.column_stack([series.y, before, series.price, series.others])
    return np.asarray(np.isfinite(columns).all(axis=1))


def _tests(series: _Series, before: Floats, reach: float, stretch: float) -> dict[str, float]:
    """Return the tests of dates: no answer before a change, none to changes that were not."""
    leads = [series.step(lead) for lead in range(1, LEADS + 1)]
    # past the end of the series no change is known of, and none is answered in it
    ahead = [np.where(np.isfinite(step), step, 0.0) for step in leads]
    fit, _, _ = series.fit(series.price, before, *ahead)
    moved = [place for place, step in enumerate(ahead) if np.any(np.abs(step) > _CHANGE)]
    early = _smallest(fit, [2 + place for place in moved], stretch) if fit else NAN
    made, _, _ = series.fit(series.price, before, halfway(series.price))
    if made is None:
        return {"pretrend_p": early, "placebo": NAN, "placebo_p": NAN}
    value = float(made.coefficient[2]) * reach
    return {
        "pretrend_p": early,
        "placebo": value,
        "placebo_p": made.p_value(np.eye(len(made.coefficient))[2], stretch),
    }


def _smallest(fit: HacFit, places: Sequence[int], stretch: float) -> float:
    """Return the smallest p-value of these coefficients, times their number; NaN without any."""
    units = np.eye(len(fit.coefficient))
    found = [fit.p_value(units[place], stretch) for place in places]
    return min(1.0, len(found) * min(found)) if found else NAN


def halfway(price: Floats) -> Floats:
    """Return a price whose changes are dated halfway to the ones before them.

    The first is dated halfway to the start.

    Examples
    --------
    >>> halfway(np.array([1, 1, 1, 1, 2, 2, 2, 2, 5, 5.0])).tolist()
    [1.0, 1.0, 2.0, 2.0, 2.0, 2.0, 5.0, 5.0, 5.0, 5.0]
    """
    known = np.flatnonzero(np.isfinite(price))
    made = np.asarray(price, dtype=np.float64).copy()
    if not len(known):
        return made
    filled = made[known]
    at = np.flatnonzero(np.abs(np.diff(filled)) > _CHANGE) + 1
    previous = np.concatenate([[0], at[:-1]]) if len(at) else at
    moved = np.full(len(filled), filled[0])
    for place, start in zip(at, (at + previous) // 2, strict=True):
        moved[start:] = filled[place]
    made[known] = moved
    return made


@dataclass(frozen=True)
class Path:
    """What a level has moved by, by periods from a change of price.

    Attributes
    ----------
    horizon : ndarray of int64, shape (n,)
        Periods from the change; -1 is the last before it, where the path is 0.
    value, lower, upper : ndarray of float64, shape (n,)
        Per unit of price.
    n : ndarray of int64, shape (n,)
        Periods each value is from.
    """

    horizon: NDArray[np.int64]
    value: Floats
    lower: Floats
    upper: Floats
    n: NDArray[np.int64]


def event_path(
    y: ArrayLike,
    price: ArrayLike,
    others: ArrayLike | None = None,
    *,
    before: int = 4,
    after: int = AFTER,
    confidence: float = 0.95,
) -> Path:
    """Return the event study of changes of a price, by local projections.

    For each horizon the move of the level since the period before the change is regressed on the
    change, on where level and price stood, on the changes in between, and on time (Jordà 2005).

    Parameters
    ----------
    y, price, others
        As of `partial_adjustment`.
    before, after : int
        Periods before and after a change to look at; horizons that the data do not tell are left
        out.
    confidence : float, default 0.95

    References
    ----------
    Jordà, Ò. (2005). Estimation and inference of impulse responses by local projections.
    *American Economic Review*, 95(1), 161-182.
    """
    series = _checked(y, price, others)
    found: list[tuple[int, float, float, float, int]] = []
    for horizon in range(-1 - before, after + 1):
        if horizon == -1:
            found.append((-1, 0.0, 0.0, 0.0, 0))
            continue
        start = min(horizon, -1)  # the state is that before anything here happened
        between = [step for step in range(start + 1, max(horizon, 0) + 1) if step]
        state = (_shifted(series.y, -start), _shifted(series.price, -start))
        move = _shifted(series.y, -horizon) - _shifted(series.y, 1)
        columns = [series.step(), *state, *(series.step(step) for step in between)]
        used = [columns[0], *(item for item in columns[1:] if np.nanmax(np.abs(item)) > 0)]
        fit, left, _ = series.fit(*used, y=move)
        if fit is None:
            continue
        unit = np.eye(len(fit.coefficient))[0]
        margin = fit.error(unit) * float(stats.t.ppf(tails(confidence)[1], fit.degrees_of_freedom))
        value = float(fit.coefficient[0])
        found.append((horizon, value, value - margin, value + margin, len(left)))
    table = np.array(found, dtype=np.float64).reshape(-1, 5).T
    return Path(table[0].astype(np.int64), table[1], table[2], table[3], table[4].astype(np.int64))


def _checked(y: ArrayLike, price: ArrayLike, others: ArrayLike | None) -> _Series:
    level, cost = np.asarray(y, dtype=np.float64), np.asarray(price, dtype=np.float64)
    more = np.empty((len(level), 0)) if others is None else np.asarray(others, dtype=np.float64)
    if level.ndim != 1 or level.shape != cost.shape or more.shape[:1] != level.shape:
        raise InvalidInputError(
            f"the shapes are {level.shape}, {cost.shape} and {more.shape}",
            hint="give one level, one price and one row of others per period",
        )
    return _Series(level, cost, more if more.ndim == 2 else more[:, None])


def _shifted(values: Floats, periods: int) -> Floats:
    """Return values of `periods` ago; NaN where there was none."""
    made = np.full(len(values), np.nan)
    if abs(periods) >= len(values):
        return made
    if periods >= 0:
        made[periods:] = values[: len(values) - periods]
    else:
        made[:periods] = values[-periods:]
    return made
