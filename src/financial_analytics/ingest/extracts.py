"""Rows that a full extract no longer holds: ended where the extract is declared whole, else said.

A row that is gone gets one more version, at the time of the extract, with the values by which the
contract says that a row of its table has ended. Nothing in bronze is deleted. A row that is back
in a later full extract continues from what it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime

from financial_analytics import masking
from financial_analytics.engines.duckdb.session import (
    Connection,
    DatabaseError,
    sql_name,
    sql_text,
)
from financial_analytics.engines.stores import BronzeStore
from financial_analytics.errors import UserInputError
from financial_analytics.ingest import load
from financial_analytics.ingest.batch import Batch
from financial_analytics.ingest.contract import BRONZE_SCHEMA, EXTRACT_DAY, Contract, Table
from financial_analytics.ingest.remarks import Remark
from financial_analytics.ingest.report import FileReport, IngestReport
from financial_analytics.ingest.stage import FEED

MARK = "full extract"
"""Source file of a version that the loader wrote because a row was gone, or back."""
MOST = 0.6
"""Files with so much of what is known of a table may be a full extract; a delta has less."""
_SEEN = "temp.extract_keys"


def check_full(names: Iterable[str], contract: Contract) -> frozenset[str]:
    """Return the tables whose files are declared full extracts; ``all`` names every entity.

    Raises
    ------
    UserInputError
        If one of them is no table, or keeps no history.
    """
    entities = [table.name for table in contract if table.kind == "entity"]
    wanted = frozenset(names)
    if "all" in wanted:
        return frozenset(entities)
    if wrong := sorted(wanted - set(entities)):
        raise UserInputError(
            f"no full extract of {', '.join(wrong)}: rows end in tables that keep history only",
            hint=f"--full takes {', '.join(entities)} or all",
        )
    return wanted


def check_given(names: Iterable[str], full: frozenset[str], given: set[str]) -> None:
    """Refuse a declared extract of which no file is given.

    Raises
    ------
    UserInputError
        If there is one; nothing was loaded.
    """
    if "all" not in names and (absent := sorted(full - given)):
        raise UserInputError(
            f"--full {absent[0]}, but no file of {absent[0]} is given",
            hint="give the files of the extract, or leave the option out",
        )


def remember(connection: Connection, table: Table, bad_lines: int) -> None:
    """Note the keys of the feed in work, those of quarantined rows included; NULL is unreadable."""
    if table.kind != "entity":
        return
    (key,) = table.key
    _create_seen(connection)
    connection.execute(
        f"insert into {_SEEN} select {sql_text(table.name)}, cast({sql_name(key)} as varchar) "
        f"from {FEED} union all select {sql_text(table.name)}, null from range({bad_lines})"
    )


def finish(
    connection: Connection,
    store: BronzeStore,
    contract: Contract,
    full: frozenset[str],
    report: IngestReport,
    loaded_at: datetime,
    extracted_at: datetime,
    record: Callable[[int], None],
) -> None:
    """End what the full extracts of this call do not hold; say what other files lack.

    Parameters
    ----------
    full : frozenset of str
        Tables whose files in this call are, together, all there is.
    report : IngestReport
        Of the files that were loaded; versions that are written and warnings are added.
    loaded_at, extracted_at : datetime
        Load time, and the time from which on a row is gone.
    record : callable
        Called with the number of a batch before it is committed.
    """
    refused = {entry.table for entry in report.refused}
    _create_seen(connection)  # no file was read, where all had been loaded before
    loaded = dict.fromkeys(file.table for file in report.files)
    for table in (contract[name] for name in loaded if contract[name].kind == "entity"):
        if table.name in full and table.name not in refused:
            batch = Batch(
                load.newest_load(connection)[0] + 1, table, MARK,
                f"{MARK} of {table.name} at {extracted_at.isoformat(sep=' ')}", "", loaded_at,
            )  # fmt: skip
            _end(connection, store, batch, report, extracted_at, record)
        elif table.name in full:
            report.warnings.append(
                f"{table.name}: a file of the full extract was refused, so nothing has ended"
            )
        else:
            _say(connection, store, table, report)
    connection.execute("drop table if exists temp.extract_keys")


def _end(
    connection: Connection,
    store: BronzeStore,
    batch: Batch,
    report: IngestReport,
    extracted_at: datetime,
    record: Callable[[int], None],
) -> None:
    table = batch.table
    lines, unreadable = connection.execute(
        f"select count(*), count(*) - count(key) from {_SEEN} where table_name = $1", [table.name]
    ).fetchall()[0]
    if not lines or unreadable:
        what = f"{unreadable:,} of its rows have no readable {table.key[0]}"
        report.warnings.append(
            f"{table.name}: nothing has ended by the full extract: "
            + (what if lines else "it holds no row")
        )
        return
    store.fetch_all(connection, table)
    gone, key = _gone(table, extracted_at), sql_name(table.key[0])
    if not table.ended:
        rows, example = connection.execute(f"select count(*), min({key}) from ({gone})").fetchall()[
            0
        ]
        if rows:
            report.warnings.append(
                f"{table.name}: {_rows(rows)} not in the full extract "
                f"(such as {_key(table, example)}); the table has no column to say that "
                "a row has ended, so they stay"
            )
        return
    counts, remarks = _write(connection, batch, gone, extracted_at, record)
    if not counts.read:
        return
    store.ship(connection, table, batch.batch_id)
    report.files.append(
        FileReport(table.name, batch.origin, batch.batch_id, counts, remarks=remarks)
    )


def _gone(table: Table, extracted_at: datetime) -> str:
    """Return SQL of the newest version of each key that has not ended and is not in the extract."""
    key = sql_name(table.key[0])
    return (
        f"select * from ({_newest(table, extracted_at)}) as s "
        f"where {sql_name(str(table.version_time))} < {_moment(extracted_at)} "
        f"and not ({_ended(table, 's')}) and not exists (select 1 from {_SEEN} as e "
        f"where e.table_name = {sql_text(table.name)} and e.key = cast(s.{key} as varchar))"
    )


def _newest(table: Table, extracted_at: datetime, condition: str = "true") -> str:
    """Return SQL of what was known of each key at a time, the latest arrival of each version."""
    key, version = sql_name(table.key[0]), sql_name(str(table.version_time))
    return (
        f"select * from {BRONZE_SCHEMA}.{sql_name(table.name)} "
        f"where {version} <= {_moment(extracted_at)} and {condition} "
        f"qualify row_number() over (partition by {key} order by {version} desc, _batch_id desc, "
        "_source_row desc) = 1"
    )


def _back(table: Table, extracted_at: datetime) -> str:
    """Return SQL of what each key was before it was gone, of those that are in the extract again.

    A row that carries its own version time and has not changed brings no version of its own.
    """
    key, version = sql_name(table.key[0]), sql_name(str(table.version_time))
    return (
        f"select was.* from ({_newest(table, extracted_at, f'_source_file <> {sql_text(MARK)}')})"
        f" as was join ({_newest(table, extracted_at)}) as now on was.{key} = now.{key} "
        f"where now._source_file = {sql_text(MARK)} and now.{version} < {_moment(extracted_at)} "
        f"and {_ended(table, 'now')} and exists (select 1 from {_SEEN} as e "
        f"where e.table_name = {sql_text(table.name)} and e.key = cast(was.{key} as varchar))"
    )


def _ended(table: Table, alias: str) -> str:
    """Return SQL that tells whether a row says that it has ended; of other tables none does."""
    tests = [
        f"{alias}.{sql_name(name)} is not distinct from {_literal(value)}"
        for name, value in table.ended.items()
        if value != EXTRACT_DAY
    ]
    return " and ".join(tests) or "false"


def _write(
    connection: Connection,
    batch: Batch,
    gone: str,
    extracted_at: datetime,
    record: Callable[[int], None],
) -> tuple[load.Counts, tuple[Remark, ...]]:
    """Insert the versions and their batch, all or nothing."""
    table = batch.table
    ending, back = [], []
    for column in table.columns:
        name = sql_name(column.name)
        value, kept = name, name
        if column.name == table.version_time:
            value = kept = _moment(extracted_at)
        elif table.ended.get(column.name) == EXTRACT_DAY:
            value = f"coalesce({name}, cast({_moment(extracted_at)} as date))"
        elif column.name in table.ended:
            value = _literal(table.ended[column.name])
        ending.append(f"{value} as {name}")
        back.append(f"{kept} as {name}")
    names = ", ".join(sql_name(column.name) for column in table.columns)
    key = sql_name(table.key[0])
    connection.execute("begin")
    try:
        connection.execute(
            f"create temp table extract_rows as select {', '.join(ending)}, true as ends "
            f"from ({gone}) union all select {', '.join(back)}, false "
            f"from ({_back(table, extracted_at)})"
        )
        rows, ended, example = connection.execute(
            "select count(*), count(*) filter (where ends), min("
            f"{key}) filter (where ends) from temp.extract_rows"
        ).fetchall()[0]
        counts = load.Counts(read=rows, accepted=rows)
        remarks = []
        if ended:
            words = f"{_rows(ended)} gone (such as {_key(table, example)}) and end with it"
            remarks.append(Remark("rows_gone", ended, words))
        if rows > ended:
            remarks.append(Remark("rows_back", rows - ended, f"{_rows(rows - ended)} back, go on"))
        if rows:
            connection.execute(
                f"insert into {BRONZE_SCHEMA}.{sql_name(table.name)} "
                f"({names}, _batch_id, _loaded_at, _source_file, _source_row) "
                f"select {names}, {batch.batch_id}, {_moment(batch.loaded_at)}, "
                f"{sql_text(MARK)}, row_number() over (order by {key}) from temp.extract_rows"
            )
            load.keep_remarks(connection, batch, remarks)
            load.list_batch(connection, batch, counts)
            record(batch.batch_id)
        connection.execute("drop table temp.extract_rows")
        connection.execute("commit")
    except BaseException:
        with suppress(DatabaseError):
            connection.execute("rollback")
        raise
    return counts, tuple(remarks)


def _say(connection: Connection, store: BronzeStore, table: Table, report: IngestReport) -> None:
    """Warn where most of a table came and some of it did not: perhaps it was a full extract."""
    seen = connection.execute(
        f"select count(distinct key) from {_SEEN} where table_name = $1", [table.name]
    ).fetchall()[0][0]
    known = store.count_keys(connection, table)
    if seen < known <= seen / MOST:
        report.warnings.append(
            f"{table.name}: {_rows(known - seen)} known and not in these files, which hold the "
            f"other {seen:,}; they stay as they are. If the files are a full extract, "
            f"--full {table.name} ends what it no longer holds"
            if table.ended
            else f"{table.name}: {_rows(known - seen)} known and not in these files; they stay"
        )


def _rows(count: int) -> str:
    return "1 row is" if count == 1 else f"{count:,} rows are"


def _key(table: Table, value: object) -> str:
    (name,) = table.key
    return f"{name} {masking.shown_key(table, table.column(name), value)}"


def _create_seen(connection: Connection) -> None:
    connection.execute(
        "create temp table if not exists extract_keys (table_name varchar, key varchar)"
    )


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return sql_text(str(value))


def _moment(value: datetime) -> str:
    return f"timestamp {sql_text(value.isoformat(sep=' '))}"
