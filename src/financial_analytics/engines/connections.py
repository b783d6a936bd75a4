"""What the command line asks of the engine: is it free, what is in it, let it go."""

from __future__ import annotations

from pathlib import Path

from financial_analytics.engines.duckdb.session import Connection, open_warehouse, sql_name
from financial_analytics.engines.postgres import session as postgres_session
from financial_analytics.engines.spark import gold as spark_gold

DEFAULT_TARGET = "duckdb"
NEWEST_SETTINGS = "select variables from builds.settings order by build_number desc limit 1"


def check_free(path: Path, target: str) -> None:
    """Make sure that a build of `target` can have its warehouse.

    Raises
    ------
    EngineError
        If `target` builds the embedded file and it cannot be opened for writing, or its
        PostgreSQL server is missing or refuses.
    """
    if target == DEFAULT_TARGET:
        with open_warehouse(path):
            pass
    elif target == "postgres":
        with postgres_session.open_session():
            pass


def newest_settings(path: Path, target: str) -> str | None:
    """Return the variables that the newest build was given, as JSON; None if no build kept any.

    Raises
    ------
    EngineError
        If the warehouse cannot be read.
    """
    if target == "spark":
        return spark_gold.newest_settings()
    if target == "postgres":
        with postgres_session.open_session() as handle, handle.cursor() as cursor:
            cursor.execute("select to_regclass('builds.settings') is not null")
            if not cursor.fetchone()[0]:
                return None
            cursor.execute(NEWEST_SETTINGS)
            row = cursor.fetchone()
        return str(row[0]) if row else None
    if target != DEFAULT_TARGET or not path.is_file():
        return None
    with open_warehouse(path) as connection:  # a build that died may have left a log to replay
        if "settings" not in row_counts(connection, "builds"):
            return None
        found = connection.execute(NEWEST_SETTINGS).fetchone()
    return str(found[0]) if found else None


def reader_address(target: str) -> str | None:
    """Return the URL of the server that readers of a target ask; None for the snapshot."""
    return postgres_session.url() if target == "postgres" else None


def release() -> None:
    """Close what dbt keeps open after a run, so that others may open the file."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager  # noqa: PLC0415

    DuckDBConnectionManager.close_all_connections()


def row_counts(connection: Connection, schema: str) -> dict[str, int]:
    """Return the number of rows of each table of a schema, by name."""
    names = connection.execute(
        "select table_name from information_schema.tables where table_schema = ? order by 1",
        [schema],
    ).fetchall()
    counts = {}
    for (name,) in names:
        query = f"select count(*) from {sql_name(schema)}.{sql_name(name)}"
        counts[str(name)] = int(connection.execute(query).fetchall()[0][0])
    return counts


def built_relations(path: Path, target: str) -> set[str]:
    """Return ``schema.relation`` of all tables and views of a target.

    Raises
    ------
    EngineError
        If the server is missing or refuses.
    """
    if target == "spark":
        return spark_gold.relations()
    query = "select table_schema, table_name from information_schema.tables"
    if target == "postgres":
        with postgres_session.open_session() as handle, handle.cursor() as cursor:
            cursor.execute(query)
            return {f"{schema}.{name}" for schema, name in cursor.fetchall()}
    with open_warehouse(path) as connection:
        return {f"{schema}.{name}" for schema, name in connection.execute(query).fetchall()}


def server_counts(target: str) -> tuple[str, dict[str, int]] | None:
    """Return what a target's server calls itself and the rows of its bronze; None without one.

    Raises
    ------
    EngineError
        If the server is missing or refuses.
    """
    if target == "spark":
        return spark_gold.bronze_counts()
    if target != "postgres":
        return None
    with postgres_session.open_session() as handle, handle.cursor() as cursor:
        where = postgres_session.address()
        cursor.execute("show server_version")
        version = cursor.fetchone()[0]
        cursor.execute(
            "select table_name from information_schema.tables"
            " where table_schema = 'ingestion_raw_data' order by 1"
        )
        counts = {}
        for (name,) in cursor.fetchall():
            cursor.execute(f"select count(*) from ingestion_raw_data.{sql_name(name)}")
            counts[str(name)] = int(cursor.fetchone()[0])
    place = f"{where['host']}:{where['port']}/{where['dbname']}"
    return f"PostgreSQL {version} at {place}", counts


def newest_batch(connection: Connection) -> str:
    """Return one line about the batch that was loaded last, or an empty string."""
    rows = connection.execute(
        "select _batch_id, table_name, source_file, loaded_at, rows_accepted, rows_quarantined"
        " from ingestion_raw_data._batches order by _batch_id desc limit 1"
    ).fetchall()
    if not rows:
        return ""
    batch, table, file, loaded_at, accepted, quarantined = rows[0]
    return (
        f"{batch}: {file} into {table} at {loaded_at}, "
        f"{accepted:,} accepted, {quarantined:,} quarantined"
    )
