"""Find rows that bear the key of another event: a correction is of the same thing.

Ids that count from 1 in each account, or a fee under its purchase's id, would otherwise replace
one movement by another. The contract says for each table what two rows of one key have in common.
"""

from __future__ import annotations

from financial_analytics.engines.duckdb.session import Connection, sql_name, sql_text
from financial_analytics.ingest.contract import Correction, Table
from financial_analytics.ingest.stage import FEED, VERDICT, Staged
from financial_analytics.masking import shown_value

ANOTHER_THING = "another_thing"


def key_text(table: Table, alias: str) -> str:
    """Return SQL of the key of a row in words, as it may be shown."""
    parts = [
        f"'{name} ' || {_shown(table, name, f'{alias}.{sql_name(name)}')}" for name in table.key
    ]
    return " || ', ' || ".join(parts)


def judge_another(connection: Connection, table: Table, rule: Correction, staged: Staged) -> None:
    """Refuse rows that are not the thing their key stands for.

    A row is held against the newest value stored in each column. The rows of one key that agree
    with it (or all, if nothing is stored) are then held against each other: where two are not the
    same thing none is believed. What is empty agrees with everything.
    """
    present = {column.name for column in staged.columns}
    same = [name for name in rule.same if name in present]
    days = {name: limit for name, limit in rule.within_days.items() if name in present}
    if not same and not days:
        return
    _against_stored(connection, table, same, days)
    _against_each_other(connection, table, same, days)


def _against_stored(
    connection: Connection, table: Table, same: list[str], days: dict[str, int]
) -> None:
    key = ", ".join(sql_name(name) for name in table.key)
    newest = ", ".join(
        f"last({sql_name(name)} order by _batch_id, _source_row) "
        f"filter (where {sql_name(name)} is not null) as {sql_name(name)}"
        for name in (*same, *days)
    )
    differs = {
        name: f"{_folded(table, name, 'f')} <> {_folded(table, name, 's')}" for name in same
    } | {name: f"{_distance(f'f.{sql_name(name)}', f's.{sql_name(name)}')} > {limit}"
         for name, limit in days.items()}  # fmt: skip
    words = {
        name: f"{sql_text(f'{name} ')} || {_shown(table, name, f's.{sql_name(name)}')}"
        f" || ' there, ' || {_shown(table, name, f'f.{sql_name(name)}')} || ' here'"
        for name in differs
    }
    connection.execute(
        f"""
        insert into {VERDICT}
        with stored as (
            select {key}, {newest}, max(_batch_id) as _batch_id,
                last(_source_file order by _batch_id, _source_row) as _source_file,
                last(_source_row order by _batch_id, _source_row) as _source_row
            from temp.feed_stored group by {key}
        )
        select f._row, 'quarantined', {_listed(differs, {n: sql_text(n) for n in differs}, ", ")},
            {sql_text(ANOTHER_THING)},
            {key_text(table, "f")} || ' is another thing than in row ' || s._source_row || ' of '
            || s._source_file || ' (batch ' || s._batch_id || '): '
            || {_listed(differs, words, "; ")}
        from {FEED} as f
        join stored as s on {_keys(table, "f", "s")}
        where f._raw is null and ({" or ".join(differs.values())})
        """
    )


def _against_each_other(
    connection: Connection, table: Table, same: list[str], days: dict[str, int]
) -> None:
    ends: list[str] = []
    differs: dict[str, str] = {}
    words: dict[str, str] = {}
    for name in (*same, *days):
        value = _folded(table, name, "f")
        low, high = sql_name(f"low_{name}"), sql_name(f"high_{name}")
        ends += [f"min({value}) as {low}", f"max({value}) as {high}"]
        rows = []
        for end, order in ((low, "min"), (high, "max")):
            row = sql_name(f"row_{order}_{name}")
            ends.append(f"arg_{order}(f._row, {value}) as {row}")
            rows.append(f"{_shown(table, name, f'g.{end}')} || ' in row ' || g.{row}")
        words[name] = f"{sql_text(f'{name} ')} || {rows[0]} || ', ' || {rows[1]}"
        apart = f"{low} <> {high}"
        if name in days:
            apart = f"{_distance(high, low)} > {days[name]}"
        differs[name] = f"coalesce({apart}, false)"
    left = f"f._raw is null and f._row not in (select _row from {VERDICT})"
    connection.execute(
        f"""
        insert into {VERDICT}
        with spans as (
            select {", ".join(f"f.{sql_name(name)}" for name in table.key)}, {", ".join(ends)}
            from {FEED} as f
            semi join temp.feed_keys as k on {_keys(table, "f", "k")}
            where {left}
            group by all
        ),
        mixed as (select * from spans where {" or ".join(differs.values())})
        select f._row, 'quarantined', {_listed(differs, {n: sql_text(n) for n in differs}, ", ")},
            {sql_text(ANOTHER_THING)},
            {key_text(table, "f")} || ' stands for different things in this file: '
            || {_listed(differs, words, "; ")}
        from {FEED} as f
        join mixed as g on {_keys(table, "f", "g")}
        where {left}
        """
    )


def _keys(table: Table, left: str, right: str) -> str:
    return " and ".join(f"{left}.{sql_name(n)} = {right}.{sql_name(n)}" for n in table.key)


def _listed(tests: dict[str, str], texts: dict[str, str], separator: str) -> str:
    """Return SQL that joins the texts whose test holds."""
    parts = ", ".join(f"case when {test} then {texts[name]} end" for name, test in tests.items())
    return f"concat_ws({sql_text(separator)}, {parts})"


def _distance(left: str, right: str) -> str:
    return f"abs(date_diff('day', cast({right} as date), cast({left} as date)))"


def _folded(table: Table, name: str, alias: str) -> str:
    """Return SQL of a value to compare: the case of a text makes no other thing."""
    value = f"{alias}.{sql_name(name)}"
    return f"lower({value})" if table.column(name).family == "text" else value


def _shown(table: Table, name: str, value: str) -> str:
    return shown_value(table, table.column(name), f"cast({value} as varchar)")
