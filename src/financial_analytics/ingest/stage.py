"""Read one feed into a temporary table: typed values, and the raw text of rows with a fault."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from financial_analytics.engines.duckdb.session import Connection, sql_name, sql_text
from financial_analytics.ingest import nulls, posted, rules, signs
from financial_analytics.ingest.clean import BadLine
from financial_analytics.ingest.contract import Column, Table
from financial_analytics.ingest.read_text import drop_rejects, rejected_lines
from financial_analytics.ingest.remarks import Remark
from financial_analytics.ingest.source import Source

STAGED = "temp.feed_staged"
"""Physical table: contract columns, ``_raw`` (raw values of a faulty row), ``_filled``."""
FEED = "temp.feed_rows"
"""The same rows with their number in the file, ``_row``."""
VERDICT = "temp.feed_verdict"
"""``_row, verdict`` (``duplicate``, ``correction`` or ``quarantined``), column, rule, reason."""
MOST_SHOWN = 5
_LEFTOVERS = ("feed_staged", "feed_shift", "feed_keys", "feed_stored", "feed_verdict",
              "feed_candidate", "feed_bad_line", "feed_new_ids", "feed_numbered",
              "feed_erased")  # fmt: skip


@dataclass(frozen=True)
class Staged:
    """A feed that has been read: contract columns it has, rows in all, rows with a fault.

    `faulty` is None when the feed was not copied: it is known once the good rows are written.
    `guarded` asks the writer to stop at the first fault.
    """

    columns: tuple[Column, ...]
    rows: int
    faulty: int | None
    bad_lines: tuple[BadLine, ...]
    guarded: bool = False

    @property
    def read(self) -> int:
        """Records in the file, the unreadable ones included."""
        return self.rows + len(self.bad_lines)


def key_query(table: Table, source: Source) -> str:
    """Return a query of the typed keys of a feed, without reading anything else."""
    keys = []
    for name in table.key:
        feed = source.columns[name]
        typed = rules.typed_expression(table.column(name), feed, feed.expression)
        keys.append(f"{typed} as {sql_name(name)}")
    return f"select {', '.join(keys)} from {source.relation}"


def good_keys(table: Table) -> str:
    """Return a query of the keys of the rows without a fault, of a feed that has been copied."""
    return (
        f"select {', '.join(sql_name(name) for name in table.key)} from {STAGED} where _raw is null"
    )


def clear(connection: Connection) -> None:
    """Drop the temporary tables of an earlier file."""
    connection.execute(f"drop view if exists {FEED}")
    for name in _LEFTOVERS:
        connection.execute(f"drop table if exists temp.{name}")
    drop_rejects(connection)


def stage(
    connection: Connection,
    table: Table,
    source: Source,
    *,
    loaded_at: datetime,
    extracted_at: datetime,
    copy: bool = True,
) -> Staged:
    """Read `source` once, in parallel, into `STAGED`.

    With `copy` false (typed feeds only) `FEED` is a view of the feed: nothing is read yet.
    """
    query = _stage_query(table, source, loaded_at=loaded_at, extracted_at=extracted_at)
    columns = stored_columns(table, source)
    if not copy:
        connection.execute(f"create temp view feed_rows as {query}")
        rows = connection.execute(f"select count(*) from {source.relation}").fetchall()[0][0]
        return Staged(columns, rows, None, tuple(source.bad_lines))
    connection.execute(f"create temp table feed_staged as {query}")
    bad_lines = list(source.bad_lines)
    if source.row is None:
        bad_lines += rejected_lines(connection, source)
        bad_lines.sort(key=lambda bad: bad.row)
        _number_rows(connection, bad_lines)
    else:
        connection.execute(f"create temp view feed_rows as select * from {STAGED}")
    rows, faulty = connection.execute(f"select count(*), count(_raw) from {STAGED}").fetchall()[0]
    return Staged(columns, rows, faulty, tuple(bad_lines))


def stored_columns(table: Table, source: Source) -> tuple[Column, ...]:
    """Return the columns of a table that a feed fills."""
    return tuple(c for c in table.columns if c.name in _stored_names(table, source))


def _stored_names(table: Table, source: Source) -> set[str]:
    names = set(source.columns)
    if table.version_time:
        names.add(table.version_time)
    return names


def _stage_query(
    table: Table, source: Source, *, loaded_at: datetime, extracted_at: datetime
) -> str:
    present = [column for column in table.columns if column.name in source.columns]
    given, typed, bad, texts = [], [], [], []
    emptied: dict[str, str] = {}
    for column in present:
        feed = source.columns[column.name]
        x, t = sql_name(f"x_{column.name}"), sql_name(f"t_{column.name}")
        given.append(f"{feed.expression} as {x}")
        value = rules.typed_expression(column, feed, x)
        if feed.factor is not None:
            factor = sql_name(f"f_{column.name}")
            given.append(f"{feed.factor} as {factor}")
            value = signs.signed_expression(column, feed, value, factor)
        typed.append(f"{value} as {t}")
        conditions = rules.bad_conditions(column, feed, x, t, loaded_at)
        if column.sentinels:
            is_sentinel = rules.is_sentinel(column, t)
            conditions = [f"(({condition}) and not {is_sentinel})" for condition in conditions]
            day = f"{sql_text(f'day {column.name} ')} || cast(cast({t} as date) as varchar)"
            emptied[is_sentinel] = f"case when {is_sentinel} then {day} end"
        if feed.family == "text":
            is_word, word = nulls.read_as_null(column, feed, x, t)
            entry = f"{sql_text(f'word {column.name} ')} || {word}"
            emptied[is_word] = f"case when {is_word} then {entry} end"
        bad += conditions
        texts.append(rules.raw_text(feed, x))
    if source.posted:
        given.append(f"{source.posted.expression} as x_posted")
        bad.append(posted.is_not_posted(source.posted, "x_posted"))
        texts.append(rules.trimmed("x_posted"))
    if source.doubt:
        given.append(f"{source.doubt} as x_doubt")
        bad.append("x_doubt is not null")
        texts.append("x_doubt")
    row = f", {source.row} as _row" if source.row else ""
    carry = ", _row" if source.row else ""
    outputs = [_output(table, column, source, extracted_at) for column in present]
    filled = "false"
    if table.version_time in source.columns:
        filled = _is_blank(table, source)
    elif table.version_time:
        filled = "true"
        outputs.append(f"{_timestamp(extracted_at)} as {sql_name(table.version_time)}")
    return (
        f"select {', '.join(outputs)}, "
        f"case when {' or '.join(bad)} then [{', '.join(texts)}] end as _raw, "
        f"{filled} as _filled, {_emptied(emptied)} as _emptied{carry} "
        f"from (select *, {', '.join(typed)} "
        f"from (select {', '.join(given)}{row} from {source.relation}))"
    )


def _output(table: Table, column: Column, source: Source, extracted_at: datetime) -> str:
    name, typed = sql_name(column.name), sql_name(f"t_{column.name}")
    if column.name == table.version_time:
        blank = _is_blank(table, source)
        return f"case when {blank} then {_timestamp(extracted_at)} else {typed} end as {name}"
    if column.sentinels:
        return f"case when not {rules.is_sentinel(column, typed)} then {typed} end as {name}"
    return f"{typed} as {name}"


def _emptied(emptied: dict[str, str]) -> str:
    """Return SQL of what was read as empty in a row: ``day column day``, ``word column word``.

    NULL for nearly all rows.
    """
    if not emptied:
        return "cast(null as varchar[])"
    return f"case when {' or '.join(emptied)} then [{', '.join(emptied.values())}] end"


def emptied(connection: Connection) -> list[Remark]:
    """Return how many dates stood for no date, and how many words for no value."""
    found = connection.execute(
        f"select entry, count(*) from (select unnest(_emptied) as entry from {FEED} "
        "where _emptied is not null) where entry is not null group by 1 order by 2 desc, 1"
    ).fetchall()
    counted = [(*entry.split(" ", 2), rows) for entry, rows in found]
    days = [
        Remark(
            "dates_read_as_empty",
            rows,
            f"{column}: {rows:,} of {day} read as empty: that day stands for no date",
        )
        for kind, column, day, rows in counted
        if kind == "day"
    ]
    words = [(column, word, rows) for kind, column, word, rows in counted if kind == "word"]
    if not words:
        return days
    some = ", ".join(f"{column} '{word}' ({rows:,})" for column, word, rows in words[:MOST_SHOWN])
    more = f" and {len(words) - MOST_SHOWN} more" if len(words) > MOST_SHOWN else ""
    values = sum(rows for _, _, rows in words)
    said = f"read as empty, for these words stand for no value: {some}{more}"
    return [*days, Remark("words_read_as_empty", values, said)]


def _is_blank(table: Table, source: Source) -> str:
    """Return SQL that tells whether a row has no version time; a faulty one is not blank."""
    name = table.version_time or ""
    given = rules.given(table.column(name), source.columns[name], sql_name(f"x_{name}"))
    return f"({sql_name(f't_{name}')} is null and ({given}) is null)"


def _timestamp(value: datetime) -> str:
    return f"timestamp {sql_text(value.isoformat(sep=' '))}"


def _number_rows(connection: Connection, bad_lines: list[BadLine]) -> None:
    """Give rows their number in reading order, with a gap for each unreadable line."""
    if not bad_lines:
        connection.execute(
            f"create temp view feed_rows as select *, rowid + 1 as _row from {STAGED}"
        )
        return
    # The j-th bad line stands after (its row - j) good ones: later rows move down by j.
    shifts: dict[int, int] = {0: 0}
    for position, bad in enumerate(bad_lines, start=1):
        shifts[bad.row - position + 1] = position
    connection.execute("create temp table feed_shift (first bigint, shift bigint)")
    connection.execute(
        "insert into temp.feed_shift select unnest($1), unnest($2)",
        [list(shifts), list(shifts.values())],
    )
    connection.execute(
        f"create temp view feed_rows as select feed_staged.*, "
        f"feed_staged.rowid + 1 + feed_shift.shift as _row "
        f"from {STAGED} as feed_staged asof join temp.feed_shift as feed_shift "
        f"on feed_staged.rowid + 1 >= feed_shift.first"
    )
