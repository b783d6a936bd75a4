"""Planted faults and the ledger of them (mechanism 17)."""

from __future__ import annotations

import pyarrow as pa

from financial_analytics.synthetic.emit import Put
from financial_analytics.synthetic.frame import Ints
from financial_analytics.synthetic.simulate import World
from financial_analytics.synthetic.sink import Sink


class DirtMaker:
    """Stands between the feeds and the sink, and adds bad rows at the planted rates."""

    def __init__(self, world: World, sink: Sink) -> None:
        self.world, self.sink = world, sink
        self.planted = 0

    def watch(self, block: int) -> Put:
        """Return a `put` for one block."""

        def put(table: str, rows: pa.Table, day: Ints) -> pa.Table:
            return self.sink.put(table, rows, day)

        return put

    def finish(self) -> None:
        """Write the ledger."""
