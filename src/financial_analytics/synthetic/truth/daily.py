"""What is true of the whole bank in each day or month: added up over the blocks of customers."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from financial_analytics.synthetic import catalog
from financial_analytics.synthetic.frame import Floats
from financial_analytics.synthetic.fraud import compromised, incident_span
from financial_analytics.synthetic.fraud_cells import (
    CATEGORY,
    CELLS,
    CHANNEL,
    KIND,
    expected_frauds,
    expected_incidents,
)
from financial_analytics.synthetic.legs import TYPOLOGIES
from financial_analytics.synthetic.simulate import Block, World
from financial_analytics.synthetic.truth.columns import Write, dates, words
from financial_analytics.synthetic.truth.visits import VISITS
from financial_analytics.synthetic.volume import expected_volume

VOLUME, FRAUD = "expected_volume", "expected_frauds"
COLUMNS = ("expected_attempts", "attempts", "posted")


def write_daily(world: World, block: Block, write: Write) -> None:
    """Write a block's part of ``latent_expected_volume`` and ``latent_expected_frauds``.

    `Totals` adds the blocks up.
    """
    expected, came, posted = expected_volume(world, block)
    month = world.calendar.month_of_day
    values = (expected, came[month], posted[month])
    write(VOLUME, pa.table({
        name: value.ravel() for name, value in zip(COLUMNS, values, strict=True)
    }))  # fmt: skip
    _, exposed = compromised(world.config, world.calendar, world.merchants)
    begin, stop = incident_span(world.calendar, block.people, block.life)
    incidents = expected_incidents(
        world.config, world.calendar, exposed, block.people.region, begin, stop
    )
    write(FRAUD, pa.table({FRAUD: expected_frauds(incidents).ravel()}))


class Totals:
    """Tables of the ledger that are sums over all blocks.

    Examples
    --------
    >>> totals = Totals()
    >>> totals.add("loans", pa.table({"x": [1.0]}))
    False
    """

    def __init__(self) -> None:
        self._sums: dict[str, dict[str, Floats]] = {}

    def add(self, name: str, rows: pa.Table) -> bool:
        """Add a block's part; says whether the table is such a sum."""
        if name not in (VOLUME, FRAUD, VISITS):
            return False
        parts = {column: rows[column].to_numpy() for column in rows.column_names}
        sums = self._sums.get(name)
        if sums is None:
            self._sums[name] = parts
        else:
            self._sums[name] = {column: sums[column] + parts[column] for column in parts}
        return True

    def write(self, world: World, write: Write) -> None:
        """Write the sums of all blocks: by day and channel or cell of fraud, by month and branch.

        ``expected_posted`` is ``expected_attempts`` times the share of the month's attempts in
        that channel that were posted.
        """
        sums = self._sums[VOLUME]
        expected, came, posted = (sums[name] for name in COLUMNS)
        channels = (*catalog.CHANNELS, None)
        dated = np.arange(world.calendar.first, world.calendar.last + 1)
        days = len(dated)
        keep = slice(0, days * len(channels))
        share = np.divide(posted, came, out=np.zeros_like(posted), where=came > 0)
        write(VOLUME, pa.table({
            "transaction_date": dates(np.repeat(dated, len(channels))),
            "channel": pa.array(list(channels) * days, pa.string()),
            "expected_attempts": expected[keep],
            "expected_posted": (expected * share)[keep],
        }))  # fmt: skip
        write(FRAUD, pa.table({
            "transaction_date": dates(np.repeat(dated, len(CELLS))),
            "typology": words(np.tile(KIND, days), TYPOLOGIES),
            "merchant_category": pa.array(
                [None if code < 0 else catalog.CATEGORY_NAMES[code] for code in CATEGORY] * days,
                pa.string(),
            ),
            "channel": words(np.tile(CHANNEL, days), catalog.CHANNELS),
            "expected_frauds": self._sums[FRAUD][FRAUD][: days * len(CELLS)],
        }))  # fmt: skip
        branches, months = len(world.network.opened), world.calendar.months
        write(VISITS, pa.table({
            "branch_id": np.repeat(np.arange(branches) + 1, months),
            "month_start": dates(
                np.tile(world.calendar.first + world.calendar.month_first[:-1], branches)
            ),
            "expected_visits": self._sums[VISITS][VISITS],
        }))  # fmt: skip
