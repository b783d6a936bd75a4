"""How many visits each branch is to expect in each month, added up over the blocks of customers."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from financial_analytics.synthetic.interactions import contact_rates
from financial_analytics.synthetic.simulate import Block, World
from financial_analytics.synthetic.truth.columns import Write

VISITS = "expected_visits"


def write_visits(world: World, block: Block, write: Write) -> None:
    """Write a block's part of ``latent_expected_visits``: who is a customer, at the nearest branch.

    The visits of a month fall on its days alike, so a day not yet or no more a customer has none.
    """
    calendar, people = world.calendar, block.people
    _, visits = contact_rates(world.config, calendar, world.network, world.rollout, people)
    first = calendar.first + calendar.month_first[:-1]
    after = calendar.first + calendar.month_first[1:]
    begin = np.maximum(first, people.signup[:, None] + 1)
    stop = np.minimum(after, block.life.until[:, None])
    there = np.clip(stop - begin, 0, None) / (after - first)
    month = np.arange(calendar.months)
    branch = world.network.nearest[people.zip_index, month]
    total = np.zeros((len(world.network.opened), calendar.months))
    np.add.at(total, (branch, np.broadcast_to(month, branch.shape)), visits * there)
    write(VISITS, pa.table({VISITS: total.ravel()}))
