"""A frame of analytics_loan_default_prediction with known numbers."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from tests.support.frames.customer_churn_prediction import COMMON
from tests.support.frames.shared import money

GRADES = (
    ("A", 200, 0.2),
    ("B", 90, 0.7),
    ("C", 60, 1.5),
    ("D", 40, 3.0),
    ("E", 20, 7.0),
    ("F", 10, 20.0),
)
PRODUCTS = ("Mortgage", "Auto Loan", "Personal Loan")


def loan_default_prediction() -> pd.DataFrame:
    rows = []
    for name, size, risk in GRADES:
        for place in range(size):
            key = len(rows) + 1
            rows.append(
                {
                    "account_natural_key": 10 * key + 3,
                    "customer_natural_key": key,
                    "product_name": PRODUCTS[place % 3],
                    "customer_segment": "Mass Market",
                    "default_probability_pct": risk,
                    "grade": name,
                    "grade_observed_pct": 1.1 * risk,
                    "grade_observed_pct_lower": 0.8 * risk,
                    "grade_observed_pct_upper": 1.4 * risk,
                    "grade_observed_count": 4 * size,
                    "scorecard_points": 600.0 - 5 * risk,
                    "is_above_threshold": risk > 9.09,
                    "past_due_days": 0 if risk < 5 else 31,
                    "exposure_at_default_amount": money(10_000),
                    "loss_given_default_pct": 45.0,
                    "loss_source": "variable default_loss_rate",
                    "resolved_count": 3,
                    "expected_loss_amount": money(45 * risk),
                    "expected_loss_total_amount": money(26_000),
                    "expected_loss_total_amount_lower": money(12_000),
                    "expected_loss_total_amount_upper": money(40_000),
                    "reason_1": "Past due: 30 days or more" if risk > 4 else None,
                    "reason_2": "Credit score now: below 600 points" if place % 2 else None,
                    "reason_3": None,
                    "reason_4": None,
                    **COMMON,
                    "prediction_window_end": dt.date(2025, 5, 31),
                    "horizon_months": 12,
                    "model_id": "default-champion-1a2b3c4d-5e6f7a8b",
                }
            )
    return pd.DataFrame(rows)
