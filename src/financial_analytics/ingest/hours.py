"""Hours that were computed from bare dates: zeros that say nothing.

Midnight may be a time or stand for a day. Where a file has nothing but midnights, and its
``hour_of_day`` is nothing but 0, a program took the hour of a date: nobody pays only at night.
"""

from __future__ import annotations

from dataclasses import replace

from financial_analytics.engines.duckdb.session import Connection, sql_name
from financial_analytics.ingest.contract import Table
from financial_analytics.ingest.remarks import Remark
from financial_analytics.ingest.source import Source

TABLE, HOUR, TIME = "transactions", "hour_of_day", "transaction_date"


def judge(connection: Connection, table: Table, source: Source, rows: str) -> Source:
    """Return `source` without the hours if they say nothing, with a warning.

    Parameters
    ----------
    rows : str
        Relation of all rows as typed so far.
    """
    if table.name != TABLE or not {HOUR, TIME} <= source.columns.keys():
        return source
    hour, time = sql_name(HOUR), sql_name(TIME)
    given, latest, timed = connection.execute(
        f"select count({hour}), max({hour}), "
        f"count(*) filter (where {time} > date_trunc('day', {time})) from {rows}"
    ).fetchall()[0]
    if not given or latest > 0 or timed:
        return source
    empty = replace(source.columns[HOUR], expression="cast(null as varchar)", family="text")
    words = (
        f"{HOUR}: 0 in {given:,} rows and no other hour, beside dates without a time; read as empty"
    )
    return replace(
        source,
        columns={**source.columns, HOUR: empty},
        remarks=[*source.remarks, Remark("hours_read_as_empty", given, words)],
    )
