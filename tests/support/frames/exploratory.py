"""Frames of the exploratory models with known numbers."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pandas as pd

from tests.support.frames.descriptive import US_CITIES
from tests.support.frames.shared import AS_OF, money

CLUSTERS = (
    ("frequent purchases, mobile", 300, (0.9, -0.4, 0.2, 1.4, -0.6, -0.5, 0.1)),
    ("branch, cash", 160, (-0.7, 0.1, -0.9, -1.1, 1.8, 1.2, -0.6)),
    ("abroad, travel", 90, (-0.1, 1.1, 0.6, 0.1, -0.4, -0.6, 2.2)),
)
PROFILE = (
    "purchase_frequency",
    "purchase_size",
    "online",
    "mobile",
    "branch",
    "cash",
    "international",
    "morning",
    "evening",
    "essentials",
    "dining",
    "travel",
    "digital_goods",
)
TOO_FEW = 12


def _common(frame: pd.DataFrame, currency: bool = False) -> pd.DataFrame:
    if currency:
        frame["reporting_currency"] = "USD"
    if "status" not in frame:
        frame["status"] = "ok"
    frame["as_of_date"] = AS_OF
    return frame


def customer_behavior_clusters() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    rows: list[dict[str, object]] = []
    for number, (name, size, marks) in enumerate(CLUSTERS, start=1):
        profile = {
            f"profile_{f}_score": (*marks, *[0.1 * number] * 6)[k] for k, f in enumerate(PROFILE)
        }
        for _ in range(size):
            place = rng.normal(size=3)
            rows.append(
                {
                    "customer_natural_key": len(rows) + 1,
                    "customer_segment": "Premium" if len(rows) % 4 == 0 else "Mass Market",
                    "credit_score": None
                    if len(rows) % 50 == 0
                    else 560 + 40 * number + len(rows) % 90,
                    "purchase_count": 30 + len(rows) % 40,
                    "cluster_number": number,
                    "cluster_name": name,
                    "membership_rate": 1.0,
                    "silhouette_score": 0.4,
                    "pc1_score": float(place[0] + 3 * (number == 1)),
                    "pc2_score": float(place[1] + 3 * (number == 2)),
                    "pc3_score": float(place[2] + 3 * (number == 3)),
                    "pc1_pct": 31.0,
                    "pc2_pct": 17.4,
                    "pc3_pct": 11.2,
                    "cluster_customer_count": size,
                    **profile,
                    "method_name": "k-means, silhouette",
                    "cluster_count": len(CLUSTERS),
                    "sample_count": sum(size for _, size, _ in CLUSTERS),
                    "model_silhouette_score": 0.412,
                    "stability_score": 0.93,
                    "stability_lower": 0.88,
                    "stability_upper": 0.97,
                    "status": "ok",
                }
            )
    for _ in range(TOO_FEW):
        row = dict.fromkeys(rows[0])
        row |= {
            "customer_natural_key": len(rows) + 1,
            "customer_segment": "Mass Market",
            "credit_score": 700,
            "purchase_count": 2,
            "cluster_name": "Unclustered",
            "status": "insufficient_data",
        }
        for name in (
            "pc1_pct",
            "pc2_pct",
            "pc3_pct",
            "method_name",
            "cluster_count",
            "sample_count",
        ):
            row[name] = rows[0][name]
        for name in ("model_silhouette_score", "stability_score", "stability_lower"):
            row[name] = rows[0][name]
        row["stability_upper"] = rows[0]["stability_upper"]
        rows.append(row)
    return _common(pd.DataFrame(rows))


CHANNELS = {"POS": 40, "Online": 25, "Mobile": 20, "ATM": 8}
DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DAY_COUNT = 26


def time_count(day: int, hour: int, channel: str) -> int:
    """Return the planted transactions of a cell."""
    wave = 1 + math.sin(math.pi * (hour - 6) / 12) if hour >= 6 else 0.1
    return round(CHANNELS[channel] * wave * (1.5 if day == 6 else 1.0))


def transaction_time_patterns() -> pd.DataFrame:
    cells = [(d, h, c) for d in range(1, 8) for h in range(24) for c in CHANNELS]
    total_of = {c: sum(time_count(d, h, c) for d, h, k in cells if k == c) for c in CHANNELS}
    total = sum(total_of.values()) + 7 * 11
    rows: list[dict[str, object]] = []
    for day, hour, channel in cells:
        count = time_count(day, hour, channel)
        expected = total_of[channel] / 168
        rows.append(
            {
                "day_of_week_number": day,
                "day_name": DAY_NAMES[day - 1],
                "hour_number": hour,
                "channel": channel,
                "day_count": DAY_COUNT,
                "transaction_count": count,
                "posted_count": count,
                "volume": money(40.0 * count),
                "pct_of_channel": 100 * count / total_of[channel],
                "pct_of_total": 100 * count / total,
                "expected_count": expected,
                "uniform_index": 100 * count / expected,
                "uniform_index_lower": 80 * count / expected,
                "uniform_index_upper": 120 * count / expected,
                "labelled_count": count,
                "fraud_count": 1 if hour == 3 and count else 0,
                "fraud_rate_pct": (100.0 / count if hour == 3 else 0.0) if count else None,
                "fraud_rate_pct_lower": 0.0 if count else None,
                "fraud_rate_pct_upper": 5.0 if count else None,
                "status": "ok",
            }
        )
    for day in range(1, 8):
        row = dict(rows[0])
        row |= {
            "day_of_week_number": day,
            "day_name": DAY_NAMES[day - 1],
            "hour_number": -1,
            "channel": "Branch",
            "transaction_count": 11,
            "posted_count": 11,
            "expected_count": None,
            "uniform_index": None,
            "uniform_index_lower": None,
            "uniform_index_upper": None,
            "status": "no_time_of_day",
        }
        rows.append(row)
    return _common(pd.DataFrame(rows), currency=True)


# Number, name, category, holders of 1,000 customers.
PRODUCTS = (
    (1, "Everyday Checking", "Deposit", 720),
    (2, "High-Yield Savings", "Deposit", 410),
    (3, "Cash Rewards Card", "Credit", 380),
    (4, "Travel Card", "Credit", 150),
    (5, "Home Mortgage", "Loan", 190),
    (6, "Brokerage Account", "Investment", 90),
)
LIFTS = {(1, 2): 1.08, (3, 4): 0.55, (2, 6): 2.1, (4, 6): 3.4, (1, 3): 1.01}


def product_cross_sell_patterns() -> pd.DataFrame:
    rows = []
    for a, a_name, a_category, a_holders in PRODUCTS:
        for b, b_name, b_category, b_holders in PRODUCTS:
            if a == b:
                continue
            lift = LIFTS.get((min(a, b), max(a, b)), 1.0)
            expected = a_holders * b_holders / 1000
            both = round(expected * lift)
            p = 0.0004 if abs(lift - 1) > 0.05 else 0.7
            rows.append(
                {
                    "antecedent_product_natural_key": a,
                    "antecedent_product_name": a_name,
                    "antecedent_product_category": a_category,
                    "consequent_product_natural_key": b,
                    "consequent_product_name": b_name,
                    "consequent_product_category": b_category,
                    "customer_count": 1000,
                    "antecedent_holder_count": a_holders,
                    "consequent_holder_count": b_holders,
                    "both_holder_count": both,
                    "expected_both_count": expected,
                    "support": both / 1000,
                    "support_lower": 0.9 * both / 1000,
                    "support_upper": 1.1 * both / 1000,
                    "confidence": both / a_holders,
                    "confidence_lower": 0.9 * both / a_holders,
                    "confidence_upper": min(1.0, 1.1 * both / a_holders),
                    "lift": lift,
                    "lift_lower": 0.9 * lift,
                    "lift_upper": 1.1 * lift,
                    "chi_square_statistic": 12.5,
                    "chi_square_p_value": p / 2,
                    "adjusted_p_value": p,
                }
            )
    return _common(pd.DataFrame(rows))


CATEGORIES = {
    "Essentials": ("Groceries", "Fuel", "Utilities"),
    "Leisure": ("Restaurants", "Travel"),
    "Digital": ("Streaming",),
}
REGIONS = ("Northeast", "Midwest", "West")


def merchant_spending_patterns() -> pd.DataFrame:
    rows = []
    for r, region in enumerate(REGIONS):
        for segment in ("Mass Market", "Premium"):
            for g, (group, categories) in enumerate(CATEGORIES.items()):
                for c, category in enumerate(categories):
                    spend = 1_000.0 * (3 - r) * (3 - g) * (2 - 0.4 * c)
                    if region == "West" and category == "Travel":
                        spend *= 3
                    if segment == "Premium":
                        spend *= 0.5
                    rows.append(
                        {
                            "merchant_category_group": group,
                            "merchant_category": category,
                            "region": region,
                            "customer_segment": segment,
                            "customer_count": 100,
                            "purchase_count": 400,
                            "spend_amount": money(spend),
                            "avg_purchase_amount": money(spend / 400),
                            "pct_of_total": 1.0,
                            "pct_of_basket": 10.0,
                            "affinity_index": 100.0,
                            "repeat_customer_count": 80,
                            "repeat_rate_pct": 80.0,
                            "repeat_rate_pct_lower": 71.1,
                            "repeat_rate_pct_upper": 86.7,
                            "merchant_count": 20,
                            "merchant_spend_amount": money(spend),
                            "herfindahl_index": 0.08,
                            "top_10_pct": 71.0,
                        }
                    )
    return _common(pd.DataFrame(rows), currency=True)


METRICS = {
    "credit_score": "Credit score",
    "income": "Annual income",
    "balance": "Deposit balance",
    "utilisation": "Use of the credit limit",
    "late_rate": "Late payments",
}
CORRELATIONS = {
    ("credit_score", "income"): 0.31,
    ("credit_score", "balance"): 0.22,
    ("credit_score", "utilisation"): -0.48,
    ("credit_score", "late_rate"): None,
    ("income", "balance"): 0.55,
    ("income", "utilisation"): -0.02,
    ("income", "late_rate"): -0.11,
    ("balance", "utilisation"): -0.3,
    ("balance", "late_rate"): -0.09,
    ("utilisation", "late_rate"): 0.27,
}


def credit_score_behavior_correlation() -> pd.DataFrame:
    rows = []
    for segment, factor in (("All", 1.0), ("Premium", 0.5)):
        for (first, second), value in CORRELATIONS.items():
            row: dict[str, object] = {
                "customer_segment": segment,
                "x_metric": first,
                "y_metric": second,
                "x_label": METRICS[first],
                "y_label": METRICS[second],
                "sample_count": 1_200 if value is not None else 4,
            }
            for position, name in enumerate(("pearson", "spearman", "kendall")):
                shown = None if value is None else factor * value * (1 - 0.1 * (position - 1))
                row |= {
                    f"{name}_correlation": shown,
                    f"{name}_correlation_lower": None if shown is None else shown - 0.05,
                    f"{name}_correlation_upper": None if shown is None else shown + 0.05,
                    f"{name}_p_value": None
                    if shown is None
                    else (0.4 if abs(shown) < 0.05 else 1e-6),
                    f"{name}_adjusted_p_value": None
                    if shown is None
                    else (0.5 if abs(shown) < 0.05 else 2e-6),
                }
            row["status"] = "insufficient_data" if value is None else "ok"
            rows.append(row)
    return _common(pd.DataFrame(rows))


AREA_LABELS = ("High-High", "Low-Low", "Not significant", "High-Low", "Low-High")
AREA_METRICS = {
    "income": ("Annual income, USD", 0.31, 0.004),
    "balance": ("Balance, USD", 0.12, 0.21),
    "monthly_spend": ("Spending a month, USD", None, None),
    "digital_rate": ("Share of digital payments", -0.2, 0.03),
}


def geographic_clustering(
    cities: tuple[tuple[str, str, float, float, int], ...] = US_CITIES,
) -> pd.DataFrame:
    rows: list[dict[str, object]] = []
    for metric, (label, moran, p) in AREA_METRICS.items():
        for k, (state, city, latitude, longitude, count) in enumerate(cities):
            value = 0.3 + 0.01 * k if metric == "digital_rate" else 20_000.0 + 900 * k
            tested = moran is not None
            rows.append(
                {
                    "area_level": "county",
                    "area_name": city,
                    "state": state,
                    "latitude": latitude,
                    "longitude": longitude,
                    "metric_name": metric,
                    "metric_label": label,
                    "customer_count": count,
                    "metric_value": value,
                    "metric_value_lower": 0.9 * value,
                    "metric_value_upper": 1.1 * value,
                    "spatial_lag_value": value if tested else None,
                    "local_moran_statistic": 0.5 if tested else None,
                    "local_moran_p_value": 0.04 if tested else None,
                    "local_moran_adjusted_p_value": 0.2 if tested else None,
                    "cluster_label": AREA_LABELS[k % 5] if tested else None,
                    "is_significant_adjusted": False if tested else None,
                    "moran_statistic": moran,
                    "moran_null_lower": -0.2 if tested else None,
                    "moran_null_upper": 0.2 if tested else None,
                    "moran_p_value": p,
                    "area_count": len(cities),
                    "neighbour_count": 4,
                    "status": "ok" if tested else "insufficient_data",
                }
            )
    return _common(pd.DataFrame(rows))


WEEK = (104.0, 100.0, 98.0, 99.0, 110.0, 112.0, 77.0)
HOLIDAYS = ((1, 1), (7, 4), (12, 25))


def seasonal_patterns(days: int = 900) -> pd.DataFrame:
    rows: list[dict[str, object]] = []
    yearly = days >= 730
    for series, label, unit, size in (
        ("spending", "Spending", "USD a day", 40_000.0),
        ("transactions", "Transactions", "transactions a day", 900.0),
    ):
        for k in range(days):
            day = AS_OF - dt.timedelta(days=days - 1 - k)
            holiday = (day.month, day.day) in HOLIDAYS
            trend = size * (1 + k / days)
            season = 100 + 8 * math.sin(2 * math.pi * k / 365.25) if yearly else None
            rest = 100 + 3 * math.sin(k * 1.7)
            factors = (WEEK[day.weekday()], season or 100, 60.0 if holiday else 100.0, rest)
            rows.append(
                {
                    "series_name": series,
                    "series_label": label,
                    "series_unit": unit,
                    "observation_date": day,
                    "observed_value": trend * math.prod(value / 100 for value in factors),
                    "trend_value": trend,
                    "weekly_index": factors[0],
                    "yearly_index": season,
                    "holiday_index": factors[2],
                    "remainder_index": rest,
                    "is_bank_holiday": holiday,
                    "holiday_name": "Holiday" if holiday else None,
                    "own_holiday_effect_pct": -40.0 if holiday else None,
                    "own_holiday_effect_pct_lower": -44.0 if holiday else None,
                    "own_holiday_effect_pct_upper": -36.0 if holiday else None,
                    "holiday_count": 7,
                    "holiday_effect_pct": -40.0,
                    "holiday_effect_pct_lower": -42.5,
                    "holiday_effect_pct_upper": -37.5,
                    "trend_strength_rate": 0.97,
                    "trend_strength_rate_lower": 0.95,
                    "trend_strength_rate_upper": 0.98,
                    "weekly_strength_rate": 0.88,
                    "weekly_strength_rate_lower": 0.85,
                    "weekly_strength_rate_upper": 0.9,
                    "yearly_strength_rate": 0.7 if yearly else None,
                    "yearly_strength_rate_lower": 0.6 if yearly else None,
                    "yearly_strength_rate_upper": 0.78 if yearly else None,
                    "weekly_strength_p_value": 0.005,
                    "yearly_strength_p_value": 0.005 if yearly else None,
                    "sample_count": days,
                    "status": "ok" if yearly else "weekly_only",
                }
            )
    return _common(pd.DataFrame(rows))


COHORTS = tuple(f"{year}-Q{quarter}" for year in (2022, 2023) for quarter in (1, 2, 3, 4))
HAZARD = {-2: 0.01, 1: 0.005, 2: 0.012, 3: 0.02}
LIFE_PRODUCTS = {
    -2: ("All", "All"),
    1: ("Everyday Checking", "Deposit"),
    2: ("Travel Card", "Credit"),
    3: ("Personal Loan", "Loan"),
}


def survival(product: int, age: int) -> float:
    """Return the planted share that is open."""
    return (1 - HAZARD[product]) ** age


def account_lifecycle_patterns() -> pd.DataFrame:
    rows: list[dict[str, object]] = []
    for c, cohort in enumerate(("All", *COHORTS)):
        longest = 28 if cohort == "All" else 28 - 3 * (c - 1)
        quarter = None if cohort == "All" else pd.Period(cohort.replace("-", ""), freq="Q")
        for product, (name, category) in LIFE_PRODUCTS.items():
            size = (4000 if cohort == "All" else 500) // (max(product, 0) + 1)
            for age in range(longest + 1):
                rate = survival(product, age)
                known = age > 0
                rows.append(
                    {
                        "cohort_name": cohort,
                        "cohort_start_date": None if quarter is None else quarter.start_time.date(),
                        "product_natural_key": product,
                        "product_name": name,
                        "product_category": category,
                        "age_month": age,
                        "cohort_account_count": size,
                        "observed_count": size,
                        "retained_count": round(size * rate),
                        "retention_rate": rate,
                        "retention_rate_lower": rate - 0.01,
                        "retention_rate_upper": min(1.0, rate + 0.01),
                        "at_risk_count": round(size * rate),
                        "closed_count": round(size * rate * HAZARD[product]),
                        "hazard_rate": HAZARD[product],
                        "survival_rate": rate,
                        "survival_rate_lower": rate - 0.01 if known else None,
                        "survival_rate_upper": min(1.0, rate + 0.01) if known else None,
                        "balance_count": round(size * rate),
                        "total_balance": money(round(size * rate) * (1_000 + 10 * age)),
                        "avg_balance": money(1_000 + 10 * age),
                        "avg_balance_lower": money(950 + 10 * age),
                        "avg_balance_upper": money(1_050 + 10 * age),
                        "transaction_count": 12 * round(size * rate),
                        "avg_transaction_count": 12.0,
                        "active_count": round(size * rate * 0.8),
                        "active_rate": 0.8,
                        "active_rate_lower": 0.77,
                        "active_rate_upper": 0.83,
                    }
                )
    return _common(pd.DataFrame(rows), currency=True).assign(coverage_pct=95.0)
