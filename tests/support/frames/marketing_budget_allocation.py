"""Frames of the marketing budget: two channels, one of which gives to the other."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from tests.support.frames.shared import AS_OF, money

PLAN = {
    "plan_value_amount": money(9000),
    "plan_value_amount_lower": money(8000),
    "plan_value_amount_upper": money(10_000),
    "plan_gain_amount": money(2500),
    "plan_gain_amount_lower": money(2000),
    "plan_gain_amount_upper": money(3000),
    "plan_cost_amount": money(900),
    "optimality_gap_rate": 2e-7,
    "binding_limits": "Budget (one more adds 0.53 USD)",
    "relax_advice": None,
    "coverage_pct": 95.0,
    "reporting_currency": "USD",
    "status": "ok",
    "as_of_date": AS_OF,
}
CELLS = (
    ("Email", "Affluent", 100, 200, "raise"),
    ("Email", "Mass Market", 200, 500, "raise"),
    ("TV", "Affluent", 300, 200, "cut"),
    ("TV", "Premium", 400, 0, "stop"),
)


def marketing_budget_allocation() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "channel": channel,
                "customer_segment": segment,
                "period_start_date": dt.date(2023, 6, 19),
                "period_end_date": AS_OF,
                "campaign_count": 3,
                "contact_count": 500,
                "current_spend_amount": money(now),
                "recommended_spend_amount": money(then),
                "current_contact_amount": now / 500,
                "recommended_contact_amount": then / 500,
                "largest_contact_amount": 2.0,
                **{
                    f"{name}_added_amount{end}": money(max(value, 1) * factor)
                    for name, value in (("current", now), ("recommended", then))
                    for end, factor in (("", 10), ("_lower", 8), ("_upper", 12))
                },
                "current_return_index": 2.0,
                "recommended_return_index": 1.53,
                "half_spend_amount": 0.5,
                "half_spend_amount_lower": 0.2,
                "half_spend_amount_upper": 0.9,
                "top_lift_pct": 5.0,
                "top_lift_pct_lower": 4.0,
                "top_lift_pct_upper": 6.0,
                "carry_over_rate": 0.0,
                "action": action,
                "reason": "the next unit of spend returns what it does elsewhere",
                **PLAN,
            }
            for channel, segment, now, then, action in CELLS
        ]
    )


def marketing_response_curves() -> pd.DataFrame:
    rows = []
    for channel, now, then in (("Email", 0.3, 0.7), ("TV", 0.7, 0.2)):
        points = [*((x, False, False) for x in np.linspace(0, 2, 5)), (now, True, False)]
        points.append((then, False, True))
        for number, (spend, is_current, is_recommended) in enumerate(points, start=1):
            value = 8 * spend / (spend + 0.5)
            rows.append(
                {
                    "channel": channel,
                    "point_number": number,
                    "contact_amount": float(spend),
                    "added_per_contact_amount": value,
                    "added_per_contact_amount_lower": 0.8 * value,
                    "added_per_contact_amount_upper": 1.2 * value,
                    "is_current": is_current,
                    "is_recommended": is_recommended,
                    "is_tried": True,
                    "contact_count": 1000,
                    "experiment_count": 7 if channel == "Email" else 4,
                    **PLAN,
                }
            )
    return pd.DataFrame(rows)
