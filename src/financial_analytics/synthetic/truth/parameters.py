"""The parameters of the bank, and what was derived from them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from financial_analytics.synthetic import catalog
from financial_analytics.synthetic.budget import plan_budget
from financial_analytics.synthetic.campaigns import ACTIONS, CHANNEL_LIFT, CHANNELS, HALF_SPEND
from financial_analytics.synthetic.config import BLOCK_CUSTOMERS
from financial_analytics.synthetic.credit import EFFECT_DAYS
from financial_analytics.synthetic.customers import draw_customers
from financial_analytics.synthetic.fraud import compromised
from financial_analytics.synthetic.interactions import CUTPOINTS, visit_week
from financial_analytics.synthetic.mobile import NEVER
from financial_analytics.synthetic.rates import RATE_CHANGES, SAVERS
from financial_analytics.synthetic.simulate import World
from financial_analytics.synthetic.sink import iso


def parameters(world: World) -> dict[str, Any]:
    """Return the configuration and what was derived from it, as plain values."""
    config, calendar, plan = world.config, world.calendar, world.plan
    people = draw_customers(config, calendar, world.geography, 0, BLOCK_CUSTOMERS)
    budget = plan_budget(config, plan, people.segment[:, -1])
    merchants, exposed = compromised(config, calendar, world.merchants)

    def month_date(month: int) -> str:
        return iso(int(calendar.first + calendar.month_first[month]))

    rollout = {
        region: (month_date(int(month)) if month < NEVER and month < calendar.months else None)
        for region, month in zip(catalog.REGIONS, world.rollout.month, strict=True)
    }
    mean = float(calendar.intensity[: calendar.last - calendar.first + 1].mean())
    return {
        "config": config.as_dict(),
        "bg_nbd": {
            "r": config.purchase.shape,
            "alpha_days": config.purchase.shape / max(world.scale * mean, 1e-300),
            "a": config.purchase.dropout_a,
            "b": config.purchase.dropout_b,
        },
        "purchases_per_day": world.scale,
        "archetypes": {
            "share": dict(zip(catalog.ARCHETYPES, catalog.ARCHETYPE_SHARE.tolist(), strict=True)),
            "rate_factor": dict(zip(catalog.ARCHETYPES, catalog.RATE_FACTOR.tolist(), strict=True)),
        },
        "weekday_log_effect": (config.purchase.weekday_effect * catalog.WEEKDAY_LOG).tolist(),
        "rating_cutpoints": CUTPOINTS.tolist(),
        "visit_week": visit_week().round(12).tolist(),
        "credit_effect_days": EFFECT_DAYS,
        "mobile_rollout": rollout,
        "rate_changes": [
            {
                "date": month_date(int(month)),
                "points": dict(zip(map(str, SAVERS), points, strict=True)),
            }
            for month, (_, points) in zip(
                world.market.change_month.tolist(), RATE_CHANGES, strict=False
            )
        ],
        "channel_response": {
            name: {
                "half_spend": float(half),
                "top_lift": config.campaigns.lift * float(lift),
                "audience": float(budget.audience[row]),
                "audience_top_lift": float(budget.top_lift[row]),
                "best_spend_per_contact": float(budget.best_spend[row]),
            }
            for row, (name, half, lift) in enumerate(
                zip(CHANNELS, HALF_SPEND, CHANNEL_LIFT, strict=True)
            )
        },
        "budget": {
            "spend": budget.spend,
            "planned_conversions": budget.planned,
            "best_conversions": budget.best,
        },
        "segment_lift": dict(zip(catalog.SEGMENTS, catalog.SEGMENT_LIFT.tolist(), strict=True)),
        "campaigns": [
            {
                "campaign_id": row + 1,
                "spend_per_contact": float(plan.spend[row]),
                "is_randomised": bool(plan.randomised[row]),
                "is_retention": bool(plan.retention[row]),
                "action": ACTIONS[plan.action[row]] if plan.retention[row] else None,
                "lift": dict(zip(catalog.SEGMENTS, plan.lift[row].tolist(), strict=True)),
            }
            for row in range(len(plan.first))
        ],
        "compromised_merchants": [
            {"merchant_id": int(row) + 1, "first_day": iso(int(day))}
            for row, day in zip(merchants, exposed, strict=True)
        ],
    }


def write_parameters(world: World, out_dir: Path) -> None:
    """Write ``truth/parameters.json``."""
    path = out_dir / "truth" / "parameters.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(parameters(world), indent=1) + "\n", encoding="utf-8")
