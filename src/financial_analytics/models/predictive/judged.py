"""Registry rows of the models that are judged by origins in the past: volume, fraud, value."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.stats import norm

from financial_analytics.models.frames import to_pandas, to_table
from financial_analytics.models.predictive import fraud, registry, value, volume
from financial_analytics.models.predictive.fraud_rates import CELL, METHODS
from financial_analytics.models.predictive.value_model import enough, fit_value
from financial_analytics.models.threads import one_thread
from financial_analytics.stats.coverage import tails
from financial_analytics.stats.forecast import NAIVE, DailyCounts, honest_coverage, mase

CHAMPION, CHALLENGER = "champion", "challenger"
OUT_OF_TIME = "out_of_time"
Estimate = tuple[float, float, float]
UNKNOWN: Estimate = (np.nan, np.nan, np.nan)
Figure = tuple[str, str, str, Estimate, int]
"""Metric, segment kind, segment, estimate with bounds, sample count."""
LEAST_GROUP = 30
"""Customers from which figures of a group are told."""


@dataclass(frozen=True)
class Judged:
    """One role of a model, as the registry and the metrics tell of it.

    Attributes
    ----------
    kind : str
        The method.
    status : str
    is_served : bool
    metrics : tuple of Figure
    parameters : dict or None
        What was fitted, for ``model_json``.
    """

    kind: str
    status: str
    is_served: bool
    metrics: tuple[Figure, ...]
    parameters: dict[str, Any] | None = None


@dataclass(frozen=True)
class Judgement:
    """Both roles of a model, and what they were judged on."""

    name: str
    target: str
    horizon_months: int
    champion: Judged
    challenger: Judged
    difference: Estimate
    dates: dict[str, Any]
    train_count: int | None
    data: str

    def roles(self) -> tuple[tuple[str, Judged], tuple[str, Judged]]:
        """Return both roles by name."""
        return (CHAMPION, self.champion), (CHALLENGER, self.challenger)


def _id(judgement: Judgement, role: str) -> str:
    return registry.model_id(judgement.name, role, judgement.data, _code())


def _code() -> str:
    package = "financial_analytics"
    return registry.code_fingerprint(
        *(f"{package}.models.predictive.{name}" for name in ("volume", "fraud", "fraud_rates")),
        *(f"{package}.models.predictive.{name}" for name in ("value", "value_model", "judged")),
        *(f"{package}.stats.{name}" for name in ("forecast", "counts", "lifetime")),
    )


def _models(judgement: Judgement) -> pa.Table:
    value_, lower, upper = judgement.difference
    rows = [
        dict.fromkeys(registry.REGISTRY_SCHEMA.names)
        | judgement.dates
        | {
            "model_id": _id(judgement, role),
            "model_name": judgement.name,
            "model_role": role,
            "model_kind": judged.kind,
            "target": judgement.target,
            "status": judged.status,
            "is_served": judged.is_served,
            "horizon_months": judgement.horizon_months,
            "train_count": judgement.train_count,
            "difference_statistic": value_,
            "difference_statistic_lower": lower,
            "difference_statistic_upper": upper,
            "data_fingerprint": judgement.data,
            "code_fingerprint": _code(),
            "model_json": json.dumps(judged.parameters, sort_keys=True)
            if judged.parameters
            else None,
        }
        for role, judged in judgement.roles()
    ]
    return to_table(pd.DataFrame(rows), registry.REGISTRY_SCHEMA)


def _metrics(judgement: Judgement, confidence: float) -> pa.Table:
    rows = [
        {
            "model_id": _id(judgement, role),
            "model_name": judgement.name,
            "model_role": role,
            "metric_name": metric,
            "split_name": OUT_OF_TIME,
            "segment_kind": kind,
            "segment_name": segment,
            "metric_value": estimate[0],
            "metric_lower": estimate[1],
            "metric_upper": estimate[2],
            "coverage_pct": 100 * confidence,
            "sample_count": count,
            "event_count": None,
            "status": "ok" if np.isfinite(estimate[0]) else "insufficient_data",
        }
        for role, judged in judgement.roles()
        for metric, kind, segment, estimate, count in judged.metrics
    ]
    return to_table(
        pd.DataFrame(rows, columns=registry.METRIC_SCHEMA.names), registry.METRIC_SCHEMA
    )


def _spread(values: Any, confidence: float) -> Estimate:
    """Return the mean of independent parts with the interval of its standard error."""
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)]
    if len(known) < 2:
        return (float(known.mean()), np.nan, np.nan) if len(known) else UNKNOWN
    half = float(norm.ppf(tails(confidence)[1])) * known.std(ddof=1) / np.sqrt(len(known))
    mean = float(known.mean())
    return mean, mean - half, mean + half


def _date(values: pd.Series, end: str) -> Any:
    known = pd.to_datetime(values).dropna()
    return None if known.empty else getattr(known, end)().date()


def _by_origin(series: DailyCounts, test: Any) -> Any:
    """Return the MASE of each origin; it is their mean that is judged."""
    parts = [
        type(test)(test.origins[k : k + 1], test.forecast[k : k + 1], test.actual[k : k + 1])
        for k in range(len(test.origins))
    ]
    return np.array([mase(series.counts, part) for part in parts])


def _volume(daily: Any, backtests: Any, confidence: float) -> Judgement:
    frame, seen = to_pandas(daily), to_pandas(backtests)
    metrics: dict[str, list[Figure]] = {CHAMPION: [], CHALLENGER: []}
    methods: dict[str, str] = {}
    difference, winner, length = UNKNOWN, NAIVE, None
    for name, series, _ in volume.each_series(frame):
        tests = volume.backtests_of(seen[seen["series_name"] == name], series)
        if not tests:
            continue
        scores = volume.scores_of(series, tests)
        best = volume.served({key: scores[key] for key in scores if key != NAIVE})
        methods[name] = best
        errors = {key: _by_origin(series, tests[key]) for key in (NAIVE, best)}
        whole = name == volume.ALL_CHANNELS
        kind, segment = ("all", registry.ALL) if whole else ("channel", name)
        for role, method in ((CHAMPION, NAIVE), (CHALLENGER, best)):
            test = tests[method]
            found = _spread(errors[method], confidence)
            metrics[role].append(("mase", kind, segment, found, len(test.origins)))
            for share in volume.COVERAGES:
                held = honest_coverage(test, share / 100, confidence=confidence)
                covered = (held.share, held.lower, held.upper)
                metrics[role].append((f"coverage_{share}", kind, segment, covered, held.n))
        if whole:
            difference = _spread(errors[best] - errors[NAIVE], confidence)
            winner, length = volume.served(scores), len(series.counts)
    status = "ok" if methods else "insufficient_data"
    return Judgement(
        name="volume",
        target="posted transactions a day, all and by channel",
        horizon_months=3,
        champion=Judged(NAIVE, status, winner == NAIVE, tuple(metrics[CHAMPION])),
        challenger=Judged(
            "calendar_regression", status, winner != NAIVE, tuple(metrics[CHALLENGER]),
            {"methods": methods} if methods else None,
        ),
        difference=difference,
        dates={
            "train_start_date": _date(frame.loc[~frame["is_ahead"], "observation_date"], "min"),
            "train_end_date": _date(frame.loc[~frame["is_ahead"], "observation_date"], "max"),
            "out_of_time_start_date": _date(seen["origin_date"], "min"),
            "out_of_time_end_date": _date(seen["origin_date"], "max"),
        },
        train_count=length,
        data=registry.data_fingerprint(
            frame.sort_values(["series_name", "observation_date"])[
                ["series_name", "observation_date", "transaction_count"]
            ]
        ),
    )  # fmt: skip


def _share(values: pd.Series, confidence: float) -> Estimate:
    """Return the mean of shares with its interval, which ends where a share does."""
    share, lower, upper = _spread(values, confidence)
    return share, max(0.0, lower), min(1.0, upper)


def _groups(frame: pd.DataFrame, kinds: Sequence[str]) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Yield kind, name and rows of all, then of each group of each of `kinds`."""
    yield "all", registry.ALL, frame
    for kind in kinds:
        for name, rows in frame.groupby(frame[kind].fillna("Unknown"), sort=True):
            yield kind, str(name), rows


