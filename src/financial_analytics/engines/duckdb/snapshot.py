"""The published snapshot: one read-only file with the analytics, swapped whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from financial_analytics.drafts import clear_drafts
from financial_analytics.engines.duckdb import words
from financial_analytics.engines.duckdb.session import (
    Connection,
    bound_memory,
    sql_name,
    sql_text,
)
from financial_analytics.engines.gold import SCHEMA, Gold
from financial_analytics.errors import EngineError, NotPublishedError
from financial_analytics.states import COUNTED, Ledger, why_not_one

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

ALSO_PUBLISHED = ("data_quality", "model_registry", "model_metrics")


@contextmanager
def open_snapshot(path: Path) -> Iterator[Connection]:
    """Open a snapshot for reading, its schema first on the search path.

    The file is attached to a connection of its own: a reader that has an older snapshot open,
    in this or another process, keeps that one.

    Raises
    ------
    EngineError
        If there is no snapshot, or the file cannot be read.
    """
    if not path.is_file():
        raise EngineError(
            f"no published snapshot at {path}", hint="build and publish first: fa build"
        )
    connection = duckdb.connect(":memory:")
    try:
        connection.execute("set TimeZone = 'UTC'")
        bound_memory(connection)
        try:
            connection.execute(f"attach {sql_text(str(path))} as published (read_only)")
        except duckdb.Error as error:
            raise EngineError(
                f"{path} cannot be read: {str(error).splitlines()[0]}",
                hint="publish again: fa build",
            ) from error
        try:
            yield connection
        except duckdb.Error as error:
            if found := words.why(str(error), str(path), hint="publish again: fa build"):
                raise found from error
            raise
    finally:
        connection.close()


def relation_names(connection: Connection) -> list[str]:
    """Return the relations of an open snapshot."""
    rows = connection.execute(
        "select table_name from information_schema.tables"
        " where table_catalog = 'published' and table_schema = ? order by table_name",
        [SCHEMA],
    ).fetchall()
    return [str(name) for (name,) in rows]


def read_relation(connection: Connection, name: str) -> pd.DataFrame:
    """Return one relation of an open snapshot."""
    table = connection.execute(f"select * from published.{sql_name(SCHEMA)}.{sql_name(name)}")
    frame: pd.DataFrame = table.df()
    return frame


def write_snapshot(
    source: Gold, target: Path, *, run_id: str, engine: str, built_at: datetime
) -> None:
    """Copy the analytics of a warehouse into a new file and swap it in whole.

    Views are written as tables. The old snapshot stays in place until the new one is complete
    and on disk; a failure leaves it untouched.

    Parameters
    ----------
    source : Gold
        The warehouse; it is only read.
    target : Path
        The snapshot file.
    run_id, engine : str
        What `run_info` says of the build.
    built_at : datetime
        Moment of the build, with a time zone.

    Raises
    ------
    NotPublishedError
        If the warehouse holds no analytics, or relations of different builds.
    """

    def fill(connection: Connection) -> None:
        names = source.names()
        wanted = _published(names, source.ledger())
        schema = sql_name(SCHEMA)
        connection.execute(f"create schema {schema}")
        for name in wanted:
            create_from(connection, f"{schema}.{sql_name(name)}", source.table(name))
        counts = {name: source.row_count(name) for name in names if name.startswith(COUNTED)}
        _write_counts(connection, counts)
        moment = built_at.astimezone(UTC).replace(tzinfo=None)
        _write_run(connection, [run_id, source.as_of(), engine, moment, source.bank()])

    swap_in(target, fill)


def create_from(connection: Connection, name: str, rows: pa.Table) -> None:
    """Create a table, its name quoted, that holds these rows."""
    connection.register("rows_to_write", rows)
    connection.execute(f"create table {name} as select * from rows_to_write")
    connection.unregister("rows_to_write")


def swap_in(target: Path, fill: Callable[[Connection], None]) -> None:
    """Fill a new file and put it in the place of `target`, whole and on disk."""
    target.parent.mkdir(parents=True, exist_ok=True)
    clear_drafts(target.parent)
    # An engine names a file by its first word: never the name under which the source is attached.
    draft = target.with_name(f".draft.{os.getpid()}.{target.stem}")
    draft.unlink(missing_ok=True)
    try:
        connection = duckdb.connect(str(draft))
        try:
            connection.execute("set TimeZone = 'UTC'")
            bound_memory(connection)
            fill(connection)
            connection.execute("checkpoint")
        finally:
            connection.close()
        with draft.open("rb") as written:
            os.fsync(written.fileno())
        if target.exists():  # who was given it to read keeps the right
            draft.chmod(target.stat().st_mode & 0o777)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
        draft.with_name(draft.name + ".wal").unlink(missing_ok=True)


def _published(names: list[str], ledger: Ledger | None) -> list[str]:
    """Return what of gold is published; all of it is of one build."""
    wanted = [name for name in names if name.startswith("analytics_") or name in ALSO_PUBLISHED]
    if not any(name.startswith("analytics_") for name in wanted):
        raise NotPublishedError(
            f"the warehouse has no analytics in schema {SCHEMA}, so nothing was published",
            hint="build them first: fa build",
        )
    reason = why_not_one(ledger, names)
    if reason:
        raise NotPublishedError(
            f"the warehouse is not of one build, so nothing was published: {reason}",
            hint="build everything: fa build",
        )
    return wanted


def _write_counts(connection: Connection, counts: Mapping[str, int]) -> None:
    schema = sql_name(SCHEMA)
    connection.execute(f"create table {schema}.row_counts (relation text, row_count bigint)")
    for name, count in counts.items():
        connection.execute(f"insert into {schema}.row_counts values (?, ?)", [name, count])


def _write_run(connection: Connection, row: Sequence[object]) -> None:
    schema = sql_name(SCHEMA)
    connection.execute(
        f"create table {schema}.run_info"
        " (run_id text, as_of_date date, engine text, built_at timestamp, bank text)"
    )
    connection.execute(f"insert into {schema}.run_info values (?, ?, ?, ?, ?)", list(row))
