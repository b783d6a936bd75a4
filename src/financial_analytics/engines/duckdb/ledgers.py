"""The tables of bronze that are no feed: created as `LEDGERS` has them."""

from __future__ import annotations

from financial_analytics.engines.duckdb.session import Connection
from financial_analytics.engines.stores import BRONZE_SCHEMA, ERASURE_LEDGERS, LEDGERS

_TYPES = {"text": "varchar"}


def create_ledger(connection: Connection, name: str) -> None:
    """Create one of `LEDGERS` or `ERASURE_LEDGERS` where absent."""
    columns = ", ".join(
        f"{column} {_TYPES.get(kind, kind)}"
        for column, kind in (LEDGERS | ERASURE_LEDGERS)[name].items()
    )
    connection.execute(f"create table if not exists {BRONZE_SCHEMA}.{name} ({columns})")
