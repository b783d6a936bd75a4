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


def realtime_timeline() -> pd.DataFrame:
    """POS had one hour far above what is normal; the newest hour is not over."""
    rows = []
    for ago in range(48):
        at = END.floor("h") - pd.Timedelta(hours=ago)
        for channel, normal in NORMAL.items():
            count = COUNTS["Online"] if channel == "Online" else round(normal or 1)
            if ago == 3 and channel in ("All", "POS"):
                count += 100
            rows.append(
                {
                    "channel": channel,
                    "hour_date": at.date(),
                    "hour_number": at.hour,
                    "hours_ago_number": ago,
                    "is_partial": ago in (0, 47),
                    "transaction_count": count // 2 if ago == 0 else count,
                    "expected_count": normal,
                    "expected_count_lower": None if normal is None else normal - 20,
                    "expected_count_upper": None if normal is None else normal + 20,
                    "coverage_pct": 95.0,
                    "status": "ok",
                    "as_of_date": AS_OF,
                }
            )
    return pd.DataFrame(rows)


def realtime_customer_activity() -> pd.DataFrame:
    """Customer 3 does more than usual; nothing is known of customer 4."""
    frame = pd.DataFrame(
        {
            "customer_natural_key": [1, 2, 3, 4],
            "transaction_count": [1, 2, 9, 1],
            "volume": [money(12), money(80), money(2500), money(5)],
            "channel_count": [1, 2, 1, 1],
            "declined_count": [0, 0, 3, 0],
            "last_transaction_at": [END - pd.Timedelta(minutes=m) for m in (0, 7, 20, 41)],
            "daily_mean_count": [0.5, 2.0, 1.0, None],
            "mean_amount": [money(30), money(45), money(50), None],
            "history_count": [45, 180, 90, None],
        }
    )
    return frame.assign(
        is_unusual_frequency=pd.Series([False, False, True, None], dtype="boolean"),
        is_unusual_volume=pd.Series([False, False, True, None], dtype="boolean"),
        reporting_currency="USD",
        status="ok",
        as_of_date=AS_OF,
    )


def realtime_trending_merchants() -> pd.DataFrame:
    """The second has a name that two merchants share; the last had nothing in this hour."""
    frame = pd.DataFrame(
        {
            "merchant_natural_key": [7, 8, 9, 10],
            "merchant_name": ["Digital 7", "Corner", "Corner", "Quiet"],
            "this_hour_count": [12, 3, 2, 0],
            "previous_hour_count": [4, 0, 3, 2],
            "expected_count": [2.5, 1.0, 1.5, 0.5],
            "transactions_per_minute": [0.2, 0.05, 0.033, 0.0],
            "growth_pct": [200.0, None, -33.3, -100.0],
            "z_score": [3.65, 1.33, 0.34, -0.65],
            "rank_number": [1, 2, 3, 4],
            "volume": [money(600), money(30), money(44), money(20)],
        }
    )
    return frame.assign(reporting_currency="USD", status="ok", as_of_date=AS_OF)


def realtime_account_alerts() -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "account_natural_key": [1, 2, 3, 4, 5],
            "alert_type": ["past_due", "past_due", "near_limit", "large_movement", "dormant_awake"],
            "customer_natural_key": [1, 2, 3, 4, 5],
            "alert_at": [None, None, None, END, END],
            "observed_value": [75.0, 12.0, 94.0, 5000.0, 210.0],
            "priority": ["high", "medium", "low", "medium", "medium"],
            "recommended_action": [
                "call", "remind", "review limit", "verify with customer", "verify with customer",
            ],
        }
    )  # fmt: skip
    return frame.assign(reporting_currency="USD", status="ok", as_of_date=AS_OF)
