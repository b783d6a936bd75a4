"""What the rows of a batch show that is read otherwise than it is written."""

from __future__ import annotations

from financial_analytics.engines.duckdb.session import Connection, sql_name, sql_text
from financial_analytics.engines.stores import BRONZE_SCHEMA
from financial_analytics.ingest.compare import CONFLICTS, PLACEHOLDER
from financial_analytics.ingest.contract import Table
from financial_analytics.ingest.remarks import Remark
from financial_analytics.ingest.source import Source

POSTAL_CODE = "zip_code"
US_NAMES = (
    "US", "USA", "U.S.", "U.S.A.", "UNITED STATES", "UNITED STATES OF AMERICA", "PR", "VI",
)  # fmt: skip
"""As the macro `us_names` has them."""


def remark_rows(
    connection: Connection, table: Table, source: Source, batch_id: int
) -> list[Remark]:
    """Count persons that are placeholders, and postal codes that lost their zeros."""
    given = source.columns.keys()
    found = []
    identity = [name for name in table.identity if name in given]
    if len(identity) >= CONFLICTS:
        placeholders = " + ".join(
            f"coalesce(regexp_full_match(lower(trim(cast({sql_name(name)} as varchar))),"
            f" {sql_text(PLACEHOLDER)}), false)::int"
            for name in identity
        )
        if rows := _count(connection, table, batch_id, f"{placeholders} >= {CONFLICTS}"):
            said = (
                f"{rows:,} rows have words such as ERASED in place of a person: they are taken for"
                " the person of that id, whose names are gone"
            )
            found.append(Remark("persons_erased", rows, said))
    if POSTAL_CODE in given and (table.name == "zip_codes" or "country" in given):
        names = ", ".join(sql_text(name) for name in US_NAMES)
        is_short = rf"regexp_full_match(trim({POSTAL_CODE}), '\d{{3,4}}(\.0)?|\d{{8}}')"
        if "country" in given:
            is_short += f" and upper(trim(country)) in ({names})"
        if rows := _count(connection, table, batch_id, is_short):
            said = (
                f"{POSTAL_CODE}: {rows:,} US codes lack digits. Their zeros are put back in states"
                " whose codes begin with one; the others are unknown. A spreadsheet takes them away"
            )
            found.append(Remark("postal_zeros_missing", rows, said))
    return found


def _count(connection: Connection, table: Table, batch_id: int, condition: str) -> int:
    ((rows,),) = connection.execute(
        f"select count(*) from {BRONZE_SCHEMA}.{sql_name(table.name)}"
        f" where _batch_id = {batch_id} and {condition}"
    ).fetchall()
    return int(rows)
