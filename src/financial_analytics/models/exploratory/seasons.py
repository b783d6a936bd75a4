"""Trend, week, year and holidays of the bank's daily series."""

from __future__ import annotations

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
    with_bounds,
)
from financial_analytics.models.frames import to_pandas, to_table
from financial_analytics.models.threads import one_thread
from financial_analytics.stats.seasons import (
    Estimate,
    decompose,
    holiday_effects,
    outliers,
    strength_interval,
)

LEAST_DAYS = 8 * 7
EMPTY_SHARE = 0.01
"""Share of days with nothing from which a series has no logarithm worth taking apart."""
BOOTSTRAPS = 200
STRENGTHS = ("trend", "weekly", "yearly")

SCHEMA = pa.schema(
    [
        *fields(["series_name", "series_label", "series_unit"], TEXT),
        pa.field("observation_date", DATE),
        *fields(["observed_value", "trend_value"], DOUBLE),
        *fields(["weekly_index", "yearly_index", "holiday_index", "remainder_index"], DOUBLE),
        pa.field("is_bank_holiday", FLAG),
        pa.field("holiday_name", TEXT),
        *fields(with_bounds("own_holiday_effect_pct"), DOUBLE),
        pa.field("holiday_count", WHOLE),
        *fields(with_bounds("holiday_effect_pct"), DOUBLE),
        *fields(with_bounds(*(f"{name}_strength_rate" for name in STRENGTHS)), DOUBLE),
        *fields(["weekly_strength_p_value", "yearly_strength_p_value"], DOUBLE),
        pa.field("sample_count", LONG),
        pa.field("status", TEXT),
        pa.field("as_of_date", DATE),
    ]
)


def _as_change(estimate: Estimate) -> tuple[float, float, float]:
    """Return an effect on logs as a change in per cent, with its bounds."""
    value, lower, upper = (
        100 * float(np.expm1(bound)) for bound in (estimate.value, estimate.lower, estimate.upper)
    )
    return value, lower, upper


def _put(frame: pd.DataFrame, name: str, bounds: tuple[float, float, float]) -> None:
    for end, value in zip(("", "_lower", "_upper"), bounds, strict=True):
        frame[f"{name}{end}"] = value


def _taken_apart(series: pd.DataFrame, seed: int, confidence: float) -> pd.DataFrame:
    """Return a series with its components; status says what could not be found."""
    made = series.reset_index(drop=True)
    for name in SCHEMA.names:
        if name not in made:
            made[name] = np.nan
    observed = made["observed_value"].to_numpy(dtype=float)
    made["sample_count"] = len(made)
    made["holiday_count"] = int(made["is_bank_holiday"].sum())
    made["status"] = "insufficient_data"
    if len(made) < LEAST_DAYS or (observed <= 0).mean() > EMPTY_SHARE:
        return made
    if np.ptp(observed) == 0:
        return made.assign(status="no_variation")
    logs = np.log(np.where(observed > 0, observed, observed[observed > 0].min()))
    dates = pd.to_datetime(made["observation_date"])
    weekday = dates.dt.dayofweek.to_numpy(dtype=np.int64) + 1
    names = made["holiday_name"].where(made["is_bank_holiday"], None).to_numpy(dtype=object)
    names = np.array([None if pd.isna(name) else str(name) for name in names], dtype=object)
    held = np.array([name is not None for name in names])
    # holidays are expected to stand out, and are measured; what else stands out is not fitted
    strange = outliers(logs, held)
    effects = holiday_effects(logs, weekday, names, ~strange, confidence=confidence)
    effect = np.array([
        0.0 if name is None
        else effects.by_name[name].value if name in effects.by_name
        else effects.mean.value if effects.mean else 0.0
        for name in names
    ])  # fmt: skip
    plain = logs - effect
    around = pd.Series(plain).mask(strange).rolling(29, center=True, min_periods=1).median()
    smooth = np.where(strange, around.ffill().bfill(), plain)
    parts = decompose(smooth)
    remainder = parts.remainder + plain - smooth
    made["trend_value"] = np.exp(parts.trend)
    made["weekly_index"] = 100 * np.exp(parts.weekly)
    made["holiday_index"] = 100 * np.exp(effect)
    made["status"] = "weekly_only"
    components = {"trend": parts.trend, "weekly": parts.weekly}
    if parts.yearly is not None:
        components["yearly"] = parts.yearly
        made["yearly_index"] = 100 * np.exp(parts.yearly)
        made["status"] = "ok"
    made["remainder_index"] = 100 * np.exp(remainder)
    # a day with nothing has no logarithm: its components are those of the days around
    made.loc[observed <= 0, "remainder_index"] = 0.0
    rng = np.random.default_rng(seed)
    for name, component in components.items():
        found = strength_interval(
            component, parts.remainder, samples=BOOTSTRAPS, rng=rng, confidence=confidence
        )
        _put(made, f"{name}_strength_rate", (found.value, found.lower, found.upper))
    made["weekly_strength_p_value"] = effects.weekly_p_value
    made["yearly_strength_p_value"] = effects.yearly_p_value
    if effects.mean:
        _put(made, "holiday_effect_pct", _as_change(effects.mean))
    for name, estimate in effects.by_name.items():
        for end, value in zip(("", "_lower", "_upper"), _as_change(estimate), strict=True):
            made.loc[names == name, f"own_holiday_effect_pct{end}"] = value
    return made


@one_thread
def seasonal_patterns(
    daily: Any, clock: Any, *, seed: int = 20240, confidence: float = 0.95
) -> pa.Table:
    """Return `analytics_seasonal_patterns`: one row per series and day.

    Parameters
    ----------
    daily : relation
        ``int_daily_series``.
    clock : relation
        ``data_clock``.
    seed : int
        Seed of the bootstrap of the strengths.
    confidence : float, default 0.95
        Two-sided coverage of the intervals.

    Notes
    -----
    On the log scale, so that components multiply. The effect of holidays is estimated first
    and taken out; days that lie far from the month around them are not fitted, and stand
    whole in the remainder. The yearly component needs two years.
    """
    frame = to_pandas(daily).sort_values(["series_name", "observation_date"], ignore_index=True)
    parts = [
        _taken_apart(part, int(seed), float(confidence))
        for _, part in frame.groupby("series_name", sort=True)
    ]
    made = pd.concat(parts, ignore_index=True) if parts else frame.reindex(columns=SCHEMA.names)
    made["as_of_date"] = clock_date(to_pandas(clock))
    return to_table(made, SCHEMA)
