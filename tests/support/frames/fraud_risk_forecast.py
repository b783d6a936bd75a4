"""A frame of analytics_fraud_risk_forecast with known numbers."""

from __future__ import annotations

import pandas as pd

from tests.support.frames.shared import AS_OF

CELLS = (
    ("Digital Goods", "Online", 0.6, "High"),
    ("Transfer", "Online", 0.4, "High"),
    ("Electronics", "Online", 0.1, "Medium"),
    (None, "POS", 0.05, "Low"),
    ("Fuel", "POS", 0.0001, "Low"),
    ("Groceries", None, 0.0001, "Low"),
)
AHEAD = 30


def fraud_risk_forecast() -> pd.DataFrame:
    first = pd.Timestamp(AS_OF) + pd.Timedelta(days=1)
    return pd.DataFrame(
        [
            {
                "merchant_category": category,
                "channel": channel,
                "forecast_date": (first + pd.Timedelta(days=day)).date(),
                "ahead_days": day + 1,
                "expected_fraud_count": mean,
                "expected_fraud_count_lower": 0.0,
                "expected_fraud_count_upper": 4.0,
                "expected_fraud_amount": 120 * mean,
                "expected_fraud_amount_lower": 0.0,
                "expected_fraud_amount_upper": 900.0,
                "cell_fraud_rate": mean / 50,
                "above_bank_rate": 0.99 if level == "High" else 0.4,
                "risk_level": level,
                "bank_fraud_7d_count": 8.1,
                "bank_fraud_7d_count_lower": 1.0,
                "bank_fraud_7d_count_upper": 22.0,
                "bank_fraud_30d_count": 34.5,
                "bank_fraud_30d_count_lower": 14.0,
                "bank_fraud_30d_count_upper": 61.0,
                "method_name": "gamma_poisson",
                "label_known_rate": 0.58,
                "dispersion_statistic": 3.4,
                "history_fraud_count": 100,
                "sample_count": 365,
                "coverage_pct": 95.0,
                "reporting_currency": "USD",
                "status": "ok",
                "as_of_date": AS_OF,
            }
            for category, channel, mean, level in CELLS
            for day in range(AHEAD)
        ]
    )
