"""Ids that are no numbers of the contract's size: a kept table gives each one a number for good.

IBANs, account numbers of 13 digits and ids of several parts get the next free number of what they
name (`accounts`, `customers`) when they arrive first, in the transaction that writes the rows. The
same text gets the same number in every later load, whatever file or column it stands in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from financial_analytics.engines.duckdb.session import Connection, sql_name, sql_text
from financial_analytics.engines.stores import BRONZE_SCHEMA
from financial_analytics.errors import FeedError
from financial_analytics.ingest.contract import Table
from financial_analytics.ingest.source import Source
from financial_analytics.ingest.stage import FEED, STAGED

KEYS = f"{BRONZE_SCHEMA}._keys"
_NEW = "temp.feed_new_ids"


def namespace(table: Table, column: str) -> str | None:
    """Return the table whose members a column of numbers names, None if it names none."""
    if column not in table.column_names:
        return None
    if table.column(column).family not in ("integer", "bigint"):
        return None
    return table.references.get(column) or (table.name if table.key == (column,) else None)


def kept_columns(table: Table, kept: frozenset[str]) -> dict[str, str]:
    """Return what each column names whose ids go through the kept table."""
    named = {name: namespace(table, name) for name in table.column_names}
    return {name: of for name, of in named.items() if of in kept}


def as_read(table: Table, kept: Mapping[str, str]) -> Table:
    """Return a table as it is while it is read: ids that get a number later are texts."""
    columns = tuple(
        replace(column, type="text", minimum=None, maximum=None, above=None)
        if column.name in kept
        else column
        for column in table.columns
    )
    return replace(table, columns=columns)


def check_kept(
    connection: Connection, table: Table, source: Source, count_keys: Callable[[str], int]
) -> None:
    """Make sure that what a column names has all its ids from the kept table, or none.

    Parameters
    ----------
    count_keys : callable
        Counts the stored keys of a table.

    Raises
    ------
    FeedError
        If numbers of the source would meet numbers of the kept table.
    """
    known = {
        str(name)
        for (name,) in connection.execute(f"select distinct table_name from {KEYS}").fetchall()
    }
    for column in source.columns:
        of = namespace(table, column)
        if of in known and column not in source.kept:
            raise FeedError(
                f"the ids of {of} in this warehouse are from a mapping with kept ids, and"
                f" {column} of this file would be taken as it is",
                hint=f"load it with a mapping that says all_tables: {{ids: [{of}]}}",
            )
    for of in sorted(set(source.kept.values()) - known):
        if count_keys(of):
            raise FeedError(
                f"{of} has rows that were loaded under the ids of their source; ids of a mapping"
                " cannot join them",
                hint=f"take {of} out of ids, or load into a new warehouse: FA_DATA_DIR=another",
            )


def number(connection: Connection, table: Table, source: Source) -> None:
    """Put numbers in the place of the ids of a staged feed; new ones are kept by `keep`."""
    given = " union all ".join(
        f"select {sql_text(of)} as table_name, {sql_name(column)} as source_id "
        f"from {STAGED} where _raw is null"
        for column, of in source.kept.items()
    )
    connection.execute(
        f"create temp table feed_new_ids as "
        f"select g.table_name, g.source_id, coalesce(h.highest, 0) + row_number() over "
        f"(partition by g.table_name order by g.source_id) as kept_id "
        f"from (select distinct * from ({given}) where source_id is not null) as g "
        f"anti join {KEYS} as k on g.table_name = k.table_name and g.source_id = k.source_id "
        f"left join (select table_name, max(kept_id) as highest from {KEYS} group by 1) as h "
        f"on g.table_name = h.table_name"
    )
    names, joins = [], []
    for place, (column, of) in enumerate(source.kept.items()):
        alias, kind = f"k{place}", table.column(column).sql_type
        names.append(f"cast({alias}.kept_id as {kind}) as {sql_name(column)}")
        joins.append(
            f"left join (select source_id, kept_id from {KEYS} where table_name = {sql_text(of)} "
            f"union all select source_id, kept_id from {_NEW} where table_name = {sql_text(of)}) "
            f"as {alias} on f.{sql_name(column)} = {alias}.source_id"
        )
    connection.execute(
        f"create temp table feed_numbered as select f.* replace ({', '.join(names)}) "
        f"from {FEED} as f {' '.join(joins)} order by f._row"
    )
    connection.execute(f"drop view {FEED}")
    connection.execute(f"drop table {STAGED}")
    connection.execute("alter table temp.feed_numbered rename to feed_staged")
    connection.execute(f"create temp view feed_rows as select * from {STAGED}")


def keep(connection: Connection, source: Source, batch_id: int) -> None:
    """Write the new numbers, in the transaction that writes the rows."""
    if source.kept:
        connection.execute(
            f"insert into {KEYS} (_batch_id, table_name, source_id, kept_id) "
            f"select {batch_id}, table_name, source_id, kept_id from {_NEW}"
        )
