"""Frame of card limits: thirty cards, ten raised, kept and cut."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from tests.support.frames.marketing_budget_allocation import PLAN
from tests.support.frames.shared import money

STEPS = (("raise", 1.25), ("keep", 1.0), ("cut", 0.75))


def credit_limit_optimization() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "account_natural_key": key,
                "customer_natural_key": key,
                "product_name": "Card",
                "cut_date": dt.date(2024, 5, 31),
                "current_limit_amount": money(1000 * key),
                "recommended_limit_amount": money(1000 * key * STEPS[key % 3][1]),
                "owed_balance": money(200 * key),
                "credit_score": 600 + 6 * key,
                "default_rate": 0.03,
                "default_rate_lower": 0.02,
                "default_rate_upper": 0.04,
                "expected_balance": money(220 * key),
                "margin_change_amount": money(key),
                "loss_change_amount": money(key / 2),
                "action": STEPS[key % 3][0],
                "reason": "what it adds in margin is more than in loss",
                "borrowed_rate": 0.6,
                "borrowed_rate_lower": 0.5,
                "borrowed_rate_upper": 0.7,
                "trial_count": 900,
                **PLAN,
            }
            for key in range(1, 31)
        ]
    )
