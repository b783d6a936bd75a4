"""What each customer will be worth: one future that no feed holds, and what was to be expected."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from financial_analytics.synthetic.foresight import ENGAGED
from financial_analytics.synthetic.frame import NULL, Floats, Ints
from financial_analytics.synthetic.future import (
    SPANS,
    Prospects,
    amount_moments,
    draw_future,
    expected_future,
    future_months,
)
from financial_analytics.synthetic.margin import Margin
from financial_analytics.synthetic.outlook import FUTURE_MONTHS
from financial_analytics.synthetic.purchases import amount_factor
from financial_analytics.synthetic.simulate import Block, World
from financial_analytics.synthetic.truth.columns import Write, dates

RECENT = 3
"""Months over which the interest margin is averaged."""


def kept_share(world: World) -> float:
    """Return the share of attempted purchases that are posted and not refunded."""
    effect = world.config.purchase
    return 1 - effect.decline_share * (1 - effect.retry_share) - effect.refund_share


def prospects_of(world: World, block: Block, margin: Margin, month: int) -> Prospects:
    """Return what the future after `month` hangs on."""
    config, people, activity = world.config, block.people, block.activity
    outlook = block.life.outlook.since(month)
    hazard = [outlook.at(ahead)[:, -1] for ahead in range(1, FUTURE_MONTHS + 1)]
    mean, spread = amount_moments(config, people.archetype, world.profiles.mix)
    boost = activity.boost[:, month : month + 1]
    _, spans = future_months(config)
    return Prospects(
        here=block.life.until > world.calendar.last,
        hazard=np.stack(hazard, axis=1),
        buys=world.scale * people.rate[:, None] * boost * spans,
        boost=boost,
        ticket=mean * amount_factor(config, people) * kept_share(world),
        spread=spread,
        interest=margin.interest[:, max(month - RECENT + 1, 0) : month + 1].mean(axis=1),
    )


def write_values(
    world: World, block: Block, margin: Margin, filtered: Floats, true: Floats, write: Write
) -> None:
    """Write ``latent_customer_values``: a row per customer at the end of the window.

    `filtered` and `true` have shape (customers, 4): chances of the three states of engagement,
    and of still buying.
    """
    config, calendar = world.config, world.calendar
    month = int(calendar.month_of_day[calendar.last - calendar.first])
    prospects = prospects_of(world, block, margin, month)
    a, b = config.purchase.dropout_a, config.purchase.dropout_b
    own = prospects.buys / prospects.boost
    middle = np.cumsum(own, axis=1) - own / 2
    behind = (block.seen.bought[:, : month + 1] / block.seen.boost[:, : month + 1]).sum(axis=1)
    # the chance of dropout of who has bought n times is about gamma with shape a and rate b + n
    rate = (b + behind)[:, None]
    still = (rate / (rate + middle)) ** a, np.exp(-block.dropout.chance[:, None] * middle)
    expected = [
        expected_future(config, prospects, chances[:, :3], chances[:, 3], share)
        for chances, share in zip((filtered, true), still, strict=True)
    ]
    left = np.maximum(block.dropout.last - block.dropout.bought, 0).astype(np.float64)
    state = np.where(true[:, ENGAGED] > 0, ENGAGED, true[:, :3].argmax(axis=1))
    future = draw_future(config, prospects, state, left, block.number)
    here = np.flatnonzero(prospects.here & (block.people.signup <= calendar.last))

    def span(values: Floats, months: int) -> pa.Array:
        return pa.array(values[here, :months].sum(axis=1))

    def within(days: Ints) -> pa.Array:
        return dates(np.where(days == NULL, NULL, days))

    columns: dict[str, pa.Array] = {
        "customer_id": pa.array(block.people.ids[here]),
        "buying_probability": pa.array(filtered[here, 3]),
        "future_leave_date": within(future.leave[here]),
    }
    for months in SPANS:
        columns |= {
            f"future_purchases_{months}m": span(future.purchases, months),
            f"future_margin_{months}m": span(future.margin, months),
            f"expected_purchases_{months}m": span(expected[1][0], months),
            f"expected_margin_{months}m": span(expected[1][1], months),
            f"expected_purchases_{months}m_filtered": span(expected[0][0], months),
            f"expected_margin_{months}m_filtered": span(expected[0][1], months),
        }
    write("customer_values", pa.table(columns))
