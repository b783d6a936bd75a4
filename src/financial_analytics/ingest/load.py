"""Write one feed to bronze: a file is a batch, a batch is a transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from financial_analytics import masking
from financial_analytics.engines.duckdb.ledgers import create_ledger
from financial_analytics.engines.duckdb.session import (
    Connection,
    DatabaseError,
    sql_name,
    sql_text,
)
from financial_analytics.engines.stores import LEDGERS, BronzeStore
from financial_analytics.errors import EngineError
from financial_analytics.ingest.batch import Batch, loaded, stamp
from financial_analytics.ingest.compare import Verdicts
from financial_analytics.ingest.contract import BRONZE_SCHEMA, Contract, Table
from financial_analytics.ingest.quarantine import (
    QUARANTINE,
    quarantine_faults,
    quarantine_lines,
    quarantine_verdicts,
)
from financial_analytics.ingest.remarks import Remark, keep
from financial_analytics.ingest.source import Source
from financial_analytics.ingest.stage import FEED, VERDICT, Staged

BATCHES = f"{BRONZE_SCHEMA}._batches"
EXTRACTS = f"{BRONZE_SCHEMA}._extracts"
_GUARD = "a row of the feed has a fault"
_LOAD_COLUMNS = "_batch_id bigint, _loaded_at timestamp, _source_file varchar, _source_row bigint"


@dataclass(frozen=True)
class Counts:
    """What became of the rows of one file: read = accepted + duplicates + quarantined."""

    read: int = 0
    accepted: int = 0
    duplicates: int = 0
    quarantined: int = 0
    corrections: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.read + other.read,
            self.accepted + other.accepted,
            self.duplicates + other.duplicates,
            self.quarantined + other.quarantined,
            self.corrections + other.corrections,
        )


def create_bronze(connection: Connection, contract: Contract) -> None:
    """Create the schema, its tables, quarantine and the lists of batches where absent.

    A column that the contract has gained since is added to its table.
    """
    present = set(
        connection.execute(
            "select table_name, column_name from duckdb_columns() "
            f"where schema_name = '{BRONZE_SCHEMA}' and database_name = current_database()"
        ).fetchall()
    )
    tables = {name for name, _ in present}
    wanted = set(LEDGERS) | {table.name for table in contract}
    columns_wanted = {(table.name, c.name) for table in contract for c in table.columns}
    if wanted <= tables and columns_wanted <= present:
        return
    connection.execute("begin")
    connection.execute(f"create schema if not exists {BRONZE_SCHEMA}")
    for table in contract:
        columns = ", ".join(f"{sql_name(c.name)} {c.sql_type}" for c in table.columns)
        name = f"{BRONZE_SCHEMA}.{sql_name(table.name)}"
        connection.execute(f"create table if not exists {name} ({columns}, {_LOAD_COLUMNS})")
        for c in table.columns if table.name in tables else ():
            if (table.name, c.name) not in present:
                connection.execute(f"alter table {name} add column {sql_name(c.name)} {c.sql_type}")
    for name in LEDGERS:
        create_ledger(connection, name)
    connection.execute("commit")


def newest_load(connection: Connection) -> tuple[int, datetime | None]:
    """Return the highest batch id (0 if none) and the newest load time."""
    highest, newest = connection.execute(
        f"select coalesce(max(_batch_id), 0), max(loaded_at) from {BATCHES}"
    ).fetchall()[0]
    return int(highest), newest


@dataclass(frozen=True)
class EarlierBatch:
    """The newest load under a name: its number, rows and content."""

    batch_id: int
    rows: int
    sha256: str


def newest_batch(connection: Connection, table: Table, origin: str) -> EarlierBatch | None:
    """Return the newest load under this name, if there is one."""
    rows = connection.execute(
        f"select _batch_id, rows_read, file_sha256 from {BATCHES} "
        "where table_name = $1 and source_file = $2 order by _batch_id desc limit 1",
        [table.name, origin],
    ).fetchall()
    return EarlierBatch(*rows[0]) if rows else None


def write_batch(
    connection: Connection,
    batch: Batch,
    source: Source,
    staged: Staged,
    verdicts: Verdicts,
    *,
    before_commit: Callable[[], None] = lambda: None,
) -> Counts:
    """Insert the accepted rows, the quarantined ones and the batch, all or nothing.

    A feed that was not copied is first written in the hope that it has no fault: a filter on
    faults would validate every row twice. The first fault ends that attempt without a trace.
    """
    if staged.faulty is None:
        clean = replace(staged, faulty=0, guarded=True)
        try:
            return _write(connection, batch, source, clean, verdicts, before_commit=before_commit)
        except DatabaseError as error:
            if _GUARD not in str(error):
                raise
    return _write(connection, batch, source, staged, verdicts, before_commit=before_commit)


def _write(
    connection: Connection,
    batch: Batch,
    source: Source,
    staged: Staged,
    verdicts: Verdicts,
    *,
    before_commit: Callable[[], None],
) -> Counts:
    connection.execute("begin")
    try:
        accepted = _insert_rows(connection, batch, staged, verdicts)
        if staged.faulty is None:
            staged = replace(staged, faulty=staged.rows - accepted)
        counts = Counts(
            read=staged.read,
            accepted=accepted,
            duplicates=verdicts.duplicates,
            quarantined=(staged.faulty or 0) + len(staged.bad_lines) + verdicts.quarantined,
            corrections=verdicts.corrections,
        )
        quarantine_faults(connection, batch, source, staged)
        quarantine_verdicts(connection, batch, staged, verdicts)
        quarantine_lines(connection, batch, staged.bad_lines)
        _check_nothing_is_lost(connection, batch, counts)
        list_batch(connection, batch, counts)
        before_commit()
        connection.execute("commit")
    except BaseException:
        with suppress(DatabaseError):  # a failed commit has rolled back already
            connection.execute("rollback")
        raise
    return counts


def keep_remarks(connection: Connection, batch: Batch, remarks: Iterable[Remark]) -> None:
    """Write what was noticed in a batch, in the transaction that writes its rows."""
    keep(connection, batch.batch_id, loaded(batch), batch.table.name, batch.source_file, remarks)


def list_batch(connection: Connection, batch: Batch, counts: Counts) -> None:
    """Write a batch's line into the list of batches, in the transaction that writes its rows."""
    connection.execute(
        f"insert into {BATCHES} values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        [
            batch.batch_id, batch.table.name, batch.origin, batch.sha256,
            batch.loaded_at, counts.read, counts.accepted, counts.duplicates,
            counts.quarantined, counts.corrections,
        ],
    )  # fmt: skip
    if batch.extracted_at:
        connection.execute(
            f"insert into {EXTRACTS} values ($1, $2)", [batch.batch_id, batch.extracted_at]
        )


