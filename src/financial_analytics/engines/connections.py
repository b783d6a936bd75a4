"""Opening the embedded warehouse file, and letting go of it again."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from financial_analytics.errors import EngineError

DEFAULT_TARGET = "duckdb"
_LOCK_HOLDER = re.compile(r"PID (\d+)")


def connect(path: Path, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Open a warehouse file with the session in UTC.

    Parameters
    ----------
    path : Path
        The file. It is created when missing, unless `read_only`.
    read_only : bool, default False
        Open without the right to write.

    Raises
    ------
    EngineError
        If the file is missing, held by another process, or not a warehouse.
    """
    if read_only and not path.is_file():
        raise EngineError(f"there is no warehouse at {path}", hint="run fa demo or fa build first")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        connection = duckdb.connect(str(path), read_only=read_only)
    except duckdb.Error as error:
        raise EngineError(*explain(str(error), path)) from error
    connection.execute("set TimeZone = 'UTC'")
    return connection


def explain(message: str, path: Path) -> tuple[str, str]:
    """Turn an engine's refusal to open `path` into what is wrong and what to do.

    Returns
    -------
    message, hint : str
        One line each.
    """
    if "lock" in message.lower():
        holder = _LOCK_HOLDER.search(message)
        who = f"process {holder.group(1)}" if holder else "another process"
        return f"{path} is in use by {who}", "wait until it ends; one build or ingest at a time"
    if "different configuration" in message:
        return f"{path} is open twice in this process", "close the first connection"
    first_line = message.strip().splitlines()[0] if message.strip() else "no reason given"
    return (
        f"{path} cannot be opened: {first_line}",
        "if the file is damaged, delete it and run fa ingest and fa build again",
    )


def check_free(path: Path, target: str) -> None:
    """Raise EngineError if `target` builds the embedded file and another process holds it."""
    if target == DEFAULT_TARGET:
        connect(path).close()


def release() -> None:
    """Close what dbt keeps open after a run, so that others may open the file."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager  # noqa: PLC0415

    DuckDBConnectionManager.close_all_connections()


def row_counts(connection: duckdb.DuckDBPyConnection, schema: str) -> dict[str, int]:
    """Return the number of rows of each table of a schema, by name."""
    names = connection.execute(
        "select table_name from information_schema.tables where table_schema = ? order by 1",
        [schema],
    ).fetchall()
    counts = {}
    for (name,) in names:
        row = connection.execute(f'select count(*) from "{schema}"."{name}"').fetchone()
        counts[str(name)] = int(row[0]) if row else 0
    return counts


def newest_batch(connection: duckdb.DuckDBPyConnection) -> str:
    """Return one line about the batch that was loaded last, or an empty string."""
    row = connection.execute(
        "select _batch_id, table_name, source_file, loaded_at, rows_accepted, rows_quarantined"
        " from ingestion_raw_data._batches order by _batch_id desc limit 1"
    ).fetchone()
    if row is None:
        return ""
    batch, table, file, loaded_at, accepted, quarantined = row
    return (
        f"{batch}: {file} into {table} at {loaded_at}, "
        f"{accepted:,} accepted, {quarantined:,} quarantined"
    )
