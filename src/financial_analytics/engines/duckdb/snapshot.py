"""The published snapshot: one read-only file with the analytics, swapped whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from financial_analytics.drafts import clear_drafts
from financial_analytics.engines.duckdb.session import Connection, sql_name, sql_text
from financial_analytics.engines.gold_sources import GoldSource
from financial_analytics.errors import EngineError, NotPublishedError
from financial_analytics.states import (
    COUNTED,
    LEDGER_SCHEMA,
    LEDGER_TABLE,
    Ledger,
    ledger_of,
    why_not_one,
)

FILE_NAME = "warehouse.duckdb"
SCHEMA = "gold"
ALSO_PUBLISHED = ("model_registry", "model_metrics")


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
        try:
            connection.execute(f"attach {sql_text(str(path))} as published (read_only)")
        except duckdb.Error as error:
            raise EngineError(
                f"{path} cannot be read: {str(error).splitlines()[0]}",
                hint="publish again: fa build",
            ) from error
        yield connection
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
    warehouse: Path, target: Path, *, run_id: str, engine: str, built_at: datetime
) -> None:
    """Copy the analytics of a warehouse into a new file and swap it in whole.

    Views are written as tables. The old snapshot stays in place until the new one is complete
    and on disk; a failure leaves it untouched.

    Parameters
    ----------
    warehouse : Path
        The warehouse file; it is only read.
    target : Path
        The snapshot file.
    run_id, engine : str
        What `run_info` says of the build.
    built_at : datetime
        Moment of the build, with a time zone.

    Raises
    ------
    EngineError
        If the warehouse is missing or in use.
    NotPublishedError
        If it holds no analytics, or relations of different builds.
    """
    if not warehouse.is_file():
        raise EngineError(
            f"there is no warehouse at {warehouse}",
            hint="load feeds first: fa ingest PATH, then fa build",
        )

    def fill(connection: Connection) -> None:
        source = _attach_source(connection, warehouse)
        _copy(connection, source)
        _describe(connection, source, run_id=run_id, engine=engine, built_at=built_at)
        connection.execute(f"detach {sql_name(source)}")

    _swap_in(target, fill)


def write_snapshot_of(
    source: GoldSource, target: Path, *, run_id: str, engine: str, built_at: datetime
) -> None:
    """Write the snapshot from gold elsewhere; otherwise as `write_snapshot`.

    Raises
    ------
    NotPublishedError
        If `source` holds no analytics, or relations of different builds.
    """

    def fill(connection: Connection) -> None:
        names = source.names()
        wanted = _published(names, source.ledger())
        schema = sql_name(SCHEMA)
        connection.execute(f"create schema {schema}")
        for name in wanted:
            connection.register("rows_of_gold", source.table(name))
            connection.execute(
                f"create table {schema}.{sql_name(name)} as select * from rows_of_gold"
            )
            connection.unregister("rows_of_gold")
        counts = {name: source.row_count(name) for name in names if _is_counted(name)}
        known = _Known(source.as_of(), source.bank())
        _write_run(connection, counts, known, run_id, engine, built_at)

    _swap_in(target, fill)


def _swap_in(target: Path, fill: Callable[[Connection], None]) -> None:
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
            fill(connection)
            connection.execute("checkpoint")
        finally:
            connection.close()
        with draft.open("rb") as written:
            os.fsync(written.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
        draft.with_name(draft.name + ".wal").unlink(missing_ok=True)


def _attach_source(connection: Connection, warehouse: Path) -> str:
    """Attach the warehouse under the name that its own views use."""
    name = warehouse.stem
    try:
        connection.execute(f"attach {sql_text(str(warehouse))} as {sql_name(name)} (read_only)")
    except duckdb.Error as error:
        text = str(error)
        if "lock" in text.lower():
            raise EngineError(
                f"the warehouse {warehouse} is in use by another process",
                hint="wait until the running fa or dbt command has ended",
            ) from error
        raise EngineError(f"{warehouse} cannot be read: {text.splitlines()[0]}") from error
    return name


def _gold_names(connection: Connection, source: str) -> list[str]:
    rows = connection.execute(
        "select table_name from information_schema.tables"
        " where table_catalog = ? and table_schema = ? order by table_name",
        [source, SCHEMA],
    ).fetchall()
    return [str(name) for (name,) in rows]


def _copy(connection: Connection, source: str) -> None:
    wanted = _published(_gold_names(connection, source), _ledger(connection, source))
    connection.execute(f"create schema {sql_name(SCHEMA)}")
    for name in wanted:
        relation = f"{sql_name(SCHEMA)}.{sql_name(name)}"
        connection.execute(
            f"create table {relation} as select * from {sql_name(source)}.{relation}"
        )


def _ledger(connection: Connection, source: str) -> Ledger | None:
    relation = f"{sql_name(source)}.{LEDGER_SCHEMA}.{LEDGER_TABLE}"
    try:
        rows = connection.execute(f"select relation, state, is_building from {relation}")
    except duckdb.CatalogException:
        return None
    return ledger_of(rows.fetchall())


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


def _is_counted(name: str) -> bool:
    return name.startswith(COUNTED)


@dataclass(frozen=True)
class _Known:
    """What a warehouse says of itself: its data clock, and the kind of bank it holds."""

    as_of: date | None
    bank: str | None


def _describe(
    connection: Connection, source: str, *, run_id: str, engine: str, built_at: datetime
) -> None:
    counts = {}
    for name in filter(_is_counted, _gold_names(connection, source)):
        relation = f"{sql_name(source)}.{sql_name(SCHEMA)}.{sql_name(name)}"
        ((counts[name],),) = connection.execute(f"select count(*) from {relation}").fetchall()
    known = _Known(
        _value(connection, f"select as_of_date from {sql_name(source)}.silver.data_clock"),
        _value(connection, f"select kind from {sql_name(source)}.ingestion_raw_data._bank"),
    )
    _write_run(connection, counts, known, run_id, engine, built_at)


def _write_run(
    connection: Connection,
    counts: Mapping[str, int],
    known: _Known,
    run_id: str,
    engine: str,
    built_at: datetime,
) -> None:
    schema = sql_name(SCHEMA)
    connection.execute(f"create table {schema}.row_counts (relation text, row_count bigint)")
    for name, count in counts.items():
        connection.execute(f"insert into {schema}.row_counts values (?, ?)", [name, count])
    connection.execute(
        f"create table {schema}.run_info"
        " (run_id text, as_of_date date, engine text, built_at timestamp, bank text)"
    )
    connection.execute(
        f"insert into {schema}.run_info values (?, ?, ?, ?, ?)",
        [run_id, known.as_of, engine, built_at.astimezone(UTC).replace(tzinfo=None), known.bank],
    )


def _value(connection: Connection, query: str) -> Any:
    """Return the one value of a query; None where its relation is missing or empty."""
    try:
        row = connection.execute(query).fetchone()
    except duckdb.CatalogException:
        return None
    return None if row is None else row[0]
