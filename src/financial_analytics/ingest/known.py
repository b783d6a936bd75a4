"""What bronze knows of the movements that a connector of statements brings.

A movement keeps the type that it came with: the type makes the thing (the contract's
``correction``), while a bank sorts one and the same booking anew. What the source takes back has
an amount of zero from then on.
"""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from financial_analytics.engines.duckdb.session import Connection, sql_name
from financial_analytics.engines.stores import BRONZE_SCHEMA, BronzeStore
from financial_analytics.errors import FeedError
from financial_analytics.ingest.connectors._statement_tables import is_made_of_texts, removed_ids
from financial_analytics.ingest.contract import Contract, Table
from financial_analytics.ingest.feeds import Feed, with_data
from financial_analytics.ingest.mapping import SourceMapping

_COMING, _KNOWN = "coming_rows", "temp.known_rows"


def settle_known(
    connection: Connection,
    store: BronzeStore,
    contract: Contract,
    mapping: SourceMapping,
    feeds: Iterable[Feed],
) -> list[Feed]:
    """Return the feeds, those of statements after a look at what is stored under their ids.

    Raises
    ------
    FeedError
        If bronze knows another account number under an id that was made of a text; nothing was
        loaded.
    """
    settled = []
    for feed in feeds:
        if feed.data is not None and is_made_of_texts(feed.data):
            table = contract[feed.table]
            if feed.table == "accounts":
                _check_numbers(connection, store, table, feed, feed.data)
            elif feed.table == "transactions":
                known = _as_known(connection, store, table, feed.data)
                settled.append(with_data(feed, known, mapping))
                continue
        settled.append(feed)
    return settled


def _check_numbers(
    connection: Connection, store: BronzeStore, table: Table, feed: Feed, data: pa.Table
) -> None:
    _fetch(connection, store, table, data)
    found = connection.execute(
        f"select c.account_id from {_COMING} as c inner join {_KNOWN} as s"
        " on c.account_id = s.account_id where c.account_number <> s.account_number"
        " order by 1 limit 1"
    ).fetchall()
    connection.unregister(_COMING)
    if found:
        raise FeedError(
            f"{feed.source_file}: account_id {found[0][0]} stands for another account already",
            hint="two account numbers came to one id, once in millions: load these statements"
            " into a warehouse of their own",
        )


def _fetch(
    connection: Connection, store: BronzeStore, table: Table, data: pa.Table,
    others: Iterable[int] = (),
) -> None:  # fmt: skip
    """Register the rows, and the newest stored one of each of their keys and of `others`."""
    (key,) = table.key
    name = sql_name(key)
    connection.register(_COMING, data.append_column("_place", pa.array(range(data.num_rows))))
    more = ", ".join(f"({number})" for number in others)
    keys = f"select {name} from {_COMING}" + (
        f" union select * from (values {more})" if more else ""
    )
    store.fetch(connection, table, keys)
    connection.execute(
        f"create or replace temp table known_rows as select * exclude (_newest) from ("
        f"select s.*, row_number() over (partition by {name} order by _batch_id desc,"
        f" _source_row desc) as _newest from {BRONZE_SCHEMA}.{sql_name(table.name)} as s"
        f" semi join ({keys}) as k on s.{name} = k.{name}) where _newest = 1"
    )


def _as_known(connection: Connection, store: BronzeStore, table: Table, data: pa.Table) -> pa.Table:
    removed = removed_ids(data)
    _fetch(connection, store, table, data, removed)
    types = connection.execute(
        f"select c._place, s.transaction_type from {_COMING} as c inner join {_KNOWN} as s"
        " on c.transaction_id = s.transaction_id and c.account_id = s.account_id"
        " where c.transaction_type <> s.transaction_type"
    ).fetchall()
    names = data.column_names
    numbers = ", ".join(str(number) for number in removed) or "null"
    gone = connection.execute(
        f"select {', '.join(sql_name(name) for name in names)} from {_KNOWN}"
        f" where transaction_id in ({numbers}) and amount <> 0 order by transaction_id"
    ).fetchall()
    connection.unregister(_COMING)
    if types:
        kinds = data["transaction_type"].to_pylist()
        for place, kind in types:
            kinds[place] = kind
        place = names.index("transaction_type")
        data = data.set_column(place, data.schema.field(place), pa.array(kinds, pa.string()))
    if gone:
        rows = [dict(zip(names, row, strict=True)) for row in gone]
        taken = [row | {"amount": 0, "description": "removed by the bank"} for row in rows]
        data = pa.concat_tables([data, pa.Table.from_pylist(taken, schema=data.schema)])
    return data
