"""What a published prediction says besides the risk: reasons, evidence out of time, totals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.stats import norm

from financial_analytics.models.columns import DATE, DOUBLE, LONG, TEXT, fields, with_bounds
from financial_analytics.models.frames import to_pandas
from financial_analytics.models.predictive.registry import ALL
from financial_analytics.models.predictive.risk import REASONS, RiskModel
from financial_analytics.models.predictive.windows import OUT_OF_TIME
from financial_analytics.stats.coverage import tails

REASON_COLUMNS = [f"reason_{place}" for place in range(1, REASONS + 1)]
EVIDENCE_FIELDS = [
    *fields(with_bounds("expected_event_count"), DOUBLE),
    *fields(with_bounds("out_of_time_auc_score"), DOUBLE),
    *fields(with_bounds("calibration_slope_index"), DOUBLE),
    *fields(with_bounds("base_rate_pct"), DOUBLE),
    pa.field("out_of_time_count", LONG),
    *fields(["train_start_date", "train_end_date"], DATE),
    *fields(["out_of_time_start_date", "out_of_time_end_date"], DATE),
    pa.field("coverage_pct", DOUBLE),
    *fields(["model_id", "status"], TEXT),
]
"""Columns that are the same on all rows of a prediction."""
MEASURES = {
    "out_of_time_auc_score": ("auc", 1.0),
    "calibration_slope_index": ("calibration_slope", 1.0),
    "base_rate_pct": ("event_rate", 100.0),
}
DATES = ("train_start_date", "train_end_date", "out_of_time_start_date", "out_of_time_end_date")


def _measured(metrics: Any, model_id: str) -> pd.DataFrame:
    """Return the metrics of a model out of time, over all rows, by name."""
    frame = to_pandas(metrics)
    chosen = (
        (frame["model_id"] == model_id)
        & (frame["split_name"] == OUT_OF_TIME)
        & (frame["segment_name"] == ALL)
        & (frame["segment_kind"] == "all")
    )
    return frame[chosen].set_index("metric_name")


def with_evidence(frame: pd.DataFrame, row: dict[str, Any], metrics: Any) -> pd.DataFrame:
    """Return `frame` with what is known of the model out of time, the same on all rows."""
    found = _measured(metrics, str(row["model_id"])).to_dict("index")
    added: dict[str, Any] = {"model_id": row["model_id"], "status": row["status"]}
    added |= {name: row[name] for name in DATES}
    for column, (metric, factor) in MEASURES.items():
        for end, part in (("", "value"), ("_lower", "lower"), ("_upper", "upper")):
            added[column + end] = factor * float(
                found.get(metric, {}).get(f"metric_{part}", np.nan)
            )
    auc = found.get("auc")
    added["out_of_time_count"] = None if auc is None else int(auc["sample_count"])
    added["coverage_pct"] = None if auc is None else float(auc["coverage_pct"])
    return frame.assign(**added)


def with_total(
    frame: pd.DataFrame, column: str, weights: Any, row: dict[str, Any], metrics: Any
) -> pd.DataFrame:
    """Return `frame` with the expected sum of `weights` over the events, and its interval.

    Parameters
    ----------
    frame : DataFrame
        With ``risk``, the probability of each row's event.
    column : str
        What the sum is called; its bounds are ``column_lower`` and ``column_upper``.
    weights : array of shape (rows,)
        What an event of each row counts: 1, or an amount. Rows of unknown weight are left out.
    row, metrics
        The registry's row of the served model, and the relation of metrics.

    Notes
    -----
    The interval holds chance (a sum of independent events) and how well the level of the risks
    was known out of time (the error of the calibration intercept). The weights are taken as
    known. It is the normal one, cut at nothing and at all that there is to lose.
    """
    weight = np.asarray(weights, dtype=np.float64)
    weight = np.where(np.isnan(weight), 0.0, weight)
    risk = frame["risk"].to_numpy(dtype=np.float64)
    expected = float((weight * risk).sum())
    found = _measured(metrics, str(row["model_id"])).to_dict("index")
    level = 0.0
    z = float(norm.ppf(tails(0.95)[1]))
    if "calibration_intercept" in found:
        intercept = found["calibration_intercept"]
        z = float(norm.ppf(tails(float(intercept["coverage_pct"]) / 100)[1]))
        width = float(intercept["metric_upper"]) - float(intercept["metric_lower"])
        level = 0.0 if np.isnan(width) else width / (2 * z)
    spread = risk * (1 - risk)  # also d risk / d intercept
    error = np.sqrt((weight**2 * spread).sum() + ((weight * spread).sum() * level) ** 2)
    return frame.assign(
        **{
            column: expected,
            f"{column}_lower": max(expected - z * error, float(np.minimum(weight, 0).sum())),
            f"{column}_upper": min(expected + z * error, float(np.maximum(weight, 0).sum())),
        }
    )


def with_risk(
    frame: pd.DataFrame, model: RiskModel, row: dict[str, Any], metrics: Any
) -> pd.DataFrame:
    """Return `frame` with ``risk``, points, threshold, reasons and the expected number of events.

    The interval of the expected number is that of `with_total`.
    """
    risk = model.score(frame)
    said = (
        model.reasons(frame)
        if row["status"] == "ok"
        else np.full((len(frame), REASONS), None, dtype=object)
    )
    scored = frame.assign(
        risk=risk,
        scorecard_points=model.points(frame),
        is_above_threshold=risk >= float(row["threshold_rate"]),
        **{name: said[:, place] for place, name in enumerate(REASON_COLUMNS)},
    )
    return with_total(scored, "expected_event_count", np.ones(len(frame)), row, metrics)
