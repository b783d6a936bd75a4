"""Forecast of the daily volume of transactions, all and by channel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from financial_analytics.models.columns import (
    DATE,
    DOUBLE,
    FLAG,
    LONG,
    TEXT,
    WHOLE,
    clock_date,
    fields,
)
from financial_analytics.models.frames import to_pandas, to_table
from financial_analytics.models.threads import one_thread
from financial_analytics.stats.forecast import (
    METHODS,
    NAIVE,
    WEEK,
    Backtest,
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

LEAST_DAYS = 16 * WEEK
"""A series needs so many days: eight weeks to learn from, and eight to be judged by."""
TWO_YEARS = 730
STEP = 2 * WEEK
BACK_DAYS = 365
COVERAGES = (80, 95)
ALL_CHANNELS = "All channels"

BACKTEST_SCHEMA = pa.schema(
    [
        *fields(["series_name", "method_name"], TEXT),
        *fields(["origin_date", "observation_date"], DATE),
        pa.field("ahead_days", WHOLE),
        *fields(["forecast_count", "actual_count"], DOUBLE),
    ]
)
_BOUNDS = [f"forecast_{share}_{end}" for share in COVERAGES for end in ("lower", "upper")]
_COVERED = [
    f"coverage_{share}_rate{end}" for share in COVERAGES for end in ("", "_lower", "_upper")
]
SCHEMA = pa.schema(
    [
        pa.field("series_name", TEXT),
        pa.field("forecast_date", DATE),
        *fields(["is_ahead", "is_bank_holiday"], FLAG),
        pa.field("ahead_days", WHOLE),
        pa.field("actual_count", LONG),
        pa.field("forecast_count", DOUBLE),
        *fields(_BOUNDS, DOUBLE),
        pa.field("method_name", TEXT),
        *fields(["mase_score", "naive_mase_score", *_COVERED], DOUBLE),
        pa.field("origin_count", WHOLE),
        pa.field("sample_count", LONG),
        *fields(["training_start_date", "training_end_date"], DATE),
        pa.field("status", TEXT),
        pa.field("as_of_date", DATE),
    ]
)


def each_series(daily: pd.DataFrame) -> Iterator[tuple[str, DailyCounts, pd.DataFrame]]:
    """Yield each series, the one of all channels first, with its rows in the order of days."""
    names = sorted(daily["series_name"].unique(), key=lambda name: (name != ALL_CHANNELS, name))
    for name in names:
        rows = daily[daily["series_name"] == name].sort_values("observation_date")
        rows = rows.reset_index(drop=True)
        seen = rows["transaction_count"].dropna().to_numpy(dtype=float)
        days = pd.to_datetime(rows["observation_date"]).to_numpy().astype("datetime64[D]")
        yield str(name), DailyCounts.of(seen, days, rows["is_bank_holiday"].to_numpy()), rows


def _yearly(series: DailyCounts) -> bool:
    return len(series.counts) >= TWO_YEARS


@one_thread
def volume_backtest(daily: Any, *, ahead_days: int = 90) -> pa.Table:
    """Return `int_volume_backtest`: what each method would have forecast from past origins.

    Parameters
    ----------
    daily : relation
        ``int_daily_volume``.
    ahead_days : int
        Days that each origin forecasts.

    Notes
    -----
    Origins are two weeks apart and lie in the last year and `ahead_days` before, as far as
    half of the series is left to learn from. A series under sixteen weeks has none.
    """
    made: list[pd.DataFrame] = []
    for name, series, _ in each_series(to_pandas(daily)):
        n = len(series.counts)
        if n < LEAST_DAYS or series.counts.sum() == 0:
            continue
        least = max(n // 2, n - BACK_DAYS - ahead_days)
        origins = rolling_origins(n, least=least, step=STEP)
        design = calendar_design(series, yearly=_yearly(series))[:n]
        for method, test in backtest(series, design, origins, ahead_days).items():
            row, column = np.nonzero(np.isfinite(test.forecast))
            made.append(
                pd.DataFrame(
                    {
                        "series_name": name,
                        "method_name": method,
                        "origin_date": series.days[test.origins[row]],
                        "observation_date": series.days[test.origins[row] + column],
                        "ahead_days": column + 1,
                        "forecast_count": test.forecast[row, column],
                        "actual_count": test.actual[row, column],
                    }
                )
            )
    whole = (
        pd.concat(made, ignore_index=True) if made else pd.DataFrame(columns=BACKTEST_SCHEMA.names)
    )
    return to_table(whole, BACKTEST_SCHEMA)


def backtests_of(rows: pd.DataFrame, series: DailyCounts) -> dict[str, Backtest]:
    """Return the rows of one series in `int_volume_backtest` as matrices, by method."""
    found: dict[str, Backtest] = {}
    if rows.empty:
        return found
    ahead = int(rows["ahead_days"].max())
    for method in METHODS:
        part = rows[rows["method_name"] == method]
        days = pd.to_datetime(part["origin_date"]).to_numpy().astype("datetime64[D]")
        start, row = np.unique(days, return_inverse=True)
        column = part["ahead_days"].to_numpy(dtype=np.int64) - 1
        forecasts, actuals = np.full((2, len(start), ahead), np.nan)
        forecasts[row, column] = part["forecast_count"].to_numpy(dtype=float)
        actuals[row, column] = part["actual_count"].to_numpy(dtype=float)
        at = (start - series.days[0]).astype(np.int64)
        found[method] = Backtest(at, forecasts, actuals)
    return found


def scores_of(series: DailyCounts, tests: dict[str, Backtest]) -> dict[str, float]:
    """Return the MASE of each method over all origins, the simplest method first."""
    return {name: mase(series.counts, test) for name, test in tests.items()}


def served(scores: dict[str, float]) -> str:
    """Return the method with the least error, the simplest of equal ones."""
    known = {name: score for name, score in scores.items() if np.isfinite(score)}
    return min(known, key=lambda name: known[name]) if known else NAIVE


def _past(rows: pd.DataFrame, series: DailyCounts, test: Backtest) -> pd.DataFrame:
    """Return the last year, each day forecast by the newest origin before it."""
    n = len(series.counts)
    made = rows.iloc[:n].copy()
    made["forecast_count"], made["ahead_days"] = np.nan, np.nan
    days = np.arange(n)
    which = np.searchsorted(test.origins, days, side="right") - 1
    column = days - test.origins[np.maximum(which, 0)]
    use = (which >= 0) & (column < test.forecast.shape[1])
    made.loc[use, "forecast_count"] = test.forecast[which[use], column[use]]
    made.loc[use, "ahead_days"] = column[use] + 1
    return made.iloc[max(0, n - BACK_DAYS) :]


def _with_bounds(frame: pd.DataFrame, test: Backtest | None) -> pd.DataFrame:
    """Return the frame with the bounds of each forecast by its days ahead."""
    for share in COVERAGES:
        lower = upper = np.full(len(frame), np.nan)
        if test is not None and len(test.origins):
            widths = conformal_widths(test, share / 100)
            ahead = frame["ahead_days"].fillna(1).to_numpy(dtype=np.int64) - 1
            half = widths[np.minimum(ahead, len(widths) - 1)]
            lower, upper = bounds(frame["forecast_count"].to_numpy(dtype=float), half)
            lower, upper = (np.where(np.isfinite(upper), end, np.nan) for end in (lower, upper))
        frame[f"forecast_{share}_lower"], frame[f"forecast_{share}_upper"] = lower, upper
    return frame


def _one(
    series: DailyCounts, rows: pd.DataFrame, seen: pd.DataFrame, confidence: float
) -> pd.DataFrame:
    n = len(series.counts)
    known = rows.rename(columns={"observation_date": "forecast_date"})
    known["actual_count"] = known["transaction_count"]
    tests = backtests_of(seen, series)
    if not tests:
        unknown = dict.fromkeys([name for name in SCHEMA.names if name not in known])
        made = known.iloc[max(0, n - BACK_DAYS) :].assign(**unknown)
        return made.assign(sample_count=n, status="insufficient_data")
    scores = scores_of(series, tests)
    method = served(scores)
    test = tests[method]
    past = _past(known, series, test)
    future = known.iloc[n:].copy()
    design = calendar_design(series, yearly=_yearly(series))
    future["forecast_count"] = forecast(series, design, method)
    future["ahead_days"] = np.arange(1, len(future) + 1)
    made = _with_bounds(pd.concat([past, future], ignore_index=True), test)
    made["method_name"] = method
    made["mase_score"], made["naive_mase_score"] = scores[method], scores[NAIVE]
    for share in COVERAGES:
        held = honest_coverage(test, share / 100, confidence=confidence)
        for end, value in zip(
            ("", "_lower", "_upper"), (held.share, held.lower, held.upper), strict=True
        ):
            made[f"coverage_{share}_rate{end}"] = value
    made["origin_count"], made["sample_count"] = len(test.origins), n
    made["training_start_date"], made["training_end_date"] = series.days[0], series.days[n - 1]
    made["status"] = "ok"
    return made


@one_thread
def volume_forecast(
    daily: Any, backtests: Any, clock: Any, *, confidence: float = 0.95
) -> pa.Table:
    """Return `analytics_transaction_volume_forecast`: one row per series and day.

    Parameters
    ----------
    daily : relation
        ``int_daily_volume``.
    backtests : relation
        ``int_volume_backtest``.
    clock : relation
        ``data_clock``.
    confidence : float, default 0.95
        Of the intervals of the coverages; the bounds of the forecast are 80 % and wider.

    Notes
    -----
    The method with the least mean absolute scaled error over the origins is served. Bounds
    are conformal: the errors of the origins, in roots of the forecast, pooled over 1-7, 8-30
    and more days ahead. Forecasts of past days are those of the newest origin before them.
    """
    frame, seen = to_pandas(daily), to_pandas(backtests)
    parts = [
        _one(series, rows, seen[seen["series_name"] == name], float(confidence))
        for name, series, rows in each_series(frame)
    ]
    made = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=SCHEMA.names)
    made["as_of_date"] = clock_date(to_pandas(clock))
    return to_table(made, SCHEMA)
