r"""How a column writes its numbers: one decimal mark per column and file.

``1.000`` is one or a thousand; nothing in the value tells. The whole column of the file does:
``12,5`` and ``1.488,69`` prove a decimal comma, ``12.50`` and ``1,488.69`` a decimal point. What
cannot be told goes to quarantine (`UNDECIDED`), never to bronze.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from financial_analytics.engines.duckdb.session import Connection, sql_name
from financial_analytics.ingest.contract import Column, Table
from financial_analytics.ingest.remarks import Remark
from financial_analytics.ingest.source import FeedColumn, Source

UNDECIDED = "number_style"
"""Rule of a value that a decimal point and a decimal comma read differently."""
POINT, COMMA = "point", "comma"
MARKS = (POINT, COMMA)
NUMBER_FAMILIES = ("integer", "bigint", "decimal", "double")
_BLANKS = "['\u2019 \u00a0\u202f]"
_EXPONENT = r"([eE][+-]?\d+)?"


def _style(decimal: str, group: str) -> str:
    whole = rf"(\d+|[1-9]\d{{0,2}}(({group}\d{{3}})+|({_BLANKS}\d{{3}})+))"
    return rf"[+-]?({whole}({decimal}\d*)?|{decimal}\d+){_EXPONENT}".replace("'", "''")


GROUPS = {
    COMMA: ",", POINT: r"\.", "apostrophe": "['\u2019]", "space": "[ \u00a0\u202f]", "none": "",
}  # fmt: skip
"""What may group digits by three, and the pattern of it."""


def implied_mark(thousands: str | None) -> str | None:
    """Return the decimal mark that a mark of thousands leaves, None if it leaves both."""
    return {COMMA: POINT, POINT: COMMA}.get(thousands or "")


def _style_of(feed: FeedColumn) -> str:
    """Return the pattern of numbers in the style that is declared or was found."""
    if feed.thousands is None:
        return _STYLES[feed.decimal or POINT]
    group = GROUPS[feed.thousands]
    mark = "," if feed.decimal == COMMA else r"\."
    groups = rf"|[1-9]\d{{0,2}}({group}\d{{3}})+" if group else ""
    return rf"[+-]?((\d+{groups})({mark}\d*)?|{mark}\d+){_EXPONENT}".replace("'", "''")


_STYLES = {POINT: _style(r"\.", ","), COMMA: _style(",", r"\.")}
_EITHER = {POINT: r"[+-]?[1-9]\d{0,2}\.\d{3}", COMMA: r"[+-]?[1-9]\d{0,2},\d{3}"}
AMBIGUOUS = r"[+-]?[1-9]\d{0,2}[.,]\d{3}"
"""A number of one mark and three digits behind it."""


def is_number(column: Column, feed: FeedColumn) -> bool:
    """Tell whether a column's numbers arrive as text."""
    return feed.family == "text" and column.family in NUMBER_FAMILIES


def is_coarse(column: Column) -> bool:
    """Tell whether three digits behind a mark are likelier a thousand: money, whole numbers."""
    return column.family in ("integer", "bigint") or (
        column.family == "decimal" and column.scale <= 2
    )


def plain_text(feed: FeedColumn, text: str) -> str:
    """Return SQL of a number in the form that the engine reads: no groups, a decimal point.

    NULL where `text` (SQL, trimmed) is no number in the style of the column.
    """
    if feed.decimal is None:
        return text
    digits = f"regexp_replace({text}, '{_BLANKS.replace(chr(39), chr(39) * 2)}', '', 'g')"
    if feed.decimal == COMMA:
        digits = f"replace(replace({digits}, '.', ''), ',', '.')"
    else:
        digits = f"replace({digits}, ',', '')"
    return f"case when regexp_full_match({text}, '{_style_of(feed)}') then {digits} end"


def refuses_ambiguous(column: Column, feed: FeedColumn) -> bool:
    """Tell whether `AMBIGUOUS` values of a column are set aside."""
    if feed.is_disputed:
        return True
    return feed.decimal is None and is_coarse(column)


