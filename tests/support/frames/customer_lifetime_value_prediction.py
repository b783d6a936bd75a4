"""Frames of the value of customers, predicted and looked back at, with known numbers."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from tests.support.frames.shared import AS_OF, money

EVIDENCE = {
    "total_ratio_index": 1.02,
    "total_ratio_index_lower": 0.99,
    "total_ratio_index_upper": 1.05,
    "rank_correlation": 0.91,
    "rank_correlation_lower": 0.90,
    "rank_correlation_upper": 0.92,
    "coverage_pct": 95.0,
    "reporting_currency": "USD",
    "status": "ok",
    "as_of_date": AS_OF,
}
BANDS = ("Low", "Middle", "High", "Top")
SEGMENTS = ("Mass Market", "Affluent", "Premium", None)


def customer_lifetime_value_prediction() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "customer_natural_key": key,
                "customer_segment": SEGMENTS[key % 4],
                "prediction_date": dt.date(2024, 5, 31),
                "purchase_count": key,
                "observed_days": 800,
                "last_purchase_days": 700 if key % 5 else None,
                "p_alive": 0.9,
                "expected_transactions": key / 2,
                "expected_purchase_amount": 60.0,
                "last_year_margin_amount": money(4 * key),
                "predicted_margin_amount": money(5 * key),
                "predicted_clv_12m": money(4.75 * key) if key > 3 else money(-2),
                "predicted_clv_12m_lower": money(2 * key - 20),
                "predicted_clv_12m_upper": money(9 * key),
                "predicted_clv_36m": money(12 * key),
                "value_band": BANDS[(key - 1) * 4 // 200],
                "model_name": "bg_nbd_gamma_gamma",
                "sample_count": 200,
                **EVIDENCE,
            }
            for key in range(1, 201)
        ]
    )


def customer_lifetime_value_backtest() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "method_name": method,
                "customer_natural_key": key,
                "customer_segment": SEGMENTS[key % 4],
                "cut_date": dt.date(2023, 5, 31),
                "predicted_margin_amount": 5.0 * key + shift - 10,
                "predicted_margin_amount_lower": 2.0 * key - 30,
                "predicted_margin_amount_upper": 9.0 * key + 40,
                "actual_margin_amount": 0.0 if key % 9 == 0 else 5.4 * key - 10,
                "is_served": served,
                **EVIDENCE,
            }
            for method, shift, served in (
                ("last_year_again", 20.0, False),
                ("bg_nbd_gamma_gamma", 0.0, True),
            )
            for key in range(1, 201)
        ]
    )
