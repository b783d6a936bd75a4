"""The published snapshot: read-only files of analytics and of the star schema, swapped whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from financial_analytics.drafts import clear_drafts
from financial_analytics.engines.duckdb import words
from financial_analytics.engines.duckdb.gold import DuckdbGold
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
FEATURES = "features_"


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


class PublishedGold(DuckdbGold):
    """The star schema as it was published: it answers what a warehouse does."""

    def as_of(self) -> date | None:
        """Return the data clock of the build."""
        day: date | None = self.rows(f"select as_of_date from {SCHEMA}.run_info")[0][0]
        return day

    def bank(self) -> str | None:
        """Return the kind of bank."""
        kind: str | None = self.rows(f"select bank from {SCHEMA}.run_info")[0][0]
        return kind

    def run_id(self) -> str:
        """Return the name of the build."""
        return str(self.rows(f"select run_id from {SCHEMA}.run_info")[0][0])


@contextmanager
def open_star(path: Path) -> Iterator[PublishedGold]:
    """Open the star schema that was published; raises what `open_snapshot` does."""
    with open_snapshot(path) as connection:
        connection.execute("use published")
        yield PublishedGold(connection)


def write_snapshot(
    source: Gold,
    target: Path,
    star: Path,
    *,
    shown: Mapping[str, Sequence[str]],
    run_id: str,
    engine: str,
    built_at: datetime,
) -> None:
    """Copy a warehouse's analytics, and its star schema, into new files and swap them in whole.

    Views are written as tables. The old files stay in place until both new ones are complete
    and on disk; a failure leaves them untouched.

    Parameters
    ----------
    source : Gold
        The warehouse; it is only read.
    target, star : Path
        The file of the analytics, which reports read, and that of the star schema.
    shown : mapping of str to sequence of str
        Columns of each dimension and fact that may leave the warehouse; no others do.
    run_id, engine : str
        What `run_info` says of the build, in both.
    built_at : datetime
        Moment of the build, with a time zone.

    Raises
    ------
    NotPublishedError
        If the warehouse holds no analytics, or relations of different builds.
    """
    names = source.names()
    wanted = _published(names, source.ledger())
    schema = sql_name(SCHEMA)
    moment = built_at.astimezone(UTC).replace(tzinfo=None)
    run = [run_id, source.as_of(), engine, moment, source.bank()]

    def fill_star(connection: Connection) -> None:
        connection.execute(f"create schema {schema}")
        copy = _copier(source, connection)
        for name in names:
            if name.startswith(FEATURES):
                columns = source.columns(name)
            else:
                there = set(source.columns(name)) if name in shown else set()
                columns = [column for column in shown.get(name, ()) if column in there]
            if columns:
                copy(connection, name, columns)
        _write_run(connection, run)

    def fill(connection: Connection) -> None:
        connection.execute(f"create schema {schema}")
        for name in wanted:
            create_from(connection, f"{schema}.{sql_name(name)}", source.table(name))
        counts = {name: source.row_count(name) for name in names if name.startswith(COUNTED)}
        _write_counts(connection, counts)
        _write_run(connection, run)

    swap_in({star: fill_star, target: fill})


def _copier(
    source: Gold, connection: Connection
) -> Callable[[Connection, str, Sequence[str]], None]:
    """Return what copies columns of a relation: within the engine where it reads the source."""
    file = source.file() if isinstance(source, DuckdbGold) else None
    if file is not None:  # a tenth to a third of the time through Arrow is saved
        connection.execute(f"attach {sql_text(file)} as source (read_only)")

    def copy(connection: Connection, name: str, columns: Sequence[str]) -> None:
        made = f"{sql_name(SCHEMA)}.{sql_name(name)}"
        if file is None:
            create_from(connection, made, source.batches(name, columns))
            return
        wanted = ", ".join(map(sql_name, columns))
        connection.execute(f"create table {made} as select {wanted} from source.{made}")

    return copy


def create_from(connection: Connection, name: str, rows: pa.Table | pa.RecordBatchReader) -> None:
    """Create a table, its name quoted, that holds these rows."""
    connection.register("rows_to_write", rows)
    connection.execute(f"create table {name} as select * from rows_to_write")
    connection.unregister("rows_to_write")


def swap_in(files: Mapping[Path, Callable[[Connection], None]]) -> None:
    """Fill new files, and when all are whole and on disk, put each in the place of its path."""
    for folder in {target.parent for target in files}:
        folder.mkdir(parents=True, exist_ok=True)
        clear_drafts(folder)
    # An engine names a file by its first word: never the name under which the source is attached.
    drafts = {t: t.with_name(f".draft.{os.getpid()}.{t.stem}") for t in files}
    try:
        for target, fill in files.items():
            _write(drafts[target], fill)
            if target.exists():  # who was given it to read keeps the right
                drafts[target].chmod(target.stat().st_mode & 0o777)
        for target, draft in drafts.items():
            draft.replace(target)
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)
            draft.with_name(draft.name + ".wal").unlink(missing_ok=True)


def _write(draft: Path, fill: Callable[[Connection], None]) -> None:
    draft.unlink(missing_ok=True)
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