def _fraud_figures(rows: pd.DataFrame, confidence: float) -> dict[str, Estimate]:
    """Return the figures of one method over origins; of some cells, or all."""
    grouped = rows.groupby("origin_date")
    inside = (rows["fraud_count"] >= rows["expected_fraud_count_lower"]) & (
        rows["fraud_count"] <= rows["expected_fraud_count_upper"]
    )
    sums = grouped[["expected_fraud_count", "fraud_count"]].sum()
    came = float(sums["fraud_count"].sum())
    ratio = UNKNOWN
    if came:
        value_ = float(sums["expected_fraud_count"].sum()) / came
        miss = sums["expected_fraud_count"] - value_ * sums["fraud_count"]
        half = float(norm.ppf(tails(confidence)[1])) * float(np.sqrt((miss**2).sum())) / came
        ratio = (value_, value_ - half, value_ + half)
    return {
        "log_score": _spread(grouped["log_score"].mean(), confidence),
        "coverage": _share(inside.groupby(rows["origin_date"]).mean(), confidence),
        "total_ratio": ratio,
    }


def _fraud(backtests: Any, confidence: float) -> Judgement:
    seen = to_pandas(backtests).sort_values(
        ["method_name", "origin_date", *CELL], ignore_index=True
    )
    known = not seen.empty
    best = fraud.served(seen.loc[seen["method_name"] != METHODS[0]]) if known else METHODS[1]
    winner = fraud.served(seen) if known else METHODS[1]
    found: dict[str, tuple[Figure, ...]] = {}
    scores = {}
    for method in (METHODS[0], best):
        part = seen[seen["method_name"] == method]
        scores[method] = part.groupby("origin_date")["log_score"].mean()
        found[method] = tuple(
            (metric, kind, segment, estimate, len(rows))
            for kind, segment, rows in _groups(part, CELL)
            for metric, estimate in _fraud_figures(rows, confidence).items()
        )
    status = "ok" if known else "insufficient_data"
    simple = METHODS[0]
    return Judgement(
        name="fraud",
        target="frauds of thirty days by what is paid for and channel",
        horizon_months=1,
        champion=Judged(simple, status, winner == simple, found[simple] if known else ()),
        challenger=Judged(best, status, winner != simple, found[best] if known else ()),
        difference=_spread(scores[best] - scores[simple], confidence) if known else UNKNOWN,
        dates={
            "out_of_time_start_date": _date(seen["origin_date"], "min"),
            "out_of_time_end_date": _date(seen["origin_date"], "max"),
        },
        train_count=None,
        data=registry.data_fingerprint(seen),
    )


