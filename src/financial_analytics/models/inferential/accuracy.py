"""How well a score finds events: the method of analytics_fraud_detection_accuracy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from financial_analytics.models.columns import clock_date, with_bounds
from financial_analytics.models.frames import need_columns, to_pandas, to_table
from financial_analytics.models.inferential.results import finished, picked, schema
from financial_analytics.models.threads import one_thread
from financial_analytics.stats.ranking import (
    ScoreCurve,
    average_precision_interval,
    cheapest,
    counted_auc,
    recall_at,
    score_curve,
)
from financial_analytics.stats.rates import wilson

POINTS = 200
"""Thresholds of the curve that are kept: even in recall and in false alarms, and the named."""
STRICT, LOOSE = 0.01, 0.05
COUNTS = (
    *("true_positive_count", "false_positive_count"),
    *("false_negative_count", "true_negative_count"),
)
SCHEMA = schema(
    texts=("threshold_name",),
    wholes=("threshold_number",),
    longs=("sample_count", "event_count", *COUNTS),
    doubles=(
        "threshold_score",
        *with_bounds("recall_rate"),
        "false_positive_rate",
        *with_bounds("precision_rate"),
        "total_cost_amount",
        *with_bounds("auc_score"),
        *("test_statistic", "p_value", "adjusted_p_value"),
        *with_bounds("average_precision_score"),
        "event_rate",
        *with_bounds("recall_at_fpr_1pct_rate"),
        *with_bounds("recall_at_fpr_5pct_rate"),
        *("miss_cost_amount", "alarm_cost_amount", "idle_cost_amount"),
    ),
    flags=("is_cost_optimal",),
    dates=("first_transaction_date", "last_transaction_date"),
)


def _places(curve: ScoreCurve, named: list[int]) -> np.ndarray[Any, Any]:
    """Return the thresholds to keep: at even steps of recall and of false alarms, and the named."""
    last = len(curve.threshold) - 1
    steps = np.linspace(0, 1, POINTS // 2)
    places = [
        np.searchsorted(rate, steps, side="left")
        for rate in (curve.recall, curve.false_positive_rate)
    ]
    kept = [0, last, *(place for place in named if place >= 0)]
    return np.unique(np.clip(np.concatenate([*places, kept]), 0, last)).astype(int)


def _points(curve: ScoreCurve, costs: tuple[float, float], confidence: float) -> pd.DataFrame:
    recalls = {name: recall_at(curve, rate) for name, rate in (("1pct", STRICT), ("5pct", LOOSE))}
    cost, best = cheapest(curve, miss_cost=costs[0], alarm_cost=costs[1])
    named = {best: "least cost"}
    named |= {recalls["5pct"][1]: "5 % false alarms", recalls["1pct"][1]: "1 % false alarms"}
    places = _places(curve, list(named))
    hits, alarms = curve.true_positives[places], curve.false_positives[places]
    rows = pd.DataFrame(
        {
            "threshold_number": np.arange(1, len(places) + 1),
            "threshold_name": [named.get(int(place), "") for place in places],
            "threshold_score": curve.threshold[places],
            "true_positive_count": hits,
            "false_positive_count": alarms,
            "false_negative_count": curve.events - hits,
            "true_negative_count": curve.others - alarms,
            "recall_rate": curve.recall[places],
            "false_positive_rate": curve.false_positive_rate[places],
            "precision_rate": curve.precision[places],
            "total_cost_amount": cost[places],
            "is_cost_optimal": places == best,
        }
    )
    rows["recall_rate_lower"], rows["recall_rate_upper"] = wilson(
        hits, curve.events, confidence=confidence
    )
    rows["precision_rate_lower"], rows["precision_rate_upper"] = wilson(
        hits, hits + alarms, confidence=confidence
    )
    for name, (recall, _) in recalls.items():
        low, high = wilson(recall * curve.events, curve.events, confidence=confidence)
        column = f"recall_at_fpr_{name}_rate"
        rows[column], rows[f"{column}_lower"], rows[f"{column}_upper"] = recall, low, high
    return rows


def score_accuracy(
    frame: pd.DataFrame,
    *,
    score: str,
    event: str,
    weight: str | None = None,
    miss_cost: float = 1.0,
    alarm_cost: float = 1.0,
    minimum_events: int = 10,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return what each threshold of a score catches, and how well it ranks altogether.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per observation, or per distinct score with its count in `weight`.
    score, event : str
        Columns: higher is likelier an event; boolean or 0/1. Rows without either are left out.
    weight : str, optional
        Column of counts.
    miss_cost, alarm_cost : float
        What an event that is not flagged costs, and what flagging costs.
    minimum_events : int, default 10
        Events, and others, below which nothing is estimated.
    confidence : float, default 0.95
        Two-sided coverage as a fraction in (0, 1).

    Returns
    -------
    pandas.DataFrame
        One row per threshold, at most some 200 of them, from the highest score down: an
        observation with this score or more is flagged. Area, average precision, and recall at
        1 % and 5 % false alarms are the same on all rows.

    Raises
    ------
    InvalidInputError
        If a column is missing, or an event is neither 0 nor 1.

    Examples
    --------
    >>> rng = np.random.default_rng(5)
    >>> ill = rng.random(4000) < 0.1
    >>> tests = pd.DataFrame({"marker": rng.normal(ill * 2.0, 1.0), "ill": ill})
    >>> found = score_accuracy(tests, score="marker", event="ill")
    >>> bool(found["auc_score_lower"][0] < 0.921 < found["auc_score_upper"][0])
    True
    """
    need_columns(frame, score, event, *([weight] if weight else []))
    values = (frame[score].astype(float), frame[event].astype(float))
    weights = None if weight is None else frame[weight].astype(float)
    curve = score_curve(*values, weights)
    common: dict[str, Any] = {
        "sample_count": int(curve.events + curve.others),
        "event_count": int(curve.events),
        "miss_cost_amount": miss_cost,
        "alarm_cost_amount": alarm_cost,
        "idle_cost_amount": curve.events * miss_cost,
    }
    if min(curve.events, curve.others) < max(minimum_events, 2):
        common |= {"status": "insufficient_data", "threshold_number": 0}
        return picked(finished(pd.DataFrame([common]), SCHEMA, confidence, None), SCHEMA.names)
    area = counted_auc(*values, weights, confidence=confidence)
    precision = curve.average_precision
    bounds = average_precision_interval(precision, curve.events, confidence=confidence)
    common |= {
        "status": "ok",
        "event_rate": curve.events / (curve.events + curve.others),
        "auc_score": area.estimate,
        "auc_score_lower": area.lower,
        "auc_score_upper": area.upper,
        "test_statistic": area.statistic,
        "p_value": area.p_value,
        "adjusted_p_value": area.p_value,  # one test, nothing to adjust for
        "average_precision_score": precision,
        "average_precision_score_lower": bounds[0],
        "average_precision_score_upper": bounds[1],
    }
    rows = _points(curve, (miss_cost, alarm_cost), confidence).assign(**common)
    return picked(finished(rows, SCHEMA, confidence, None), SCHEMA.names)


