"""Frame of product recommendations: twelve customers with two or three offers each."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from tests.support.frames.marketing_budget_allocation import PLAN
from tests.support.frames.shared import money

OFFERS = (("Savings", 0.05, 300), ("Currency Account", 0.04, 50), ("Classic Card", 0.01, 90))
EVIDENCE = {
    f"{name}{end}": value + apart
    for name, value in (
        ("map_score", 0.59), ("popularity_map_score", 0.45), ("map_gain_score", 0.14),
        ("calibration_ratio_index", 1.04),
    )
    for end, apart in (("", 0.0), ("_lower", -0.04), ("_upper", 0.04))
}  # fmt: skip


def product_recommendation() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "customer_natural_key": key,
                "rank_number": rank,
                "customer_segment": ("Premium", "Affluent", None)[key % 3],
                "cut_date": dt.date(2024, 5, 31),
                "product_natural_key": place + 5,
                "product_name": OFFERS[place][0],
                "product_category": "Deposit" if place < 2 else "Credit",
                "propensity_rate": OFFERS[place][1],
                "margin_amount": money(OFFERS[place][2]),
                "expected_margin_amount": money(OFFERS[place][1] * OFFERS[place][2]),
                "held_product_name": "None" if key % 5 == 0 else "Everyday Checking",
                "reason": "more income than most",
                "horizon_months": 6,
                "opener_count": 380,
                **EVIDENCE,
                **PLAN,
            }
            for key in range(1, 13)
            for rank, place in enumerate([(key + k) % 3 for k in range(2 + key % 2)], start=1)
        ]
    )