def _check_nothing_is_lost(connection: Connection, batch: Batch, counts: Counts) -> None:
    aside = 0
    if counts.quarantined:
        aside = connection.execute(
            f"select count(distinct source_row) from {QUARANTINE} where _batch_id = $1",
            [batch.batch_id],
        ).fetchall()[0][0]
    if counts.read != counts.accepted + counts.duplicates + aside or aside != counts.quarantined:
        raise EngineError(
            f"rows of {batch.source_file} would be lost: {counts}, {aside} set aside",
            hint="nothing of the file was loaded; please report this with the file",
        )


def _insert_rows(connection: Connection, batch: Batch, staged: Staged, verdicts: Verdicts) -> int:
    """Insert the good rows that are new or corrections, and return how many they are."""
    stamped = stamp(batch)
    if staged.guarded:
        stop = f"cast(error({sql_text(_GUARD)}) as bigint)"
        stamped = f"case when _raw is null then {batch.batch_id} else {stop} end, {loaded(batch)}"
    where = [] if staged.faulty == 0 else ["_raw is null"]
    if verdicts.duplicates or verdicts.quarantined:
        where.append(f"_row not in (select _row from {VERDICT} where verdict <> 'correction')")
    condition = f"where {' and '.join(where)}" if where else ""
    if staged.bad_lines:  # numbering around the gaps does not keep the order
        condition += " order by _row"
    names = ", ".join(sql_name(column.name) for column in staged.columns)
    inserted = connection.execute(
        f"insert into {BRONZE_SCHEMA}.{sql_name(batch.table.name)} "
        f"({names}, _batch_id, _loaded_at, _source_file, _source_row) "
        f"select {names}, {stamped}, {sql_text(batch.source_file)}, _row from {FEED} {condition}"
    ).fetchall()
    return int(inserted[0][0])


def orphans(
    connection: Connection,
    store: BronzeStore,
    contract: Contract,
    table: Table,
    batch_ids: list[int],
) -> list[str]:
    """Describe the references of the given batches that no row of the other table answers."""
    found = []
    for column, target in table.references.items():
        rows, keys, example = store.orphans(
            connection, (table.name, column), (target, contract[target].key[0]), batch_ids
        )
        if rows:
            example = masking.shown_key(table, table.column(column), example)
            found.append(
                f"{table.name}: {rows:,} {'row' if rows == 1 else 'rows'} refer to {keys:,} "
                f"{column} not in {target} (such as {example}); they are loaded and will join "
                "the unknown member until it arrives"
            )
    return found
