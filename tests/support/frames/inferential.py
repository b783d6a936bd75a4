"""Frames of the inferential models: their own methods, on small data with planted effects."""

from __future__ import annotations

import numpy as np
import pandas as pd

from financial_analytics.models.inferential import (
    approval_tests,
    campaign_experiments,
    churn_intervals,
    fraud_accuracy,
    lifetime_values,
    segment_comparison,
    transaction_normality,
)
from tests.support.frames.shared import AS_OF

CLOCK = pd.DataFrame({"as_of_date": [pd.Timestamp(AS_OF)]})
SEGMENTS = ("Affluent", "Business", "Mass Market", "Premium")


def behavior(effect: float = 1.0, customers: int = 800, seed: int = 5) -> pd.DataFrame:
    """Return customers as int_customer_behavior has them; `effect` sets segments apart."""
    rng = np.random.default_rng(seed)
    segment = rng.choice(4, customers, p=[0.2, 0.1, 0.6, 0.1])
    step = effect * np.array([0.6, 0.1, 0.0, 1.0])[segment]
    frame = pd.DataFrame(
        {
            "customer_natural_key": np.arange(customers),
            "customer_segment": np.array(SEGMENTS)[segment],
            "credit_score": np.round(650 + 60 * (step + rng.normal(size=customers))),
            "annual_income_amount": 50_000 * np.exp(step + 0.4 * rng.normal(size=customers)),
            "tenure_months": rng.integers(1, 200, customers).astype(float),
            "deposit_balance": 3_000 * np.exp(0.5 * step + rng.normal(size=customers)),
            "card_utilisation_rate": rng.beta(2, 4, customers),
            "late_payment_rate": np.nan,
            "monthly_purchase_count": rng.gamma(2, 2, customers),
            "average_purchase_amount": 60 * np.exp(0.3 * rng.normal(size=customers)),
            "digital_rate": rng.beta(3, 3, customers),
            "cash_rate": rng.beta(1, 6, customers),
        }
    )
    frame.loc[frame.index % 17 == 0, "credit_score"] = np.nan
    return frame


def customer_segment_statistical_comparison() -> pd.DataFrame:
    return segment_comparison(behavior(), CLOCK).to_pandas()


def touches(lift: float = 0.1, campaigns: int = 8, seed: int = 6) -> pd.DataFrame:
    """Return touches as int_experiment_touches has them; even campaigns add `lift`."""
    rng = np.random.default_rng(seed)
    size = rng.integers(40, 700, campaigns)
    campaign = np.repeat(np.arange(campaigns), size)
    number = len(campaign)
    held = (rng.random(number) < 0.25) & (campaign != campaigns - 1)
    chance = 0.03 + np.where(~held & (campaign % 2 == 0), lift, 0.0)
    bought = rng.random(number) < chance
    before = rng.gamma(2, 100, number)
    return pd.DataFrame(
        {
            "touch_id": np.arange(number),
            "campaign_natural_key": campaign + 1,
            "campaign_name": [f"Campaign {k + 1:03d}" for k in campaign],
            "campaign_type": np.where(campaign % 2 == 0, "Email", "Direct Mail"),
            "customer_natural_key": rng.permutation(number),
            "touch_channel": np.where(campaign % 2 == 0, "Email", "Direct Mail"),
            "is_holdout": held,
            "is_converted": bought,
            "conversion_amount": np.where(bought, rng.gamma(4, 40, number), 0.0),
            "previous_month_amount": before,
            "next_month_amount": 0.8 * before + rng.gamma(2, 40, number),
        }
    )


def ab_test_channel_performance() -> pd.DataFrame:
    return campaign_experiments(touches(), CLOCK).to_pandas()


