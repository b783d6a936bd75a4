"""Micro-batches through the loader itself: the contract is checked by the code that ingest runs.

The loader works in a database in memory; the hot store stands where bronze stands for a file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

from financial_analytics.engines.duckdb.session import Connection, open_warehouse, sql_name
from financial_analytics.engines.stores import BRONZE_SCHEMA, LEDGERS, BronzeTable
from financial_analytics.errors import FeedError
from financial_analytics.ingest import erased, load
from financial_analytics.ingest.bank import OWN_FEEDS
from financial_analytics.ingest.contract import Contract, Table
from financial_analytics.ingest.feeds import Feed
from financial_analytics.ingest.load_feed import Context, load_feed
from financial_analytics.ingest.mapping import SourceMapping, check_form
from financial_analytics.ingest.read_columns import ARROW_VIEW, open_arrow
from financial_analytics.ingest.source import Source
from financial_analytics.live import forget
from financial_analytics.live.events import (
    Event,
    NotARow,
    Row,
    read_event,
    streamed,
    typed_bodies,
    typed_table,
)
from financial_analytics.live.hot import Accepted, HotStore, MicroCounts, Rejected, key_of

RENEW_BATCHES = 1000
"""The loader's memory is given back after so many micro-batches."""


class _HotBronze:
    """The hot store as the loader sees bronze: what a feed is compared with comes from it."""

    loader_path = Path(":memory:")
    place = "the hot store"
    elsewhere = "FA_DATA_DIR=another-folder"

    def __init__(self, hot: HotStore, tables: Mapping[str, Table]) -> None:
        self._hot, self._tables = hot, tables
        self.path = hot.path
        self.pending: list[Accepted] = []

    def start(self, loader: Connection) -> None:
        """Do nothing: batches are numbered within the loader."""

    def fetch(self, loader: Connection, table: BronzeTable, keys: str) -> None:
        """Replace the loader's rows by those of some keys, stored or of this micro-batch."""
        relation = f"{BRONZE_SCHEMA}.{sql_name(table.name)}"
        loader.execute(f"delete from {relation}")
        wanted = [
            key_of(row) for row in loader.execute(f"select distinct * from ({keys})").fetchall()
        ]
        known = set(wanted)
        bodies = self._hot.stored(table.name, wanted)
        bodies += [r.body for r in self.pending if r.table == table.name and r.key in known]
        if not bodies:
            return
        loader.register("hot_rows", typed_bodies(bodies, self._tables[table.name]))
        names = ", ".join(sql_name(column.name) for column in table.columns)
        loader.execute(
            f"insert into {relation} ({names}, _batch_id, _source_row)"
            f" select {names}, 0, row_number() over () from hot_rows"
        )
        loader.unregister("hot_rows")

    def fetch_all(self, loader: Connection, table: BronzeTable) -> None:
        """Do nothing: a stream is never a full extract."""

    def count_keys(self, loader: Connection, table: BronzeTable) -> int:
        """Return 0: only full extracts are counted."""
        return 0

    def ship(self, loader: Connection, table: BronzeTable, batch_id: int) -> None:
        """Do nothing: the micro-batch is stored whole, with its offsets."""

    def orphans(self, loader: Connection, source: Any, target: Any, batch_ids: Any) -> Any:
        """Return none: references are answered by the warehouse."""
        return 0, 0, None


