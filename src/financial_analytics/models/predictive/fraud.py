"""Frauds expected by what is paid for, channel and day, when labels come late."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from scipy.stats import nbinom, poisson

from financial_analytics.models.columns import (
    DATE,
    DOUBLE,
    LONG,
    TEXT,
    WHOLE,
    clock_date,
    fields,
    with_bounds,
)
from financial_analytics.models.frames import to_pandas, to_table, too_little
from financial_analytics.models.predictive.fraud_rates import (
    CELL,
    LONGEST_DELAY,
    METHODS,
    WEEK,
    History,
    Rates,
    fit_rates,
    history_at,
    history_window,
    labelled_cells,
)
from financial_analytics.models.threads import one_thread
from financial_analytics.stats.counts import draw_counts
from financial_analytics.stats.coverage import tails

Floats = NDArray[np.float64]
LEAST_FRAUDS = 10
LEAST_HISTORY = 120
STEP = 30
MOST_ORIGINS = 12
SAMPLES = 2000
WINDOWS = (7, 30)
EVERYTHING = dict.fromkeys(CELL, "All")
"""The cell of all cells."""

BACKTEST_SCHEMA = pa.schema(
    [
        pa.field("method_name", TEXT),
        pa.field("origin_date", DATE),
        *fields(CELL, TEXT),
        *fields(with_bounds("expected_fraud_count"), DOUBLE),
        *fields(["fraud_count", "log_score"], DOUBLE),
    ]
)
_COMMON = [
    pa.field("method_name", TEXT),
    *fields(["label_known_rate", "dispersion_statistic"], DOUBLE),
    *fields(["history_fraud_count", "sample_count"], LONG),
    pa.field("coverage_pct", DOUBLE),
    *fields(["reporting_currency", "status"], TEXT),
    pa.field("as_of_date", DATE),
]
_BANK = [f"bank_fraud_{days}d_count" for days in WINDOWS]
_NUMBERS = [
    *fields(with_bounds("expected_fraud_count"), DOUBLE),
    *fields(with_bounds("expected_fraud_amount"), DOUBLE),
]
SCHEMA = pa.schema(
    [
        *fields(CELL, TEXT),
        pa.field("forecast_date", DATE),
        pa.field("ahead_days", WHOLE),
        *_NUMBERS,
        *fields(["cell_fraud_rate", "above_bank_rate"], DOUBLE),
        pa.field("risk_level", TEXT),
        *fields(with_bounds(*_BANK), DOUBLE),
        *_COMMON,
    ]
)
TOTAL_SCHEMA = pa.schema([*fields(CELL, TEXT), pa.field("window_days", WHOLE), *_NUMBERS, *_COMMON])


def _log_score(count: Floats, mean: Floats, dispersed: float) -> Floats:
    """Return the log probability of counts, negative binomial or Poisson."""
    whole = np.round(count)
    if dispersed <= 1 + 1e-9:
        return np.asarray(poisson.logpmf(whole, mean))
    return np.asarray(nbinom.logpmf(whole, mean / (dispersed - 1), 1 / dispersed))


def _bounds(draws: NDArray[Any], confidence: float) -> tuple[Floats, Floats]:
    below, above = tails(confidence)
    low = np.quantile(draws, below, axis=0, method="inverted_cdf")
    high = np.quantile(draws, above, axis=0, method="inverted_cdf")
    return low.astype(np.float64), high.astype(np.float64)


@one_thread
def fraud_backtest(
    labels: Any, exposure: Any, clock: Any, *, history_days: int = 365, seed: int = 20240,
    confidence: float = 0.95,
) -> pa.Table:  # fmt: skip
    """Return `int_fraud_backtest`: what each method expected of thirty days, and what came.

    Parameters
    ----------
    labels, exposure, clock : relation
        ``int_fraud_labels``, ``int_fraud_exposure``, ``data_clock``.
    history_days : int
        Days that each origin learns from.

    Notes
    -----
    Origins are thirty days apart. Each knew the labels that had come by then. The last one
    lies so far back that labels of its thirty days have come.
    """
    known, shown, times = to_pandas(labels), to_pandas(exposure), to_pandas(clock)
    cells = labelled_cells(shown)
    ends = pd.to_datetime(times["first_transaction_date"]).iloc[0]
    window = history_window(times, history_days)
    made: list[pd.DataFrame] = []
    if window and len(cells) and len(known) >= LEAST_FRAUDS:
        start = int(np.datetime64(ends, "D").astype(np.int64))
        newest = window[1] - STEP - LONGEST_DELAY
        origins = range(newest, start + LEAST_HISTORY - 1, -STEP)
        for origin in sorted(origins)[-MOST_ORIGINS:]:
            past = history_at(known, cells, max(start, origin - history_days), origin)
            came = history_at(known, cells, origin, window[1]).counts[:, :STEP].sum(axis=1)
            for place, method in enumerate(METHODS):
                rng = np.random.default_rng([seed, origin, place])
                rates = fit_rates(past, method, rng, SAMPLES)
                mean = STEP * rates.mean
                low, high = _bounds(
                    draw_counts(STEP * rates.draws, rates.dispersed, rng), confidence
                )
                made.append(cells.assign(
                    method_name=method, origin_date=np.datetime64(origin, "D"),
                    expected_fraud_count=mean, expected_fraud_count_lower=low,
                    expected_fraud_count_upper=high, fraud_count=came,
                    log_score=_log_score(came, mean, rates.dispersed),
                ))  # fmt: skip
    whole = (
        pd.concat(made, ignore_index=True) if made else pd.DataFrame(columns=BACKTEST_SCHEMA.names)
    )
    return to_table(whole, BACKTEST_SCHEMA)


def served(backtests: pd.DataFrame) -> str:
    """Return the method with the best mean log score, the simplest of equal ones."""
    scores = backtests.groupby("method_name")["log_score"].mean()
    known = {name: float(scores[name]) for name in METHODS if name in scores.index}
    return max(known, key=lambda name: known[name]) if known else METHODS[1]


@dataclass(frozen=True)
class _Ahead:
    """Draws of the days ahead, and what both relations say of them."""

    cells: pd.DataFrame
    rates: Rates
    past: History
    counts: NDArray[np.int64]
    """Shape (samples, cells, days)."""
    amounts: Floats
    mean: Floats
    """Expected frauds, shape (cells, days)."""
    mean_amount: Floats
    """Expected amount of a fraud, shape (cells,)."""
    origin: int
    common: dict[str, Any]


def _mean_amounts(labels: pd.DataFrame, cells: pd.DataFrame) -> Floats:
    """Return the mean amount of a fraud by cell, few of them drawn to the mean of all."""
    amounts = labels.dropna(subset=["fraud_amount"])
    every = float(amounts["fraud_amount"].mean()) if len(amounts) else 0.0
    grouped = amounts.groupby(CELL)["fraud_amount"].agg(["sum", "count"])
    placed = grouped.reindex(pd.MultiIndex.from_frame(cells)).fillna(0.0)
    total, count = placed["sum"].to_numpy(), placed["count"].to_numpy()
    return np.asarray((total + LEAST_FRAUDS * every) / (count + LEAST_FRAUDS))


def _draw_amounts(
    counts: NDArray[np.int64], labels: pd.DataFrame, cells: pd.DataFrame, mean: Floats,
    rng: np.random.Generator,
) -> Floats:  # fmt: skip
    """Return the sum of amounts of each drawn count: as many amounts of the cell's own frauds."""
    made = np.zeros(counts.shape)
    known = labels.dropna(subset=["fraud_amount"]).sort_values("transaction_id")
    every = known["fraud_amount"].to_numpy(dtype=float)
    place = pd.MultiIndex.from_frame(cells).get_indexer(pd.MultiIndex.from_frame(known[CELL]))
    for cell in range(len(cells)):
        part = counts[:, cell]
        total = int(part.sum())
        if not total or not len(every):
            continue
        own = every[place == cell]
        pool = own if len(own) >= LEAST_FRAUDS else every
        pool = pool * (mean[cell] / pool.mean()) if pool.mean() > 0 else pool
        drawn = rng.choice(pool, total)
        sample, day = np.nonzero(part)
        where = np.repeat(np.arange(len(sample)), part[sample, day])
        np.add.at(made[:, cell], (sample[where], day[where]), drawn)
    return made


