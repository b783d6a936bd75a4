"""What balances answer to a change of the rate paid: event study for any frame, and the model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from financial_analytics.errors import InvalidInputError
from financial_analytics.models.causal.results import (
    SUSPECT,
    effect_row,
    no_design,
    result_frame,
    result_schema,
    stated,
    with_period,
)
from financial_analytics.models.columns import clock_date
from financial_analytics.models.frames import need_columns, to_pandas, to_table
from financial_analytics.models.threads import one_thread
from financial_analytics.stats.causal.interrupted import event_path, partial_adjustment
from financial_analytics.stats.inference import Floats
from financial_analytics.stats.multiple import holm

SCHEMA = result_schema(
    *("account_count", "change_count", "adjustment_rate", "long_run_value"),
    *("pretrend_p_value", "placebo_value", "placebo_p_value", "autocorrelation_p_value"),
    *("market_adjusted_value", "market_p_value"),
)
HORIZON = 12
OUTCOME = "mean_log_balance"
LABEL = "Balance of an account, over the same accounts throughout"
ESTIMAND = (
    "What a typical account's balance moves by within twelve months of a change of its product's "
    "rate, as a logarithm per percentage point"
)
ASSUMPTION = (
    "Had the rate not changed, balances would have gone on along their trend; nothing else moved "
    "them on the dates of the changes."
)


def rate_response(
    frame: pd.DataFrame,
    *,
    period: str,
    outcome: str,
    rate: str,
    group: str | None = None,
    units: str | None = None,
    market: str | None = None,
    horizon: int = HORIZON,
    relevant: float | None = None,
    confidence: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """Return what a level answers to a rate that changes on known dates, by group.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per group and period. Unknown levels and rates leave their periods out, as do
        periods without a row.
    period : str
        Whole numbers, or dates, which count as their months.
    outcome, rate : str
        Numeric. The estimate is the move of `outcome` per unit of `rate`; for a semi-elasticity
        give the logarithm of the level.
    group : str, optional
        Series that are looked at each for itself, such as products.
    units : str, optional
        How many units an outcome is the mean of.
    market : str, optional
        Rate that others pay: held fixed as a test, for it must not move the level by itself.
    horizon : int, default 12
        Periods after which the answer is told, that of the change included.
    relevant : float, optional
        Effect that would matter, on the scale of the estimate.
    confidence : float, default 0.95
    seed : int
        Of the draws behind intervals.

    Returns
    -------
    pandas.DataFrame
        `SCHEMA`: an ``effect`` row of each group and the ``point`` rows of its event study, where
        `point_value` counts periods from the change. Refuted where changes move the level before
        their dates, or on dates on which there was none, where the market rate does, or where what
        is left is not white (p below 0.01).

    Raises
    ------
    InvalidInputError
        If a column is missing, a period is no whole number or date, or has two rows in a group.

    Examples
    --------
    >>> rng = np.random.default_rng(5)
    >>> shop = pd.DataFrame({"week": range(48), "price": np.repeat([1.0, 2.0, 1.5, 3.0], 12)})
    >>> level = [0.0]
    >>> for price in shop.price[1:]:
    ...     level.append(level[-1] + 0.5 * (0.2 * price - level[-1]) + 0.002 * rng.normal())
    >>> found = rate_response(shop.assign(sold=level), period="week", outcome="sold", rate="price")
    >>> found["verdict"][0], bool(found["estimate_lower"][0] < 0.2 < found["estimate_upper"][0])
    ('supported', True)
    """
    more = [name for name in (group, units, market) if name]
    need_columns(frame, period, outcome, rate, *more)
    rows = frame[frame[[period, *((group,) if group else ())]].notna().all(axis=1)]
    numbers = rows.assign(_period=_whole(rows[period], period))
    parts = [("All", numbers)] if group is None else sorted(
        ((str(name), part) for name, part in numbers.groupby(group, sort=False))
    )  # fmt: skip
    made: list[dict[str, Any]] = []
    for name, part in parts or [("All", numbers)]:
        if part["_period"].duplicated().any():
            again = part.loc[part["_period"].duplicated(), period].iloc[0]
            raise InvalidInputError(
                f"{name} has two rows of {period} {again}", hint="give one row per group and period"
            )
        made += _looked_at(
            _dense(part), outcome, rate, units, market, horizon=horizon, relevant=relevant,
            confidence=confidence, seed=seed,
            shared={"outcome_name": outcome, "outcome_label": outcome, "group_name": name,
                    "design_name": "interrupted_time_series"},
        )  # fmt: skip
    found = result_frame(made, SCHEMA, confidence)
    is_effect = found["effect_level"] == "effect"
    found.loc[is_effect, "adjusted_p_value"] = holm(found.loc[is_effect, "p_value"])
    return found


def _whole(values: pd.Series, name: str) -> pd.Series:
    """Return periods as whole numbers; dates as their months."""
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        if (values % 1 == 0).all():
            return values.astype("int64")
    else:
        try:
            days = pd.to_datetime(values, format="ISO8601")
            return (12 * days.dt.year + days.dt.month).astype("int64")
        except (ValueError, TypeError, AttributeError):
            pass
    raise InvalidInputError(
        f"{name} has values that are no periods", hint="give whole numbers or dates"
    )


def _dense(part: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a group in time, one of each period between its ends."""
    rows = part.set_index("_period").sort_index()
    if rows.empty:
        return rows
    return rows.reindex(range(int(rows.index[0]), int(rows.index[-1]) + 1))


