"""Who will leave: the churn model on this warehouse's features."""

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
    RiskTask,
    measure_risk_model,
    served_model,
    train_risk_model,
)
from financial_analytics.models.threads import one_thread

TASK = RiskTask(
    name="churn",
    target="The customer leaves: the last account closes, or the bank calls the customer inactive",
    entity="customer_natural_key",
    features=(
        Feature("activity_index", "number", "Transactions of 3 months", "index"),
        Feature("annual_income_amount", "number", "Annual income", "money"),
        Feature("credit_score", "number", "Credit score", "points"),
        Feature("customer_segment", "category", "Segment"),
        Feature("dependent_count", "number", "Dependents"),
        Feature("employment_status", "category", "Employment"),
        Feature("half_year_activity_index", "number", "Transactions of half a year", "index"),
        Feature("has_autopay", "flag", "Autopay enrolled"),
        Feature("has_complaint", "flag", "Unresolved complaint in 3 months"),
        Feature("has_dormant", "flag", "An account dormant"),
        Feature("has_savings", "flag", "Savings held"),
        Feature("home_ownership", "category", "Home"),
        Feature("is_marketing_opt_in", "flag", "Marketing opt-in"),
        Feature("login_days", "number", "Since the last known login", "days"),
        Feature("login_gap_days", "number", "Without login when last reported", "days"),
        Feature("login_half_year_days", "number", "Login gap, mean of 6 months", "days"),
        Feature("login_quarter_days", "number", "Login gap, mean of 3 months", "days"),
        Feature("loyalty_tier", "category", "Loyalty tier"),
        Feature("month_activity_index", "number", "Transactions of the last month", "index"),
        Feature("open_account_count", "number", "Open accounts"),
        Feature("preferred_channel", "category", "Preferred channel"),
        Feature("product_count", "number", "Products held"),
        Feature("rate_gap_rate", "number", "Market rate above our savings rate", "points"),
        Feature("recent_active_day_count", "number", "Days with transactions in 3 months"),
        Feature("recent_complaint_count", "number", "Complaints in 3 months"),
        Feature("recent_declined_count", "number", "Declined payments in 3 months"),
        Feature("recent_digital_rate", "number", "Digital share of transactions", "pct"),
        Feature("recent_fee_count", "number", "Fees charged in 3 months"),
        Feature("recent_interaction_count", "number", "Contacts in 3 months"),
        Feature("recent_net_amount", "number", "Net movement in 3 months", "money"),
        Feature("recent_posted_count", "number", "Transactions in 3 months"),
        Feature("recent_purchase_amount", "number", "Purchases in 3 months", "money"),
        Feature("recent_purchase_count", "number", "Number of purchases in 3 months"),
        Feature("tenure_days", "number", "With the bank", "days"),
        Feature("usual_posted_count", "number", "Usual transactions a month"),
    ),
    groups=("customer_segment",),
)
SCHEMA = pa.schema(
    [
        pa.field("customer_natural_key", WHOLE),
        pa.field("customer_segment", TEXT),
        pa.field("predicted_churn_risk_pct", DOUBLE),
        pa.field("predicted_churn_category", TEXT),
        pa.field("risk_rank_pct", DOUBLE),
        pa.field("scorecard_points", DOUBLE),
        pa.field("is_above_threshold", FLAG),
        pa.field("customer_lifetime_value_amount", pa.decimal128(18, 2)),
        pa.field("clv_at_risk", pa.decimal128(18, 2)),
        *fields(with_bounds("clv_at_risk_total_amount"), pa.decimal128(18, 2)),
        pa.field("days_since_login", WHOLE),
        pa.field("transaction_count_90d", LONG),
        *fields(REASON_COLUMNS, TEXT),
        *fields(["prediction_date", "prediction_window_end"], DATE),
        pa.field("horizon_months", WHOLE),
        *EVIDENCE_FIELDS,
        pa.field("reporting_currency", TEXT),
        pa.field("as_of_date", DATE),
    ]
)
CATEGORIES = ((3.0, "Very high"), (1.5, "High"), (0.75, "Medium"), (0.0, "Low"))
"""Risk against the mean of all who are scored, from which a category begins."""


@one_thread
def train_churn(
    training: Any, *, horizon_months: int, miss_cost: float, seed: int, confidence: float
) -> pa.Table:
    """Return `int_churn_models`: see `training.train_risk_model`."""
    return train_risk_model(
        training,
        replace(TASK, miss_cost=float(miss_cost)),
        horizon_months=horizon_months,
        seed=seed,
        confidence=confidence,
    )


@one_thread
def measure_churn(
    models: Any, training: Any, *, horizon_months: int, seed: int, confidence: float
) -> pa.Table:
    """Return `int_churn_metrics`: see `training.measure_risk_model`."""
    return measure_risk_model(
        models, training, TASK, horizon_months=horizon_months, seed=seed, confidence=confidence
    )


def churn_category(probability: Any) -> np.ndarray[Any, np.dtype[np.object_]]:
    """Return the category of each probability by its ratio to the mean of all.

    Examples
    --------
    >>> churn_category(np.array([0.01, 0.01, 0.01, 0.09])).tolist()
    ['Low', 'Low', 'Low', 'Very high']
    """
    values = np.asarray(probability, dtype=np.float64)
    ratio = values / values.mean() if len(values) and values.mean() > 0 else values
    return np.select(
        [ratio >= bound for bound, _ in CATEGORIES], [word for _, word in CATEGORIES], "Low"
    ).astype(object)


@one_thread
def churn_prediction(
    models: Any, metrics: Any, scoring: Any, clock: Any, *, horizon_months: int
) -> pa.Table:
    """Return `analytics_customer_churn_prediction`: one row per customer with the bank.

    Parameters
    ----------
    models, metrics : relation
        ``int_churn_models`` and ``int_churn_metrics``.
    scoring : relation
        ``int_churn_scoring``: features of the newest month end.
    clock : relation
        ``data_clock``.
    horizon_months : int

    Returns
    -------
    pyarrow.Table
        Without a trained model, or with one that ranks no better than chance, ``status`` says so;
        in the latter case the risks are given, and no reasons.
    """
    row, model = served_model(models)
    frame = to_pandas(scoring).sort_values("customer_natural_key", ignore_index=True)
    frame["prediction_date"] = pd.to_datetime(frame["cut_date"])
    frame["prediction_window_end"] = frame["prediction_date"] + pd.offsets.MonthEnd(
        int(horizon_months)
    )
    frame["days_since_login"] = frame["login_days"]
    frame["horizon_months"] = int(horizon_months)
    frame["as_of_date"] = clock_date(to_pandas(clock))
    frame = with_evidence(frame, row, metrics)
    if model is not None and len(frame):
        frame = with_risk(frame, model, row, metrics)
        frame["predicted_churn_risk_pct"] = 100 * frame["risk"]
        frame["predicted_churn_category"] = churn_category(frame["risk"])
        frame["risk_rank_pct"] = 100 * frame["risk"].rank(pct=True)
        value = frame["customer_lifetime_value_amount"].astype(float)
        frame["clv_at_risk"] = value * frame["risk"]
        frame = with_total(frame, "clv_at_risk_total_amount", value, row, metrics)
    return to_table(frame.reindex(columns=SCHEMA.names), SCHEMA)
