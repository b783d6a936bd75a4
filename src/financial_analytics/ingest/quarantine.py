"""Rows that are set aside: one line per broken rule, with the value as it may be shown."""

from __future__ import annotations

from financial_analytics import masking
from financial_analytics.engines.duckdb.session import Connection, sql_name, sql_text
from financial_analytics.ingest import posted, rules
from financial_analytics.ingest.batch import Batch, stamp
from financial_analytics.ingest.clean import SHOWN_BYTES, BadLine
from financial_analytics.ingest.compare import Verdicts
from financial_analytics.ingest.contract import BRONZE_SCHEMA, Column
from financial_analytics.ingest.kept import as_read
from financial_analytics.ingest.source import Source
from financial_analytics.ingest.stage import FEED, VERDICT, Staged

QUARANTINE = f"{BRONZE_SCHEMA}.quarantine"


def quarantine_faults(connection: Connection, batch: Batch, source: Source, staged: Staged) -> None:
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
        f"select {stamp(batch)}, {sql_text(batch.table.name)}, {sql_text(batch.source_file)}, "
        "_row, fault.c, fault.v, fault.rule, fault.reason, raw_row from ("
        f"select _row, unnest([{', '.join(structs)}]) as fault, "
        f"cast(json_object({', '.join(pairs)}) as varchar) as raw_row "
        # Masks are a step of their own: written out in each fault, they take seconds to plan.
        f"from (select *, {', '.join(masks)} from ("
        f"select *, {', '.join(raw)} from {FEED} where _raw is not null))"
        ") where fault is not null order by _row"
    )


def quarantine_verdicts(
    connection: Connection, batch: Batch, staged: Staged, verdicts: Verdicts
) -> None:
    """Write the rows that contradict others, or what is stored."""
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
        f"select {stamp(batch)}, {sql_text(batch.table.name)}, {sql_text(batch.source_file)}, "
        f"f._row, v.column_name, {key}, v.rule, v.reason, cast(json_object({pairs}) as varchar) "
        f"from {FEED} as f join {VERDICT} as v on f._row = v._row "
        "where v.verdict = 'quarantined' order by f._row"
    )


def quarantine_lines(connection: Connection, batch: Batch, bad_lines: tuple[BadLine, ...]) -> None:
    """Write the lines that are no row at all."""
    if not bad_lines:
        return
    shown, whole = (masking.shown_line(batch.table, "t", n) for n in (masking.SHOWN, SHOWN_BYTES))
    connection.execute(
        f"insert into {QUARANTINE} "
        f"select {stamp(batch)}, {sql_text(batch.table.name)}, {sql_text(batch.source_file)}, "
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
