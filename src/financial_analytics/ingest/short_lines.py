"""Lines that end before the last columns: some programs leave out empty values at a line's end.

Others are lines that were cut. What tells is the file: where empty ends are left out, no line ends
in an empty value, every short line has what a row must have, and the file ends with a line's end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from financial_analytics.engines.duckdb.session import Connection
from financial_analytics.ingest.clean import BadLine
from financial_analytics.ingest.contract import Table
from financial_analytics.ingest.remarks import Remark
from financial_analytics.ingest.source import Source

RULE = "too_few_columns"


def judge(
    connection: Connection, table: Table, source: Source, bad_lines: Sequence[BadLine]
) -> Source:
    """Return `source` with its short lines filled up with empty values, if they are whole."""
    short = sum(bad.rule == RULE for bad in bad_lines)
    if not short or not source.padded:
        return source
    last = f"c{source.width - 1}"
    needed = [
        source.columns[c.name].expression
        for c in table.columns
        if c.required and c.name in source.columns
    ]
    lacks = " or ".join(f"({name}) is null" for name in needed) or "false"
    empty, broken = connection.execute(
        f"select count(*), count(*) filter (where {lacks}) "
        f"from {source.padded} where {last} is null"
    ).fetchall()[0]
    if empty != short or broken:
        return source
    lines = "1 line ends" if short == 1 else f"{short:,} lines end"
    words = (
        f"{lines} before the last columns, which are read as empty: no line of the file ends in an"
        " empty value (short_lines: refused in a mapping sets such lines aside)"
    )
    return replace(
        source,
        relation=source.padded,
        padded=None,
        remarks=[*source.remarks, Remark("lines_padded", short, words)],
    )