def _ahead(
    labels: pd.DataFrame, exposure: pd.DataFrame, backtests: pd.DataFrame, clock: pd.DataFrame,
    history_days: int, ahead_days: int, seed: int,
) -> _Ahead | None:  # fmt: skip
    cells, window = labelled_cells(exposure), history_window(clock, history_days)
    if window is None or not len(cells):
        return None
    first, origin = window
    past = history_at(labels, cells, first, origin)
    seen = int(past.counts.sum())
    if seen < LEAST_FRAUDS or origin - first < LEAST_HISTORY:
        return None
    method = served(backtests)
    rng = np.random.default_rng([seed, METHODS.index(method)])
    rates = fit_rates(past, method, rng, SAMPLES)
    factor = rates.weekday[(np.arange(origin, origin + ahead_days) + 3) % WEEK]
    mean = np.outer(rates.mean, factor)
    counts = draw_counts(rates.draws[:, :, None] * factor, rates.dispersed, rng)
    mean_amount = _mean_amounts(labels, cells)
    amounts = _draw_amounts(counts, labels, cells, mean_amount, rng)
    month = past.known[-STEP:]
    common = {
        "method_name": method,
        "label_known_rate": float(month.mean()),
        "sample_count": origin - first,
        "status": "ok",
    }
    return _Ahead(
        cells, rates, past, counts, amounts, mean, mean_amount, origin, common
    )  # fmt: skip


