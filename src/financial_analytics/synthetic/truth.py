"""The ledger of truths: parameters, and what nobody outside the simulation can see."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from financial_analytics.synthetic import catalog
from financial_analytics.synthetic.campaigns import CHANNEL_LIFT, CHANNELS, HALF_SPEND
from financial_analytics.synthetic.credit import EFFECT_DAYS
from financial_analytics.synthetic.frame import NULL, Ints
from financial_analytics.synthetic.fraud import compromised
from financial_analytics.synthetic.interactions import CUTPOINTS
from financial_analytics.synthetic.legs import TYPOLOGIES
from financial_analytics.synthetic.mobile import NEVER
from financial_analytics.synthetic.rates import RATE_CHANGES, SAVERS
from financial_analytics.synthetic.simulate import Block, World
from financial_analytics.synthetic.sink import iso


def _dates(days: Ints) -> pa.Array:
    values = np.asarray(days)
    return pa.array(np.where(values == NULL, 0, values).astype(np.int32), mask=values == NULL).view(
        pa.date32()
    )


def _words(codes: Ints, words: tuple[str, ...]) -> pa.Array:
    return pa.array(words).take(pa.array(codes))


def block_truth(
    world: World, block: Block, ids: Ints, label: Ints, write: Callable[[str, pa.Table], None]
) -> None:
    """Write the latent quantities of one block."""
    people, life, held = block.people, block.life, block.held
    purchases = block.activity.purchases * world.scale
    months = (
        world.calendar.month_code.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    )
    adopted = (held.brokerage_open != NULL)[:, None] & (
        held.brokerage_open[:, None] < world.calendar.first + world.calendar.month_first[:-1]
    )
    gain = np.exp(world.config.adoption.causal_effect)
    plain = np.where(adopted, purchases / gain, purchases)
    write("customers", pa.table({
        "customer_id": people.ids,
        "archetype": _words(people.archetype, catalog.ARCHETYPES),
        "region": _words(people.region, catalog.REGIONS),
        "purchase_rate": people.rate * world.scale,
        "expected_purchases": purchases.sum(axis=1),
        "expected_purchases_without_adoption": plain.sum(axis=1),
        "last_purchase_number": np.minimum(block.drop_after, 10**9),
        "adoption_hazard": held.adoption_hazard,
        "adopted_on": _dates(held.brokerage_open),
        "leave_date": _dates(np.where(life.leave <= world.calendar.last, life.leave, NULL)),
        "autopay_date": _dates(life.autopay),
        "falling_month": np.minimum(life.falling_from, 10**6),
        "card_utilisation": block.utilisation,
        "is_structurer": block.structurer,
        "income_field": world.geography.field[world.geography.county[people.states[0].zip_index]],
    }))  # fmt: skip
    known = (life.until[:, None] > months) & (months <= world.calendar.last)
    row, month = np.nonzero(~np.isnan(life.hazard) & known)
    write("customer_months", pa.table({
        "customer_id": people.ids[row],
        "month": _dates(months[month]),
        "churn_hazard": life.hazard[row, month].astype(np.float32),
        "churn_hazard_if_contacted": life.contacted_hazard[row, month].astype(np.float32),
        "churn_hazard_if_spared": life.holdout_hazard[row, month].astype(np.float32),
        "is_disengaged": life.disengaged[row, month],
        "expected_purchases": purchases[row, month].astype(np.float32),
    }))  # fmt: skip
    touches, keep = block.touches, block.touches_kept
    write("campaign_touches", pa.table({
        "touch_id": (people.ids[touches.customer] * 10_000 + touches.campaign)[keep],
        "campaign_id": touches.campaign[keep] + 1,
        "converts_if_spared": touches.without[keep],
        "converts_if_contacted": touches.withal[keep],
    }))  # fmt: skip
    made, keep = block.made, block.made_kept
    effect = world.config.credit
    write("credit_applications", pa.table({
        "application_id": people.ids[made.customer[keep]] * 10 + made.kind[keep],
        "is_approved": made.approved[keep],
        "added_spend_per_month": np.full(len(keep), effect.spend_effect),
        "added_balance": np.full(len(keep), effect.balance_effect),
    }))  # fmt: skip
    loans = block.loans
    live = loans.due != NULL
    write("loans", pa.table({
        "account_id": people.ids[loans.customer] * 10 + 3,
        "score": loans.score,
        "debt_to_income": loans.dti,
        "utilisation": loans.utilisation,
        "rate": loans.rate,
        "term_months": loans.term,
        "principal_cents": loans.principal,
        "mean_default_hazard": np.where(live, loans.default_hazard, 0).sum(axis=1)
        / np.maximum(live.sum(axis=1), 1),
        "default_date": _dates(
            np.where(
                loans.default_month >= 0,
                loans.due[np.arange(len(loans.due)), loans.default_month],
                NULL,
            )
        ),
        "exposure_cents": loans.exposure,
        "loss_given_default": loans.loss_share,
        "recovered_cents": loans.recovered,
    }))  # fmt: skip
    fraud = np.flatnonzero((block.legs.typology > 0) | (block.legs.incident >= 0))
    write("fraud", pa.table({
        "transaction_id": ids[fraud],
        "typology": _words(block.legs.typology[fraud], TYPOLOGIES),
        "incident": block.legs.incident[fraud],
        "label_date": _dates(label[fraud]),
    }))  # fmt: skip


def parameters(world: World) -> dict[str, Any]:
    """Return the configuration and what was derived from it, as plain values."""
    config, calendar, plan = world.config, world.calendar, world.plan
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
            name: {"half_spend": float(half), "top_lift": config.campaigns.lift * float(lift)}
            for name, half, lift in zip(CHANNELS, HALF_SPEND, CHANNEL_LIFT, strict=True)
        },
        "segment_lift": dict(zip(catalog.SEGMENTS, catalog.SEGMENT_LIFT.tolist(), strict=True)),
        "campaigns": [
            {
                "campaign_id": row + 1,
                "spend_per_contact": float(plan.spend[row]),
                "is_randomised": bool(plan.randomised[row]),
                "is_retention": bool(plan.retention[row]),
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
