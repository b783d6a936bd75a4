"""Reads what was built in the embedded warehouse file, as Arrow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from financial_analytics.engines.duckdb.session import Connection, open_warehouse, sql_name
from financial_analytics.engines.gold import SCHEMA, Gold
from financial_analytics.settings import Settings

if TYPE_CHECKING:
    import pyarrow as pa

BATCH = 122_880
"""Rows at a time: a row group of the engine."""


class DuckdbGold(Gold):
    """What was built in an open warehouse file."""

    engine = "duckdb"

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def rows(self, query: str) -> Sequence[Sequence[Any]]:
        """Return the rows of a query."""
        rows: list[tuple[Any, ...]] = self._connection.execute(query).fetchall()
        return rows

    def relations(self) -> set[str]:
        """Return ``schema.relation`` of all tables and views."""
        found = self.rows("select table_schema, table_name from information_schema.tables")
        return {f"{schema}.{name}" for schema, name in found}

    def quoted(self, name: str) -> str:
        """Return a name as a quoted identifier."""
        return sql_name(name)

    def names(self) -> list[str]:
        """Return the relations of gold, in order."""
        names = self.rows(
            "select table_name from information_schema.tables"
            f" where table_schema = '{SCHEMA}' order by table_name"
        )
        return [str(name) for (name,) in names]

    def table(self, name: str, *, schema: str = SCHEMA, condition: str = "1 = 1") -> pa.Table:
        """Return one relation, of gold unless told otherwise, or its rows that meet a condition."""
        query = f"select * from {schema}.{self.quoted(name)} where {condition}"
        return self._connection.sql(query).to_arrow_table()

    def file(self) -> str | None:
        """Return the path of the file that is read; None of a database in memory."""
        found = self._connection.sql(
            "select path from duckdb_databases() where database_name = current_database()"
        ).fetchall()
        path: str | None = found[0][0]
        return path

    def batches(self, name: str, columns: Sequence[str]) -> pa.RecordBatchReader:
        """Return columns of one relation of gold, a part of the rows at a time."""
        wanted = ", ".join(map(self.quoted, columns))
        query = f"select {wanted} from {SCHEMA}.{self.quoted(name)}"
        return self._connection.sql(query).to_arrow_reader(BATCH)


@contextmanager
def open_gold(settings: Settings) -> Iterator[DuckdbGold]:
    """Open what was built in the warehouse file; it is only read.

    Raises
    ------
    EngineError
        If the file is missing, in use or unreadable.
    """
    with open_warehouse(settings.warehouse_path, read_only=True) as connection:
        yield DuckdbGold(connection)
