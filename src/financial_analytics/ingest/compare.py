"""Tell new rows from duplicates, corrections and rows that cannot be right.

Only keys that arrive are looked up. Rows whose key is new and occurs once need no comparison,
which is almost all rows of an ordinary feed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from financial_analytics.engines.duckdb.session import Connection, sql_name, sql_text
from financial_analytics.ingest.another import judge_another, key_text
from financial_analytics.ingest.contract import BRONZE_SCHEMA, Table
from financial_analytics.ingest.stage import FEED, STAGED, VERDICT, Staged


@dataclass(frozen=True)
class Verdicts:
    """How many good rows are duplicates, corrections (accepted) and contradictions."""

    duplicates: int = 0
    corrections: int = 0
    quarantined: int = 0


def only_new_keys(connection: Connection, table: Table, keys: str) -> bool:
    """Tell whether every key of the query `keys` occurs once in it and never before in bronze."""
    names = _names(table.key)
    seen = connection.execute(
        f"select exists(select 1 from ({keys}) group by {names} having count(*) > 1) "
        f"or exists(select 1 from {_bronze(table)} as s semi join ({keys}) as f "
        f"on {_same(table.key, 's', 'f')})"
    ).fetchall()
    return not seen[0][0]


def compare(
    connection: Connection, table: Table, staged: Staged, *, extracted_at: datetime
) -> Verdicts:
    """Fill `VERDICT` with every good row that is not simply new (a feed not copied has none)."""
    connection.execute(
        "create temp table feed_verdict "
        "(_row bigint, verdict varchar, column_name varchar, rule varchar, reason varchar)"
    )
    if staged.faulty is None or staged.rows == staged.faulty:
        return Verdicts()
    if not _find_candidates(connection, table):
        return Verdicts()
    if table.correction:
        judge_another(connection, table, table.correction, staged)
    _find_previous(connection, table, staged)
    if table.kind == "entity":
        if table.identity:
            _judge_identity(connection, table, staged)
        _judge_ambiguous(connection, table)
    if table.version_time:
        _judge_unversioned(connection, table, staged, extracted_at)
    _judge_rest(connection, table)
    counts = dict(
        connection.execute(f"select verdict, count(*) from {VERDICT} group by verdict").fetchall()
    )
    return Verdicts(
        duplicates=counts.get("duplicate", 0),
        corrections=counts.get("correction", 0),
        quarantined=counts.get("quarantined", 0),
    )


def _bronze(table: Table) -> str:
    return f"{BRONZE_SCHEMA}.{sql_name(table.name)}"


def _names(names: Iterable[str], alias: str = "") -> str:
    return ", ".join(f"{alias}.{sql_name(n)}" if alias else sql_name(n) for n in names)


def _same(names: Iterable[str], left: str, right: str, sign: str = "=") -> str:
    return " and ".join(f"{left}.{sql_name(n)} {sign} {right}.{sql_name(n)}" for n in names)


def _equal_rows(table: Table, staged: Staged, stored: str, *, without: str | None = None) -> str:
    """Return SQL that holds when feed row ``f`` and row `stored` agree in every column."""
    present = {column.name for column in staged.columns}
    tests = []
    for column in table.columns:
        if column.name in (*table.key, without):
            continue
        name = sql_name(column.name)
        if column.name in present:
            tests.append(f"f.{name} is not distinct from {stored}.{name}")
        elif stored == "s":
            tests.append(f"s.{name} is null")
    return " and ".join(tests) or "true"


def _group(table: Table) -> tuple[str, ...]:
    """Columns within which a second row is a duplicate or a correction."""
    if table.version_time:
        return (*table.key, table.version_time)
    return table.key


def _find_candidates(connection: Connection, table: Table) -> bool:
    """Collect the keys seen before, in this feed or in bronze, and all that is stored of them."""
    key = _names(table.key)
    connection.execute(
        f"create temp table feed_keys as select {key} from {STAGED} "
        f"where _raw is null group by {key} having count(*) > 1"
    )
    connection.execute(
        f"create temp table feed_stored as select s.* from {_bronze(table)} as s "
        f"semi join (select {key} from {STAGED} where _raw is null) as f "
        f"on {_same(table.key, 's', 'f')}"
    )
    connection.execute(
        f"insert into temp.feed_keys select distinct {key} from temp.feed_stored "
        f"except select {key} from temp.feed_keys"
    )
    return bool(connection.execute("select count(*) > 0 from temp.feed_keys").fetchall()[0][0])


def _find_previous(connection: Connection, table: Table, staged: Staged) -> None:
    """Compare each candidate not refused yet with the one before it in its group.

    ``same`` is NULL for the first of its kind, else whether the row equals the previous one.
    """
    group = _group(table)
    connection.execute(
        f"""
        create temp table feed_candidate as
        with numbered as (
            select f.*, row_number() over (partition by {_names(group, "f")} order by f._row)
                as _n
            from {FEED} as f
            semi join temp.feed_keys as k on {_same(table.key, "f", "k")}
            where f._raw is null and f._row not in (select _row from {VERDICT})
        ),
        latest as (
            select * from (
                select *, row_number() over (
                    partition by {_names(group)} order by _batch_id desc, _source_row desc
                ) as _n
                from temp.feed_stored
            ) where _n = 1
        )
        select f.* exclude (_raw),
            case
                when p._n is not null then {_equal_rows(table, staged, "p")}
                when s._n is not null then {_equal_rows(table, staged, "s")}
            end as _same
        from numbered as f
        left join numbered as p on {_same(group, "f", "p")} and p._n = f._n - 1
        left join latest as s on {_same(group, "f", "s")} and f._n = 1
        """
    )


def _judge_ambiguous(connection: Connection, table: Table) -> None:
    """Refuse rows of one key and version time that say different things in one file."""
    group = _group(table)
    key = key_text(table, "f")
    connection.execute(
        f"""
        insert into {VERDICT}
        select f._row, 'quarantined', {sql_text(", ".join(table.key))}, 'ambiguous',
            {key} || ' occurs more than once in this file with the same '
            || {sql_text(table.version_time or "")} || ' and different values'
        from temp.feed_candidate as f
        semi join (
            select distinct {_names(group)} from temp.feed_candidate
            where _n > 1 and not _same
        ) as g on {_same(group, "f", "g")}
        where f._row not in (select _row from {VERDICT})
        """
    )


def _judge_identity(connection: Connection, table: Table, staged: Staged) -> None:
    """Refuse rows that use a known person's key for somebody else.

    A row is somebody else's when every identity column known on both sides differs. Without
    a stored person the rows of one file are held against each other, and none is believed.
    """
    present = {column.name for column in staged.columns}
    identity = [name for name in table.identity if name in present]
    if not identity:
        return
    differs = _all_differ(identity, "f", "s")
    columns = sql_text(", ".join(identity))
    key = key_text(table, "f")
    judged = f"select _row from {VERDICT}"
    connection.execute(
        f"""
        insert into {VERDICT}
        with person as (
            select * from (
                select *, row_number() over (
                    partition by {_names(table.key)} order by _batch_id desc, _source_row desc
                ) as _n
                from temp.feed_stored
            ) where _n = 1
        )
        select f._row, 'quarantined', {columns}, 'identity',
            {key} || ' belongs to another person already stored: no known identity column agrees'
        from temp.feed_candidate as f
        join person as s on {_same(table.key, "f", "s")}
        where {differs} and f._row not in ({judged})
        """
    )
    connection.execute(
        f"""
        insert into {VERDICT}
        with pairs as (
            select distinct {_names(table.key, "f")}
            from temp.feed_candidate as f
            join (
                select * from (
                    select *, row_number() over (
                        partition by {_names(table.key)} order by _row
                    ) as _first
                    from temp.feed_candidate
                ) where _first = 1
            ) as s on {_same(table.key, "f", "s")}
            where {differs}
        )
        select f._row, 'quarantined', {columns}, 'identity',
            {key} || ' is used by two people in this file: no known identity column agrees'
        from temp.feed_candidate as f
        semi join pairs as g on {_same(table.key, "f", "g")}
        anti join temp.feed_stored as s on {_same(table.key, "f", "s")}
        where f._row not in ({judged})
        """
    )


def _all_differ(identity: list[str], left: str, right: str) -> str:
    folded = [
        (f"lower(cast({left}.{sql_name(n)} as varchar))",
         f"lower(cast({right}.{sql_name(n)} as varchar))")
        for n in identity
    ]  # fmt: skip
    known = " or ".join(f"({a} is not null and {b} is not null)" for a, b in folded)
    agrees = " or ".join(f"coalesce({a} = {b}, false)" for a, b in folded)
    return f"({known}) and not ({agrees})"


def _judge_unversioned(
    connection: Connection, table: Table, staged: Staged, extracted_at: datetime
) -> None:
    """Find rows without a version time that repeat what was known at the time of extraction."""
    version = sql_name(table.version_time or "")
    repeats = _equal_rows(table, staged, "s", without=table.version_time)
    moment = f"timestamp {sql_text(extracted_at.isoformat(sep=' '))}"
    connection.execute(
        f"""
        insert into {VERDICT}
        with known as (
            select * from (
                select *, row_number() over (
                    partition by {_names(table.key)}
                    order by {version} desc, _batch_id desc, _source_row desc
                ) as _n
                from temp.feed_stored where {version} <= {moment}
            ) where _n = 1
        )
        select f._row, 'duplicate', null, null, null
        from temp.feed_candidate as f
        join known as s on {_same(table.key, "f", "s")}
        where f._filled and f._n = 1 and {repeats}
            and f._row not in (select _row from {VERDICT})
        """
    )


def _judge_rest(connection: Connection, table: Table) -> None:
    connection.execute(
        f"""
        insert into {VERDICT}
        select _row, case when _same then 'duplicate' else 'correction' end, null, null, null
        from temp.feed_candidate
        where _same is not null and _row not in (select _row from {VERDICT})
        """
    )