def _value(states: Any, backtests: Any, confidence: float) -> Judgement:
    frame, seen = to_pandas(states), to_pandas(backtests)
    scores = value.judge(seen, confidence)
    known = not scores.empty
    winner = value.served(scores) if known else value.LAST_YEAR
    rows = frame[frame["cut_name"] == value.CURRENT]
    found: dict[str, list[Figure]] = {method: [] for method in value.METHODS}
    for kind, segment, part in _groups(seen, ["customer_segment"]) if known else ():
        for row in value.judge(part, confidence).to_dict("records"):
            estimate = (row["metric_value"], row["metric_lower"], row["metric_upper"])
            count = int(row["sample_count"])
            told = estimate if count >= LEAST_GROUP or kind == "all" else UNKNOWN
            found[row["method_name"]].append((row["metric_name"], kind, segment, told, count))
    difference = UNKNOWN
    if known:
        wide = seen.assign(
            miss=(seen["actual_margin_amount"] - seen["predicted_margin_amount"]).abs()
        ).pivot_table(index="customer_natural_key", columns="method_name", values="miss")
        difference = _spread(wide[value.BUY_TILL_YOU_DIE] - wide[value.LAST_YEAR], confidence)
    status = "ok" if known else "insufficient_data"
    return Judgement(
        name="value",
        target="margin of a customer in the next twelve months",
        horizon_months=12,
        champion=Judged(
            value.LAST_YEAR, status, winner == value.LAST_YEAR, tuple(found[value.LAST_YEAR])
        ),
        challenger=Judged(
            value.BUY_TILL_YOU_DIE, status, winner == value.BUY_TILL_YOU_DIE,
            tuple(found[value.BUY_TILL_YOU_DIE]),
        ),
        difference=difference,
        dates={
            "train_end_date": _date(rows["cut_date"], "max"),
            "out_of_time_start_date": _date(seen["cut_date"], "min"),
            "out_of_time_end_date": _date(seen["cut_date"], "max"),
        },
        train_count=len(rows),
        data=registry.data_fingerprint(
            frame.sort_values(["cut_name", "customer_natural_key"]).drop(columns="customer_segment")
        ),
    )  # fmt: skip


