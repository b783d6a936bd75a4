"""Parts of a warehouse in a small file of their own, and their way into memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from financial_analytics.engines.duckdb.session import Connection, sql_name, sql_text
from financial_analytics.engines.duckdb.snapshot import create_from, swap_in
from financial_analytics.engines.gold import Gold
from financial_analytics.errors import EngineError

CATALOG = "warehouse"
"""What compiled SQL calls the database, after the file `warehouse.duckdb`."""


@dataclass(frozen=True)
class Part:
    """One relation of a warehouse, or those rows of it that meet a condition."""

    schema: str
    name: str
    condition: str = "1 = 1"

    @property
    def quoted(self) -> str:
        """Schema and name as quoted identifiers."""
        return f"{sql_name(self.schema)}.{sql_name(self.name)}"


def write_parts(
    source: Gold,
    target: Path,
    parts: Sequence[Part],
    queries: Mapping[str, str],
    facts: Mapping[str, str],
) -> None:
    """Write relations, named queries and named facts into a new file and swap it in whole."""

    def fill(connection: Connection) -> None:
        for part in parts:
            connection.execute(f"create schema if not exists {sql_name(part.schema)}")
            rows = source.table(part.name, schema=part.schema, condition=part.condition)
            create_from(connection, part.quoted, rows)
        for name, content in (("queries", queries), ("facts", facts)):
            connection.execute(f"create table {name} (name text, content text)")
            for key, value in content.items():
                connection.execute(f"insert into {name} values (?, ?)", [key, value])

    swap_in({target: fill})


def load_parts(connection: Connection, path: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Copy a file of parts into a database in memory, named as the warehouse is.

    Returns
    -------
    queries, facts : dict of str to str
        As they were written.

    Raises
    ------
    EngineError
        If the file cannot be read.
    """
    connection.execute(f"attach ':memory:' as {CATALOG}")
    try:
        connection.execute(f"attach {sql_text(str(path))} as parts (read_only)")
        return _load(connection)
    except duckdb.Error as error:
        raise EngineError(
            f"{path} cannot be read: {str(error).splitlines()[0]}",
            hint="write it again: fa build --no-skip",
        ) from error


def _load(connection: Connection) -> tuple[dict[str, str], dict[str, str]]:
    tables = connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = 'parts'"
    ).fetchall()
    for schema, name in tables:
        if schema != "main":
            place = f"{sql_name(schema)}.{sql_name(name)}"
            connection.execute(f"create schema if not exists {CATALOG}.{sql_name(schema)}")
            connection.execute(f"create table {CATALOG}.{place} as select * from parts.{place}")
    queries, facts = (
        dict(connection.execute(f"select name, content from parts.main.{name}").fetchall())
        for name in ("queries", "facts")
    )
    connection.execute("detach parts")
    return queries, facts
