"""Which loans will default: probability, exposure, loss, and why."""

from __future__ import annotations

from dataclasses import replace
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
from financial_analytics.models.predictive.features import Feature
from financial_analytics.models.predictive.serving import (
    EVIDENCE_FIELDS,
    REASON_COLUMNS,
    with_evidence,
    with_risk,
    with_total,
)
from financial_analytics.models.predictive.training import (
    BAND,
    RiskTask,
    measure_risk_model,
    served_model,
    train_risk_model,
)
from financial_analytics.models.predictive.windows import OUT_OF_TIME
from financial_analytics.models.threads import one_thread

HORIZON_MONTHS = 12
GRADES = ((0.10, "F"), (0.05, "E"), (0.02, "D"), (0.01, "C"), (0.005, "B"), (0.0, "A"))
"""Probability of default within twelve months from which a grade begins."""


def grade(probability: Any) -> np.ndarray[Any, np.dtype[np.object_]]:
    """Return the grade of each probability of default.

    Examples
    --------
    >>> grade([0.001, 0.02, 0.4]).tolist()
    ['A', 'D', 'F']
    """
    values = np.asarray(probability, dtype=np.float64)
    return np.select(
        [values >= bound for bound, _ in GRADES], [word for _, word in GRADES], "A"
    ).astype(object)


TASK = RiskTask(
    name="default",
    target="The loan is 90 days past due for the first time",
    entity="account_natural_key",
    features=(
        Feature("credit_score", "number", "Credit score when the loan was made", "points"),
        Feature("current_credit_score", "number", "Credit score now", "points"),
        Feature("debt_to_income_rate", "number", "Debt to income when the loan was made", "pct"),
        Feature("has_autopay", "flag", "Autopay enrolled"),
        Feature("instalment_income_rate", "number", "Instalments against income", "pct"),
        Feature("loan_age_months", "number", "Since the first instalment", "months"),
        Feature("loan_rate", "number", "Interest rate of the loan", "pct"),
        Feature("newest_late_days", "number", "Newest instalment late by", "days"),
        Feature("outstanding_balance", "number", "Outstanding balance", "money"),
        Feature("past_due_days", "number", "Past due", "days"),
        Feature("product_name", "category", "Product"),
        Feature("scheduled_amount", "number", "Instalment", "money"),
        Feature("unemployment_rate", "number", "Unemployment, per cent"),
        Feature("unpaid_count", "number", "Instalments unpaid"),
        Feature("worst_late_days", "number", "Longest delay in 12 months", "days"),
        Feature("year_late_count", "number", "Late instalments in 12 months"),
    ),
    groups=("product_name", "customer_segment"),
    bands=grade,
)
SCHEMA = pa.schema(
    [
        pa.field("account_natural_key", WHOLE),
        pa.field("customer_natural_key", WHOLE),
        *fields(["product_name", "customer_segment"], TEXT),
        pa.field("default_probability_pct", DOUBLE),
        pa.field("grade", TEXT),
        *fields(with_bounds("grade_observed_pct"), DOUBLE),
        pa.field("grade_observed_count", LONG),
        pa.field("scorecard_points", DOUBLE),
        pa.field("is_above_threshold", FLAG),
        pa.field("past_due_days", WHOLE),
        pa.field("exposure_at_default_amount", pa.decimal128(18, 2)),
        pa.field("loss_given_default_pct", DOUBLE),
        pa.field("loss_source", TEXT),
        pa.field("resolved_count", LONG),
        pa.field("expected_loss_amount", pa.decimal128(18, 2)),
        *fields(with_bounds("expected_loss_total_amount"), pa.decimal128(18, 2)),
        *fields(REASON_COLUMNS, TEXT),
        *fields(["prediction_date", "prediction_window_end"], DATE),
        pa.field("horizon_months", WHOLE),
        *EVIDENCE_FIELDS,
        pa.field("reporting_currency", TEXT),
        pa.field("as_of_date", DATE),
    ]
)


@one_thread
def train_default(
    training: Any, *, horizon_months: int, miss_cost: float, seed: int, confidence: float
) -> pa.Table:
    """Return `int_default_models`: see `training.train_risk_model`."""
    return train_risk_model(
        training,
        replace(TASK, miss_cost=float(miss_cost)),
        horizon_months=horizon_months,
        seed=seed,
        confidence=confidence,
    )


@one_thread
def measure_default(
    models: Any, training: Any, *, horizon_months: int, seed: int, confidence: float
) -> pa.Table:
    """Return `int_default_metrics`: see `training.measure_risk_model`."""
    return measure_risk_model(
        models, training, TASK, horizon_months=horizon_months, seed=seed, confidence=confidence
    )


def observed_by_grade(metrics: Any, model_id: str) -> pd.DataFrame:
    """Return what happened out of time to each grade of a model, in per cent."""
    frame = to_pandas(metrics)
    chosen = frame[
        (frame["model_id"] == model_id)
        & (frame["split_name"] == OUT_OF_TIME)
        & (frame["segment_kind"] == BAND)
        & (frame["metric_name"] == "event_rate")
    ]
    return pd.DataFrame(
        {
            "grade": chosen["segment_name"].astype(object),
            "grade_observed_pct": 100 * chosen["metric_value"],
            "grade_observed_pct_lower": (100 * chosen["metric_lower"]).clip(lower=0),
            "grade_observed_pct_upper": 100 * chosen["metric_upper"],
            "grade_observed_count": chosen["sample_count"],
        }
    )


@one_thread
def default_prediction(models: Any, metrics: Any, scoring: Any, clock: Any) -> pa.Table:
    """Return `analytics_loan_default_prediction`: one row per running loan not in default.

    Parameters
    ----------
    models, metrics : relation
        ``int_default_models`` and ``int_default_metrics``.
    scoring : relation
        ``int_default_scoring``: features of the newest month end, and the loss of the product.
    clock : relation
        ``data_clock``.
    """
    row, model = served_model(models)
    frame = to_pandas(scoring).sort_values("account_natural_key", ignore_index=True)
    frame["prediction_date"] = pd.to_datetime(frame["cut_date"])
    frame["prediction_window_end"] = frame["prediction_date"] + pd.offsets.MonthEnd(HORIZON_MONTHS)
    frame["horizon_months"] = HORIZON_MONTHS
    frame["as_of_date"] = clock_date(to_pandas(clock))
    exposure = frame["outstanding_balance"].astype(float) * frame["exchange_rate"].astype(float)
    frame["exposure_at_default_amount"] = exposure
    frame = with_evidence(frame, row, metrics)
    if model is not None and len(frame):
        frame = with_risk(frame, model, row, metrics)
        frame["default_probability_pct"] = 100 * frame["risk"]
        frame["grade"] = grade(frame["risk"])
        loss = frame["loss_given_default_pct"].astype(float) / 100
        frame["expected_loss_amount"] = frame["risk"] * exposure * loss
        frame = with_total(frame, "expected_loss_total_amount", exposure * loss, row, metrics)
        seen = observed_by_grade(metrics, str(row["model_id"]))
        frame = frame.merge(seen, on="grade", how="left", validate="many_to_one")
    return to_table(frame.reindex(columns=SCHEMA.names), SCHEMA)