@one_thread
def fraud_accuracy(
    counts: Any,
    clock: Any,
    *,
    review_cost: float = 25.0,
    minimum_events: int = 10,
    confidence: float = 0.95,
) -> pa.Table:
    """Return `analytics_fraud_detection_accuracy`: one row per threshold.

    Parameters
    ----------
    counts : relation
        ``int_fraud_score_counts``.
    clock : relation
        ``data_clock``.
    review_cost : float
        What looking at a flagged transaction costs, in the reporting currency.
    minimum_events : int
        Frauds below which nothing is estimated.
    confidence : float, default 0.95
        Two-sided coverage of the intervals.

    Notes
    -----
    A miss costs the mean amount of a fraud: recovery and the loss of goodwill are left out.
    """
    frame = to_pandas(counts).sort_values("threshold_score", ignore_index=True)
    frauds = float(frame["fraud_count"].sum())
    both = pd.concat(
        [
            pd.DataFrame({"score": frame["threshold_score"], "event": 1.0,
                          "number": frame["fraud_count"]}),
            pd.DataFrame({"score": frame["threshold_score"], "event": 0.0,
                          "number": frame["transaction_count"] - frame["fraud_count"]}),
        ]
    )  # fmt: skip
    made = score_accuracy(
        both,
        score="score",
        event="event",
        weight="number",
        miss_cost=float(frame["fraud_amount"].sum()) / frauds if frauds else 0.0,
        alarm_cost=float(review_cost),
        minimum_events=int(minimum_events),
        confidence=float(confidence),
    )
    for name, ends in (("first", "min"), ("last", "max")):
        days = pd.to_datetime(frame[f"{name}_transaction_date"])
        made[f"{name}_transaction_date"] = getattr(days, ends)()
    made["as_of_date"] = clock_date(to_pandas(clock))
    return to_table(made, SCHEMA)
