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

CONFLICTS = 2
"""Identity columns that differ between two people; one that changes is a new version."""
HOLDERS = {"accounts": "customer_id"}
"""Columns that may be all that differs between the rows of one thing: it has several holders."""
_ERASED = (
    "erased|erasure|redacted|deleted|deletion|removed|anonymi[sz]ed|anonymous|pseudonymi[sz]ed|masked"
    "|purged|withheld|forgotten|suppressed|expunged|obfuscated|scrambled|gdpr|dsgvo|gel[öo]e?scht"
    "|unknown|unbekannt|null|none|nan|not available|not provided|test"
)
PLACEHOLDER = (
    rf"[^\p{{L}}\p{{N}}]*((gdpr|dsgvo|user|customer|client|person|name|data|value|ssn)[^\p{{L}}\p{{N}}]*)?"
    rf"({_ERASED})([^\p{{L}}].*)?"
    r"|[x*#?.0 /_-]+|9[9 -]+|n/?a"
)
"""What stands in a person's columns after an erasure, or before anything was known; lower case."""


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
        _judge_ambiguous(connection, table, staged)
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


def _judge_ambiguous(connection: Connection, table: Table, staged: Staged) -> None:
    """Refuse rows of one key and version time that say different things in one file.

    Where nothing differs but whom the rows refer to, the file has a row per holder.
    """
    group = _group(table)
    key = key_text(table, "f")
    present = [column.name for column in staged.columns]
    holder = HOLDERS.get(table.name, "")
    same = " and ".join(
        f"count(distinct {sql_name(name)}) <= 1" for name in present if name not in (*group, holder)
    )
    joint = "false"
    if holder in present:
        joint = f"({same or 'true'}) and count(*) = count(distinct {sql_name(holder)})"
    sole = table.name.removesuffix("s")
    several = (
        f" has rows that differ in {holder} only: an {sole} of several holders. Send one row per"
        f" {sole}, of its first holder"
    )
    connection.execute(
        f"""
        insert into {VERDICT}
        select f._row, 'quarantined', {sql_text(", ".join(table.key))}, 'ambiguous',
            {key} || case when g._joint then {sql_text(several)}
                else ' occurs more than once in this file with the same '
                || {sql_text(table.version_time or "")} || ' and different values' end
        from temp.feed_candidate as f
        inner join (
            select {_names(group)}, {joint} as _joint from temp.feed_candidate
            group by {_names(group)} having count(*) filter (where _n > 1 and not _same) > 0
        ) as g on {_same(group, "f", "g")}
        where f._row not in (select _row from {VERDICT})
        """
    )


def _judge_identity(connection: Connection, table: Table, staged: Staged) -> None:
    """Refuse rows that use a known person's key for somebody else.

    A row is somebody else's when two or more identity columns differ from every stored version:
    one that changes is a marriage or a correction. A version that does not know a column stands
    for the value known before it, so an erasure neither is another person nor lets one in. Without
    a stored person the versions of one file are held against each other, and none is believed.
    """
    present = {column.name for column in staged.columns}
    identity = [name for name in table.identity if name in present]
    if len(identity) < CONFLICTS:
        return
    version = sql_name(table.version_time or "")
    columns = sql_text(", ".join(identity))
    key = key_text(table, "f")
    judged = f"select _row from {VERDICT}"
    connection.execute(
        f"""
        insert into {VERDICT}
        with known as (
            select {_names(table.key)}, {version}, _batch_id, _source_row,
                {_known(identity)}
            from temp.feed_stored
        ),
        person as (
            select {_names(table.key)}, {_filled(identity)}
            from known
            window
                before as (
                    partition by {_names(table.key)} order by {version}, _batch_id, _source_row
                    rows between unbounded preceding and current row
                ),
                after as (
                    partition by {_names(table.key)} order by {version}, _batch_id, _source_row
                    rows between current row and unbounded following
                )
        ),
        arrived as (
            select _row, {_names(table.key)}, {_known(identity)}
            from temp.feed_candidate
            where _row not in ({judged})
        ),
        others as (
            select f._row
            from arrived as f
            join person as s on {_same(table.key, "f", "s")}
            group by f._row
            having min({_differences(identity)}) >= {CONFLICTS}
        )
        select f._row, 'quarantined', {columns}, 'identity',
            {key} || ' belongs to another person already stored: '
            || 'two or more identity columns differ'
        from temp.feed_candidate as f
        semi join others as o on f._row = o._row
        """
    )
    connection.execute(
        f"""
        insert into {VERDICT}
        with arrived as (
            select _row, {_names(table.key)}, {version}, {_known(identity)}
            from temp.feed_candidate
        ),
        pairs as (
            select *, {_before(identity)}
            from arrived
            window before as (
                partition by {_names(table.key)} order by {version}, _row
                rows between unbounded preceding and 1 preceding
            )
        ),
        mixed as (
            select distinct {_names(table.key)} from (
                select {_names(table.key)}, {_differences(identity, "", "p_")} as differences
                from pairs
            ) where differences >= {CONFLICTS}
        )
        select f._row, 'quarantined', {columns}, 'identity',
            {key} || ' is used by two people in this file: two or more identity columns differ'
        from temp.feed_candidate as f
        semi join mixed as g on {_same(table.key, "f", "g")}
        anti join temp.feed_stored as s on {_same(table.key, "f", "s")}
        where f._row not in ({judged})
        """
    )


def _known(identity: list[str]) -> str:
    """Return SQL of the identity columns to compare, NULL where a placeholder stands."""
    parts = []
    for name in identity:
        text = f"lower(trim(cast({sql_name(name)} as varchar)))"
        bare = f"nullif(regexp_replace({text}, '[^\\p{{L}}\\p{{N}}]', '', 'g'), '')"
        parts.append(
            f"case when not regexp_full_match({text}, {sql_text(PLACEHOLDER)}) then {bare} end "
            f"as {sql_name(f'k_{name}')}"
        )
    return ", ".join(parts)


def _filled(identity: list[str]) -> str:
    """Return SQL of the identity columns, as known before where a version knows nothing."""
    return ", ".join(
        f"coalesce(last_value({k} ignore nulls) over before, "
        f"first_value({k} ignore nulls) over after) as {k}"
        for k in (sql_name(f"k_{name}") for name in identity)
    )


def _before(identity: list[str]) -> str:
    return ", ".join(
        f"last_value({sql_name(f'k_{name}')} ignore nulls) over before as {sql_name(f'p_k_{name}')}"
        for name in identity
    )


def _differences(identity: list[str], left: str = "f.", right: str = "s.") -> str:
    """Return SQL that counts the identity columns known on both sides that differ."""
    tests = []
    for name in identity:
        other = f"p_k_{name}" if right == "p_" else f"k_{name}"
        prefix = "" if right == "p_" else right
        tests.append(
            f"cast(coalesce({left}{sql_name(f'k_{name}')} <> {prefix}{sql_name(other)}, false) "
            "as integer)"
        )
    return f"({' + '.join(tests)})"


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
