"""A live event stream that continues the bank past its last batch (mechanism 18).

The simulation runs ``days`` more days; how many is our own choice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from financial_analytics.ingest.contract_file import load_contract
from financial_analytics.synthetic.config import BLOCK_CUSTOMERS, BankConfig
from financial_analytics.synthetic.emit import emit_block
from financial_analytics.synthetic.frame import Ints, plain, schema, select
from financial_analytics.synthetic.load import check
from financial_analytics.synthetic.simulate import build_world, simulate_block

FEEDS = ("transactions", "fraud_alerts", "customer_interactions", "account_events")
EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001  (feeds are UTC without a zone)


@dataclass(frozen=True)
class MicroBatch:
    """Events of one feed that happened up to `until` (and after the batch before).

    Attributes
    ----------
    table : str
        Feed.
    until : datetime
        End of the batch, UTC.
    rows : pyarrow.Table
        Events in the contract's columns, ordered by time.
    """

    table: str
    until: dt.datetime
    rows: pa.Table


def live_events(
    config: BankConfig, *, batch_seconds: int = 60, feeds: tuple[str, ...] = FEEDS
) -> Iterator[MicroBatch]:
    """Yield the events of the ``stream.days`` days after ``config.end``, in order of time.

    The batch simulation itself runs past the end; `generate` writes what is known at the
    end and this yields the rest. So rates, balances, dropouts and fraud incidents go
    on as if nothing had happened, ids continue, and no event comes twice:
    ``events(window + stream) = events(window) U events(stream)``, disjoint.

    Parameters
    ----------
    config : BankConfig
        The configuration the batches were generated with (``deltas`` does not matter).
    batch_seconds : int, default 60
        Length of a micro-batch in event time.
    feeds : tuple of str
        Which event feeds to continue.
    """
    check(config)
    world = build_world(config)
    last = world.calendar.last
    kept: dict[str, list[pa.Table]] = {name: [] for name in feeds}

    def put(table: str, rows: pa.Table, day: Ints) -> pa.Table:
        if table in kept:
            later = select(rows, (day > last) & (day <= world.calendar.horizon))
            if later.num_rows:
                kept[table].append(later)
        return rows

    for number in range(config.blocks):
        size = min(BLOCK_CUSTOMERS, config.customers - number * BLOCK_CUSTOMERS)
        emit_block(world, simulate_block(world, number, size), put, world.calendar.horizon)
    contract = load_contract()
    ordered: dict[str, tuple[pa.Table, Ints]] = {}
    for name, parts in kept.items():
        table = pa.concat_tables(parts) if parts else schema(name).empty_table()
        time = contract[name].version_time or contract[name].event_time
        table = table.take(
            pc.sort_indices(table, [(time, "ascending"), (contract[name].key[0], "ascending")])
        )
        seconds = pc.cast(table[time], pa.int64()).to_numpy() // 1_000_000
        ordered[name] = (table, seconds)
    start, stop = (last + 1) * 86_400, (world.calendar.horizon + 1) * 86_400
    for moment in range(start, stop, batch_seconds):
        until = moment + batch_seconds
        for name, (table, seconds) in ordered.items():
            low, high = np.searchsorted(seconds, [moment, until])
            if high > low:
                yield MicroBatch(
                    name, EPOCH + dt.timedelta(seconds=until), plain(table.slice(low, high - low))
                )