class Validator:
    """Checks micro-batches; a context manager that holds the loader's database.

    Parameters
    ----------
    contract : Contract
        What the feeds may hold.
    hot : HotStore
        What is known already.
    """

    def __init__(self, contract: Contract, hot: HotStore) -> None:
        self._contract = contract
        self._tables = streamed(contract)
        self._bronze = _HotBronze(hot, self._tables)
        self._open = ExitStack()
        self._loader: Connection | None = None
        self._number = 0

    def __enter__(self) -> Validator:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def check(
        self, events: Sequence[Event], moment: datetime
    ) -> tuple[list[Accepted], list[Rejected], MicroCounts]:
        """Return what of a micro-batch is accepted, what is set aside, and how many were what.

        Parameters
        ----------
        events : sequence of Event
            In order of arrival.
        moment : datetime
            When they arrived, UTC without a zone.
        """
        self._bronze.pending = []
        rejected: list[Rejected] = []
        duplicates = 0
        rows: dict[str, list[Row]] = {}
        for event in events:
            if event.table not in self._tables:
                reason = f"{event.table} is no feed that may be streamed"
                rejected.append(_aside(event, NotARow("no_such_feed", reason)))
                continue
            try:
                row = read_event(event.payload, self._tables[event.table])
            except NotARow as fault:
                rejected.append(_aside(event, fault))
            else:
                rows.setdefault(event.table, []).append(row)
        for name, some in rows.items():
            duplicates += self._load(self._tables[name], some, moment, rejected)
        accepted = self._bronze.pending
        counts = MicroCounts(len(events), len(accepted), duplicates, len(rejected))
        return accepted, rejected, counts

    def _load(
        self, table: Table, rows: list[Row], moment: datetime, rejected: list[Rejected]
    ) -> int:
        """Load rows of one feed; what makes the loader refuse a feed whole is found by halving."""
        loader = self._renewed()
        self._number += 1
        name = f"stream:{self._number}"
        data = typed_table(rows, table)

        def read(connection: Connection, table: Table, _folder: Path) -> Source:
            connection.execute(f"drop view if exists {ARROW_VIEW}")
            return open_arrow(connection, data, table, mapping={})

        feed = Feed(
            table.name, "stream", name, lambda: hashlib.sha256(name.encode()).hexdigest(), read
        )
        context = Context(
            contract=self._contract, mapping=SourceMapping(), form=check_form("point", ()),
            loaded_at=moment,
            extracted_at=moment, given_extracted_at=None, full=frozenset(),
        )  # fmt: skip
        try:
            report = load_feed(
                loader, feed, context, OWN_FEEDS, self._bronze, Path(), lambda *_, **__: None
            )
        except FeedError as error:
            if len(rows) == 1:
                body = json.dumps(rows[0])
                rejected.append(Rejected(table.name, body, None, "refused", error.message))
                return 0
            middle = len(rows) // 2
            first = self._load(table, rows[:middle], moment, rejected)
            return first + self._load(table, rows[middle:], moment, rejected)
        self._bronze.pending += _accepted(loader, table, report.batch_id)
        rejected += _rejected(loader, table, report.batch_id, rows)
        loader.execute(f"delete from {BRONZE_SCHEMA}.{sql_name(table.name)}")
        for ledger in LEDGERS:
            if ledger != "_bank":
                loader.execute(f"delete from {BRONZE_SCHEMA}.{sql_name(ledger)}")
        return report.counts.duplicates

    def _renewed(self) -> Connection:
        if self._loader is None or self._number % RENEW_BATCHES == 0:
            self._open.close()
            self._loader = self._open.enter_context(open_warehouse(Path(":memory:")))
            # one thread: a micro-batch is too small to share, and the page wants the other one
            self._loader.execute("set threads = 1")
            load.create_bronze(self._loader, self._contract)
            forget.bring(self._bronze.path, self._loader)
            erased.prepare(self._loader)
        return self._loader


def _aside(event: Event, fault: NotARow) -> Rejected:
    shown = event.payload[:1000].decode("utf-8", "replace")
    return Rejected(event.table, shown, None, fault.rule, fault.reason, is_row=False)


def _accepted(loader: Connection, table: Table, batch_id: int) -> list[Accepted]:
    names = [column.name for column in table.columns]
    listed = ", ".join(f"cast({sql_name(name)} as varchar)" for name in names)
    found = loader.execute(
        f"select {listed} from {BRONZE_SCHEMA}.{sql_name(table.name)}"
        f" where _batch_id = {int(batch_id)} order by _source_row"
    ).fetchall()
    keys = [names.index(name) for name in table.key]
    return [
        Accepted(
            table.name,
            key_of(row[position] for position in keys),
            json.dumps({n: v for n, v in zip(names, row, strict=True) if v is not None}),
        )
        for row in found
    ]


def _rejected(
    loader: Connection, table: Table, batch_id: int, rows: Sequence[Row]
) -> list[Rejected]:
    found = loader.execute(
        "select source_row, min_by(column_name, coalesce(column_name, '')),"
        " min_by(rule, coalesce(column_name, '')), min_by(reason, coalesce(column_name, ''))"
        f" from {BRONZE_SCHEMA}.quarantine where _batch_id = {int(batch_id)}"
        " group by source_row order by source_row"
    ).fetchall()
    return [
        Rejected(table.name, json.dumps(rows[number - 1]), column, rule, reason)
        for number, column, rule, reason in found
    ]