def _risk(ahead: _Ahead, exposure: pd.DataFrame, sure: float) -> pd.DataFrame:
    """Return each cell's frauds per transaction against the bank's, and how sure that is."""
    shown = exposure.set_index(CELL)["transaction_count"]
    transactions = shown.reindex(pd.MultiIndex.from_frame(ahead.cells)).to_numpy(dtype=float)
    days = ahead.past.counts.shape[1]
    daily = np.maximum(transactions / days, 1e-12)
    draws = ahead.rates.draws / daily
    bank = ahead.rates.draws.sum(axis=1) / daily.sum()
    above = (draws > bank[:, None]).mean(axis=0)
    level = np.where(above >= sure, "High", np.where(above <= 1 - sure, "Low", "Medium"))
    return pd.DataFrame(
        {
            "cell_fraud_rate": np.minimum(ahead.rates.mean / daily, 1.0),
            "above_bank_rate": above,
            "risk_level": level,
        }
    )


def _numbers(frame: pd.DataFrame, counts: Any, amounts: Any, confidence: float) -> pd.DataFrame:
    """Return the frame with the bounds of drawn counts and amounts, samples first."""
    for name, draws in (("expected_fraud_count", counts), ("expected_fraud_amount", amounts)):
        low, high = _bounds(draws, confidence)
        frame[f"{name}_lower"], frame[f"{name}_upper"] = low.ravel(), high.ravel()
    return frame


def _of_all(
    ahead: _Ahead, labels: pd.DataFrame, confidence: float, seed: int
) -> dict[int, pd.DataFrame]:
    """Return the frauds of all cells over each window, one row each.

    Frauds of one story touch several cells, so that all together vary more than their cells
    would alone: they are drawn with the dispersion of all frauds' weeks.
    """
    rng = np.random.default_rng([seed, 7])
    share = (ahead.rates.draws.sum(axis=1) / ahead.rates.mean.sum())[:, None]
    found = {}
    for days in [days for days in WINDOWS if days <= ahead.mean.shape[1]]:
        by_cell = ahead.mean[:, :days].sum(axis=1)
        mean, amount = float(by_cell.sum()), float(by_cell @ ahead.mean_amount)
        drawn = draw_counts(share * mean, ahead.rates.together, rng)
        one = pd.DataFrame([EVERYTHING])
        each = np.array([amount / mean])
        sums = _draw_amounts(drawn[:, :, None], labels, one, each, rng)[:, :, 0]
        one["expected_fraud_count"], one["expected_fraud_amount"] = mean, amount
        one = _numbers(one, drawn, sums, confidence)
        one["history_fraud_count"] = int(ahead.past.counts.sum())
        found[days] = one.assign(dispersion_statistic=ahead.rates.together)
    return found


def _bank(totals: pd.DataFrame) -> dict[str, float]:
    """Return the frauds of the whole bank over each window as columns; NaN of a longer one."""
    whole = totals[totals["channel"] == EVERYTHING["channel"]].set_index("window_days")
    return {
        f"bank_fraud_{days}d_count{end}": float(
            whole[f"expected_fraud_count{end}"].get(days, np.nan)
        )
        for days in WINDOWS
        for end in ("", "_lower", "_upper")
    }


