"""Where a snapshot is copied from, when gold is not in the embedded file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, Protocol

import pyarrow as pa

from financial_analytics.engines.postgres import copy as postgres_copy
from financial_analytics.engines.postgres.copy import quote
from financial_analytics.engines.postgres.session import open_session
from financial_analytics.engines.spark import session as spark_session
from financial_analytics.engines.spark.gold import SparkGold
from financial_analytics.errors import UserInputError
from financial_analytics.states import LEDGER_SCHEMA, LEDGER_TABLE, Ledger, ledger_of


class GoldSource(Protocol):
    """Schema gold of one target, read only."""

    def names(self) -> list[str]:
        """Return the relations of gold, in order."""

    def table(self, name: str) -> pa.Table:
        """Return one relation."""

    def row_count(self, name: str) -> int:
        """Return the number of rows of one relation."""

    def as_of(self) -> date | None:
        """Return the data clock, if there is one."""

    def bank(self) -> str | None:
        """Return the kind of bank that bronze holds, if it says so."""

    def ledger(self) -> Ledger | None:
        """Return of which build each relation is, if the warehouse says so."""


class PostgresGold:
    """Gold of a PostgreSQL warehouse, as it is at one moment."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def names(self) -> list[str]:
        """Return the relations of gold, in order."""
        self._cursor.execute(
            "select table_name from information_schema.tables where table_schema = 'gold'"
            ' order by table_name collate "C"'
        )
        return [str(name) for (name,) in self._cursor.fetchall()]

    def table(self, name: str) -> pa.Table:
        """Return one relation."""
        return postgres_copy.copy_out(self._cursor, f"select * from gold.{quote(name)}")

    def row_count(self, name: str) -> int:
        """Return the number of rows of one relation."""
        self._cursor.execute(f"select count(*) from gold.{quote(name)}")
        return int(self._cursor.fetchone()[0])

    def as_of(self) -> date | None:
        """Return the data clock, if there is one."""
        self._cursor.execute("select to_regclass('silver.data_clock') is not null")
        if not self._cursor.fetchone()[0]:
            return None
        self._cursor.execute("select as_of_date from silver.data_clock")
        row = self._cursor.fetchone()
        day: date | None = row[0] if row else None
        return day

    def bank(self) -> str | None:
        """Return the kind of bank that bronze holds, if it says so."""
        self._cursor.execute("select to_regclass('ingestion_raw_data._bank') is not null")
        if not self._cursor.fetchone()[0]:
            return None
        self._cursor.execute("select kind from ingestion_raw_data._bank")
        row = self._cursor.fetchone()
        return str(row[0]) if row else None

    def ledger(self) -> Ledger | None:
        """Return of which build each relation is, if the warehouse says so."""
        name = f"{LEDGER_SCHEMA}.{LEDGER_TABLE}"
        self._cursor.execute("select to_regclass(%s) is not null", (name,))
        if not self._cursor.fetchone()[0]:
            return None
        self._cursor.execute(f"select relation, state, is_building from {name}")
        return ledger_of(self._cursor.fetchall())


@contextmanager
def open_gold_source(target: str) -> Iterator[GoldSource]:
    """Open gold of a target other than the embedded file.

    Raises
    ------
    EngineError
        If the server is missing or refuses.
    UserInputError
        If nothing is published from this target.
    """
    if target == "spark":
        yield SparkGold(spark_session.session())
        return
    if target != "postgres":
        raise UserInputError(
            f"nothing is published from target {target!r}", hint="fa build --no-publish"
        )
    with open_session() as handle, handle.cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read, read only")
        yield PostgresGold(cursor)
