"""What unit a rate comes in: judged once per column and file, never value by value.

A price list in per cent holds 12.99 and 0.5. Taken one at a time the first is impossible as a
fraction and the second is 50 % a year. So a column whose values cannot all be fractions is
refused as a whole, unless the user says that it is in per cent (or that it is not).
"""

from __future__ import annotations

from dataclasses import replace

from financial_analytics.engines.duckdb.session import Connection, sql_name
from financial_analytics.ingest.contract import Column, Table
from financial_analytics.ingest.source import FeedColumn, Source

FRACTION, PERCENT = "fraction", "percent"
UNITS = (FRACTION, PERCENT)
CENTS = "cents"
"""Of money: whole hundredths of its unit."""
RULE = "unit"
"""Rule of every value of a column whose unit is in doubt."""
STRAY_SHARE = 0.01
"""Where nothing above the usual maximum is let in: so many above, and the unit is in doubt."""
HIGH_MEDIAN = 0.4
"""Of a year's interest rates, as a share of the usual maximum: only per cent lie so high."""


def has_unit(column: Column) -> bool:
    """Tell whether a column holds fractions that may come in per cent."""
    return (column.unit or "").startswith(FRACTION)


def is_money(column: Column) -> bool:
    """Tell whether a column holds an amount of money, in units and hundredths."""
    return column.family == "decimal" and column.unit == "currency"


def scaled(column: Column, feed: FeedColumn, typed: str) -> str:
    """Return SQL of a value in the unit of the contract."""
    if feed.unit == CENTS:  # 1.5 cents are no money, unless it is rounded
        whole = (
            typed if feed.is_rounded else f"case when ({typed}) = trunc({typed}) then {typed} end"
        )
        return f"cast(round(({whole}) * 0.01, {column.scale}) as {column.sql_type})"
    if feed.unit != PERCENT:
        return typed
    if column.family == "decimal":  # a division would make doubles
        return f"cast(({typed}) * 0.01 as {column.sql_type})"
    return f"({typed}) / 100"


def judge(connection: Connection, table: Table, source: Source, rows: str) -> Source:
    """Return `source` with the columns marked whose unit is in doubt.

    Parameters
    ----------
    rows : str
        Relation of all rows as typed so far, with ``_raw``.
    """
    present = [column for column in table.columns if column.name in source.columns]
    judged = [
        (place, column)
        for place, column in enumerate(present, start=1)
        if column.usual_maximum is not None and source.columns[column.name].unit is None
    ]
    if not judged:
        return source
    measures = []
    for place, column in judged:
        size = f"abs({sql_name(column.name)})"
        measures += [
            f"count({size})",
            f"count(*) filter (where {size} > {column.usual_maximum})",
            f"count(*) filter (where suffix(_raw[{place}], '%'))",
            f"cast(median({size}) filter (where {size} > 0) as double)",
        ]
    found = connection.execute(f"select {', '.join(measures)} from {rows}").fetchall()[0]
    columns = dict(source.columns)
    for number, (_, column) in enumerate(judged):
        if _is_doubtful(column, *found[4 * number : 4 * number + 4]):
            columns[column.name] = replace(columns[column.name], is_doubtful=True)
    return replace(source, columns=columns)


def _is_doubtful(
    column: Column, values: int, above: int, signed: int, median: float | None
) -> bool:
    usual = column.usual_maximum or 0
    if signed:
        return True
    if usual == column.maximum:  # what lies above is refused in any case
        return above > STRAY_SHARE * values
    return above > 0 or ("per year" in (column.unit or "") and (median or 0) > HIGH_MEDIAN * usual)
