"""What is true of each application and each loan."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from financial_analytics.synthetic.credit import credit_spell
from financial_analytics.synthetic.frame import NULL, Floats, Ints
from financial_analytics.synthetic.purchases import amount_factor
from financial_analytics.synthetic.services import moved_balances
from financial_analytics.synthetic.simulate import Block, World
from financial_analytics.synthetic.truth.columns import Write, dates


def spend_between(world: World, block: Block, row: Ints, start: Ints, stop: Ints) -> Floats:
    """Return the USD that customers `row` were to spend on purchases of their own.

    From the days `start` to before the days `stop`, at their rates while they still buy.
    """
    calendar, activity, people = world.calendar, block.activity, block.people
    edge = calendar.month_first
    first = np.clip((start - calendar.first)[:, None], edge[:-1], edge[1:])
    last = np.minimum(stop, block.dropout.day[row] + 1) - calendar.first
    last = np.clip(last[:, None], first, edge[1:])
    exposure = calendar.cumulative[last] - calendar.cumulative[first]
    rate = activity.purchases / np.where(activity.span > 0, activity.span, 1.0)
    each = world.profiles.spend[people.archetype] * amount_factor(world.config, people)
    return np.asarray(world.scale * each[row] * (rate[row] * exposure).sum(axis=1))


def write_lending(world: World, block: Block, write: Write) -> None:
    """Write ``latent_credit_applications`` and ``latent_loans``."""
    people = block.people
    made, keep = block.made, block.made_kept
    effect = world.config.credit
    start, end = credit_spell(made, np.minimum(block.life.until, world.calendar.horizon + 1))
    own = spend_between(world, block, made.customer, start, end)
    _, moved = moved_balances(world.config, made, block.number)
    write("credit_applications", pa.table({
        "application_id": people.ids[made.customer[keep]] * 10 + made.kind[keep],
        "is_approved": made.approved[keep],
        "approval_chance": made.chance[keep],
        "added_spend_per_month": np.full(len(keep), effect.spend_effect),
        "added_balance": np.full(len(keep), effect.balance_effect),
        "effect_days": (end - start)[keep],
        "expected_spend_if_declined": own[keep],
        "spend_added_by_approval": block.credit_spend[keep] / 100,
        "balance_added_by_approval": moved[keep] / 100,
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
        "default_date": dates(
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