def _numbers(part: pd.DataFrame, name: str) -> Floats:
    values = pd.to_numeric(part[name], errors="coerce").to_numpy(dtype=np.float64)
    return np.where(np.isfinite(values), values, np.nan)


def _looked_at(
    part: pd.DataFrame,
    outcome: str,
    rate: str,
    units: str | None,
    market: str | None,
    *,
    horizon: int,
    relevant: float | None,
    confidence: float,
    seed: int,
    shared: dict[str, Any],
) -> list[dict[str, Any]]:
    """Return the rows of one series."""
    y, price = _numbers(part, outcome), _numbers(part, rate)
    options: dict[str, Any] = {"horizon": horizon, "confidence": confidence, "seed": seed}
    found = partial_adjustment(y, price, **options)
    tests = found.diagnostics
    held, held_p = np.nan, np.nan
    if market:
        other = _numbers(part, market)
        steady = partial_adjustment(y, price, other[:, None], **options)
        held, held_p = steady.estimate, steady.diagnostics.get("others_p", np.nan)
    failures = {
        "balances move before the rate does": tests.get("pretrend_p", 1.0) < SUSPECT,
        "balances move on dates without a change": tests.get("placebo_p", 1.0) < SUSPECT,
        "the market's rate moves balances too": held_p < SUSPECT,
        "what is left of the series is not white": tests.get("autocorrelation_p", 1.0) < SUSPECT,
    }
    head = effect_row(
        found, failures, relevant=relevant, confidence=confidence,
        unidentified="fewer than two changes of the rate, or fewer than 18 periods",
    )  # fmt: skip
    many = _numbers(part, units) if units else np.array([np.nan])
    made = [
        shared
        | head
        | {
            "control_count": max(found.n - found.treated, 0),
            "benchmark_value": tests.get("simple", np.nan),
            "account_count": float(np.nanmax(many)) if np.isfinite(many).any() else np.nan,
            "change_count": tests.get("changes", np.nan),
            "adjustment_rate": tests.get("speed", np.nan),
            "long_run_value": tests.get("long_run", np.nan)
            if head["verdict"] == "supported"
            else np.nan,
            "pretrend_p_value": tests.get("pretrend_p", np.nan),
            "placebo_value": tests.get("placebo", np.nan),
            "placebo_p_value": tests.get("placebo_p", np.nan),
            "autocorrelation_p_value": tests.get("autocorrelation_p", np.nan),
            "market_adjusted_value": held,
            "market_p_value": held_p,
        }
    ]
    if not np.isfinite(found.lower):
        return made
    path = event_path(y, price, confidence=confidence)
    return made + [
        shared
        | {
            "effect_level": "point", "point_number": number, "point_value": float(at),
            "estimate": value, "estimate_lower": low, "estimate_upper": high,
            "sample_count": int(count),
        }
        for number, (at, value, low, high, count) in enumerate(
            zip(path.horizon, path.value, path.lower, path.upper, path.n, strict=True)
        )
    ]  # fmt: skip


def _apart(frame: pd.DataFrame) -> pd.Series:
    """Return product names; of products that share one, with a number behind it."""
    names = frame.groupby("product_key")["product_name"].first()
    number = names.groupby(names).cumcount() + 1
    apart = names.where(~names.duplicated(keep=False), names + " (" + number.astype(str) + ")")
    return frame["product_key"].map(apart)


RATES = ("paid_rate_pct", "market_rate_pct")
PLACES = 9
"""Decimal places of what is read: a billionth of a balance."""


@one_thread
def rate_effects(
    balances: Any, clock: Any, *, relevant: float, random_seed: int, confidence: float = 0.95
) -> pa.Table:
    """Return `analytics_interest_rate_behavior_impact`.

    Parameters
    ----------
    balances : relation
        ``int_rate_balances``.
    clock : relation
        ``data_clock``.
    relevant : float
        Logarithm of balance per point that would matter.
    random_seed : int
    confidence : float, default 0.95
    """
    frame = to_pandas(balances).sort_values(["product_key", "month_start_date"], ignore_index=True)
    # engines differ in the last bits of a logarithm; the fit makes that a hundred million larger
    frame = frame.round(dict.fromkeys(("mean_log_balance", *RATES), PLACES))
    as_of = clock_date(to_pandas(clock))
    if frame.empty:
        return no_design(SCHEMA, as_of, OUTCOME)
    made = rate_response(
        frame.assign(product_name=_apart(frame)),
        period="month_start_date",
        outcome=OUTCOME,
        rate="paid_rate_pct",
        group="product_name",
        units="account_count",
        market="market_rate_pct",
        relevant=float(relevant),
        confidence=float(confidence),
        seed=int(random_seed),
    ).assign(outcome_label=LABEL)
    made = with_period(stated(made, ESTIMAND, ASSUMPTION), frame["month_start_date"])
    ends = pd.to_datetime(frame["month_end_date"]).max()
    return to_table(made.assign(as_of_date=as_of, period_end_date=ends.date()), SCHEMA)
