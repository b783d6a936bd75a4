"""Frames of the descriptive models: a bank of some size whose numbers hang together."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd

from tests.support.frames.shared import AS_OF, money

BUCKETS = ("current", "1_29", "30_59", "60_89", "90_plus")


def _common(frame: pd.DataFrame, currency: bool = True) -> pd.DataFrame:
    if currency:
        frame["reporting_currency"] = "USD"
    frame["status"] = "ok"
    frame["as_of_date"] = AS_OF
    return frame


def _months(count: int) -> list[dt.date]:
    first = pd.Period("2024-06") - (count - 1)
    return [(first + k).start_time.date() for k in range(count)]


def customer_overview() -> pd.DataFrame:
    now = {
        "total_customers": 10_050,
        "active_customers": 8_612,
        "inactive_customers": 1_438,
        "avg_clv": money(4_310.55),
        "total_clv_amount": money(43_321_027.50),
        "avg_income": money(71_940.10),
        "avg_credit_score": 698.4,
        "avg_tenure_months": 58.3,
        "mass_market_customer_count": 6_231,
        "affluent_customer_count": 2_412,
        "premium_customer_count": 1_004,
        "business_customer_count": 403,
        "unknown_segment_customer_count": 0,
    }
    row: dict[str, object] = {"comparison_date": dt.date(2023, 6, 18)}
    for position, (name, value) in enumerate(now.items()):
        growth = (4.2, 3.1, 11.4, -1.8, 2.3, 0.0, -0.4, 6.5, 1, 2, 3, 4, None)[position]
        previous = None if growth is None else float(value) / (1 + growth / 100)
        row[name] = value
        row[f"previous_{name}"] = (
            None
            if previous is None
            else money(previous)
            if isinstance(value, Decimal)
            else round(previous)
            if isinstance(value, int)
            else previous
        )
        row[f"{name}_change_pct"] = growth
    return _common(pd.DataFrame([row]))


def customer_by_segment() -> pd.DataFrame:
    counts = {"Mass Market": 6_231, "Affluent": 2_412, "Premium": 1_004, "Business": 403}
    total = sum(counts.values())
    return _common(
        pd.DataFrame(
            [
                {
                    "customer_segment": name,
                    "customer_count": count,
                    "active_customer_count": int(count * 0.85),
                    "pct_of_total": 100 * count / total,
                    "avg_clv": money(2_000 + 3_000 * k),
                    "total_clv_amount": money(count * (2_000 + 3_000 * k)),
                    "avg_income": money(52_000 + 38_000 * k) if k != 3 else None,
                    "avg_credit_score": 670.0 + 20 * k,
                    "avg_tenure_months": 48.0 + 7 * k,
                }
                for k, (name, count) in enumerate(sorted(counts.items()))
            ]
        )
    )


def customer_by_age_group() -> pd.DataFrame:
    groups = ("18-24", "25-34", "35-44", "45-54", "55-64", "65-74", "75+", "Unknown")
    active = (702, 1_733, 1_941, 1_620, 1_304, 858, 388, 66)
    inactive = (131, 240, 252, 261, 220, 181, 133, 20)
    total = sum(active) + sum(inactive)
    return _common(
        pd.DataFrame(
            [
                {
                    "age_group": group,
                    "is_active": is_active,
                    "customer_count": counts[k],
                    "pct_of_total": 100 * counts[k] / total,
                    "avg_clv": money(1_500 + 900 * k),
                    "avg_income": money(31_000 + 9_000 * k),
                }
                for is_active, counts in ((True, active), (False, inactive))
                for k, group in enumerate(groups)
            ]
        )
    )


US_CITIES = (
    ("NY", "New York", 40.71, -74.01, 812),
    ("CA", "Los Angeles", 34.05, -118.24, 640),
    ("IL", "Chicago", 41.88, -87.63, 431),
    ("TX", "Houston", 29.76, -95.37, 402),
    ("AZ", "Phoenix", 33.45, -112.07, 260),
    ("PA", "Philadelphia", 39.95, -75.17, 255),
    ("CA", "San Francisco", 37.77, -122.42, 240),
    ("WA", "Seattle", 47.61, -122.33, 198),
    ("FL", "Miami", 25.76, -80.19, 190),
    ("CO", "Denver", 39.74, -104.99, 171),
    ("GA", "Atlanta", 33.75, -84.39, 166),
    ("MN", "Minneapolis", 44.98, -93.27, 120),
    ("AK", "Anchorage", 61.22, -149.90, 31),
    ("HI", "Honolulu", 21.31, -157.86, 44),
)
CZECH_CITIES = (
    ("Prague", "Hl.m. Praha", 50.08, 14.44, 663),
    ("central Bohemia", "Kladno", 50.15, 14.10, 112),
    ("south Bohemia", "Ceske Budejovice", 48.98, 14.47, 140),
    ("west Bohemia", "Plzen", 49.75, 13.38, 131),
    ("north Moravia", "Ostrava", 49.82, 18.26, 180),
    ("south Moravia", "Brno", 49.20, 16.61, 240),
)


def geography(cities: tuple[tuple[str, str, float, float, int], ...], country: str) -> pd.DataFrame:
    total = sum(city[4] for city in cities)
    return _common(
        pd.DataFrame(
            [
                {
                    "country": country,
                    "state": state,
                    "city": city,
                    "customer_count": count,
                    "active_customer_count": int(count * 0.9),
                    "pct_of_total": 100 * count / total,
                    "avg_clv": money(3_000 + count),
                    "avg_income": money(60_000 + 10 * count),
                    "latitude": latitude,
                    "longitude": longitude,
                }
                for state, city, latitude, longitude, count in cities
            ]
        )
    )


def customer_by_geography() -> pd.DataFrame:
    return geography(US_CITIES, "US")


def transaction_summary() -> pd.DataFrame:
    row: dict[str, object] = {
        "first_transaction_date": dt.date(2021, 1, 1),
        "last_transaction_date": AS_OF,
        "transaction_count": 1_046_997,
        "posted_count": 1_012_300,
        "declined_count": 34_697,
        "declined_rate_pct": 3.314,
        "volume": money(184_625_746.80),
        "avg_amount": money(182.38),
        "debit_count": 801_000,
        "debit_amount": money(90_010_000),
        "credit_count": 211_300,
        "credit_amount": money(94_615_746.80),
        "net_amount": money(4_605_746.80),
        "unique_customers": 9_871,
        "online_count": 300_000,
        "mobile_count": 410_000,
        "atm_count": 110_000,
        "branch_count": 26_997,
        "pos_count": 200_000,
        "unknown_channel_count": 0,
        "fraud_count": 1_290,
        "fraud_amount": money(512_333.10),
        "fraud_rate_pct": 0.1232,
        "international_count": 40_210,
        "international_rate_pct": 3.84,
    }
    moves = {
        "transaction_count": (28_411, 27_990),
        "volume_amount": (money(5_120_400.11), money(5_300_100.00)),
        "debit_amount": (money(2_510_200.00), money(2_600_050.00)),
        "credit_amount": (money(2_610_200.11), money(2_700_050.00)),
        "fraud_count": (31, 38),
        "fraud_amount": (money(11_021.50), money(15_390.00)),
        "fraud_rate_pct": (0.1091, 0.1358),
        "declined_rate_pct": (3.41, 3.25),
        "international_count": (1_120, 1_090),
        "unique_customers": (7_340, 7_288),
    }
    for name, (current, previous) in moves.items():
        row[f"current_30d_{name}"] = current
        row[f"previous_30d_{name}"] = previous
        row[f"{name}_change_pct"] = 100 * (float(current) - float(previous)) / float(previous)
    return _common(pd.DataFrame([row]))


def transaction_by_channel() -> pd.DataFrame:
    counts = {
        "Mobile": 410_000,
        "Online": 300_000,
        "POS": 200_000,
        "ATM": 110_000,
        "Branch": 26_997,
    }
    total = sum(counts.values())
    return _common(
        pd.DataFrame(
            [
                {
                    "channel": name,
                    "transaction_count": count,
                    "posted_count": int(count * 0.966),
                    "pct_of_total": 100 * count / total,
                    "volume": money(count * (90 + 60 * k)),
                    "avg_amount": money(90 + 60 * k),
                    "unique_customers": 9_000 - 1_500 * k,
                    "fraud_count": int(count * 0.001),
                    "fraud_rate_pct": 0.1,
                    "declined_count": int(count * 0.034),
                    "decline_rate_pct": 3.4,
                    "decline_rate_pct_lower": 3.3,
                    "decline_rate_pct_upper": 3.5,
                }
                for k, (name, count) in enumerate(sorted(counts.items()))
            ]
        )
    ).assign(coverage_pct=95.0)


CATEGORY_GROUPS = {
    "Retail": ("Groceries", "Clothing", "Electronics", "Department Stores", "Books"),
    "Travel": ("Airlines", "Hotels", "Car Rental", "Taxi and Ride Hailing"),
    "Food": ("Restaurants", "Fast Food", "Bars"),
    "Utilities": ("Electricity", "Telecom", "Water"),
    "Health": ("Pharmacy", "Doctors", "Hospitals"),
    "Entertainment": ("Streaming", "Cinema", "Sports"),
}


def transaction_by_category() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    rows = []
    for k, (group, names) in enumerate(CATEGORY_GROUPS.items()):
        for name in names:
            count = int(rng.integers(2_000, 40_000) / (k + 1))
            rows.append(
                {
                    "merchant_category_group": group,
                    "merchant_category": name,
                    "transaction_count": count,
                    "posted_count": count,
                    "pct_of_total": 1.0,
                    "volume": money(count * float(rng.uniform(10, 150))),
                    "avg_amount": money(50),
                    "unique_customers": count // 4,
                }
            )
    return _common(pd.DataFrame(rows))


def daily_transaction_trend(days: int = 900) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    dates = pd.date_range(end=AS_OF, periods=days)
    base = 900 + 0.25 * np.arange(days) - 260 * (dates.dayofweek >= 5)
    counts = rng.poisson(base)
    volume = counts * rng.normal(180, 16, days)
    frame = pd.DataFrame(
        {
            "transaction_date": [day.date() for day in dates],
            "transaction_count": counts,
            "posted_count": (counts * 0.966).astype(int),
            "volume": [money(value) for value in volume],
            "avg_amount": [money(value) for value in volume / counts],
            "active_customers": (counts * 0.6).astype(int),
            "fraud_count": rng.poisson(1.2, days),
            "declined_count": (counts * 0.034).astype(int),
        }
    )
    for window in (7, 28):
        mean = pd.Series(counts).rolling(window).mean()
        frame[f"ma{window}_transaction_count"] = mean
        money_mean = pd.Series(volume).rolling(window).mean()
        frame[f"ma{window}_volume_amount"] = [
            None if np.isnan(value) else money(value) for value in money_mean
        ]
    frame["is_weekend"] = dates.dayofweek >= 5
    frame["is_bank_holiday"] = (dates.month * 100 + dates.day).isin([101, 619, 704, 1225])
    frame["holiday_name"] = [
        {
            101: "New Year's Day",
            619: "Juneteenth",
            704: "Independence Day",
            1225: "Christmas Day",
        }.get(day.month * 100 + day.day)
        for day in dates
    ]
    return _common(frame)


def monthly_transaction_trend(count: int = 30) -> pd.DataFrame:
    rng = np.random.default_rng(11)
    volume = 4_000_000 * (1 + 0.01 * np.arange(count)) * rng.normal(1, 0.05, count)
    rows = []
    for k, first in enumerate(_months(count)):
        partial = k == count - 1
        rows.append(
            {
                "year": first.year,
                "month": first.month,
                "month_name": f"{first:%B}",
                "year_month": f"{first:%Y-%m}",
                "month_start_date": first,
                "transaction_count": int(volume[k] / 180 * (0.6 if partial else 1)),
                "posted_count": int(volume[k] / 186 * (0.6 if partial else 1)),
                "volume": money(volume[k] * (0.6 if partial else 1)),
                "avg_amount": money(180),
                "active_customers": 6_000 + 45 * k,
                "fraud_count": 30 + k % 7,
                "fraud_rate_pct": 0.11,
                "mom_change_pct": None
                if partial or k == 0
                else 100 * (volume[k] / volume[k - 1] - 1),
                "yoy_change_pct": None
                if partial or k < 12
                else 100 * (volume[k] / volume[k - 12] - 1),
                "transaction_count_mom_change_pct": None,
                "transaction_count_yoy_change_pct": None,
                "is_partial_month": partial,
            }
        )
    return _common(pd.DataFrame(rows))


def account_summary() -> pd.DataFrame:
    row = {
        "total_accounts": 18_420,
        "active_account_count": 15_902,
        "dormant_account_count": 1_311,
        "closed_account_count": 1_207,
        "unique_customers": 10_050,
        "total_balance": money(212_400_310.22),
        "deposit_balance": money(180_900_000.00),
        "owed_balance": money(61_500_120.00),
        "avg_balance": money(12_339.11),
        "credit_limit_amount": money(44_000_000.00),
        "used_credit_amount": money(12_760_000.00),
        "utilisation_pct": 29.0,
        "active_pct": 86.33,
        "past_due_account_count": 133,
        "loan_account_count": 2_204,
        "past_due_rate_pct": 6.03,
        "avg_age_months": 51.2,
        "autopay_pct": 41.0,
    }
    return _common(pd.DataFrame([row]))


PRODUCTS = (
    (1, "Everyday Checking", "Deposit", 7_200),
    (2, "High Yield Savings", "Deposit", 4_100),
    (3, "Rewards Credit Card", "Credit", 3_050),
    (4, "Platinum Credit Card with Travel Insurance", "Credit", 800),
    (5, "Personal Loan", "Loan", 1_400),
    (6, "Auto Loan", "Loan", 804),
    (7, "Brokerage Account", "Investment", 1_066),
)


def account_by_product() -> pd.DataFrame:
    total = sum(product[3] for product in PRODUCTS)
    shares = {"Active": 0.86, "Dormant": 0.07, "Closed": 0.07}
    return _common(
        pd.DataFrame(
            [
                {
                    "product_natural_key": key,
                    "product_name": name,
                    "product_category": category,
                    "account_status": status,
                    "account_count": int(count * share),
                    "pct_of_total": 100 * count * share / total,
                    "pct_of_product": 100 * share,
                    "balance": money(count * share * 9_000),
                    "unique_customers": int(count * share * 0.97),
                }
                for key, name, category, count in PRODUCTS
                for status, share in shares.items()
            ]
        )
    )


def account_balance_distribution() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    rows = []
    shapes = {
        "Deposit": (8.6, 0.9),
        "Investment": (9.8, 1.0),
        "Credit": (7.4, 0.8),
        "Loan": (9.3, 0.5),
    }
    for category, (mean, spread) in shapes.items():
        balance = rng.lognormal(mean, spread, 4_000)
        if category in ("Credit", "Loan"):
            balance = -balance
        low, high = np.quantile(balance, [0.01, 0.99])
        edges = np.linspace(low, high, 25)
        counts, _ = np.histogram(np.clip(balance, low, high), edges)
        quantiles = {
            f"p{q}_balance": money(np.quantile(balance, q / 100))
            for q in (1, 5, 10, 25, 50, 75, 90, 95, 99)
        }
        rows += [
            {
                "product_category": category,
                "bin_number": k + 1,
                "bin_lower": money(edges[k]),
                "bin_upper": money(edges[k + 1]),
                "account_count": int(counts[k]),
                "pct_of_category": 100 * counts[k] / len(balance),
                "category_account_count": len(balance),
                "avg_balance": money(balance.mean()),
                "min_balance": money(balance.min()),
                **quantiles,
                "max_balance": money(balance.max()),
            }
            for k in range(24)
        ]
    return _common(pd.DataFrame(rows))


def product_summary() -> pd.DataFrame:
    return _common(
        pd.DataFrame(
            [
                {
                    "product_natural_key": key,
                    "product_name": name,
                    "product_category": category,
                    "account_count": int(count * 0.93),
                    "active_account_count": int(count * 0.86),
                    "unique_customers": int(count * 0.9),
                    "balance": money(count * 9_000.5),
                    "avg_balance": money(9_000.5),
                    "interest_revenue_amount": money(count * 410),
                    "fee_revenue_amount": money(count * 66),
                    "revenue_amount": money(count * 476),
                    "penetration_pct": 100 * count * 0.9 / 10_050,
                    "previous_account_count": int(count * 0.9),
                    "account_count_change_pct": 3.3,
                }
                for key, name, category, count in PRODUCTS
            ]
        )
    )


def fraud_summary() -> pd.DataFrame:
    return _common(
        pd.DataFrame(
            [
                {
                    "year_month": f"{first:%Y-%m}",
                    "month_start_date": first,
                    "raised_count": 100 + k,
                    "reviewed_count": 90 + k,
                    "confirmed_count": 40,
                    "recovered_count": 22,
                    "dismissed_count": 45,
                    "open_count": 5,
                    "resolved_count": 85,
                    "alert_amount": money(52_000),
                    "confirmed_amount": money(21_000),
                    "recovered_amount": money(9_500.25),
                    "median_resolution_days": 6.5,
                    "precision_pct": 47.1,
                    "precision_pct_lower": 36.0,
                    "precision_pct_upper": 58.0,
                }
                for k, first in enumerate(_months(14))
            ]
        )
    )


ROLLS = (
    (1900, 60, 0, 0, 0),
    (45, 20, 18, 0, 0),
    (6, 4, 7, 9, 0),
    (2, 0, 1, 4, 6),
    (1, 0, 0, 1, 12),
)


def loan_payment_summary() -> pd.DataFrame:
    rows = []
    for first in _months(14):
        for key, name, _, count in (product for product in PRODUCTS if product[2] == "Loan"):
            scheduled = count * 310.0
            missed, under, over, late = (
                scheduled * 0.04,
                scheduled * 0.01,
                scheduled * 0.005,
                scheduled * 0.08,
            )
            paid = scheduled - missed - under + over
            row: dict[str, object] = {
                "year_month": f"{first:%Y-%m}",
                "month_start_date": first,
                "product_natural_key": key,
                "product_name": name,
                "payment_count": count,
                "late_count": int(count * 0.08),
                "missed_count": int(count * 0.04),
                "late_rate_pct": 8.0,
                "missed_rate_pct": 4.0,
                "scheduled_amount": money(scheduled),
                "paid_amount": money(paid),
                "on_time_amount": money(paid - late),
                "late_amount": money(late),
                "missed_amount": money(missed),
                "underpaid_amount": money(under),
                "overpaid_amount": money(over),
                "late_fee_amount": money(count * 1.2),
            }
            for left, moves in zip(BUCKETS, ROLLS, strict=True):
                for entered, moved in zip(BUCKETS, moves, strict=True):
                    row[f"roll_{left}_to_{entered}_count"] = moved
            for left, rate in zip(BUCKETS[:4], (3.06, 21.7, 34.6, 46.2), strict=True):
                row[f"roll_forward_{left}_pct"] = rate
            rows.append(row)
    return _common(pd.DataFrame(rows))


def customer_engagement_metrics(count: int = 18) -> pd.DataFrame:
    rows = []
    sizes = {"Mass Market": 6_231, "Affluent": 2_412, "Premium": 1_004, "Business": 403}
    for k, first in enumerate(_months(count)):
        for segment, size in sizes.items():
            wave = 1 + 0.05 * np.sin(k / 2)
            rows.append(
                {
                    "year_month": f"{first:%Y-%m}",
                    "month_start_date": first,
                    "customer_segment": segment,
                    "customer_count": size,
                    "dau_count": size * 0.12 * wave,
                    "wau_count": size * 0.41 * wave,
                    "mau_count": int(size * 0.71 * wave),
                    "active_customer_count": int(size * 0.78),
                    "stickiness_pct": 16.9,
                    "avg_login_recency_days": 9.5,
                    "interaction_count": size // 5,
                    "avg_interaction_count": 0.2,
                    "digital_count": size * 2,
                    "digital_share_pct": 68.0,
                }
            )
    return _common(pd.DataFrame(rows), currency=False)
