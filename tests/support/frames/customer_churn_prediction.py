"""A frame of analytics_customer_churn_prediction with known numbers."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from tests.support.frames.shared import AS_OF, money

GROUPS = (("Low", 300, 0.5), ("Medium", 120, 2.0), ("High", 60, 4.0), ("Very high", 20, 12.0))
COMMON = {
    "prediction_date": dt.date(2024, 5, 31),
    "prediction_window_end": dt.date(2024, 8, 31),
    "horizon_months": 3,
    "expected_event_count": 8.7,
    "expected_event_count_lower": 3.0,
    "expected_event_count_upper": 14.4,
    "out_of_time_auc_score": 0.68,
    "out_of_time_auc_score_lower": 0.64,
    "out_of_time_auc_score_upper": 0.72,
    "calibration_slope_index": 0.97,
    "calibration_slope_index_lower": 0.81,
    "calibration_slope_index_upper": 1.13,
    "base_rate_pct": 1.8,
    "base_rate_pct_lower": 1.5,
    "base_rate_pct_upper": 2.1,
    "out_of_time_count": 9000,
    "train_start_date": dt.date(2021, 8, 31),
    "train_end_date": dt.date(2023, 2, 28),
    "out_of_time_start_date": dt.date(2023, 8, 31),
    "out_of_time_end_date": dt.date(2024, 2, 29),
    "coverage_pct": 95.0,
    "model_id": "churn-champion-1a2b3c4d-5e6f7a8b",
    "status": "ok",
    "reporting_currency": "USD",
    "as_of_date": AS_OF,
}


def customer_churn_prediction() -> pd.DataFrame:
    rows = []
    for name, size, risk in GROUPS:
        for place in range(size):
            key = len(rows) + 1
            rows.append(
                {
                    "customer_natural_key": key,
                    "customer_segment": "Premium" if key % 4 == 0 else "Mass Market",
                    "predicted_churn_risk_pct": risk + 0.001 * (place % 7),
                    "predicted_churn_category": name,
                    "risk_rank_pct": 50.0,
                    "scorecard_points": 600.0 - 10 * risk,
                    "is_above_threshold": risk > 9.09,
                    "customer_lifetime_value_amount": money(1000),
                    "clv_at_risk": money(10 * risk),
                    "clv_at_risk_total_amount": money(8700),
                    "clv_at_risk_total_amount_lower": money(3000),
                    "clv_at_risk_total_amount_upper": money(14400),
                    "days_since_login": None if key % 9 == 0 else key % 60,
                    "transaction_count_90d": key % 40,
                    "reason_1": "Unresolved complaint in 3 months: yes" if risk > 3 else None,
                    "reason_2": "With the bank: below 335 days" if place % 2 else None,
                    "reason_3": None,
                    "reason_4": None,
                    **COMMON,
                }
            )
    return pd.DataFrame(rows)