def applications(effect: float = 2.0, number: int = 1500, seed: int = 7) -> pd.DataFrame:
    """Return decisions as int_application_factors has them; score and age decide."""
    rng = np.random.default_rng(seed)
    score = rng.choice(["Below 600", "600 to 659", "660 to 719", "720 and more"], number)
    age = rng.choice(["25-34", "45-54", "75+"], number, p=[0.5, 0.35, 0.15])
    high = np.isin(score, ["660 to 719", "720 and more"])
    logit = -0.4 + effect * high - 0.5 * effect * (age == "75+")
    made = {
        "application_id": np.arange(number),
        "is_approved": rng.random(number) < 1 / (1 + np.exp(-logit)),
        "credit_score_factor": score,
        "age_group_factor": age,
        "debt_to_income_factor": rng.choice(["Lower third", "Upper third"], number),
        "employment_factor": rng.choice(["Below 1 year", "7 years and more"], number),
        "product_category_factor": rng.choice(["Credit", "Loan"], number),
        "application_channel_factor": rng.choice(["Online", "Branch"], number),
        "customer_segment_factor": rng.choice(SEGMENTS, number),
        "marital_status_factor": rng.choice(["Married", "Single"], number),
    }
    return pd.DataFrame(made)


def credit_approval_hypothesis_test() -> pd.DataFrame:
    return approval_tests(applications(), CLOCK).to_pandas()


def score_counts(shift: float = 2.0, number: int = 20_000, seed: int = 8) -> pd.DataFrame:
    """Return counts as int_fraud_score_counts has them; frauds score higher by `shift`."""
    rng = np.random.default_rng(seed)
    fraud = rng.random(number) < 0.01
    score = np.round(1 / (1 + np.exp(2 - rng.normal(shift * fraud, 1.0))), 3)
    frame = pd.DataFrame({"threshold_score": score, "fraud": fraud})
    counts = frame.groupby("threshold_score")["fraud"].agg(["size", "sum"]).reset_index()
    counts.columns = pd.Index(["threshold_score", "transaction_count", "fraud_count"])
    counts["fraud_amount"] = 400.0 * counts["fraud_count"]
    counts["first_transaction_date"] = pd.Timestamp("2023-01-01")
    counts["last_transaction_date"] = pd.Timestamp("2025-10-31")
    return counts


def fraud_detection_accuracy() -> pd.DataFrame:
    return fraud_accuracy(score_counts(), CLOCK).to_pandas()


def customer_lifetime_value_distribution() -> pd.DataFrame:
    rng = np.random.default_rng(9)
    frame = pd.DataFrame(
        {
            "position_name": "current",
            "customer_natural_key": np.arange(600),
            "customer_segment": rng.choice(SEGMENTS, 600),
            "customer_lifetime_value_amount": rng.lognormal(7, 0.8, 600),
        }
    )
    return lifetime_values(frame, CLOCK).to_pandas()


def transaction_amount_normality_test() -> pd.DataFrame:
    rng = np.random.default_rng(10)
    size = (400, 300, 12)
    category = np.repeat(["Groceries", "Travel", "Pets"], size)
    frame = pd.DataFrame(
        {
            "transaction_id": np.arange(len(category)),
            "merchant_category": category,
            "transaction_date": pd.Timestamp("2025-06-01"),
            "spend_amount": rng.lognormal(3, 0.7, len(category)),
            "purchase_count": np.repeat(size, size),
        }
    )
    return transaction_normality(frame, CLOCK).to_pandas()


def churn_cells(extra: float = 0.25, seed: int = 11) -> pd.DataFrame:
    """Return counts as int_churn_cells has them; the last group leaves more by `extra`."""
    rng = np.random.default_rng(seed)
    rows = [
        (segment, age, tenure)
        for segment in SEGMENTS
        for age in ("25-34", "45-54", "75+")
        for tenure in ("Below 1 year", "2 to 5 years")
    ]
    size = rng.integers(6, 600, len(rows))
    size[-1] = 300
    chance = np.full(len(rows), 0.07)
    chance[-1] += extra
    frame = pd.DataFrame(rows, columns=["customer_segment", "age_group", "tenure_band"])
    return frame.assign(
        customer_count=size,
        churned_count=rng.binomial(size, chance),
        window_start_date=pd.Timestamp("2025-01-01"),
        window_end_date=pd.Timestamp("2025-12-31"),
        window_months=12,
    )


def churn_rate_confidence_intervals() -> pd.DataFrame:
    return churn_intervals(churn_cells(), CLOCK).to_pandas()
