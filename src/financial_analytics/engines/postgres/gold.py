"""Reads what was built on a PostgreSQL server, as Arrow: the target's own, or one of a URL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from financial_analytics.engines.gold import SCHEMA, Gold
from financial_analytics.engines.postgres import copy as postgres_copy
from financial_analytics.engines.postgres.session import open_session, open_url
from financial_analytics.settings import Settings


class PostgresGold(Gold):
    """What was built in a PostgreSQL database, as far as the user may read it."""

    engine = "postgres"

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    def rows(self, query: str) -> Sequence[Sequence[Any]]:
        """Return the rows of a query."""
        with self._handle.cursor() as cursor:
            cursor.execute(query)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows

    def relations(self) -> set[str]:
        """Return ``schema.relation`` of all tables and views."""
        found = self.rows("select table_schema, table_name from information_schema.tables")
        return {f"{schema}.{name}" for schema, name in found}

    def quoted(self, name: str) -> str:
        """Return a name as a quoted identifier."""
        return postgres_copy.quote(name)

    def names(self) -> list[str]:
        """Return the relations of gold, in order."""
        names = self.rows(
            f"select table_name from information_schema.tables where table_schema = '{SCHEMA}'"
            ' order by table_name collate "C"'
        )
        return [str(name) for (name,) in names]

    def table(self, name: str, *, schema: str = SCHEMA, condition: str = "1 = 1") -> pa.Table:
        """Return one relation, of gold unless told otherwise, or its rows that meet a condition."""
        query = f"select * from {schema}.{self.quoted(name)} where {condition}"
        with self._handle.cursor() as cursor:
            return postgres_copy.copy_out(cursor, query)

    def batches(self, name: str, columns: Sequence[str]) -> pa.RecordBatchReader:
        """Return columns of one relation of gold, a part of the rows at a time."""
        wanted = ", ".join(map(self.quoted, columns))
        query = f"select {wanted} from {SCHEMA}.{self.quoted(name)}"
        with self._handle.cursor() as cursor:
            return postgres_copy.copy_batches(cursor, query)


@contextmanager
def open_gold(settings: Settings) -> Iterator[PostgresGold]:
    """Open what was built on the target server, as it is at one moment.

    Raises
    ------
    EngineError
        If the server is missing or refuses.
    """
    with open_session() as handle:
        handle.set_session(isolation_level="REPEATABLE READ", readonly=True)
        yield PostgresGold(handle)


@contextmanager
def open_gold_at(url: str) -> Iterator[PostgresGold]:
    """Open what was built on the server that ``postgresql://…`` names; it is only read.

    A report may take long: each relation is read as it is then, so that one that a build replaces
    meanwhile is not found empty.

    Raises
    ------
    EngineError
        If the driver is missing or the server refuses. The message never holds the URL.
    """
    with open_url(url) as handle:
        yield PostgresGold(handle)
