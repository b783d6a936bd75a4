"""Erasing in the embedded warehouse: a delete leaves bytes in the file, so it is written anew."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from financial_analytics.drafts import clear_scratch, scratch_name
from financial_analytics.engines.duckdb.ledgers import create_ledger
from financial_analytics.engines.duckdb.session import (
    Connection,
    open_warehouse,
    sql_name,
    sql_text,
)
from financial_analytics.engines.stores import BRONZE_SCHEMA
from financial_analytics.errors import EngineError
from financial_analytics.settings import Settings

KEPT = ((BRONZE_SCHEMA, "%"), ("builds", "settings"))
"""Schemas and patterns of names that a new file has: all else is built from them."""
_DRAFT = "rewritten"


class FileEditor:
    """Bronze of an open warehouse file."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def tables(self) -> set[str]:
        """Return the tables of bronze."""
        return {name for (name,) in _tables(self._connection, BRONZE_SCHEMA, "%")}

    def create(self, name: str) -> None:
        """Create a ledger where absent."""
        create_ledger(self._connection, name)

    def execute(self, statement: str) -> int:
        """Run a statement and return how many rows it changed."""
        found = self._connection.execute(statement).fetchall()
        return int(found[0][0]) if found else 0

    def rows(self, query: str) -> Sequence[Sequence[Any]]:
        """Return the rows of a query."""
        rows: list[tuple[Any, ...]] = self._connection.execute(query).fetchall()
        return rows

    def give(
        self, name: str, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]]
    ) -> None:
        """Create a temporary table of these rows."""
        types = {"bigint": pa.int64(), "text": pa.string()}
        given = pa.table(
            {
                column: pa.array([row[place] for row in rows], types[kind])
                for place, (column, kind) in enumerate(columns)
            }
        )
        self._connection.register("rows_given", given)
        self._connection.execute(
            f"create or replace temp table {sql_name(name)} as select * from rows_given"
        )
        self._connection.unregister("rows_given")


@contextmanager
def open_editor(settings: Settings) -> Iterator[FileEditor]:
    """Open the bronze of the warehouse file for changes, all or none.

    Raises
    ------
    EngineError
        If the warehouse is missing, in use or damaged.
    """
    if not settings.warehouse_path.is_file():
        raise EngineError(
            f"there is no warehouse at {settings.warehouse_path}", hint="load feeds first"
        )
    with open_warehouse(settings.warehouse_path) as connection:
        connection.execute("begin")
        try:
            yield FileEditor(connection)
        except BaseException:
            connection.execute("rollback")
            raise
        connection.execute("commit")


def rewrite(settings: Settings, tables: Sequence[str]) -> None:
    """Put a new file with bronze alone in the place of the warehouse; all else is to be built.

    The old file stays until the new one is whole and on disk, and it is locked meanwhile.

    Raises
    ------
    EngineError
        If the warehouse is in use or damaged, or the disk is full; the old file stays.
    """
    path = settings.warehouse_path
    scratch = settings.data_dir / "tmp"
    clear_scratch(scratch)
    folder = scratch / f"{scratch_name('erase')}rewrite"
    folder.mkdir(parents=True)
    draft = folder / path.name
    try:
        with open_warehouse(path) as connection:
            connection.execute("force checkpoint")
            connection.execute(f"attach {sql_text(str(draft))} as {_DRAFT}")
            for schema, pattern in KEPT:
                connection.execute(f"create schema {_DRAFT}.{sql_name(schema)}")
                for (name,) in _tables(connection, schema, pattern):
                    place = f"{sql_name(schema)}.{sql_name(name)}"
                    connection.execute(f"create table {_DRAFT}.{place} as from {place}")
            connection.execute(f"detach {_DRAFT}")  # writes its log into the file
            if draft.with_name(f"{draft.name}.wal").exists():
                raise EngineError(f"{draft} could not be written whole", hint="run it again")
            _replace(draft, path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _tables(connection: Connection, schema: str, pattern: str) -> list[tuple[str]]:
    found: list[tuple[str]] = connection.execute(
        "select table_name from duckdb_tables() where database_name = current_database()"
        " and schema_name = $1 and table_name like $2 order by table_oid",
        [schema, pattern],
    ).fetchall()
    return found


def _replace(draft: Path, path: Path) -> None:
    """Swap the file in, on disk before anybody reads it."""
    draft.chmod(path.stat().st_mode & 0o777)
    with draft.open("rb") as written:
        os.fsync(written.fileno())
    draft.replace(path)
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
