"""Contents of the relations of the embedded warehouse."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from financial_analytics.engines.duckdb.session import Connection, open_warehouse, sql_name
from financial_analytics.settings import Settings

_KIND = """
select table_type, (
    select sql from duckdb_views() where schema_name = $1 and view_name = $2
)
from information_schema.tables
where table_catalog = current_database() and table_schema = $1 and table_name = $2
"""


class DuckdbContents:
    """Rows are hashed by the engine and the hashes added up: exact, and cheap beside a build."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._own = threading.local()
        self._cursors: list[Connection] = []

    def of(self, relation: str) -> str | None:
        """Return what a relation holds; None if there is none."""
        if not hasattr(self._own, "cursor"):
            self._own.cursor = self._connection.cursor()
            self._cursors.append(self._own.cursor)
        schema, name = relation.split(".", maxsplit=1)
        found = self._own.cursor.execute(_KIND, [schema, name]).fetchall()
        if not found:
            return None
        ((kind, view),) = found
        if kind == "VIEW":
            return f"view: {view}"
        ((columns, count, total),) = self._own.cursor.execute(
            "select"
            " (select md5(string_agg(column_name || ' ' || data_type, ',' order by column_index))"
            " from duckdb_columns() where database_name = current_database()"
            " and schema_name = $1 and table_name = $2),"
            f" count(*), sum(hash(t)) from {sql_name(schema)}.{sql_name(name)} as t",
            [schema, name],
        ).fetchall()
        return f"{count}:{total}:{columns}"

    def close(self) -> None:
        """Close what each thread has opened: one that stays keeps the file from readers."""
        for cursor in self._cursors:
            cursor.close()


@contextmanager
def open_contents(settings: Settings) -> Iterator[DuckdbContents]:
    """Open the warehouse file, in this process beside dbt if it is there."""
    with open_warehouse(settings.warehouse_path) as connection:
        contents = DuckdbContents(connection)
        try:
            yield contents
        finally:
            contents.close()


def stamp(settings: Settings) -> str | None:
    """Return which file the warehouse is, and when it was last written; None with an open log."""
    path = settings.warehouse_path
    try:
        there = path.stat()
    except OSError:
        return None
    if path.with_name(path.name + ".wal").exists():
        return None
    return f"{there.st_dev}:{there.st_ino}:{there.st_size}:{there.st_mtime_ns}"
