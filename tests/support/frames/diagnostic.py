"""Frames of the diagnostic models, which hang together the way the models do.

Rates are counts over counts, the three effects of revenue add up to its variance.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from tests.support.frames.shared import AS_OF, money

SEGMENTS = ("All", "Mass Market", "Affluent", "Premium", "Business")

# driver, label, rank, information value, chance, critical, attributable share, bins.
CHURN = (
    (
        "unresolved_complaint",
        "Unresolved complaint, 3 months before",
        1,
        0.48,
        0.01,
        0.04,
        30.0,
        (("No", 9_000, 140), ("Yes", 1_000, 60)),
    ),
    (
        "activity",
        "Activity of 3 months against the year before",
        2,
        0.31,
        0.04,
        0.10,
        20.0,
        (("Below 40 %", 1_200, 70), ("40 to 70 %", 2_800, 60), ("130 % and more", 6_000, 70)),
    ),
    (
        "fee_event",
        "Fee charged, 3 months before",
        3,
        0.12,
        0.01,
        0.04,
        10.0,
        (("No", 8_000, 130), ("Yes", 2_000, 70)),
    ),
    (
        "education",
        "Education",
        4,
        0.05,
        0.04,
        0.10,
        12.0,
        (("Bachelor", 5_000, 96), ("High School", 5_000, 104)),
    ),
)
DEFAULT = (
    (
        "credit_score",
        "Credit score when the loan was made",
        0.62,
        0.15,
        (("Below 600", 900, 45), ("600 to 639", 2_100, 40), ("760 and more", 9_000, 20)),
    ),
    (
        "debt_to_income",
        "Debt to income when the loan was made",
        0.21,
        0.15,
        (("Below 20 %", 8_000, 55), ("50 % and more", 4_000, 50)),
    ),
    ("age_group", "Age group", 0.09, 0.20, (("18-24", 2_000, 20), ("65+", 10_000, 85))),
)


def _common(rows: list[dict[str, object]], currency: bool = False) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    if currency:
        frame["reporting_currency"] = "USD"
    if "status" not in frame:
        frame["status"] = "ok"
    frame["as_of_date"] = AS_OF
    return frame


def _bins(bins: tuple[tuple[str, int, int], ...]) -> list[dict[str, object]]:
    exposed, events = sum(item[1] for item in bins), sum(item[2] for item in bins)
    return [
        {
            "bin": name,
            "bin_number": number + 1,
            "exposed_count": size,
            "event_count": count,
            "event_rate_pct": 100 * count / size,
            "event_rate_pct_lower": 80 * count / size,
            "event_rate_pct_upper": 125 * count / size,
            "base_rate_pct": 100 * events / exposed,
            "lift": count / size * exposed / events,
        }
        for number, (name, size, count) in enumerate(bins)
    ]


def churn_analysis() -> pd.DataFrame:
    """Business has too few leavers; fees matter only over all segments."""
    rows: list[dict[str, object]] = []
    for place, segment in enumerate(SEGMENTS):
        for driver, label, rank, value, expected, critical, share, bins in CHURN:
            few = segment == "Business"
            shrunk = tuple((name, size // (place + 1), n // (place + 1)) for name, size, n in bins)
            if segment != "All" and driver == "fee_event":
                value = expected  # noqa: PLW2901
            rows += [
                {
                    "customer_segment": segment,
                    "driver": driver,
                    "driver_label": label,
                    **cell,
                    "information_value": None if few else value,
                    "expected_information_value": None if few else expected,
                    "critical_information_value": None if few else critical,
                    "is_above_chance": not few and value > critical,
                    "driver_rank_number": None if few else rank,
                    "population_attributable_pct": None if few else share,
                    "status": "insufficient_data" if few else "ok",
                }
                for cell in _bins(shrunk)
            ]
    return _common(rows)


# merchant category, channel, weekday, hour band, transactions, frauds, amount.
FRAUD = (
    ("Electronics", "Online", 1, 0, 1_000, 40, 30_000.0),
    ("Electronics", "Online", 6, 21, 1_000, 20, 12_000.0),
    ("Electronics", "POS", 6, 12, 4_000, 4, 1_500.0),
    ("Groceries", "POS", 3, 12, 20_000, 2, 90.0),
    ("Groceries", "POS", 3, 18, 10_000, 0, 0.0),
    ("Travel", "Online", 7, 3, 400, 2, 2_100.0),
)


def fraud_pattern_analysis() -> pd.DataFrame:
    total, frauds = sum(row[4] for row in FRAUD), sum(row[5] for row in FRAUD)
    days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    rows: list[dict[str, object]] = [
        {
            "merchant_category": category,
            "channel": channel,
            "hour_band": f"{hour:02d}-{hour + 3:02d}",
            "hour_band_number": hour,
            "weekday_number": day,
            "day_name": days[day - 1],
            "is_international": False,
            "transaction_count": size,
            "fraud_count": count,
            "fraud_rate_pct": 100 * count / size,
            "base_rate_pct": 100 * frauds / total,
            "fraud_amount": money(amount),
            "victim_count": count,
        }
        for category, channel, day, hour, size, count, amount in FRAUD
    ]
    return _common(rows, currency=True).assign(coverage_pct=95.0)


CORRELATION = {
    ("default", "credit_score"): (-0.12, -0.17, -0.07),
    ("default", "debt_to_income"): (0.03, -0.02, 0.08),
    ("credit_score", "debt_to_income"): (-0.41, -0.45, -0.37),
}
LABELS = {"default": "Default", **{row[0]: row[1] for row in DEFAULT}}


def loan_default_drivers() -> pd.DataFrame:
    rows: list[dict[str, object]] = [
        {
            "driver": driver,
            "driver_label": label,
            **cell,
            "information_value": value,
            "expected_information_value": critical / 3,
            "critical_information_value": critical,
            "is_above_chance": value > critical,
            "driver_rank_number": rank + 1,
            "population_attributable_pct": 20.0,
            "loan_count": 600,
        }
        for rank, (driver, label, value, critical, bins) in enumerate(DEFAULT)
        for cell in _bins(bins)
    ]
    return _common(rows)


def loan_default_correlations() -> pd.DataFrame:
    rows: list[dict[str, object]] = []
    for pair, (value, lower, upper) in CORRELATION.items():
        for first, second in (pair, pair[::-1]):
            rows.append(
                {
                    "driver": first,
                    "driver_label": LABELS[first],
                    "other_driver": second,
                    "spearman_correlation": value,
                    "spearman_correlation_lower": lower,
                    "spearman_correlation_upper": upper,
                    "loan_count": 600,
                }
            )
    return _common(rows).assign(coverage_pct=95.0)


# reason, channel, attempts, declined, tried again, won back.
DECLINES = (
    ("Not declined", "POS", 40_000, 0, 0, 0),
    ("Not declined", "Online", 20_000, 0, 0, 0),
    ("Insufficient Funds", "POS", 800, 800, 300, 200),
    ("Insufficient Funds", "Online", 300, 300, 60, 30),
    ("Limit Exceeded", "Online", 200, 200, 20, 10),
    ("Unknown", "ATM", 100, 100, 5, 5),
)


def transaction_decline_analysis() -> pd.DataFrame:
    return _common(
        [
            {
                "decline_reason": reason,
                "channel": channel,
                "merchant_category": category,
                "attempt_count": attempts // 2,
                "declined_count": declined // 2,
                "retried_count": retried // 2,
                "recovered_count": recovered // 2,
                "lost_amount": money((declined - recovered) * 25.5),
            }
            for reason, channel, attempts, declined, retried, recovered in DECLINES
            for category in ("Groceries", "Travel")
        ],
        currency=True,
    )


# level, is reference, ratio, lower, upper.
EFFECTS = (
    ("resolution", "Resolved", (("No", True, 1.0, 1.0, 1.0), ("Yes", False, 4.2, 3.8, 4.7))),
    ("duration", "Duration", (("per doubling", False, 0.82, 0.77, 0.88),)),
    (
        "channel",
        "Channel",
        (
            ("Phone Call", True, 1.0, 1.0, 1.0),
            ("Chat", False, 1.05, 0.93, 1.19),
            ("Branch Visit", False, None, None, None),
        ),
    ),
)
REASONS = {
    "Complaint": (120, 60, 40, 20, 10),
    "Account Inquiry": (10, 20, 60, 200, 210),
    "Fraud Report": (5, 5, 10, 10, 10),
}


def customer_satisfaction_drivers() -> pd.DataFrame:
    rows: list[dict[str, object]] = [
        {
            "record_type": "effect",
            "driver": driver,
            "driver_label": label,
            "level": level,
            "level_number": number + 1,
            "is_reference": reference,
            "contact_count": 2_000,
            "rated_count": 800,
            **{f"rating_{k}_count": None for k in range(1, 6)},
            "odds_ratio": ratio,
            "odds_ratio_lower": lower,
            "odds_ratio_upper": upper,
        }
        for driver, label, levels in EFFECTS
        for number, (level, reference, ratio, lower, upper) in enumerate(levels)
    ]
    for number, (reason, counts) in enumerate(REASONS.items()):
        ratings = np.repeat(np.arange(1, 6), counts)
        mean = float(ratings.mean())
        rows.append(
            {
                "record_type": "cell",
                "driver": "reason",
                "driver_label": "Reason",
                "level": reason,
                "level_number": number + 1,
                "is_reference": False,
                "contact_count": 2 * len(ratings),
                "rated_count": len(ratings),
                **{f"rating_{k + 1}_count": count for k, count in enumerate(counts)},
                "avg_rating_score": mean,
                "avg_rating_score_lower": mean - 0.1,
                "avg_rating_score_upper": mean + 0.1,
                "rating_p25_score": float(np.quantile(ratings, 0.25)),
                "rating_p50_score": float(np.quantile(ratings, 0.5)),
                "rating_p75_score": float(np.quantile(ratings, 0.75)),
            }
        )
    return _common(rows).assign(coverage_pct=95.0)


# stage, reason, near miss, applications.
APPLICATIONS = (
    ("pending", "undecided", False, 20),
    ("declined", "score below cutoff", True, 60),
    ("declined", "score below cutoff", False, 240),
    ("declined", "debt to income above limit", False, 150),
    ("declined", "other reason", False, 30),
    ("approved", "within policy", False, 480),
    ("approved", "policy exception", False, 20),
)


def credit_application_rejection_analysis() -> pd.DataFrame:
    return _common(
        [
            {
                "product_category": category,
                "stage": stage,
                "stage_number": ("pending", "declined", "approved").index(stage) + 1,
                "reason": reason,
                "score_band": "0 to 10 below" if near else "other",
                "is_near_miss": near,
                "application_count": count // 2,
                "cutoff_score": 640,
            }
            for category in ("Loan", "Credit")
            for stage, reason, near, count in APPLICATIONS
        ],
        currency=True,
    )


# state, reason, closed, of them left the bank, balance moved out.
CLOSURES = (
    ("complaint", "Moved to another bank", 60, 40, 90_000.0),
    ("fee", "Fees too high", 30, 10, 20_000.0),
    ("fee", "Moved to another bank", 20, 15, 44_000.0),
    ("dormant", "Not stated", 50, 0, 100.0),
    ("active", "Not stated", 140, 20, 250_000.0),
)


def account_closure_analysis() -> pd.DataFrame:
    return _common(
        [
            {
                "product_natural_key": key,
                "product_name": f"Product {key}",
                "product_category": "Deposit",
                "stated_reason": reason,
                "prior_state": state,
                "prior_state_number": 1,
                "closed_count": closed // 2,
                "left_bank_count": left // 2 if key == 1 else left - left // 2,
                "lost_balance": money(balance / 2),
            }
            for key in (1, 2)
            for state, reason, closed, left, balance in CLOSURES
        ],
        currency=True,
    )


# product, category, segment, revenue, year before, volume, mix, price (their sum is the change).
REVENUE = (
    (1, "Credit", "Premium", 1_200.10, 1_000.00, 50.00, 100.05, 50.05),
    (2, "Credit", "Mass Market", 800.00, 900.00, 45.00, -80.00, -65.00),
    (3, "Loan", "Premium", 2_000.00, 1_500.00, 75.00, 25.00, 400.00),
)


def revenue_variance_analysis() -> pd.DataFrame:
    """Fourteen months; the first two have no year before."""
    rows: list[dict[str, object]] = []
    for number in range(14):
        month = (pd.Period("2024-05") - (13 - number)).start_time.date()
        for key, category, segment, now, before, volume, mix, price in REVENUE:
            known = number >= 2
            rows.append(
                {
                    "month_start_date": month,
                    "year_month": f"{month:%Y-%m}",
                    "product_natural_key": key,
                    "product_name": f"Product {key}",
                    "product_category": category,
                    "customer_segment": segment,
                    "account_count": 100,
                    "previous_account_count": 95,
                    "revenue_amount": money(now),
                    "previous_revenue_amount": money(before) if known else None,
                    "variance_amount": money(now - before) if known else None,
                    "volume_effect_amount": money(volume) if known else None,
                    "mix_effect_amount": money(mix) if known else None,
                    "price_effect_amount": money(price) if known else None,
                    "status": "ok" if known else "insufficient_data",
                }
            )
    return _common(rows, currency=True)


# name, contacts, converted, value, cost, incremental rate with bounds (None without a holdout).
CAMPAIGNS = (
    ("Spring Savings Email", 4_000, 200, 60_000.0, 400.0, (2.0, 1.0, 3.0)),
    ("Card Mail", 2_000, 40, 6_000.0, 3_000.0, (0.0, -1.0, 1.0)),
    ("Loan TV", 5_000, 50, 10_000.0, 50_000.0, (0.1, -0.2, 0.4)),
    ("Partner Offer", 1_000, 90, 18_000.0, 900.0, None),
    ("Free Post", 500, 5, 700.0, 0.0, None),
)


def marketing_campaign_performance_drivers() -> pd.DataFrame:
    rows: list[dict[str, object]] = []
    for number, (name, size, converted, value, cost, rates) in enumerate(CAMPAIGNS):
        per_conversion = value / converted
        added = None if rates is None else rates[0] * size / 100
        rows.append(
            {
                "campaign_natural_key": number + 1,
                "campaign_name": name,
                "campaign_type": "Email",
                "start_date": dt.date(2023, 5, 1),
                "contacted_count": size,
                "holdout_count": 0 if rates is None else size // 5,
                "converted_count": converted,
                "incremental_rate_pct": None if rates is None else rates[0],
                "incremental_rate_pct_lower": None if rates is None else rates[1],
                "incremental_rate_pct_upper": None if rates is None else rates[2],
                "spend_amount": money(cost),
                "conversion_amount": money(value),
                "cost_per_conversion_amount": money(cost / converted),
                "cost_per_incremental_conversion_amount": money(cost / added) if added else None,
                "return_on_spend_rate": value / cost - 1 if cost else None,
                "incremental_return_rate": (
                    None if added is None else added * per_conversion / cost - 1
                ),
                "evidence": "association only" if rates is None else "randomised holdout",
            }
        )
    return _common(rows, currency=True).assign(coverage_pct=95.0)
