"""Frame of branch staffing: two branches, two weekdays of four hours."""

from __future__ import annotations

import pandas as pd

from tests.support.frames.marketing_budget_allocation import PLAN
from tests.support.frames.shared import money

BRANCHES = ((1, "Riverside Branch 1", 3, 5), (2, "Hilltop Branch 2", 6, 4))
WEEKDAYS = ((1, "Monday"), (6, "Saturday"))


def branch_staffing_optimization() -> pd.DataFrame:
    plan = {**PLAN, "binding_limits": "Staff hours asked for (one less in an hour saves up to "
            "112.00 USD)"}  # fmt: skip
    return pd.DataFrame(
        [
            {
                "location_natural_key": key,
                "location_name": name,
                "day_of_week_number": number,
                "day_name": day,
                "hour_number": hour,
                "visit_count": 20 * hour,
                "day_count": 20,
                "hourly_visit_count": float(hour),
                "hourly_visit_count_lower": 0.9 * hour,
                "hourly_visit_count_upper": 1.1 * hour,
                "handling_minutes": 14.0,
                "held_out_error_pct": -3.0,
                "current_staff_count": now,
                "required_staff_count": then - 1,
                "recommended_staff_count": then + (number == 6),
                "current_cost_amount": money(28 * now),
                "recommended_cost_amount": money(28 * (then + (number == 6))),
                **{
                    f"{name}_{what}": value
                    for name, share in (("current", 0.7), ("recommended", 0.95))
                    for what, value in (
                        ("served_rate", share), ("served_rate_lower", share - 0.1),
                        ("served_rate_upper", share + 0.04), ("wait_minutes", 4 * (1 - share)),
                        ("lost_rate", 0.5 * (1 - share)),
                    )
                },
                "target_wait_minutes": 5.0,
                "target_served_rate": 0.9,
                "shadow_price_amount": money(112 if hour == 10 else 0),
                **plan,
            }
            for key, name, now, then in BRANCHES
            for number, day in WEEKDAYS
            for hour in range(9, 13)
        ]
    )  # fmt: skip
