"""Frames of category 08 with known numbers."""

from __future__ import annotations

import pandas as pd

from tests.support.frames.shared import AS_OF, money

END = pd.Timestamp(f"{AS_OF} 14:30:00")
NORMAL = {"All": 120.0, "Online": 70.0, "POS": 45.0, "Unknown": None}
COUNTS = {"All": 121, "Online": 70, "POS": 80, "Unknown": 1}


def realtime_transaction_monitoring() -> pd.DataFrame:
    """POS is busier than is normal; Unknown has no history."""
    rows = []
    for minutes in (1, 5, 15, 60):
        share = minutes / 60
        for channel, normal in NORMAL.items():
            count = round(COUNTS[channel] * share)
            mean = None if normal is None else normal * share
            reach = None if mean is None else 2 * mean**0.5
            upper = None if mean is None else mean + reach + 1
            rows.append(
                {
                    "window_minutes": minutes,
                    "channel": channel,
                    "window_start_at": END - pd.Timedelta(minutes=minutes),
                    "window_end_at": END,
                    "transaction_count": count,
                    "declined_count": count // 20,
                    "volume": money(50.0 * count),
                    "transactions_per_minute": count / minutes,
                    "expected_count": mean,
                    "expected_count_lower": None
                    if mean is None
                    else max(0.0, mean - 2 * mean**0.5),
                    "expected_count_upper": upper,
                    "band": "unknown" if upper is None else "above" if count > upper else "normal",
                    "coverage_pct": 95.0,
                    "reporting_currency": "USD",
                    "status": "ok",
                    "as_of_date": AS_OF,
                }
            )
    return pd.DataFrame(rows)


def realtime_system_health() -> pd.DataFrame:
    """POS refuses a quarter; the branch has been silent for the hour."""
    rows = []
    for minutes in (15, 60, 1440):
        for channel, refused, health in (
            ("Online", 3.0, "healthy"), ("POS", 25.0, "refusing"), ("Branch", 0.0, "silent"),
        ):  # fmt: skip
            is_silent = health == "silent" and minutes < 1440
            rows.append(
                {
                    "channel": channel,
                    "window_minutes": minutes,
                    "transaction_count": 0 if is_silent else 2 * minutes,
                    "transactions_per_minute": 0.0 if is_silent else 2.0,
                    "processing_p50_ms": None if is_silent else 180.0,
                    "processing_p95_ms": None if is_silent else 900.0,
                    "processing_p99_ms": None if is_silent else 1500.0,
                    "declined_count": round(2 * minutes * refused / 100),
                    "success_rate_pct": None if is_silent else 100 - refused,
                    "decline_rate_pct": None if is_silent else refused,
                    "decline_rate_pct_lower": None if is_silent else 0.8 * refused,
                    "decline_rate_pct_upper": None if is_silent else 1.3 * refused + 1,
                    "lag_minutes": 95.0 if channel == "Branch" else 1.0,
                    "health": "healthy" if health == "silent" and not is_silent else health,
                    "coverage_pct": 95.0,
                    "status": "ok",
                    "as_of_date": AS_OF,
                }
            )
    return pd.DataFrame(rows)


def realtime_fraud_alerts() -> pd.DataFrame:
    """Two high, one of them declined, one medium, one low."""
    travel, tests = "two places that nobody can reach", "a run of payments of almost nothing"
    rows = [
        (1, 5, "POS", 800.0, 0.9, 1, travel, "high", "open"),
        (2, 40, "Online", 950.0, 0.95, 2, f"{tests}; five attempts", "high", "declined"),
        (3, 300, "Online", 2.5, 0.5, 1, "five attempts", "medium", "open"),
        (4, 900, None, 4000.0, 0.4, 1, "far more than ever", "low", "open"),
    ]
    names = [
        "transaction_id", "age", "channel", "alert_amount", "alert_score", "rule_count", "rules",
        "priority", "alert_status",
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=names)
    frame["transaction_at"] = END - pd.to_timedelta(frame.pop("age"), unit="min")
    frame["alert_amount"] = [money(amount) for amount in frame["alert_amount"]]
    return frame.assign(
        transaction_date=frame["transaction_at"].dt.date,
        customer_natural_key=[11, 12, 13, 14],
        account_natural_key=[110, 120, 130, 140],
        merchant_name=["Grand Store", "Digital 7", "Digital 7", None],
        transaction_count=2000,
        reporting_currency="USD",
        status="ok",
        as_of_date=AS_OF,
    )
