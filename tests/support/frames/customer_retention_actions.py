"""Frame of retention actions: forty customers, ten of whom are contacted."""

from __future__ import annotations

import pandas as pd

from tests.support.frames.marketing_budget_allocation import PLAN
from tests.support.frames.shared import money


def customer_retention_actions() -> pd.DataFrame:
    rows = []
    for key in range(1, 41):
        taken, best = key % 4 == 0, "None" if key % 4 == 1 else "Call"
        rows.append(
            {
                "customer_natural_key": key,
                "customer_segment": "Premium",
                "value_amount": money(10 * key),
                "leave_rate": 0.02 + (key * 7 % 40) / 400,
                "leave_rate_lower": 0.01,
                "leave_rate_upper": 0.15,
                "action_name": "Call" if taken else "None",
                "best_action_name": best,
                "uplift_rate": 0.03,
                "uplift_rate_lower": 0.01,
                "uplift_rate_upper": 0.05,
                "harmful_action_count": int(key % 4 == 1),
                "action_cost_amount": money(2 if taken else 0),
                "saved_value_amount": money(0.3 * key if taken else 0),
                "expected_gain_amount": money(0.3 * key - 2 if taken else 0),
                "is_recommended": taken,
                "is_high_risk": key > 36,
                "reason": "gains most of all actions" if taken else "no action saves what it costs",
                "experiment_count": 8000,
                "horizon_months": 3,
                **PLAN,
            }
        )
    return pd.DataFrame(rows)
