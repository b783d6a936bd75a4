"""A frame of analytics_transaction_volume_forecast with known numbers."""

from __future__ import annotations

import pandas as pd

from tests.support.frames.shared import AS_OF

SERIES = (
    ("All channels", "calendar_regression", 0.4, 1.1, 400),
    ("ATM", "calendar_regression_at_recent_level", 0.9, 1.0, 60),
    ("Online", "seasonal_naive", 1.05, 1.05, 90),
)
BACK, AHEAD = 60, 30


def transaction_volume_forecast() -> pd.DataFrame:
    end = pd.Timestamp(AS_OF)
    rows = []
    for name, method, error, naive, level in SERIES:
        for day in range(1 - BACK, AHEAD + 1):
            date = end + pd.Timedelta(days=day)
            ahead = day > 0
            said = level * (0.7 if date.dayofweek > 4 else 1.1)
            wide = 0.1 + 0.001 * max(day, 0)
            rows.append(
                {
                    "series_name": name,
                    "forecast_date": date.date(),
                    "is_ahead": ahead,
                    "is_bank_holiday": day in (-20, 10),
                    "ahead_days": day if ahead else 1 + day % 14,
                    "actual_count": None if ahead else round(said * 1.02),
                    "forecast_count": said,
                    "forecast_80_lower": said * (1 - wide / 2),
                    "forecast_80_upper": said * (1 + wide / 2),
                    "forecast_95_lower": said * (1 - wide),
                    "forecast_95_upper": said * (1 + wide),
                    "method_name": method,
                    "mase_score": error,
                    "naive_mase_score": naive,
                    "coverage_80_rate": 0.82,
                    "coverage_80_rate_lower": 0.80,
                    "coverage_80_rate_upper": 0.84,
                    "coverage_95_rate": 0.951,
                    "coverage_95_rate_lower": 0.94,
                    "coverage_95_rate_upper": 0.962,
                    "origin_count": 32,
                    "sample_count": 900,
                    "training_start_date": (end - pd.Timedelta(days=899)).date(),
                    "training_end_date": AS_OF,
                    "status": "ok",
                    "as_of_date": AS_OF,
                }
            )
    return pd.DataFrame(rows)
