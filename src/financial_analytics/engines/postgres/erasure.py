"""Erasing on PostgreSQL: a delete leaves the rows in the table's file, so it is written anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from financial_analytics.engines.postgres import copy as postgres_copy
from financial_analytics.engines.postgres.copy import quote
from financial_analytics.engines.postgres.session import explain, open_session
from financial_analytics.engines.postgres.store import open_store
from financial_analytics.engines.stores import BRONZE_SCHEMA, ERASURE_LEDGERS
from financial_analytics.settings import Settings


class ServerEditor:
    """Bronze of a server, in a transaction."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def tables(self) -> set[str]:
        """Return the tables of bronze."""
        return {
            str(name)
            for (name,) in self.rows(
                "select table_name from information_schema.tables"
                f" where table_schema = '{BRONZE_SCHEMA}'"
            )
        }

    def create(self, name: str) -> None:
        """Create a ledger where absent."""
        columns = ", ".join(f"{column} {kind}" for column, kind in ERASURE_LEDGERS[name].items())
        self._cursor.execute(f"create table if not exists {BRONZE_SCHEMA}.{name} ({columns})")

    def execute(self, statement: str) -> int:
        """Run a statement and return how many rows it changed."""
        self._cursor.execute(statement)
        return max(int(self._cursor.rowcount), 0)

    def rows(self, query: str) -> Sequence[Sequence[Any]]:
        """Return the rows of a query."""
        self._cursor.execute(query)
        rows: list[tuple[Any, ...]] = self._cursor.fetchall()
        return rows

    def give(
        self, name: str, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]]
    ) -> None:
        """Create a temporary table of these rows; copied, so that no log of statements has them."""
        spelled = ", ".join(f"{quote(column)} {kind}" for column, kind in columns)
        self._cursor.execute(f"create temp table {quote(name)} ({spelled}) on commit drop")
        types = {"bigint": pa.int64(), "text": pa.string()}
        given = pa.table(
            {
                column: pa.array([row[place] for row in rows], types[kind])
                for place, (column, kind) in enumerate(columns)
            }
        )
        postgres_copy.copy_in(self._cursor, quote(name), given)


@contextmanager
def open_editor(settings: Settings) -> Iterator[ServerEditor]:
    """Open the bronze of the target server for changes, all or none, while nobody loads.

    Raises
    ------
    EngineError
        If the server refuses, or somebody loads.
    """
    with open_store(settings, ()) as store, store.transaction() as cursor:
        yield ServerEditor(cursor)


def rewrite(settings: Settings, tables: Sequence[str]) -> None:
    """Write tables of bronze into new files, and all statistics, which hold values too.

    Who owns neither the database nor the server cannot do the latter, and is only warned there.

    Raises
    ------
    EngineError
        If the server refuses.
    """
    import psycopg2  # noqa: PLC0415

    with open_session() as handle:
        handle.autocommit = True
        try:
            with handle.cursor() as cursor:
                for name in tables:
                    cursor.execute(f"vacuum (full, analyze) {BRONZE_SCHEMA}.{quote(name)}")
                cursor.execute("vacuum (full) pg_catalog.pg_statistic")  # the old ones
        except psycopg2.Error as error:
            raise explain(error) from None