def is_suspicious(connection: Connection, table: Table, source: Source, staged: str) -> bool:
    """Tell whether a number of `staged` was refused that another style may explain.

    `staged` is the relation of the rows read in the plainest style; only its faulty rows are seen.
    """
    present = [column for column in table.columns if column.name in source.columns]
    tests = [
        f"(_raw[{place}] is not null and {sql_name(column.name)} is null "
        f"and regexp_full_match(rtrim(_raw[{place}], '% '), '{_STYLES[POINT]}|{_STYLES[COMMA]}'))"
        for place, column in enumerate(present, start=1)
        if is_number(column, source.columns[column.name])
    ]
    if not tests:
        return False
    found = connection.execute(
        f"select exists(select 1 from {staged} where _raw is not null and ({' or '.join(tests)}))"
    ).fetchall()
    return bool(found[0][0])


def settle(connection: Connection, table: Table, source: Source) -> Source:
    """Return `source` with the decimal mark of each of its number columns.

    The whole file is read once; what it says does not hang on the order of its rows.
    """
    columns = [
        column
        for column in table.columns
        if column.name in source.columns and is_number(column, source.columns[column.name])
    ]
    if not columns:
        return source
    found = _count(connection, columns, source)
    proven = {name: _proven(counts) for name, counts in found.items()}
    of_file = {mark for mark in proven.values() if mark}
    elsewhere = of_file.pop() if len(of_file) == 1 else None
    settled: dict[str, FeedColumn] = dict(source.columns)
    for column in columns:
        feed = source.columns[column.name]
        if not feed.is_declared:
            settled[column.name] = _judge(column, feed, found[column.name], elsewhere)
    return replace(source, columns=settled)


def remark_commas(table: Table, source: Source, rows: int) -> list[Remark]:
    """Remark the columns that were found to write a decimal comma, and were not declared so."""
    names = [
        column.name
        for column in table.columns
        if (feed := source.columns.get(column.name))
        and feed.decimal == COMMA
        and not feed.is_declared
        and column.family in ("decimal", "double")
    ]
    if not names:
        return []
    return [Remark("decimal_comma", rows, f"read with a decimal comma: {', '.join(names)}")]


def _count(
    connection: Connection, columns: list[Column], source: Source
) -> Mapping[str, tuple[int, int, int, int]]:
    """Count per column what proves a point, a comma, and what may be read with either."""
    given, counts = [], []
    for number, column in enumerate(columns):
        value = f"v{number}"
        given.append(f"trim({source.columns[column.name].expression}, ' \t\r\n%') as {value}")
        marked = f"(contains({value}, ',') or contains({value}, '.'))"
        fits = {
            mark: f"case when {marked} then regexp_full_match({value}, '{style}') else false end"
            for mark, style in _STYLES.items()
        }
        counts += [
            f"count(*) filter (where {fits[POINT]} and not {fits[COMMA]})",
            f"count(*) filter (where {fits[COMMA]} and not {fits[POINT]})",
            *(
                f"count(*) filter (where case when {marked} "
                f"then regexp_full_match({value}, '{either}') else false end)"
                for either in _EITHER.values()
            ),
        ]
    row = connection.execute(
        f"select {', '.join(counts)} from (select {', '.join(given)} from {source.relation})"
    ).fetchall()[0]
    return {c.name: tuple(row[4 * n : 4 * n + 4]) for n, c in enumerate(columns)}


def _proven(counts: tuple[int, int, int, int]) -> str | None:
    point, comma, *_ = counts
    if point and comma:
        return None
    return POINT if point else COMMA if comma else None


def _judge(
    column: Column, feed: FeedColumn, counts: tuple[int, int, int, int], elsewhere: str | None
) -> FeedColumn:
    point, comma, either_point, either_comma = counts
    if point and comma:  # most of the column is believed, what is ambiguous is not
        return replace(feed, decimal=COMMA if comma > point else POINT, is_disputed=True)
    if point or comma:
        return replace(feed, decimal=POINT if point else COMMA)
    if either_point and either_comma:
        return replace(feed, decimal=POINT, is_disputed=True)
    if not (either_point or either_comma):
        return replace(feed, decimal=elsewhere or POINT)
    if is_coarse(column):  # no proof in the column: the file's other columns, if they agree
        return replace(feed, decimal=elsewhere or POINT, is_disputed=elsewhere is None)
    # three decimals are nothing special here, so only a decimal point explains 1.071
    read_as_decimals = bool(either_point) and elsewhere != COMMA
    return replace(feed, decimal=POINT, is_disputed=not read_as_decimals)