@one_thread
def fraud_forecast(
    labels: Any, exposure: Any, backtests: Any, totals: Any, clock: Any, *,
    history_days: int = 365, ahead_days: int = 30, seed: int = 20240, confidence: float = 0.95,
    currency: str = "USD",
) -> pa.Table:  # fmt: skip
    """Return `analytics_fraud_risk_forecast`: one row per category, channel and day ahead.

    Parameters
    ----------
    labels, exposure, backtests, totals, clock : relation
        ``int_fraud_labels``, ``int_fraud_exposure``, ``int_fraud_backtest``,
        ``analytics_fraud_risk_totals``, ``data_clock``.
    history_days, ahead_days : int
        Days to learn from and to look ahead.

    Notes
    -----
    Known frauds are divided by the share that is known at their age, estimated in reverse
    time. Rates of cells are drawn to each other (gamma-Poisson) unless each cell's mean did
    better at past origins. Counts are negative binomial, with the dispersion of the weeks.
    A cell's risk is high (low) where its frauds per transaction lie above (below) the bank's
    with a probability of `confidence`.
    """
    known, shown, times = to_pandas(labels), to_pandas(exposure), to_pandas(clock)
    ahead = _ahead(
        known, shown, to_pandas(backtests), times, history_days, ahead_days, seed
    )  # fmt: skip
    if ahead is None:
        day = clock_date(times)
        return too_little(SCHEMA, day, **EVERYTHING, forecast_date=day, ahead_days=0)
    n = len(ahead.cells)
    cell = np.repeat(np.arange(n), ahead_days)
    made = ahead.cells.iloc[cell].reset_index(drop=True)
    made["ahead_days"] = np.tile(np.arange(1, ahead_days + 1), n)
    made["forecast_date"] = (ahead.origin + made["ahead_days"].to_numpy() - 1).astype(
        "datetime64[D]"
    )
    made["expected_fraud_count"] = ahead.mean.ravel()
    made["expected_fraud_amount"] = (ahead.mean * ahead.mean_amount[:, None]).ravel()
    made = _numbers(made, ahead.counts, ahead.amounts, confidence)
    risk = _risk(ahead, shown, confidence).iloc[cell].reset_index(drop=True)
    made = pd.concat([made, risk], axis=1).assign(**ahead.common)
    made["history_fraud_count"] = ahead.past.counts.sum(axis=1)[cell]
    made["dispersion_statistic"] = ahead.rates.dispersed
    made = made.assign(**_bank(to_pandas(totals)))
    made = made.assign(coverage_pct=100 * confidence, reporting_currency=currency)
    made["as_of_date"] = clock_date(times)
    return to_table(made, SCHEMA)


@one_thread
def fraud_totals(
    labels: Any, exposure: Any, backtests: Any, clock: Any, *, history_days: int = 365,
    ahead_days: int = 30, seed: int = 20240, confidence: float = 0.95, currency: str = "USD",
) -> pa.Table:  # fmt: skip
    """Return `analytics_fraud_risk_totals`: frauds of the next 7 and 30 days, by cell and of all.

    The same draws as `fraud_forecast`, summed: bounds of a sum are no sum of bounds.
    """
    known, shown, times = to_pandas(labels), to_pandas(exposure), to_pandas(clock)
    ahead = _ahead(
        known, shown, to_pandas(backtests), times, history_days, ahead_days, seed
    )  # fmt: skip
    if ahead is None:
        return too_little(TOTAL_SCHEMA, clock_date(times), **EVERYTHING, window_days=0)
    whole = _of_all(ahead, known, confidence, seed)
    parts = []
    for days, one in whole.items():
        part = ahead.cells.copy()
        part["expected_fraud_count"] = ahead.mean[:, :days].sum(axis=1)
        part["expected_fraud_amount"] = part["expected_fraud_count"] * ahead.mean_amount
        part = _numbers(
            part, ahead.counts[:, :, :days].sum(axis=2), ahead.amounts[:, :, :days].sum(axis=2),
            confidence,
        )  # fmt: skip
        part["history_fraud_count"] = ahead.past.counts.sum(axis=1)
        part["dispersion_statistic"] = ahead.rates.dispersed
        both = pd.concat([one, part], ignore_index=True)
        parts.append(both.assign(window_days=days, **ahead.common))
    made = pd.concat(parts, ignore_index=True)
    made = made.assign(coverage_pct=100 * confidence, reporting_currency=currency)
    made["as_of_date"] = clock_date(times)
    return to_table(made, TOTAL_SCHEMA)