def _fitted(states: pd.DataFrame, confidence: float) -> dict[str, Any] | None:
    """Return the parameters of purchases, amounts and staying, as served now."""
    rows = states[states["cut_name"] == value.CURRENT].sort_values("customer_natural_key")
    if not enough(rows):
        return None
    earlier = states[states["cut_name"] == value.HOLDOUT]
    model = fit_value(rows, earlier, confidence=confidence)
    return {
        "buying": {name: getattr(model.buying, name) for name in ("r", "alpha", "a", "b")},
        "spending": {name: getattr(model.spending, name) for name in ("p", "q", "v")},
        "staying": model.staying,
    }


@one_thread
def volume_models(daily: Any, backtests: Any, *, confidence: float = 0.95) -> pa.Table:
    """Return `int_volume_models`, from ``int_daily_volume`` and ``int_volume_backtest``."""
    return _models(_volume(daily, backtests, float(confidence)))


@one_thread
def volume_metrics(daily: Any, backtests: Any, *, confidence: float = 0.95) -> pa.Table:
    """Return `int_volume_metrics`: MASE and coverage of all channels and each of them."""
    return _metrics(_volume(daily, backtests, float(confidence)), float(confidence))


@one_thread
def fraud_models(backtests: Any, *, confidence: float = 0.95) -> pa.Table:
    """Return `int_fraud_models`, the rows of the registry, from ``int_fraud_backtest``."""
    return _models(_fraud(backtests, float(confidence)))


@one_thread
def fraud_metrics(backtests: Any, *, confidence: float = 0.95) -> pa.Table:
    """Return `int_fraud_metrics`: log score, coverage, and expected over actual frauds."""
    return _metrics(_fraud(backtests, float(confidence)), float(confidence))


@one_thread
def value_models(states: Any, backtests: Any, *, confidence: float = 0.95) -> pa.Table:
    """Return `int_value_models`, from ``int_customer_value_states`` and its backtest."""
    judgement = _value(states, backtests, float(confidence))
    challenger = judgement.challenger
    if challenger.metrics:
        fitted = _fitted(to_pandas(states), float(confidence))
        judgement = replace(judgement, challenger=replace(challenger, parameters=fitted))
    return _models(judgement)


@one_thread
def value_metrics(states: Any, backtests: Any, *, confidence: float = 0.95) -> pa.Table:
    """Return `int_value_metrics`: total, rank, error and coverage on the last known year."""
    return _metrics(_value(states, backtests, float(confidence)), float(confidence))
