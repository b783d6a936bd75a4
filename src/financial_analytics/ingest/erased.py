"""Rows of erased customers in a feed: they come in as an erasure would have left them.

A warehouse in which nobody was erased has none of the tables that this looks into.
"""

from __future__ import annotations

import os
from dataclasses import replace

from financial_analytics.engines.duckdb.session import Connection, sql_name, sql_text
from financial_analytics.engines.keyed_hash import hmac_pads
from financial_analytics.engines.stores import BRONZE_SCHEMA
from financial_analytics.erasure.secret import Wrapped, key_of, unwrap
from financial_analytics.ingest.compare import Verdicts
from financial_analytics.ingest.contract import Table
from financial_analytics.ingest.kept import KEYS
from financial_analytics.ingest.remains import (
    HASHED,
    MARK,
    OWNER,
    PERSONS,
    assignments,
    concerns,
)
from financial_analytics.ingest.remarks import Remark
from financial_analytics.ingest.source import Source
from financial_analytics.ingest.stage import FEED, STAGED, VERDICT, Staged

_ERASED = f"{BRONZE_SCHEMA}._erased"
_ROWS = "temp.feed_erased"
_QUARANTINE = f"{BRONZE_SCHEMA}.quarantine"


def prepare(connection: Connection) -> None:
    """Make a loader know erased customers again; it asks for the key only where there are some.

    Raises
    ------
    UserInputError
        If the key of personal data is missing or another one.
    """
    there = connection.execute(
        "select count(*) from duckdb_tables() where database_name = current_database()"
        f" and schema_name = '{BRONZE_SCHEMA}' and table_name in ('_erased', '_erasure_secret')"
    ).fetchall()[0][0]
    if there < 2 or not connection.execute(f"select 1 from {_ERASED} limit 1").fetchall():
        return
    key = key_of(os.environ)
    ((salt, wrapped, proof),) = connection.execute(
        f"select salt, wrapped, proof from {BRONZE_SCHEMA}._erasure_secret"
    ).fetchall()
    secret = unwrap(Wrapped(salt, wrapped, proof), key)
    for name, pad in zip(("inner", "outer"), hmac_pads(secret), strict=True):
        connection.execute(f"set variable erasure_{name} = unhex('{pad.hex()}')")


def concerns_feed(connection: Connection, table: Table) -> bool:
    """Tell whether rows of a feed may be of an erased customer."""
    return concerns(table) and _is_prepared(connection)


def hide_keys(connection: Connection, source: Source) -> None:
    """Write the source ids of erased customers as bronze keeps them, before they get numbers."""
    if not _is_prepared(connection):
        return
    for column, of in source.kept.items():
        if of in HASHED:
            hidden = f"{sql_text(MARK)} || {_hash(sql_name(column), f'{of}=:')}"
            connection.execute(
                f"update {STAGED} set {sql_name(column)} = {hidden} where {hidden} in"
                f" (select source_id from {KEYS} where table_name = {sql_text(of)})"
            )


def empty(connection: Connection, table: Table, staged: Staged) -> None:
    """Find the rows of a feed that are of erased customers; take out whose and what is personal.

    It is done before they are compared with what is stored, which is as empty. Persons stay as
    they are: `leave_out` keeps them out.
    """
    if not concerns_feed(connection, table):
        return
    present = {column.name for column in staged.columns}
    owned = _is_erased(OWNER, PERSONS) if OWNER in present else "false"
    condition = owned
    if "account_id" in present and table.name != "accounts":
        nobody = f"coalesce({OWNER}, -1) = -1" if OWNER in present else "true"
        condition += f" or ({nobody} and {_is_erased('account_id', 'accounts')})"
    connection.execute(
        f"create temp table feed_erased as select _row from {FEED} where {condition}"
    )
    changes = assignments(table, owned, present)
    if table.name != PERSONS and changes:
        connection.execute(f"update {STAGED} set {changes} where {condition}")


def leave_out(connection: Connection, table: Table, verdicts: Verdicts) -> Verdicts:
    """Count persons that were erased as rows that are known: they are not loaded."""
    if not concerns_feed(connection, table) or table.name != PERSONS:
        return verdicts
    mine = (
        f"select e._row from {_ROWS} as e"
        f" semi join {FEED} as f on e._row = f._row and f._raw is null"
    )
    connection.execute(f"delete from {VERDICT} where _row in ({mine})")
    connection.execute(
        f"insert into {VERDICT} select _row, 'duplicate', null, null, null from ({mine})"
    )
    counts = dict(
        connection.execute(f"select verdict, count(*) from {VERDICT} group by verdict").fetchall()
    )
    return replace(
        verdicts,
        duplicates=counts.get("duplicate", 0),
        corrections=counts.get("correction", 0),
        quarantined=counts.get("quarantined", 0),
    )


def empty_quarantine(connection: Connection, table: Table, batch_id: int) -> None:
    """Empty what a batch has set aside of erased customers."""
    if concerns_feed(connection, table):
        connection.execute(
            f"update {_QUARANTINE} set rejected_value = null, raw_row = null,"
            f" reason = 'of an erased customer' where _batch_id = {int(batch_id)}"
            f" and source_row in (select _row from {_ROWS})"
        )


def count(connection: Connection, table: Table) -> int:
    """Count the rows of a feed that are of erased customers."""
    if not concerns_feed(connection, table):
        return 0
    return int(connection.execute(f"select count(*) from {_ROWS}").fetchall()[0][0])


def remark(table: Table, rows: int) -> Remark:
    """Return what the report says of so many rows."""
    what = "left out" if table.name == PERSONS else "loaded without whose they are"
    return Remark("rows_erased", rows, f"{rows:,} rows of erased customers: {what}")


def _is_prepared(connection: Connection) -> bool:
    found = connection.execute("select getvariable('erasure_inner') is not null").fetchall()
    return bool(found[0][0])


def _is_erased(column: str, table: str) -> str:
    return (
        f"{_hash(sql_name(column), f'{table}:')} in"
        f" (select id_hash from {_ERASED} where table_name = {sql_text(table)})"
    )


def _hash(value: str, purpose: str) -> str:
    """Return SQL of `financial_analytics.erasure.secret.id_hash`."""
    message = f"encode({sql_text(purpose)} || cast({value} as varchar))"
    inner = f"unhex(sha256(cast(getvariable('erasure_inner') as blob) || {message}))"
    return f"sha256(cast(getvariable('erasure_outer') as blob) || {inner})"
