"""Write one feed to bronze: a file is a batch, a batch is a transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from financial_analytics import masking
from financial_analytics.engines.duckdb.session import (
    Connection,
    DatabaseError,
    sql_name,
    sql_text,
)
from financial_analytics.engines.stores import BronzeStore
from financial_analytics.errors import EngineError
from financial_analytics.ingest import posted, rules
from financial_analytics.ingest.bank import create_ledger
from financial_analytics.ingest.clean import SHOWN_BYTES, BadLine
from financial_analytics.ingest.compare import Verdicts
from financial_analytics.ingest.contract import BRONZE_SCHEMA, Column, Contract, Table
from financial_analytics.ingest.kept import as_read, create_keys
from financial_analytics.ingest.remarks import Remark, create_remarks, keep
from financial_analytics.ingest.source import Source
from financial_analytics.ingest.stage import FEED, VERDICT, Staged

QUARANTINE = f"{BRONZE_SCHEMA}.quarantine"
BATCHES = f"{BRONZE_SCHEMA}._batches"
EXTRACTS = f"{BRONZE_SCHEMA}._extracts"
_GUARD = "a row of the feed has a fault"
_LOAD_COLUMNS = "_batch_id bigint, _loaded_at timestamp, _source_file varchar, _source_row bigint"


@dataclass(frozen=True)
class Batch:
    """Identity of one load of one file.

    `source_file` is the name that its rows carry, `origin` the one that tells it from all others;
    `extracted_at` is when the source wrote it, where somebody said so.
    """

    batch_id: int
    table: Table
    source_file: str
    origin: str
    sha256: str
    loaded_at: datetime
    extracted_at: datetime | None = None


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
    wanted = {"quarantine", "_batches", "_bank", "_extracts", "_remarks", "_keys"} | {
        t.name for t in contract
    }
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
    connection.execute(
        f"create table if not exists {QUARANTINE} (_batch_id bigint, _loaded_at timestamp, "
        "table_name varchar, source_file varchar, source_row bigint, column_name varchar, "
        "rejected_value varchar, rule varchar, reason varchar, raw_row varchar)"
    )
    connection.execute(
        f"create table if not exists {BATCHES} (_batch_id bigint, table_name varchar, "
        "source_file varchar, file_sha256 varchar, loaded_at timestamp, rows_read bigint, "
        "rows_accepted bigint, rows_duplicate bigint, rows_quarantined bigint, "
        "rows_corrected bigint)"
    )
    connection.execute(
        f"create table if not exists {EXTRACTS} (_batch_id bigint, extracted_at timestamp)"
    )
    create_ledger(connection)
    create_remarks(connection)
    create_keys(connection)
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
        _quarantine_faults(connection, batch, source, staged)
        _quarantine_verdicts(connection, batch, staged, verdicts)
        _quarantine_lines(connection, batch, staged.bad_lines)
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
    keep(connection, batch.batch_id, _loaded(batch), batch.table.name, batch.source_file, remarks)


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


def _stamp(batch: Batch) -> str:
    return f"{batch.batch_id}, {_loaded(batch)}"


def _loaded(batch: Batch) -> str:
    return f"timestamp {sql_text(batch.loaded_at.isoformat(sep=' '))}"


def _insert_rows(connection: Connection, batch: Batch, staged: Staged, verdicts: Verdicts) -> int:
    """Insert the good rows that are new or corrections, and return how many they are."""
    stamp = _stamp(batch)
    if staged.guarded:
        stop = f"cast(error({sql_text(_GUARD)}) as bigint)"
        stamp = f"case when _raw is null then {batch.batch_id} else {stop} end, {_loaded(batch)}"
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
        f"select {names}, {stamp}, {sql_text(batch.source_file)}, _row from {FEED} {condition}"
    ).fetchall()
    return int(inserted[0][0])


def _quarantine_faults(
    connection: Connection, batch: Batch, source: Source, staged: Staged
) -> None:
    """Write one line per broken rule and value of the rows set aside while reading."""
    if not staged.faulty:
        return
    table = as_read(batch.table, source.kept)
    columns = [column for column in table.columns if column.name in source.columns]
    raw, masks, structs, pairs = [], [], [], []
    for position, column in enumerate(columns, start=1):
        r = f"_raw[{position}]"
        raw.append(f"{r} as {sql_name(f'r_{column.name}')}")
        value, typed = sql_name(f"r_{column.name}"), sql_name(column.name)
        if column.name in source.kept:  # a row that is set aside gives nothing a number
            typed = rules.given(column, source.columns[column.name], value)
        shown = sql_name(f"s_{column.name}")
        masks.append(f"{masking.shown_value(batch.table, column, value)} as {shown}")
        branches = " ".join(
            f"when {fault.condition} then {{'c': {sql_text(column.name)}, "
            f"'v': {shown}, 'rule': {sql_text(fault.rule)}, 'reason': {fault.reason}}}"
            for fault in rules.faults(
                column, source.columns[column.name], value, typed, shown, batch.loaded_at
            )
        )
        if branches:
            structs.append(f"case {branches} end")
        pairs.append(f"{sql_text(column.name)}, {shown}")
    if source.posted:
        raw.append(f"_raw[{len(columns) + 1}] as r_posted")
        column = Column(source.posted.name, "text", values=source.posted.words)
        masks.append(f"{masking.shown_value(batch.table, column, 'r_posted')} as s_posted")
        fault = posted.posted_fault(source.posted, "r_posted", "s_posted")
        structs.append(
            f"case when {fault.condition} then {{'c': {sql_text(column.name)}, 'v': s_posted, "
            f"'rule': {sql_text(fault.rule)}, 'reason': {fault.reason}}} end"
        )
    if source.doubt:  # the last of all that was read
        raw.append("_raw[-1] as r_doubt")
        structs.append(
            "case when r_doubt is not null then {'c': null, 'v': null, 'rule': 'form', "
            "'reason': r_doubt} end"
        )
    connection.execute(
        f"insert into {QUARANTINE} "
        f"select {_stamp(batch)}, {sql_text(batch.table.name)}, {sql_text(batch.source_file)}, "
        "_row, fault.c, fault.v, fault.rule, fault.reason, raw_row from ("
        f"select _row, unnest([{', '.join(structs)}]) as fault, "
        f"cast(json_object({', '.join(pairs)}) as varchar) as raw_row "
        # Masks are a step of their own: written out in each fault, they take seconds to plan.
        f"from (select *, {', '.join(masks)} from ("
        f"select *, {', '.join(raw)} from {FEED} where _raw is not null))"
        ") where fault is not null order by _row"
    )


def _quarantine_verdicts(
    connection: Connection, batch: Batch, staged: Staged, verdicts: Verdicts
) -> None:
    if not verdicts.quarantined:
        return
    shown = {
        c.name: masking.shown_value(batch.table, c, f"cast(f.{sql_name(c.name)} as varchar)")
        for c in staged.columns
    }
    key = " || ', ' || ".join(shown[name] for name in batch.table.key)
    pairs = ", ".join(f"{sql_text(name)}, {value}" for name, value in shown.items())
    connection.execute(
        f"insert into {QUARANTINE} "
        f"select {_stamp(batch)}, {sql_text(batch.table.name)}, {sql_text(batch.source_file)}, "
        f"f._row, v.column_name, {key}, v.rule, v.reason, cast(json_object({pairs}) as varchar) "
        f"from {FEED} as f join {VERDICT} as v on f._row = v._row "
        "where v.verdict = 'quarantined' order by f._row"
    )


def _quarantine_lines(connection: Connection, batch: Batch, bad_lines: tuple[BadLine, ...]) -> None:
    """Write the lines that are no row at all."""
    if not bad_lines:
        return
    shown, whole = (masking.shown_line(batch.table, "t", n) for n in (masking.SHOWN, SHOWN_BYTES))
    connection.execute(
        f"insert into {QUARANTINE} "
        f"select {_stamp(batch)}, {sql_text(batch.table.name)}, {sql_text(batch.source_file)}, "
        f"r, null, {shown}, rule, reason, "
        f"cast(json_object('line', {whole}) as varchar) "
        "from (select unnest($1::bigint[]) as r, unnest($2::varchar[]) as rule, "
        "unnest($3::varchar[]) as reason, unnest($4::varchar[]) as t)",
        [
            [bad.row for bad in bad_lines],
            [bad.rule for bad in bad_lines],
            [bad.reason for bad in bad_lines],
            [bad.text for bad in bad_lines],
        ],
    )


def quarantine_summary(
    connection: Connection, batch_id: int, limit: int = 5
) -> list[tuple[int, str | None, str, str]]:
    """Return the commonest faults of a batch: rows, column, rule and one reason."""
    return [
        (int(rows), column, rule, reason)
        for rows, column, rule, reason in connection.execute(
            f"select count(*), column_name, rule, min_by(reason, source_row) from {QUARANTINE} "
            "where _batch_id = $1 group by column_name, rule "
            "order by count(*) desc, min(source_row) limit $2",
            [batch_id, limit],
        ).fetchall()
    ]


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
