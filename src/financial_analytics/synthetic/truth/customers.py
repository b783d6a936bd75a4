"""What is true of each customer, and of each customer and month."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from financial_analytics.synthetic import catalog
from financial_analytics.synthetic.campaigns import ACTIONS
from financial_analytics.synthetic.foresight import (
    DISENGAGED,
    HORIZONS,
    filter_state,
    leave_chances,
    true_state,
)
from financial_analytics.synthetic.frame import NULL
from financial_analytics.synthetic.margin import bank_margin
from financial_analytics.synthetic.purchases import amount_factor
from financial_analytics.synthetic.simulate import Block, World
from financial_analytics.synthetic.truth.columns import Write, dates, words
from financial_analytics.synthetic.truth.values import write_values


def write_customers(world: World, block: Block, write: Write) -> None:
    """Write ``latent_customers``, ``latent_customer_months`` and ``latent_customer_values``."""
    people, life, held, dropout = block.people, block.life, block.held, block.dropout
    purchases = block.activity.purchases * world.scale
    months = (
        world.calendar.month_code.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    )
    months_end = world.calendar.first + world.calendar.month_first[1:]
    adopted = (held.brokerage_open != NULL)[:, None] & (
        held.brokerage_open[:, None] < world.calendar.first + world.calendar.month_first[:-1]
    )
    gain = np.exp(world.config.adoption.causal_effect)
    plain = np.where(adopted, purchases / gain, purchases)
    own = purchases / block.activity.boost
    before = np.cumsum(own, axis=1) - own
    chance = np.maximum(dropout.chance, 1e-12)[:, None]
    # purchases until the one that ends them, each doing so with the customer's chance
    net = block.activity.boost * np.exp(-chance * before) * -np.expm1(-chance * own) / chance
    ticket = world.profiles.spend[people.archetype] * amount_factor(world.config, people)
    margin = bank_margin(world.calendar, block.legs, people.size)
    write("customers", pa.table({
        "customer_id": people.ids,
        "archetype": words(people.archetype, catalog.ARCHETYPES),
        "region": words(people.region, catalog.REGIONS),
        "purchase_rate": people.rate * world.scale,
        "expected_purchases": purchases.sum(axis=1),
        "expected_purchases_without_adoption": plain.sum(axis=1),
        "last_purchase_number": np.minimum(dropout.last, 10**9),
        "dropout_chance": dropout.chance,
        "dropout_date": dates(np.where(dropout.day <= world.calendar.last, dropout.day, NULL)),
        "adoption_hazard": held.adoption_hazard,
        "savings_hazard": held.opening_hazard[0],
        "currency_hazard": held.opening_hazard[1],
        "adopted_on": dates(held.brokerage_open),
        "leave_date": dates(np.where(life.leave <= world.calendar.last, life.leave, NULL)),
        "autopay_date": dates(life.autopay),
        "falling_month": np.minimum(life.falling_from, 10**6),
        "card_utilisation": block.utilisation,
        "is_structurer": block.structurer,
        "income_field": world.geography.field[world.geography.county[people.states[0].zip_index]],
    }))  # fmt: skip
    states = (
        filter_state(world.config, world.calendar, life, block.logins, block.seen, people.signup),
        true_state(life),
    )
    chances = leave_chances(world.config, life.outlook, states)
    known = (life.until[:, None] > months) & (months <= world.calendar.last)
    # who leaves in the month has no end of it to look ahead from
    leaves = life.until[:, None] < months_end
    row, month = np.nonzero(~np.isnan(life.hazard) & known)
    write("customer_months", pa.table({
        "customer_id": people.ids[row],
        "month": dates(months[month]),
        "churn_hazard": life.hazard[row, month].astype(np.float32),
        "churn_hazard_if_contacted": life.contacted_hazard[row, month].astype(np.float32),
        "churn_hazard_if_spared": life.holdout_hazard[row, month].astype(np.float32),
    } | {
        f"churn_hazard_after_{action.lower().replace(' ', '_')}": hazard[row, month].astype(
            np.float32
        )
        for action, hazard in zip(ACTIONS, life.action_hazard, strict=True)
    } | {
        "is_disengaged": life.disengaged[row, month],
        "expected_purchases": purchases[row, month].astype(np.float32),
        "expected_purchases_net": net[row, month].astype(np.float32),
        "expected_spend_net": (net * ticket[:, None])[row, month].astype(np.float32),
        "margin": margin.total[row, month].astype(np.float32),
        "disengaged_probability": states[0][row, month, DISENGAGED].astype(np.float32),
    } | {
        f"leave_probability_{ahead}m{kind}": pa.array(
            chance[place][row, month].astype(np.float32), mask=leaves[row, month]
        )
        for place, ahead in enumerate(HORIZONS)
        for kind, chance in zip(("_filtered", ""), chances, strict=True)
    }))  # fmt: skip
    last = int(world.calendar.month_of_day[world.calendar.last - world.calendar.first])
    still = dropout.day > world.calendar.last
    true = np.concatenate([states[1][:, last], still[:, None]], axis=1)
    write_values(world, block, margin, states[0][:, last], true, write)
